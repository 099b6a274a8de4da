"""Looking for damage in a catalogue, and making anew what can be made from the rest of it."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from typing import Any, NamedTuple

from pydantic import ValidationError

from litreview.errors import LibraryError
from litreview.papers import Paper, Source

_log = logging.getLogger("litreview")

Transaction = Callable[[], AbstractContextManager[None]]


class _Record(NamedTuple):
    """A paper whose record cannot be read: what of it can be, and the names of what cannot."""

    row: int
    key: str
    sound: dict[str, Any]
    lost: tuple[str, ...]


def find_damage(connection: sqlite3.Connection) -> str:
    """Look at every page (SQLite's own check), every record, and the word index (FTS5's own check).

    Returns:
        What is wrong, or an empty string. SQLite keeps no checksums: a flipped bit within a name of an author
        stays unnoticed.
    """
    try:
        (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            return " ".join(str(verdict).split()).removeprefix("*** in database main *** ")
        if record := next(_damaged_papers(connection), None):
            return f"the record of {record.key} cannot be read"
        if any(_damaged_rows(connection)):
            return "records of sources cannot be read"
        connection.execute("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")
    except sqlite3.DatabaseError as error:
        # Where nothing can be written, FTS5 cannot be asked; all before has been looked at.
        unwritable = getattr(error, "sqlite_errorname", "").startswith("SQLITE_READONLY")
        return "" if unwritable else str(error)
    return ""


def mend(connection: sqlite3.Connection, transaction: Transaction) -> None:
    """Make anew what can be: SQLite's indexes and the index of words; drop of records what cannot be read.

    What stays damaged is found by `find_damage` again.
    """
    for statement in ("REINDEX", "INSERT INTO search (search) VALUES ('rebuild')"):
        with suppress(LibraryError, sqlite3.IntegrityError), transaction():
            connection.execute(statement)
    with suppress(LibraryError), transaction():
        for row, key, sound, lost in list(_damaged_papers(connection)):
            connection.execute("UPDATE papers SET record = ? WHERE id = ?", (json.dumps(sound), row))
            _log.warning("of %s could not be read and is gone: %s", key, ", ".join(lost))
        for table, row in list(_damaged_rows(connection)):
            connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (row,))
            _log.warning("a record of a source of a paper could not be read and is gone (%s %d)", table, row)


def _damaged_papers(connection: sqlite3.Connection) -> Iterator[_Record]:
    for row, key, title, abstract, text in connection.execute(
        "SELECT id, key, title, abstract, record FROM papers ORDER BY id"
    ):
        try:
            record = json.loads(text)
        except (TypeError, ValueError):
            yield _Record(row, key, {}, ("all but title and abstract",))
            continue
        try:
            Paper(key=key, title=title, abstract=abstract, **record)
        except ValidationError as error:
            lost = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
            sound = {name: value for name, value in record.items() if name not in lost}
            yield _Record(row, key, sound, tuple(sorted(lost)))


def _damaged_rows(connection: sqlite3.Connection) -> Iterator[tuple[str, int]]:
    """The sources that cannot be read, and the records of merged papers, by table and row."""
    for row, text in connection.execute("SELECT rowid, record FROM sources ORDER BY rowid"):
        try:
            Source.model_validate_json(text)
        except ValidationError:
            yield "sources", row
    for (row,) in connection.execute("SELECT id FROM records WHERE NOT json_valid(record) ORDER BY id"):
        yield "records", row
