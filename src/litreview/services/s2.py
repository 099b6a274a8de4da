"""Semantic Scholar: bulk search, paged by token. One request a second with a key; without, a pool for all.

https://www.semanticscholar.org/product/api, as of November 2026.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from .records import Record, member, parse_json, read_records
from .types import DAY, Host, Page, Reply, Request

URL = "https://api.semanticscholar.org"
# Everyone without a key shares 100 requests in five minutes.
INTERVAL, INTERVAL_WITHOUT_KEY = 1.0, 3.0
FORMAT = "s2"
_FIELDS = "title,abstract,authors,venue,year,publicationDate,externalIds,url"
# Where preprints lie; no venue in the sense of a reference.
_REPOSITORIES = frozenset({"arxiv.org", "arxiv", "biorxiv", "medrxiv", "ssrn electronic journal"})


def s2_host(url: str | None, key: str | None) -> Host:
    """Semantic Scholar with a key, if there is one."""
    return Host(
        "s2",
        "Semantic Scholar",
        url or URL,
        interval=INTERVAL if key else INTERVAL_WITHOUT_KEY,
        secret_headers={"x-api-key": key} if key else {},
        key=key,
        key_setting="LITREVIEW_S2_KEY",
    )


@dataclass(frozen=True, slots=True)
class SemanticScholar:
    """Search in titles and abstracts by words, + | - "phrases" and prefix*."""

    host: Host

    def first(self, query: str, *, limit: int | None) -> Request:  # noqa: ARG002 - pages have the size they have
        """The first 1,000 papers."""
        return Request("/graph/v1/paper/search/bulk", (("query", query), ("fields", _FIELDS)), about=query)

    def by_id(self, kind: str, value: str) -> Request:
        """One paper by "DOI" or "ARXIV"."""
        path = f"/graph/v1/paper/{kind}:{quote(value, safe='/')}"
        params = (("fields", _FIELDS),)
        return Request(path, params, step="lookup", about=value, age=30 * DAY, missing=True)

    def titled(self, title: str) -> Request:
        """The one paper whose title comes closest."""
        params = (("query", title), ("fields", _FIELDS))
        path = "/graph/v1/paper/search/match"
        return Request(path, params, about=title, step="match", age=30 * DAY, missing=True)

    def read(self, page: Page, asked: Request) -> Reply:
        """The papers on a page, or the one that was looked up."""
        value = parse_json(page.text) if page.found else {"data": []}
        if asked.step == "lookup" and page.found:
            member(value, "paperId", str)
            value = {"data": [value]}
        items = member(value, "data", list)
        batch = read_records(items, _fields, format=FORMAT, name="s2")
        if asked.step != "search":
            return Reply(batch, None)
        token = value.get("token")
        following = None
        if isinstance(token, str) and token and items:
            following = replace(asked.with_params(token=token), at=asked.at + len(items))
        return Reply(batch, following, member(value, "total", int))


def _fields(paper: Record) -> dict[str, Any]:
    ids = paper.get("externalIds") or {}
    venue = paper.get("venue") or None
    year = paper.get("year")
    return {
        "title": paper.get("title"),
        "abstract": paper.get("abstract"),
        "authors": [author.get("name") for author in paper.get("authors") or ()],
        "published": paper.get("publicationDate") or (str(year) if year else None),
        "venue": None if venue and venue.lower() in _REPOSITORIES else venue,
        "doi": ids.get("DOI"),
        "arxiv_id": ids.get("ArXiv"),
        "url": paper.get("url"),
    }
