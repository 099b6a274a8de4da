"""How alike two papers are, what differs, and whether that may be one paper. Pure.

The thresholds were set on disturbed copies of the ACL Anthology (benchmarks/identity.py, docs/decisions.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, Levenshtein

from litreview.identity import tells_versions, title_identity, title_numbers, title_words
from litreview.library import Outline
from litreview.papers import LEAST_SHARED, family_names, shared_words

from .candidates import title_parts

# Titles less alike than this are compared by their abstracts alone; rapidfuzz's normalised Indel similarity.
ALIKE = 0.85
# Words less alike than this are two words, not two spellings of one.
_SPELLED = 0.7
# Abstracts that share less than this are of two papers, unless title and authors say otherwise.
_LITTLE_SHARED = 0.25
# Abstracts that share so much are one, whatever the title says.
_MOST_SHARED = 0.8
# So many letters of a title say enough where neither authors nor abstracts are known; so do fewer of years
# that are near.
_TELLING = 20
_NEAR = 1
# What a score is made of; what is unknown counts half.
_TITLE, _ABSTRACT, _AUTHORS = 0.5, 0.3, 0.2
# A version is another paper: it may be shown, never as a likely duplicate.
_MOST_FOR_VERSIONS = 0.5
_MOST = 0.99

_LIGHT = frozenset(
    "a an and at by de des du for from in la le les of on the to via with using und der die das".split()
)

Relation = Literal["same", "spelled", "part", "words"]


class Difference(BaseModel):
    """One respect in which two papers differ, as it stands in each; empty where it is missing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal[
        "doi", "arxiv-id", "year", "spelling", "subtitle", "words", "version", "authors", "abstract"
    ]
    left: str
    right: str


class Resemblance(NamedTuple):
    """How alike two papers are: a score in [0, 1], 1 only for a shared identifier; what differs."""

    score: float
    version: bool
    differences: tuple[Difference, ...]


class _Titles(NamedTuple):
    relation: Relation
    similarity: float
    version: bool
    telling: bool
    differences: list[Difference]


def title_text(title: str) -> str:
    """A title as it is compared: its folded words, parted by single spaces."""
    return " ".join(title_words(title))


def compare(left: Outline, right: Outline, abstracts: tuple[str | None, str | None]) -> Resemblance | None:
    """Compare two papers; None where they are not one, as far as can be told.

    Args:
        left: One paper.
        right: The other.
        abstracts: Their abstracts, in this order, where they are known.
    """
    titles = _compare_titles(left.title, right.title)
    names, others = family_names(left.authors), family_names(right.authors)
    shared_names = len(names & others) / min(len(names), len(others)) if names and others else None
    mine, theirs = abstracts
    shared = shared_words(mine, theirs) if mine and theirs else None
    same_id = bool(left.arxiv_id and left.arxiv_id == right.arxiv_id) or bool(
        left.doi and left.doi == right.doi
    )
    near = not (left.year and right.year) or abs(left.year - right.year) <= _NEAR
    if not (same_id or _may_be_one(titles, shared_names, shared, near=near)):
        return None
    differences = [*_other_ids(left, right), *titles.differences]
    if shared_names == 0:
        differences.append(
            Difference(kind="authors", left="; ".join(left.authors), right="; ".join(right.authors))
        )
    if shared is not None and shared < LEAST_SHARED:
        said = f"{shared:.0%} of the words shared"
        differences.append(Difference(kind="abstract", left=said, right=said))
    score = 1.0 if same_id else _score(titles, shared_names, shared, left, right)
    return Resemblance(round(score, 2), titles.version and not same_id, tuple(differences))


def _may_be_one(titles: _Titles, shared_names: float | None, shared: float | None, *, near: bool) -> bool:
    """Whether authors, abstracts and years allow two titles of such a relation to be one paper's."""
    if shared_names == 0 and (shared is None or shared < _MOST_SHARED):
        return False
    if titles.relation == "words":
        enough = LEAST_SHARED if titles.similarity >= ALIKE else _MOST_SHARED
        return shared is not None and shared >= enough
    if shared is not None:
        same = titles.relation == "same" and bool(shared_names)
        return same or shared >= (_LITTLE_SHARED if shared_names else LEAST_SHARED)
    return bool(shared_names) or titles.telling or (titles.relation == "same" and near)


def _score(
    titles: _Titles, shared_names: float | None, shared: float | None, left: Outline, right: Outline
) -> float:
    abstract = 0.5 if shared is None else min(shared / _MOST_SHARED, 1.0)
    authors = 0.5 if shared_names is None else shared_names
    score = _TITLE * titles.similarity + _ABSTRACT * abstract + _AUTHORS * authors
    if left.year and right.year and abs(left.year - right.year) > 1:
        score *= 0.9
    return score * _MOST_FOR_VERSIONS if titles.version else min(score, _MOST)


def _other_ids(left: Outline, right: Outline) -> Iterator[Difference]:
    for kind, mine, theirs in (
        ("doi", left.doi, right.doi),
        ("arxiv-id", left.arxiv_id, right.arxiv_id),
        ("year", left.year, right.year),
    ):
        if mine and theirs and mine != theirs:
            yield Difference.model_validate({"kind": kind, "left": str(mine), "right": str(theirs)})


def _compare_titles(left: str, right: str) -> _Titles:
    identity, other = title_identity(left), title_identity(right)
    telling = min(len(identity.letters), len(other.letters)) >= _TELLING
    if identity == other:
        return _Titles("same", 1.0, version=False, telling=telling, differences=[])
    for whole, longer, turned in ((left, right, False), (right, left, True)):
        rest = _rest_of(longer, whole)
        if rest is not None:
            sides = (rest, "") if turned else ("", rest)
            version = _is_version(rest)
            kind: Literal["version", "subtitle"] = "version" if version else "subtitle"
            difference = Difference(kind=kind, left=sides[0], right=sides[1])
            return _Titles("part", 0.9, version, telling, [difference])
    words, others = title_words(left), title_words(right)
    similarity = fuzz.ratio(" ".join(words), " ".join(others)) / 100
    differences = list(_word_differences(words, others))
    kinds = {difference.kind for difference in differences}
    if title_numbers(left) != title_numbers(right) and "version" not in kinds:
        differences.append(Difference(kind="version", left=_numbers(left), right=_numbers(right)))
        kinds.add("version")
    alike = similarity >= ALIKE
    # A paper that got another title may have other numbers in it; in titles that are alike, or differ in
    # nothing else, they tell versions apart.
    version = "version" in kinds if alike else kinds == {"version"}
    spelled = kinds <= {"spelling", "version"} and (alike or version)
    return _Titles("spelled" if spelled else "words", similarity, version, telling, differences)


def _rest_of(title: str, part: str) -> str | None:
    """What a title has before or behind a colon beside the part that is all of the other; or None."""
    identity = title_identity(part)
    for before, behind in title_parts(title):
        for mine, rest in ((before, behind), (behind, before)):
            if title_identity(mine) == identity:
                return rest
    return None


def _is_version(rest: str) -> bool:
    """Whether the rest of a title says no more than which version it is: "part 2", "extended version"."""
    words = title_words(rest)
    return len(words) <= 3 and (bool(title_numbers(rest)) or any(map(tells_versions, words)))


def _word_differences(left: Sequence[str], right: Sequence[str]) -> Iterator[Difference]:
    """The words in which two titles differ, side by side; light words do not count."""
    for operation in Levenshtein.opcodes(left, right):
        if operation.tag == "equal":
            continue
        mine = left[operation.src_start : operation.src_end]
        theirs = right[operation.dest_start : operation.dest_end]
        if not {*mine, *theirs} <= _LIGHT and "".join(mine) != "".join(theirs):
            yield Difference(kind=_kind(mine, theirs), left=" ".join(mine), right=" ".join(theirs))


def _kind(mine: Sequence[str], theirs: Sequence[str]) -> Literal["version", "spelling", "words"]:
    left, right = "".join(mine), "".join(theirs)
    alike = fuzz.ratio(left, right) / 100 >= _SPELLED or OSA.distance(left, right, score_cutoff=1) <= 1
    if title_numbers(" ".join(mine)) != title_numbers(" ".join(theirs)):
        return "version"
    marks, other_marks = _marks(mine), _marks(theirs)
    if marks != other_marks and (not alike or (marks and other_marks)):
        return "version"
    if len(left) <= 1 and len(right) <= 1:
        # "System A" and "System B".
        return "version"
    return "spelling" if alike and left and right else "words"


def _marks(words: Sequence[str]) -> Counter[str]:
    return Counter("plus" if word.startswith("+") else word for word in words if tells_versions(word))


def _numbers(title: str) -> str:
    return " ".join(sorted(title_numbers(title).elements()))
