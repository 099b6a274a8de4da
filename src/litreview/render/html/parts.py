"""The parts of a page as plain values: claims with their passages, references, lists and figures.

Ids count, so that they are unique and valid whatever a key looks like.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from litreview.answers import Claim, Evidence, Reference, Review, Verdict
from litreview.mapping import LibraryMap
from litreview.papers import Paper
from litreview.render.common import quotation, short_title, titles_of, visible

from .figures import LaneInput, MapFigure, Timeline, map_figure_of, shape_of, timeline_of
from .passages import Passage, passage_of, plain
from .sources import Source, source_of, year_of
from .wording import REASONS

_NOT_CITED = "Retrieved, not cited"


class Citation(NamedTuple):
    """One paper that a claim cites, with the words it rests on marked; `id` is that of its popover."""

    id: str
    source: Source
    passage: Passage


class ShownClaim(NamedTuple):
    """A claim, numbered through the page. `lead` is the paper's short name where the claim is a quotation."""

    id: str
    number: int
    lead: str
    text: str
    verdict: Verdict
    citations: tuple[Citation, ...]


class ShownGroup(NamedTuple):
    """Claims under a heading, with the shape that marks their papers on the figures."""

    id: str
    heading: str
    shape: int
    claims: tuple[ShownClaim, ...]


class Entry(NamedTuple):
    """A paper in a list, its abstract, and the claims that cite it."""

    id: str
    source: Source
    passage: Passage
    claims: tuple[ShownClaim, ...]


class Removed(NamedTuple):
    """A claim that failed its check: what was wrong, by name and in words, and what it quoted."""

    text: str
    reasons: tuple[tuple[str, str], ...]
    quotes: tuple[tuple[str, str], ...]


class Row(NamedTuple):
    """One paper in the table that says what the figures show; `place` is on the map, in per cent."""

    title: str
    anchor: str
    year: str
    groups: str
    place: str


class Figures(NamedTuple):
    """What is drawn, and the same as a table."""

    timeline: Timeline | None
    map: MapFigure | None
    library_map: LibraryMap | None
    rows: tuple[Row, ...]


def groups_of(review: Review, papers: Mapping[str, Paper]) -> tuple[ShownGroup, ...]:
    """The groups with their claims; texts of the model without hidden characters."""
    references = {reference.key: reference for reference in review.references}
    number = 0
    groups = []
    for place, group in enumerate(review.groups):
        claims = []
        for claim in group.claims:
            number += 1
            claims.append(_claim(claim, number, references, papers, extracted=review.engine == "extractive"))
        heading = visible(group).heading
        groups.append(ShownGroup(f"g{place + 1}", heading, shape_of(place), tuple(claims)))
    return tuple(groups)


def references_of(
    review: Review, papers: Mapping[str, Paper], groups: Sequence[ShownGroup]
) -> tuple[Entry, ...]:
    """The references with their abstracts, in which all that the answer quotes is marked."""
    evidence: dict[str, list[Evidence]] = defaultdict(list)
    for piece in (e for group in review.groups for claim in group.claims for e in claim.evidence):
        evidence[piece.key].append(piece)
    cited: dict[str, list[ShownClaim]] = defaultdict(list)
    for claim in (claim for group in groups for claim in group.claims):
        for citation in claim.citations:
            cited[citation.source.key].append(claim)
    return tuple(
        Entry(
            f"r{number}",
            source_of(reference),
            _passage(reference, papers, evidence[reference.key]),
            tuple(cited[reference.key]),
        )
        for number, reference in enumerate(review.references, start=1)
    )


def listed_of(keys: Sequence[str], review: Review, papers: Mapping[str, Paper]) -> tuple[Entry, ...]:
    """Papers that are only listed, with their abstracts as far as they are known."""
    titles = titles_of(review)
    entries = []
    for key in keys:
        known = papers.get(key)
        reference = Reference.of(known) if known else Reference(key=key, title=titles.get(key, key))
        entries.append(Entry("", source_of(reference), _passage(reference, papers, ()), ()))
    return tuple(entries)


def removed_of(claims: Iterable[Claim]) -> tuple[Removed, ...]:
    """Claims that failed, with the reasons in words."""
    return tuple(
        Removed(
            claim.text,
            tuple((reason, REASONS[reason]) for reason in claim.reasons),
            tuple((piece.key, piece.quote) for piece in claim.evidence),
        )
        for claim in claims
    )


def figures_of(review: Review, groups: Sequence[ShownGroup], library_map: LibraryMap | None) -> Figures:
    """The timeline, the map and their table, over all retrieved papers."""
    titles = {entry.key: (plain(entry.title), entry.year) for entry in review.retrieved}
    in_groups: dict[str, list[ShownGroup]] = defaultdict(list)
    for group in groups:
        for key in _keys_of(group):
            in_groups[key].append(group)
    lanes = [
        LaneInput(group.heading, group.shape, [titles[key] for key in _keys_of(group) if key in titles])
        for group in groups
    ]
    rest = [titles[key] for key in titles if key not in in_groups]
    if rest:
        lanes.append(LaneInput(_NOT_CITED, 0, rest))
    shapes = {key: in_groups[key][0].shape if key in in_groups else 0 for key in titles}
    places = {dot.key: f"{dot.x:.0%}, {dot.y:.0%}" for dot in library_map.dots} if library_map else {}
    anchors = {reference.key: f"r{number}" for number, reference in enumerate(review.references, start=1)}
    rows = tuple(
        Row(
            title,
            anchors.get(key, ""),
            year_of(year),
            "; ".join(group.heading for group in in_groups[key]) if key in in_groups else "not cited",
            places.get(key, "–"),
        )
        for key, (title, year) in titles.items()
    )
    drawn = map_figure_of(library_map, shapes) if library_map else None
    return Figures(timeline_of(lanes), drawn, library_map, rows)


def _claim(
    claim: Claim,
    number: int,
    references: Mapping[str, Reference],
    papers: Mapping[str, Paper],
    *,
    extracted: bool,
) -> ShownClaim:
    citations = []
    for place, key in enumerate(claim.citations, start=1):
        reference = references.get(key) or Reference(key=key, title=key)
        passage = _passage(reference, papers, [piece for piece in claim.evidence if piece.key == key])
        citations.append(Citation(f"c{number}-{place}", source_of(reference), passage))
    text = visible(claim).text
    lead = ", ".join(short_title(citation.source.title) for citation in citations) if extracted else ""
    said = f"“{quotation(text)}”" if extracted else text
    return ShownClaim(f"c{number}", number, lead, said, claim.verdict, tuple(citations))


def _passage(reference: Reference, papers: Mapping[str, Paper], evidence: Iterable[Evidence]) -> Passage:
    paper = papers.get(reference.key)
    return passage_of(paper.title if paper else reference.title, paper.abstract if paper else None, evidence)


def _keys_of(group: ShownGroup) -> list[str]:
    """The papers a group cites, each once, in order."""
    return list(dict.fromkeys(citation.source.key for claim in group.claims for citation in claim.citations))
