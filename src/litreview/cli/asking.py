"""`litreview search` and `litreview ask`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from litreview.errors import NothingRelevant, UsageError

from .options import (
    JsonOption,
    LibraryOption,
    OutputOption,
    SinceOption,
    SourceOption,
    TagOption,
    UntilOption,
    VenueOption,
)
from .shell import guarded, make_filters, opened_library, print_json, progress_bar, say, write_text

if TYPE_CHECKING:
    from litreview.answers import Review
    from litreview.library import Library

Format = Literal["terminal", "markdown", "json"]
_SUFFIXES: dict[str, Format] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".json": "json",
    ".txt": "terminal",
}


@guarded
def search(
    query: Annotated[str, typer.Argument(help="What to look for, in plain words.", show_default=False)],
    *,
    limit: Annotated[int, typer.Option("-k", "--limit", help="How many papers at most.")] = 10,
    since: SinceOption = None,
    until: UntilOption = None,
    venue: VenueOption = None,
    source: SourceOption = None,
    tag: TagOption = None,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Rank the papers that bear on a query, the closest first.

    Examples:

        litreview search "frequency domain forecasting"

        litreview search "layer pruning" -k 5 --since 2024 --json
    """
    from litreview.answers import RetrievedEntry
    from litreview.review import relevant

    filters = make_filters(since, until, venue, source, tag)
    with opened_library(library) as opened:
        retrieved = relevant(opened, query, limit=limit, filters=filters)
    entries = [RetrievedEntry.of(item.paper, item.score) for item in retrieved.papers]
    if json:
        print_json({"results": [entry.model_dump(mode="json") for entry in entries]})
        return
    from .tables import print_entries

    print_entries(entries)


@guarded
def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotes.", show_default=False)],
    more: Annotated[list[Path] | None, typer.Argument(hidden=True)] = None,
    *,
    limit: Annotated[int, typer.Option("-k", "--limit", help="How many papers to consider at most.")] = 30,
    papers: Annotated[
        list[Path] | None,
        typer.Option(
            "--papers",
            metavar="PATH…",
            help="Answer over these files instead of a library.",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[
        Literal["auto", "extractive"],
        typer.Option(
            help="Who answers: auto takes the best there is, extractive needs no key and no network."
        ),
    ] = "auto",
    format: Annotated[
        Format | None,
        typer.Option(
            help="Default: terminal on a terminal, Markdown into a pipe, by its name into a file.",
            show_default=False,
        ),
    ] = None,
    output: OutputOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    venue: VenueOption = None,
    source: SourceOption = None,
    tag: TagOption = None,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Answer a question from the library: grouped, every claim with the words it rests on.

    Examples:

        litreview ask "how do MLPs compete with attention?"

        litreview ask "layer pruning of language models" --since 2024 -o pruning.md

        litreview ask "how do MLPs compete with attention?" --papers saved-pages/*.txt
    """
    from litreview import review

    del engine  # Both names mean the extractive engine in this version.
    review.check_question(question)
    filters = make_filters(since, until, venue, source, tag)
    with _library_or_files(library, papers, more) as opened:
        answer = review.ask(opened, question, limit=limit, filters=filters)
    _show(answer, _format_of("json" if json else format, output), output)


@contextmanager
def _library_or_files(
    library: Path | None, papers: list[Path] | None, more: list[Path] | None
) -> Iterator[Library]:
    """The standing library, or a temporary one over the files of --papers."""
    if not papers:
        if more:
            raise UsageError(
                f"there is an argument too many: {str(more[0])!r}", hint='litreview ask "the whole question"'
            )
        with opened_library(library) as opened:
            yield opened
        return
    from litreview.importing import import_batches
    from litreview.library import Library
    from litreview.sources import read_sources

    # The shell expands `--papers pages/*.txt` into one option value and further arguments.
    files = [*papers, *(more or ())]
    with Library.temporary() as opened, progress_bar() as progress:
        report = import_batches(opened, read_sources(files, stdin=sys.stdin.buffer), progress=progress)
        for rejected in report.rejected:
            say(f"rejected: {rejected.path}{f':{rejected.line}' if rejected.line else ''}: {rejected.reason}")
        if not report.papers:
            raise NothingRelevant(
                f"no paper could be read from {', '.join(repr(str(file)) for file in files)}",
                hint="litreview ask --help",
            )
        yield opened


def _format_of(format: Format | None, output: Path | None) -> Format:
    if format is not None:
        return format
    if output is not None:
        return _SUFFIXES.get(output.suffix.lower(), "markdown")
    return "terminal" if sys.stdout.isatty() else "markdown"


def _show(review: Review, format: Format, output: Path | None) -> None:
    if format == "json":
        write_text(review.model_dump_json(indent=2) + "\n", output)
    elif format == "markdown":
        from litreview.render.markdown import render_markdown

        write_text(render_markdown(review), output)
    else:
        from rich.console import Console

        from litreview.render.terminal import print_review

        console = Console()
        if output is None:
            print_review(review, console)
            return
        with console.capture() as captured:
            print_review(review, Console(file=console.file, no_color=True))
        write_text(captured.get(), output)
    if output is not None:
        say(f"written: {output}")
