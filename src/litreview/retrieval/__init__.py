"""From a question to the papers that bear on it: hybrid search, fusion, filters and the relevance cut-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .types import Defined, Filters, IndexedText, Retrieved, RetrievedPaper, SearchIndex

if TYPE_CHECKING:
    from litreview.papers import Paper

    from .ranking import Ranking, Weights

__all__ = [
    "Defined",
    "Filters",
    "IndexedText",
    "Retrieved",
    "RetrievedPaper",
    "SearchIndex",
    "is_answered",
    "retrieve",
]

# A question is answered if some paper holds this share of its subject (IDF-weighted): 0.54 of up to three
# things, less for each further one down to 0.34. Rare words weigh most, so "treatment for malaria" fails by
# its malaria. Measured across collections (docs/decisions.md).
_SHORT_QUESTION = 3
_LEAST_SHORT = 0.54
_LEAST_LONG = 0.34
_LESS_PER_CONCEPT = 0.033
_PAIRS = 0.2

# A paper without a word of the subject stays only if it is at least half as close as the closest one.
_LEAST_CLOSE = 0.5
_NEAREST = 3


def retrieve(
    index: SearchIndex,
    question: str,
    *,
    limit: int = 20,
    filters: Filters | None = None,
    weights: Weights | None = None,
) -> Retrieved:
    """The papers that bear on a question, best first, at most `limit`; none if the library has nothing.

    Args:
        index: The library.
        question: Any text; nothing in it is search syntax.
        limit: The most papers to return, at least 1.
        filters: Which papers may be found at all.
        weights: How words and vectors are mixed; chosen by the index's embedder if None.

    Raises:
        UsageError: The question holds no word, or `limit` is less than 1.
    """
    from litreview.errors import UsageError

    from .ranking import rank

    if limit < 1:
        raise UsageError(f"limit must be at least 1, not {limit!r}")
    with index.snapshot():
        ranking = rank(index, question, limit=limit, filters=filters, weights=weights)
        if not is_answered(ranking):
            return Retrieved(question=question, papers=(), nearest=_nearest(index, ranking, question))
        kept = [i for i in range(len(ranking.rows)) if _bears(ranking, i)][:limit]
        papers = index.papers([ranking.rows[i] for i in kept])
    found = (
        RetrievedPaper(paper=paper, score=min(1.0, max(0.0, round(float(ranking.scores[i]), 6))))
        for i, paper in zip(kept, papers, strict=True)
    )
    return Retrieved(question=question, papers=tuple(found))


def is_answered(ranking: Ranking) -> bool:
    """Whether any paper holds enough of its subject for the question to be one for this library."""
    if not ranking.rows:
        return False
    further = max(0, ranking.subject - _SHORT_QUESTION)
    least = max(_LEAST_LONG, _LEAST_SHORT - _LESS_PER_CONCEPT * further)
    return float(ranking.coverage.max() + _PAIRS * ranking.pairs.max()) >= least


def _nearest(index: SearchIndex, ranking: Ranking, question: str) -> tuple[Paper, ...]:
    """The papers to name instead: the best of the ranking, filled up with the neighbours of the first.

    Where not one word is known, the titles spelled most like the question: it may be a slip of the keys.
    """
    rows = list(ranking.rows[:_NEAREST])
    if 0 < len(rows) < _NEAREST:
        around = index.nearest(index.vectors(rows[:1])[0], limit=2 * _NEAREST, filters=Filters())
        rows += [row for row, _ in around if row not in rows]
    if not rows:
        from rapidfuzz import fuzz, process, utils

        alike = process.extract(
            question,
            dict(index.titles()),
            scorer=fuzz.WRatio,
            processor=utils.default_process,
            limit=_NEAREST,
        )
        rows = [row for _, _, row in alike]
    return tuple(index.papers(rows[:_NEAREST]))


def _bears(ranking: Ranking, place: int) -> bool:
    closest = float(ranking.cosine.max())
    return bool(ranking.coverage[place] > 0 or ranking.cosine[place] >= _LEAST_CLOSE * closest > 0)
