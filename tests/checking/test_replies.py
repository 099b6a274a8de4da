"""Replies as models write them: the careful ones stand, the faults that can be seen are found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from litreview.answers import DraftAnswer
from litreview.checking import PreparedPapers, check, examine
from litreview.papers import Paper

REPLIES = Path(__file__).parents[3] / "shared" / "replies"
QUESTIONS = ("q1", "q2", "q3")

pytestmark = pytest.mark.skipif(not REPLIES.is_dir(), reason="the replies of ../shared/replies are not here")

# What shows that a fault was found.
FITTING = {
    "unknown_id": {"unknown-paper"},
    "empty_quote": {"quote-not-found"},
    "two_word_quote": {"short-quote"},
    "paraphrased_quote": {"altered-quote", "quote-not-found"},
    "stitched_quote": {"altered-quote", "quote-not-found"},
    "stitched_quote_ellipsis": {"altered-quote", "quote-not-found"},
    "quote_of_other_paper": {"wrong-paper"},
    "no_evidence": {"uncited"},
    "citation_mark": {"stray-citation"},
    "markdown_bold": {"stray-citation"},
    "markdown_link": {"stray-citation"},
    "number_changed": {"number-mismatch"},
    "number_moved": {"number-mismatch"},
    "number_rounded_wrong": {"number-mismatch"},
}
SOUND = {None, "title_quote"}


def papers(question: str) -> dict[str, Paper]:
    carried = json.loads((REPLIES / f"{question}.json").read_text(encoding="utf-8"))["papers"]
    return {
        p["id"]: Paper(key=p["id"].lower(), title=p["title"], abstract=p["abstract"], published=p["year"])
        for p in carried
    }


def reply(question: str, kind: str) -> DraftAnswer:
    return DraftAnswer.model_validate_json((REPLIES / f"{question}.{kind}.json").read_text(encoding="utf-8"))


def test_careful_replies_pass() -> None:
    weak = total = 0
    for question in QUESTIONS:
        draft = reply(question, "careful")
        result = check(draft, papers(question))
        assert result.removed == ()
        weak += len(result.doubts)
        total += sum(len(group.claims) for group in draft.groups)
    assert weak <= total / 10


@pytest.mark.parametrize("question", QUESTIONS)
def test_faults_are_found_under_a_fitting_reason_and_sound_claims_stand(question: str) -> None:
    draft, ready = reply(question, "sloppy"), PreparedPapers.of(papers(question))
    labels = json.loads((REPLIES / f"{question}.sloppy.labels.json").read_text(encoding="utf-8"))
    for label in labels:
        claim = examine(draft.groups[label["group"]].claims[label["claim"]], ready).claim
        fault = label["fault"]
        if fault in FITTING:
            assert claim.verdict == "unsupported", claim.text
            assert FITTING[fault] & set(claim.reasons), (fault, claim.reasons)
        elif fault in SOUND:
            assert claim.verdict != "unsupported", claim.text


@pytest.mark.parametrize("question", QUESTIONS)
def test_evidence_is_the_papers_own_words(question: str) -> None:
    carried = {paper.key: paper for paper in papers(question).values()}
    for group in check(reply(question, "careful"), papers(question)).groups:
        for evidence in (evidence for claim in group.claims for evidence in claim.evidence):
            paper = carried[evidence.key]
            text = (paper.abstract or "") if evidence.part == "abstract" else paper.title
            assert text[evidence.start : evidence.end] == evidence.quote
