"""`litreview duplicates` and `split`: papers that may be one, and papers that were merged and are not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from .options import JsonOption, LibraryOption
from .shell import guarded, harmless, opened_library, print_json, say, tell

if TYPE_CHECKING:
    from litreview.duplicates import Difference, Duplicates, Proposal
    from litreview.library import Library, SplitReport

_NAMES = {
    "doi": "DOI",
    "arxiv-id": "arXiv id",
    "year": "year",
    "spelling": "spelled",
    "subtitle": "only in one title",
    "words": "words",
    "version": "version",
    "authors": "authors",
    "abstract": "abstract",
}


@guarded
def duplicates(
    *,
    merge: Annotated[
        tuple[str, str] | None,
        typer.Option("--merge", metavar="KEY KEY", help="Merge these two papers.", show_default=False),
    ] = None,
    apart: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--apart",
            metavar="KEY KEY",
            help="Remember that these are two papers: neither propose nor merge them.",
            show_default=False,
        ),
    ] = None,
    versions: Annotated[
        bool, typer.Option("--versions", help="Also show what looks like two versions of one work.")
    ] = False,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Show papers that may be one, the likeliest first. Nothing is merged unasked.

    Examples:

        litreview duplicates

        litreview duplicates --merge vinyals2015pointer vinyals2015pointera
    """
    with opened_library(library) as opened:
        if merge or apart:
            if merge:
                _merge(opened, merge, json=json)
            if apart:
                _keep_apart(opened, apart, json=json)
            return
        from litreview.duplicates import find_duplicates

        found = find_duplicates(opened, versions=versions)
    if json:
        print_json(found)
    else:
        _print_proposals(found, versions=versions)


@guarded
def split(
    key: Annotated[str, typer.Argument(help="The merged paper's key, which it keeps.", show_default=False)],
    *,
    records: Annotated[
        list[int] | None,
        typer.Option(
            "--record", help="Take out only this record (repeatable); see --list.", show_default=False
        ),
    ] = None,
    list_records: Annotated[
        bool, typer.Option("--list", help="List the records it was merged from, and change nothing.")
    ] = False,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Undo a merge: the records of a paper become papers again, and are not merged when added again.

    Papers that were merged on request get their own keys back; else each record becomes a paper.

    Examples:

        litreview split vinyals2015pointer --list

        litreview split vinyals2015pointer --record 2
    """
    with opened_library(library) as opened:
        if list_records:
            _print_records(opened, key, json=json)
            return
        report = opened.merges.split(key, records=records or ())
    if json:
        print_json(report)
    else:
        _print_split(report)


def _merge(library: Library, keys: tuple[str, str], *, json: bool) -> None:
    paper, gone = library.merges.unite(*keys)
    if json:
        print_json({"merged": gone, "into": paper.key, "papers": len(library)})
    else:
        tell(f"merged {gone} into {paper.key}: {paper.title}")
        say(f"undo it with: litreview split {paper.key}")


def _keep_apart(library: Library, keys: tuple[str, str], *, json: bool) -> None:
    library.merges.keep_apart(*keys)
    if json:
        print_json({"apart": list(keys)})
    else:
        tell(f"{keys[0]} and {keys[1]} are two papers")


def _print_proposals(found: Duplicates, *, versions: bool) -> None:
    """On a terminal a few lines a pair; in a pipe one line: score, keys, what differs, titles."""
    for proposal in found.proposals:
        if sys.stdout.isatty():
            _print_pair(proposal)
        else:
            left, right = proposal.papers
            cells = [f"{proposal.score:.2f}", left.key, right.key, _told(proposal), left.title, right.title]
            tell("\t".join(cells))
    likely = sum(not proposal.version for proposal in found.proposals)
    say(f"{likely:,} {_pairs(likely)} of {found.papers:,} papers may be one; nothing was merged")
    if likely:
        say("merge one with: litreview duplicates --merge KEY KEY; or keep it: --apart KEY KEY")
    if found.versions and not versions:
        say(f"{found.versions:,} {_pairs(found.versions)} look like versions of one work (--versions)")


def _pairs(number: int) -> str:
    return "pair" if number == 1 else "pairs"


def _print_pair(proposal: Proposal) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(harmless(f"{proposal.score:.2f}  {_told(proposal)}"), style="bold"))
    for paper in proposal.papers:
        line = Text(harmless(f"      {paper.key}"), style="green")
        title = harmless(f"  {paper.title} ({paper.year or 'year unknown'})")
        console.print(line.append(title, style="default"))
    console.print()


def _told(proposal: Proposal) -> str:
    """What differs in a pair, in words."""
    said = [_difference(difference) for difference in proposal.differences]
    told = "; ".join(said) or "nothing differs but what is missing"
    return f"another version? {told}" if proposal.version else told


def _difference(difference: Difference) -> str:
    name = _NAMES[difference.kind]
    if difference.left == difference.right:
        return f"{name}: {difference.left}"
    sides = [side for side in (difference.left, difference.right) if side]
    return f"{name}: {' / '.join(map(repr, sides))}"


def _print_records(library: Library, key: str, *, json: bool) -> None:
    records = library.merges.records(key)
    if json:
        print_json({"key": key, "records": [record.paper.model_dump(mode="json") for record in records]})
        return
    if not records:
        say(f"nothing was merged into {key}")
    for number, record in enumerate(records, start=1):
        paper = record.paper
        places = ", ".join(dict.fromkeys(source.name for source in paper.sources)) or "source unknown"
        identifier = paper.doi or paper.arxiv_id or ""
        tell("\t".join([str(number), places, paper.published or "", identifier, paper.title]))


def _print_split(report: SplitReport) -> None:
    kept, *others = report.papers
    tell(f"{kept.key} stays: {kept.title}")
    for paper in others:
        tell(f"{paper.key} is a paper of its own: {paper.title}")
    for key, names in report.inseparable:
        say(f"note: {key} still holds records that came as one and cannot be separated ({', '.join(names)})")
