"""Merges that were asked for or are undone, and what is needed to tell which papers may be one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from litreview.errors import UsageError
from litreview.papers import Paper, merge

from .catalogue import IN_BATCH, Catalogue, batched
from .records import KeptRecord, united
from .splitting import Parting, inseparable, parting
from .types import OPENING, Outline, SplitReport


class Merges:
    """Which records and papers of a library are one.

    Args:
        catalogue: The open catalogue.
        changing: Makes a change under the writer's lock, in one transaction, with the index in line after it.
    """

    def __init__(self, catalogue: Catalogue, changing: Callable[[], AbstractContextManager[None]]) -> None:
        self._catalogue = catalogue
        self._changing = changing

    def split(self, key: str, *, records: Sequence[int] = ()) -> SplitReport:
        """Undo merges: what was merged into a paper becomes papers again, and stays so when added again.

        Papers that were merged on request get their own keys back; else each record becomes a paper.

        Args:
            key: The merged paper, which keeps its key.
            records: Take out only these of its `records`, counted from 1.

        Raises:
            PaperNotFound: No paper has the key.
            UsageError: There is nothing to undo.
            LibraryError: Its records were not kept, and cannot be separated.
        """
        with self._changing():
            row = self._catalogue.find(key)
            (paper,) = self._catalogue.papers([row])
            part = parting(paper, self._catalogue.records.of(row), records)
            rows = self._part(row, paper, part)
        papers = self._catalogue.papers(rows)
        groups = (part.staying, *part.leaving)
        together = (
            (paper.key or "", inseparable(group)) for paper, group in zip(papers, groups, strict=True)
        )
        return SplitReport(
            papers=tuple(papers), inseparable=tuple((key, stuck) for key, stuck in together if stuck)
        )

    def unite(self, key: str, other: str) -> tuple[Paper, str]:
        """Merge two papers because they were said to be one; `split` undoes it.

        Returns:
            The paper, under the key that was issued first, and the key that leads to it from now on.

        Raises:
            PaperNotFound: No paper has one of the keys.
            UsageError: Both are one paper already.
        """
        with self._changing():
            row, gone = sorted(self._two(key, other))
            known, joined = self._catalogue.papers([row, gone])
            self._catalogue.records.take_over(row, gone, known, joined)
            self._catalogue.remove(gone)
            self._catalogue.update(row, known, merge(known, joined))
        return self._catalogue.papers([row])[0], joined.key or ""

    def keep_apart(self, key: str, other: str) -> None:
        """Remember that two papers are not one, so that they are neither proposed nor merged unasked.

        Raises:
            PaperNotFound: No paper has one of the keys.
            UsageError: Both are one paper.
        """
        with self._changing():
            self._catalogue.records.separate(self._two(key, other))

    def records(self, key: str) -> list[KeptRecord]:
        """The records a paper was merged from, in the order they came; empty for a paper of one record.

        Raises:
            PaperNotFound: No paper has the key.
        """
        return self._catalogue.records.of(self._catalogue.find(key))

    # What is needed to look for papers that may be one

    def outlines(self) -> list[Outline]:
        """What tells every paper from its likes, ordered by key."""
        return [
            Outline(row, key, title, tuple(json.loads(authors)), *rest)
            for row, key, title, authors, *rest in self._catalogue.connection.execute(
                "SELECT id, key, title, coalesce(record ->> '$.authors', '[]'), year, record ->> '$.doi',"
                " record ->> '$.arxiv_id', substr(coalesce(abstract, ''), 1, ?) FROM papers ORDER BY key",
                (OPENING,),
            )
        ]

    def abstracts(self, rows: Sequence[int]) -> dict[int, str]:
        """The abstracts of these rows; a paper without one is left out."""
        found: dict[int, str] = {}
        for batch in batched(rows, IN_BATCH):
            marks = ",".join("?" * len(batch))
            found.update(
                self._catalogue.connection.execute(
                    f"SELECT id, abstract FROM papers WHERE abstract IS NOT NULL AND id IN ({marks})", batch
                )
            )
        return found

    def separations(self) -> frozenset[tuple[int, int]]:
        """The pairs of rows that are known not to be one paper, in both directions."""
        return self._catalogue.records.separations()

    def _part(self, row: int, paper: Paper, part: Parting) -> list[int]:
        """Make papers of the groups that leave, and return all rows, that of the merged paper first."""
        catalogue = self._catalogue
        for table in ("identities", "sources", "tags"):
            catalogue.connection.execute(f"DELETE FROM {table} WHERE paper = ?", (row,))
        catalogue.update(row, paper, united(part.staying).model_copy(update={"key": paper.key}))
        rows = [row]
        for group in part.leaving:
            former = group[0].key
            if former:
                catalogue.records.release(former)
            rows.append(catalogue.find(catalogue.insert(united(group).model_copy(update={"key": former}))))
            catalogue.records.move(group, rows[-1])
        for at, group in zip(rows, (part.staying, *part.leaving), strict=True):
            for record in group:
                catalogue.write_identities(at, record.paper)
        catalogue.records.separate(rows)
        return rows

    def _two(self, key: str, other: str) -> list[int]:
        rows = [self._catalogue.find(name) for name in (key, other)]
        if rows[0] == rows[1]:
            raise UsageError(f"{key!r} and {other!r} are one paper", hint="litreview duplicates")
        return rows
