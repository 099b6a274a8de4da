"""Rows of comma, semicolon or tab separated text, each with its line and its text. Pure.

A quote that is opened and never closed would swallow the rows behind it: a row over several lines counts only
if it ends as it should, with as many cells as the header. Otherwise its first line stands alone.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

# A cell with line ends in it has an abstract's few, not this many.
_LONGEST_ROW = 200


class Row(NamedTuple):
    """The cells of one row, as it stands from `line` (from 1) on."""

    cells: list[str]
    line: int
    raw: str


class Rows:
    """Goes through lines row by row.

    Args:
        lines: Lines with their ends.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._waiting: deque[str] = deque()
        self._line = 1

    def peek(self, number: int) -> list[str]:
        """The next lines, at most so many, which stay to be read."""
        while len(self._waiting) < number and (line := next(self._lines, None)) is not None:
            self._waiting.append(line)
        return list(self._waiting)[:number]

    def skip(self, number: int) -> None:
        """Leave so many lines out."""
        self._line += sum(self._next() is not None for _ in range(number))

    def read(self, delimiter: str, *, width: int | None = None) -> Row | None:
        """Return the next row, or None at the end.

        Args:
            delimiter: What stands between cells.
            width: How many cells a row over several lines has; any number where it is not given.
        """
        first = self._next()
        if first is None:
            return None
        taken = [first]
        cells: list[str] | None
        try:
            cells = next(csv.reader(self._from(taken), delimiter=delimiter, strict=True), [])
        except csv.Error:
            cells = None
        if cells is None or (len(taken) > 1 and width is not None and len(cells) != width):
            self._waiting.extendleft(reversed(taken[1:]))
            taken = taken[:1]
            cells = _alone(first, delimiter)
        line = self._line
        self._line += len(taken)
        return Row(cells, line, "".join(taken))

    def _from(self, taken: list[str]) -> Iterator[str]:
        yield taken[0]
        while len(taken) < _LONGEST_ROW and (line := self._next()) is not None:
            taken.append(line)
            yield line

    def _next(self) -> str | None:
        return self._waiting.popleft() if self._waiting else next(self._lines, None)


def _alone(line: str, delimiter: str) -> list[str]:
    """The cells of one line whose quotes do not pair: one ends a cell only where the next cell begins."""
    line = line.rstrip("\n")
    if delimiter == "\t":
        return line.split("\t")
    cells: list[str] = []
    at = 0
    while at <= len(line):
        closed = line.find(f'"{delimiter}', at + 1) if line.startswith('"', at) else -1
        if closed < 0 and line.startswith('"', at) and line.endswith('"') and len(line) > at + 1:
            closed = len(line) - 1
        end = closed + 1 if closed >= 0 else line.find(delimiter, at)
        end = end if end >= 0 else len(line)
        cell = line[at + 1 : closed].replace('""', '"') if closed >= 0 else line[at:end].removeprefix('"')
        cells.append(cell)
        at = end + 1
    return cells
