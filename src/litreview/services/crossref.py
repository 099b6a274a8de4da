"""Crossref: search, and lookup by DOI or title. Lists of records: one request a second, three with a contact.

https://www.crossref.org/documentation/retrieve-metadata/rest-api/access-and-authentication/; the limits of
the public and the polite pool were lowered on 1 December 2025.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from .records import Record, member, parse_json, partial_date, read_records
from .types import DAY, Host, Page, Reply, Request

URL = "https://api.crossref.org"
INTERVAL, INTERVAL_WITHOUT_CONTACT = 0.34, 1.0
FORMAT = "crossref"
_PAGE = 100
# Paging by offset ends here. Cursors go further, but live for five minutes: no fetch could go on from one.
_MOST = 10_000
_SELECT = "DOI,title,subtitle,author,container-title,event,issued,published,abstract,URL,type"


def crossref_host(url: str | None, contact: str | None) -> Host:
    """Crossref; a mail address leads into its polite pool."""
    return Host(
        "crossref",
        "Crossref",
        url or URL,
        interval=INTERVAL if contact else INTERVAL_WITHOUT_CONTACT,
        secret_params={"mailto": contact} if contact else {},
    )


@dataclass(frozen=True, slots=True)
class Crossref:
    """Search by words in titles, names and venues."""

    host: Host

    def first(self, query: str, *, limit: int | None) -> Request:
        """The first page, the most relevant first."""
        wanted = str(min(limit or _PAGE, _PAGE))
        params = (("query", query), ("rows", wanted), ("select", _SELECT), ("offset", "0"))
        return Request("/works", params, about=query)

    def by_doi(self, doi: str) -> Request:
        """One work by its DOI."""
        path = f"/works/{quote(doi, safe='')}"
        return Request(path, step="lookup", about=doi, age=30 * DAY, missing=True)

    def titled(self, title: str) -> Request:
        """Works of about this title."""
        params = (("query.title", title), ("rows", "5"), ("select", _SELECT), ("offset", "0"))
        return Request("/works", params, about=title, age=30 * DAY)

    def read(self, page: Page, asked: Request) -> Reply:
        """The works on a page, or the one that was looked up."""
        message = member(parse_json(page.text), "message", dict) if page.found else {}
        if asked.step == "lookup":
            if message:
                member(message, "DOI", str, where="'message'")
            items = [message] if message else []
            return Reply(read_records(items, _fields, format=FORMAT, name="crossref"), None)
        items = member(message, "items", list, where="'message'")
        total = member(message, "total-results", int, where="'message'")
        batch = read_records(items, _fields, format=FORMAT, name="crossref")
        reached = asked.at + len(items)
        more = reached < min(total, _MOST)
        if more and not items:
            return Reply(batch, asked, total)
        following = replace(asked.with_params(offset=str(reached)), at=reached)
        return Reply(batch, following if more else None, total)


def _fields(work: Record) -> dict[str, Any]:
    title = _first(work.get("title"))
    subtitle = _first(work.get("subtitle"))
    if title and subtitle and subtitle.lower() not in title.lower():
        title = f"{title.rstrip(' :')}: {subtitle}"
    dates = (work.get("published") or work.get("issued") or {}).get("date-parts") or [None]
    return {
        "title": title,
        "abstract": work.get("abstract"),
        "authors": [_name(author) for author in work.get("author") or ()],
        "published": partial_date(dates[0]),
        "venue": _first(work.get("container-title")) or (work.get("event") or {}).get("name"),
        "doi": work.get("DOI"),
        "url": work.get("URL"),
    }


def _first(values: Any) -> str | None:
    return next((value for value in values or () if isinstance(value, str) and value.strip()), None)


def _name(author: Record) -> str | None:
    family, given = author.get("family"), author.get("given")
    if family:
        return f"{family}, {given}" if given else str(family)
    # An organisation as author stands in braces.
    return f"{{{author['name']}}}" if author.get("name") else given
