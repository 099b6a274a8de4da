"""arXiv's API: Atom, paged by start and max_results. One request every three seconds, one at a time.

https://info.arxiv.org/help/api/tou.html and user-manual.html, as of November 2026.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from litreview.errors import UsageError
from litreview.sources import arxiv_atom
from litreview.text.cleaning import strip_controls

from .types import DAY, Drift, Host, Page, Reply, Request

URL = "https://export.arxiv.org"
INTERVAL = 3.0
# The API gives 2,000 at once and 30,000 in all; small pages come sooner and are lost more cheaply.
_PAGE = 100
_MOST = 30_000
_SAID_LIMIT = 200

_TOTAL = re.compile(r"<opensearch:totalResults[^<>]*>\s*(\d+)\s*<")
_ENTRY = re.compile(r"<entry[\s>]")
_ERROR = re.compile(r"<id>\s*https?://arxiv\.org/api/errors#")
_FIELD = re.compile(r"\b(?:ti|au|abs|co|jr|cat|rn|id|all|submittedDate):", re.IGNORECASE)


def arxiv_host(url: str | None) -> Host:
    """arXiv, or whoever stands in for it."""
    return Host("arxiv", "arXiv", url or URL, interval=INTERVAL)


@dataclass(frozen=True, slots=True)
class Arxiv:
    """Search by arXiv's own language ("cat:cs.CV AND abs:MLP"); words without a field stand anywhere."""

    host: Host

    def first(self, query: str, *, limit: int | None) -> Request:
        """The first page, the most relevant first."""
        asked = query if _FIELD.search(query) else " AND ".join(f"all:{word}" for word in _words(query))
        if not asked:
            raise UsageError(
                f"the query {query!r} holds no word", hint='litreview fetch arxiv "ti:perceptron"'
            )
        return Request(
            "/api/query",
            (
                ("search_query", asked),
                ("sortBy", "relevance"),
                ("sortOrder", "descending"),
                ("start", "0"),
                ("max_results", str(min(limit or _PAGE, _PAGE))),
            ),
            about=query,
        )

    def lookup(self, ids: Sequence[str]) -> Request:
        """The records of papers by arXiv id, at most 100 at once."""
        listed = (("id_list", ",".join(ids)), ("max_results", str(len(ids))))
        return Request("/api/query", listed, step="lookup", age=30 * DAY)

    def read(self, page: Page, asked: Request) -> Reply:
        """The entries of a feed. The API is known to send a feed without its entries at times."""
        if error := _ERROR.search(page.text):
            said = strip_controls(html.unescape(_summary(page.text, error.end())))[:_SAID_LIMIT]
            raise UsageError(
                f"arXiv does not accept the query {asked.about!r}: {said}",
                hint="docs/sources.md says how arXiv is asked",
            )
        found = _TOTAL.search(page.text)
        if not found:
            raise Drift("no Atom feed with a number of results")
        total = int(found[1])
        batch = arxiv_atom.parse(page.text, name="arxiv")
        if asked.step == "lookup":
            return Reply(batch, None, total)
        records = len(_ENTRY.findall(page.text))
        reached = asked.at + records
        if not records and reached < min(total, _MOST):
            return Reply(batch, asked, total)
        following = replace(asked.with_params(start=str(reached)), at=reached)
        return Reply(batch, following if reached < min(total, _MOST) else None, total)


def _summary(text: str, at: int) -> str:
    """What stands in the first summary behind a place; a pattern looks for its end from every beginning."""
    inside = text[text.find("<summary", at) :].partition(">")[2]
    return inside.partition("</summary>")[0]


def _words(query: str) -> list[str]:
    """Words and "phrases in quotation marks"."""
    return re.findall(r'"[^"]+"|[\w+#.-]*\w[\w+#.-]*', query)
