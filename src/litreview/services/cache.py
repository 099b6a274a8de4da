"""Answers of services, kept on disk: what was fetched once is not asked for again until it is too old.

Why not an HTTP cache by the book (RFC 9111, such as hishel): most of these services send nothing that allows
an answer to be kept, so its ages must be ours; and only a page that could be read may be kept.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from .types import DAY

_log = logging.getLogger("litreview")

# What a page of any service is too old for; and the size of all pages together, packed.
_OLDEST = 30 * DAY
_LARGEST = 500_000_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS pages (
    key TEXT PRIMARY KEY, stored REAL NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL
) WITHOUT ROWID
"""


class Kept(NamedTuple):
    """An answer as it was kept."""

    text: str
    headers: Mapping[str, str]


class PageCache:
    """A file of answers. Whatever is wrong with it costs a note and requests, never a command.

    Args:
        path: The SQLite file; made with its folder where they are missing.
        now: The time in seconds, by the clock of all processes.
        largest: Bytes of all pages together; beyond it the oldest go.
    """

    def __init__(self, path: Path, *, now: Callable[[], float] = time.time, largest: int = _LARGEST) -> None:
        self._path = path
        self._now = now
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = self._open()
            self._prune(largest)
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)

    def close(self) -> None:
        """Close the file; everything kept is in it already."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def find(self, key: str, *, age: float) -> Kept | None:
        """The answer kept under a key, where it is at most `age` seconds old."""
        if not self._connection:
            return None
        try:
            row = self._connection.execute(
                "SELECT headers, body FROM pages WHERE key = ? AND stored BETWEEN ? AND ?",
                (key, self._now() - age, self._now()),
            ).fetchone()
            return Kept(zlib.decompress(row[1]).decode(), json.loads(row[0])) if row else None
        except (sqlite3.Error, zlib.error, ValueError) as error:
            self._give_up(error)
            return None

    def store(self, key: str, kept: Kept) -> None:
        """Keep an answer from now on, in place of an older one."""
        if not self._connection:
            return
        body = zlib.compress(kept.text.encode("utf-8", "replace"))
        record = (key, self._now(), json.dumps(dict(kept.headers)), body)
        try:
            self._connection.execute("INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?)", record)
        except sqlite3.Error as error:
            self._give_up(error)

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _connect(self._path)
        except sqlite3.OperationalError:
            raise  # locked, or a folder that cannot be written: no reason to throw the file away
        except sqlite3.DatabaseError:
            self._path.unlink()
            return _connect(self._path)

    def _prune(self, largest: int) -> None:
        connection = self._connection
        if not connection:
            return
        connection.execute("DELETE FROM pages WHERE stored < ?", (self._now() - _OLDEST,))
        (size,) = connection.execute("SELECT coalesce(sum(length(body)), 0) FROM pages").fetchone()
        if size > largest:
            # The oldest pages, until what is left is within the limit.
            connection.execute(
                "DELETE FROM pages WHERE key IN (SELECT key FROM (SELECT key,"
                " sum(length(body)) OVER (ORDER BY stored DESC, key) AS kept FROM pages) WHERE kept > ?)",
                (largest,),
            )

    def _give_up(self, error: Exception) -> None:
        self.close()
        _log.info("answers of services are not kept this time: %s (%s)", self._path.name, error)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=5, isolation_level=None)
    try:
        with closing(connection.execute("PRAGMA journal_mode=WAL")):
            pass
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection
