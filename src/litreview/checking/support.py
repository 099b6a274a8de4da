"""How much of a claim the words it rests on cover: weighted stems, word forms, acronyms. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from litreview.papers import Paper
from litreview.text.acronyms import find_definitions, short_key
from litreview.text.sentences import Span, split_sentences
from litreview.text.words import STOP_WORDS, fold, parts, stem, tokens

from .weights import WordWeights, token_set

_WORD = re.compile(r"[^\W_]+")
_HYPHEN = re.compile("[-‐‑]")
_HYPHENATED = re.compile(r"(?<![^\W_])[^\W_]+[-‐‑][^\W_]+(?:[-‐‑][^\W_]+)?(?![-‐‑\w])")

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
        words = _WORD.findall(text)
        found = set(map(stem, token_set(text) - STOP_WORDS))
        for chunk in set(text.split()):
            if "-" in chunk or (not chunk.isascii() and _HYPHEN.search(chunk)):
                found.update(stem(fold(_HYPHEN.sub("", word))) for word in _HYPHENATED.findall(chunk))
        for word in set(words):
            if not word.islower() and not word[1:].islower():
                found.update(map(stem, parts(word)))
        if self.longs:
            keys = list(map(_key, words))
            for key in self.longs.keys() & set(keys):
                found.add(key)
                found |= self.longs[key]
            squeezed = "".join(keys)
            found.update(short for long, short in self.shorts.items() if long in squeezed)
        return frozenset(found)


@lru_cache(maxsize=100_000)
def _key(word: str) -> str:
    return word if word.isascii() and word.islower() else short_key(word)


def claim_terms(claim: str) -> tuple[str, ...]:
    """The stems of a claim that carry meaning, each once."""
    return tuple(dict.fromkeys(stem(token) for token in tokens(claim) if token not in STOP_WORDS))


def coverage(asked: Sequence[str], held: frozenset[str], weights: Callable[[str], float]) -> float:
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
