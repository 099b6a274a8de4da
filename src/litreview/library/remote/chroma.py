"""Chroma's interface as we use it: collections of rows with an id, a vector, a document and metadata.

What is known of its habits is held here: `add` leaves an id alone that is there already, `upsert` keeps a
document that is not given and metadata whose name is not, `get` answers in any order, and one request takes
only so many rows and bytes.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol
from urllib.parse import quote

from litreview.errors import ServerUnavailable

from .address import ServerAddress
from .http import SHORT, Http, Missing, Patience, Unsupported

Space = Literal["ip", "l2"]
Metadata = Mapping[str, str | int]

# The server takes 40 MB in one request.
_BYTES = 16_000_000
# The server says how many rows it takes (5,461 for chroma run); fewer keep requests short.
_ROWS = 1_000
# Chroma Cloud takes and gives 300 records in a call.
_CLOUD_ROWS = 300


class Row(NamedTuple):
    """One row of a collection. `vector` is little-endian float32; empty where it was not asked for."""

    id: str
    vector: bytes
    document: str | None
    metadata: Metadata


class Server(Protocol):
    """What a shared library asks of a server. Every method may raise `ServerUnavailable` or `Missing`."""

    rows: int

    def close(self) -> None:
        """Close the connection."""

    def open(self, name: str, space: Space, *, create: bool = True) -> str | None:
        """The id of the collection of this name; None if there is none and `create` is not set."""

    def names(self) -> list[str]:
        """The names of all collections."""

    def drop(self, name: str) -> None:
        """Remove a collection; nothing if there is none."""

    def count(self, collection: str) -> int:
        """How many rows a collection has."""

    def add(self, collection: str, rows: Sequence[Row]) -> None:
        """Add rows; one whose id is there already changes nothing."""

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        """Write rows, whatever is there."""

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Remove rows; an id that is not there does no harm."""

    def get(self, collection: str, ids: Sequence[str], *, vectors: bool = False) -> list[Row]:
        """The rows of these ids that are there, in any order, at most `rows` of them."""

    def find(self, collection: str, name: str, value: str) -> list[Row]:
        """The rows with this value in their metadata, without vectors, in any order, `rows` at most."""

    def all(self, collection: str) -> list[Row]:
        """All rows of a small collection, without vectors."""

    def page(self, collection: str, offset: int, *, vectors: bool = False) -> list[Row]:
        """`rows` rows from an offset on, in the order of storage; without vectors only their ids."""

    def nearest(
        self, collection: str, vector: bytes, *, limit: int, where: Mapping[str, Any] | None = None
    ) -> list[str]:
        """Ids of the rows closest to a vector by inner product, the best first; approximate.

        Raises:
            Unsupported: There is a filter, and the engine would take long over it.
        """


class ChromaServer:
    """A Chroma server over its REST interface, version 2."""

    def __init__(self, address: ServerAddress) -> None:
        self.address = address
        self._http = Http(address, SHORT)
        self._base = f"/tenants/{quote(address.tenant, safe='')}/databases/{quote(address.database, safe='')}"
        self._packed = False
        self._searches: bool | None = None
        self.rows = _CLOUD_ROWS if address.is_cloud else _ROWS

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def greet(self) -> None:
        """See that a Chroma server answers, and ask how much it takes in one request.

        Raises:
            ServerUnavailable: It does not, or is another kind of server.
        """
        beat = self._http.request("GET", "/heartbeat")
        if not isinstance(beat, dict) or "nanosecond heartbeat" not in beat:
            raise self._strange()
        limits = self._http.request("GET", "/pre-flight-checks")
        # It lives: from here on it may take its time.
        self._http.patience = Patience()
        if isinstance(limits, dict):
            self._packed = limits.get("supports_base64_encoding") is True
            most = limits.get("max_batch_size")
            if isinstance(most, int) and most > 0:
                self.rows = min(self.rows, most)

    def open(self, name: str, space: Space, *, create: bool = True) -> str | None:
        """See `Server`."""
        if create:
            body = {"name": name, "get_or_create": True, "configuration": {"hnsw": {"space": space}}}
            return self._id(self._ask("POST", "/collections", body))
        try:
            return self._id(self._ask("GET", f"/collections/{quote(name, safe='')}"))
        except Missing:
            return None

    def _id(self, found: Any) -> str:
        if isinstance(found, dict) and isinstance(found.get("id"), str):
            return str(found["id"])
        raise self._strange()

    def names(self) -> list[str]:
        """See `Server`."""
        names: list[str] = []
        while found := self._ask("GET", f"/collections?limit=100&offset={len(names)}"):
            names += [str(collection["name"]) for collection in found]
        return names

    def drop(self, name: str) -> None:
        """See `Server`."""
        try:
            self._ask("DELETE", f"/collections/{quote(name, safe='')}")
        except Missing:
            return

    def count(self, collection: str) -> int:
        """See `Server`."""
        found = self._ask("GET", f"/collections/{collection}/count")
        if not isinstance(found, int):
            raise self._strange()
        return found

    def add(self, collection: str, rows: Sequence[Row]) -> None:
        """See `Server`."""
        self._write("add", collection, rows)

    def upsert(self, collection: str, rows: Sequence[Row]) -> None:
        """See `Server`."""
        self._write("upsert", collection, rows)

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """See `Server`."""
        for start in range(0, len(ids), self.rows):
            self._ask(
                "POST", f"/collections/{collection}/delete", {"ids": list(ids[start : start + self.rows])}
            )

    def get(self, collection: str, ids: Sequence[str], *, vectors: bool = False) -> list[Row]:
        """See `Server`."""
        include = ["metadatas", "embeddings"] if vectors else ["metadatas", "documents"]
        found: list[Row] = []
        for start in range(0, len(ids), self.rows):
            some = list(ids[start : start + self.rows])
            found += self._get(collection, {"ids": some, "limit": len(some), "include": include})
        return found

    def find(self, collection: str, name: str, value: str) -> list[Row]:
        """See `Server`."""
        body = {"where": {name: value}, "limit": self.rows, "include": ["metadatas", "documents"]}
        return self._get(collection, body)

    def all(self, collection: str) -> list[Row]:
        """See `Server`."""
        found: list[Row] = []
        body = {"limit": self.rows, "include": ["metadatas", "documents"]}
        while page := self._get(collection, {**body, "offset": len(found)}):
            found += page
            if len(page) < self.rows:
                break
        return found

    def page(self, collection: str, offset: int, *, vectors: bool = False) -> list[Row]:
        """See `Server`."""
        include = ["metadatas", "embeddings"] if vectors else []
        return self._get(collection, {"limit": self.rows, "offset": offset, "include": include})

    def nearest(
        self, collection: str, vector: bytes, *, limit: int, where: Mapping[str, Any] | None = None
    ) -> list[str]:
        """See `Server`. `search` of Chroma's distributed engine where there is one, else `query`."""
        numbers = _unpacked(vector)
        if self._searches is not False:
            try:
                found = self._ask("POST", f"/collections/{collection}/search", _search(numbers, limit, where))
                self._searches = True
                return self._first(found)
            except Unsupported:
                self._searches = False
        if where:
            raise Unsupported("query takes long over a filter")
        body = {"query_embeddings": [numbers], "n_results": limit, "include": []}
        return self._first(self._ask("POST", f"/collections/{collection}/query", body))

    def _first(self, found: Any) -> list[str]:
        """The ids of the one question that was asked."""
        try:
            return [str(key) for key in found["ids"][0]]
        except (IndexError, KeyError, TypeError) as error:
            raise self._strange() from error

    def _write(self, how: Literal["add", "upsert"], collection: str, rows: Sequence[Row]) -> None:
        for some in self._portions(rows):
            documents = [row.document for row in some]
            body: dict[str, Any] = {
                "ids": [row.id for row in some],
                "embeddings": [self._vector(row.vector) for row in some],
                "metadatas": [row.metadata for row in some],
            }
            if None not in documents:
                body["documents"] = documents
            self._ask("POST", f"/collections/{collection}/{how}", body)

    def _portions(self, rows: Sequence[Row]) -> Iterator[list[Row]]:
        some: list[Row] = []
        size = 0
        for row in rows:
            # Base64 takes 4 bytes for 3; letters that are not ASCII take up to 4, escapes 2.
            weight = 4 * len(row.document or "") + 6 * len(row.vector) + 500
            if some and (len(some) >= self.rows or size + weight > _BYTES):
                yield some
                some, size = [], 0
            some.append(row)
            size += weight
        if some:
            yield some

    def _vector(self, vector: bytes) -> str | list[float]:
        return base64.b64encode(vector).decode() if self._packed else _unpacked(vector)

    def _get(self, collection: str, body: Mapping[str, Any]) -> list[Row]:
        found = self._ask("POST", f"/collections/{collection}/get", body)
        try:
            ids = found["ids"]
            vectors = found.get("embeddings") or [()] * len(ids)
            documents = found.get("documents") or [None] * len(ids)
            metadatas = found.get("metadatas") or [None] * len(ids)
            return [
                Row(key, struct.pack(f"<{len(vector)}f", *vector), document, metadata or {})
                for key, vector, document, metadata in zip(ids, vectors, documents, metadatas, strict=True)
            ]
        except (AttributeError, KeyError, TypeError, ValueError, struct.error) as error:
            raise self._strange() from error

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return self._http.request(method, self._base + path, body)

    def _strange(self) -> ServerUnavailable:
        return ServerUnavailable(
            f"what answers at {self.address.name} is no Chroma server, or one of another version",
            hint="look at LITREVIEW_CHROMA_URL, and at the proxy if there is one",
        )


def _unpacked(vector: bytes) -> list[float]:
    return list(struct.unpack(f"<{len(vector) // 4}f", vector))


def _search(numbers: list[float], limit: int, where: Mapping[str, Any] | None) -> dict[str, Any]:
    """The body of `search`, as chromadb 1.5.9's own client makes it of one nearest-neighbour ranking."""
    return {
        "searches": [
            {
                "filter": where or {},
                "rank": {"$knn": {"query": numbers, "key": "#embedding", "limit": limit}},
                "group_by": {},
                "limit": {"offset": 0, "limit": limit},
                "select": {"keys": ["#score"]},
            }
        ],
        "read_level": "index_and_wal",
    }
