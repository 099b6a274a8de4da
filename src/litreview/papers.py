"""`Paper`, its identity and its citation key. Pure: no I/O, nothing but pydantic and the standard library.

Three questions are answered here and nowhere else: are two records the same paper (`same_paper`), what is
known once both are seen (`merge`), and what is the paper called in a citation (`key_stem`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Annotated, Any

from anyascii import anyascii
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from .identity import TitleIdentity, arxiv_id_in_doi, normalise_arxiv_id, normalise_doi, title_identity

__all__ = [
    "LEAST_SHARED",
    "Paper",
    "Source",
    "TitleIdentity",
    "canonical_order",
    "check_partial_date",
    "family_name",
    "family_names",
    "key_candidates",
    "key_stem",
    "merge",
    "normalise_arxiv_id",
    "normalise_doi",
    "same_paper",
    "shared_words",
    "source_order",
    "title_identity",
]

_PARTIAL_DATE = re.compile(r"^(?P<y>\d{4})(?:-(?P<m>\d{2})(?:-(?P<d>\d{2}))?)?$")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

# Versions of one abstract share more of their words; abstracts of two papers on one subject share 0.1 to 0.2.
LEAST_SHARED = 0.5

# Words that carry no weight in a title; a key built from them would name nothing.
_LIGHT_WORDS = frozenset(
    "a an the and or but nor of on in to for from by with without at as is are was be can do does how what"
    " when where why who which not no its it we our their this that these those towards toward via using"
    " into over under between beyond about".split()
)
_LIGHT_ORGANISATION_WORDS = _LIGHT_WORDS | frozenset(
    "university institute laboratory lab labs research school college department national".split()
)
_PARTICLES = frozenset(
    "van von der den de del della di da dos das du la le ter ten zu zur bin ibn al el".split()
)


def check_partial_date(text: str) -> str:
    """Return a date of year, month or day precision as it stands ("2025", "2025-08", "2025-08-03").

    Raises:
        ValueError: The text has another form, or names a month or day that does not exist.
    """
    match = _PARTIAL_DATE.match(text)
    if not match:
        raise ValueError(f"{text!r} is not a date like '2025', '2025-08' or '2025-08-03'")
    month, day = match["m"], match["d"]
    if month is not None and not 1 <= int(month) <= 12:
        raise ValueError(f"{text!r} names month {month}")
    if day is not None:
        leap = int(match["y"]) % 4 == 0 and (int(match["y"]) % 100 != 0 or int(match["y"]) % 400 == 0)
        last = 28 if month == "02" and not leap else _DAYS[int(month) - 1]
        if not 1 <= int(day) <= last:
            raise ValueError(f"{text!r} names day {day}")
    return text


def _empty_as_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


_Text = Annotated[str | None, BeforeValidator(_empty_as_none)]


class Source(BaseModel):
    """Where one record of a paper was found, so that a reader can go and look.

    `name` is the file's name (never its folder: libraries are shared and paths are private) or the service;
    `position` counts records of that source from 1, `line` its lines from 1. `original_title` and
    `original_abstract` keep the text as it stood there where cleaning changed it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str
    name: str
    position: int | None = Field(default=None, ge=1)
    line: int | None = Field(default=None, ge=1)
    page_date: str | None = None
    organisation_handle: str | None = None
    original_title: str | None = None
    original_abstract: str | None = None


class Paper(BaseModel):
    """One paper as far as it is known. Frozen; unknown is None (or empty), never a guess.

    `key` is None until a library has issued it. `published` has year, month or day precision.
    `authors` are "Given Family" or "Family, Given"; an organisation as author stands in braces.
    `doi` and `arxiv_id` are normalised; the DOI arXiv itself gives (10.48550/arXiv.X) becomes the arXiv id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: _Text = None
    title: str = Field(min_length=1)
    abstract: _Text = None
    authors: tuple[str, ...] = ()
    author_count: int | None = Field(default=None, ge=1)
    organisation: _Text = None
    published: Annotated[_Text, AfterValidator(lambda v: v if v is None else check_partial_date(v))] = None
    venue: _Text = None
    doi: Annotated[_Text, AfterValidator(lambda v: v if v is None else normalise_doi(v))] = None
    arxiv_id: Annotated[_Text, AfterValidator(lambda v: v if v is None else normalise_arxiv_id(v))] = None
    url: _Text = None
    comments: int | None = Field(default=None, ge=0)
    tags: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _arxiv_doi_as_arxiv_id(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("doi"), str):
            arxiv_id = arxiv_id_in_doi(data["doi"])
            if arxiv_id:
                return {**data, "doi": None, "arxiv_id": data.get("arxiv_id") or arxiv_id}
        return data

    @property
    def year(self) -> int | None:
        """The year of `published`, or None."""
        return int(self.published[:4]) if self.published else None

    @property
    def text(self) -> str:
        """Title and abstract as one text, the way they are indexed and embedded."""
        return f"{self.title}\n{self.abstract}" if self.abstract else self.title


def same_paper(left: Paper, right: Paper) -> bool:
    """Tell whether two records are one paper: by DOI, then arXiv id, then title with years at most one apart.

    Where both have an identifier of the same kind, that decides; titles are asked only where no identifier
    can. Two papers whose lists of authors share no family name are two papers, whatever they are called.
    Where the years differ or one is unknown, so are two whose abstracts have little in common: the yearly
    overview of a shared task is called the same each time. Not so a preprint and what was published of it a
    year later, often with a new abstract; with much the same abstract they may be two years apart. The counts
    behind this are in docs/decisions.md.
    """
    for mine, theirs in ((left.doi, right.doi), (left.arxiv_id, right.arxiv_id)):
        if mine and theirs:
            return mine == theirs
    if title_identity(left.title) != title_identity(right.title):
        return False
    names, other_names = family_names(left.authors), family_names(right.authors)
    if names and other_names and not names & other_names:
        return False
    return _years_allow(left, right)


def _years_allow(left: Paper, right: Paper) -> bool:
    """Whether two records of one title, whose authors do not speak against it, may be of one paper."""
    agree = _abstracts_agree(left.abstract, right.abstract)
    if left.year is None or right.year is None:
        return agree
    apart = abs(left.year - right.year)
    if bool(left.arxiv_id) == bool(right.arxiv_id):
        return apart == 0 or (apart == 1 and agree)
    known = bool(left.authors and right.authors and left.abstract and right.abstract)
    return apart <= 1 or (apart == 2 and known and agree)


def shared_words(left: str, right: str) -> float:
    """The share of words two abstracts have in common, of all words of either (Jaccard), in [0, 1]."""
    if left == right:
        return 1.0
    words, other_words = set(left.casefold().split()), set(right.casefold().split())
    return len(words & other_words) / max(len(words | other_words), 1)


def _abstracts_agree(left: str | None, right: str | None) -> bool:
    """Whether two abstracts may be of one paper: one is missing, or they share half of their words."""
    return not left or not right or shared_words(left, right) >= LEAST_SHARED


def family_names(authors: Iterable[str]) -> frozenset[str]:
    """The family names of these authors, in plain small letters; empty where no author is known."""
    return frozenset(_ascii_word(family_name(author)) for author in authors)


def merge(left: Paper, right: Paper) -> Paper:
    """Combine two records of one paper: gaps are filled, every source is kept, nothing known is lost.

    Where both know a value the fuller one stands (the longer text, the more precise and then earlier date,
    the higher count), so that the result does not depend on the order in which records are seen: `merge` is
    commutative, associative and idempotent. The key is the left one's, if it has one.
    """
    return Paper(
        key=left.key or right.key,
        title=_fuller(left.title, right.title) or left.title,
        abstract=_fuller(left.abstract, right.abstract),
        authors=max(left.authors, right.authors, key=lambda names: (len(names), sum(map(len, names)), names)),
        author_count=_larger(left.author_count, right.author_count),
        organisation=_fuller(left.organisation, right.organisation),
        published=_finer_date(left.published, right.published),
        venue=_fuller(left.venue, right.venue),
        doi=_fuller(left.doi, right.doi),
        arxiv_id=_fuller(left.arxiv_id, right.arxiv_id),
        url=_fuller(left.url, right.url),
        comments=_larger(left.comments, right.comments),
        tags=tuple(sorted({*left.tags, *right.tags})),
        sources=tuple(sorted({*left.sources, *right.sources}, key=source_order)),
    )


def source_order(source: Source) -> tuple[str, str, int, int, str]:
    """Sort sources by format, name, position and line, whatever the order in which they came."""
    return (source.format, source.name, source.position or 0, source.line or 0, source.model_dump_json())


def _fuller(left: str | None, right: str | None) -> str | None:
    return max(left or "", right or "", key=lambda text: (len(text), text)) or None


def _larger(left: int | None, right: int | None) -> int | None:
    return max((n for n in (left, right) if n is not None), default=None)


def _finer_date(left: str | None, right: str | None) -> str | None:
    known = [date for date in (left, right) if date]
    return min(known, key=lambda date: (-len(date), date), default=None)


def family_name(author: str) -> str:
    """Return the family name of "Given Family", "Family, Given" or "{Organisation}", particles included.

    >>> family_name("Laurens van der Maaten"), family_name("Vaswani, Ashish"), family_name("{OpenAI}")
    ('van der Maaten', 'Vaswani', 'OpenAI')
    """
    name = author.strip()
    if name.startswith("{") and name.endswith("}"):
        return name[1:-1].strip()
    if "," in name:
        return name.split(",", 1)[0].strip()
    words = name.split()
    start = len(words) - 1
    while start > 1 and words[start - 1].lower() in _PARTICLES:
        start -= 1
    return " ".join(words[max(start, 0) :])


def _ascii_word(text: str) -> str:
    return "".join(re.findall(r"[a-z0-9]+", anyascii(text).lower()))


def _ascii_words(text: str, light: frozenset[str]) -> list[str]:
    words = re.findall(r"[a-z0-9]+", anyascii(text.replace("'", "").replace("’", "")).lower())
    return [word for word in words if word not in light] or words


def key_stem(paper: Paper) -> str:
    """Return the citation key a paper would like, before collisions are settled.

    First author's family name, year and first title word of weight; without names the organisation in the
    name's place; with neither, the title alone: the short name before its colon, or its first two words of
    weight, and the year. Only ASCII letters and digits; unknown parts are left out, never made up.

    >>> key_stem(Paper(title="Pointer Networks", authors=("Oriol Vinyals",), published="2015-06-09"))
    'vinyals2015pointer'
    >>> key_stem(Paper(title="MLP Memory: Language Modeling", published="2025"))
    'mlpmemory2025'
    """
    year = str(paper.year or "")
    words = _ascii_words(paper.title, _LIGHT_WORDS) or ["paper"]
    if paper.authors and (name := _ascii_word(family_name(paper.authors[0]))):
        return f"{name}{year}{words[0]}"
    if paper.organisation and (named := _ascii_words(paper.organisation, _LIGHT_ORGANISATION_WORDS)):
        return f"{named[0]}{year}{words[0]}"
    short_name, colon, _ = paper.title.partition(":")
    short_words = _ascii_words(short_name, _LIGHT_WORDS)
    if colon and 1 <= len(short_words) <= 2:
        words = short_words
    return f"{''.join(words[:2])}{year}"


def key_candidates(stem: str) -> Iterator[str]:
    """Yield the keys to try in turn: the stem, then with a, b, … z, aa, ab, … behind it."""
    yield stem
    for number in count():
        suffix = ""
        rest = number + 1
        while rest:
            rest, letter = divmod(rest - 1, 26)
            suffix = chr(ord("a") + letter) + suffix
        yield f"{stem}{suffix}"


def canonical_order(papers: Iterable[Paper]) -> list[Paper]:
    """Sort records so that a batch gives the same library in whatever order its files were named.

    Fuller records come first within a title, so that the key is built from what is known best. Where a record
    stands in its file decides last: a file may be sorted otherwise the next time.
    """

    def order(paper: Paper) -> tuple[Any, ...]:
        known = sum(
            value not in (None, (), "") for value in (paper.published, paper.organisation, paper.authors)
        )
        identity = title_identity(paper.title)
        first_source = min((source_order(source) for source in paper.sources), default=())
        ids = (paper.published or "", paper.doi or "", paper.arxiv_id or "")
        content = (paper.url or "", paper.venue or "", paper.authors, paper.abstract or "")
        return (identity, -known, *ids, *content, first_source)

    return sorted(papers, key=order)
