"""A review for reading in a terminal, with Rich: headings, quotations, keys and references.

Lines are wrapped here and not by Rich's renderer, which pads them to the width of the terminal: what is
copied from there, or written to a file, has no spaces at its ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.console import Console
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
# Below this, indents would take the room that words need.
_NARROWEST = 16
_HEADING = "bold cyan"
_BULLET = "• "


class _Block(NamedTuple):
    """A paragraph: its first line begins `indent` columns from the left, the others `hang` more."""

    text: Text
    indent: int = 0
    hang: int = 0


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
    _print(console, [_Block(Text(strip_controls(question), style="bold"))])


def print_group(group: Group, console: Console) -> None:
    """Print one group of a written answer."""
    _print(console, _group(visible(group), {}, extracted=False))


def _print(console: Console, blocks: Iterable[_Block]) -> None:
    width = min(console.width, _WIDEST)
    for block in blocks:
        indent, hang = (block.indent, block.hang) if width >= _NARROWEST else (0, 0)
        for number, line in enumerate(_wrapped(console, block.text, width - indent, hang)):
            line.rstrip()
            margin = " " * (indent + hang if number else indent) if line else ""
            console.print(Text(margin) + line, soft_wrap=True)


def _wrapped(console: Console, text: Text, width: int, hang: int) -> Iterator[Text]:
    """Lines of at most `width` columns, all but the first of at most `width - hang`.

    A word is broken only where it is longer than a line, so keys and addresses stay whole.
    """
    first = text.wrap(console, width)[0]
    yield first
    rest = text[len(first) :]
    # Where a line broke at a space, that space belongs to neither line.
    start = len(rest.plain) - len(rest.plain.lstrip(" "))
    if len(rest) > start:
        yield from rest[start:].wrap(console, width - hang)


def _group(group: Group, titles: dict[str, str], *, extracted: bool) -> Iterator[_Block]:
    yield from _headed(group.heading)
    for claim in group.claims:
        yield _item(_claim(claim, titles, extracted=extracted))


def _headed(heading: str) -> Iterator[_Block]:
    yield _Block(Text())
    yield _Block(Text(heading, style=_HEADING))


def _item(text: Text) -> _Block:
    return _Block(Text.assemble(_BULLET, text), indent=2, hang=len(_BULLET))


def _parts(review: Review, shown: Sequence[Group]) -> Iterator[_Block]:
    titles = titles_of(review)
    summary = (_Block(Text()), _Block(Text(review.summary)))
    if not shown:
        yield from summary
    there = {claim for group in shown for claim in group.claims}
    for group in review.groups:
        rest = tuple(claim for claim in group.claims if claim not in there)
        if rest:
            left = group.model_copy(update={"claims": rest})
            yield from _group(left, titles, extracted=review.engine == "extractive")
    if shown:
        yield from summary
    yield from _beside(review, titles)
    yield from _headed("References")
    for reference in review.references:
        yield _Block(_reference(reference), indent=2, hang=4)
    yield _Block(Text())
    yield from (_Block(Text(line, style="dim")) for line in _notes(review))


def _notes(review: Review) -> list[str]:
    """What an answer is and what it took."""
    if review.engine == "extractive":
        return [EXTRACTED, HOW_TO_WRITE]
    judged = [judgement_line(review.judgement)] if review.judgement else []
    return [f"{WRITTEN} {usage_line(review)}", *judged]


def _beside(review: Review, titles: dict[str, str]) -> Iterator[_Block]:
    """What stands beside the answer: gaps, papers that are not cited, claims that were removed."""
    if review.gaps:
        yield from _headed("Not addressed")
        yield from (_item(Text(gap)) for gap in review.gaps)
    listed = (
        ("Also retrieved, on the edge of the question", review.uncited),
        ("Not given to the model: no abstract, or too long", review.left_out),
        (FLAGGED, review.flagged),
    )
    for heading, keys in listed:
        if keys:
            yield from _headed(heading)
        for key in keys:
            yield _item(Text.assemble(titles[key], " ", (f"[{key}]", "green")))
    failed = (
        ("Mended: the claim as it was, and why it failed", [repair.before for repair in review.repaired]),
        ("Removed: not supported by the abstracts", review.removed),
    )
    for heading, claims in failed:
        if claims:
            yield from _headed(heading)
        for claim in claims:
            reasons = (f" ({', '.join(claim.reasons)})", "red")
            yield _item(Text.assemble((claim.text, "dim"), reasons))


def _claim(claim: Claim, titles: dict[str, str], *, extracted: bool) -> Text:
    keys = (f" [{', '.join(claim.citations)}]", "green")
    if extracted:
        names = ", ".join(short_title(titles[key]) for key in claim.citations)
        return Text.assemble((names, "bold"), ": ", f"“{quotation(claim.text)}”", keys)
    weak = (" (weak)", "yellow") if claim.verdict == "weak" else ""
    return Text.assemble(claim.text, keys, weak)


def _reference(reference: Reference) -> Text:
    venue = f" {reference.venue}." if reference.venue else ""
    return Text.assemble(
        (f"[{reference.key}]", "green"),
        f" {authors_of(reference)} ({reference.year or 'n.d.'}). ",
        (reference.title, "italic"),
        f".{venue} {locator_of(reference)}".rstrip(),
    )
