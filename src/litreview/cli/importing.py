"""`litreview add`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from litreview.formats import Format

from .options import JsonOption, LibraryOption
from .shell import guarded, opened_library, print_json, progress_bar, say, tell, write_text

if TYPE_CHECKING:
    from litreview.importing import ImportReport
    from litreview.sources import Rejected

_SHOWN = 20
_LINES_SHOWN = 5
# What differs between two records that are rejected for the same reason.
_PARTICULARS = re.compile(r"'[^']*'|\"[^\"]*\"|\d+")


@guarded
def add(
    paths: Annotated[
        list[Path], typer.Argument(help="Files, folders, or - for standard input.", show_default=False)
    ],
    *,
    format: Annotated[
        Format | None,
        typer.Option(help="The files' format. Default: told from their content.", show_default=False),
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option(help="Their encoding, where they are not UTF-8. Default: guessed.", show_default=False),
    ] = None,
    page_date: Annotated[
        str | None,
        typer.Option(
            help="The day a page was saved (YYYY-MM-DD), for its dates without a year.", show_default=False
        ),
    ] = None,
    rejects: Annotated[
        Path | None,
        typer.Option(help="Write rejected records to this file, to be mended and added again."),
    ] = None,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Import papers from reference managers, databases and services, in any of the formats above.

    What is known already is merged; what cannot be read is reported, and its neighbours are imported.

    Examples:

        litreview add refs.bib zotero.ris pubmed.nbib export.csv

        litreview add downloads/ --library ~/thesis --rejects mend-me.bib

        cat papers.jsonl | litreview add -
    """
    import sys

    from litreview.importing import import_batches
    from litreview.sources import read_sources

    kept: list[Rejected] = []
    with opened_library(library, create=True) as opened, progress_bar() as progress:
        batches = read_sources(
            paths, format=format, page_date=page_date, encoding=encoding, stdin=sys.stdin.buffer
        )
        on_rejected = kept.append if rejects is not None else None
        report = import_batches(opened, batches, progress=progress, on_rejected=on_rejected)
        folder = opened.folder
    if json:
        print_json(report)
    else:
        print_report(report, str(folder))
    if rejects is not None:
        _write_rejects(kept, rejects)
    nothing_read = not (report.added or report.merged or report.unchanged)
    if nothing_read and report.rejected:
        raise typer.Exit(1)


def print_report(report: ImportReport, folder: str) -> None:
    """Print notes and rejected records to stderr, and what became of the rest to stdout."""
    for note in report.notes[:_SHOWN]:
        say(f"note: {note}")
    reasons = _by_reason(report.rejected)
    for alike in reasons[:_SHOWN]:
        say(f"rejected: {_told(alike)}")
    for kind, number in (("notes", len(report.notes)), ("reasons for rejection", len(reasons))):
        if number > _SHOWN:
            say(f"… and {number - _SHOWN:,} more {kind} (all of them: --json)")
    if report.without_abstract:
        read = report.added + report.merged + report.unchanged
        say(
            f"note: {report.without_abstract:,} of {read:,} records without an abstract: the papers are kept"
            " and found, and no answer cites them"
        )
    if len(report.sources) > 1:
        _print_sources(report)
    tell(
        f"{report.added:,} added, {report.merged:,} merged, {report.unchanged:,} unchanged,"
        f" {len(report.rejected):,} rejected; {report.papers:,} papers in {folder}"
    )


def _by_reason(rejected: Sequence[Rejected]) -> list[list[Rejected]]:
    """Rejected records of one file and for one reason together, in the order they were met."""
    alike: dict[tuple[str, str], list[Rejected]] = {}
    for record in rejected:
        alike.setdefault((record.path, _PARTICULARS.sub("", record.reason)), []).append(record)
    return list(alike.values())


def _told(alike: Sequence[Rejected]) -> str:
    first = alike[0]
    line = f":{first.line}" if first.line else ""
    said = f"{first.path}{line}: {first.reason}"
    if len(alike) == 1:
        return said
    lines = [str(record.line) for record in alike[1:] if record.line]
    more = ", …" if len(lines) > _LINES_SHOWN else ""
    where = f": lines {', '.join(lines[:_LINES_SHOWN])}{more}" if lines else ""
    return f"{said} (and {len(alike) - 1:,} more like it{where})"


def _print_sources(report: ImportReport) -> None:
    import sys

    from .tables import print_table

    columns = ("added", "merged", "unchanged", "rejected", "without_abstract")
    rows = [
        [*(f"{getattr(source, name):,}" for name in columns), source.path]
        for source in report.sources[:_SHOWN]
    ]
    heads = [*(name.replace("_", " ") for name in columns), "file"]
    # Bare numbers in a log say nothing.
    print_table(heads, rows if sys.stdout.isatty() else [heads, *rows])
    if len(report.sources) > _SHOWN:
        say(f"… and {len(report.sources) - _SHOWN:,} more files (all of them: --json)")


def _write_rejects(kept: Sequence[Rejected], output: Path) -> None:
    from litreview.sources import rejects

    text = rejects.dump(kept)
    records = sum(bool(record.raw.strip()) for record in kept)
    if not records:
        say(f"no rejected record has a text that could be mended; {str(output)!r} is not written")
        return
    write_text(text, output)
    record = "1 rejected record" if records == 1 else f"{records:,} rejected records"
    say(f"{record} written: {output}; mend and add again with: litreview add {output}")
