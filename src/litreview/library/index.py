"""Bringing the Chroma index in line with the catalogue: small changes in place, anything else rebuilt whole.

An index that is not known to be whole is never opened for writing: it is built anew from the catalogue in a
folder of its own, checked, and then swapped in.
"""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from litreview.errors import IndexUnusable, LibraryError

from .ahead import Filling, remove_leftovers
from .catalogue import Catalogue, InIndex, batched
from .embeddings import Embeddings, Generation, Progress
from .entries import EntryBatch, index_entries
from .health import IndexHealth, check_index, fresh_folder, mark_closed, mark_open, store_folder
from .locks import index_writer_lock
from .vectors import BATCH, VectorIndex, open_index

_log = logging.getLogger("litreview")

# 100,000 papers with documents take 953 to 1,402 MB; rebuilding needs room for a second copy.
_BYTES_PER_PAPER = 14_000


class IndexKeeper:
    """Keeps the index of one library. Its methods need the library's writer lock."""

    def __init__(self, folder: Path, catalogue: Catalogue, embeddings: Embeddings, *, lean: bool) -> None:
        self._folder = folder
        self._catalogue = catalogue
        self._embeddings = embeddings
        self._lean = lean

    def health(self) -> IndexHealth:
        """The state of the index as the catalogue expects it; ok for a library without papers."""
        generation = self._embeddings.current()
        counts = self._catalogue.counts()
        if generation is None:
            return (
                IndexHealth("ok") if not counts.papers else IndexHealth("missing", "nothing is embedded yet")
            )
        return check_index(self._folder, collection=generation.collection, count=counts.in_index)

    def sync(self, progress: Progress, *, rebuild: bool = False, filling: Filling | None = None) -> None:
        """Make the index hold exactly what the catalogue holds, in place if it is whole, else from scratch.

        A `filling` of the current generation spares the work where it comes to its end.

        Raises:
            LibraryBusy: Readers kept the index open for too long.
            LibraryError: There is not enough room, or the folder cannot be written.
            IndexUnusable: Chroma failed; the catalogue is untouched and the next writer tries again.
        """
        generation = self._embeddings.current()
        if generation is None:
            return
        with index_writer_lock(self._folder):
            health = self.health()
            counts = self._catalogue.counts()
            if health and not rebuild:
                if counts.current == counts.papers and not counts.removals:
                    return
                self._update(generation, progress)
            else:
                if health.state in ("damaged", "unclean"):
                    _log.info("the vector index is rebuilt from the catalogue (%s)", health.reason)
                self._rebuild(generation, progress, filling)

    def _update(self, generation: Generation, progress: Progress) -> None:
        connection = self._catalogue.connection
        rows = _column(connection, "SELECT id FROM papers WHERE in_index <> 1 ORDER BY id")
        removals = _column(connection, "SELECT key FROM index_removals ORDER BY key")
        mark_open(self._folder)
        with open_index(store_folder(self._folder), generation.collection) as index:
            for keys in batched(removals, BATCH):
                index.delete(keys)
            self._fill(index, generation, rows, progress)
        self._finish(generation)

    def _rebuild(self, generation: Generation, progress: Progress, filling: Filling | None) -> None:
        rows = self._catalogue.rows()
        store = store_folder(self._folder)
        fresh, old = fresh_folder(self._folder), store.with_name(f"{store.name}.old")
        mark_open(self._folder)
        for leftover in (fresh, old):
            shutil.rmtree(leftover, ignore_errors=True)
        if not (filling and filling.finish(self._entries(generation, rows), len(rows), progress)):
            self._build(fresh, generation, rows, progress)
        if store.exists():
            store.rename(old)
        fresh.rename(store)
        shutil.rmtree(old, ignore_errors=True)
        # Again: a process whose parent was killed may have been busy with its last batch when we began.
        remove_leftovers(self._folder)
        self._finish(generation)

    def _build(self, fresh: Path, generation: Generation, rows: list[int], progress: Progress) -> None:
        remove_leftovers(self._folder)
        shutil.rmtree(fresh, ignore_errors=True)
        self._check_room(len(rows))
        with open_index(fresh, generation.collection, create=True) as index:
            self._fill(index, generation, rows, progress, replace=False)
            if index.count() != len(rows):
                raise IndexUnusable(
                    f"the new vector index holds {index.count()} of {len(rows)} papers",
                    hint="litreview doctor --repair",
                )

    def _fill(
        self,
        index: VectorIndex,
        generation: Generation,
        rows: list[int],
        progress: Progress,
        *,
        replace: bool = True,
    ) -> None:
        done = 0
        for batch in self._entries(generation, rows):
            progress("indexing", done, len(rows))
            index.write(batch.entries, batch.vectors, replace=replace)
            done += len(batch.rows)

    def _entries(self, generation: Generation, rows: list[int]) -> Iterator[EntryBatch]:
        return index_entries(self._catalogue.connection, generation, rows, lean=self._lean)

    def _finish(self, generation: Generation) -> None:
        with self._catalogue.transaction():
            self._catalogue.connection.execute(
                "UPDATE papers SET in_index = ? WHERE in_index <> ?", (InIndex.CURRENT, InIndex.CURRENT)
            )
            self._catalogue.connection.execute("DELETE FROM index_removals")
        mark_closed(self._folder, collection=generation.collection, count=self._catalogue.counts().in_index)

    def _check_room(self, papers: int) -> None:
        needed = papers * _BYTES_PER_PAPER
        free = shutil.disk_usage(self._folder).free
        if free < needed:
            raise LibraryError(
                f"the papers are there, but building the vector index of all {papers:,} takes about"
                f" {needed // 1_000_000:,} MB, and {str(self._folder)!r} has {free // 1_000_000:,} MB free",
                hint="free some space, then litreview doctor --repair",
            )


def _column(connection: sqlite3.Connection, query: str) -> list[Any]:
    return [value for (value,) in connection.execute(query)]
