"""What an abstract says of a paper's method, data, result and limits, in its own sentences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from litreview.related_work import ASPECTS, Aspect, Cell, Row
from litreview.text.sentences import Span, split_sentences

from .moves import is_boilerplate, weight_of_move

if TYPE_CHECKING:
    from litreview.papers import Paper


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_WE = r"\b(?:we|this (?:paper|work|study|article|thesis)|the (?:paper|authors))\b"
# What a method does to its input, in the third person: "gMLP stacks blocks of projections".
_WORKS = (
    r"stacks?|replaces?|applies|mixes|divides?|splits?|projects?|combines?|consists?|computes?|uses|employs"
    r"|introduces|extends?|alternates?|shifts?|learns|treats|trains|encodes|represents|adds|removes"
    r"|exchanges|rearranges|gates|routes|factori[sz]es|decomposes|parameteri[sz]es|models"
)
_PROPOSED = _any_of(
    rf"{_WE}[^.;]{{0,60}}?\b(?:propose|introduce|present|develop|design|describe|build|formulate|revisit"
    r"|examine|investigate|study|explore|analy[sz]e|compare)",
    r"\b(?:is|are|was|were) (?:proposed|introduced|presented|developed|designed|examined)\b",
)
_DESCRIBED = _any_of(
    rf"\b(?:we|which|that|it|block|layer|module|model|network|method|approach|design)s? (?:{_WORKS})\b",
    rf"^(?:the |an? )?[\w-]*[A-Z][\w-]*[A-Z0-9][\w-]*(?: \w+)? (?:{_WORKS})\b",
    r"\b(?:consists? of|is composed of|is built (?:from|of)|is based on|works by)\b",
)
_DATA = _any_of(
    r"\b(?:data ?sets?|corpus|corpora|benchmarks?|participants?|patients?|volunteers?|cohorts?)\b",
    r"\b(?:train|test|evaluat|experiment|validat|pre-?train|fine-?tun)\w* (?:\w+ ){0,3}(?:on|with|in)\b",
)
_LIMITS = _any_of(
    r"\b(?:limitations?|drawbacks?|weakness(?:es)?|weak spot|shortcomings?|trade-?offs?)\b",
    r"\b(?:limited to|at the (?:cost|expense) of|fails? (?:to|on|when)|cannot|not yet|only (?:when|if))\b",
    r"\b(?:lags?|struggles?|degrades?|remains? (?:open|unclear|unsolved)|slower|more expensive)\b",
    r"\b(?:does|do|did) not (?:improve|help|transfer|generali[sz]e|scale|reach|hold|account|cover)\b",
)
# What others lack is why a paper was written, and no limit of its own.
_OTHERS = _any_of(
    r"\b(?:existing|previous|prior|current|recent|traditional|conventional|standard|plain|ordinary|most|many"
    r"|these|other|early|earlier) (?:\w+[ -]){0,2}(?:works?|methods?|models?|approach(?:es)?|stud(?:y|ies)"
    r"|systems?|techniques?|networks?|transformers?|benchmarks?)\b",
    r"\b(?:has|have) been\b",
)
# The name of a data set or a benchmark: a word with capitals within it, or with capitals and digits.
_NAMED = re.compile(r"\b(?=\w*[A-Z]\w*[A-Z0-9])[A-Z][\w-]*\w")
_FIGURE = re.compile(r"\d")
# In this order, each sentence for one aspect: the result is what readers look for first.
_ORDER: tuple[Aspect, ...] = ("result", "method", "limits", "data")
# Below this a sentence announces rather than reports (see `weight_of_move`).
_REPORTS = 0.3


def synthesis_row(paper: Paper) -> Row:
    """The row of a paper: for each aspect the sentence of its abstract that says most of it, or nothing.

    The words that mark each aspect were chosen on the abstracts at hand; a cell that finds none stays empty.
    """
    abstract = paper.abstract or ""
    spans = [s for s in split_sentences(abstract) if not is_boilerplate(abstract[s.start : s.end])]
    found: dict[Aspect, Span] = {}
    for aspect in _ORDER:
        free = [span for span in spans if span not in found.values()]
        rated = {span: _fitness(aspect, abstract, span) for span in free}
        best = max(free, key=rated.__getitem__, default=None)
        if best is not None and rated[best] > 0:
            found[aspect] = best
    cells = (_cell(aspect, abstract, found.get(aspect)) for aspect in ASPECTS)
    return Row(key=paper.key or "", cells=tuple(cells))


def _fitness(aspect: Aspect, abstract: str, span: Span) -> float:
    """How much a sentence says of an aspect; 0 or less where it has none of its words."""
    sentence = abstract[span.start : span.end]
    late = span.start / len(abstract)
    if sentence.endswith("?"):
        return 0.0
    return _RATINGS[aspect](sentence, late)


def _method(sentence: str, late: float) -> float:
    described = 2 * bool(_PROPOSED.search(sentence)) + bool(_DESCRIBED.search(sentence))
    # The first sentence that says so is the one that proposes; a later one goes into detail.
    return described - late if described else 0.0


def _data(sentence: str, late: float) -> float:
    if not _DATA.search(sentence) or _OTHERS.search(sentence):
        return 0.0
    return 1.0 + len(_NAMED.findall(sentence)) + bool(_FIGURE.search(sentence)) - late


def _result(sentence: str, late: float) -> float:
    reports = weight_of_move(sentence) + 0.2 * late + 0.1 * bool(_FIGURE.search(sentence))
    return reports if reports >= _REPORTS else 0.0


def _limits(sentence: str, late: float) -> float:
    # An abstract begins with what others cannot do, and ends with what it cannot.
    own = late > 0.3 and not _OTHERS.search(sentence)
    return late + len(_LIMITS.findall(sentence)) if own and _LIMITS.search(sentence) else 0.0


_RATINGS = {"method": _method, "data": _data, "result": _result, "limits": _limits}


def _cell(aspect: Aspect, abstract: str, span: Span | None) -> Cell:
    if span is None:
        return Cell(aspect=aspect)
    return Cell(aspect=aspect, quote=abstract[span.start : span.end], start=span.start, end=span.end)
