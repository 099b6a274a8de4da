"""Lists of papers: a table on a terminal, tab-separated lines in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from litreview.answers import RetrievedEntry


def print_entries(entries: Sequence[RetrievedEntry], *, scores: bool = True) -> None:
    """Print papers with key, year and title, and how close they are to the query."""
    rows = [
        ([f"{entry.score:.2f}"] if scores else []) + [entry.key, str(entry.year or ""), entry.title]
        for entry in entries
    ]
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    if scores:
        table.add_column("score", no_wrap=True)
    table.add_column("key", style="green", overflow="fold")
    table.add_column("year", no_wrap=True)
    table.add_column("title", ratio=1)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
