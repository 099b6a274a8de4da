"""The record of a library: papers, their identities, keys and sources, in SQLite.

What a committed transaction holds is there, whatever happens afterwards. Everything else (vectors, the
Chroma index) can be made again from here.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from litreview.errors import LibraryBusy
from litreview.papers import (
    Paper,
    Source,
    canonical_order,
    key_candidates,
    key_stem,
    merge,
    same_paper,
    source_order,
    title_identity,
)
from litreview.text.acronyms import find_definitions
from litreview.text.words import aliases

from .schema import database_error, open_database
from .types import AddReport

_Item = TypeVar("_Item")

CATALOGUE = "catalogue.sqlite3"

# SQLite's default limit on variables is 32,766; a batch well below it serves every query here.
_IN_BATCH = 5_000


class InIndex(IntEnum):
    """Whether the vector index holds a paper: not at all, as it is now, or as it was before a change."""

    ABSENT = 0
    CURRENT = 1
    OUTDATED = 2


class IndexCounts(NamedTuple):
    """How many papers the catalogue holds, and how many entries the vector index should hold."""

    papers: int
    current: int
    in_index: int
    removals: int


class Catalogue:
    """An open catalogue. Not shared between threads; one connection, closed with `close`."""

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path = path
        self.connection = open_database(path, create=create)

    def close(self) -> None:
        """Close the connection. An unfinished transaction is rolled back."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a block as one transaction: all of it is committed, or none of it.

        Raises:
            LibraryBusy: Another process held the catalogue for too long.
            LibraryError: The catalogue cannot be written.
        """
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise LibraryBusy(
                    f"another process is writing to {str(self.path)!r}", hint="run the same command again"
                ) from error
            raise database_error(self.path, error) from error

    # Reading

    def __len__(self) -> int:
        return int(self.connection.execute("SELECT count(*) FROM papers").fetchone()[0])

    def counts(self) -> IndexCounts:
        """Count papers and what the vector index should hold, in one consistent view."""
        papers, current, present, removals = self.connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE in_index = 1), count(*) FILTER (WHERE in_index > 0),"
            " (SELECT count(*) FROM index_removals) FROM papers"
        ).fetchone()
        return IndexCounts(papers, current, present + removals, removals)

    def papers(self, rows: Sequence[int]) -> list[Paper]:
        """The papers of these rows, in this order; a row that is not there is left out."""
        found: dict[int, Paper] = {}
        for batch in batched(rows, _IN_BATCH):
            marks = ",".join("?" * len(batch))
            sources: dict[int, list[Source]] = {}
            for row, record in self.connection.execute(
                f"SELECT paper, record FROM sources WHERE paper IN ({marks})", batch
            ):
                sources.setdefault(row, []).append(Source.model_validate_json(record))
            for row, key, title, abstract, record in self.connection.execute(
                f"SELECT id, key, title, abstract, record FROM papers WHERE id IN ({marks})", batch
            ):
                found[row] = Paper(
                    key=key,
                    title=title,
                    abstract=abstract,
                    sources=tuple(sorted(sources.get(row, ()), key=source_order)),
                    **json.loads(record),
                )
        return [found[row] for row in rows if row in found]

    def row_of(self, key: str) -> int | None:
        """The row of the paper with this key, or None."""
        found = self.connection.execute("SELECT id FROM papers WHERE key = ?", (key,)).fetchone()
        return int(found[0]) if found else None

    def rows(self) -> list[int]:
        """All rows, ordered by key."""
        return [row for (row,) in self.connection.execute("SELECT id FROM papers ORDER BY key")]

    def keys_like(self, key: str, *, limit: int = 3) -> list[str]:
        """Keys that begin like this one, for "did you mean" in messages."""
        stem = key[:4].lower()
        return [
            found
            for (found,) in self.connection.execute(
                "SELECT key FROM papers WHERE key >= ? AND key < ? ORDER BY key LIMIT ?",
                (stem, stem + "\x7f", limit),
            )
        ]

    def check(self) -> str:
        """SQLite's own check of every page, and FTS5's of the word index: "ok", or what is wrong."""
        try:
            (verdict,) = self.connection.execute("PRAGMA integrity_check(1)").fetchone()
            if verdict == "ok":
                self.connection.execute("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")
            return str(verdict)
        except sqlite3.DatabaseError as error:
            return str(error)

    # Writing: call inside a transaction

    def add(self, papers: Iterable[Paper]) -> AddReport:
        """Insert or merge a batch of records; the same batch in any order gives the same rows and keys."""
        added = merged = unchanged = 0
        keys: dict[str, None] = {}
        for paper in canonical_order(papers):
            found = self._find_same(paper)
            if found is None:
                key = self._insert(paper)
                added += 1
            else:
                row, known = found
                key = known.key or ""
                combined = merge(known, paper)
                if combined == known:
                    unchanged += 1
                else:
                    self._update(row, known, combined)
                    merged += 1
            keys[key] = None
        return AddReport(
            added=added, merged=merged, unchanged=unchanged, papers=len(self), keys=tuple(sorted(keys))
        )

    def remove(self, row: int) -> None:
        """Take a paper out; what the vector index still holds of it is noted for removal."""
        self.connection.execute(
            "INSERT OR IGNORE INTO index_removals SELECT key FROM papers WHERE id = ? AND in_index > 0",
            (row,),
        )
        self.connection.execute("DELETE FROM papers WHERE id = ?", (row,))

    def _find_same(self, paper: Paper) -> tuple[int, Paper] | None:
        for kind, value in _identities(paper):
            rows = self.connection.execute(
                "SELECT paper FROM identities WHERE kind = ? AND value = ? ORDER BY paper", (kind, value)
            ).fetchall()
            for row, known in zip(rows, self.papers([row for (row,) in rows]), strict=True):
                if same_paper(known, paper):
                    return row[0], known
        return None

    def _insert(self, paper: Paper) -> str:
        key = self._issue_key(paper)
        cursor = self.connection.execute(
            "INSERT INTO papers (key, title, abstract, aliases, year, venue, record) VALUES (?,?,?,?,?,?,?)",
            (key, *_columns(paper)),
        )
        row = cursor.lastrowid
        if row is None:
            raise AssertionError("an INSERT always has a row id")
        # A key freed by a removal may come back before the index was told of it.
        if self.connection.execute("DELETE FROM index_removals WHERE key = ?", (key,)).rowcount:
            self.connection.execute("UPDATE papers SET in_index = ? WHERE id = ?", (InIndex.OUTDATED, row))
        self._write_details(row, paper)
        self._write_definitions(row, paper)
        return key

    def _update(self, row: int, known: Paper, paper: Paper) -> None:
        self.connection.execute(
            "UPDATE papers SET title=?, abstract=?, aliases=?, year=?, venue=?, record=? WHERE id = ?",
            (*_columns(paper), row),
        )
        self._write_details(row, paper)
        if known.text != paper.text:
            self.connection.execute("DELETE FROM definitions WHERE paper = ?", (row,))
            self._write_definitions(row, paper)
            self.connection.execute("DELETE FROM embeddings WHERE paper = ?", (row,))
        if (known.text, known.year, known.venue, known.doi) != (
            paper.text,
            paper.year,
            paper.venue,
            paper.doi,
        ):
            self.connection.execute(
                "UPDATE papers SET in_index = ? WHERE id = ? AND in_index = ?",
                (InIndex.OUTDATED, row, InIndex.CURRENT),
            )

    def _issue_key(self, paper: Paper) -> str:
        stem = paper.key or key_stem(paper)
        taken = {
            key
            for (key,) in self.connection.execute(
                "SELECT key FROM papers WHERE key >= ? AND key < ?", (stem, stem + "\x7f")
            )
        }
        return next(key for key in key_candidates(stem) if key not in taken)

    def _write_details(self, row: int, paper: Paper) -> None:
        self.connection.executemany(
            "INSERT OR IGNORE INTO identities (kind, value, paper) VALUES (?, ?, ?)",
            [(kind, value, row) for kind, value in _identities(paper)],
        )
        self.connection.executemany(
            "INSERT OR IGNORE INTO sources (paper, format, name, record) VALUES (?, ?, ?, ?)",
            [(row, s.format, s.name, s.model_dump_json(exclude_defaults=True)) for s in paper.sources],
        )
        if paper.tags:
            self.connection.executemany(
                "INSERT OR IGNORE INTO tags (paper, tag) VALUES (?, ?)", [(row, tag) for tag in paper.tags]
            )

    def _write_definitions(self, row: int, paper: Paper) -> None:
        if found := find_definitions(paper.text):
            self.connection.executemany(
                "INSERT OR IGNORE INTO definitions (paper, short, long, short_key, long_key)"
                " VALUES (?,?,?,?,?)",
                [(row, d.short, d.long, d.short_key, d.long_key) for d in found],
            )


def batched(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """Yield the items in lists of at most `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _identities(paper: Paper) -> list[tuple[str, str]]:
    """What a paper may be recognised by, the surest first."""
    known = (("doi", paper.doi), ("arxiv", paper.arxiv_id), ("title", str(title_identity(paper.title))))
    return [(kind, value) for kind, value in known if value]


def _columns(paper: Paper) -> tuple[object, ...]:
    record = paper.model_dump_json(
        exclude={"key", "title", "abstract", "sources"}, exclude_defaults=True, exclude_none=True
    )
    words = aliases(paper.title, paper.abstract or "")
    return (paper.title, paper.abstract, words, paper.year, paper.venue, record)
