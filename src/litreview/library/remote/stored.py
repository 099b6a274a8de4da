"""The rows of a catalogue that hold an embedding, as a shared library sends and receives them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from litreview.embedding import paper_text
from litreview.library.catalogue import IN_BATCH, batched

_CURRENT = "(SELECT id FROM generations WHERE is_current)"


class StoredVectors:
    """Vectors and words of a catalogue's current generation, as little-endian float32.

    Shares the catalogue's connection; writing needs the caller's transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def without_vector(self) -> list[tuple[int, str, str]]:
        """Row, key and text of each paper that has no vector, ordered by key."""
        found = self._connection.execute(
            "SELECT id, key, title, abstract FROM papers"
            " WHERE id NOT IN (SELECT paper FROM embeddings) ORDER BY key"
        )
        return [(row, key, paper_text(title, abstract)) for row, key, title, abstract in found]

    def with_vector(self) -> list[int]:
        """The rows that have a vector, in order."""
        found = self._connection.execute(
            f"SELECT paper FROM embeddings WHERE generation = {_CURRENT} ORDER BY paper"
        )
        return [row for (row,) in found]

    def texts_of(self, rows: Sequence[int]) -> dict[int, str]:
        """The texts of these rows as they are embedded."""
        found: dict[int, str] = {}
        for batch in batched(rows, IN_BATCH):
            marks = ",".join("?" * len(batch))
            for row, title, abstract in self._connection.execute(
                f"SELECT id, title, abstract FROM papers WHERE id IN ({marks})", batch
            ):
                found[row] = paper_text(title, abstract)
        return found

    def terms(self) -> Iterator[tuple[str, bytes]]:
        """The words of the LSA model with their rows, ordered by word."""
        yield from self._connection.execute(
            f"SELECT term, row FROM lsa_terms WHERE generation = {_CURRENT} ORDER BY term"
        )

    def take_over(
        self, *, provider: str, model: str, dimensions: int, parameters: dict[str, int], fitted_on: int
    ) -> int:
        """Make an embedding that was made elsewhere the current one; there must be none. Gives its id."""
        cursor = self._connection.execute(
            "INSERT INTO generations (provider, model, dimensions, parameters, fitted_on, is_current)"
            " VALUES (?, ?, ?, ?, ?, 1)",
            (provider, model, dimensions, json.dumps(parameters), fitted_on),
        )
        return int(cursor.lastrowid or 0)

    def write_terms(self, generation: int, terms: Iterable[tuple[str, bytes]]) -> None:
        """Write the words of an LSA model."""
        self._connection.executemany(
            "INSERT INTO lsa_terms (generation, term, row) VALUES (?, ?, ?)",
            ((generation, term, row) for term, row in terms),
        )

    def write_vectors(self, vectors: Iterable[tuple[int, bytes]]) -> None:
        """Write vectors by row."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO embeddings (paper, generation, vector)"
            " SELECT ?, id, ? FROM generations WHERE is_current",
            vectors,
        )
