"""Which words of an abstract answer the question best: candidate passages, their scores, one a paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from litreview.text.sentences import Span, split_sentences

from .leaning import dangles, lead_in, points_back
from .moves import is_boilerplate, weight_of_move

if TYPE_CHECKING:
    from litreview.papers import Paper

    from .question import Question
    from .terms import Vocabulary

# Measured on the 209 SUPPORT and CONTRADICT pairs of SciFact (dev): see docs/decisions.md.
_MOVE = 0.2
_POSITION = 0.25
_RESULTS_FROM = 0.5
_TITLE = 0.5  # share of the coverage that a word of the question earns by standing in the title alone
_TRIMMED = 0.08
_POINTING = 0.1
_CONTEXT = 0.12  # the price of a sentence that is quoted only for the next one to be understood
_LONG, _SHORT = 45, 7  # words; outside this range a quotation loses 0.02 or 0.05 a word
_TOO_LONG, _TOO_SHORT = 90, 5
_HOLE = re.compile(r"[a-z] [,;.](?=\s)")  # where markup left nothing: "compared to , it is faster"


@dataclass(frozen=True)
class Passage:
    """A span of an abstract that can stand alone: `abstract[start:end] == text`.

    `relevance` in [0, 1] is the share of the question's weight it covers; `score` adds how much it reports.
    """

    start: int
    end: int
    text: str
    relevance: float
    score: float
    terms: frozenset[str]


def passages(paper: Paper, question: Question, vocabulary: Vocabulary) -> list[Passage]:
    """Return the passages of a paper's abstract, best first; empty where none can stand alone.

    A passage is one sentence without the words that tie it to the one before, or two neighbours where the
    second needs the first or adds much to it.
    """
    abstract = paper.abstract or ""
    title = frozenset(vocabulary.terms(paper.title))
    spans = [s for s in split_sentences(abstract) if not is_boilerplate(abstract[s.start : s.end])]
    rated = [_rate(abstract, span, question, title, vocabulary) for span in spans]
    alone = [_can_be_quoted(p.text) and not dangles(p.text) for p in rated]
    found = [p for p, ok in zip(rated, alone, strict=True) if ok]
    for at in range(1, len(rated)):
        neighbours = not abstract[spans[at - 1].end : spans[at].start].strip()
        if neighbours and alone[at - 1] and _can_be_quoted(rated[at].text):
            found.append(_joined(abstract, rated[at - 1], rated[at], needed=not alone[at]))
    return sorted(found, key=lambda p: (-p.score, p.start, p.end))


def _rate(
    abstract: str, span: Span, question: Question, title: frozenset[str], vocabulary: Vocabulary
) -> Passage:
    start = span.start + lead_in(abstract[span.start : span.end])
    text = abstract[start : span.end]
    terms = frozenset(vocabulary.terms(text))
    relevance = (1 - _TITLE) * question.coverage(terms) + _TITLE * question.coverage(terms | title)
    score = (
        question.focus * relevance
        + _MOVE * weight_of_move(text)
        + _POSITION * min(1.0, span.start / len(abstract) / _RESULTS_FROM)
    )
    words = len(text.split())
    score -= _too_long(words) + 0.05 * max(0, _SHORT - words) + _TRIMMED * (start > span.start)
    score -= _POINTING * points_back(text)
    return Passage(start, span.end, text, relevance, score, terms)


def _too_long(words: int) -> float:
    return 0.02 * max(0, words - _LONG)


def _can_be_quoted(text: str) -> bool:
    if text.endswith((":", ",")) or _HOLE.search(text):
        return False
    return _TOO_SHORT <= len(text.split()) <= _TOO_LONG


def _joined(abstract: str, left: Passage, right: Passage, *, needed: bool) -> Passage:
    """Two neighbours as one passage; `needed` where the second cannot stand alone."""
    text = abstract[left.start : right.end]
    best, other = max(left.score, right.score), min(left.score, right.score)
    score = right.score - _CONTEXT if needed else best + 0.25 * other - 0.3
    relevance = max(left.relevance, right.relevance)
    return Passage(
        left.start, right.end, text, relevance, score - _too_long(len(text.split())), left.terms | right.terms
    )


def choose_diverse(options: Iterable[Sequence[Passage]], *, redundancy: float = 0.3) -> list[Passage]:
    """Choose one passage of each paper in turn, away from what was said before.

    Maximal marginal relevance (Carbonell & Goldstein 1998), one choice per paper.

    Args:
        options: The passages of each paper, best first and never empty.
        redundancy: What a passage loses that repeats an earlier one in full.
    """
    chosen: list[Passage] = []
    for own in options:
        repeated = {p: max((_overlap(p, c) for c in chosen), default=0.0) for p in own}
        chosen.append(max(own, key=lambda p: p.score - redundancy * repeated[p]))
    return chosen


def _overlap(one: Passage, other: Passage) -> float:
    """Jaccard similarity of the terms, in [0, 1]."""
    union = len(one.terms | other.terms)
    return len(one.terms & other.terms) / union if union else 0.0
