"""The page in a real browser, Chromium without a window: what a reader sees, points at, types and prints."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from litreview import review
from litreview.answering import Writer, assemble
from litreview.answers import Review
from litreview.extractive import extract
from litreview.importing import import_batches
from litreview.library import Library
from litreview.mapping import map_library
from litreview.papers import Paper
from litreview.prompting import Prompts
from litreview.render.html import render_page
from litreview.retrieval import Retrieved, RetrievedPaper
from litreview.sources import read_sources
from litreview.testing import ScriptedModel
from tests.conftest import EXAMPLES
from tests.injection.corpus import hostile

from .reviews import written

pytestmark = pytest.mark.slow

QUESTION = "how do MLPs compete with attention?"
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()
PHONE, DESK = (390, 844), (1280, 900)
# The text of an abstract up to its first mark: what stands where, as the browser has it.
BEFORE = """abstract => {
    let text = "";
    for (const node of abstract.childNodes) {
        if (node.nodeName === "MARK") return text;
        text += node.textContent;
    }
    return null;
}"""


class Shown(NamedTuple):
    """An answer, its papers and the file its page is in."""

    review: Review
    papers: dict[str, Paper]
    file: Path


Opened = Callable[..., AbstractContextManager[Page]]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shown]:
    """Pages of a quoted and a written answer over the example pages, of all parts, and of hostile papers."""
    folder = tmp_path_factory.mktemp("pages")
    with Library.temporary() as library:
        import_batches(library, read_sources(sorted(EXAMPLES.glob("*.txt"))), progress=lambda *_: None)
        papers = {paper.key or "": paper for paper in library.all_papers()}
        drawn = map_library(library, papers)
        answers = {
            "quoted": review.ask(library, QUESTION),
            "scripted": review.ask(library, QUESTION, writer=Writer(ScriptedModel(), Prompts())),
        }
    made = {name: (answer, papers, drawn) for name, answer in answers.items()}
    made |= {"written": tuple(written()), "hostile": (*_hostile_answer(folder), None)}  # type: ignore[dict-item]
    shown = {}
    for name, (answer, known, place) in made.items():
        file = folder / f"{name}.html"
        file.write_text(render_page(answer, papers=known, library_map=place), encoding="utf-8")
        shown[name] = Shown(answer, known, file)
    return shown


def _hostile_answer(folder: Path) -> tuple[Review, dict[str, Paper]]:
    """An answer that quotes every hostile paper, and repeats what they say as its own summary and gaps."""
    records = [{"title": h.title, "abstract": h.abstract} for h in hostile() if len(h.abstract) < 50_000]
    file = folder / "hostile.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    with Library.temporary() as library:
        import_batches(library, read_sources([file]), progress=lambda *_: None)
        papers = library.all_papers()
        found = Retrieved(
            question="<script>alert('question')</script> does moss harm stone walls?",
            papers=tuple(RetrievedPaper(paper=paper, score=0.5) for paper in papers),
        )
        answer = assemble(extract(found, index=library), found)
    said = tuple(h.payload.encode("utf-8", "replace").decode() for h in hostile() if len(h.payload) < 5_000)
    keys = tuple(paper.key or "" for paper in papers)
    changed = {"gaps": said, "summary": " ".join(said[:20]), "uncited": keys, "flagged": keys}
    return answer.model_copy(update=changed), {paper.key or "": paper for paper in papers}


@pytest.fixture(scope="module")
def browser(pages: dict[str, Shown]) -> Iterator[Browser]:
    """Chromium, started when the pages are there: while it runs there is an event loop in this thread."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def opened(browser: Browser, pages: dict[str, Shown]) -> Opened:
    """Open a page; at the end nothing may have been asked of anyone, said on the console, or popped up."""

    @contextmanager
    def open_page(name: str, size: tuple[int, int] = DESK, **options: object) -> Iterator[Page]:
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(viewport=viewport, **options)  # type: ignore[arg-type]
        page = context.new_page()
        heard: list[str] = []
        page.on("request", lambda request: heard.append(f"request {request.url}"))
        page.on("console", lambda message: heard.append(f"console {message.text}"))
        page.on("pageerror", lambda error: heard.append(f"error {error}"))
        page.on("dialog", lambda dialog: heard.append(f"dialog {dialog.message}"))
        address = pages[name].file.as_uri()
        page.goto(address)
        yield page
        context.close()
        assert heard == [f"request {address}"]

    return open_page


def open_sources(page: Page) -> Locator:
    return page.locator(".source:popover-open")


@pytest.mark.parametrize("name", ["quoted", "scripted"])
def test_pointing_at_a_claim_shows_its_abstract_with_the_quoted_span_marked(
    opened: Opened, pages: dict[str, Shown], name: str
) -> None:
    answer, papers, _ = pages[name]
    claims = [claim for group in answer.groups for claim in group.claims]
    assert len(claims) >= 10
    with opened(name) as page:
        for number, claim in enumerate(claims):
            page.locator(".claim .text").nth(number).hover()
            (piece,) = claim.evidence
            paper = papers[piece.key]
            source = open_sources(page)
            page.locator(f"#c{number + 1}-1:popover-open").wait_for()
            assert source.count() == 1
            abstract = source.locator(".abstract")
            assert source.locator(".title").inner_text() == paper.title
            assert abstract.text_content() == paper.abstract
            assert abstract.locator("mark").all_text_contents() == [piece.quote]
            assert abstract.evaluate(BEFORE) == (paper.abstract or "")[: piece.start]
            assert source.locator("mark").is_visible()


def test_each_citation_of_a_claim_shows_its_own_paper(opened: Opened) -> None:
    with opened("written") as page:
        page.locator(".claim .cite").nth(0).hover()
        page.locator("#c1-1:popover-open").wait_for()
        source = open_sources(page)
        # Signs beyond the first 65,536 stand before the quotation; two quotations overlap and are one.
        assert source.locator(".abstract mark").all_text_contents() == [
            "urchins ate 41% of the young kelp within a year"
        ]
        assert source.locator(".abstract").evaluate(BEFORE) == "𝒢razers 🦔 thin kelp. In 12 bays, "
        assert source.locator(".title mark").all_text_contents() == ["Kelp <b>forests</b>"]
        page.locator(".claim .cite").nth(1).hover()
        page.locator("#c1-2:popover-open").wait_for()
        assert source.count() == 1
        assert source.locator("mark").all_text_contents() == [
            "Where urchins are few, kelp comes back in three years"
        ]
        page.mouse.move(5, 5)
        page.locator("#c1-2:popover-open").wait_for(state="hidden")


def test_with_the_keyboard_alone_an_abstract_is_reached_read_and_left(opened: Opened) -> None:
    with opened("written") as page:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")  # the link that skips what stands before the answer
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        assert focused.get_attribute("popovertarget") == "c1-1"
        assert open_sources(page).get_attribute("id") == "c1-1"  # in passing
        page.keyboard.press("Tab")
        assert focused.get_attribute("popovertarget") == "c1-2"
        assert open_sources(page).get_attribute("id") == "c1-2"
        page.keyboard.press("Escape")
        assert open_sources(page).count() == 0
        page.keyboard.press("Enter")
        assert focused.get_attribute("id") == "c1-2"  # gone into
        page.keyboard.press("Tab")
        assert focused.get_attribute("class") == "close"
        page.keyboard.press("Tab")
        assert focused.get_attribute("href") == "https://arxiv.org/abs/1901.00001"
        page.keyboard.press("Escape")
        assert open_sources(page).count() == 0
        assert focused.get_attribute("popovertarget") == "c1-2"
        page.keyboard.press("Tab")
        assert focused.get_attribute("popovertarget") == "c2-1"


def test_on_a_phone_a_tap_opens_an_abstract_beside_its_claim_and_its_button_closes_it(opened: Opened) -> None:
    with opened("quoted", PHONE, has_touch=True, is_mobile=True) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
        for number in (0, 4):
            page.locator(".claim .text").nth(number).tap()
            source = page.locator(f"#c{number + 1}-1:popover-open")
            source.wait_for()
            page.wait_for_timeout(600)  # the page scrolls until the claim can be seen
            said = page.locator(".claim .said").nth(number).bounding_box()
            box = source.bounding_box()
            assert said
            assert box
            assert said["y"] >= 0
            assert said["y"] + said["height"] <= box["y"]
            assert source.locator("mark").is_visible()
            source.get_by_label("Close").tap()
            assert open_sources(page).count() == 0
            assert page.locator(":focus").get_attribute("popovertarget") == f"c{number + 1}-1"


@pytest.mark.parametrize("size", [DESK, (820, 700), PHONE])
def test_an_abstract_shown_in_passing_covers_no_word_of_its_claim(
    opened: Opened, size: tuple[int, int]
) -> None:
    with opened("quoted", size, reduced_motion="reduce") as page:
        for number in (0, 3, 9):
            page.locator(".claim").nth(number).evaluate("one => one.scrollIntoView({ block: 'center' })")
            page.locator(".claim .text").nth(number).hover()
            page.locator(f"#c{number + 1}-1:popover-open").wait_for()
            said = page.locator(".claim .said").nth(number).bounding_box()
            box = open_sources(page).bounding_box()
            assert said
            assert box
            beside = box["x"] >= said["x"] + said["width"]
            over = box["y"] + box["height"] <= said["y"]
            assert beside or over or box["y"] >= said["y"] + said["height"]
            assert open_sources(page).locator("mark").first.is_visible()
            page.mouse.move(2, 2)
            page.keyboard.press("Escape")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_click_opens_an_abstract_for_good_with_and_without_the_script(
    opened: Opened, javascript: bool
) -> None:
    with opened("written", java_script_enabled=javascript) as page:
        page.get_by_role("button", name="coldcurrents2023").click()
        page.mouse.move(5, 5)
        page.wait_for_timeout(500)
        assert page.locator("#c3-1").is_visible()
        page.keyboard.press("Escape")
        page.locator("#c3-1").wait_for(state="hidden")


@pytest.mark.parametrize("size", [PHONE, DESK])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["quoted", "written"])
def test_axe_finds_nothing_serious(opened: Opened, name: str, size: tuple[int, int], scheme: str) -> None:
    with opened(name, size, color_scheme=scheme, reduced_motion="reduce") as page:
        page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
        page.locator(".claim .cite").first.click()
        page.locator("#c1-1:popover-open").wait_for()
        for _ in ("with an abstract open", "with all closed"):
            found = Axe().run(page).response["violations"]
            assert [
                (v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")
            ] == []
            page.keyboard.press("Escape")


def test_hostile_papers_are_shown_word_for_word_and_do_nothing(
    opened: Opened, pages: dict[str, Shown]
) -> None:
    answer, papers, _ = pages["hostile"]
    with opened("hostile") as page:
        page.wait_for_timeout(500)
        assert page.locator("script").count() == 1
        assert page.locator("img, iframe, base, form, input, object, embed, link").count() == 0
        assert page.title() == f"{answer.question} – litreview"
        entries = page.locator(".papers").first.locator("li")
        assert entries.count() == len(papers)
        for number, key in enumerate(answer.uncited):
            entry = entries.nth(number)
            assert entry.locator("cite").text_content() == papers[key].title
            assert entry.locator(".abstract").text_content() == papers[key].abstract
        assert page.evaluate("document.documentElement.scrollWidth") == DESK[0]


def test_what_slipped_through_the_escaping_would_neither_run_nor_load(
    browser: Browser, pages: dict[str, Shown], tmp_path: Path
) -> None:
    # Not to be reached by any text; the policy is the second lock.
    slipped = """<script>document.title = "owned"</script>
    <img src="http://127.0.0.1:9/x.png" onerror="alert(1)">
    <a id="go" href="javascript:document.title='owned'">go</a><p id="red" style="color: red">red</p>"""
    file = tmp_path / "slipped.html"
    whole = pages["written"].file.read_text(encoding="utf-8")
    file.write_text(whole.replace('<main id="answer">', f'<main id="answer">{slipped}'), encoding="utf-8")
    page = browser.new_page()
    finished: list[str] = []
    page.on("requestfinished", lambda request: finished.append(request.url))
    page.on("dialog", lambda dialog: finished.append(dialog.message))
    page.goto(file.as_uri())
    page.locator("#go").click()
    page.wait_for_timeout(300)
    assert finished == [file.as_uri()]
    assert page.title() != "owned"
    assert page.locator("#red").evaluate("one => getComputedStyle(one).color") != "rgb(255, 0, 0)"
    page.close()


def test_on_paper_the_abstracts_stand_in_full(opened: Opened, pages: dict[str, Shown]) -> None:
    answer, papers, _ = pages["quoted"]
    with opened("quoted") as page:
        abstracts = page.locator("#references ~ .papers .abstract")
        assert not abstracts.first.is_visible()
        page.emulate_media(media="print")
        assert abstracts.count() == len(answer.references)
        for number, reference in enumerate(answer.references):
            assert abstracts.nth(number).is_visible()
            assert abstracts.nth(number).inner_text() == papers[reference.key].abstract
        assert not page.get_by_role("navigation").is_visible()
        assert len(page.pdf()) > 10_000
