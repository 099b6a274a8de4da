"""Vectors of a shared library on its server: one embedding for all machines, and one vector a paper.

An embedding is made once, by one machine: its collections are written first, and then a record under the next
number, which whoever adds it first has. So vectors of two embeddings never meet, and a machine that was late
takes over what the other made.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, Literal
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from litreview.embedding import text_digest
from litreview.errors import EmbeddingMismatch, ServerUnavailable
from litreview.library.catalogue import Catalogue, batched
from litreview.library.embeddings import Embeddings, Generation
from litreview.library.entries import index_entries
from litreview.library.types import LSA
from litreview.library.unsent import silenced

from .chroma import Row, Server
from .http import Missing
from .naming import GENERATION, Names, SharedGeneration, generation_id, parse_generation
from .state import Shared, State
from .stored import StoredVectors

Progress = Callable[[str, int, int], None]

_UNIT: Literal["ip"] = "ip"


class Generations:
    """The embedding and the vectors of one shared library. Needs the library's writer lock.

    Args:
        catalogue: The open catalogue.
        embeddings: Its embeddings.
        state: What it remembers of the server.
        server: The server.
        prefix: How the names of the collections begin.
        lean: Leave titles and abstracts out of the collection of vectors.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        embeddings: Embeddings,
        state: State,
        server: Server,
        *,
        prefix: str,
        lean: bool,
    ) -> None:
        self._catalogue = catalogue
        self._embeddings = embeddings
        self._state = state
        self._server = server
        self._stored = StoredVectors(catalogue.connection)
        self._names = Names(prefix)
        self._lean = lean

    # Taking over

    def _rows(self, told: str) -> list[Row]:
        return [row for row in self._server.all(told) if row.metadata.get("kind") == GENERATION]

    def latest(self, told: str) -> SharedGeneration | None:
        """The embedding the server has now, or None."""
        found = [parse_generation(row) for row in self._rows(told)]
        return max(found, key=lambda generation: generation.number, default=None)

    def adopt(self, latest: SharedGeneration, progress: Progress) -> None:
        """Take the server's embedding over, unless it is ours already or ours is newer.

        Raises:
            EmbeddingMismatch: Another embedding is configured here.
        """
        shared = self._state.shared()
        if (shared.number, shared.token) == (latest.number, latest.token):
            return
        if not self._embeddings.makes(latest.provider, latest.model):
            raise EmbeddingMismatch(
                f"the library on the server was embedded with {latest.name!r}, and another embedding is"
                " configured",
                hint=f"set LITREVIEW_EMBEDDING={latest.name}, or litreview reembed",
            )
        vectors = self._open(self._names.vectors(latest.number, latest.token))
        with self._catalogue.transaction(), silenced(self._catalogue.connection):
            self._embeddings.drop()
            generation = self._stored.take_over(
                provider=latest.provider,
                model=latest.model,
                dimensions=latest.dimensions,
                parameters=latest.parameters,
                fitted_on=latest.fitted_on,
            )
            if latest.provider == LSA:
                self._stored.write_terms(generation, self._terms(latest))
            self._state.set_shared(Shared(latest.number, latest.token, vectors, generation))
            self._catalogue.connection.execute("INSERT OR IGNORE INTO unsent_vectors SELECT key FROM papers")
        self.fetch(progress)

    def fetch(self, progress: Progress) -> int:
        """Bring the vectors here that the server has and this catalogue lacks, and give how many."""
        shared = self._state.shared()
        generation = self._embeddings.current()
        if generation is None or shared.vectors is None or shared.generation != generation.id:
            return 0
        missing = self._stored.without_vector()
        fetched = 0
        for batch in batched(missing, self._server.rows):
            progress("receiving vectors", fetched, len(missing))
            texts = {key: (row, text_digest(text).hex()) for row, key, text in batch}
            found = {
                row.id: row
                for row in self._server.get(shared.vectors, list(texts), vectors=True)
                if row.metadata.get("text") == texts[row.id][1]
                and len(row.vector) == 4 * generation.dimensions
            }
            with self._catalogue.transaction(), silenced(self._catalogue.connection):
                self._stored.write_vectors([(texts[key][0], row.vector) for key, row in found.items()])
                for key in found:
                    self._catalogue.connection.execute("DELETE FROM unsent_vectors WHERE key = ?", (key,))
            fetched += len(found)
        return fetched

    def _terms(self, latest: SharedGeneration) -> Iterator[tuple[str, bytes]]:
        """The words of an LSA model with their rows."""
        collection = self._open(self._names.terms(latest.number, latest.token))
        count = 0
        while page := self._server.page(collection, count, vectors=True):
            yield from ((str(row.metadata["term"]), row.vector) for row in page)
            count += len(page)
        if count != latest.parameters.get("terms", count):
            raise ServerUnavailable(
                f"the server's embedding is not whole: {count:,} words of {latest.parameters['terms']:,}",
                hint="litreview reembed",
            )

    def _open(self, name: str) -> str:
        found = self._server.open(name, _UNIT, create=False)
        if found is None:
            raise Missing(name)
        return found

    # Sending

    def push(self, told: str, latest: SharedGeneration | None, progress: Progress) -> bool:
        """Send what the server lacks; False if another machine was first with another embedding."""
        generation = self._embeddings.current()
        if generation is None:
            return True
        if self._state.shared().generation != generation.id and not self._publish(
            told, latest, generation, progress
        ):
            return False
        self._push_vectors(generation, progress)
        return True

    def _publish(
        self, told: str, latest: SharedGeneration | None, generation: Generation, progress: Progress
    ) -> bool:
        """Make this catalogue's embedding the server's, unless another machine is first."""
        offered = SharedGeneration(
            number=(latest.number if latest else 0) + 1,
            token=uuid4().hex[:12],
            **{
                name: getattr(generation, name)
                for name in ("provider", "model", "dimensions", "parameters", "fitted_on")
            },
        )
        vectors = str(self._server.open(self._names.vectors(offered.number, offered.token), _UNIT))
        if offered.provider == LSA:
            terms = str(self._server.open(self._names.terms(offered.number, offered.token), "l2"))
            self._send_terms(terms, progress)
        rows = self._stored.with_vector()
        self._send_vectors(vectors, generation, rows, progress)
        key = generation_id(offered.number)
        metadata: dict[str, str | int] = {"kind": GENERATION, "number": offered.number}
        self._server.add(told, [Row(key, b"\0" * 8, offered.model_dump_json(), metadata)])
        if offered not in [parse_generation(row) for row in self._server.get(told, [key])]:
            self._server.drop(self._names.vectors(offered.number, offered.token))
            self._server.drop(self._names.terms(offered.number, offered.token))
            return False
        with self._catalogue.transaction():
            self._state.set_shared(Shared(offered.number, offered.token, vectors, generation.id))
            self._catalogue.connection.execute(
                "DELETE FROM unsent_vectors WHERE key IN (SELECT p.key FROM papers p JOIN embeddings e"
                " ON e.paper = p.id)"
            )
        self._clear(told, offered)
        return True

    def _clear(self, told: str, current: SharedGeneration) -> None:
        """Remove what is over from the server."""
        for name in self._server.names():
            if self._names.is_of_older(name, current):
                self._server.drop(name)
        # Not what is newer: another machine may have been faster since.
        over = [row.id for row in self._rows(told) if parse_generation(row).number < current.number]
        if over:
            self._server.delete(told, over)

    def _send_terms(self, collection: str, progress: Progress) -> None:
        for sent, batch in _counted(batched(self._stored.terms(), self._server.rows)):
            progress("sending the embedding", sent, 0)
            rows = [
                Row(blake2b(term.encode(), digest_size=16).hexdigest(), vector, None, {"term": term})
                for term, vector in batch
            ]
            self._server.add(collection, rows)

    def _push_vectors(self, generation: Generation, progress: Progress) -> None:
        collection = str(self._state.shared().vectors)
        found = self._catalogue.connection.execute(
            "SELECT u.key, p.id FROM unsent_vectors u LEFT JOIN papers p ON p.key = u.key"
            " WHERE p.id IS NULL OR p.id IN (SELECT paper FROM embeddings WHERE generation = ?)"
            " ORDER BY p.id",
            (generation.id,),
        ).fetchall()
        gone = [key for key, row in found if row is None]
        if gone:
            self._server.delete(collection, gone)
        self._send_vectors(collection, generation, [row for _, row in found if row is not None], progress)
        with self._catalogue.transaction():
            self._catalogue.connection.executemany(
                "DELETE FROM unsent_vectors WHERE key = ?", [(key,) for key, _ in found]
            )

    def _send_vectors(
        self, collection: str, generation: Generation, rows: Sequence[int], progress: Progress
    ) -> None:
        sent = 0
        for batch in index_entries(self._catalogue.connection, generation, rows, lean=self._lean):
            progress("sending vectors", sent, len(rows))
            texts = self._stored.texts_of(batch.rows)
            self._server.upsert(
                collection,
                [
                    Row(
                        entry.key,
                        np.ascontiguousarray(vector, dtype="<f4").tobytes(),
                        entry.document,
                        {**entry.metadata, "text": text_digest(texts[row]).hex()},
                    )
                    for row, entry, vector in zip(batch.rows, batch.entries, batch.vectors, strict=True)
                ],
            )
            sent += len(batch.rows)

    def verify(self) -> int:
        """See that the server has every vector it was sent, mark those it has lost, and give how many."""
        shared, generation = self._state.shared(), self._embeddings.current()
        if shared.vectors is None or generation is None or shared.generation != generation.id:
            return 0
        rows = self._stored.with_vector()
        if self._server.count(shared.vectors) == len(rows):
            return 0
        there: set[str] = set()
        offset = 0
        while page := self._server.page(shared.vectors, offset):
            there |= {row.id for row in page}
            offset += len(page)
        keys = {key for (key,) in self._catalogue.connection.execute("SELECT key FROM papers")}
        gone = [
            key
            for (key,) in self._catalogue.connection.execute(
                "SELECT key FROM remote_papers WHERE kind <> 'paper'"
            )
            if key in there
        ]
        changed = [*(keys - there), *gone]
        with self._catalogue.transaction():
            self._catalogue.connection.executemany(
                "INSERT OR IGNORE INTO unsent_vectors VALUES (?)", [(key,) for key in changed]
            )
        return len(changed)

    # Searching

    def nearest(
        self, vector: npt.NDArray[np.float32], *, limit: int, where: dict[str, Any] | None
    ) -> list[str] | None:
        """Keys of the papers closest to a unit vector, about; None where the server has another embedding."""
        shared, generation = self._state.shared(), self._embeddings.current()
        if shared.vectors is None or generation is None or shared.generation != generation.id:
            return None
        packed = np.ascontiguousarray(vector, dtype="<f4").tobytes()
        return self._server.nearest(shared.vectors, packed, limit=limit, where=where)


def dropped(connection: sqlite3.Connection) -> None:
    """Forget which generation was taken over: its collections are gone."""
    connection.execute("UPDATE remote SET number = 0, token = NULL, vectors = NULL, generation = NULL")


def _counted(batches: Iterable[list[tuple[str, bytes]]]) -> Iterator[tuple[int, list[tuple[str, bytes]]]]:
    sent = 0
    for batch in batches:
        yield sent, batch
        sent += len(batch)
