"""The question as the engine uses it: which terms it holds and what each weighs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING

from litreview.text.words import ASKING_WORDS, STOP_WORDS

from .terms import words_of

if TYPE_CHECKING:
    from litreview.retrieval import SearchIndex

    from .terms import Vocabulary

# Six to sixteen did equally well on SciFact, whose claims have nine terms; for questions of two or three,
# where every sentence has one term or the other, ten lets findings come first.
_COARSE = 10


@dataclass(frozen=True)
class Question:
    """A question's terms with their weights (positive, rarer is heavier)."""

    weights: Mapping[str, float]

    @property
    def focus(self) -> float:
        """How far coverage tells passages apart, in (0, 1): little for one or two terms, 0.9 for nine."""
        return len(self.weights) ** 2 / (len(self.weights) ** 2 + _COARSE)

    def coverage(self, terms: AbstractSet[str]) -> float:
        """Share of the question's weight that `terms` hold, in [0, 1]; 0 for a question without terms."""
        total = sum(self.weights.values())
        return sum(w for t, w in self.weights.items() if t in terms) / total if total else 0.0


def read_question(text: str, *, index: SearchIndex, vocabulary: Vocabulary) -> Question:
    """Weigh the terms of a question by how rare they are in the library (BM25's IDF).

    Words of asking ("how do … compete") are left out where anything else remains. An acronym or its
    expansion is one term, whichever of them is asked for.
    """
    words = [word for word in words_of(text) if word not in STOP_WORDS]
    subject = [word for word in words if word not in ASKING_WORDS] or words
    terms = sorted(set(vocabulary.flow(subject)))
    frequencies = index.document_frequencies(terms)
    size = max(1, len(index))
    return Question({term: _idf(frequencies.get(term, 0), size) for term in terms})


def _idf(frequency: int, size: int) -> float:
    """Robertson and Sparck Jones' weight as BM25 uses it, kept positive; `frequency` of `size` papers."""
    return math.log(1 + (max(0, size - frequency) + 0.5) / (frequency + 0.5))
