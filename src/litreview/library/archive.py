"""What a library keeps of its questions: the replies of models, and every run with all that repeats it.

Records are text to this module; who writes them reads them.
"""

from __future__ import annotations

import sqlite3
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from litreview.errors import LibraryError

from .schema import database_error

# What a run may unpack to, in bytes: that of fifty papers takes 0.1 MB. A megabyte of zeros packs to 1 kB.
_MOST_RUN = 256_000_000


class RunEntry(NamedTuple):
    """A stored run in a list: `created` in UTC (ISO 8601); `error` where it ended without an answer."""

    id: str
    created: str
    question: str
    engine: str
    model: str | None
    error: str | None


class Archive:
    """Replies and runs in one catalogue. Shares its connection; each write is a transaction of its own.

    Raises:
        LibraryError: The catalogue cannot be read or written, here from every method.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def reply(self, digest: str) -> str | None:
        """The record of a reply, or None."""
        found = self._query("SELECT record FROM replies WHERE digest = ?", digest)
        return str(found[0][0]) if found else None

    def put_reply(self, digest: str, record: str, *, server: str, model: str, mode: str) -> None:
        """Keep a reply, in place of an earlier one of the same digest."""
        self._query(
            "INSERT OR REPLACE INTO replies (digest, created, server, model, mode, record)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            digest,
            now(),
            server,
            model,
            mode,
            record,
        )

    def last_mode(self, server: str, model: str) -> str | None:
        """How the last reply of this model on this server was asked for."""
        found = self._query(
            "SELECT mode FROM replies WHERE server = ? AND model = ? ORDER BY created DESC LIMIT 1",
            server,
            model,
        )
        return str(found[0][0]) if found else None

    def put_run(self, entry: RunEntry, record: str) -> None:
        """Keep a run, in place of one with the same id; compressed, 100 kB of abstracts become 30."""
        self._query(
            "INSERT OR REPLACE INTO runs (id, created, question, engine, model, error, record)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            *entry,
            zlib.compress(record.encode()),
        )

    def run(self, id: str) -> str | None:
        """The record of the run with this id, or of the only one that begins like this; else None."""
        found = self._query(
            "SELECT record FROM runs WHERE id = ?1 OR (substr(id, 1, length(?1)) = ?1 AND"
            " (SELECT count(*) FROM runs WHERE substr(id, 1, length(?1)) = ?1) = 1)",
            id,
        )
        return self._unpacked(found[0][0]) if found else None

    def runs(self, *, limit: int) -> list[RunEntry]:
        """The last runs, the newest first."""
        found = self._query(
            "SELECT id, created, question, engine, model, error FROM runs"
            " ORDER BY created DESC, id DESC LIMIT ?",
            limit,
        )
        return [RunEntry(*row) for row in found]

    def _unpacked(self, record: bytes) -> str:
        unpacking = zlib.decompressobj()
        try:
            text = unpacking.decompress(record, _MOST_RUN)
            if unpacking.unconsumed_tail or not unpacking.eof:
                raise ValueError(f"it is cut off, or has more than {_MOST_RUN // 1_000_000} MB")
            return text.decode()
        except (zlib.error, ValueError) as error:
            raise LibraryError(
                f"the run cannot be read from {str(self._path)!r} ({error})", hint="litreview doctor --repair"
            ) from error

    def _query(self, query: str, *values: object) -> list[Any]:
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise database_error(self._path, error) from error


def now() -> str:
    """The time, in UTC, to the millisecond (ISO 8601)."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
