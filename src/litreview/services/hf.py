"""Hugging Face's papers: search, the papers of a day, and those in demand. 500 requests in 5 minutes.

https://huggingface.co/docs/hub/rate-limits, as of November 2026.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from litreview.errors import UsageError
from litreview.papers import check_partial_date
from litreview.sources import hf_papers

from .records import parse_json
from .types import DAY, HOUR, Drift, Host, Page, Reply, Request

URL = "https://huggingface.co"
INTERVAL = 0.6
# What the search gives at most, without further pages; and a page of the daily papers.
_FOUND = 120
_PAGE = 100

_DAILY = "daily:"
_HINT = "litreview fetch hf daily:2026-06-23"


def hf_host(url: str | None) -> Host:
    """Hugging Face, or whoever stands in for it."""
    return Host("hf", "Hugging Face", url or URL, interval=INTERVAL)


@dataclass(frozen=True, slots=True)
class HuggingFace:
    """Search by words, "daily:YYYY-MM-DD" or "trending"."""

    host: Host

    def first(self, query: str, *, limit: int | None) -> Request:
        """The first page."""
        wanted = str(min(limit or _PAGE, _PAGE))
        if query == "trending":
            listed = (("sort", "trending"), ("limit", wanted), ("p", "0"))
            return Request("/api/daily_papers", listed, step="daily", about=query, age=HOUR)
        if query.startswith(_DAILY):
            day = _day(query)
            listed = (("date", day), ("limit", wanted), ("p", "0"))
            return Request("/api/daily_papers", listed, step="daily", about=query, age=HOUR)
        return self._search(query, min(limit or _FOUND, _FOUND), age=DAY)

    def titled(self, title: str) -> Request:
        """Papers of about this title."""
        return self._search(title, 5, age=30 * DAY)

    def read(self, page: Page, asked: Request) -> Reply:
        """The papers of a list; of a day's papers the next page follows a full one."""
        items = parse_json(page.text)
        if not isinstance(items, list):
            raise Drift(f"no list of papers but {type(items).__name__}")
        batch = hf_papers.parse(page.text, name="hf")
        full = asked.step == "daily" and len(items) >= int(asked.param("limit"))
        following = replace(
            asked.with_params(p=str(int(asked.param("p") or 0) + 1)), at=asked.at + len(items)
        )
        return Reply(batch, following if full else None)

    def _search(self, query: str, wanted: int, *, age: float) -> Request:
        return Request("/api/papers/search", (("q", query), ("limit", str(wanted))), about=query, age=age)


def _day(query: str) -> str:
    day = query.removeprefix(_DAILY)
    try:
        if len(check_partial_date(day)) == len("YYYY-MM-DD"):
            return day
    except ValueError:
        pass
    raise UsageError(f"{day!r} in {query!r} is no day like 2026-06-23", hint=_HINT)
