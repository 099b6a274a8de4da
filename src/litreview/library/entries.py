"""What the vector index holds of each paper, read from the catalogue."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .catalogue import batched
from .embeddings import Generation
from .vectors import BATCH, IndexEntry

_ENTRIES = """
    SELECT p.id, p.key, p.title, p.abstract, p.year, p.venue,
           (SELECT value FROM identities WHERE paper = p.id AND kind = 'doi'), e.vector
    FROM papers p JOIN embeddings e ON e.paper = p.id AND e.generation = ?
    WHERE p.id IN ({marks}) ORDER BY p.id
"""


class EntryBatch(NamedTuple):
    """At most `BATCH` entries with their rows in the catalogue and vectors, shape (len(rows), dimensions)."""

    rows: list[int]
    entries: list[IndexEntry]
    vectors: npt.NDArray[np.float32]

    def digests(self) -> list[str]:
        """A digest of each entry and its vector, by which a change is noticed."""
        return [
            blake2b(repr(entry).encode() + vector.tobytes(), digest_size=16).hexdigest()
            for entry, vector in zip(self.entries, self.vectors, strict=True)
        ]


def index_entries(
    connection: sqlite3.Connection, generation: Generation, rows: Iterable[int], *, lean: bool
) -> Iterator[EntryBatch]:
    """Yield what the index holds of these rows; a row without a vector of this generation is left out."""
    for batch in batched(rows, BATCH):
        found = connection.execute(
            _ENTRIES.format(marks=",".join("?" * len(batch))), (generation.id, *batch)
        ).fetchall()
        if found:
            entries = [_entry(*row[1:7], lean=lean) for row in found]
            flat = np.frombuffer(b"".join(row[7] for row in found), dtype="<f4")
            yield EntryBatch([row[0] for row in found], entries, flat.reshape(len(found), -1))


def _entry(  # noqa: PLR0913 - the columns of _ENTRIES
    key: str,
    title: str,
    abstract: str | None,
    year: int | None,
    venue: str | None,
    doi: str | None,
    *,
    lean: bool,
) -> IndexEntry:
    known: dict[str, str | int | None] = {"key": key, "year": year, "venue": venue, "doi": doi}
    document = None if lean else f"{title}\n{abstract}" if abstract else title
    return IndexEntry(key, document, {name: value for name, value in known.items() if value is not None})
