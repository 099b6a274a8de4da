"""A Chroma server in memory: collections in which `add` leaves what is there alone, as Chroma's do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from litreview.library.remote.chroma import Row, Space
from litreview.library.remote.http import Missing, Unsupported


class FakeServer:
    """See `litreview.library.remote.chroma.Server`; counts the requests that bring rows."""

    def __init__(self, *, rows: int = 1_000) -> None:
        self.rows = rows
        self.collections: dict[str, dict[str, Row]] = {}
        self.names_of: dict[str, str] = {}
        self.made = 0
        self.moved = 0

    def close(self) -> None:
        return

    def open(self, name: str, space: Space, *, create: bool = True) -> str | None:
        if name not in self.names_of and create:
            self.made += 1
            self.names_of[name] = f"id-{self.made}"
            self.collections[f"id-{self.made}"] = {}
        return self.names_of.get(name)

    def names(self) -> list[str]:
        return sorted(self.names_of)

    def drop(self, name: str) -> None:
        if name in self.names_of:
            del self.collections[self.names_of.pop(name)]

    def _rows(self, collection: str) -> dict[str, Row]:
        if collection not in self.collections:
            raise Missing(collection)
        return self.collections[collection]

    def count(self, collection: str) -> int:
        return len(self._rows(collection))

    def add(self, collection: str, rows: Sequence[Row]) -> None:
        for row in rows:
            self._rows(collection).setdefault(row.id, row)

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        for row in rows:
            known = self._rows(collection).get(row.id)
            metadata = {**(known.metadata if known else {}), **row.metadata}
            document = row.document if row.document is not None else (known.document if known else None)
            self._rows(collection)[row.id] = Row(row.id, row.vector, document, metadata)

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        for key in ids:
            self._rows(collection).pop(key, None)

    def get(self, collection: str, ids: Sequence[str], *, vectors: bool = False) -> list[Row]:
        return self._given([row for key, row in self._rows(collection).items() if key in set(ids)], vectors)

    def find(self, collection: str, name: str, value: str) -> list[Row]:
        found = [row for row in self._rows(collection).values() if row.metadata.get(name) == value]
        return self._given(found[: self.rows], False)

    def all(self, collection: str) -> list[Row]:
        return [row._replace(vector=b"") for row in self._rows(collection).values()]

    def page(self, collection: str, offset: int, *, vectors: bool = False) -> list[Row]:
        return self._given(list(self._rows(collection).values())[offset : offset + self.rows], vectors)

    def nearest(
        self, collection: str, vector: bytes, *, limit: int, where: Mapping[str, Any] | None = None
    ) -> list[str]:
        if where:
            raise Unsupported("query takes long over a filter")
        asked = np.frombuffer(vector, "<f4")
        rows = self._rows(collection).values()
        return [r.id for r in sorted(rows, key=lambda r: -float(np.frombuffer(r.vector, "<f4") @ asked))][
            :limit
        ]

    def _given(self, rows: list[Row], vectors: bool) -> list[Row]:
        self.moved += len(rows)
        return [row if vectors else row._replace(vector=b"") for row in rows]
