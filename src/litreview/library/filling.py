"""Filling a fresh vector index in a process of its own, while papers are still being added to the catalogue.

    python -m litreview.library.filling LIBRARY FOLDER lean|full

reads from its standard input an empty line whenever papers were committed, and puts those that have a vector
into a Chroma store of its own. The last line, sent while the caller holds the writer's lock, is the digests
of all rows as they are then: it brings the store in line with them, closes it, moves it to FOLDER and prints
how many papers it holds. It only reads the catalogue, and never touches the index in use.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from litreview.child import messages

from .catalogue import CATALOGUE, Catalogue, batched
from .embeddings import Embeddings, Generation
from .entries import index_entries
from .health import filling_folder
from .locks import filling_lock
from .vectors import BATCH, VectorIndex, import_chromadb, open_index


class _Store:
    """A store that follows a catalogue, and knows what it wrote."""

    def __init__(
        self, index: VectorIndex, catalogue: Catalogue, generation: Generation, *, lean: bool
    ) -> None:
        self._index = index
        self._connection = catalogue.connection
        self._generation = generation
        self._lean = lean
        self._written: dict[str, tuple[int, str]] = {}
        self._last = 0

    def write_new(self) -> None:
        """Write the papers that were embedded since."""
        embedded = self._connection.execute(
            "SELECT rowid, paper FROM embeddings NOT INDEXED"
            " WHERE rowid > ? AND generation = ? ORDER BY rowid",
            (self._last, self._generation.id),
        ).fetchall()
        if embedded:
            self._last = embedded[-1][0]
        self._write(row for _, row in embedded)

    def finish(self, wanted: dict[int, str]) -> int:
        """Hold exactly the rows of these digests, and count: changed ones are taken out and written again."""
        self._take_out([key for key, (row, digest) in self._written.items() if wanted.get(row) != digest])
        self._write(wanted)
        return self._index.count()

    def _write(self, rows: Iterable[int]) -> None:
        """Write those of these rows that are not there."""
        there = {row for row, _ in self._written.values()}
        missing = [row for row in rows if row not in there]
        for batch in index_entries(self._connection, self._generation, missing, lean=self._lean):
            keys = [entry.key for entry in batch.entries]
            # A key may have gone from a paper that was removed to another.
            self._take_out([key for key in keys if key in self._written])
            self._index.write(batch.entries, batch.vectors, replace=False)
            self._written.update(zip(keys, zip(batch.rows, batch.digests(), strict=True), strict=True))
            print(len(self._written), flush=True)

    def _take_out(self, keys: Iterable[str]) -> None:
        for batch in batched(keys, BATCH):
            self._index.delete(batch)
            for key in batch:
                del self._written[key]


def _serve(library: Path, target: Path, *, lean: bool) -> None:
    told = messages()
    import_chromadb()
    word = told.get()
    filling = filling_folder(library)
    with filling_lock(library) as locked, closing(Catalogue(library / CATALOGUE, create=False)) as catalogue:
        generation = Embeddings(catalogue.connection).current()
        if generation is None or not locked:
            sys.exit("there is nothing to fill, or another process is at it")
        shutil.rmtree(filling, ignore_errors=True)
        with open_index(filling, generation.collection, create=True) as index:
            store = _Store(index, catalogue, generation, lean=lean)
            while not word:
                store.write_new()
                word = told.get()
            count = store.finish({int(row): digest for row, digest in json.loads(word).items()})
        filling.rename(target)
    print(count, flush=True)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), Path(sys.argv[2]), lean=sys.argv[3] == "lean")
