"""The page's structure, without a browser: tests/render/test_html_browser.py has one."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from html.parser import HTMLParser
from typing import NamedTuple, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litreview.answers import Claim, Evidence, Group, Reason, Reference, RetrievedEntry, Review
from litreview.mapping import Dot, LibraryMap
from litreview.papers import Paper
from litreview.render.html import render_page
from litreview.render.html.figures import WIDTH, LaneInput, map_figure_of, timeline_of
from litreview.render.html.passages import Piece, passage_of
from litreview.render.html.sources import source_of
from litreview.render.html.wording import REASONS
from litreview.text.cleaning import is_hidden, strip_controls
from tests.injection.corpus import hostile

from .reviews import PAPERS, Made, written

VOID = frozenset("meta br use path circle rect".split())
# Attributes whose values name elements of the page.
NAMING = ("aria-labelledby", "aria-describedby", "aria-controls", "popovertarget", "for")
ANYTHING = st.text(max_size=60)


class Element(NamedTuple):
    tag: str
    attributes: dict[str, str]


class Parsed(HTMLParser):
    """The elements of a page, and its text outside style and script."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.words: list[str] = []
        self.unclosed: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.unclosed.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.unclosed.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.unclosed):
            self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]


def page_of(made: Made) -> str:
    return render_page(made.review, papers=made.papers, library_map=made.library_map)


@pytest.fixture(scope="module")
def page() -> str:
    return page_of(written())


@pytest.fixture(scope="module")
def parsed(page: str) -> Parsed:
    return Parsed(page)


def assert_sound(page: str) -> Parsed:
    """The page is well nested, refers to what is there, loads nothing, and has one script and style."""
    parsed = Parsed(page)
    assert parsed.unclosed == []
    ids = [element.attributes["id"] for element in parsed.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    for element in parsed.elements:
        for name, value in element.attributes.items():
            assert not name.startswith("on")
            assert name not in {
                "src",
                "srcset",
                "action",
                "formaction",
                "style",
                "srcdoc",
                "ping",
                "background",
            }
            if name in NAMING:
                assert set(value.split()) <= set(ids)
            if name == "href" and value.startswith("#"):
                assert value[1:] in ids
            elif name == "href":
                assert element.tag == "a"
                assert re.match(r"https?://[^\s<>\"]+\Z", value)
                assert "noreferrer" in element.attributes["rel"]
    tags = {element.tag for element in parsed.elements}
    assert tags.isdisjoint(
        {"link", "img", "iframe", "base", "object", "embed", "form", "image", "foreignobject"}
    )
    assert len(parsed.all("script")) == len(parsed.all("style")) == 1
    hidden = {character for character in set(page) if is_hidden(character)}
    assert {c for c in hidden if unicodedata.category(c) not in ("Cn", "Co")} == set()
    page.encode()
    return parsed


def test_the_page_is_sound(page: str) -> None:
    assert_sound(page)


def test_its_policy_allows_its_own_style_and_script_and_nothing_else(page: str, parsed: Parsed) -> None:
    (policy,) = [e.attributes["content"] for e in parsed.all("meta") if "http-equiv" in e.attributes]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules.pop(f"{tag}-src") == f"'sha256-{digest}'"
    assert rules == {"default-src": "'none'", "base-uri": "'none'", "form-action": "'none'"}


def test_the_style_loads_nothing_and_its_files_close_no_tag(page: str) -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert "url(" not in style
    assert "@import" not in style
    assert "</" not in style


def test_every_part_of_the_answer_is_told(parsed: Parsed) -> None:
    review = written().review
    text = " ".join(parsed.text.split())
    claims = [claim for group in review.groups for claim in group.claims]
    failed = [*review.removed, *(repair.before for repair in review.repaired)]
    for said in (review.question, review.summary, *review.gaps, *(claim.text for claim in claims + failed)):
        assert said in text
    for entry in review.retrieved:
        assert entry.key in text
        assert entry.title in text
    for reason in {reason for claim in failed for reason in claim.reasons}:
        assert f"{reason}: {REASONS[reason]}" in text
    assert "2 calls · 3,000 + 400 tokens · $0.0123" in text
    assert "finds 90% of the claims entailed" in text
    assert "Reads like instructions to a model; shown as data only" in text
    assert "grounded in the words of an abstract, not that it is right" in text
    assert f"litreview replay {review.run}" in text


def test_every_reason_has_words() -> None:
    assert set(REASONS) == set(get_args(Reason))


def test_a_verdict_is_told_by_word_and_by_shape(page: str, parsed: Parsed) -> None:
    for verdict, count in (("supported", 2), ("weak", 1)):
        assert page.count(f'href="#sign-{verdict}"/></svg> {verdict}</span>') == count
    assert {e.attributes["id"] for e in parsed.all("g") if "id" in e.attributes} == {
        "sign-supported",
        "sign-weak",
        "sign-unsupported",
    }


def test_each_citation_has_a_button_and_a_named_dialog(parsed: Parsed) -> None:
    cites = [e.attributes for e in parsed.all("button") if e.attributes["class"] == "cite"]
    sources = {e.attributes["id"]: e.attributes for e in parsed.all("div") if "popover" in e.attributes}
    assert [cite["popovertarget"] for cite in cites] == ["c1-1", "c1-2", "c2-1", "c3-1"] == list(sources)
    assert all(source["role"] == "dialog" and source["aria-labelledby"] for source in sources.values())


def test_a_link_is_made_of_an_address_of_the_web_alone(parsed: Parsed) -> None:
    links = {e.attributes["href"] for e in parsed.all("a") if not e.attributes["href"].startswith("#")}
    assert links == {
        "https://doi.org/10.1000/kelp.2021%3C1%3E",
        "https://arxiv.org/abs/1901.00001",
        "https://example.org/cold?a=1&b=%222%22",
    }


@pytest.mark.parametrize(
    "url",
    "javascript:alert(1) JaVaScRiPt:alert(1) data:text/html,x //example.org http:// ftp://a.b/c /x"
    " file:///etc/passwd \tjavascript:alert(1) http://[::1 vbscript:x mailto:a@b.c".split(" "),
)
def test_other_addresses_are_no_links(url: str) -> None:
    source = source_of(Reference(key="k", title="T", url=url))
    assert (source.address, source.link_text) == ("", "")


def test_figures_have_names_descriptions_and_a_table(page: str, parsed: Parsed) -> None:
    drawn = [e.attributes for e in parsed.all("svg") if e.attributes.get("role") == "img"]
    assert [svg["aria-labelledby"] for svg in drawn] == [
        "timeline-title timeline-about",
        "map-title map-about",
    ]
    others = [e.attributes for e in parsed.all("svg") if e.attributes.get("role") != "img"]
    assert all(svg.get("aria-hidden") == "true" for svg in others if "aria-hidden" in svg)
    (table,) = re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    assert table.count("<tr>") == len(PAPERS)
    assert "sample of 46 drawn" in page
    assert page.count('class="dot"') - 1 == 40


def test_without_a_map_years_or_abstracts_the_page_is_whole() -> None:
    claim = Claim(text="It is so.", citations=("a2020",), verdict="weak")
    review = Review(
        question="Is it so?",
        engine="llm",
        summary="Yes.",
        groups=(Group(heading="All", claims=(claim,)),),
        retrieved=(RetrievedEntry(key="a2020", title="A", year=None, score=1),),
        references=(Reference(key="a2020", title="A"),),
    )
    parsed = assert_sound(render_page(review, papers={}))
    assert "There is no abstract of this paper at hand." in parsed.text
    assert not [e for e in parsed.all("svg") if e.attributes.get("role") == "img" and "map" in str(e)]


def test_the_page_of_an_answer_without_a_claim_is_whole() -> None:
    review = Review(question="?", engine="llm", summary="Nothing.", groups=(), retrieved=(), references=())
    assert_sound(render_page(review, papers={}))


def test_the_same_answer_gives_the_same_page(page: str) -> None:
    assert page_of(written()) == page


@given(text=ANYTHING, other=ANYTHING)
@settings(max_examples=40, deadline=None)
def test_whatever_anybody_wrote_is_text(text: str, other: str) -> None:
    claim = Claim(
        text=f"x{text}",
        citations=(f"k{other}",),
        evidence=(Evidence(key=f"k{other}", quote=f"q{text}"),),
        verdict="weak",
        reasons=("uncited",),
    )
    review = Review(
        question=f"x{text}",
        engine="llm",
        model=text,
        summary=other,
        groups=(Group(heading=f"x{other}", claims=(claim,)),),
        removed=(claim,),
        gaps=(text, other),
        retrieved=(RetrievedEntry(key=f"k{other}", title=f"t{text}", year=2020, score=1),),
        uncited=(f"k{other}",),
        references=(Reference(key=f"k{other}", title=f"t{text}", authors=(other,), venue=text, url=text),),
        run=other,
    )
    paper = Paper(key=f"k{other}", title=f"t{text}", abstract=f"a{other}", url=other)
    drawn = LibraryMap((Dot(f"k{other}", text, 0.2, 0.4), Dot("z", other, 0.7, 0.4)), 2, 0.5)
    parsed = assert_sound(render_page(review, papers={f"k{other}": paper}, library_map=drawn))
    shown = " ".join(parsed.text.split())
    for said in (f"x{text}", f"x{other}"):
        assert strip_controls(said) in shown


def test_hostile_papers_are_text_even_where_no_import_cleaned_them() -> None:
    payloads = [h.payload[:5_000].encode("utf-8", "replace").decode() for h in hostile()]
    papers, claims = {}, []
    for number, payload in enumerate(payloads):
        key = f"moss{number}"
        papers[key] = Paper(
            key=key, title=f"Moss {payload}", abstract=f"Moss {payload} grows.", venue=payload
        )
        quoted = Evidence(key=key, quote=payload, start=5, end=5 + len(payload))
        claims.append(Claim(text=payload, citations=(key,), evidence=(quoted,), verdict="supported"))
    review = Review(
        question=payloads[0],
        engine="llm",
        summary=" ".join(payloads),
        groups=tuple(Group(heading=claim.text, claims=(claim,)) for claim in claims),
        removed=tuple(claims),
        gaps=tuple(payloads),
        retrieved=tuple(RetrievedEntry.of(paper, 1) for paper in papers.values()),
        references=tuple(Reference.of(paper) for paper in papers.values()),
    )
    parsed = assert_sound(render_page(review, papers=papers))
    ours = {element.tag for element in Parsed(page_of(written())).elements}
    assert {element.tag for element in parsed.elements} <= ours
    text = " ".join(parsed.text.split())
    assert [payload for payload in payloads if strip_controls(payload) not in text] == []


def test_offsets_count_code_points_and_quotations_that_touch_are_one() -> None:
    text = "𝒢 one two three"
    quotes = [
        Evidence(key="k", quote=q, start=text.index(q), end=text.index(q) + len(q)) for q in ("one", "ne two")
    ]
    passage = passage_of("T", text, quotes)
    assert passage.abstract == (Piece("𝒢 ", False), Piece("one two", True), Piece(" three", False))


def test_a_quotation_that_has_moved_is_found_and_one_that_is_gone_is_said_to_be() -> None:
    moved = Evidence(key="k", quote="kelp grows", start=0, end=10)
    gone = Evidence(key="k", quote="kelp dies", start=0, end=9)
    passage = passage_of("T", "Here kelp grows.", [moved, gone])
    assert passage.abstract == (Piece("Here ", False), Piece("kelp grows", True), Piece(".", False))
    assert passage.elsewhere == ("kelp dies",)


@given(
    st.lists(
        st.tuples(st.text(max_size=5), st.none() | st.integers(min_value=1900, max_value=2030)), max_size=60
    ),
    st.integers(min_value=0, max_value=8),
)
def test_every_paper_stands_once_on_the_timeline_and_inside_it(
    papers: list[tuple[str, int | None]], shape: int
) -> None:
    figure = timeline_of([LaneInput("one", shape, papers), LaneInput("two", 0, papers[:3])])
    if figure is None:
        assert all(year is None for _, year in papers)
        return
    assert len(figure.marks) == len(papers) + len(papers[:3])
    assert len({(mark.x, mark.y) for mark in figure.marks}) == len(figure.marks)
    assert all(0 <= mark.x <= WIDTH and 0 <= mark.y <= figure.height for mark in figure.marks)
    assert len(figure.ticks) <= 8


def test_the_map_fills_its_canvas_at_one_scale_for_both_axes() -> None:
    dots = (
        Dot("a", "A", 0.0, 0.5),
        Dot("b", "B", 1.0, 0.5),
        Dot("c", "C", 0.5, 0.6),
        Dot("d", "D", 0.5, 0.4),
    )
    figure = map_figure_of(LibraryMap(dots, 4, 0.5), {"b": 2, "c": 0})
    places = {mark.title: mark for mark in (*figure.dots, *figure.marks)}
    assert [mark.title for mark in figure.marks] == ["C", "B"]
    assert all(0 <= mark.x <= WIDTH and 0 <= mark.y <= figure.height for mark in places.values())
    assert places["B"].x - places["A"].x == pytest.approx(5 * (places["D"].y - places["C"].y), rel=0.01)
    assert places["C"].y < places["D"].y
