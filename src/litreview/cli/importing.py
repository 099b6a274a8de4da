"""`litreview add`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from .options import JsonOption, LibraryOption
from .shell import guarded, opened_library, print_json, progress_bar, say

if TYPE_CHECKING:
    from litreview.importing import ImportReport

_SHOWN = 20


@guarded
def add(
    paths: Annotated[
        list[Path], typer.Argument(help="Files, folders, or - for standard input.", show_default=False)
    ],
    *,
    format: Annotated[
        Literal["daily-papers", "jsonl"] | None,
        typer.Option(help="The files' format. Default: told from their content.", show_default=False),
    ] = None,
    page_date: Annotated[
        str | None,
        typer.Option(
            help="The day a page was saved (YYYY-MM-DD), for its dates without a year.", show_default=False
        ),
    ] = None,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Import papers: saved Hugging Face "Daily Papers" pages, or our own JSONL.

    What is known already is merged; what cannot be read is reported, and its neighbours are imported.

    Examples:

        litreview add saved-pages/*.txt

        litreview add papers.jsonl --library ~/thesis

        cat papers.jsonl | litreview add -
    """
    import sys

    from litreview.importing import import_batches
    from litreview.sources import read_sources

    with opened_library(library, create=True) as opened, progress_bar() as progress:
        batches = read_sources(paths, format=format, page_date=page_date, stdin=sys.stdin.buffer)
        report = import_batches(opened, batches, progress=progress)
        folder = opened.folder
    if json:
        print_json(report)
    else:
        _print_report(report, str(folder))
    nothing_read = not (report.added or report.merged or report.unchanged)
    if nothing_read and report.rejected:
        raise typer.Exit(1)


def _print_report(report: ImportReport, folder: str) -> None:
    for note in report.notes[:_SHOWN]:
        say(f"note: {note}")
    for rejected in report.rejected[:_SHOWN]:
        line = f":{rejected.line}" if rejected.line else ""
        say(f"rejected: {rejected.path}{line}: {rejected.reason}")
    for kind, items in (("notes", report.notes), ("rejected records", report.rejected)):
        if len(items) > _SHOWN:
            say(f"… and {len(items) - _SHOWN:,} more {kind} (all of them: --json)")
    print(
        f"{report.added:,} added, {report.merged:,} merged, {report.unchanged:,} unchanged,"
        f" {len(report.rejected):,} rejected; {report.papers:,} papers in {folder}"
    )
