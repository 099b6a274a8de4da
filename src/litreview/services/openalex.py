"""OpenAlex: works with inverted abstracts. A key is wanted since 13 February 2026; lookups by id stay free.

Without a key there is a tenth of a dollar a day for a search, and no paging by cursor (HTTP 401); with a free
one a dollar a day, which is 1,000 pages. At most 100 requests a second.
https://developers.openalex.org/api-reference/authentication, as of November 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any
from urllib.parse import quote

from .records import Record, member, parse_json, read_records
from .types import DAY, Host, Page, Reply, Request

URL = "https://api.openalex.org"
INTERVAL = 0.1
FORMAT = "openalex"
_PAGE = 100
# Paging by number ends here; cursors go on.
_MOST_BY_NUMBER = 10_000
_SELECT = (
    "id,doi,title,publication_date,publication_year,authorships,primary_location,locations,"
    "abstract_inverted_index"
)
# Longer than any abstract; a position beyond it is an error of the record.
_LONGEST = 50_000

_ARXIV = re.compile(r"^https?://arxiv\.org/(?:abs|pdf)/(.+)$")


def openalex_host(url: str | None, key: str | None) -> Host:
    """OpenAlex with a key, if there is one."""
    params = {"api_key": key} if key else {}
    return Host(
        "openalex",
        "OpenAlex",
        url or URL,
        interval=INTERVAL,
        secret_params=params,
        key=key,
        key_setting="LITREVIEW_OPENALEX_KEY",
    )


@dataclass(frozen=True, slots=True)
class OpenAlex:
    """Search in titles, abstracts and full texts; AND, OR, NOT and "phrases" are understood."""

    host: Host

    def first(self, query: str, *, limit: int | None) -> Request:
        """The first page, the most relevant first: by cursor with a key, by number without."""
        wanted = str(min(limit or _PAGE, _PAGE))
        place = ("cursor", "*") if self.host.key else ("page", "1")
        params = (("search", query), ("per_page", wanted), ("select", _SELECT), place)
        return Request("/works", params, about=query)

    def by_doi(self, doi: str) -> Request:
        """One work by its DOI, which costs nothing."""
        path = f"/works/doi:{quote(doi, safe='/')}"
        params = (("select", _SELECT),)
        return Request(path, params, step="lookup", about=doi, age=30 * DAY, missing=True)

    def read(self, page: Page, asked: Request) -> Reply:
        """The works on a page, or the one work that was looked up."""
        value = parse_json(page.text) if page.found else None
        if asked.step == "lookup":
            if value is not None:
                member(value, "id", str)
            items = [value] if value else []
            return Reply(read_records(items, _fields, format=FORMAT, name="openalex"), None)
        items = member(value, "results", list)
        meta = member(value, "meta", dict)
        total = member(meta, "count", int, where="'meta'")
        batch = read_records(items, _fields, format=FORMAT, name="openalex")
        reached = asked.at + len(items)
        if asked.param("cursor"):
            cursor = meta.get("next_cursor")
            more = isinstance(cursor, str) and cursor and items and reached < total
            following = replace(asked.with_params(cursor=cursor), at=reached) if more else None
            return Reply(batch, following, total)
        number = int(asked.param("page"))
        more = items and reached < min(total, _MOST_BY_NUMBER)
        following = replace(asked.with_params(page=str(number + 1)), at=reached) if more else None
        return Reply(batch, following, total)


def _fields(work: Record) -> dict[str, Any]:
    place = work.get("primary_location") or {}
    journal = place.get("source") or {}
    year = work.get("publication_year")
    inverted = work.get("abstract_inverted_index")
    names = [(a.get("author") or {}).get("display_name") for a in work.get("authorships") or ()]
    return {
        "title": work.get("title"),
        "abstract": rebuilt(inverted) if inverted else None,
        "authors": names,
        "published": work.get("publication_date") or (str(year) if year else None),
        # A repository is where a copy lies, not where a paper was published.
        "venue": journal.get("display_name") if journal.get("type") != "repository" else None,
        "doi": work.get("doi"),
        "arxiv_id": _arxiv_id(work),
        "url": place.get("landing_page_url") or work.get("id"),
    }


def rebuilt(inverted: Mapping[str, Any]) -> str:
    """The abstract of an inverted index (each word with the places it stands at, from 0).

    Raises:
        ValueError: A place is no number, or beyond what an abstract has.

    >>> rebuilt({"mixing": [1, 3], "Token": [0], "beats": [2]})
    'Token mixing beats mixing'
    """
    words: dict[int, str] = {}
    for word, places in inverted.items():
        for place in places:
            if not isinstance(place, int) or not 0 <= place <= _LONGEST:
                raise ValueError(f"{place!r} is no place of a word in an abstract")
            words[place] = word
    return " ".join(words[place] for place in sorted(words))


def _arxiv_id(work: Record) -> str | None:
    places = chain([work.get("primary_location")], work.get("locations") or ())
    for place in places:
        found = _ARXIV.match((place or {}).get("landing_page_url") or "")
        if found:
            return found[1]
    return None
