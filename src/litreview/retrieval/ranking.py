"""Words and vectors together: candidates of both, scaled, summed, and helped by each other's neighbours.

candidates = best of BM25 and best of the vectors
lexical    = scaled(BM25 over concepts + pairs), smoothed over similar papers where the question is broad
vectors    = scaled cosine, the question moved towards the best papers of the first round (feedback)
score      = w lexical + (1 - w) vectors
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from litreview.errors import UsageError

from . import lexical
from .query import (
    MAX_CONCEPTS,
    Concept,
    acronyms_of,
    definition_keys,
    expand,
    match_expression,
    read_question,
)
from .types import Filters, SearchIndex

if TYPE_CHECKING:
    import numpy.typing as npt

    _Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Weights:
    """How much words count against vectors, and whether the vectors may help the words.

    `first` and `second` are the share of the lexical score, in [0, 1], before and after feedback. Without
    `feedback`, one round with `first` is all.
    """

    first: float
    second: float
    feedback: bool


# LSA alone is a weak ranker but a good neighbour. For neural embeddings feedback and smoothing were not
# measured.
_LSA = Weights(first=0.7, second=0.6, feedback=True)
_NEURAL = Weights(first=0.5, second=0.5, feedback=False)

# From each side; the figures move by less than 0.005 between 100 and 300.
_CANDIDATES = 100
_PAIRS = 0.2

# Rocchio feedback in the vectors' space: the question keeps 0.4, the best three papers bring 0.6.
_FEEDBACK_PAPERS = 3
_FEEDBACK_SHARE = 0.6

# A word that stands everywhere ranks nothing, so a broad question also takes a paper's lexical score from
# its nearest neighbours: by 0.8 (1 - specificity) ** 2, which is 0.6 for "MLPs and attention" among papers
# on these, 0.3 for a typical claim of SciFact.
_SMOOTHING = 0.8
_NEIGHBOURS = 5


@dataclass(frozen=True)
class Ranking:
    """Candidates, best first: row ids, keys, scores in [0, 1], and what the cut-off needs to know.

    `coverage` is the share of the question's subject that each paper holds, `pairs` the share of its
    neighbouring words that stand together there, `cosine` the similarity of each paper to the question;
    `subject` counts the things the question is about.
    """

    rows: tuple[int, ...]
    keys: tuple[str, ...]
    scores: _Floats
    coverage: _Floats
    pairs: _Floats
    cosine: _Floats
    subject: int


def rank(
    index: SearchIndex,
    question: str,
    *,
    limit: int = 20,
    filters: Filters | None = None,
    weights: Weights | None = None,
) -> Ranking:
    """Rank the library's papers by a question: some hundreds at most, `limit` at least where there are any.

    Raises:
        UsageError: The question holds no word.
    """
    chosen = weights or (_LSA if index.embedder == "lsa" else _NEURAL)
    allowed = filters or Filters()
    concepts, idf = understand(index, question)
    depth = max(_CANDIDATES, 2 * limit)
    asked = embedded_question(index, question, concepts)
    rows = _candidates(index, concepts, asked, depth, allowed)
    texts = index.texts(rows)
    # Ties in the arithmetic break by key, so candidates are brought into the order of keys here, once.
    order = sorted(range(len(rows)), key=lambda i: texts[i].key)
    rows, texts = [rows[i] for i in order], [texts[i] for i in order]
    words = lexical.score(concepts, idf, texts)
    vectors = index.vectors(rows).astype(np.float64) if rows else np.zeros((0, len(asked)))
    scores = _fuse(words, vectors, asked, chosen, specificity(concepts, idf, len(index)))
    best = np.argsort(-np.round(scores, 9), kind="stable")
    return Ranking(
        rows=tuple(rows[i] for i in best),
        keys=tuple(texts[i].key for i in best),
        scores=scores[best],
        coverage=words.coverage[best],
        pairs=words.pairs[best],
        cosine=(vectors @ asked)[best],
        subject=sum(concept.is_subject for concept in concepts),
    )


def understand(index: SearchIndex, question: str) -> tuple[tuple[Concept, ...], _Floats]:
    """The concepts of a question with the library's acronyms, and their weights; of many the rarest.

    Raises:
        UsageError: The question holds no word.
    """
    concepts = read_question(question)
    if not concepts:
        hint = 'litreview ask "how do MLPs compete with attention?"'
        raise UsageError(f"the question {question[:80]!r} holds no word to search for", hint=hint)
    shorts, longs = definition_keys(question)
    defined = index.definitions(shorts, longs)
    others = sorted({entry.short_key for entry in defined} - set(shorts))
    if others:  # an expansion was found: see what else its acronym stands for
        defined = sorted({*defined, *index.definitions(others, [])})
    frequencies = index.document_frequencies(acronyms_of(defined)) if defined else {}
    concepts = expand(question, concepts, defined, frequencies)
    stems = {s for c in concepts for s in c.stems} | {
        s for c in concepts for p in c.stemmed_phrases for s in p
    }
    idf = lexical.weigh(concepts, index.document_frequencies(sorted(stems)), len(index))
    if len(concepts) > MAX_CONCEPTS:
        kept = sorted(np.argsort(-idf, kind="stable")[:MAX_CONCEPTS])
        concepts, idf = tuple(concepts[i] for i in kept), idf[kept]
    return concepts, idf


def embedded_question(index: SearchIndex, question: str, concepts: Sequence[Concept]) -> _Floats:
    """The vector of a question: for LSA, which adds words up, of its subject alone, else of the whole."""
    subject = " ".join(concept.words[0] for concept in concepts if concept.is_subject)
    text = subject if index.embedder == "lsa" else question
    vector: _Floats = index.embed([text])[0].astype(np.float64)
    return vector


def specificity(concepts: Sequence[Concept], idf: _Floats, papers: int) -> float:
    """How rare the question's subject is: its mean IDF over that of an unknown word, in [0, 1]."""
    subject = [w for c, w in zip(concepts, idf, strict=True) if c.is_subject]
    return float(np.mean(subject)) / math.log(1 + (papers + 0.5) / 0.5) if subject and papers else 1.0


def scaled(values: _Floats) -> _Floats:
    """Min-max scaling to [0, 1]; values that are all the same become 1, or 0 where they are 0."""
    if not len(values):
        return values
    low, high = values.min(), values.max()
    if high <= low:
        return np.full(len(values), 1.0 if high > 0 else 0.0)
    result: _Floats = (values - low) / (high - low)
    return result


def _candidates(
    index: SearchIndex, concepts: Sequence[Concept], asked: _Floats, depth: int, filters: Filters
) -> list[int]:
    expression = match_expression(concept for concept in concepts if not concept.asking)
    rows = {row for row, _ in index.match(expression, limit=depth, filters=filters)}
    if asked.any():
        rows |= {row for row, _ in index.nearest(asked.astype(np.float32), limit=depth, filters=filters)}
    return sorted(rows)


def _fuse(
    words: lexical.Lexical, vectors: _Floats, asked: _Floats, weights: Weights, specific: float
) -> _Floats:
    by_words = scaled(scaled(words.bm25) + _PAIRS * words.pairs)
    by_vectors = scaled(vectors @ asked)
    first = weights.first * by_words + (1 - weights.first) * by_vectors
    if not weights.feedback or not len(first):
        return first
    by_words = _smooth(by_words, vectors, _SMOOTHING * (1 - specific) ** 2)
    by_vectors = scaled(vectors @ _feed_back(asked, vectors, first))
    fused: _Floats = weights.second * by_words + (1 - weights.second) * by_vectors
    return fused


def _feed_back(asked: _Floats, vectors: _Floats, scores: _Floats) -> _Floats:
    """The question moved towards the best papers, each by its score (Rocchio 1971, positive term only)."""
    best = np.argsort(-np.round(scores, 9), kind="stable")[:_FEEDBACK_PAPERS]
    shares = scores[best] / max(float(scores[best].sum()), 1e-12)
    moved = (1 - _FEEDBACK_SHARE) * asked + _FEEDBACK_SHARE * (shares @ vectors[best])
    length = float(np.linalg.norm(moved))
    return moved / length if length > 0 else moved


def _smooth(scores: _Floats, vectors: _Floats, share: float) -> _Floats:
    """Mix each score with the mean of its nearest neighbours', weighed by their cosine.

    The cluster hypothesis (van Rijsbergen 1979; Diaz, "Regularizing ad hoc retrieval scores", CIKM 2005).
    """
    if len(scores) < 2 or share <= 0:
        return scores
    similar = np.maximum(vectors @ vectors.T, 0)
    np.fill_diagonal(similar, 0)
    nearest = min(_NEIGHBOURS, len(scores) - 1)
    similar = np.where(similar >= np.partition(similar, -nearest, axis=1)[:, [-nearest]], similar, 0)
    totals = similar.sum(axis=1)
    means = np.divide(similar @ scores, totals, out=scores.copy(), where=totals > 0)
    smoothed: _Floats = (1 - share) * scores + share * means
    return smoothed
