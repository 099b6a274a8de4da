"""Latent semantic analysis: TF-IDF and truncated SVD, fitted on the library's own papers.

After S. Deerwester et al., "Indexing by latent semantic analysis", JASIS 1990, by the randomised range
finder of N. Halko, P.-G. Martinsson and J. Tropp, SIAM Review 2011 (algorithms 4.4 and 5.1). Fitting and
bulk work use scipy; a question needs numpy and the rows of its own terms only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from litreview.text.words import STOP_WORDS, content_stems, stem, tokens

if TYPE_CHECKING:
    import numpy.typing as npt

# Chosen on SciFact and Cranfield together, both flat around these values (docs/decisions.md): counts to the
# power of 0.75 rather than 1 + log, and IDF to the power of 1.4, since a rare word says more of a paper
# than TF-IDF has it.
_COUNT_POWER = 0.75
_IDF_POWER = 1.4
_TITLE_COUNT = 2

# Beside BM25, few dimensions serve a small library better (recall@20 of 108 papers of Cranfield: 0.85 with
# 8 to 24, 0.82 with 64 and more), since what the words tell apart need not be told apart again.
_PAPERS_PER_DIMENSION = 6
_FEWEST_DIMENSIONS = 12

_BATCH = 5_000
_OVERSAMPLES = 16
_POWER_ITERATIONS = 3
# More papers than this are represented by a fixed sample when the axes are sought; every term gets its row
# all the same.
_SAMPLE = 6_000


@dataclass(frozen=True)
class LsaModel:
    """A fitted model: one row a term, its IDF and the scaling of the axes multiplied in.

    `terms` are Porter stems in alphabetical order; `rows` has shape (len(terms), dimensions), float32. The
    vector of a text is the sum over its terms of count ** 0.75 times the term's row, scaled to unit length.
    """

    terms: tuple[str, ...]
    rows: npt.NDArray[np.float32]

    @property
    def dimensions(self) -> int:
        """The length of every vector; at least 1."""
        return int(self.rows.shape[1])


def fit(texts: Sequence[str], *, dimensions: int = 256, max_terms: int = 50_000, seed: int = 0) -> LsaModel:
    """Fit a model on papers as `paper_text` gives them; see `fit_and_embed`, which embeds them as well."""
    return fit_and_embed(texts, dimensions=dimensions, max_terms=max_terms, seed=seed)[0]


def fit_and_embed(
    texts: Sequence[str],
    *,
    dimensions: int = 256,
    max_terms: int = 50_000,
    seed: int = 0,
    reader: Reader | None = None,
) -> tuple[LsaModel, npt.NDArray[np.float32]]:
    """Fit a model on papers and embed them with it, in one reading of their texts. Order does not matter.

    Args:
        texts: The papers; the first line of each (its title) counts twice.
        dimensions: Upper bound. A library of n papers gets a sixth of n, but at least 12 (and at most n).
        max_terms: The most frequent terms are kept; the bound keeps a library of 100,000 papers below 50 MB
            of rows.
        seed: Seed of the range finder. The same papers and seed give the same model, bit for bit.
        reader: Has read some of the texts already, perhaps others too. Changes the time it takes only.

    Returns:
        The model, and the unit vectors of the texts, shape (len(texts), dimensions), in the order given.

    Raises:
        ValueError: `dimensions` or `max_terms` is less than 1.
    """
    if dimensions < 1 or max_terms < 1:
        raise ValueError(f"dimensions and max_terms must be at least 1, not {dimensions!r} and {max_terms!r}")
    order = sorted(range(len(texts)), key=texts.__getitem__)
    counts, found = (reader or Reader()).counts([texts[place] for place in order])
    frequency = np.bincount(counts.indices, minlength=len(found))
    kept = _kept_terms(found, frequency, counts.shape[0], max_terms)
    if not kept:
        return LsaModel((), np.zeros((0, 1), dtype=np.float32)), np.zeros((len(texts), 1), dtype=np.float32)
    idf = ((np.log((1 + len(texts)) / (1 + frequency)) + 1) ** _IDF_POWER).astype(np.float32)
    few = max(_FEWEST_DIMENSIONS, len(texts) // _PAPERS_PER_DIMENSION)
    axes = _axes(_weigh(counts, idf)[:, kept], min(dimensions, few), seed)
    model = LsaModel(tuple(found[i] for i in kept), np.ascontiguousarray(axes * idf[kept, None]))
    counts.data **= _COUNT_POWER
    vectors = np.empty((len(texts), model.dimensions), dtype=np.float32)
    vectors[order] = unit(np.asarray(counts[:, kept] @ model.rows))
    return model, vectors


def embed_papers(model: LsaModel, texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """Unit vectors of many papers, shape (len(texts), dimensions); zeros for a text without a known term."""
    vectors = np.zeros((len(texts), model.dimensions), dtype=np.float32)
    if not model.terms:
        return vectors
    for start in range(0, len(texts), _BATCH):
        batch = texts[start : start + _BATCH]
        columns = _Columns(model.terms)
        counts = _counts([columns.of(text) for text in batch], len(model.terms))
        counts.data **= _COUNT_POWER
        vectors[start : start + len(batch)] = counts @ model.rows
    return unit(vectors)


def terms_of(texts: Iterable[str]) -> frozenset[str]:
    """The terms whose rows `embed_terms` needs for these texts."""
    return frozenset(term for text in texts for term in content_stems(text))


def embed_terms(
    texts: Sequence[str], rows: Mapping[str, npt.NDArray[np.float32]], *, dimensions: int
) -> npt.NDArray[np.float32]:
    """Unit vectors of a few texts from the rows of their terms, shape (len(texts), dimensions); numpy only.

    Gives what `embed_papers` gives; terms without a row are passed over.
    """
    vectors = np.zeros((len(texts), dimensions), dtype=np.float32)
    for place, text in enumerate(texts):
        for term, count in _count(text).items():
            if term in rows:
                vectors[place] += np.float32(count**_COUNT_POWER) * rows[term]
    return unit(vectors)


def unit(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Rows scaled to unit length; zeros stay zeros."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: npt.NDArray[np.float32] = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    return scaled


def _count(text: str) -> Counter[str]:
    title, _, rest = text.partition("\n")
    counts = Counter(content_stems(rest))
    for term in content_stems(title):
        counts[term] += _TITLE_COUNT
    return counts


class _Columns(dict[str, int]):
    """Token to the column of its stem, -1 for a light or unknown word; filled as tokens are met."""

    def __init__(self, terms: Iterable[str] | None = None) -> None:
        super().__init__()
        self.terms: dict[str, int] = {} if terms is None else {term: i for i, term in enumerate(terms)}
        self.open = terms is None

    def __missing__(self, token: str) -> int:
        column = -1
        if token not in STOP_WORDS:
            term = stem(token)
            column = self.terms.setdefault(term, len(self.terms)) if self.open else self.terms.get(term, -1)
        self[token] = column
        return column

    def of(self, text: str) -> npt.NDArray[np.int32]:
        """The columns of a text's known words, the title's twice."""
        title, _, rest = text.partition("\n")
        column = self.__getitem__
        ids = list(map(column, tokens(title))) * _TITLE_COUNT
        ids.extend(map(column, tokens(rest)))
        found = np.array(ids, dtype=np.int32)
        return found[found >= 0]


class Reader:
    """Reads the words of texts for a fit on them later; most of the time a fit takes is reading."""

    def __init__(self) -> None:
        self._columns = _Columns()
        self._read: dict[str, npt.NDArray[np.int32]] = {}

    def read(self, texts: Iterable[str]) -> None:
        """Read texts, in any order."""
        for text in texts:
            if text not in self._read:
                self._read[text] = self._columns.of(text)

    def counts(self, texts: Sequence[str]) -> tuple[Any, list[str]]:
        """Counts of terms in these texts, as `_counts` gives them, and the terms of the columns.

        Terms come as these texts bring them, whatever else was read and in whatever order.
        """
        self.read(texts)
        ids = [self._read[text] for text in texts]
        flat = np.concatenate([*ids, np.zeros(0, dtype=np.int32)])
        used, first = np.unique(flat, return_index=True)
        used = used[np.argsort(first)]
        terms = list(self._columns.terms)
        places = np.zeros(len(terms), dtype=np.int32)
        places[used] = np.arange(len(used), dtype=np.int32)
        return _counts([places[row] for row in ids], len(used)), [terms[column] for column in used]


def _counts(rows: Sequence[npt.NDArray[np.int32]], columns: int) -> Any:
    """How often each column stands in each row, as a float32 CSR matrix, shape (len(rows), columns)."""
    from scipy.sparse import csr_matrix

    flat = np.concatenate([*rows, np.zeros(0, dtype=np.int32)])
    ends = np.cumsum([0, *map(len, rows)])
    matrix = csr_matrix((np.ones(len(flat), dtype=np.float32), flat, ends), shape=(len(rows), columns))
    matrix.sum_duplicates()
    return matrix


def _weigh(counts: Any, idf: npt.NDArray[np.float32]) -> Any:
    """TF-IDF rows of unit length. Rare terms that get no row of their own still count in the length."""
    weighted = counts.copy()
    weighted.data = weighted.data**_COUNT_POWER * idf[weighted.indices]
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    weighted.data /= np.repeat(np.maximum(lengths, 1e-12), np.diff(weighted.indptr)).astype(np.float32)
    return weighted


def _kept_terms(
    found: Sequence[str], frequency: npt.NDArray[np.int64], papers: int, max_terms: int
) -> list[int]:
    """Terms of at least two papers, the most frequent first if there are too many; alphabetical."""
    least = 2 if papers > 2 else 1
    enough = [i for i in range(len(found)) if frequency[i] >= least]
    if len(enough) > max_terms:
        enough = sorted(enough, key=lambda i: (-frequency[i], found[i]))[:max_terms]
    return sorted(enough, key=lambda i: found[i])


def _axes(weighted: Any, dimensions: int, seed: int) -> npt.NDArray[np.float32]:
    """Right singular vectors of the papers' matrix, shape (terms, dimensions)."""
    step = -(-weighted.shape[0] // _SAMPLE)
    sample = weighted[::step]
    strengths, right = _truncated_svd(sample, min(dimensions, *sample.shape), seed)
    if step == 1:
        return np.asarray(right.T, dtype=np.float32)
    # Half a power iteration over all papers, so that terms outside the sample get their place too.
    left = weighted @ (right.T / np.maximum(strengths, 1e-6))
    return np.asarray(weighted.T @ left / (np.maximum(strengths, 1e-6) * step), dtype=np.float32)


def _truncated_svd(
    matrix: Any, rank: int, seed: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The largest singular values of a sparse matrix, falling, and its right vectors, shape (rank, columns).

    Step for step what scikit-learn's `randomized_svd` does but for the signs of the vectors, without the
    import of it, which takes longer than this does for 5,000 papers.
    """
    from scipy.linalg import lu, qr, svd

    is_wide = matrix.shape[0] < matrix.shape[1]
    tall = matrix.T if is_wide else matrix
    start = np.random.RandomState(seed).normal(size=(tall.shape[1], rank + _OVERSAMPLES))
    basis = start.astype(np.float32)
    for _ in range(_POWER_ITERATIONS):
        basis, _ = lu(tall @ basis, permute_l=True, check_finite=False)
        basis, _ = lu(tall.T @ basis, permute_l=True, check_finite=False)
    basis, _ = qr(tall @ basis, mode="economic", check_finite=False)
    left, strengths, right = svd(basis.T @ tall, full_matrices=False, check_finite=False)
    return strengths[:rank], ((basis @ left).T if is_wide else right)[:rank]
