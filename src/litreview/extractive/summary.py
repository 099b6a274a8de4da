"""The opening line of an extracted answer: how many papers, from which years, in which groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from litreview.papers import Paper

_NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)


def opening_line(papers: Sequence[Paper], groups: Sequence[tuple[str, int]]) -> str:
    """Say what was found.

    Args:
        papers: The papers that are quoted.
        groups: Heading and number of papers of each group, in the order shown.

    >>> from litreview.papers import Paper
    >>> opening_line([Paper(title="A", published="2021")], [("Token mixing", 1)])
    'One paper (2021) bears on this question: token mixing.'
    """
    if not papers:
        return "No paper of this library has a sentence that bears on this question."
    count = f"{_number(len(papers)).capitalize()} {'paper' if len(papers) == 1 else 'papers'}"
    verb = "bears" if len(papers) == 1 else "bear"
    return f"{count}{_years(papers)} {verb} on this question{_listed(groups)}."


def _number(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def _years(papers: Sequence[Paper]) -> str:
    years = sorted({p.year for p in papers if p.year is not None})
    if not years:
        return ""
    return f" ({years[0]})" if len(years) == 1 else f" ({years[0]} to {years[-1]})"


def _listed(groups: Sequence[tuple[str, int]]) -> str:
    if len(groups) == 1:
        return f": {_inside(groups[0][0])}"
    names = [f"{_inside(heading)} ({count})" for heading, count in groups]
    return f", in {_number(len(groups))} groups: {', '.join(names[:-1])} and {names[-1]}"


def _inside(heading: str) -> str:
    """A heading within a sentence: its first word in lower case, unless it is a name."""
    first = heading.split(maxsplit=1)[0]
    if any(c.isupper() or c.isdigit() for c in first[1:]):
        return heading
    return heading[:1].lower() + heading[1:]
