"""The records that merged papers were made of, so that a merge can be undone, and which papers stay apart.

A paper of a single record has none here: the majority, which was never merged, costs nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import permutations
from typing import NamedTuple

from litreview.papers import Paper, family_names, merge, shared_words, source_order, title_identity


class KeptRecord(NamedTuple):
    """One record of a merged paper.

    `key` is the key it had as a paper of its own, before it was merged on request; `composite` says that it
    was made of several records before they were kept, or came so.
    """

    id: int
    paper: Paper
    key: str | None
    composite: bool


class Records:
    """The tables of kept records, separations and former keys. Writes belong into a transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def of(self, row: int) -> list[KeptRecord]:
        """The records of a merged paper in the order they came; empty for a paper of one record."""
        return [
            KeptRecord(number, Paper.model_validate_json(record), key, bool(composite))
            for number, key, composite, record in self._connection.execute(
                "SELECT id, key, composite, record FROM records WHERE paper = ? ORDER BY id", (row,)
            )
        ]

    def keep(self, row: int, record: Paper, *, key: str | None = None) -> None:
        """Keep one more record of a paper. The same again, from elsewhere, adds its sources to the first."""
        digest = record_digest(record)
        found = self._connection.execute(
            "SELECT id, record FROM records WHERE paper = ? AND digest = ?", (row, digest)
        ).fetchone()
        if found is None:
            self._connection.execute(
                "INSERT INTO records (paper, digest, key, composite, record) VALUES (?, ?, ?, ?, ?)",
                (row, digest, key, len(record.sources) > 1, _dump(record)),
            )
            return
        number, known = found
        sources = {*Paper.model_validate_json(known).sources, *record.sources}
        united = record.model_copy(update={"sources": tuple(sorted(sources, key=source_order))})
        self._connection.execute("UPDATE records SET record = ? WHERE id = ?", (_dump(united), number))

    def keep_merge(self, row: int, known: Paper, record: Paper) -> None:
        """Keep what a paper was and what is merged into it."""
        if (
            self._connection.execute("SELECT 1 FROM records WHERE paper = ? LIMIT 1", (row,)).fetchone()
            is None
        ):
            self.keep(row, known)
        self.keep(row, record)

    def move(self, records: Iterable[KeptRecord], row: int) -> None:
        """Give kept records to another paper, under no key but that paper's."""
        self._connection.executemany(
            "UPDATE records SET paper = ?, key = NULL WHERE id = ?", [(row, record.id) for record in records]
        )

    def restore(self, row: int, records: Iterable[KeptRecord]) -> None:
        """Keep these records of a paper that has none, in this order; their numbers are issued anew."""
        self._connection.executemany(
            "INSERT INTO records (paper, digest, key, composite, record) VALUES (?, ?, ?, ?, ?)",
            [(row, record_digest(r.paper), r.key, r.composite, _dump(r.paper)) for r in records],
        )

    def with_digest(self, record: Paper, rows: Sequence[int]) -> int | None:
        """The first of these rows that has just this record, whatever its sources."""
        marks = ",".join("?" * len(rows))
        found = self._connection.execute(
            f"SELECT paper FROM records WHERE digest = ? AND paper IN ({marks}) ORDER BY paper LIMIT 1",
            (record_digest(record), *rows),
        ).fetchone()
        return int(found[0]) if found else None

    # Papers that are not one

    def separate(self, rows: Iterable[int]) -> None:
        """Remember that no two of these papers are one."""
        self._connection.executemany(
            "INSERT OR IGNORE INTO separations (paper, other) VALUES (?, ?)", permutations(rows, 2)
        )

    def separated(self, row: int) -> list[int]:
        """The papers this one was separated from."""
        return [
            other
            for (other,) in self._connection.execute(
                "SELECT other FROM separations WHERE paper = ? ORDER BY other", (row,)
            )
        ]

    def separations(self) -> frozenset[tuple[int, int]]:
        """All pairs of rows that are not one paper, in both directions."""
        return frozenset(self._connection.execute("SELECT paper, other FROM separations"))

    # Papers that became one on request

    def successor(self, key: str) -> str | None:
        """The key of the paper that one with this former key was merged into, or None."""
        found = self._connection.execute(
            "SELECT p.key FROM former_keys f JOIN papers p ON p.id = f.paper WHERE f.key = ?", (key,)
        ).fetchone()
        return str(found[0]) if found else None

    def take_over(self, row: int, other: int, known: Paper, joined: Paper) -> None:
        """Let a paper have all that is remembered of another which is merged into it on request.

        Args:
            row: The paper that stays.
            other: The row of the paper that goes; it is still there.
            known: The paper that stays, as it was.
            joined: The paper that goes.
        """
        for paper, record, key in ((row, known, None), (other, joined, joined.key)):
            if not self.of(paper):
                self.keep(paper, record.model_copy(update={"key": None}), key=key)
        execute = self._connection.execute
        self._share_sources(row, other)
        execute("UPDATE records SET key = ? WHERE paper = ? AND key IS NULL", (joined.key, other))
        execute("DELETE FROM separations WHERE paper IN (?1, ?2) AND other IN (?1, ?2)", (row, other))
        for table, column in (
            ("records", "paper"),
            ("identities", "paper"),
            ("separations", "paper"),
            ("separations", "other"),
            ("former_keys", "paper"),
        ):
            # What the paper has already stays with the one that goes, and is removed with it.
            execute(f"UPDATE OR IGNORE {table} SET {column} = ? WHERE {column} = ?", (row, other))
        execute("INSERT INTO former_keys (key, paper) VALUES (?, ?)", (joined.key, row))

    def _share_sources(self, row: int, other: int) -> None:
        """Give a paper's records the sources of the same records of another, which is to go with them."""
        for (record,) in self._connection.execute(
            "SELECT b.record FROM records a JOIN records b USING (digest) WHERE a.paper = ? AND b.paper = ?",
            (row, other),
        ).fetchall():
            self.keep(row, Paper.model_validate_json(record))

    def release(self, key: str) -> None:
        """Forget a former key, because a paper is to have it again."""
        self._connection.execute("DELETE FROM former_keys WHERE key = ?", (key,))


def united(records: Iterable[KeptRecord]) -> Paper:
    """The paper that records make, without a key."""
    first, *others = (record.paper for record in records)
    for other in others:
        first = merge(first, other)
    return first.model_copy(update={"key": None})


def closeness(known: Paper, record: Paper) -> tuple[float, ...]:
    """How much speaks for a record being of this paper and not of its twin; higher is closer.

    Identifiers first, then the title as it is spelled, the year, the names, and the words of the abstract.
    """
    names, others = family_names(known.authors), family_names(record.authors)
    return (
        sum(
            (mine == theirs) - (mine != theirs)
            for mine, theirs in ((known.doi, record.doi), (known.arxiv_id, record.arxiv_id))
            if mine and theirs
        ),
        title_identity(known.title) == title_identity(record.title),
        known.title == record.title,
        known.year == record.year,
        len(names & others) / max(len(names | others), 1),
        shared_words(known.abstract or "", record.abstract or ""),
    )


def _dump(record: Paper) -> str:
    return record.model_dump_json(exclude={"key"}, exclude_defaults=True)


def record_digest(record: Paper) -> bytes:
    """What tells a record from another, whatever its sources; 16 bytes."""
    content = record.model_dump_json(exclude={"key", "sources"}, exclude_defaults=True)
    return blake2b(content.encode(), digest_size=16).digest()
