"""The vector index: one Chroma collection per embedding generation. The only module that imports chromadb.

Chroma is opened, used and closed while the caller holds the index lock. Vectors are always passed in: left
to itself Chroma would download a model and embed the texts with that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from litreview.errors import IndexUnusable

if TYPE_CHECKING:
    from types import ModuleType

    import numpy.typing as npt
    from chromadb.api.models.Collection import Collection

# Chroma takes at most 5,461 rows at once; 2,000 and 5,000 rows a batch take the same time, 500 more.
BATCH = 2_000
# ef_search 400 finds 0.995 of the true first 20 among 100,000 LSA vectors, the default 100 finds 0.973.
_EF_SEARCH = 400


class IndexEntry(NamedTuple):
    """What the index holds of one paper besides its vector; `document` is None in a lean library."""

    key: str
    document: str | None
    metadata: dict[str, str | int]


class VectorIndex:
    """An open Chroma collection. Cosine distance; keys of papers are its ids."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    def write(
        self, entries: Sequence[IndexEntry], vectors: npt.NDArray[np.float32], *, replace: bool = True
    ) -> None:
        """Write at most `BATCH` entries; `vectors` has shape (len(entries), dimensions).

        `replace=False` is faster, by the look-up of each key, where none of the keys can be there already.
        """
        documents = [entry.document for entry in entries]
        write = self._collection.upsert if replace else self._collection.add
        write(
            ids=[entry.key for entry in entries],
            embeddings=vectors,
            documents=None if None in documents else [text for text in documents if text is not None],
            metadatas=[entry.metadata for entry in entries],
        )

    def delete(self, keys: Sequence[str]) -> None:
        """Take at most `BATCH` papers out; keys that are not there do no harm."""
        self._collection.delete(ids=list(keys))

    def count(self) -> int:
        """How many papers the collection holds."""
        return self._collection.count()

    def vectors(self, keys: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
        """The stored vectors of these papers by key; a paper that is not there is left out."""
        stored: dict[str, npt.NDArray[np.float32]] = {}
        for start in range(0, len(keys), BATCH):
            found = self._collection.get(ids=list(keys[start : start + BATCH]), include=["embeddings"])
            vectors = np.asarray(found["embeddings"], dtype=np.float32)
            stored.update(zip(found["ids"], vectors, strict=True))
        return stored

    def nearest(self, vector: npt.NDArray[np.float32], *, limit: int) -> list[tuple[str, float]]:
        """The papers closest to a unit vector, with the cosine in [-1, 1], best first; approximate (HNSW)."""
        found = self._collection.query(
            query_embeddings=vector[None, :], n_results=limit, include=["distances"]
        )
        distances = found["distances"] or [[]]
        # Chroma's cosine space gives distances: 1 - cosine.
        return [(key, 1.0 - distance) for key, distance in zip(found["ids"][0], distances[0], strict=True)]


@contextmanager
def open_index(folder: Path, collection: str, *, create: bool = False) -> Iterator[VectorIndex]:
    """Open one collection of the Chroma store in `folder`, and close the store again.

    Raises:
        IndexUnusable: Chroma cannot open the store, has no such collection, or fails while it is used.
    """
    chromadb = import_chromadb()
    # realpath: Chroma takes "dir" and "dir/" for two stores and would open both.
    path = os.path.realpath(folder)
    client = None
    try:
        client = chromadb.PersistentClient(path, settings=chromadb.Settings(anonymized_telemetry=False))
        if create:
            opened = client.create_collection(
                collection,
                embedding_function=None,
                # The default sync_threshold of 1,000: 10,000 took 12 % more processor time for 10,000 papers.
                configuration={"hnsw": {"space": "cosine", "ef_search": _EF_SEARCH}},
            )
        else:
            opened = client.get_collection(collection, embedding_function=None)
        yield VectorIndex(opened)
    except (chromadb.errors.ChromaError, ValueError, RuntimeError, OSError) as error:
        raise IndexUnusable(
            f"Chroma could not use the vector index in {path!r} ({error})", hint="litreview doctor --repair"
        ) from error
    finally:
        if client is not None:
            client.close()


def import_chromadb() -> ModuleType:
    """Import chromadb without letting it read ./.env, where whatever lies there would break the import.

    chromadb builds its settings while it is imported, from a .env in the working folder; one line in it that
    is not UTF-8 ends the program. For the moment of that import its settings get a base class without that
    file (`_env_file=None`, pydantic-settings' own switch).
    """
    if "chromadb" in sys.modules:
        return sys.modules["chromadb"]
    # onnxruntime, which chromadb pulls in, reads this once at import.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import pydantic_settings

    original = pydantic_settings.BaseSettings

    class WithoutDotenv(original):  # type: ignore[misc, valid-type]
        def __init__(self, **values: Any) -> None:
            super().__init__(**{**values, "_env_file": None})

    pydantic_settings.BaseSettings = WithoutDotenv  # type: ignore[assignment, misc]
    try:
        import chromadb
        import chromadb.errors
    finally:
        pydantic_settings.BaseSettings = original  # type: ignore[misc]
    return chromadb
