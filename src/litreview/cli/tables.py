"""Lists of papers and of runs: a table on a terminal, tab-separated lines in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from litreview.answers import RetrievedEntry
from litreview.library import RunEntry

from .shell import harmless, tell


def print_entries(entries: Sequence[RetrievedEntry], *, scores: bool = True) -> None:
    """Print papers with key, year and title, and how close they are to the query."""
    rows = [
        ([f"{entry.score:.2f}"] if scores else []) + [entry.key, str(entry.year or ""), entry.title]
        for entry in entries
    ]
    columns = ["score", "key", "year", "title"] if scores else ["key", "year", "title"]
    print_table(columns, rows)


def print_runs(entries: Sequence[RunEntry]) -> None:
    """Print stored runs: id, the model or engine, the question, and the error of a run without an answer."""
    rows = [
        [entry.id, entry.model or entry.engine, entry.question + (f" — {entry.error}" if entry.error else "")]
        for entry in entries
    ]
    print_table(["run", "by", "question"], rows)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their heads on a terminal; in a pipe one line a row, its cells between tabs."""
    if not sys.stdout.isatty():
        for row in rows:
            tell("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns[:-1]:
        identifies = name in ("key", "run")
        table.add_column(name, style="green" if identifies else None, no_wrap=not identifies, overflow="fold")
    table.add_column(columns[-1], ratio=1)
    for row in rows:
        table.add_row(*(Text(harmless(cell)) for cell in row))
    Console().print(table)
