"""`litreview runs` and `litreview replay`."""

from __future__ import annotations

from typing import Annotated

import typer

from .model import make_writer
from .options import JsonOption, LibraryOption, OutputOption
from .output import Format, format_of, show_review
from .shell import guarded, opened_library, print_json


@guarded
def runs(
    *,
    limit: Annotated[int, typer.Option("-k", "--limit", min=1, help="How many at most.")] = 20,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """List earlier questions, the newest first, with the ids that replay them.

    Examples:

        litreview runs

        litreview runs -k 5 --json
    """
    with opened_library(library) as opened:
        entries = opened.archive.runs(limit=limit)
    if json:
        print_json({"runs": [entry._asdict() for entry in entries]})
        return
    from .tables import print_runs

    print_runs(entries)


@guarded
def replay(
    run: Annotated[str, typer.Argument(help="The run's id, its beginning, or last.", show_default=False)],
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody: only what the run kept.")] = False,
    format: Annotated[
        Format | None,
        typer.Option(help="As for ask.", show_default=False),
    ] = None,
    output: OutputOption = None,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Give an earlier answer again, from the replies it was made of, checked again.

    A run that ended in an error is gone on with: only the replies it lacks are asked for.

    Examples:

        litreview replay last

        litreview replay 20261121-153012-4f2a --offline --json
    """
    from litreview import review
    from litreview.runs import load_run
    from litreview.settings import load_settings

    settings = load_settings(library=library)
    shape = format_of("json" if json else format, output)
    with opened_library(library) as opened:
        kept = load_run(opened, run)
        complete = offline or kept.review is not None
        writer = None if complete else make_writer(settings, opened)
        answer = review.replay(opened, kept.id, writer=writer)
    show_review(answer, shape, output)
