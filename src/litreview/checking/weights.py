"""How much a word says: rare words more than common ones, counted over a set of papers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from litreview.papers import Paper
from litreview.text.words import stem, tokens

# Exponent of the inverse document frequency. On the SciFact dev pairs, AUROC of the support score is 0.893 at
# 1,
# 0.905 at 0.7 and 0.904 at 0.5.
_EXPONENT = 0.7


@lru_cache(maxsize=1024)
def token_set(text: str) -> frozenset[str]:
    """The folded words of a text."""
    return frozenset(tokens(text))


def stem_set(text: str) -> frozenset[str]:
    """The stems of a text."""
    return frozenset(map(stem, token_set(text)))


@dataclass(frozen=True)
class WordWeights:
    """Document frequencies of stems.

    Attributes:
        papers: How many papers were counted.
        frequencies: Stem to the number of papers that hold it.
    """

    papers: int
    frequencies: Mapping[str, int]

    @classmethod
    def of(cls, papers: Iterable[Paper]) -> WordWeights:
        """Count the stems of titles and abstracts."""
        return cls.counted(stem_set(paper.text) for paper in papers)

    @classmethod
    def counted(cls, stems: Iterable[frozenset[str]]) -> WordWeights:
        """Count sets of stems, one a paper."""
        count = 0
        frequencies: Counter[str] = Counter()
        for found in stems:
            count += 1
            frequencies.update(found)
        return cls(count, frequencies)

    def __call__(self, term: str) -> float:
        """The weight of a stem, at least 0: inverse document frequency, flattened."""
        frequency = self.frequencies.get(term, 0)
        return math.pow(max(0.0, math.log((self.papers + 1) / (frequency + 0.5))), _EXPONENT)
