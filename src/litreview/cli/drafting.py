"""`litreview draft`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from litreview.errors import CheckFailed, UsageError

from .model import Engine, choose_engine, live_watch, make_writer
from .options import (
    JsonOption,
    LibraryOption,
    ModelOption,
    PromptsOption,
    SinceOption,
    SourceOption,
    TagOption,
    UntilOption,
    VenueOption,
)
from .shell import guarded, make_filters, opened_library, print_json, say, write_text

if TYPE_CHECKING:
    from litreview.drafts import DraftPaths, EarlierDraft
    from litreview.library import Library
    from litreview.related_work import Commission, RelatedWork

Citations = Literal["natbib", "biblatex"]


@guarded
def draft(
    question: Annotated[str, typer.Argument(help="What the section answers, in quotes.", show_default=False)],
    *,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="FILE.md or FILE.tex; FILE.bib and FILE.evidence.json go beside it.",
        ),
    ] = Path("related-work.md"),
    limit: Annotated[int, typer.Option("-k", "--limit", help="How many papers to consider at most.")] = 40,
    words: Annotated[int, typer.Option(min=100, max=10_000, help="About how long, in words.")] = 600,
    themes: Annotated[int, typer.Option(min=1, max=12, help="How many themes at most.")] = 5,
    tense: Annotated[
        Literal["present", "past"], typer.Option(help="Of what the papers did and found.")
    ] = "present",
    person: Annotated[
        Literal["impersonal", "we"], typer.Option(help="Whether the section says “we”.")
    ] = "impersonal",
    outline: Annotated[
        Path | None,
        typer.Option(help="A Markdown file with your own themes, in your order.", show_default=False),
    ] = None,
    table: Annotated[
        bool, typer.Option("--table", help="Add a table: method, data, result and limits, quoted.")
    ] = False,
    citations: Annotated[Citations, typer.Option(help="Whose commands cite in LaTeX.")] = "natbib",
    update: Annotated[
        bool,
        typer.Option("--update", help="Rewrite only the paragraphs of FILE that nobody edited."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Write over files that were edited or are not ours.")
    ] = False,
    engine: Annotated[
        Engine | None,
        typer.Option(help="Who writes, as for ask: llm, extractive or auto.", show_default=False),
    ] = None,
    model: ModelOption = None,
    prompts: PromptsOption = None,
    max_context: Annotated[
        int | None, typer.Option(help="Tokens for one call, as for ask.", show_default=False)
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(help="US dollars at most, as for ask.", show_default=False)
    ] = None,
    cache: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Take replies of earlier runs to the same prompt.")
    ] = True,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 4 if any sentence had to be removed.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the first prompt, tokens and price; send nothing.")
    ] = False,
    since: SinceOption = None,
    until: UntilOption = None,
    venue: VenueOption = None,
    source: SourceOption = None,
    tag: TagOption = None,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Write a related-work section with Pandoc or LaTeX citations, its .bib and its evidence.

    Every sentence is checked against the abstracts it cites; what fails is mended once or left out.

    Examples:

        litreview draft "how do MLPs compete with attention?" -o related-work.md

        litreview draft "layer pruning of language models" --outline themes.md --table

        litreview draft "how do MLPs compete with attention?" -o related-work.md --update
    """
    from litreview import review
    from litreview.drafts import DraftPaths
    from litreview.relevance import check_question
    from litreview.settings import load_settings

    check_question(question)
    paths = DraftPaths.of(output)
    earlier = earlier_draft(paths, update=update, force=force)
    commission = _commission(outline, earlier)
    commission = commission.model_copy(
        update={
            "style": commission.style.model_copy(
                update={"words": words, "themes": themes, "tense": tense, "person": person}
            ),
            "table": table,
        }
    )
    filters = make_filters(since, until, venue, source, tag)
    settings = load_settings(
        library=library,
        engine=engine,
        model=model,
        prompts=prompts,
        max_context=max_context,
        max_cost=max_cost,
    )
    with opened_library(library) as opened:
        if dry_run:
            from .output import print_preview

            writer = make_writer(settings, opened, send=False)
            found = review.preview_draft(
                opened, question, commission=commission, limit=limit, filters=filters, writer=writer
            )
            print_preview(found, json=json, output=None)
            return
        written = None
        with live_watch(None) as watch:
            if choose_engine(settings) == "llm":
                written = replace(make_writer(settings, opened, cache=cache), watch=watch)
            section = review.draft(
                opened, question, commission=commission, limit=limit, filters=filters, writer=written
            )
        write_draft(section, opened, paths, citations=citations, earlier=earlier)
    if json:
        print_json(section)
    if strict and section.removed:
        raise CheckFailed(
            f"{len(section.removed)} sentences had to be removed", hint=f"see {str(paths.evidence)!r}"
        )


def write_draft(
    section: RelatedWork,
    library: Library,
    paths: DraftPaths,
    *,
    citations: Citations = "natbib",
    earlier: EarlierDraft | None = None,
) -> None:
    """Write the three files, the draft last: where it stands, what it needs stands beside it."""
    from litreview.drafts import cited_keys, draft_files, draft_of
    from litreview.errors import PaperNotFound

    draft = draft_of(section, paths, citations=citations)
    papers = {}
    kept = "".join(part if isinstance(part, str) else part.body for part in earlier.parts) if earlier else ""
    for key in dict.fromkeys([*section.cited, *cited_keys(kept)]):
        try:
            papers[key] = library.paper(key)
        except PaperNotFound:
            say(f"warning: no paper of the library has the key {key!r}, which the draft cites")
    files = draft_files(section, draft, papers, earlier=earlier)
    for path, text in zip(reversed(paths), reversed(files), strict=True):
        write_text(text, Path(path))
    _report(section, paths, earlier)


def _report(section: RelatedWork, paths: DraftPaths, earlier: EarlierDraft | None) -> None:
    sentences = sum(len(theme.claims) for theme in section.themes)
    counts = ((sentences, "sentence"), (len(section.themes), "theme"), (len(section.cited), "paper"))
    written, on, cited = (f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts)
    say(f"{written} on {on} citing {cited}")
    if section.repaired:
        say(f"{len(section.repaired)} sentences failed their check and were mended")
    if section.removed:
        say(f"{len(section.removed)} sentences failed their check and were removed: {paths.evidence}")
    if section.omitted:
        say(f"{len(section.omitted)} papers are not cited; the reasons stand at the end of {paths.draft}")
    for heading in section.unfilled:
        say(f"note: no paper was found for the theme {heading!r}")
    for name in earlier.edited if earlier else ():
        say(f"kept as you edited it: {name}")
    for path in paths:
        say(f"written: {path}")


def _commission(outline: Path | None, earlier: EarlierDraft | None) -> Commission:
    """What is wanted, as far as files say it: the user's outline, or the themes of the draft to update."""
    from litreview.documents import DOCUMENT_LIMIT, read_text
    from litreview.drafts import read_outline
    from litreview.related_work import Commission

    if earlier:
        if outline:
            raise UsageError(
                "--update keeps the themes of the draft, so there is no place for --outline",
                hint="edit the draft, or write a new one with -o ANOTHER.md",
            )
        return Commission(outline=earlier.outline)
    if outline is None:
        return Commission()
    return Commission(outline=read_outline(read_text(outline, limit=DOCUMENT_LIMIT)))


def earlier_draft(paths: DraftPaths, *, update: bool, force: bool) -> EarlierDraft | None:
    """The draft that is to be updated; nothing is written over that a person wrote, unless forced."""
    from litreview.documents import BIB_LIMIT, DOCUMENT_LIMIT, read_text
    from litreview.drafts import EarlierDraft, is_our_bibliography

    path, bibliography = Path(paths.draft), Path(paths.bibliography)
    if update and not path.exists():
        raise UsageError(
            f"there is no draft {str(path)!r} to update", hint="write it first, without --update"
        )
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {str(path.parent)!r}", hint=f"mkdir -p {str(path.parent)!r}")
    ours = not bibliography.exists() or is_our_bibliography(read_text(bibliography, limit=BIB_LIMIT))
    if not ours and not force:
        raise UsageError(
            f"{str(bibliography)!r} is a bibliography of your own and would be written over",
            hint="name the draft otherwise with -o, or say --force",
        )
    if not path.exists():
        return None
    earlier = EarlierDraft.read(read_text(path, limit=DOCUMENT_LIMIT), paths.dialect)
    if update and not earlier.is_ours:
        raise UsageError(
            f"{str(path)!r} has none of the comments of a draft, so nothing in it can be updated",
            hint="write a new draft with -o ANOTHER.md",
        )
    if update:
        return earlier
    if not force and (earlier.edited or not earlier.is_ours):
        what = f"was edited ({', '.join(earlier.edited)})" if earlier.is_ours else "is a file of your own"
        raise UsageError(
            f"{str(path)!r} {what} and would be written over",
            hint="keep what was edited with --update, name another file with -o, or say --force",
        )
    return None
