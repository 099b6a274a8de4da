"""`Paper`, its identity and its citation key. Pure: no I/O, nothing but pydantic and the standard library.

Three questions are answered here and nowhere else: are two records the same paper (`same_paper`), what is
known once both are seen (`merge`), and what is the paper called in a citation (`key_stem`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import count
from typing import Annotated, Any, NamedTuple

from anyascii import anyascii
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

_DOI = re.compile(r"^10\.\d{4,9}/\S+$")
_DOI_PREFIX = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
_ARXIV_DOI = re.compile(r"^10\.48550/arxiv\.(?P<id>.+)$", re.IGNORECASE)
_ARXIV = re.compile(r"^(?:\d{4}\.\d{4,5}|[a-z][a-z-]*(?:\.[a-z]{2})?/\d{7})$", re.IGNORECASE)
_ARXIV_PREFIX = re.compile(r"^(?:https?://(?:www\.)?arxiv\.org/(?:abs|pdf|html)/|arxiv:\s*)", re.IGNORECASE)
_ARXIV_VERSION = re.compile(r"(?:v\d+)?(?:\.pdf)?$", re.IGNORECASE)
_PARTIAL_DATE = re.compile(r"^(?P<y>\d{4})(?:-(?P<m>\d{2})(?:-(?P<d>\d{2}))?)?$")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

# Versions of one abstract share more; abstracts of two papers on one subject share 0.1 to 0.2.
_LEAST_SHARED = 0.5

_TITLE_LETTERS = re.compile(r"[^\W_]+|[+#]+")
_TITLE_NUMBERS = re.compile(r"\d+(?:\.\d+)*")

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


def normalise_doi(text: str) -> str:
    """Return a DOI in lower case without its resolver.

    Raises:
        ValueError: The text is no DOI.

    >>> normalise_doi("https://doi.org/10.18653/V1/P19-1001")
    '10.18653/v1/p19-1001'
    """
    doi = _DOI_PREFIX.sub("", text.strip()).lower()
    if not _DOI.match(doi):
        raise ValueError(f"{text!r} is not a DOI")
    return doi


def normalise_arxiv_id(text: str) -> str:
    """Return an arXiv id without prefix, address and version.

    Raises:
        ValueError: The text is no arXiv id.

    >>> normalise_arxiv_id("arXiv:2108.04384v3")
    '2108.04384'
    """
    bare = _ARXIV_PREFIX.sub("", text.strip())
    bare = _ARXIV_VERSION.sub("", bare).lower()
    if not _ARXIV.match(bare):
        raise ValueError(f"{text!r} is not an arXiv id")
    return bare


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
            match = _ARXIV_DOI.match(_DOI_PREFIX.sub("", data["doi"].strip()))
            if match:
                return {**data, "doi": None, "arxiv_id": data.get("arxiv_id") or match["id"]}
        return data

    @property
    def year(self) -> int | None:
        """The year of `published`, or None."""
        return int(self.published[:4]) if self.published else None

    @property
    def text(self) -> str:
        """Title and abstract as one text, the way they are indexed and embedded."""
        return f"{self.title}\n{self.abstract}" if self.abstract else self.title


class TitleIdentity(NamedTuple):
    """What two titles must share to name one paper: their letters, and every number in them."""

    letters: str
    numbers: tuple[str, ...]

    def __str__(self) -> str:
        return "|".join((self.letters, *self.numbers))


@lru_cache(maxsize=16_384)
def title_identity(title: str) -> TitleIdentity:
    """Reduce a title to what identifies it, whatever its case, spacing, accents and punctuation.

    Numbers are kept apart, so that neither "GPT 3.5" and "GPT 35" nor "SEED-Bench" and "SEED-Bench-2" meet;
    `+` and `#` stay because "C", "C++" and "C#" are three subjects. A title of symbols alone keeps them.

    >>> title_identity("Strip-MLP: Efficient...") == title_identity("StripMLP efficient")
    True
    >>> title_identity("SEED-Bench") == title_identity("SEED-Bench-2")
    False
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", title).casefold())
    letters = "".join(_TITLE_LETTERS.findall(plain))
    numbers = tuple(_TITLE_NUMBERS.findall(plain))
    return TitleIdentity(letters or "".join(plain.split()), numbers)


def same_paper(left: Paper, right: Paper) -> bool:
    """Tell whether two records are one paper: by DOI, then arXiv id, then title with years at most one apart.

    Where both have an identifier of the same kind, that decides; titles are asked only where no identifier
    can. Two papers whose lists of authors share no family name are two papers, whatever they are called; and
    where a year is unknown, so are two whose abstracts have little in common.
    """
    for mine, theirs in ((left.doi, right.doi), (left.arxiv_id, right.arxiv_id)):
        if mine and theirs:
            return mine == theirs
    years = [paper.year for paper in (left, right) if paper.year is not None]
    if len(years) == 2 and abs(years[0] - years[1]) > 1:
        return False
    if title_identity(left.title) != title_identity(right.title):
        return False
    names, other_names = _family_names(left), _family_names(right)
    if names and other_names and not names & other_names:
        return False
    return len(years) == 2 or _abstracts_agree(left.abstract, right.abstract)


def _abstracts_agree(left: str | None, right: str | None) -> bool:
    """Whether two abstracts may be of one paper: one is missing, or they share half of their words."""
    if not left or not right or left == right:
        return True
    words, other_words = set(left.casefold().split()), set(right.casefold().split())
    return len(words & other_words) >= _LEAST_SHARED * len(words | other_words)


def _family_names(paper: Paper) -> frozenset[str]:
    return frozenset(_ascii_word(family_name(author)) for author in paper.authors)


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

    Fuller records come first within a title, so that the key is built from what is known best.
    """

    def order(paper: Paper) -> tuple[Any, ...]:
        known = sum(
            value not in (None, (), "") for value in (paper.published, paper.organisation, paper.authors)
        )
        identity = title_identity(paper.title)
        first_source = min((source_order(source) for source in paper.sources), default=())
        return (identity, -known, paper.published or "", paper.doi or "", paper.arxiv_id or "", first_source)

    return sorted(papers, key=order)
