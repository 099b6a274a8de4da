"""The check of one quote: is its paper known, and do its words stand there?"""

from __future__ import annotations

from dataclasses import dataclass

from litreview.answers import DraftEvidence, Evidence, Reason
from litreview.papers import Paper

from .prepared import PreparedPapers
from .quotes import LEAST_WORDS, Part, is_short, locate, nearest

_SHOWN = 80  # characters of a quote that an explanation repeats


@dataclass(frozen=True)
class Finding:
    """Something wrong with a claim, in words that name papers by their ids of the draft."""

    reason: Reason
    text: str

    def __str__(self) -> str:
        return f"{self.reason}: {self.text}"


@dataclass(frozen=True)
class Located:
    """One piece of evidence after its check; `finding` is None where the quote stands in its paper."""

    evidence: Evidence
    paper: Paper | None
    finding: Finding | None = None


def check_evidence(draft: DraftEvidence, papers: PreparedPapers) -> Located:
    """Find a quote in the paper it names; where it is not there, say what it is instead."""
    paper = papers.get(draft.paper)
    if paper is None:
        elsewhere = _stands_in(draft.quote, papers, draft.paper)
        note = f"; the words stand in {elsewhere}" if elsewhere else ""
        finding = Finding("unknown-paper", f"there is no paper {draft.paper!r}{note}")
        return Located(Evidence(key=draft.paper, quote=draft.quote), None, finding)
    place = locate(draft.quote, paper)
    key = paper.key or draft.paper.strip()
    if place is None:
        finding = _explain(draft, paper, papers)
        return Located(Evidence(key=key, quote=draft.quote), paper, finding)
    quote = part_text(paper, place.part)[place.start : place.end]
    found = Evidence(key=key, quote=quote, part=place.part, start=place.start, end=place.end)
    return Located(found, paper)


def part_text(paper: Paper, part: Part) -> str:
    """The abstract or the title of a paper."""
    return (paper.abstract or "") if part == "abstract" else paper.title


def _explain(draft: DraftEvidence, paper: Paper, papers: PreparedPapers) -> Finding:
    name, shown = draft.paper.strip(), short(draft.quote)
    if not any(map(str.isalnum, draft.quote)):
        return Finding("quote-not-found", f"the quote for {name} is empty")
    if is_short(draft.quote, paper):
        problem = f"{shown} is too short to show anything: at least {LEAST_WORDS} words or a whole sentence"
        return Finding("short-quote", problem)
    elsewhere = _stands_in(draft.quote, papers, draft.paper)
    if elsewhere:
        return Finding("wrong-paper", f"{shown} does not stand in {name}; these words stand in {elsewhere}")
    near = nearest(draft.quote, paper)
    if near is None:
        return Finding("quote-not-found", f"the words {shown} do not stand in {name}")
    if near.theirs or near.ours:
        difference = f"{name} says {near.theirs!r}, the quote says {near.ours!r}"
    else:
        difference = f"{name} has these words in another form: {short(near.words)}"
    return Finding("altered-quote", difference)


def _stands_in(quote: str, papers: PreparedPapers, name: str) -> str | None:
    """The id of the first other paper that holds the quote."""
    return next((other for other, paper in papers.others(name) if locate(quote, paper)), None)


def short(quote: str) -> str:
    """The beginning of a text as Python writes it, for an explanation."""
    return repr(quote if len(quote) <= _SHOWN else f"{quote[: _SHOWN - 1]}…")
