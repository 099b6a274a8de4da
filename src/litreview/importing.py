"""From files to a library: read every source, add what is new, merge what is known, report the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from .library import Library
from .papers import Paper, canonical_order
from .sources import Rejected, SourceBatch

if TYPE_CHECKING:
    from .library.ahead import Ahead

# One transaction: small enough that an interrupted import keeps most of its work, and that what is worked on
# ahead is soon noticed when it is there.
_TRANSACTION = 1_000
# An import of up to so many papers is read before the first is added (4 kB a paper): keys do not depend on
# the order of its files, and its embedding is fitted meanwhile. A larger one is read as it is added, in
# constant memory.
_READ_AHEAD = 100_000

Progress = Callable[[str, int, int], None]
OnRejected = Callable[[Rejected], None]


class SourceReport(BaseModel):
    """What became of the records of one file, or of one service."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    added: int = 0
    merged: int = 0
    unchanged: int = 0
    rejected: int = 0
    without_abstract: int = 0


class ImportReport(BaseModel):
    """What became of every record that was read.

    `added`, `merged` and `unchanged` count records, `papers` counts the library after the import; `notes` are
    remarks about what was read but not as it stood. `without_abstract` counts records that have none: their
    papers are kept and found, and no answer cites them. `sources` tells the same of each file, in the order
    in which they were read. The text of what was rejected is shortened.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    added: int = 0
    merged: int = 0
    unchanged: int = 0
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()
    papers: int = 0
    without_abstract: int = 0
    sources: tuple[SourceReport, ...] = ()


def import_batches(
    library: Library,
    batches: Iterable[SourceBatch],
    *,
    progress: Progress,
    on_rejected: OnRejected | None = None,
) -> ImportReport:
    """Add batches of records to a library, then embed and index what is new.

    Papers are committed as they come: whatever interrupts the import, what was added stays, and the same
    import again goes on from there.

    Args:
        library: An open library.
        batches: What the sources gave, as `sources.read_sources` yields it.
        progress: Called with a stage, how many are done, and how many there are (0 while unknown).
        on_rejected: Called with each rejected record as it is read, its text whole.
    """
    tally = _Tally(len(library), on_rejected)
    coming = tally.count(batches)
    with library.working_ahead() as ahead:
        _add(library, _read_ahead(coming, ahead), tally, progress)
        library.sync(progress=progress)
    return tally.report()


class _Tally:
    """Counts what was read, and what became of it, by source."""

    def __init__(self, papers: int, on_rejected: OnRejected | None) -> None:
        self._papers = papers
        self._on_rejected = on_rejected
        self._rejected: list[Rejected] = []
        self._notes: list[str] = []
        self._counts: dict[str, Counter[str]] = {}
        # Of papers that were read and not added yet, by identity: two files may hold equal ones.
        self._origins: dict[int, str] = {}

    def count(self, batches: Iterable[SourceBatch]) -> Iterator[list[Paper]]:
        """Yield the papers of each batch, and note where they and the rejected records come from."""
        for batch in batches:
            for rejected in batch.rejected:
                self._of(batch.path or rejected.path)["rejected"] += 1
                self._rejected.append(rejected.shortened())
                if self._on_rejected is not None:
                    self._on_rejected(rejected)
            self._notes += batch.notes
            for paper in batch.papers:
                if batch.path:
                    self._origins[id(paper)] = batch.path
                self._of(self._origin(paper))["without_abstract"] += paper.abstract is None
            yield list(batch.papers)

    def added(self, library: Library, papers: list[Paper]) -> None:
        """Add papers to the library and count what became of each."""
        ordered = canonical_order(papers)
        done = library.add(ordered)
        for paper, outcome in zip(ordered, done.outcomes, strict=True):
            self._of(self._origin(paper))[outcome] += 1
        for paper in ordered:
            self._origins.pop(id(paper), None)
        self._papers = done.papers

    def total(self, *kinds: str) -> int:
        """How many records of these kinds there were so far."""
        return sum(counts[kind] for counts in self._counts.values() for kind in kinds)

    def report(self) -> ImportReport:
        """Return all of it."""
        return ImportReport(
            added=self.total("added"),
            merged=self.total("merged"),
            unchanged=self.total("unchanged"),
            rejected=tuple(self._rejected),
            notes=tuple(self._notes),
            papers=self._papers,
            without_abstract=self.total("without_abstract"),
            sources=tuple(SourceReport(path=path, **counts) for path, counts in self._counts.items()),
        )

    def _origin(self, paper: Paper) -> str:
        """The path it was read from; what comes from a service has none, but is named in its source."""
        return self._origins.get(id(paper)) or next((source.name for source in paper.sources), "")

    def _of(self, origin: str) -> Counter[str]:
        return self._counts.setdefault(origin, Counter())


def _read_ahead(batches: Iterator[list[Paper]], ahead: Ahead | None) -> Iterator[list[Paper]]:
    """Read all there is, or as much as can wait, and yield it in canonical order; then yield the rest."""
    papers: list[Paper] = []
    for batch in batches:
        papers += batch
        if len(papers) > _READ_AHEAD:
            if ahead:
                ahead.stop()
            break
        if ahead:
            ahead.read(batch)
    else:
        if ahead:
            ahead.fit(papers)
    # From the end, and without a name for a part that was taken: what was added need not stay in memory.
    papers = canonical_order(papers)[::-1]
    while papers:
        yield [papers.pop() for _ in range(min(_TRANSACTION, len(papers)))]
    yield from batches


def _add(library: Library, batches: Iterable[list[Paper]], tally: _Tally, progress: Progress) -> None:
    waiting: list[Paper] = []
    for batch in batches:
        waiting += batch
        while len(waiting) >= _TRANSACTION:
            tally.added(library, waiting[:_TRANSACTION])
            waiting = waiting[_TRANSACTION:]
            progress("reading", tally.total("added", "merged", "unchanged"), 0)
    if waiting:
        tally.added(library, waiting)
