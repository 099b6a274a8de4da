"""Which records leave a merged paper when the merge is undone, and what can be told where none can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from litreview.errors import LibraryError, UsageError
from litreview.papers import Paper

from .records import KeptRecord


class Parting(NamedTuple):
    """The records that stay with a paper, and the groups that leave it, each to be a paper."""

    staying: list[KeptRecord]
    leaving: list[list[KeptRecord]]


def parting(paper: Paper, records: Sequence[KeptRecord], numbers: Sequence[int] = ()) -> Parting:
    """Tell which records of a paper part.

    Papers that were merged on request leave as they were, and nothing else; where there are none, every
    record but the first leaves, or those of the given numbers.

    Args:
        paper: The merged paper.
        records: Its kept records in the order they came.
        numbers: The records to take out, counted from 1; none for all.

    Raises:
        UsageError: There is nothing to undo, or no such record.
        LibraryError: Its records were not kept.
    """
    if len(records) < 2:
        raise _nothing_to_part(paper)
    if numbers:
        return _chosen(paper, records, numbers)
    groups: dict[str | None, list[KeptRecord]] = {}
    for record in records:
        groups.setdefault(record.key, []).append(record)
    staying = groups.pop(None, None) or groups.pop(next(iter(groups)))
    if groups:
        return Parting(staying, list(groups.values()))
    return Parting([records[0]], [[record] for record in records[1:]])


def _chosen(paper: Paper, records: Sequence[KeptRecord], numbers: Sequence[int]) -> Parting:
    wanted = sorted(set(numbers))
    if wanted[0] < 1 or wanted[-1] > len(records):
        wrong = wanted[0] if wanted[0] < 1 else wanted[-1]
        raise UsageError(
            f"{paper.key!r} has no record {wrong}, it was merged from {len(records)}",
            hint=f"litreview split {paper.key} --list",
        )
    if len(wanted) == len(records):
        raise UsageError(
            f"one record of {paper.key!r} has to stay", hint=f"litreview split {paper.key} (the first stays)"
        )
    staying = [record for number, record in enumerate(records, start=1) if number not in wanted]
    return Parting(staying, [[records[number - 1]] for number in wanted])


def inseparable(records: Sequence[KeptRecord]) -> tuple[str, ...]:
    """The names of the sources that stand in one record and cannot be told apart any more."""
    return tuple(
        sorted({source.name for record in records if record.composite for source in record.paper.sources})
    )


def _nothing_to_part(paper: Paper) -> UsageError | LibraryError:
    if len(paper.sources) < 2:
        return UsageError(
            f"nothing was merged into {paper.key!r}, it comes from one record",
            hint=f"litreview show {paper.key}",
        )
    names = ", ".join(dict.fromkeys(source.name for source in paper.sources))
    return LibraryError(
        f"what was merged into {paper.key!r} cannot be separated: its sources ({names}) gave the same record,"
        " came as one, or were merged by a litreview that kept no records",
        hint=f"litreview remove {paper.key}, then litreview add the file it belongs to",
    )
