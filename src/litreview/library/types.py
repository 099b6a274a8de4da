"""The values a library takes and gives: filters for a search, a report of an import, rows of the index."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict


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


class Defined(NamedTuple):
    """An acronym as the library's own abstracts define it, and in how many papers."""

    short_key: str
    long_key: str
    long: str
    papers: int


class AddReport(BaseModel):
    """What became of a batch of records; the numbers count records, `papers` the library after it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    added: int = 0
    merged: int = 0
    unchanged: int = 0
    papers: int = 0
    keys: tuple[str, ...] = ()
