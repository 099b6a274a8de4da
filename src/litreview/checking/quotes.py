"""Where a quote stands in a paper, and what is wrong with one that stands nowhere. Pure."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import filterfalse
from typing import TYPE_CHECKING, Literal, NamedTuple

from litreview.papers import Paper
from litreview.text.sentences import split_sentences

from .folding import Folded, count_words, fold

if TYPE_CHECKING:
    from rapidfuzz.distance import Opcode

Part = Literal["abstract", "title"]

LEAST_WORDS = 5  # a shorter quote shows nothing, unless it is a whole sentence or title

# How like its nearest words a quote must be, in [0, 100], to be called an altered copy of them rather than
# invented. Measured on SciFact (docs/checking.md): sentences with two words changed lie at 74 and above in 99
# %, sentences of other
# abstracts on the same subject at 60 and below in 99 %, at 72 at most.
ALTERED = 72.0

_MARGIN = 3  # words
_NO_PIECE = re.compile(r"[^\w×]+")
_ASCII_SIGNS = str.maketrans(dict.fromkeys(filterfalse(str.isalnum, map(chr, range(128)))))
_SPACES = frozenset({"", " ", "\n"})
_OPENINGS = frozenset({" (", " “"})
_STOPS = frozenset({".", ". ", ", ", "; ", ": ", ") ", "” ", "),", ").", ");", "):"})


class Place(NamedTuple):
    """Words of a paper: `text[start:end]` of its title or abstract, in code points."""

    part: Part
    start: int
    end: int


class Near(NamedTuple):
    """The words of a paper nearest to a quote, and those in which the two differ; `likeness` in [0, 100]."""

    likeness: float
    words: str
    theirs: str
    ours: str


def locate(quote: str, paper: Paper) -> Place | None:
    """Find the first place where the words of a quote stand in the abstract or else in the title.

    Only whole words match, and an ellipsis only where the paper has one. None where the quote is too short
    to show anything: fewer than five words that are neither a whole sentence nor the title.
    """
    verbatim = _verbatim(quote, paper)
    if verbatim:
        return verbatim
    needle = fold(quote)
    if not needle.says_something:
        return None
    letters = needle.longest_letters
    for part, text in _parts(paper):
        if letters not in (_letters(text) or letters):
            continue
        hay = fold(text)
        for first, last in _occurrences(needle, hay):
            place = Place(part, hay.pieces[first].start, hay.pieces[last - 1].end)
            if count_words(quote) >= LEAST_WORDS or _is_whole(place, text, hay):
                return place
    return None


def is_short(quote: str, paper: Paper) -> bool:
    """Whether the words of a quote stand in the paper but are too few to show anything."""
    if count_words(quote) >= LEAST_WORDS:
        return False
    needle = fold(quote)
    return bool(needle.pieces) and any(
        next(_occurrences(needle, fold(text)), None) for _, text in _parts(paper)
    )


def nearest(quote: str, paper: Paper) -> Near | None:
    """The words of a paper that are most like a quote that does not stand there, if any come near."""
    from rapidfuzz import fuzz

    needle = " ".join(word for word, _, _ in fold(quote).words)
    if count_words(quote) < LEAST_WORDS:
        return None
    best: Near | None = None
    for _, text in _parts(paper):
        words = fold(text).words
        hay = " ".join(word for word, _, _ in words)
        found = fuzz.partial_ratio_alignment(needle, hay, score_cutoff=ALTERED)
        if found is None or found.score < ALTERED or (best and found.score <= best.likeness):
            continue
        if len(hay) < len(needle):  # the whole title inside a longer quote is no copy of the quote
            continue
        first, last = _word_range(words, found.dest_start, found.dest_end)
        best = _compare(quote, text, (first, last), found.score)
    return best


def _verbatim(quote: str, paper: Paper) -> Place | None:
    """Find a quote that was copied exactly, which most are, without taking its paper apart.

    Gives what the full search would give, or None where that has to look closer.
    """
    bare = quote.strip(" .,;:()“”")
    start = paper.abstract.find(bare) if paper.abstract else -1
    if start < 0 or not paper.abstract or count_words(bare) < LEAST_WORDS:
        return None
    if not bare[0].isalnum() or not bare[-1].isalnum():
        return None
    end = start + len(bare)
    before, after = paper.abstract[max(0, start - 2) : start], paper.abstract[end : end + 2]
    opens = before[-1:] in _SPACES or before in _OPENINGS
    closes = after[:1] in _SPACES or after in _STOPS
    return Place("abstract", start, end) if opens and closes else None


@lru_cache(maxsize=1024)
def _letters(text: str) -> str | None:
    """The letters and digits of a text without what is between, to see quickly that a quote is not there.

    None where only `fold` can tell, because commands of TeX stand for letters.
    """
    if "\\" in text:
        return None
    if not text.isascii():
        kept = _NO_PIECE.sub("", text).replace("×", "x")
        apart = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", kept).casefold())
        text = apart.encode("ascii", "ignore").decode("ascii")
    return text.lower().translate(_ASCII_SIGNS)


def _parts(paper: Paper) -> Iterator[tuple[Part, str]]:
    if paper.abstract:
        yield "abstract", paper.abstract
    yield "title", paper.title


def _occurrences(needle: Folded, hay: Folded) -> Iterator[tuple[int, int]]:
    """Ranges of pieces of `hay` that are the needle, boundaries of words included."""
    sought, at = needle.squeezed, -1
    while sought and (at := hay.squeezed.find(sought, at + 1)) >= 0:
        first, last = hay.numbers.get(at), hay.numbers.get(at + len(sought))
        if first is None or last is None or not hay.opens_word(first) or not hay.closes_word(last):
            continue
        if hay.pieces[first].folded == "|":
            first += 1
        if _same_gaps(needle, hay, first, last):
            yield first, last


def _same_gaps(needle: Folded, hay: Folded, first: int, last: int) -> bool:
    """Whether words end at the same places: "not able" is not "notable", "multi-layer" is "multilayer"."""
    ours, theirs = _gaps(needle, 0, len(needle.pieces)), _gaps(hay, first, last)
    for at in ours.keys() | theirs.keys():
        mine, other = ours.get(at, "none"), theirs.get(at, "none")
        if mine == "cut" and other != "cut":
            return False
        if "none" in (mine, other) and {mine, other} & {"hard", "cut"}:
            return False
    return True


def _gaps(text: Folded, first: int, last: int) -> dict[int, str]:
    """Offset into the squeezed range to the gap there."""
    found: dict[int, str] = {}
    at = 0
    for number in range(first, last):
        if number > first:
            found[at] = text.pieces[number].gap
        at += len(text.pieces[number].folded)
    return found


def _is_whole(place: Place, text: str, hay: Folded) -> bool:
    """Whether these words are a whole title or a whole sentence of the abstract."""
    if place.part == "title":
        return place.start == hay.pieces[0].start and place.end == hay.pieces[-1].end
    for start, end in split_sentences(text):
        inside = [piece for piece in hay.pieces if start <= piece.start and piece.end <= end]
        if inside and inside[0].start == place.start and inside[-1].end == place.end:
            return True
    return False


def _word_range(words: tuple[tuple[str, int, int], ...], start: int, end: int) -> tuple[int, int]:
    """The words that a range of their text, joined by spaces, touches."""
    ends, at = [], 0
    for word, _, _ in words:
        at += len(word)
        ends.append(at)
        at += 1
    first = min(bisect_left(ends, start + 1), len(words) - 1)
    last = min(bisect_left(ends, end), len(words) - 1)
    return first, max(last, first) + 1


def _compare(quote: str, text: str, near: tuple[int, int], likeness: float) -> Near:
    """The nearest words, and in what they differ; pieces that are apart are parted by " … "."""
    from rapidfuzz.distance import Indel

    ours, theirs = fold(quote), fold(text)
    # The alignment is one of letters and may end a few words early or late.
    first, last = max(0, near[0] - _MARGIN), min(len(theirs.words), near[1] + _MARGIN)
    ops = list(Indel.opcodes([w for w, _, _ in ours.words], [w for w, _, _ in theirs.words[first:last]]))
    while ops and ops[0].tag == "insert":
        ops.pop(0)
    while ops and ops[-1].tag == "insert":
        ops.pop()
    said, stands = [], []
    for op in _changes(ops):
        said.append(_words(ours, op[0], op[1]))
        stands.append(_words(theirs, first + op[2], first + op[3]))
    return Near(likeness, _words(theirs, *near), _joined(stands), _joined(said))


def _changes(ops: Iterable[Opcode]) -> Iterator[tuple[int, int, int, int]]:
    """Ranges of words that differ, ours and theirs; neighbouring changes are one."""
    change: tuple[int, int, int, int] | None = None
    for op in ops:
        if op.tag == "equal":
            if change:
                yield change
            change = None
        elif change:
            change = (change[0], op.src_end, change[2], op.dest_end)
        else:
            change = (op.src_start, op.src_end, op.dest_start, op.dest_end)
    if change:
        yield change


def _words(text: Folded, first: int, last: int) -> str:
    return text.text[text.words[first][1] : text.words[last - 1][2]] if first < last else ""


def _joined(pieces: list[str]) -> str:
    return " … ".join(piece for piece in pieces if piece)
