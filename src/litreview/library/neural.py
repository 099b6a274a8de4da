"""Vectors of an embedder outside the library (a server, a model on this machine), cached by content.

What was embedded once is kept under the embedding's name and a digest of the text: an import that was broken
off goes on where it stopped, a text that comes back costs nothing, and going back to an earlier embedding is
free.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from litreview.embedding import text_digest
from litreview.errors import EmbeddingMismatch

from .catalogue import batched

if TYPE_CHECKING:
    from litreview.embedding import Embedder

Progress = Callable[[str, int, int], None]
Matrix = npt.NDArray[np.float32]

# Each batch is committed: so much is lost at most when an import is broken off.
_BATCH = 1_000


class EmbeddedTexts:
    """The cache of one embedder's vectors in a catalogue; each batch is a transaction of its own."""

    def __init__(self, connection: sqlite3.Connection, embedder: Embedder) -> None:
        self._connection = connection
        self._embedder = embedder
        self._name = f"{embedder.provider}:{embedder.model}"

    def waiting(self, texts: Sequence[str]) -> list[str]:
        """The texts that have no vector yet, each once."""
        unique = {text_digest(text): text for text in texts}
        known: set[bytes] = set()
        for batch in batched(list(unique), _BATCH):
            marks = ",".join("?" * len(batch))
            known |= {
                digest
                for (digest,) in self._connection.execute(
                    f"SELECT digest FROM embedded_texts WHERE embedding = ? AND digest IN ({marks})",
                    (self._name, *batch),
                )
            }
        return [text for digest, text in unique.items() if digest not in known]

    def fetch(self, texts: Sequence[str], progress: Progress) -> None:
        """Embed and keep what is not there yet. To be called outside a transaction.

        Raises:
            ProviderError: The embedder's server could not be reached; what was embedded is kept.
            ModelRefused: It refused, or what it sent are no vectors.
        """
        waiting = self.waiting(texts)
        for start in range(0, len(waiting), _BATCH):
            progress("embedding", start, len(waiting))
            batch = waiting[start : start + _BATCH]
            vectors = np.ascontiguousarray(self._embedder.embed_papers(batch), dtype="<f4")
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:
                self._connection.executemany(
                    "INSERT OR REPLACE INTO embedded_texts (embedding, digest, vector) VALUES (?, ?, ?)",
                    [
                        (self._name, text_digest(text), row.tobytes())
                        for text, row in zip(batch, vectors, strict=True)
                    ],
                )

    def vectors(self, texts: Sequence[str]) -> Matrix:
        """The kept vectors of these texts, shape (len(texts), dimensions); all must have been fetched.

        Raises:
            EmbeddingMismatch: They are of different lengths: the model behind the name has changed.
        """
        digests = [text_digest(text) for text in texts]
        found: dict[bytes, npt.NDArray[np.float32]] = {}
        for batch in batched(list(dict.fromkeys(digests)), _BATCH):
            marks = ",".join("?" * len(batch))
            rows = self._connection.execute(
                f"SELECT digest, vector FROM embedded_texts WHERE embedding = ? AND digest IN ({marks})",
                (self._name, *batch),
            )
            found.update({digest: np.frombuffer(vector, dtype="<f4") for digest, vector in rows})
        lengths = sorted({len(vector) for vector in found.values()})
        if len(lengths) > 1:
            raise EmbeddingMismatch(
                f"the embedding {self._name!r} has given vectors of {lengths} dimensions: its model changed",
                hint="name another model, or litreview reembed --fresh",
            )
        return np.stack([found[digest] for digest in digests]) if digests else np.zeros((0, 1), np.float32)

    def forget(self) -> None:
        """Drop every vector of this embedding, for a model that has changed behind its name."""
        self._connection.execute("DELETE FROM embedded_texts WHERE embedding = ?", (self._name,))
