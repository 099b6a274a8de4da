"""`litreview list`, `show`, `remove` and `export`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from .options import JsonOption, LibraryOption, OutputOption
from .shell import guarded, opened_library, print_json, say, write_text

if TYPE_CHECKING:
    from litreview.papers import Paper

KeyArgument = Annotated[
    str, typer.Argument(help="The paper's key, as `litreview list` shows it.", show_default=False)
]


@guarded
def list_papers(*, library: LibraryOption = None, json: JsonOption = False) -> None:
    """List the papers of the library by key.

    Example:

        litreview list | cut -f 1
    """
    from litreview.answers import RetrievedEntry

    with opened_library(library) as opened:
        papers = opened.all_papers()
    if json:
        print_json({"papers": [paper.model_dump(mode="json") for paper in papers]})
        return
    from .tables import print_entries

    print_entries([RetrievedEntry.of(paper, 0.0) for paper in papers], scores=False)


@guarded
def show(key: KeyArgument, *, library: LibraryOption = None, json: JsonOption = False) -> None:
    """Show one paper with all that is known of it, and where it came from.

    Example:

        litreview show raftmlp2021
    """
    with opened_library(library) as opened:
        paper = opened.paper(key)
    if json:
        print_json(paper)
    else:
        _print_paper(paper)


@guarded
def remove(
    keys: Annotated[list[str], typer.Argument(help="Keys of the papers to take out.", show_default=False)],
    *,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Take papers out of the library.

    Example:

        litreview remove raftmlp2021
    """
    with opened_library(library) as opened:
        removed = opened.remove(keys)
        left = len(opened)
    if json:
        print_json({"removed": [paper.key for paper in removed], "papers": left})
    else:
        for paper in removed:
            print(f"removed {paper.key}: {paper.title}")


@guarded
def export(
    *,
    format: Annotated[
        Literal["jsonl"], typer.Option(help="One paper a line, as `litreview add` reads it.")
    ] = "jsonl",
    output: OutputOption = None,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Write the whole library out, to stdout or to a file.

    Example:

        litreview export --format jsonl -o papers.jsonl
    """
    from litreview.sources import jsonl

    with opened_library(library) as opened:
        papers = opened.all_papers()
    if json:
        print_json({"papers": [paper.model_dump(mode="json") for paper in papers]})
        return
    del format  # One format in this version.
    write_text(jsonl.dump(papers), output)
    if output is not None:
        say(f"{len(papers):,} papers written: {output}")


def _print_paper(paper: Paper) -> None:
    from rich.console import Console
    from rich.text import Text

    from litreview.answers import Reference
    from litreview.render.common import authors_of, locator_of

    reference = Reference.of(paper)
    console = Console(highlight=False)
    width = min(console.width, 100)
    console.print(Text(paper.title, style="bold"), width=width)
    console.print(Text(f"[{paper.key}]", style="green"), width=width)
    facts = [authors_of(reference), paper.published or "date unknown", paper.venue, locator_of(reference)]
    console.print(Text(" · ".join(fact for fact in facts if fact)), width=width)
    if paper.comments is not None:
        console.print(Text(f"{paper.comments} comments"), width=width)
    console.print(Text(f"\n{paper.abstract or 'No abstract.'}\n"), width=width)
    for source in paper.sources:
        place = f", entry {source.position}" if source.position else ""
        line = f", line {source.line}" if source.line else ""
        console.print(Text(f"from {source.name} ({source.format}{place}{line})", style="dim"), width=width)
