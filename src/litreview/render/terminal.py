"""A review for reading in a terminal, with Rich: headings, quotations, keys and references."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from litreview.answers import Claim, Group, Reference, Review
from litreview.text.cleaning import strip_controls

from .common import (
    EXTRACTED,
    FLAGGED,
    HOW_TO_WRITE,
    WRITTEN,
    authors_of,
    judgement_line,
    locator_of,
    quotation,
    short_title,
    titles_of,
    usage_line,
    visible,
)

# Beyond this, lines are too long to read at ease.
_WIDEST = 100


def print_review(review: Review, console: Console, *, shown: Sequence[Group] = ()) -> None:
    """Print a review to a console, at most 100 columns wide.

    Texts are Rich `Text` throughout, never markup: a title with square brackets is only a title.

    Args:
        review: What to print.
        console: Where.
        shown: Groups that were printed before, with `print_question` and `print_group`; their claims are
            left out.
    """
    review, shown = visible(review), [visible(group) for group in shown]
    if not shown:
        print_question(review.question, console)
    _print(console, _parts(review, shown))


def print_question(question: str, console: Console) -> None:
    """Print the question as the head of an answer."""
    _print(console, [Text(strip_controls(question), style="bold")])


def print_group(group: Group, console: Console) -> None:
    """Print one group of a written answer."""
    _print(console, _group(visible(group), {}, extracted=False))


def _print(console: Console, renderables: Iterable[RenderableType]) -> None:
    for renderable in renderables:
        console.print(renderable, width=min(console.width, _WIDEST))


def _group(group: Group, titles: dict[str, str], *, extracted: bool) -> Iterator[RenderableType]:
    yield Text()
    yield Text(group.heading, style="bold cyan")
    for claim in group.claims:
        yield Padding(_claim(claim, titles, extracted=extracted), (0, 0, 0, 2))


def _parts(review: Review, shown: Sequence[Group]) -> Iterator[RenderableType]:
    titles = titles_of(review)
    if not shown:
        yield Text(f"\n{review.summary}")
    there = {claim for group in shown for claim in group.claims}
    for group in review.groups:
        rest = tuple(claim for claim in group.claims if claim not in there)
        if rest:
            left = group.model_copy(update={"claims": rest})
            yield from _group(left, titles, extracted=review.engine == "extractive")
    if shown:
        yield Text(f"\n{review.summary}")
    yield from _beside(review, titles)
    yield Text("\nReferences", style="bold cyan")
    for reference in review.references:
        yield Padding(_reference(reference), (0, 0, 0, 2))
    if review.engine == "extractive":
        yield Text(f"\n{EXTRACTED}", style="dim")
        yield Text(HOW_TO_WRITE, style="dim")
    else:
        yield Text(f"\n{WRITTEN} {usage_line(review)}", style="dim")
        if review.judgement:
            yield Text(judgement_line(review.judgement), style="dim")


def _beside(review: Review, titles: dict[str, str]) -> Iterator[RenderableType]:
    """What stands beside the answer: gaps, papers that are not cited, claims that were removed."""
    if review.gaps:
        yield Text("\nNot addressed", style="bold cyan")
        yield from (Padding(Text(f"• {gap}"), (0, 0, 0, 2)) for gap in review.gaps)
    listed = (
        ("Also retrieved, on the edge of the question", review.uncited),
        ("Not given to the model: no abstract, or too long", review.left_out),
        (FLAGGED, review.flagged),
    )
    for heading, keys in listed:
        if keys:
            yield Text(f"\n{heading}", style="bold cyan")
        for key in keys:
            yield Padding(Text.assemble(titles[key], " ", (f"[{key}]", "green")), (0, 0, 0, 2))
    if review.repaired:
        yield Text("\nMended: the claim as it was, and why it failed", style="bold cyan")
        for repair in review.repaired:
            reasons = f" ({', '.join(repair.before.reasons)})"
            yield Padding(
                Text.assemble("• ", repair.before.text, (reasons, "red"), style="dim"), (0, 0, 0, 2)
            )
    if review.removed:
        yield Text("\nRemoved: not supported by the abstracts", style="bold cyan")
        for claim in review.removed:
            reasons = f" ({', '.join(claim.reasons)})"
            yield Padding(Text.assemble("• ", claim.text, (reasons, "red"), style="dim"), (0, 0, 0, 2))


def _claim(claim: Claim, titles: dict[str, str], *, extracted: bool) -> Text:
    keys = (f" [{', '.join(claim.citations)}]", "green")
    if extracted:
        names = ", ".join(short_title(titles[key]) for key in claim.citations)
        return Text.assemble("• ", (names, "bold"), ": ", f"“{quotation(claim.text)}”", keys)
    weak = (" (weak)", "yellow") if claim.verdict == "weak" else ""
    return Text.assemble("• ", claim.text, keys, weak)


def _reference(reference: Reference) -> Text:
    venue = f" {reference.venue}." if reference.venue else ""
    return Text.assemble(
        (f"[{reference.key}]", "green"),
        f" {authors_of(reference)} ({reference.year or 'n.d.'}). ",
        (reference.title, "italic"),
        f".{venue} {locator_of(reference)}".rstrip(),
    )
