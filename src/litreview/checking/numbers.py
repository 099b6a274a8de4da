"""Do the numbers of a claim stand in the papers it cites, and in the words it quotes? Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from litreview.papers import Paper

from .quantities import Quantity, quantities

# "maybe": it stands there without a unit, or a little more exact than a hedged number of the claim.
Match = Literal["no", "maybe", "yes"]

_POINTS = frozenset({"%", "points"})
_STRONG = frozenset({"%", "x", "fraction"})  # they change what a bare number says
_LARGEST_ROUNDING = Decimal("0.05")  # share of the value that "about" may hide
_NEAR_THIRD = Decimal("0.004")
# Words that count the cited papers themselves: "two papers ask", "three studies agree".
_ABOUT_PAPERS = re.compile(
    r"(?:of the |the |these |those |other |recent |more )*(?:papers?|stud(?:y|ies)|works?"
    r"|articles?|abstracts?"
    r"|authors|groups?|lines? of work|approaches|methods|surveys|analyses|results|findings"
    r"|of them|agree|differ|disagree|others?"
    r"|sides?"
    r"|reports?|claims?|views?|camps?|systems|proposals|evaluations|experiments)\b",
    re.IGNORECASE,
)


_SIZE = re.compile(r"\d+(?:\.\d+)?[KMBT]")
_POINTING = re.compile(r"\b(?:the|these|those) $", re.IGNORECASE)


@dataclass(frozen=True)
class NumberFinding:
    """A number of a claim that is not where it should be; `sure` is False where that is only a doubt."""

    text: str
    sure: bool


def check_numbers(
    claim: str, cited: Sequence[tuple[str, Paper]], quotes: Sequence[str], others: Iterable[tuple[str, Paper]]
) -> Iterator[NumberFinding]:
    """Find the numbers of a claim that its cited papers do not hold, or hold only outside of the quotes.

    Args:
        claim: The prose of the claim.
        cited: Ids and papers that the claim cites.
        quotes: The words it quotes.
        others: Further papers; asked only where a number is missing, to say where it stands.
    """
    asked = [quantity for quantity in quantities(claim) if _is_asked(quantity, claim, len(cited))]
    if not asked:
        return
    stated = [q for _, paper in cited for q in quantities(paper.text)]
    quoted = [q for quote in quotes for q in quantities(quote)]
    names = " and ".join(name for name, _ in cited)
    for quantity in asked:
        if quantity.is_year and any(paper.year == quantity.value for _, paper in cited):
            continue
        if _is_part_of_name(quantity, cited):
            continue
        match = _best(quantity, stated)
        if match == "no":
            place = next((n for n, p in others if _best(quantity, quantities(p.text)) == "yes"), None)
            note = f"; it stands in {place}" if place else ""
            yield NumberFinding(f"{quantity.surface!r} stands nowhere in {names}{note}", sure=True)
        elif _best(quantity, quoted) == "no":
            yield from _outside(quantity, quantities(claim), quoted, names)
        elif match == "maybe":
            problem = f"{quantity.surface!r} stands in {names} only without this unit, or not rounded"
            yield NumberFinding(problem, sure=False)


def matches(ours: Quantity, theirs: Quantity) -> Match:
    """Whether a number of a claim is a number of a paper: the same value, in a compatible unit."""
    if ours.value == theirs.value:
        units = {ours.unit, theirs.unit}
        if len(units) == 1 or units == _POINTS or theirs.maybe == ours.unit or ours.maybe == theirs.unit:
            return "yes"
        if "" in units and "ordinal" not in units:
            return "maybe" if units & _STRONG else "yes"
        return "no"
    if _is_same_share(ours, theirs) or _is_same_share(theirs, ours):
        return "yes"
    return "maybe" if _is_rounded(ours, theirs) else "no"


def _is_same_share(share: Quantity, other: Quantity) -> bool:
    """Tell that "half" is 50%, 0.5 and, of a cost, twofold; "a third" is 33% and 33.3%."""
    if share.unit != "fraction":
        return False
    if share.value == Decimal("0.5") and other.unit == "x" and other.value == 2:
        return True
    value = other.value / 100 if "%" in (other.unit, other.maybe) else other.value
    return other.unit in ("%", "", "fraction") and abs(value - share.value) <= _NEAR_THIRD


def _is_rounded(ours: Quantity, theirs: Quantity) -> bool:
    """Whether a hedged number is the other one rounded: "about 40%" for 39.6%."""
    if not ours.hedged or (ours.unit != theirs.unit and {ours.unit, theirs.unit} != _POINTS):
        return False
    apart = abs(ours.value - theirs.value)
    return apart < ours.step and apart <= _LARGEST_ROUNDING * abs(theirs.value)


def _best(quantity: Quantity, others: Iterable[Quantity]) -> Match:
    found: Match = "no"
    for other in others:
        match = matches(quantity, other)
        if match == "yes":
            return "yes"
        found = "maybe" if match == "maybe" else found
    return found


def _is_asked(quantity: Quantity, claim: str, papers: int) -> bool:
    """Whether a number of a claim must stand in a paper: not "one", nor what counts the papers cited."""
    if not quantity.in_words or quantity.unit:
        return True
    if quantity.value <= 1:
        return False
    before, _, after = claim.partition(quantity.surface)
    after = after.lstrip(" -")
    if not quantity.noun and _POINTING.search(before):
        return False
    return not (quantity.value <= max(papers, 2) and _ABOUT_PAPERS.match(after))


def _outside(
    quantity: Quantity, claimed: Sequence[Quantity], quoted: Sequence[Quantity], names: str
) -> Iterator[NumberFinding]:
    """A number that stands in the papers but not in the quotes: wrong where they hold a rival for it."""
    rivals = [q for q in quoted if _same_kind(quantity, q) and _best(q, claimed) == "no"]
    if rivals:
        problem = f"{quantity.surface!r} stands elsewhere in {names}; the quote says {rivals[0].surface!r}"
        yield NumberFinding(problem, sure=True)
    else:
        yield NumberFinding(f"{quantity.surface!r} stands in {names}, but not in the quote", sure=False)


def _is_part_of_name(quantity: Quantity, cited: Sequence[tuple[str, Paper]]) -> bool:
    """Whether a size or a year is part of a name in a paper: "at 70B" for "Llama3-70B"."""
    if not quantity.is_year and not _SIZE.fullmatch(quantity.surface):
        return False
    name = re.compile(rf"(?<![\d.,]){re.escape(quantity.surface)}(?!\w)")
    return any(name.search(paper.text) for _, paper in cited)


def _same_kind(ours: Quantity, theirs: Quantity) -> bool:
    """Whether one number could be taken for the other: the same unit, or the same thing counted."""
    if ours.unit or theirs.unit:
        return ours.unit == theirs.unit
    return bool(ours.noun) and ours.noun == theirs.noun and ours.value > 1 and theirs.value > 1
