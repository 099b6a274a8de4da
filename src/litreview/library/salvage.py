"""Reading what can be read out of a damaged catalogue into a new one, which then takes its place.

Only what is the record is read: papers and where they came from, runs and kept replies. Words, vectors and
counts are made anew. The damaged file is kept beside the new one, under another name.
"""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from .schema import open_database

# What every other table of ours refers to, with how its rows are ordered: parents before children.
_TABLES = {
    "papers": "rowid",
    "sources": "rowid",
    "definitions": "rowid",
    "records": "rowid",
    "identities": "kind, value, paper",
    "tags": "paper, tag",
    "separations": "paper, other",
    "former_keys": "key",
    "replies": "rowid",
    "runs": "rowid",
    "embedded_texts": "rowid",
}
_REFERENCES = ("paper", "other")
# A damaged page holds some 100 rows; where a whole branch of the tree is lost, so many are tried one by one.
_LARGEST_GAP = 1_000_000


class Salvaged(NamedTuple):
    """What came out of a damaged catalogue.

    Args:
        papers: How many papers were read.
        lost: The keys of papers that could not be; only those that the index of keys still names.
        damaged: The tables in which something could not be read.
        kept: Where the damaged file is kept.
    """

    papers: int
    lost: tuple[str, ...]
    damaged: tuple[str, ...]
    kept: Path


def salvage(path: Path) -> Salvaged:
    """Replace a damaged catalogue by what can be read of it. The caller holds the writer's lock.

    Raises:
        LibraryError: The new one cannot be written; the damaged one is where it was.
        sqlite3.DatabaseError: Nothing at all can be read.
    """
    fresh = path.with_name(f"{path.name}.salvaged")
    _remove(fresh)
    try:
        with (
            closing(sqlite3.connect(path, isolation_level=None)) as damaged,
            closing(open_database(fresh, create=True)) as connection,
        ):
            # A letter that is no letter any more is shown as such, and its paper is kept.
            damaged.text_factory = lambda raw: raw.decode("utf-8", "replace")
            connection.execute("BEGIN")
            broken = tuple(table for table in _TABLES if not _copy(table, damaged, connection))
            connection.execute("COMMIT")
            known = {key for (key,) in connection.execute("SELECT key FROM papers")}
            lost = tuple(sorted(indexed_keys(damaged) - known))
        kept = _swap(fresh, path)
    finally:
        _remove(fresh)
    return Salvaged(len(known), lost, broken, kept)


def _copy(table: str, damaged: sqlite3.Connection, connection: sqlite3.Connection) -> bool:
    """Copy the rows of a table that can be read and mean something; False if there were others."""
    columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
    insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    papers = {row for (row,) in connection.execute("SELECT id FROM papers")} if table != "papers" else set()
    rows = _Rows(damaged, table, columns)
    whole = True
    for values in rows:
        row = dict(zip(columns, values, strict=True))
        if table == "papers":
            whole &= _is_json(row["record"])
            row |= {"in_index": 0, "record": row["record"] if _is_json(row["record"]) else "{}"}
        elif not _means_something(table, row) or any(
            row[name] not in papers for name in _REFERENCES if name in row
        ):
            whole = False
            continue
        try:
            connection.execute(insert, tuple(row.values()))
        except sqlite3.IntegrityError:
            whole = False
    return whole and not rows.broken


class _Rows:
    """The rows of a table as far as they can be read: from the front, from the back, and those between."""

    def __init__(self, connection: sqlite3.Connection, table: str, columns: list[str]) -> None:
        self.broken = False
        self._connection = connection
        self._order = _TABLES[table]
        self._query = f"SELECT rowid, {', '.join(columns)} FROM {table} NOT INDEXED"
        if self._order != "rowid":
            self._query = f"SELECT {self._order}, {', '.join(columns)} FROM {table}"
        self._places = len(self._order.split(","))

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        first = last = None
        seen: set[tuple[Any, ...]] = set()
        for place, row in self._read(""):
            first = place
            seen.add(place)
            yield row
        if not self.broken:
            return
        for place, row in self._read(" DESC"):
            if place in seen:
                return
            last = place
            seen.add(place)
            yield row
        if self._order == "rowid" and last is not None:
            yield from self._between(first[0] if first else 0, last[0])

    def _read(self, direction: str) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
        order = ", ".join(f"{column.strip()}{direction}" for column in self._order.split(","))
        try:
            for row in self._connection.execute(f"{self._query} ORDER BY {order}"):
                yield row[: self._places], row[self._places :]
        except sqlite3.DatabaseError:
            self.broken = True

    def _between(self, first: int, last: int) -> Iterator[tuple[Any, ...]]:
        for place in range(first + 1, min(last, first + _LARGEST_GAP)):
            with suppress(sqlite3.DatabaseError):
                for row in self._connection.execute(f"{self._query} WHERE rowid = ?", (place,)):
                    yield row[1:]


def _is_json(text: object) -> bool:
    try:
        return isinstance(text, str) and isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _unpacks(record: object) -> bool:
    try:
        return isinstance(record, bytes) and bool(zlib.decompress(record))
    except zlib.error:
        return False


_CHECKS: dict[str, Callable[[object], bool]] = {
    "sources": _is_json,
    "records": _is_json,
    "replies": _is_json,
    "runs": _unpacks,
}


def _means_something(table: str, row: dict[str, Any]) -> bool:
    check = _CHECKS.get(table)
    return check is None or check(row["record"])


def indexed_keys(connection: sqlite3.Connection) -> set[str]:
    """The keys that the index of keys names, if it can be read: a second witness beside the papers."""
    keys: set[str] = set()
    with suppress(sqlite3.DatabaseError):
        for (key,) in connection.execute("SELECT key FROM papers INDEXED BY sqlite_autoindex_papers_1"):
            keys.add(str(key))
    return keys


def _swap(fresh: Path, path: Path) -> Path:
    """Put the new catalogue into the place of the damaged one; the path never leads nowhere."""
    kept = path.with_name(f"{path.name}.damaged-{datetime.now():%Y%m%d-%H%M%S-%f}")
    os.link(path, kept)
    for ending in ("-wal", "-shm"):
        beside = path.with_name(path.name + ending)
        if beside.exists():
            # A log of the old file would be read into the new one.
            beside.rename(kept.with_name(kept.name + ending))
    fresh.replace(path)
    return kept


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
