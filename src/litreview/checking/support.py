"""How much of a claim the words it rests on cover: weighted terms, and other forms of their words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from litreview.papers import Paper
from litreview.text.sentences import Span, split_sentences

from .terms import Acronyms, claim_terms
from .weights import WordWeights

# What a word counts that stands there in another form: "inductive" for "induction" (docs/checking.md).
_OTHER_FORM, _SAME_OPENING, _INSIDE = 0.8, 0.7, 0.7
# Results stand at the end of an abstract; worth this much of the score from its first to its last sentence.
_LATE = 0.2


def coverage(asked: Sequence[str], held: frozenset[str], weights: Callable[[str], float]) -> float:
    """Share of the weight of terms that stand in `held`, other forms of a word in part; in [0, 1].

    A claim without a term of weight is covered by nothing: 0.
    """
    weighed = [(term, weights(term)) for term in asked]
    total = sum([weight for _, weight in weighed])
    if not total:
        return 0.0
    found = [
        weight * (1.0 if term in held else _held_in_part(term, held)) for term, weight in weighed if weight
    ]
    return sum(found) / total


def support(in_quotes: float, in_papers: float) -> float:
    """The support score in [0, 1]: the mean of what the quotes cover and what their papers cover."""
    return (in_quotes + in_papers) / 2


def best_sentence(claim: str, paper: Paper, weights: WordWeights) -> tuple[Span, float] | None:
    """The sentence of an abstract that bears most on a claim, and how much of the claim it covers.

    Of sentences that cover about the same, the later one: it holds the result. None without an abstract.
    """
    abstract = paper.abstract or ""
    spans = split_sentences(abstract)
    if not spans:
        return None
    acronyms = Acronyms.of([paper.text, claim])
    terms = [acronyms.terms(abstract[start:end]) for start, end in spans]
    best, covered = best_of(claim_terms(claim), terms, weights)
    return spans[best], covered


def best_of(
    asked: Sequence[str], sentences: Sequence[frozenset[str]], weights: Callable[[str], float]
) -> tuple[int, float]:
    """Which of the sentences of an abstract, as their terms, covers a claim best, and how much of it.

    `best_sentence` for texts that are read already; at least one sentence.
    """
    weighed = {term: weights(term) for term in asked}
    total = sum(weighed.values()) or 1.0
    exact = [sum(weighed[term] for term in weighed.keys() & held) / total for held in sentences]
    late = [_LATE * at / len(sentences) for at in range(len(sentences))]
    best, score, covered = 0, -1.0, 0.0
    for at in sorted(range(len(sentences)), key=lambda at: (-exact[at] - late[at], at)):
        # Other forms of words cannot bring this sentence up to the best one so far.
        if exact[at] + (1 - exact[at]) * _OTHER_FORM + late[at] < score - 1e-9:
            continue
        found = coverage(asked, sentences[at], weighed.__getitem__)
        if (found + late[at], -at) > (score, -best):
            best, score, covered = at, found + late[at], found
    return best, covered


def _held_in_part(term: str, held: frozenset[str]) -> float:
    """How far a term that is not among these stands there in another form, in [0, 1]."""
    # Of most terms there is none, which one look at all of them shows.
    if term[:3] not in _joined(held):
        return 0.0
    opening = term[:3]
    forms = [other for other in held if other.startswith(opening) or term in other]
    return max([_likeness(term, other) for other in forms], default=0.0)


@lru_cache(maxsize=1024)
def _joined(held: frozenset[str]) -> str:
    return " ".join(held)


@lru_cache(maxsize=200_000)
def _likeness(term: str, other: str) -> float:
    """How far two stems are forms of one word, in [0, 1]."""
    shared = 0
    for ours, theirs in zip(term, other, strict=False):
        if ours != theirs:
            break
        shared += 1
    shorter, longer = sorted((len(term), len(other)))
    if shared >= 4 and shared / longer >= 0.6:
        return _OTHER_FORM
    if shared >= 5 and shared / shorter >= 0.8:
        return _SAME_OPENING
    return _INSIDE if shorter >= 5 and (term in other or other in term) else 0.0
