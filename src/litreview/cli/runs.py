"""`litreview runs` and `litreview replay`."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated

import typer

from .model import make_writer
from .options import JsonOption, LibraryOption, OutputOption
from .output import Format, format_of, show_review
from .shell import guarded, opened_library, print_json, write_text

if TYPE_CHECKING:
    from litreview.library import Library
    from litreview.related_work import RelatedWork


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
    """Give an earlier answer or draft again, from the replies it was made of, checked again.

    A run that ended in an error is gone on with: only the replies it lacks are asked for. A draft goes to
    FILE.md or FILE.tex of -o, with the files beside it.

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
        complete = offline or kept.review is not None or kept.section is not None
        writer = None if complete else make_writer(settings, opened)
        if kept.commission is not None:
            section = review.redraft(opened, kept.id, writer=writer)
            _show_section(section, opened, output, json=json)
            return
        answer = review.replay(opened, kept.id, writer=writer)
        papers = [item.paper for item in kept.retrieved.papers]
        show_review(answer, shape, output, library=opened, papers=papers)


def _show_section(section: RelatedWork, library: Library, output: Path | None, *, json: bool) -> None:
    """A draft of an earlier run: into its files, or to stdout as Markdown or JSON."""
    from litreview.drafts import DraftPaths, draft_of

    from .drafting import earlier_draft, write_draft

    if output is not None:
        paths = DraftPaths.of(output)
        earlier_draft(paths, update=False, force=False)
        write_draft(section, library, paths)
    if json:
        print_json(section)
    elif output is None:
        write_text(draft_of(section, DraftPaths.of(PurePath("related-work.md"))).text, None)
