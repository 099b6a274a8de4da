"""From files to a library: read every source, add what is new, merge what is known, report the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from pydantic import BaseModel, ConfigDict

from .library import Ahead, Library
from .papers import Paper, canonical_order
from .sources import Rejected, SourceBatch

# One transaction: small enough that an interrupted import keeps most of its work, and that what is worked on
# ahead is soon noticed when it is there.
_TRANSACTION = 1_000
# An import of up to so many papers is read before the first is added, so that its embedding can be fitted
# meanwhile; a larger one is read as it is added, in constant memory.
_READ_AHEAD = 20_000

Progress = Callable[[str, int, int], None]


class ImportReport(BaseModel):
    """What became of every record that was read.

    `added`, `merged` and `unchanged` count records, `papers` counts the library after the import; `notes` are
    remarks about what was read but not as it stood.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    added: int = 0
    merged: int = 0
    unchanged: int = 0
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()
    papers: int = 0


def import_batches(library: Library, batches: Iterable[SourceBatch], *, progress: Progress) -> ImportReport:
    """Add batches of records to a library, then embed and index what is new.

    Papers are committed as they come: whatever interrupts the import, what was added stays, and the same
    import again goes on from there.

    Args:
        library: An open library.
        batches: What the sources gave, as `sources.read_sources` yields it.
        progress: Called with a stage, how many are done, and how many there are (0 while unknown).
    """
    coming = iter(batches)
    with library.working_ahead() as ahead:
        first = _read_ahead(coming, ahead)
        report = _add(library, chain([first], coming), progress)
        library.sync(progress=progress)
    return report


def _read_ahead(batches: Iterator[SourceBatch], ahead: Ahead | None) -> SourceBatch:
    """Read all there is as one batch, in canonical order, or as much of it as can wait."""
    papers: list[Paper] = []
    rejected: list[Rejected] = []
    notes: list[str] = []
    for batch in batches:
        papers += batch.papers
        rejected += batch.rejected
        notes += batch.notes
        if len(papers) > _READ_AHEAD:
            if ahead:
                ahead.stop()
            break
        if ahead:
            ahead.read(batch.papers)
    else:
        if ahead:
            ahead.fit(papers)
    return SourceBatch(papers=tuple(canonical_order(papers)), rejected=tuple(rejected), notes=tuple(notes))


def _add(library: Library, batches: Iterable[SourceBatch], progress: Progress) -> ImportReport:
    report = ImportReport(papers=len(library))
    waiting: list[Paper] = []
    for batch in batches:
        waiting += batch.papers
        report = report.model_copy(
            update={"rejected": report.rejected + batch.rejected, "notes": report.notes + batch.notes}
        )
        while len(waiting) >= _TRANSACTION:
            report = _commit(library, waiting[:_TRANSACTION], report)
            waiting = waiting[_TRANSACTION:]
            progress("reading", report.added + report.merged + report.unchanged, 0)
    return _commit(library, waiting, report)


def _commit(library: Library, papers: list[Paper], report: ImportReport) -> ImportReport:
    if not papers:
        return report
    done = library.add(papers)
    return report.model_copy(
        update={
            "added": report.added + done.added,
            "merged": report.merged + done.merged,
            "unchanged": report.unchanged + done.unchanged,
            "papers": done.papers,
        }
    )
