"""Do a claim and the words it quotes point the same way? Negation, opposites, and who beats whom. Pure.

Precision before recall: two texts on one subject hold many opposites that do not contradict each other. So
words are compared only where their surroundings are shared, and what is not plain is a doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from typing import Literal, NamedTuple

from litreview.text.words import STOP_WORDS, fold, stem

from .opposites import AXES, JOINING, PREFIXES, denials_by_prefix

Certainty = Literal["doubt", "sure"]

_TOKEN = re.compile(r"[^\W_]+(?:['’][a-z]+)?|[.;:,()—?!]")
_BREAKS = frozenset(".;:,()—?!")
_CLAUSE_WORDS = frozenset(
    "but while whereas although though because however and or which who whose if when since".split()
)
_NEGATIONS = frozenset(
    "not no never without cannot nor neither none unable fail fails failed failing lack lacks lacked lacking"
    " hardly barely scarcely non nobody nothing".split()
)
# After these a negation denies nothing: "not only", "no less than", "whether or not".
_NO_DENIAL = frozenset("only just merely necessarily less fewer more longer matter doubt later".split())
_SCOPE = 4  # words of weight that a negation reaches
_HEADS = 2  # of these, the ones that are denied themselves
_WINDOW = 5  # words of weight on either side that surround a word
_COPY = 0.7  # share of words in common, in order, from which a claim is a copy of its quote
_LIKE = 0.5  # share from which opposites with much in common around them are no doubt
_MUCH_SHARED = 2
_SOMEWHAT_LIKE = 0.4  # share from which a little in common around them is a doubt
_PLAIN_DENIAL = re.compile(r"\b(?:not(?! only| just| merely)|cannot|never|\w+n['’]t)\b", re.IGNORECASE)
# One of these stands in whatever the pattern finds.
_DENYING = ("not", "never", "n't", "n’t")
_SEVERAL_CLAUSES = re.compile(
    r"[,;:—]\s|\b(?:but|while|whereas|although|though|because|than|instead|only|if|when|since)\b"
)
_DENIAL = re.compile(
    r"\b(?:not|no|never|cannot|nor|neither|none|unable|without|fail\w*|lack\w*|hardly|rarely|\w+n['’]t"
    r"|absen\w+|non-?significant\w*|insignificant\w*|unlikely|little|few)\b",
    re.IGNORECASE,
)
_NEARLY_COPY = 0.85  # share of words in common from which one other word in a claim is noticed
_SIDE = 4  # words of weight on either side of a verb among which what it joins is sought


class Conflict(NamedTuple):
    """Where a claim and a quote point opposite ways."""

    text: str
    certainty: Certainty


class Word(NamedTuple):
    """A word of weight: its stem, whether it is denied (as the head of what is denied), and its direction."""

    surface: str
    stem: str
    denied: bool = False
    head: bool = False
    axis: str = ""
    sign: int = 0
    passive: bool = False


def conflicts(claim: str, quotes: Sequence[str]) -> Iterator[Conflict]:
    """Yield where a claim and the words it quotes contradict each other, or may."""
    ours = read(claim)
    apart = [read(quote) for quote in quotes]
    theirs = tuple(chain.from_iterable(apart))
    if not ours or not theirs:
        return
    pairs = [(words, likeness(ours, words)) for words in apart]
    like = max(alike for _, alike in pairs)
    found = [*_denials(ours, theirs, like), *_opposites(ours, theirs, like)]
    yield from found
    if not found and _is_one_denial(claim) and not any(map(_denies, quotes)):
        yield Conflict("the claim denies something, its quotes deny nothing", "doubt")
    if not found and (swap := _replaced(ours, pairs)):
        yield Conflict(f"the claim says {swap[0]!r} where the quote says {swap[1]!r}", "doubt")
    if not found and (
        pivot := next((w for words, alike in pairs for w in _swapped(ours, words, alike)), None)
    ):
        yield Conflict(
            f"what stands around {pivot.surface!r} stands the other way round in the quote", "doubt"
        )


def _replaced(ours: Sequence[Word], quotes: Iterable[tuple[Sequence[Word], float]]) -> tuple[str, str] | None:
    """The word of a nearly copied claim that took the place of another: (claim's, quote's)."""
    from rapidfuzz.distance import Levenshtein

    stems = [word.stem for word in ours]
    for theirs, like in quotes:
        if like < _NEARLY_COPY:
            continue
        for op in Levenshtein.editops(stems, [word.stem for word in theirs]):
            if op.tag == "replace":
                return ours[op.src_pos].surface, theirs[op.dest_pos].surface
    return None


def _is_one_denial(claim: str) -> bool:
    """Whether a claim is one plain clause that denies its verb."""
    if not any(map(claim.lower().__contains__, _DENYING)):
        return False  # as most: the pattern would try each of their words
    return bool(_PLAIN_DENIAL.search(claim)) and not _SEVERAL_CLAUSES.search(claim)


def _denies(text: str) -> bool:
    return _DENIAL.search(text) is not None


@lru_cache(maxsize=4096)
def read(text: str) -> tuple[Word, ...]:
    """The words of weight of a text, with what negations reach."""
    words: list[Word] = []
    reach = 0
    tokens = chain.from_iterable(map(_tokens, text.split()))
    for known, following in pairwise(chain(tokens, [_known("")])):
        if known.ends:
            reach = 0
        elif known.denies and following.low not in _NO_DENIAL:
            reach = 1 if known.low == "non" and following.low != "significant" else _SCOPE
        elif known.plain:
            word = known.plain
            if reach:
                word = word._replace(denied=True, head=reach > _SCOPE - _HEADS, sign=-word.sign)
                reach -= 1
            words.append(word._replace(passive=True) if following.low == "by" else word)
    return tuple(words)


class _Known(NamedTuple):
    """What a token is wherever it stands: it ends a clause, denies, or is a word of weight.

    `plain` is that word as it is read where nothing denies it, as most; None for a token without weight.
    """

    low: str
    ends: bool
    denies: bool
    plain: Word | None


# Texts repeat most of what stands between two spaces, and no token reaches over a space.
@lru_cache(maxsize=50_000)
def _tokens(run: str) -> tuple[_Known, ...]:
    return tuple(map(_known, [run] if run.isalpha() else _TOKEN.findall(run)))


@lru_cache(maxsize=50_000)
def _known(token: str) -> _Known:
    low = fold(token).replace("’", "'")
    stemmed = stem(low)
    axis, sign = AXES.get(low) or AXES.get(stemmed) or ("", 0)
    ends = token in _BREAKS or low in _CLAUSE_WORDS
    denies = low in _NEGATIONS or low.endswith("n't")
    weighs = axis or low not in STOP_WORDS
    return _Known(low, ends, denies, Word(token, stemmed, axis=axis, sign=sign) if weighs else None)


def likeness(ours: Sequence[Word], theirs: Sequence[Word]) -> float:
    """Share of the words of both that they have in common, in the same order, in [0, 1]."""
    from rapidfuzz.distance import LCSseq

    common = LCSseq.similarity([w.stem for w in ours], [w.stem for w in theirs])
    return 2 * common / (len(ours) + len(theirs)) if ours or theirs else 0.0


def _denials(ours: Sequence[Word], theirs: Sequence[Word], like: float) -> Iterator[Conflict]:
    """What one denies and the other says."""
    for mine, other, who in ((ours, theirs, "the claim"), (theirs, ours, "the quote")):
        if not any(word.head for word in mine):
            continue  # as in most texts
        said = {word.stem for word in other if not word.denied and not word.axis}
        denied = {word.stem for word in other if word.denied}
        for at, word in enumerate(mine):
            if word.head and not word.axis and word.stem in said - denied:
                shared = _shared(mine, at, other, _place(other, word.stem))
                if like >= _COPY or (like >= _SOMEWHAT_LIKE and shared >= _MUCH_SHARED):
                    text = f"{who} denies {word.surface!r}, the other does not"
                    yield Conflict(text, "sure" if like >= _COPY else "doubt")
                    return


def _opposites(ours: Sequence[Word], theirs: Sequence[Word], like: float) -> Iterator[Conflict]:
    """Words of one axis that point opposite ways, with the same things around them."""
    for at, n in _opposed(ours, theirs):
        shared = _rivalry(ours, at, theirs, n)
        if (
            shared >= _MUCH_SHARED
            or (shared >= 0 and like >= _COPY)
            or (shared >= 1 and like >= _SOMEWHAT_LIKE)
        ):
            sure = like >= _COPY or (like >= _LIKE and shared >= _MUCH_SHARED)
            text = f"the claim says {_said(ours[at])}, the quote says {_said(theirs[n])}"
            yield Conflict(text, "sure" if sure else "doubt")
            return


def _opposed(ours: Sequence[Word], theirs: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Places of two words on one axis with opposite signs, or of a word and its denial by prefix."""
    axes: dict[str, list[int]] = {}
    for n, word in enumerate(theirs):
        if word.axis:
            axes.setdefault(word.axis, []).append(n)
    places = {word.stem: n for n, word in enumerate(theirs)}
    opening = [other for other in places if other.startswith(PREFIXES)]
    prefixed = {other.removeprefix(prefix) for other in opening for prefix in PREFIXES}
    for at, word in enumerate(ours):
        if word.axis:
            yield from ((at, n) for n in axes.get(word.axis, ()) if theirs[n].sign != word.sign)
        if word.stem not in prefixed and not word.stem.startswith(PREFIXES):
            continue  # as most words: no prefix parts it from any of theirs
        yield from ((at, places[other]) for other in denials_by_prefix(word.stem) if other in places)


def _rivalry(ours: Sequence[Word], at: int, theirs: Sequence[Word], n: int) -> int:
    """How many words surround both of two opposed words; -1 where they are no opposites, or others agree."""
    mine, other = ours[at], theirs[n]
    if mine.axis and other.axis == mine.axis and other.sign != mine.sign:
        shared = _shared(ours, at, theirs, n)
        friends = (k for k, w in enumerate(theirs) if w.axis == mine.axis and w.sign == mine.sign)
        allies = (k for k, w in enumerate(ours) if w.axis == mine.axis and w.sign == other.sign)
        if any(_shared(ours, at, theirs, k) >= shared for k in friends):
            return -1
        return -1 if any(_shared(ours, k, theirs, n) >= shared for k in allies) else shared
    if not (mine.axis and mine.axis == other.axis) and mine.denied == other.denied:
        agree = any(w.stem == mine.stem for w in theirs) or any(w.stem == other.stem for w in ours)
        return -1 if agree else _shared(ours, at, theirs, n)
    return -1


def _said(word: Word) -> str:
    return repr(f"not {word.surface}" if word.denied else word.surface)


def _place(words: Sequence[Word], sought: str) -> int:
    return next(at for at, word in enumerate(words) if word.stem == sought)


def _shared(ours: Sequence[Word], at: int, theirs: Sequence[Word], other: int) -> int:
    """How many stems stand around both words; words of direction do not count."""
    return len(_around(ours, at) & _around(theirs, other))


def _around(words: Sequence[Word], at: int) -> set[str]:
    near = [*words[max(0, at - _WINDOW) : at], *words[at + 1 : at + 1 + _WINDOW]]
    return {word.stem for word in near if not word.axis}


def _swapped(ours: Sequence[Word], theirs: Sequence[Word], like: float) -> Iterator[Word]:
    """Words around which what stands left and right has changed places: "A beats B", "B beats A"."""
    if like == 1.0:
        return  # word for word the same
    places: dict[str, list[int]] = {}
    copied = like >= _COPY
    for n, word in enumerate(theirs):
        places.setdefault(word.stem, []).append(n)
    for at, word in enumerate(ours):
        if not copied and word.stem not in JOINING:
            continue
        sides = _sides(ours, at)
        moves = [_moved(word, sides, theirs, n) for n in places.get(word.stem, ())]
        # A word that stands there twice is compared with its own place, not with the other one.
        if not moves or min(moved for moved, _ in moves) < _MUCH_SHARED:
            continue
        if copied or all(moved >= stayed for moved, stayed in moves):
            yield word


def _moved(word: Word, sides: tuple[set[str], set[str]], theirs: Sequence[Word], n: int) -> tuple[int, int]:
    """How many words next to a word have changed sides, 0 unless some on both did, and how many have not."""
    left, right = sides
    their_left, their_right = _sides(theirs, n)
    stayed = len(left & their_left) + len(right & their_right)
    if word.passive != theirs[n].passive or left.isdisjoint(their_right) or right.isdisjoint(their_left):
        return 0, stayed
    return len(left & their_right) + len(right & their_left), stayed


def _sides(words: Sequence[Word], at: int) -> tuple[set[str], set[str]]:
    """Stems next to a word on its left and on its right, without those that stand on both sides."""
    left = {word.stem for word in words[max(0, at - _SIDE) : at]}
    right = {word.stem for word in words[at + 1 : at + 1 + _SIDE]}
    return left - right, right - left
