"""`litreview check`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from litreview.errors import CheckFailed, NothingRelevant, UsageError

from .options import JsonOption, LibraryOption
from .shell import guarded, opened_library, say, write_text

if TYPE_CHECKING:
    from litreview.checking.findings import DocumentReport
    from litreview.library import Library

Format = Literal["text", "json", "sarif", "github"]


@guarded
def check(
    files: Annotated[list[Path], typer.Argument(help="Markdown files with citations.", show_default=False)],
    *,
    bib: Annotated[
        list[Path] | None,
        typer.Option(
            "--bib",
            metavar="REFS.bib",
            help="Check against the abstracts in this .bib file instead of a library (repeatable).",
            show_default=False,
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on weak claims, too.")] = False,
    format: Annotated[
        Format,
        typer.Option(
            help="text for reading, sarif for code scanning, github for annotations in its Actions."
        ),
    ] = "text",
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Check the citations of Markdown files against the abstracts of the papers they cite.

    Citations are written as in Pandoc or in LaTeX, or stand in footnotes. The exit code is 4 if a claim is
    unsupported.

    Examples:

        litreview check related-work.md --bib refs.bib

        litreview check chapters/*.md --strict --format github
    """
    from litreview.documents import check_files

    with _library_for(library, bib) as opened:
        report = check_files(files, bibs=bib or (), library=opened)
    _show(report, "json" if json else format, strict=strict)
    summary = report.summary
    if summary.unsupported or (strict and summary.weak):
        sys.stdout.flush()
        failed = summary.unsupported + (summary.weak if strict else 0)
        raise CheckFailed(f"{failed} of {len(report.claims)} claims failed the check")


@contextmanager
def _library_for(folder: Path | None, bib: list[Path] | None) -> Iterator[Library | None]:
    """The library to ask: none where there is a .bib file, unless it was named besides."""
    if bib and folder is None:
        yield None
        return
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(opened_library(folder))
        except NothingRelevant as error:
            raise _nothing_to_check_against(error.message) from None
        if not len(opened):
            raise _nothing_to_check_against(f"the library at {str(opened.folder)!r} holds no papers")
        yield opened


def _nothing_to_check_against(problem: str) -> UsageError:
    return UsageError(
        f"there is nothing to check against: {problem}, and no --bib was given",
        hint="litreview check FILE.md --bib REFS.bib",
    )


def _show(report: DocumentReport, format: Format, *, strict: bool) -> None:
    if format == "json":
        # With hundreds of claims json.dumps with an indent would take a tenth of the time of it all.
        from litreview.render.json import escape_unseen

        write_text(escape_unseen(report.model_dump_json(indent=2)) + "\n", None)
        return
    from litreview.render.findings import print_findings, to_github, to_sarif

    for note in report.notes:
        say(f"note: {note}")
    if format == "text":
        from rich.console import Console

        print_findings(report, Console(highlight=False))
    else:
        sys.stdout.write((to_sarif if format == "sarif" else to_github)(report, strict=strict))
