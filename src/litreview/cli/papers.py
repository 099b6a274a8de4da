"""`litreview list`, `show`, `remove` and `export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from litreview.errors import UsageError
from litreview.render.bibliography import SUFFIXES, BibliographyFormat, dump, format_of_file

from .options import JsonOption, LibraryOption, OutputOption
from .shell import guarded, harmless, opened_library, print_json, say, tell, write_text

if TYPE_CHECKING:
    from litreview.library import Library
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
            tell(f"removed {paper.key}: {paper.title}")


@guarded
def export(
    *,
    format: Annotated[
        BibliographyFormat | None,
        typer.Option(
            help="Default: by the name of the file, else jsonl. `litreview add` reads all of them back.",
            show_default=False,
        ),
    ] = None,
    keys: Annotated[
        str | None,
        typer.Option(help="Only these papers, in this order: keys with commas between.", show_default=False),
    ] = None,
    query: Annotated[
        str | None,
        typer.Option(help="Only what `litreview search` finds, the closest first.", show_default=False),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("-k", "--limit", help="With --query: how many at most (10).", show_default=False),
    ] = None,
    output: OutputOption = None,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Write papers out for other programs, to stdout or to a file: the whole library, or some of it.

    Examples:

        litreview export -o papers.bib

        litreview export --format ris --keys raftmlp2021,mlpmemory2025

        litreview export --query "layer pruning" -k 5 -o pruning.csv
    """
    if keys is not None and query is not None:
        raise UsageError("--keys and --query cannot both choose the papers", hint="litreview export --help")
    if limit is not None and query is None:
        raise UsageError("-k needs --query: it says how many to find", hint="litreview export --help")
    chosen = "jsonl" if json else _format_to_write(format, output)
    with opened_library(library) as opened:
        papers = _chosen_papers(opened, keys, query, 10 if limit is None else limit)
    if json:
        from litreview.render.json import render_json

        write_text(render_json({"papers": [paper.model_dump(mode="json") for paper in papers]}), output)
    else:
        # Excel takes a table without this mark for one in the machine's old code page.
        mark = "\ufeff" if chosen == "csv" and output is not None else ""
        write_text(mark + dump(papers, chosen), output, data=True)
    if output is not None:
        say(f"{len(papers):,} {'paper' if len(papers) == 1 else 'papers'} written: {output}")


def _format_to_write(format: BibliographyFormat | None, output: Path | None) -> BibliographyFormat:
    """The format that was asked for, or the one the file's name stands for."""
    if format is not None or output is None:
        return format or "jsonl"
    known = format_of_file(output)
    if known is None:
        raise UsageError(
            f"the name {output.name!r} does not say in which format to write",
            hint=f"end it in {', '.join(SUFFIXES)}, or add --format",
        )
    return known


def _chosen_papers(library: Library, keys: str | None, query: str | None, limit: int) -> list[Paper]:
    if query is not None:
        from litreview.library import Filters
        from litreview.relevance import relevant

        return [item.paper for item in relevant(library, query, limit=limit, filters=Filters()).papers]
    if keys is None:
        return library.all_papers()
    wanted = list(dict.fromkeys(key.strip() for key in keys.split(",") if key.strip()))
    if not wanted:
        raise UsageError(f"no keys in {keys!r}", hint="litreview list")
    return [library.paper(key) for key in wanted]


def _print_paper(paper: Paper) -> None:
    from rich.console import Console
    from rich.text import Text

    from litreview.answers import Reference
    from litreview.render.common import authors_of, locator_of

    reference = Reference.of(paper)
    console = Console(highlight=False)
    width = min(console.width, 100)
    console.print(Text(harmless(paper.title), style="bold"), width=width)
    console.print(Text(harmless(f"[{paper.key}]"), style="green"), width=width)
    facts = [authors_of(reference), paper.published or "date unknown", paper.venue, locator_of(reference)]
    console.print(Text(harmless(" · ".join(fact for fact in facts if fact))), width=width)
    if paper.comments is not None:
        console.print(Text(f"{paper.comments} comments"), width=width)
    console.print(Text(harmless(f"\n{paper.abstract or 'No abstract.'}\n")), width=width)
    for source in paper.sources:
        place = f", entry {source.position}" if source.position else ""
        line = f", line {source.line}" if source.line else ""
        origin = harmless(f"from {source.name} ({source.format}{place}{line})")
        console.print(Text(origin, style="dim"), width=width)
