"""The values a library takes and gives: filters for a search, a report of an import, rows of the index."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from litreview.papers import Paper

# So much of an abstract is enough to find another that begins alike.
OPENING = 150
# The embedding of a library that was given no other: fitted on the library itself.
LSA = "lsa"


class Filters(BaseModel):
    """Which papers may be found at all. Years are inclusive; an empty filter lets every paper through.

    `venue` and `source` compare without case; `tags` must all be there. A paper of unknown year passes
    no year filter.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: int | None = None
    until: int | None = None
    venue: str | None = None
    source: str | None = None
    tags: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Filters()


class IndexedText(NamedTuple):
    """The searchable words of one paper, without the cost of building a `Paper`."""

    key: str
    title: str
    abstract: str
    aliases: str


class Outline(NamedTuple):
    """What tells one paper from another, without the cost of building a `Paper`.

    `opening` is how its abstract begins, at most `OPENING` characters; empty where there is none.
    """

    row: int
    key: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    doi: str | None
    arxiv_id: str | None
    opening: str


class Defined(NamedTuple):
    """An acronym as the library's own abstracts define it, and in how many papers."""

    short_key: str
    long_key: str
    long: str
    papers: int


class SourceUse(NamedTuple):
    """A file or service, its format, and how many papers came from it."""

    name: str
    format: str
    papers: int


Outcome = Literal["added", "merged", "unchanged"]


class AddReport(BaseModel):
    """What became of a batch of records; the numbers count records, `papers` the library after it.

    `outcomes` says it of each record, in their canonical order (`papers.canonical_order`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    added: int = 0
    merged: int = 0
    unchanged: int = 0
    papers: int = 0
    keys: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()


class SyncReport(BaseModel):
    """What a library exchanged with the server it is shared on.

    `received` and `sent` count records of papers; `renamed` gives the keys that papers had here until another
    machine was first to use them, and the keys they have now.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    server: str
    papers: int
    received: int
    sent: int
    renamed: dict[str, str] = {}


class SplitReport(BaseModel):
    """What became of a merged paper.

    Args:
        papers: The papers there are now, the one that kept its key first.
        inseparable: For each paper that still holds several sources which came as one record, or were merged
            before records were kept: its key and the names of those sources.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    papers: tuple[Paper, ...]
    inseparable: tuple[tuple[str, tuple[str, ...]], ...] = ()
