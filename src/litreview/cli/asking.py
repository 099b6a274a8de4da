"""`litreview search` and `litreview ask`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from litreview.errors import CheckFailed, NothingRelevant, UsageError

from .model import Engine, choose_engine, make_writer
from .options import (
    JsonOption,
    LibraryOption,
    ModelOption,
    OutputOption,
    PromptsOption,
    SinceOption,
    SourceOption,
    TagOption,
    UntilOption,
    VenueOption,
)
from .output import Format, format_of, print_preview, show_review, writing_live
from .shell import guarded, make_filters, opened_library, print_json, progress_bar, say

if TYPE_CHECKING:
    from litreview.library import Library


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
    from litreview.relevance import relevant

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
        Engine | None,
        typer.Option(
            help="Who answers: llm writes, extractive quotes and needs neither key nor network, auto (the"
            " default) writes where a model is set up.",
            show_default=False,
        ),
    ] = None,
    model: ModelOption = None,
    prompts: PromptsOption = None,
    max_context: Annotated[
        int | None,
        typer.Option(help="Tokens for one call, prompt and reply. Default: the model's.", show_default=False),
    ] = None,
    max_cost: Annotated[
        float | None,
        typer.Option(help="Stop before the call that could pass this, in US dollars.", show_default=False),
    ] = None,
    cache: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Take replies of earlier runs to the same prompt.")
    ] = True,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 4 if any claim had to be removed.")] = False,
    judge: Annotated[
        bool, typer.Option("--judge", help="Have a second reader judge every claim: one call more.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the prompt, its tokens and its price; send nothing.")
    ] = False,
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

        litreview ask "how do MLPs compete with attention?" -o answer.html

        litreview ask "how do MLPs compete with attention?" --papers saved-pages/*.txt

        litreview ask "how do MLPs compete with attention?" --dry-run
    """
    from litreview import review
    from litreview.relevance import check_question
    from litreview.settings import load_settings

    check_question(question)
    filters = make_filters(since, until, venue, source, tag)
    settings = load_settings(
        library=library,
        engine=engine,
        model=model,
        prompts=prompts,
        max_context=max_context,
        max_cost=max_cost,
    )
    shape = format_of("json" if json else format, output)
    with _library_or_files(library, papers, more) as opened:
        if dry_run:
            writer = make_writer(settings, opened, send=False)
            found = review.preview(opened, question, limit=limit, filters=filters, writer=writer)
            print_preview(found, json=json, output=output)
            return
        if choose_engine(settings) == "extractive":
            answer = review.ask(opened, question, limit=limit, filters=filters)
            show_review(answer, shape, output, library=opened)
            return
        with writing_live(question, shape, output) as watch:
            writer = replace(make_writer(settings, opened, cache=cache), watch=watch, judged=judge)
            answer = review.ask(opened, question, limit=limit, filters=filters, writer=writer)
        show_review(answer, shape, output, library=opened, shown=watch.shown)
    if strict and answer.removed:
        raise CheckFailed(
            f"{len(answer.removed)} claims had to be removed", hint=f"litreview replay {answer.run or 'RUN'}"
        )


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
