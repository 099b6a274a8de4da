"""Vectors in the catalogue: embedding generations, the fitted LSA model, and exact search over the BLOBs.

A generation is one fitted embedding and one vector a paper. A new one is made whole inside one transaction
and becomes current with it, so that vectors of two embeddings never meet.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from litreview.embedding import paper_text
from litreview.embedding.ahead import Fit
from litreview.embedding.lsa import LsaModel, embed_papers, embed_terms, fit_and_embed, terms_of
from litreview.errors import EmbeddingMismatch

from .catalogue import batched
from .neural import EmbeddedTexts
from .types import LSA

if TYPE_CHECKING:
    from litreview.embedding import Embedder

Progress = Callable[[str, int, int], None]
Matrix = npt.NDArray[np.float32]

LSA_DIMENSIONS = 256
# The model is fitted anew when the library has grown by half since; new papers are folded in until then.
REFIT_GROWTH = 1.5
_BATCH = 2_000
# A search picks the vectors that pass a filter where they are fewer than one in so many.
_PICKED = 8
# Vectors are normalised in 32 bits, and some embedders' own end at the third digit.
_UNIT = 0.01
_ALL = "SELECT id, title, abstract FROM papers ORDER BY key"
# By two indexes alone: it is asked after each transaction of an import, and the papers are much to read.
_MISSING = (
    "SELECT id, title, abstract FROM papers"
    " WHERE id IN (SELECT id FROM papers EXCEPT SELECT paper FROM embeddings) ORDER BY key"
)


class Generation(NamedTuple):
    """One embedding of the whole library; `fitted_on` papers were known when it was made."""

    id: int
    provider: str
    model: str
    dimensions: int
    parameters: dict[str, int]
    fitted_on: int

    @property
    def collection(self) -> str:
        """The name of the Chroma collection that indexes it."""
        return f"papers-{self.id}"


class _Cached(NamedTuple):
    """All vectors of a generation, and by what a change of them is noticed."""

    seen: tuple[int, int]
    vectors: tuple[object, ...]
    ids: npt.NDArray[np.int64]
    matrix: Matrix


class Embeddings:
    """The embeddings of one catalogue. Shares its connection; writing needs the caller's transaction.

    Args:
        connection: Of the catalogue.
        embedder: What embeds, or None for LSA, which is fitted on the library itself and kept in it.
    """

    def __init__(self, connection: sqlite3.Connection, embedder: Embedder | None = None) -> None:
        self._connection = connection
        self._embedder = embedder
        self._texts_embedded = EmbeddedTexts(connection, embedder) if embedder else None
        self._cached: _Cached | None = None

    # Reading

    def current(self) -> Generation | None:
        """The generation in use, or None while nothing has been embedded."""
        found = self._connection.execute(
            "SELECT id, provider, model, dimensions, parameters, fitted_on FROM generations WHERE is_current"
        ).fetchone()
        if not found:
            return None
        number, provider, model, dimensions, parameters, fitted_on = found
        return Generation(number, provider, model, dimensions, json.loads(parameters), fitted_on)

    def missing(self) -> int:
        """How many papers have no vector in the current generation."""
        return int(
            self._connection.execute(
                "SELECT count(*) FROM papers WHERE id NOT IN (SELECT paper FROM embeddings)"
            ).fetchone()[0]
        )

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors of questions, shape (len(texts), dimensions); zeros where no word is known."""
        generation = self.current()
        if generation is None:
            return np.zeros((len(texts), 1), dtype=np.float32)
        self.check()
        if self._embedder is not None:
            return self._embedder.embed_questions(texts)
        rows: dict[str, npt.NDArray[np.float32]] = {}
        for batch in batched(sorted(terms_of(texts)), _BATCH):
            marks = ",".join("?" * len(batch))
            found = self._connection.execute(
                f"SELECT term, row FROM lsa_terms WHERE generation = ? AND term IN ({marks})",
                (generation.id, *batch),
            )
            rows.update({term: np.frombuffer(row, dtype="<f4") for term, row in found})
        return embed_terms(texts, rows, dimensions=generation.dimensions)

    def vectors(self, rows: Sequence[int]) -> Matrix:
        """The unit vectors of these rows, shape (len(rows), dimensions); zeros where a row has none."""
        generation = self.current()
        matrix = np.zeros((len(rows), generation.dimensions if generation else 1), dtype=np.float32)
        if generation is None:
            return matrix
        place = {row: number for number, row in enumerate(rows)}
        for batch in batched(rows, _BATCH):
            marks = ",".join("?" * len(batch))
            for row, vector in self._connection.execute(
                f"SELECT paper, vector FROM embeddings WHERE generation = ? AND paper IN ({marks})",
                (generation.id, *batch),
            ):
                matrix[place[row]] = np.frombuffer(vector, dtype="<f4")
        return matrix

    def nearest(
        self, vector: npt.NDArray[np.float32], *, limit: int, rows: npt.NDArray[np.int64] | None
    ) -> list[tuple[int, float]]:
        """Exact search: rows closest to a unit vector with the cosine in [-1, 1]; best first, ties by row.

        Args:
            vector: Shape (dimensions,).
            limit: At most this many.
            rows: Only these rows, ascending, or None for all.
        """
        ids, matrix = self._matrix()
        if matrix.shape[1] != vector.shape[0]:
            return []
        places = (
            np.arange(len(ids)) if rows is None else np.flatnonzero(np.isin(ids, rows, assume_unique=True))
        )
        # Where most pass, all are compared: picking their vectors out takes longer than the product.
        few = len(places) < len(ids) / _PICKED
        scores = matrix[places] @ vector if few else (matrix @ vector)[places]
        if not len(scores):
            return []
        # A full sort of 100,000 scores takes as long as their product: only those that can win are sorted.
        place = max(0, len(scores) - limit)
        ahead = np.flatnonzero(scores >= np.partition(scores, place)[place])
        best = ahead[np.argsort(-scores[ahead], kind="stable")[:limit]]
        return [(int(ids[places[at]]), float(scores[at])) for at in best]

    def _matrix(self) -> tuple[npt.NDArray[np.int64], Matrix]:
        """All vectors, ordered by row; kept until one of them changes (100 MB at 100,000 papers)."""
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        seen = (version, self._connection.total_changes)
        if self._cached is None or self._cached.seen != seen:
            # Somebody wrote something; mostly it was a run, which changes no vector.
            vectors = self._fingerprint()
            if self._cached is None or self._cached.vectors != vectors:
                self._cached = _Cached(seen, vectors, *self._all_vectors())
            self._cached = self._cached._replace(seen=seen)
        return self._cached.ids, self._cached.matrix

    def _all_vectors(self) -> tuple[npt.NDArray[np.int64], Matrix]:
        # By the table's own order, half the time of going by its index; a paper embedded anew stands last.
        found = self._connection.execute(
            "SELECT paper, vector FROM embeddings NOT INDEXED WHERE generation ="
            " (SELECT id FROM generations WHERE is_current)"
        ).fetchall()
        ids = np.array([row for row, _ in found], dtype=np.int64)
        flat = np.frombuffer(b"".join([vector for _, vector in found]), dtype="<f4")
        matrix = flat.reshape(len(ids), -1) if found else np.zeros((0, 1), np.float32)
        if (np.diff(ids) < 0).any():
            order = np.argsort(ids)
            ids, matrix = ids[order], matrix[order]
        return ids, matrix

    def _fingerprint(self) -> tuple[object, ...]:
        """What changes whenever a vector of the current generation is written, replaced or dropped.

        A vector that is written gets the highest row id, or that of the last one if that was dropped before:
        then its content tells.
        """
        found = self._connection.execute(
            "SELECT generation, count(*), max(rowid), total(paper),"
            " (SELECT vector FROM embeddings ORDER BY rowid DESC LIMIT 1) FROM embeddings"
            " WHERE generation = (SELECT id FROM generations WHERE is_current)"
        ).fetchone()
        return tuple(found)

    def faulty(self) -> list[int]:
        """Rows of papers whose vector cannot be one: of another length, or neither a unit vector nor zero."""
        generation = self.current()
        faulty: list[int] = []
        if generation is None:
            return faulty
        found = self._connection.execute(
            "SELECT paper, vector FROM embeddings WHERE generation = ? ORDER BY paper", (generation.id,)
        )
        while batch := found.fetchmany(_BATCH):
            for row, vector in batch:
                whole = isinstance(vector, bytes) and len(vector) == 4 * generation.dimensions
                # Also of what is not finite; text in which no word is known has a zero vector.
                norm = float(np.linalg.norm(np.frombuffer(vector, "<f4").astype("f8"))) if whole else np.nan
                if not (norm == 0 or abs(norm - 1) < _UNIT):
                    faulty.append(row)
        return faulty

    def check(self) -> None:
        """See that the library's vectors are of the embedding that is configured.

        Raises:
            EmbeddingMismatch: They come from another.
        """
        generation = self.current()
        if generation is None:
            return
        if not self.makes(generation.provider, generation.model):
            made = embedding_name(generation.provider, generation.model)
            wanted = embedding_name(self._embedder.provider, self._embedder.model) if self._embedder else LSA
            raise EmbeddingMismatch(
                f"the library was embedded with {made!r}, and {wanted!r} is configured",
                hint=f"litreview reembed, or set LITREVIEW_EMBEDDING={made}",
            )

    def makes(self, provider: str, model: str) -> bool:
        """Whether what is configured makes vectors of this embedding."""
        if self._embedder is None:
            return provider == LSA
        return (self._embedder.provider, self._embedder.model) == (provider, model)

    def waiting(self, *, fresh: bool) -> list[str]:
        """Texts that an embedder outside the library has to be asked for, or all if `fresh`; none for LSA."""
        if self._texts_embedded is None:
            return []
        texts = self._texts(_ALL)[1]
        return texts if fresh else self._texts_embedded.waiting(texts)

    # Writing

    def fetch(self, progress: Progress, *, everything: bool = False) -> None:
        """Have the embedder embed what it has to, outside a transaction; does nothing for LSA.

        Args:
            progress: Told how many texts are done.
            everything: All papers, for another generation; else those without a vector.
        """
        if self._texts_embedded is not None:
            self._texts_embedded.fetch(self._texts(_ALL if everything else _MISSING)[1], progress)

    def forget(self) -> None:
        """Drop what is kept of this embedder's vectors."""
        if self._texts_embedded is not None:
            self._texts_embedded.forget()

    def complete(self, progress: Progress, papers: int) -> None:
        """Give every paper a vector of the current generation, which is made where there is none."""
        if self._texts_embedded is not None:
            if self.current() is None and papers:
                self.remake(progress)
            elif self.missing():
                self._take_fetched()
        elif self.needs_fit(papers):
            self.refit(progress)
        elif self.missing():
            self.fold_in(progress)

    def remake(self, progress: Progress) -> None:
        """Make a new generation over all papers with the embedder that is configured."""
        if self._texts_embedded is None or self._embedder is None:
            self.refit(progress)
            return
        ids, texts = self._texts(_ALL)
        vectors = self._texts_embedded.vectors(texts)
        self.drop()
        cursor = self._connection.execute(
            "INSERT INTO generations (provider, model, dimensions, parameters, fitted_on, is_current)"
            " VALUES (?, ?, ?, '{}', ?, 1)",
            (self._embedder.provider, self._embedder.model, vectors.shape[1], len(texts)),
        )
        self._write(int(cursor.lastrowid or 0), ids, vectors)

    def _take_fetched(self) -> None:
        generation = self.current()
        if generation is None or self._texts_embedded is None:
            return
        ids, texts = self._texts(_MISSING)
        vectors = self._texts_embedded.vectors(texts)
        if vectors.shape[1] != generation.dimensions:
            raise EmbeddingMismatch(
                f"the embedding {embedding_name(generation.provider, generation.model)!r} now gives"
                f" {vectors.shape[1]} dimensions and the library has {generation.dimensions}",
                hint="litreview reembed --fresh",
            )
        self._write(generation.id, ids, vectors)

    def drop_faulty(self) -> int:
        """Drop vectors that cannot be ones, to be made again, and give how many; needs a transaction."""
        rows = self.faulty()
        for batch in batched(rows, _BATCH):
            marks = ",".join("?" * len(batch))
            self._connection.execute(f"DELETE FROM embeddings WHERE paper IN ({marks})", batch)
            self._connection.execute(
                f"UPDATE papers SET in_index = 2 WHERE in_index = 1 AND id IN ({marks})", batch
            )
        return len(rows)

    def needs_fit(self, papers: int) -> bool:
        """Whether the model is missing, or the library has grown by half since it was fitted."""
        generation = self.current()
        return papers > 0 and (generation is None or papers >= REFIT_GROWTH * generation.fitted_on)

    def refit(self, progress: Progress) -> None:
        """Fit a new generation on all papers and embed them with it; the one before is dropped."""
        ids, texts = self._texts(_ALL)
        progress("fitting the embedding", 0, len(texts))
        model, vectors = fit_and_embed(texts, dimensions=LSA_DIMENSIONS)
        self._write(self._found(model, len(texts)), ids, vectors)

    def adopt(self, fit: Fit) -> int:
        """Make a fit the current generation, without a vector yet; gives its id."""
        return self._found(fit.model, 0)

    def drop(self) -> None:
        """Drop the current generation, its vectors with it."""
        self._connection.execute("DELETE FROM generations")

    def take(self, fit: Fit) -> None:
        """Write the vectors of the papers that have none and whose text the current generation's fit was on.

        They count as those it was fitted on, so that a library whose import was broken off and never
        completed is fitted anew when it has grown by half.
        """
        generation = self.current()
        if generation is None:
            return
        ids, texts = self._texts(_MISSING)
        places = [
            (row, place)
            for row, text in zip(ids, texts, strict=True)
            if (place := fit.place(text)) is not None
        ]
        vectors = fit.vectors[[place for _, place in places]]
        self._write(generation.id, [row for row, _ in places], vectors)
        self._connection.execute(
            "UPDATE generations SET fitted_on = (SELECT count(*) FROM embeddings) WHERE id = ?",
            (generation.id,),
        )

    def served_by(self, fit: Fit) -> bool:
        """Whether a fit was on nearly the texts that the library holds."""
        return fit.serves(self._texts(_ALL)[1])

    def _found(self, model: LsaModel, fitted_on: int) -> int:
        dimensions = model.rows.shape[1]
        self.drop()
        cursor = self._connection.execute(
            "INSERT INTO generations (provider, model, dimensions, parameters, fitted_on, is_current)"
            " VALUES ('lsa', 'tfidf-svd', ?, ?, ?, 1)",
            (dimensions, json.dumps({"dimensions": LSA_DIMENSIONS, "terms": len(model.terms)}), fitted_on),
        )
        generation = int(cursor.lastrowid or 0)
        self._connection.executemany(
            "INSERT INTO lsa_terms (generation, term, row) VALUES (?, ?, ?)",
            zip([generation] * len(model.terms), model.terms, _blobs(model.rows), strict=True),
        )
        return generation

    def fold_in(self, progress: Progress) -> None:
        """Embed the papers that have no vector yet with the model as it stands."""
        generation = self.current()
        if generation is None:
            return
        ids, texts = self._texts(_MISSING)
        if not ids:
            return
        model = self._model(generation)
        for start in range(0, len(ids), _BATCH):
            progress("embedding", start, len(ids))
            batch = slice(start, start + _BATCH)
            self._write(generation.id, ids[batch], embed_papers(model, texts[batch]))

    def _texts(self, query: str) -> tuple[list[int], list[str]]:
        found = self._connection.execute(query).fetchall()
        return [row for row, _, _ in found], [paper_text(title, abstract) for _, title, abstract in found]

    def _model(self, generation: Generation) -> LsaModel:
        found = self._connection.execute(
            "SELECT term, row FROM lsa_terms WHERE generation = ? ORDER BY term", (generation.id,)
        ).fetchall()
        flat = np.frombuffer(b"".join(row for _, row in found), dtype="<f4")
        return LsaModel(tuple(term for term, _ in found), flat.reshape(len(found), generation.dimensions))

    def _write(self, generation: int, ids: Sequence[int], vectors: Matrix) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO embeddings (paper, generation, vector) VALUES (?, ?, ?)",
            [(paper, generation, blob) for paper, blob in zip(ids, _blobs(vectors), strict=True)],
        )


def embedding_name(provider: str, model: str) -> str:
    """An embedding as the settings name it: "lsa", "minilm", "openai:MODEL"."""
    return f"{provider}:{model}" if provider == "openai" else provider


def _blobs(matrix: Matrix) -> Iterable[bytes]:
    return (row.tobytes() for row in np.ascontiguousarray(matrix, dtype="<f4"))
