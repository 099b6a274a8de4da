"""From files to a library: read every source, add what is new, merge what is known, report the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from pydantic import BaseModel, ConfigDict

from .library import Library
from .papers import Paper
from .sources import Rejected, SourceBatch

# One transaction: large enough to be fast, small enough that an interrupted import keeps most of its work.
_TRANSACTION = 5_000
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
    first, papers = _read_ahead(coming)
    with library.fitting_ahead(papers):
        report = _add(library, chain(first, coming), progress)
        library.sync(progress=progress)
    return report


def _read_ahead(batches: Iterator[SourceBatch]) -> tuple[list[SourceBatch], list[Paper]]:
    """Take the first batches, and give all papers there are; no papers if there are more than can wait."""
    taken: list[SourceBatch] = []
    papers: list[Paper] = []
    for batch in batches:
        taken.append(batch)
        papers += batch.papers
        if len(papers) > _READ_AHEAD:
            return taken, []
    return taken, papers


def _add(library: Library, batches: Iterable[SourceBatch], progress: Progress) -> ImportReport:
    report = ImportReport(papers=len(library))
    waiting: list[Paper] = []
    for batch in batches:
        waiting += batch.papers
        report = report.model_copy(
            update={"rejected": report.rejected + batch.rejected, "notes": report.notes + batch.notes}
        )
        if len(waiting) >= _TRANSACTION:
            report = _commit(library, waiting, report)
            waiting = []
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
