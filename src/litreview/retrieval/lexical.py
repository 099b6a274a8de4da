"""BM25 over concepts: candidates of the lexical index weighed again, all spellings of a thing as one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from litreview.text.words import stem, tokens

from .query import Concept, neighbours
from .types import IndexedText

if TYPE_CHECKING:
    import numpy.typing as npt

# Robertson and Zaragoza, "The probabilistic relevance framework", 2009. Between 0.8 and 1.5 (k1), 0.6 and
# 0.9 (b), and title weights of 1.5 to 4, no measure on SciFact or Cranfield moved by more than 0.01.
_K1 = 1.0
_B = 0.75
_TITLE_WEIGHT = 2.0

# Words of the question at most this far apart in the text still count, by half, as standing together.
_WINDOW = 4


@dataclass(frozen=True)
class Lexical:
    """What the words say of each candidate; all arrays have one entry a candidate.

    `bm25` is the concept BM25 (0 or more); `pairs` the IDF-weighted share of neighbouring words of the
    question that stand together in the text; `coverage` the IDF-weighted share of its subject that stands
    there at all. Both shares are in [0, 1].
    """

    bm25: npt.NDArray[np.float64]
    pairs: npt.NDArray[np.float64]
    coverage: npt.NDArray[np.float64]


def weigh(
    concepts: Iterable[Concept], frequencies: Mapping[str, int], papers: int
) -> npt.NDArray[np.float64]:
    """The IDF of each concept, log(1 + (N - n + 0.5) / (n + 0.5)), times its own weight.

    `n` counts the commonest spelling. That of a phrase is unknown without a search; it is at most that of
    its rarest word, and so is taken for it.
    """
    weights = []
    for concept in concepts:
        counts = [frequencies.get(s, 0) for s in concept.stems]
        counts += [min(frequencies.get(s, 0) for s in phrase) for phrase in concept.stemmed_phrases]
        n = min(max(counts), papers)
        weights.append(concept.weight * math.log(1 + (papers - n + 0.5) / (n + 0.5)))
    return np.array(weights)


def score(
    concepts: Sequence[Concept], weights: npt.NDArray[np.float64], texts: Sequence[IndexedText]
) -> Lexical:
    """Weigh each text by the concepts, `weights` being those of `weigh`."""
    reader = _Reader(concepts)
    near = neighbours(concepts)
    counts = np.zeros((len(texts), len(concepts)))
    together = np.zeros((len(texts), len(near)))
    lengths = np.zeros(len(texts))
    for row, text in enumerate(texts):
        title, body = tokens(text.title), tokens(text.abstract)
        lengths[row] = len(title) + len(body)
        in_title, in_body, in_aliases = map(reader.hits, (title, body, text.aliases.split()))
        for column in in_title.keys() | in_body.keys() | in_aliases.keys():
            once = len(in_body.get(column, ())) + len(in_aliases.get(column, ()))
            counts[row, column] = once + _TITLE_WEIGHT * len(in_title.get(column, ()))
        for hits in (in_title, in_body):
            for pair, (a, b) in enumerate(near):
                if a in hits and b in hits:
                    together[row, pair] = max(together[row, pair], _closeness(hits[a], hits[b]))
    norms = _K1 * (1 - _B + _B * lengths / max(float(lengths.mean()), 1.0)) if len(texts) else lengths
    subject = weights * np.array([not concept.asking for concept in concepts])
    return Lexical(
        bm25=(counts * (_K1 + 1) / (counts + norms[:, None])) @ weights,
        pairs=_share(together, np.array([min(weights[a], weights[b]) for a, b in near])),
        coverage=_share((counts > 0).astype(float), subject),
    )


def _share(present: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    total = float(weights.sum())
    return present @ weights / total if total > 0 else np.zeros(len(present))


def _closeness(first: Sequence[int], second: Sequence[int]) -> float:
    """1 where two concepts begin side by side at some of these places, 0.5 where near each other, else 0."""
    gap = min(abs(x - y) for x in first for y in second)
    return 1.0 if gap == 1 else 0.5 if gap <= _WINDOW else 0.0


class _Reader:
    """Finds concepts in token lists."""

    def __init__(self, concepts: Sequence[Concept]) -> None:
        self._single: dict[str, list[int]] = {}
        self._phrases: list[tuple[int, tuple[str, ...]]] = []
        for column, concept in enumerate(concepts):
            for word in concept.stems:
                self._single.setdefault(word, []).append(column)
            self._phrases += [(column, phrase) for phrase in sorted(concept.stemmed_phrases)]
        self._wanted = frozenset(self._single).union(*(phrase for _, phrase in self._phrases))
        # A stem begins as its word does, so most words need not be stemmed to see that nobody wants them.
        self._beginnings = frozenset(word[:1] for word in self._wanted)
        self._seen: set[str] = set()
        self._spellings: dict[str, str] = {}

    def hits(self, words: Sequence[str]) -> dict[int, list[int]]:
        """Where each concept begins; concepts that do not occur are absent."""
        self._read({*words} - self._seen)
        spellings = self._spellings
        places: dict[str, list[int]] = {}
        for place in [place for place, word in enumerate(words) if word in spellings]:
            places.setdefault(spellings[words[place]], []).append(place)
        found: dict[int, list[int]] = {}
        for word, at in places.items():
            for column in self._single.get(word, ()):
                found.setdefault(column, []).extend(at)
        for column, phrase in self._phrases:
            if all(word in places for word in phrase):
                begins = [
                    p for p in places[phrase[0]] if all(p + i in places[w] for i, w in enumerate(phrase))
                ]
                if begins:
                    found.setdefault(column, []).extend(begins)
        return found

    def _read(self, words: set[str]) -> None:
        """Learn which of these words spell a stem that a concept wants."""
        self._seen |= words
        for word in words:
            if word[:1] in self._beginnings and (stemmed := stem(word)) in self._wanted:
                self._spellings[word] = stemmed
