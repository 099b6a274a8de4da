"""Which papers are worth comparing: those that share a trait. Linear in the number of papers.

Titles that differ by a typo or a few words meet by MinHash (Broder 1997, "On the resemblance and containment
of documents") with banding (Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", section 3.4) over
the pieces of four letters of a title. The other traits are exact: the title, a part of a title before or
behind a colon that is the whole title of another, the beginning of the abstract, an arXiv id.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

import numpy as np
import numpy.typing as npt

from litreview.identity import title_identity
from litreview.library import Outline

Pair = tuple[int, int]

# 15 bands of 4 find 99.8 % of titles with one letter changed, and seven pairs a title to look at; bands of 3
# find 99.9 % among eight times as many (100,000 arXiv titles and 5,000 changed ones).
_BANDS = 15
_HASHES_A_BAND = 4
_PIECE = 4
# In a larger block a paper is compared with this many of its neighbours by title only, so that a thousand
# papers that are called "Editorial" cost no more than others.
_WINDOW = 10
# A shorter part is no title.
_LEAST_PART = 3
_LEAST_OPENING = 60
_MOST_PARTS = 20

_COLON = re.compile(r"\s*[:?!.]\s+|\s+[-‐-―]+\s+|\s*[—―]\s*")


def title_parts(title: str) -> list[tuple[str, str]]:
    """What stands before and behind each colon, dash or full stop of a title; empty where there is none.

    >>> title_parts("ReefNet: Watching Corals")
    [('ReefNet', 'Watching Corals')]
    """
    title = " ".join(title.split())
    # No title has more of them, and every part is a copy.
    marks = islice(_COLON.finditer(title), _MOST_PARTS)
    parts = ((title[: mark.start()], title[mark.end() :]) for mark in marks)
    return [(before, behind) for before, behind in parts if before and behind]


def sharing_pairs(outlines: Sequence[Outline]) -> set[Pair]:
    """Pairs of papers that share a title, a part of it, an identifier or the beginning of the abstract.

    Pairs are positions in `outlines`, the lower first.
    """
    letters = [title_identity(outline.title).letters for outline in outlines]
    pairs = set(_parts(outlines, letters))
    for blocks in (_same_title(letters), _same_id(outlines), _same_opening(outlines)):
        pairs.update(_pairs(blocks, letters))
    return pairs


def alike_pairs(outlines: Sequence[Outline]) -> set[Pair]:
    """Pairs of papers whose titles have most pieces of four letters in common, in the same form."""
    letters = [title_identity(outline.title).letters for outline in outlines]
    return set(_pairs(_alike(letters), letters))


def _pairs(blocks: Iterable[Sequence[int]], letters: Sequence[str]) -> Iterator[Pair]:
    """All pairs of a small block; of a large one those that stand close to each other in title order."""
    for block in blocks:
        members = sorted(block, key=lambda at: (letters[at], at)) if len(block) > _WINDOW + 1 else block
        for at, left in enumerate(members):
            for right in members[at + 1 : at + 1 + _WINDOW]:
                yield (left, right) if left < right else (right, left)


def _blocks(traits: Iterable[tuple[int, str]]) -> Iterator[list[int]]:
    blocks: dict[str, list[int]] = defaultdict(list)
    for at, trait in traits:
        blocks[trait].append(at)
    return (block for block in blocks.values() if len(block) > 1)


def _same_title(letters: Sequence[str]) -> Iterator[list[int]]:
    return _blocks((at, title) for at, title in enumerate(letters) if title)


def _same_id(outlines: Sequence[Outline]) -> Iterator[list[int]]:
    yield from _blocks((at, outline.arxiv_id) for at, outline in enumerate(outlines) if outline.arxiv_id)
    yield from _blocks((at, outline.doi) for at, outline in enumerate(outlines) if outline.doi)


def _same_opening(outlines: Sequence[Outline]) -> Iterator[list[int]]:
    openings = (
        (at, "".join(re.findall(r"[^\W_]+", outline.opening.casefold())))
        for at, outline in enumerate(outlines)
    )
    return _blocks((at, text[:_LEAST_OPENING]) for at, text in openings if len(text) >= _LEAST_OPENING)


def _parts(outlines: Sequence[Outline], letters: Sequence[str]) -> Iterator[Pair]:
    """Pairs in which a part of one title is the whole of the other."""
    whole: dict[str, list[int]] = defaultdict(list)
    for at, title in enumerate(letters):
        if len(title) >= _LEAST_PART:
            whole[title].append(at)
    for at, outline in enumerate(outlines):
        for part in chain.from_iterable(title_parts(outline.title)):
            for other in whole.get(title_identity(part).letters, ())[:_WINDOW]:
                if other != at:
                    yield (at, other) if at < other else (other, at)


def _alike(letters: Sequence[str]) -> Iterator[list[int]]:
    """Blocks of titles that agree in all hashes of a band."""
    owners, signatures = _signatures(letters)
    for first in range(0, len(signatures), _HASHES_A_BAND):
        band = signatures[first : first + _HASHES_A_BAND]
        order = np.lexsort(band)
        ends = np.flatnonzero((np.diff(band[:, order], axis=1) != 0).any(axis=0)) + 1
        for block in np.split(order, ends):
            if len(block) > 1:
                yield owners[np.sort(block)].tolist()


def _signatures(letters: Sequence[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32]]:
    """The titles that are long enough to have pieces, and their MinHashes, shape (hashes, titles)."""
    lengths = np.array([len(title) for title in letters], dtype=np.int64)
    codes = np.frombuffer("".join(letters).encode("utf-32-le", "replace"), dtype="<u4").astype(np.uint64)
    count = max(len(codes) - _PIECE + 1, 0)
    pieces = np.zeros(count, dtype=np.uint64)
    for offset in range(_PIECE):
        # The prime of FNV-1a: mixes four code points into 64 bits.
        pieces = pieces * np.uint64(1_099_511_628_211) + codes[offset : offset + count]
    owner = np.repeat(np.arange(len(letters)), lengths)[:count]
    inside = np.arange(count) + _PIECE <= np.cumsum(lengths)[owner]
    pieces, owner = pieces[inside], owner[inside]
    owners, firsts = np.unique(owner, return_index=True)
    # Multiply-shift hashing (Dietzfelbinger et al. 1997) with fixed odd factors: the same pairs every time.
    factors = np.random.default_rng(1).integers(1 << 62, size=_BANDS * _HASHES_A_BAND, dtype=np.uint64)
    signatures = np.empty((len(factors), len(owners)), dtype=np.uint32)
    for number, factor in enumerate(factors):
        hashes = ((pieces ^ (pieces >> np.uint64(29))) * (2 * factor + np.uint64(1))) >> np.uint64(32)
        if len(hashes):
            signatures[number] = np.minimum.reduceat(hashes.astype(np.uint32), firsts)
    return owners, signatures
