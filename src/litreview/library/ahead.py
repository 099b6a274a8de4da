"""What goes on beside a large first import: the embedding is fitted, then the vector index filled.

Both are done by processes of their own while the papers go into the catalogue. They change the time an
import takes and nothing else: whatever they do not come to is left to `Library.sync`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from litreview.child import Child
from litreview.embedding.ahead import Fit, FitAhead
from litreview.papers import Paper, TitleIdentity, title_identity

from .embeddings import LSA_DIMENSIONS, Embeddings, Progress
from .entries import EntryBatch
from .health import filling_folder, fresh_folder
from .locks import filling_lock

# Fewer papers are fitted sooner than a process has imported scipy.
_WORTH_IT = 2_000


class Filling:
    """An index that is being filled. A context manager: at its end the process and what it left are gone.

    Args:
        library: The library's folder.
        folder: Where the index shall be when it is finished.
        lean: Leave the documents out, as the library's index does.
    """

    def __init__(self, library: Path, folder: Path, *, lean: bool) -> None:
        self._library = library
        self._child = Child(
            "litreview.library.filling", str(library), str(folder), "lean" if lean else "full"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def start(self) -> None:
        """Start the process, which then loads what it needs; nothing if it was started before."""
        self._child.start()

    def go_on(self) -> None:
        """Tell it that papers and their vectors were committed. Returns at once."""
        self._child.send(b"")

    def finish(self, batches: Iterable[EntryBatch], papers: int, progress: Progress) -> bool:
        """Wait for an index of just these entries, of so many papers; False if it does not come to that.

        The caller holds the writer's lock, so that the catalogue stays as it is.
        """
        if not self._child.running():
            return False
        digests = {
            row: digest for batch in batches for row, digest in zip(batch.rows, batch.digests(), strict=True)
        }
        self._child.send(json.dumps(digests).encode())
        done = 0
        for line in self._child.output or ():
            done = int(line) if line.strip().isdigit() else 0
            progress("indexing", done, papers)
        return self._child.succeeded() and done == papers

    def end(self) -> None:
        """End the process, and remove what it left."""
        if self._child.process:
            self._child.end()
            remove_leftovers(self._library)


def remove_leftovers(library: Path) -> None:
    """Remove what a filling that was killed left behind; one that is at work is left alone."""
    with filling_lock(library) as locked:
        if locked:
            shutil.rmtree(filling_folder(library), ignore_errors=True)


class Ahead:
    """The two processes of one import into an empty library."""

    def __init__(self, fit: FitAhead, filling: Filling | None) -> None:
        self.filling = filling
        self._fit = fit
        self._papers = 0
        self._waiting: list[Paper] = []
        self._generation: int | None = None

    @classmethod
    @contextmanager
    def of(cls, library: Path, *, indexed: bool, lean: bool) -> Iterator[Self]:
        """Both processes, not started yet; at the end of the block they are gone."""
        with (
            FitAhead(dimensions=LSA_DIMENSIONS) as fit,
            Filling(library, fresh_folder(library), lean=lean) as filling,
        ):
            yield cls(fit, filling if indexed else None)

    # What the import tells

    def read(self, papers: Sequence[Paper]) -> None:
        """Have more papers of the import read. The process starts when they are enough to be worth it."""
        self._waiting += papers
        self._papers += len(papers)
        if self._papers >= _WORTH_IT:
            self._fit.read([paper.text for paper in self._waiting])
            self._waiting = []

    def fit(self, papers: Sequence[Paper]) -> None:
        """Begin to fit on all papers of the import, if they are worth it."""
        if len(papers) >= _WORTH_IT:
            self._fit.fit(_texts_to_fit(papers))
            if self.filling:
                self.filling.start()

    def stop(self) -> None:
        """Do without: there are more papers than can wait in memory."""
        self._fit.end()
        if self.filling:
            self.filling.end()

    # What the library asks, in this order, under the writer's lock

    def embed(self, embeddings: Embeddings) -> None:
        """In a transaction that added papers: write the vectors there are by now."""
        fit = self._fit.result(wait=False)
        if fit:
            self._embed(embeddings, fit)

    def index(self) -> None:
        """After that transaction: have the papers that have a vector indexed."""
        if self.filling and self._generation is not None:
            self.filling.go_on()

    def settle(self, embeddings: Embeddings) -> None:
        """In a transaction, when all is added: wait for the fit, and take or drop it."""
        fit = self._fit.result(wait=True)
        if fit and embeddings.served_by(fit):
            self._embed(embeddings, fit)
        elif fit and self._is_current(embeddings):
            embeddings.drop()
            self.stop()

    def _embed(self, embeddings: Embeddings, fit: Fit) -> None:
        if embeddings.current() is None:
            self._generation = embeddings.adopt(fit)
        if self._is_current(embeddings):
            embeddings.take(fit)

    def _is_current(self, embeddings: Embeddings) -> bool:
        # Another process that imports at the same time may have been first.
        current = embeddings.current()
        return current is not None and current.id == self._generation


def _texts_to_fit(papers: Iterable[Paper]) -> Iterator[str]:
    """The texts the library will probably hold: one a title, that with the longest abstract, in any order."""
    chosen: dict[TitleIdentity, Paper] = {}
    for paper in papers:
        known = chosen.setdefault(title_identity(paper.title), paper)
        if known is not paper:
            chosen[title_identity(paper.title)] = max(
                known, paper, key=lambda each: (len(each.abstract or ""), each.text)
            )
    return (paper.text for paper in chosen.values())
