"""The flow: outlines of all papers, pairs that share a trait, those of them that may be one, in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict
from rapidfuzz import fuzz, process

from litreview.library import Library, Outline

from .candidates import alike_pairs, sharing_pairs
from .comparison import ALIKE, Difference, compare, title_text


class ProposedPaper(BaseModel):
    """One side of a proposal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    title: str
    year: int | None = None
    doi: str | None = None
    arxiv_id: str | None = None

    @classmethod
    def of(cls, outline: Outline) -> Self:
        """The side of a proposal that a paper is."""
        return cls(
            key=outline.key,
            title=outline.title,
            year=outline.year,
            doi=outline.doi,
            arxiv_id=outline.arxiv_id,
        )


class Proposal(BaseModel):
    """Two papers that may be one: how much speaks for it, and what differs.

    `score` is in [0, 1], 1 only for a shared identifier.
    `version` says that they rather are two versions of a work: their titles differ by a number or by a word
    such as "revisited". `papers` has the key that comes first in the alphabet first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    score: float
    version: bool
    papers: tuple[ProposedPaper, ProposedPaper]
    differences: tuple[Difference, ...]


class Duplicates(BaseModel):
    """What was found among `papers` papers: likely duplicates, best first, and then versions.

    `versions` counts pairs that rather are versions, whether they are among the proposals or not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    proposals: tuple[Proposal, ...]
    versions: int
    papers: int


def find_duplicates(library: Library, *, versions: bool = False) -> Duplicates:
    """Find the papers of a library that may be one. Nothing is changed.

    Pairs that were split, or said to be two papers, are not proposed again. The same library gives the same
    proposals in the same order.

    Args:
        library: An open library.
        versions: Also propose pairs that rather are two versions of a work.
    """
    outlines = library.merges.outlines()
    found = _resembling(library, outlines)
    wanted = [proposal for proposal in found if versions or not proposal.version]
    wanted.sort(key=lambda p: (p.version, -p.score, p.papers[0].key, p.papers[1].key))
    return Duplicates(
        proposals=tuple(wanted), versions=sum(proposal.version for proposal in found), papers=len(outlines)
    )


def _resembling(library: Library, outlines: Sequence[Outline]) -> list[Proposal]:
    apart = library.merges.separations()
    pairs = [(left, right) for left, right in _worth_reading(outlines) if (left.row, right.row) not in apart]
    abstracts = library.merges.abstracts(sorted({paper.row for pair in pairs for paper in pair}))
    proposals = []
    for left, right in pairs:
        resemblance = compare(left, right, (abstracts.get(left.row), abstracts.get(right.row)))
        if resemblance:
            sides = (ProposedPaper.of(left), ProposedPaper.of(right))
            proposals.append(
                Proposal(
                    score=resemblance.score,
                    version=resemblance.version,
                    papers=sides,
                    differences=resemblance.differences,
                )
            )
    return proposals


def _worth_reading(outlines: Sequence[Outline]) -> list[tuple[Outline, Outline]]:
    """Pairs that share more than a likeness of titles, or whose titles are alike enough by themselves."""
    pairs = sharing_pairs(outlines)
    alike = sorted(alike_pairs(outlines) - pairs)
    if alike:
        texts = [title_text(outline.title) for outline in outlines]
        similarities = process.cpdist(
            [texts[left] for left, _ in alike],
            [texts[right] for _, right in alike],
            scorer=fuzz.ratio,
            dtype=np.float32,
        )
        pairs.update(alike[at] for at in np.flatnonzero(similarities >= 100 * ALIKE))
    return [(outlines[left], outlines[right]) for left, right in sorted(pairs)]
