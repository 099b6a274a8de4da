"""A review for reading in a terminal, with Rich: headings, quotations, keys and references."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from litreview.answers import Claim, Reference, Review

from .common import EXTRACTED, HOW_TO_WRITE, authors_of, locator_of, quotation, short_title, titles_of

# Beyond this, lines are too long to read at ease.
_WIDEST = 100


def print_review(review: Review, console: Console) -> None:
    """Print a review to a console, at most 100 columns wide.

    Texts are Rich `Text` throughout, never markup: a title with square brackets is only a title.
    """
    width = min(console.width, _WIDEST)
    for renderable in _parts(review):
        console.print(renderable, width=width)


def _parts(review: Review) -> Iterator[RenderableType]:
    titles = titles_of(review)
    yield Text(review.question, style="bold")
    yield Text()
    yield Text(review.summary)
    for group in review.groups:
        yield Text()
        yield Text(group.heading, style="bold cyan")
        for claim in group.claims:
            yield Padding(_claim(claim, titles, extracted=review.engine == "extractive"), (0, 0, 0, 2))
    if review.gaps:
        yield Text("\nNot addressed", style="bold cyan")
        yield from (Padding(Text(f"• {gap}"), (0, 0, 0, 2)) for gap in review.gaps)
    if review.uncited:
        yield Text("\nAlso retrieved, on the edge of the question", style="bold cyan")
        for key in review.uncited:
            yield Padding(Text.assemble(titles[key], " ", (f"[{key}]", "green")), (0, 0, 0, 2))
    yield Text("\nReferences", style="bold cyan")
    for reference in review.references:
        yield Padding(_reference(reference), (0, 0, 0, 2))
    if review.engine == "extractive":
        yield Text(f"\n{EXTRACTED}", style="dim")
        yield Text(HOW_TO_WRITE, style="dim")


def _claim(claim: Claim, titles: dict[str, str], *, extracted: bool) -> Text:
    keys = (f" [{', '.join(claim.citations)}]", "green")
    if extracted:
        names = ", ".join(short_title(titles[key]) for key in claim.citations)
        return Text.assemble("• ", (names, "bold"), ": ", f"“{quotation(claim.text)}”", keys)
    return Text.assemble("• ", claim.text, keys)


def _reference(reference: Reference) -> Text:
    venue = f" {reference.venue}." if reference.venue else ""
    return Text.assemble(
        (f"[{reference.key}]", "green"),
        f" {authors_of(reference)} ({reference.year or 'n.d.'}). ",
        (reference.title, "italic"),
        f".{venue} {locator_of(reference)}".rstrip(),
    )
