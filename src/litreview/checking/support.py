"""How much of a claim the words it rests on cover: weighted stems, word forms, acronyms. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from litreview.papers import Paper
from litreview.text.acronyms import find_definitions, short_key
from litreview.text.sentences import Span, split_sentences
from litreview.text.words import STOP_WORDS, fold, parts, stem, tokens

from .weights import WordWeights

_WORD = re.compile(r"[^\W_]+")
_HYPHENATED = re.compile(r"[^\W_]+[-‐‑][^\W_]+(?:[-‐‑][^\W_]+)?(?![-‐‑\w])")

# What a word counts that stands there in another form: "inductive" for "induction" (docs/checking.md).
_OTHER_FORM, _SAME_OPENING, _INSIDE = 0.8, 0.7, 0.7
# Results stand at the end of an abstract; worth this much of the score from its first to its last sentence.
_LATE = 0.2


@dataclass(frozen=True)
class Acronyms:
    """The acronyms that some texts define.

    Attributes:
        shorts: Key of an expansion to its acronym: "multilayerperceptron" to "mlp".
        longs: Acronym to the stems of its expansions.
    """

    shorts: Mapping[str, str]
    longs: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Acronyms:
        """Collect definitions like "multi-layer perceptron (MLP)"."""
        shorts: dict[str, str] = {}
        longs: dict[str, frozenset[str]] = {}
        for definition in (d for text in texts for d in find_definitions(text)):
            shorts.setdefault(definition.long_key, definition.short_key)
            stems = frozenset(stem(token) for token in tokens(definition.long) if token not in STOP_WORDS)
            longs[definition.short_key] = longs.get(definition.short_key, frozenset()) | stems
        return cls(shorts, longs)

    def terms(self, text: str) -> frozenset[str]:
        """Stems of a text, of the parts of its compounds, and both forms of its acronyms."""
        found = {stem(token) for token in tokens(text) if token not in STOP_WORDS}
        for match in _HYPHENATED.finditer(text):
            found.add(stem(fold("".join(re.split("[-‐‑]", match[0])))))
        words = _WORD.findall(text)
        for word in words:
            if not word.islower() and not word[1:].islower():
                found.update(map(stem, parts(word)))
        keys = [_key(word) for word in words]
        for key in keys:
            if key in self.longs:
                found.add(key)
                found |= self.longs[key]
        squeezed = "".join(keys)
        found.update(short for long, short in self.shorts.items() if long in squeezed)
        return frozenset(found)


@lru_cache(maxsize=100_000)
def _key(word: str) -> str:
    return short_key(word)


def claim_terms(claim: str) -> tuple[str, ...]:
    """The stems of a claim that carry meaning, each once."""
    return tuple(dict.fromkeys(stem(token) for token in tokens(claim) if token not in STOP_WORDS))


def coverage(asked: Sequence[str], held: frozenset[str], weights: WordWeights) -> float:
    """Share of the weight of terms that stand in `held`, other forms of a word in part; in [0, 1].

    A claim without a term of weight is covered by nothing: 0.
    """
    weighed = [(term, weights(term)) for term in asked]
    total = sum(weight for _, weight in weighed)
    return sum(weight * _held(term, held) for term, weight in weighed if weight) / total if total else 0.0


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
    asked = claim_terms(claim)
    covered = [coverage(asked, acronyms.terms(abstract[start:end]), weights) for start, end in spans]
    best = max(range(len(spans)), key=lambda at: covered[at] + _LATE * at / len(spans))
    return spans[best], covered[best]


def _held(term: str, held: frozenset[str]) -> float:
    if term in held:
        return 1.0
    return max(
        (_likeness(term, other) for other in held if other[:3] == term[:3] or term in other), default=0.0
    )


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
