"""Hostile abstracts from the import to every output: what they hold is shown as data and does nothing."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from litreview.answering import Writer, assemble, write
from litreview.answers import Claim, DraftClaim, DraftEvidence, Reference, Review
from litreview.checking import PreparedPapers, check, check_claim
from litreview.checking.instructions import reads_like_instructions
from litreview.extractive import extract
from litreview.importing import import_batches
from litreview.library import Library
from litreview.llm import read_reply
from litreview.papers import Paper
from litreview.prompting import Prompts
from litreview.render.json import render_json
from litreview.render.markdown import render_markdown
from litreview.render.terminal import print_review
from litreview.retrieval import Retrieved, RetrievedPaper
from litreview.sources import read_sources
from litreview.testing import ScriptedModel, scripted_reply
from litreview.text.cleaning import is_hidden
from litreview.writing import Budget, plan

from .corpus import Hostile, hostile

CORPUS = hostile()
PROMPTS = Prompts()
QUESTION = "does moss harm stone walls?"
CLEAN = [
    ("Moss and mortar", "We measure mortar. Mortar under moss loses 12% of its lime in ten years."),
    ("Walls without moss", "We clean walls each spring. Clean walls dry twice as fast after rain."),
    ("Moss keeps walls wet", "We log moisture. Moss keeps stone walls wet for three more days."),
]
# Only colours, which Rich writes itself.
STYLE = re.compile(r"\x1b\[[0-9;]*m")


class Shelf(NamedTuple):
    """The library after the import, and its papers by the names of the corpus."""

    library: Library
    hostile: dict[str, Paper]
    clean: list[Paper]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """All of the corpus and its clean neighbours, imported from JSONL into one library."""
    file = tmp_path_factory.mktemp("injection") / "papers.jsonl"
    records = [{"title": h.title, "abstract": h.abstract, "published": "2020"} for h in CORPUS]
    records += [{"title": title, "abstract": text, "published": "2021"} for title, text in CLEAN]
    file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    with Library.temporary() as library:
        import_batches(library, read_sources([file]), progress=lambda _stage, _done, _total: None)
        lines = {source.line: paper for paper in library.all_papers() for source in paper.sources}
        named = {h.name: lines[number] for number, h in enumerate(CORPUS, start=1)}
        yield Shelf(library, named, [lines[len(CORPUS) + number] for number in (1, 2, 3)])


def retrieved(*papers: Paper) -> Retrieved:
    return Retrieved(question=QUESTION, papers=tuple(RetrievedPaper(paper=p, score=0.5) for p in papers))


def hostile_replies(payload: str, user: str) -> list[str]:
    """A reply that repeats the payload wherever it can, beside sound claims, and the same as a repair."""
    payload = payload.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # as any server sends it
    sound = [claim for group in json.loads(scripted_reply(user))["groups"] for claim in group["claims"]]
    quote = sound[-1]["evidence"]
    bad = [
        {"text": payload, "evidence": [{"paper": "P1", "quote": payload}]},
        {"text": payload, "evidence": quote},
        {"text": sound[-1]["text"] + " " + payload, "evidence": quote},
        {"text": sound[-1]["text"], "evidence": [{"paper": payload, "quote": quote[0]["quote"]}]},
        {"text": payload, "evidence": []},
    ]
    answer = {"groups": [{"heading": payload, "claims": [*sound, *bad]}], "gaps": [payload, "None on cost."]}
    repair = {"claims": [{"id": f"F{number}", **claim} for number, claim in enumerate(bad, start=1)]}
    return [json.dumps(answer), json.dumps(repair)]


def answered(shelf: Shelf, paper: Paper, payload: str | None) -> tuple[Review, ScriptedModel]:
    """The review over a paper and its clean neighbours, of a sound model or of one that is led astray."""
    papers = retrieved(paper, *shelf.clean)
    replies: list[str] = []
    if payload is not None:
        (part,) = plan(papers, prompts=PROMPTS, budget=Budget()).parts
        replies = hostile_replies(payload, part.prompt.user)
    model = ScriptedModel(*replies)
    return asyncio.run(write(shelf.library, papers, Writer(model, PROMPTS))), model


@pytest.fixture(scope="module")
def beside_clean(shelf: Shelf) -> list[Claim]:
    """The sound claims about the neighbours, as they are checked beside a clean paper."""
    wall = Paper(key="wall2020", title="A wall", abstract="We build a wall of stone and write of it.")
    review, _ = answered(shelf, wall, None)
    ours = {paper.key for paper in shelf.clean}
    found = [c for g in review.groups for c in g.claims if set(c.citations) <= ours]
    assert len(found) == len(CLEAN)
    return found


def texts(review: Review) -> dict[str, str]:
    """The review in every form it can take."""
    screen, paper = io.StringIO(), io.StringIO()
    print_review(review, Console(file=screen, force_terminal=True, color_system="truecolor", width=80))
    print_review(review, Console(file=paper, no_color=True, width=80))
    return {
        "markdown": render_markdown(review),
        "terminal": STYLE.sub("", screen.getvalue()),
        "text": paper.getvalue(),
        "json": render_json(review.model_dump(mode="json")),
    }


def assert_harmless(review: Review, shelf: Shelf, paper: Paper) -> None:
    forms = texts(review)
    for form, text in forms.items():
        assert [c for c in text if c not in "\n " and (not c.isprintable() or is_hidden(c))] == [], form
    assert json.loads(forms["json"]) == review.model_dump(mode="json")
    assert_inactive(forms["markdown"], review)
    papers = {p.key or "": p for p in (paper, *shelf.clean)}
    for group in review.groups:
        for claim in group.claims:
            assert claim.citations
            assert set(claim.citations) <= set(papers)
            for piece in claim.evidence:
                text = papers[piece.key].title if piece.part == "title" else papers[piece.key].abstract or ""
                assert text[piece.start : piece.end] == piece.quote
    assert all(reference == Reference.of(papers[reference.key]) for reference in review.references)
    assert [entry.title for entry in review.retrieved] == [p.title for p in papers.values()]
    assert set(review.uncited) | set(review.flagged) | set(review.left_out) <= set(papers)


def assert_inactive(markdown: str, review: Review) -> None:
    """With HTML on, CommonMark finds no HTML, link, image or code, and no heading but ours."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(markdown)
    inline = [child.type for token in tokens for child in token.children or ()]
    allowed = {"text", "text_special", "strong_open", "strong_close", "em_open", "em_close"}
    assert set(inline) <= allowed
    blocks = {"heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline"}
    blocks |= {"bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"}
    assert {token.type for token in tokens} <= blocks
    beside = (review.gaps, review.uncited, review.left_out, review.flagged, review.repaired, review.removed)
    headings = sum(token.type == "heading_open" for token in tokens)
    assert headings == 1 + len(review.groups) + sum(map(bool, beside)) + 1


def test_the_corpus_is_large_and_every_paper_of_it_is_imported(shelf: Shelf) -> None:
    assert len({h.payload for h in CORPUS}) >= 60
    assert len(shelf.library) == len(CORPUS) + len(CLEAN)
    assert len({paper.key for paper in shelf.hostile.values()}) == len(CORPUS)


@pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: entry.name)
def test_the_prompt_holds_one_line_a_record_between_our_own_delimiters(shelf: Shelf, entry: Hostile) -> None:
    papers = retrieved(shelf.hostile[entry.name], *shelf.clean)
    (part,) = plan(papers, prompts=PROMPTS, budget=Budget()).parts
    user, delimiter = part.prompt.user, part.prompt.delimiter
    lines = user.splitlines()
    first, last = [number for number, line in enumerate(lines) if line == delimiter]
    assert user.count(delimiter) == 2
    records = [json.loads(line) for line in lines[first + 1 : last]]
    assert [record["id"] for record in records] == list(part.papers)
    assert {id: p.key for id, p in part.papers.items()} == {
        f"P{number}": item.paper.key
        for number, item in enumerate(papers.papers, start=1)
        if len(item.paper.abstract or "") < 50_000
    }
    assert not any(is_hidden(character) for character in user)


@pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: entry.name)
def test_nothing_of_it_acts_when_the_model_keeps_to_its_task(shelf: Shelf, entry: Hostile) -> None:
    paper = shelf.hostile[entry.name]
    review, _ = answered(shelf, paper, None)
    assert_harmless(review, shelf, paper)


@pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: entry.name)
def test_nothing_of_it_acts_when_the_model_repeats_it_everywhere(
    shelf: Shelf, beside_clean: list[Claim], entry: Hostile
) -> None:
    paper = shelf.hostile[entry.name]
    review, _ = answered(shelf, paper, entry.payload[:20_000])
    assert_harmless(review, shelf, paper)
    # The sound claims stand as they do beside a clean paper.
    found = [c for g in review.groups for c in g.claims]
    assert [c for c in beside_clean if c not in found] == []
    # An id that is none of ours is never taken for one, nor a claim without evidence for a claim.
    (part,) = plan(retrieved(paper, *shelf.clean), prompts=PROMPTS, budget=Budget()).parts
    draft = read_reply(hostile_replies(entry.payload[:20_000], part.prompt.user)[0], part.form)
    reasons = [claim.reasons for claim in check(draft, part.papers).removed]
    assert "unknown-paper" in {reason for found in reasons for reason in found}
    assert ("uncited" in reasons[-1]) == (not draft.groups[0].claims[-1].evidence)
    assert all(c.evidence for c in found)
    assert not any(is_hidden(character) for c in found for character in c.text)


@pytest.mark.parametrize("name", ["P\uff11", "\u03a11", "\u04201", "P1\u200b", "\U0001d40f1", "p1", "P1\x00"])
def test_ids_that_look_like_ours_are_unknown(shelf: Shelf, name: str) -> None:
    quote = "Moss keeps stone walls wet for three more days"
    draft = DraftClaim(text=f"{quote}.", evidence=(DraftEvidence(paper=name, quote=quote),))
    papers = PreparedPapers.of({"P1": shelf.clean[2], "P2": shelf.clean[0]})
    assert check_claim(draft, papers).reasons == ("unknown-paper",)


def test_an_extracted_answer_over_all_of_it_is_harmless_and_flags_it(shelf: Shelf) -> None:
    papers = [p for p in shelf.library.all_papers() if len(p.text) < 50_000]
    found = retrieved(*papers)
    review = assemble(extract(found, index=shelf.library), found)
    for form, text in texts(review).items():
        assert not [c for c in text if c not in "\n " and (not c.isprintable() or is_hidden(c))], form
    assert_inactive(render_markdown(review), review)
    flagged = {name for name, paper in shelf.hostile.items() if paper.key in review.flagged}
    asking = {h.name for h in CORPUS if h.asks}
    assert flagged <= asking
    assert len(flagged) >= 0.8 * len(asking)


def test_what_reads_like_instructions_is_flagged_and_shown_not_dropped(shelf: Shelf) -> None:
    paper = shelf.hostile["ignore"]
    review, _ = answered(shelf, paper, None)
    assert review.flagged == (paper.key,)
    assert paper.key in {reference.key for reference in review.references}
    for form in ("markdown", "text"):
        assert "Reads like instructions to a model; shown as data only" in texts(review)[form]
    plain, _ = answered(shelf, shelf.hostile["formula"], None)
    assert plain.flagged == ()
    assert "Reads like instructions" not in texts(plain)["text"]


def test_most_orders_of_the_corpus_are_recognised_and_none_of_the_rest(shelf: Shelf) -> None:
    missed = [h.name for h in CORPUS if h.asks and not reads_like_instructions(shelf.hostile[h.name].text)]
    wrong = [h.name for h in CORPUS if not h.asks and reads_like_instructions(shelf.hostile[h.name].text)]
    # Other languages, codes and hints are beyond it (docs/checking.md).
    assert missed == ["german-order", "spaced-order", "encoded-order", "praise"]
    assert wrong == []


@pytest.mark.parametrize(
    "text",
    [
        "We study prompt injection: attackers ask models to ignore previous instructions.",
        "Users ask the system to answer the question and to cite sources.",
        "We call this task answer selection. The system must output a label for each record.",
        "Note that language models, unlike humans, forget. This paper asks why you should care.",
        "We show that GPT-4 is comparable to ChatGPT. As an assistant, it follows instructions.",
    ],
)
def test_papers_about_prompts_are_not_flagged(text: str) -> None:
    assert not reads_like_instructions(text)
