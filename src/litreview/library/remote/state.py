"""What a catalogue remembers of the server it is shared on. Writes belong into the caller's transaction."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Literal, NamedTuple
from uuid import uuid4

from litreview.library.unsent import watch

from .chroma import Row

Kind = Literal["paper", "removed", "merged"]


class Known(NamedTuple):
    """What the server holds under a key, as far as this machine knows.

    `mine` says that this machine wrote it last, `claimed` that it was the first to use the key; `born` are
    the tokens of the papers it was made of, `successor` the key of the paper it was merged into.
    """

    kind: Kind
    digest: str
    born: tuple[str, ...]
    successor: str
    mine: bool
    claimed: bool


class Shared(NamedTuple):
    """Which generation of vectors the server has, as far as this machine took it over."""

    number: int
    token: str | None
    vectors: str | None
    generation: int | None


class State:
    """The tables of schema version 4. `path` is the catalogue's file."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.connection = connection
        self._path = path

    # The library as a whole

    def is_set_up(self) -> bool:
        """Whether the library was ever shared."""
        return self.connection.execute("SELECT 1 FROM remote").fetchone() is not None

    def collection(self) -> str | None:
        """The id of the server's collection of writers and generations, or None."""
        found = self.connection.execute("SELECT state FROM remote").fetchone()
        return str(found[0]) if found else None

    def settle(self, records: str, state: str) -> bool:
        """See that we are who we were, and the server is the one we know; True if it is another.

        A library that was copied, moved or restored writes under a new name: the numbers of the old one are
        somebody else's. For a server we do not know, everything is still to be sent.
        """
        watch(self.connection)
        place = _place(self._path)
        found = self.connection.execute("SELECT place, records, state FROM remote").fetchone()
        if found is None or found[1:] != (records, state):
            self.forget(records, state, place)
            return found is not None
        if found[0] != place:
            self.rename(place)
        return False

    def forget(self, records: str, state: str, place: str) -> None:
        """Know nothing of the server any more, and mark everything as still to be sent."""
        self.connection.execute("DELETE FROM remote")
        for table in ("remote_read", "remote_papers", "unsent", "unsent_vectors"):
            self.connection.execute(f"DELETE FROM {table}")
        self.connection.execute(
            "INSERT INTO remote (id, writer, place, records, state) VALUES (1, ?, ?, ?, ?)",
            (uuid4().hex, place, records, state),
        )
        self.connection.execute("INSERT INTO unsent SELECT key FROM papers")
        self.connection.execute("INSERT OR IGNORE INTO unsent SELECT key FROM former_keys")
        self.connection.execute("INSERT INTO unsent_vectors SELECT key FROM papers")

    def rename(self, place: str | None = None) -> None:
        """Write under a new name; what was written under the old one counts as read."""
        self.connection.execute("INSERT OR REPLACE INTO remote_read SELECT writer, seq FROM remote")
        self.connection.execute(
            "UPDATE remote SET writer = ?, seq = 0, place = coalesce(?, place)", (uuid4().hex, place)
        )

    def writer(self) -> str:
        """The name under which this machine writes."""
        return str(self.connection.execute("SELECT writer FROM remote").fetchone()[0])

    def last(self) -> int:
        """The number of the last record of this machine."""
        return int(self.connection.execute("SELECT seq FROM remote").fetchone()[0])

    def number(self, records: int) -> int:
        """Set numbers aside for so many records, and give the first."""
        (last,) = self.connection.execute(
            "UPDATE remote SET seq = seq + ? RETURNING seq", (records,)
        ).fetchone()
        return int(last) - records + 1

    def synced(self) -> str | None:
        """When all was exchanged last, as ISO 8601 in UTC, to the minute."""
        found = self.connection.execute("SELECT synced FROM remote").fetchone()
        return found[0] if found else None

    def set_synced(self) -> None:
        """Note that all is exchanged."""
        self.connection.execute("UPDATE remote SET synced = ?", (f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",))

    # How far others were read

    def read(self) -> dict[str, int]:
        """The number of the last record read, by writer; our own is among them."""
        found = dict(self.connection.execute("SELECT writer, seq FROM remote_read"))
        found.update(self.connection.execute("SELECT writer, seq FROM remote"))
        return found

    def set_read(self, writer: str, seq: int) -> None:
        """Note that the records of a writer were read so far."""
        self.connection.execute("INSERT OR REPLACE INTO remote_read VALUES (?, ?)", (writer, seq))

    # What the server holds

    def known(self, keys: Iterable[str]) -> dict[str, Known]:
        """What the server holds under these keys; those it never had are left out."""
        found: dict[str, Known] = {}
        for key in keys:
            row = self.connection.execute(
                "SELECT kind, digest, born, successor, mine, claimed FROM remote_papers WHERE key = ?", (key,)
            ).fetchone()
            if row:
                kind, digest, born, successor, mine, claimed = row
                found[key] = Known(kind, digest, tuple(born.split()), successor, bool(mine), bool(claimed))
        return found

    def know(self, key: str, known: Known) -> None:
        """Note what the server holds under a key."""
        self.connection.execute(
            "INSERT OR REPLACE INTO remote_papers (key, kind, digest, born, successor, mine, claimed)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                key,
                known.kind,
                known.digest,
                " ".join(known.born),
                known.successor,
                known.mine,
                known.claimed,
            ),
        )

    def count(self) -> int:
        """Under how many keys the server holds something."""
        return int(self.connection.execute("SELECT count(*) FROM remote_papers").fetchone()[0])

    # What is still to be sent

    def is_unsent(self, key: str) -> bool:
        """Whether the record of a key has changed here since it was sent."""
        return self.connection.execute("SELECT 1 FROM unsent WHERE key = ?", (key,)).fetchone() is not None

    def unsent(self) -> int:
        """How many records are still to be sent."""
        return int(self.connection.execute("SELECT count(*) FROM unsent").fetchone()[0])

    def unsent_vectors(self) -> int:
        """How many vectors are still to be sent."""
        return int(self.connection.execute("SELECT count(*) FROM unsent_vectors").fetchone()[0])

    def mark(self, key: str, *, vector: bool = True) -> None:
        """Note that a record, and its vector, are still to be sent."""
        self.connection.execute("INSERT OR IGNORE INTO unsent VALUES (?)", (key,))
        if vector:
            self.connection.execute("INSERT OR IGNORE INTO unsent_vectors VALUES (?)", (key,))

    def unmark(self, key: str) -> None:
        """Note that a record need not be sent."""
        self.connection.execute("DELETE FROM unsent WHERE key = ?", (key,))

    # The generation of vectors

    def shared(self) -> Shared:
        """The server's generation as it was taken over, and the one of this catalogue that it is."""
        return Shared(
            *self.connection.execute("SELECT number, token, vectors, generation FROM remote").fetchone()
        )

    def set_shared(self, shared: Shared) -> None:
        """Note which generation was taken over."""
        self.connection.execute(
            "UPDATE remote SET number = ?, token = ?, vectors = ?, generation = ?", shared
        )


def writer_row(writer: str, last: int) -> Row:
    """What tells others how far a writer has written: everything up to this number is there."""
    metadata: dict[str, str | int] = {"kind": "writer", "writer": writer, "last": last}
    return Row(f"writer {writer}", b"\0" * 8, "", metadata)


def writers(rows: Iterable[Row]) -> dict[str, int]:
    """How far each writer has written, of the rows of the collection that tells it."""
    found: dict[str, int] = {}
    for row in rows:
        writer, last = row.metadata.get("writer"), row.metadata.get("last")
        if row.metadata.get("kind") == "writer" and isinstance(writer, str) and isinstance(last, int):
            found[writer] = last
    return found


def _place(path: Path) -> str:
    """Tells a catalogue from a copy of it: the machine, the path and the file's number."""
    status = path.stat()
    # Not the device: it may have another number after a restart.
    told = (platform.node(), os.path.realpath(path), status.st_ino)
    return blake2b(repr(told).encode(), digest_size=16).hexdigest()
