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

from litreview.errors import LibraryBusy, LibraryError, PaperNotFound
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

from .records import Records, closeness
from .schema import database_error, open_database
from .types import AddReport, Outcome, SourceUse
from .unsent import watch_shared

_Item = TypeVar("_Item")

CATALOGUE = "catalogue.sqlite3"

# SQLite's default limit on variables is 32,766; a batch well below it serves every query here.
IN_BATCH = 5_000


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
        self._place = _place(path)
        self.records = Records(self.connection)
        watch_shared(self.connection)

    def close(self) -> None:
        """Close the connection. An unfinished transaction is rolled back."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a block as one transaction: all of it is committed, or none of it.

        Raises:
            LibraryBusy: Another process held the catalogue for too long.
            LibraryError: The catalogue cannot be written, or is no longer the one that was opened.
        """
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                self._check_place()
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
        except sqlite3.DatabaseError as error:
            told = self.translated(error)
            if told is error:
                raise
            raise told from error

    def translated(self, error: sqlite3.Error) -> Exception:
        """An error of SQLite as one that names the file and the way out; a mistake of ours as it is."""
        if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            return error
        if "locked" in str(error) or "busy" in str(error):
            return LibraryBusy(
                f"another process is writing to {str(self.path)!r}", hint="run the same command again"
            )
        return database_error(self.path, error)

    def _check_place(self) -> None:
        """See that the path still leads to the file that is open: else what is written would be lost."""
        if _place(self.path) != self._place:
            raise LibraryError(
                f"the library at {str(self.path.parent)!r} was removed or replaced while it was open",
                hint="run the same command again",
            )

    # Reading

    def __len__(self) -> int:
        return int(self.connection.execute("SELECT count(*) FROM papers").fetchone()[0])

    def counts(self) -> IndexCounts:
        """Count papers and what the vector index should hold, in one consistent view."""
        # What the index lacks has an index of its own; the papers themselves need not be read.
        papers, outdated, absent, removals = self.connection.execute(
            "SELECT (SELECT count(*) FROM papers), (SELECT count(*) FROM papers WHERE in_index <> 1),"
            " (SELECT count(*) FROM papers WHERE in_index <> 1 AND in_index = 0),"
            " (SELECT count(*) FROM index_removals)"
        ).fetchone()
        return IndexCounts(papers, papers - outdated, papers - absent + removals, removals)

    def sources(self) -> list[SourceUse]:
        """Every file and service that papers came from, by name and format."""
        found = self.connection.execute(
            "SELECT name, format, count(DISTINCT paper) FROM sources"
            " GROUP BY name, format ORDER BY name, format"
        )
        return [SourceUse(*row) for row in found]

    def papers(self, rows: Sequence[int]) -> list[Paper]:
        """The papers of these rows, in this order; a row that is not there is left out."""
        found: dict[int, Paper] = {}
        for batch in batched(rows, IN_BATCH):
            marks = ",".join("?" * len(batch))
            sources: dict[int, list[Source]] = {}
            for row, record in self.connection.execute(
                f"SELECT paper, record FROM sources WHERE paper IN ({marks})", batch
            ):
                try:
                    sources.setdefault(row, []).append(Source.model_validate_json(record))
                except ValueError as error:
                    raise self._unreadable(row) from error
            for row, key, title, abstract, record in self.connection.execute(
                f"SELECT id, key, title, abstract, record FROM papers WHERE id IN ({marks})", batch
            ):
                try:
                    found[row] = Paper(
                        key=key,
                        title=title,
                        abstract=abstract,
                        sources=tuple(sorted(sources.get(row, ()), key=source_order)),
                        **json.loads(record),
                    )
                except (TypeError, ValueError) as error:
                    raise self._unreadable(row) from error
        return [found[row] for row in rows if row in found]

    def _unreadable(self, row: int) -> LibraryError:
        (key,) = self.connection.execute("SELECT key FROM papers WHERE id = ?", (row,)).fetchone()
        return LibraryError(
            f"the catalogue {str(self.path)!r} is damaged: the record of {key!r} cannot be read",
            hint=f"litreview doctor --repair --library {str(self.path.parent)!r}",
        )

    def row_of(self, key: str) -> int | None:
        """The row of the paper with this key, or None."""
        found = self.connection.execute("SELECT id FROM papers WHERE key = ?", (key,)).fetchone()
        return int(found[0]) if found else None

    def find(self, key: str) -> int:
        """The row of the paper with this key.

        Raises:
            PaperNotFound: No paper has it; the message names where it went, or keys that begin alike.
        """
        row = self.row_of(key)
        if row is None:
            successor = self.records.successor(key)
            if successor:
                raise PaperNotFound(
                    f"{key!r} was merged into {successor!r}", hint=f"litreview show {successor}"
                )
            similar = ", ".join(self.keys_like(key))
            raise PaperNotFound(
                f"no paper has the key {key!r}" + (f" (did you mean {similar}?)" if similar else ""),
                hint="litreview list",
            )
        return row

    def rows_of(self, keys: Sequence[str]) -> dict[str, int]:
        """The rows of the papers that have these keys, by key."""
        found: dict[str, int] = {}
        for batch in batched(keys, IN_BATCH):
            marks = ",".join("?" * len(batch))
            found |= self.connection.execute(f"SELECT key, id FROM papers WHERE key IN ({marks})", batch)
        return found

    def keys_of(self, rows: Iterable[int]) -> dict[int, str]:
        """The keys of these rows, by row; a row that is not there is left out."""
        found: dict[int, str] = {}
        for batch in batched(rows, IN_BATCH):
            marks = ",".join("?" * len(batch))
            found |= self.connection.execute(f"SELECT id, key FROM papers WHERE id IN ({marks})", batch)
        return found

    def keys(self) -> list[str]:
        """All keys, in order."""
        return [key for (key,) in self.connection.execute("SELECT key FROM papers ORDER BY key")]

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
        """Look at every page, record and word: "ok", or what is wrong (`mending.find_damage`)."""
        from .mending import find_damage

        return find_damage(self.connection) or "ok"

    def mend(self) -> None:
        """Make anew what can be made from the rest (`mending.mend`)."""
        from .mending import mend

        mend(self.connection, self.transaction)

    # Writing: call inside a transaction

    def add(self, papers: Iterable[Paper]) -> AddReport:
        """Insert or merge a batch of records; the same batch in any order gives the same rows and keys."""
        outcomes: list[Outcome] = []
        keys: dict[str, None] = {}
        for paper in canonical_order(papers):
            found = self.find_same(paper)
            if found is None:
                key = self.insert(paper)
                outcomes.append("added")
            else:
                row, known = found
                key = known.key or ""
                combined = merge(known, paper)
                if combined == known:
                    outcomes.append("unchanged")
                else:
                    self.records.keep_merge(row, known, paper)
                    self.update(row, known, combined)
                    # Also by what this record alone calls it, it shall be found again.
                    self.write_identities(row, paper)
                    outcomes.append("merged")
            keys[key] = None
        return AddReport(
            added=outcomes.count("added"),
            merged=outcomes.count("merged"),
            unchanged=outcomes.count("unchanged"),
            papers=len(self),
            keys=tuple(sorted(keys)),
            outcomes=tuple(outcomes),
        )

    def remove(self, row: int) -> None:
        """Take a paper out; what the vector index still holds of it is noted for removal."""
        self.connection.execute(
            "INSERT OR IGNORE INTO index_removals SELECT key FROM papers WHERE id = ? AND in_index > 0",
            (row,),
        )
        self.connection.execute("DELETE FROM papers WHERE id = ?", (row,))

    def find_same(self, paper: Paper) -> tuple[int, Paper] | None:
        """The paper a record is of, by its surest identity.

        An identifier or a title once merged stands for the paper, also where another is shown by now.
        """
        candidates: list[int] = []
        for kind, value in _identities(paper):
            rows = self.connection.execute(
                "SELECT paper FROM identities WHERE kind = ? AND value = ? ORDER BY paper", (kind, value)
            ).fetchall()
            for row, known in zip(rows, self.papers([row for (row,) in rows]), strict=True):
                if _same_by(kind, known, paper):
                    return self._of_twins(row[0], known, paper)
                candidates.append(row[0])
        # What was merged on request is recognised by its record where nothing else would tell.
        found = self.records.with_digest(paper, candidates) if candidates else None
        return (found, self.papers([found])[0]) if found is not None else None

    def _of_twins(self, row: int, known: Paper, paper: Paper) -> tuple[int, Paper]:
        """The paper a record belongs to, of one and those that were separated from it."""
        apart = self.records.separated(row)
        if not apart:
            return row, known
        rows = [row, *apart]
        found = self.records.with_digest(paper, rows)
        if found is not None:
            return found, self.papers([found])[0]
        twins = list(zip(rows, self.papers(rows), strict=True))
        return max(twins, key=lambda twin: (closeness(twin[1], paper), -twin[0]))

    def insert(self, paper: Paper) -> str:
        """Insert a new paper and return its key: the one it has, if that is free, or one made for it."""
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

    def update(self, row: int, known: Paper, paper: Paper) -> None:
        """Let a row, which held the known paper, hold this one. Identities, sources and tags are added to."""
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
                "SELECT key FROM papers WHERE key >= ?1 AND key < ?2"
                " UNION ALL SELECT key FROM former_keys WHERE key >= ?1 AND key < ?2",
                (stem, stem + "\x7f"),
            )
        }
        return next(key for key in key_candidates(stem) if key not in taken)

    def write_identities(self, row: int, paper: Paper) -> None:
        """Let a paper be found by what this record is called."""
        self.connection.executemany(
            "INSERT OR IGNORE INTO identities (kind, value, paper) VALUES (?, ?, ?)",
            [(kind, value, row) for kind, value in _identities(paper)],
        )

    def _write_details(self, row: int, paper: Paper) -> None:
        self.write_identities(row, paper)
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


def _place(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def batched(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """Yield the items in lists of at most `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _identities(paper: Paper) -> list[tuple[str, str]]:
    """What a paper may be recognised by, the surest first."""
    known = (("doi", paper.doi), ("arxiv", paper.arxiv_id), ("title", str(title_identity(paper.title))))
    return [(kind, value) for kind, value in known if value]


def _same_by(kind: str, known: Paper, paper: Paper) -> bool:
    """Whether a paper that was found by an identity of a record is the record's paper.

    The surer identities were tried before: a record found by its arXiv id has a DOI of its own or none.
    """
    if kind == "doi":
        return True
    if kind == "arxiv":
        return not (known.doi and paper.doi)
    return same_paper(known.model_copy(update={"title": paper.title}), paper)


def _columns(paper: Paper) -> tuple[object, ...]:
    record = paper.model_dump_json(
        exclude={"key", "title", "abstract", "sources"}, exclude_defaults=True, exclude_none=True
    )
    words = aliases(paper.title, paper.abstract or "")
    return (paper.title, paper.abstract, words, paper.year, paper.venue, record)
