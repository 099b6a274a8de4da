"""Zotero on this machine, by its local API: no key and no limit, nothing leaves the computer.

https://www.zotero.org/support/dev/web_api/v3/local_api, as of November 2026.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from litreview.errors import UsageError
from litreview.sources import Rejected, SourceBatch, csl_json

from .records import member, parse_json
from .types import Drift, Host, Page, Reply, Request

URL = "http://127.0.0.1:23119"
_PAGE = 100
# What hangs on an item or stands beside it, and is no reference.
_NO_REFERENCES = frozenset({"attachment", "note", "annotation"})
_HINT = "start Zotero, and allow other applications to communicate with it (Settings, Advanced)"


def zotero_host(url: str | None) -> Host:
    """Zotero on this machine."""
    return Host("zotero", "Zotero", url or URL, headers={"Zotero-API-Version": "3"}, hint=_HINT)


@dataclass(frozen=True, slots=True)
class Zotero:
    """The whole library, one collection, or what matches words in title, creator and year.

    Args:
        host: Where Zotero listens.
        collection: A collection's name, whatever its case; its subcollections are collections of their own.
    """

    host: Host
    collection: str | None = None

    def first(self, query: str, *, limit: int | None) -> Request:  # noqa: ARG002 - pages are cheap
        """The list of collections where one is wanted, else the first page of items."""
        if self.collection is not None:
            params = (("limit", str(_PAGE)), ("start", "0"))
            step = f"collections:{query}"
            return Request("/api/users/0/collections", params, step=step, about=self.collection, age=0)
        return _items("/api/users/0/items/top", query, about=query or "all items")

    def read(self, page: Page, asked: Request) -> Reply:
        """The items of a page, or the way to the collection's items."""
        items = parse_json(page.text)
        if not isinstance(items, list):
            raise Drift(f"no list but {type(items).__name__}")
        if asked.step.startswith("collections:"):
            return self._collection(page, items, asked)
        kinds = [_kind(item) for item in items]
        records = [
            item for item, kind in zip(items, kinds, strict=True) if kind and kind not in _NO_REFERENCES
        ]
        batch = csl_json.parse(json.dumps(records), name="zotero") if records else SourceBatch()
        odd = tuple(
            Rejected(path="zotero", reason="an item without an item type", raw=json.dumps(item))
            for item, kind in zip(items, kinds, strict=True)
            if not kind
        )
        batch = batch.model_copy(update={"rejected": batch.rejected + odd})
        return Reply(batch, _following(page, items, asked), _total(page))

    def _collection(self, page: Page, items: list[object], asked: Request) -> Reply:
        wanted = (self.collection or "").casefold()
        for item in items:
            data = member(item, "data", dict, where="a collection")
            if member(data, "name", str, where="a collection").casefold() == wanted:
                path = f"/api/users/0/collections/{member(data, 'key', str, where='a collection')}/items/top"
                query = asked.step.partition(":")[2]
                return Reply(SourceBatch(), _items(path, query, about=self.collection or ""))
        following = _following(page, items, asked)
        if following is None:
            raise UsageError(
                f"Zotero has no collection {self.collection!r}", hint="its name stands at the left in Zotero"
            )
        return Reply(SourceBatch(), following)


def _items(path: str, query: str, *, about: str) -> Request:
    words = (("q", query), ("qmode", "titleCreatorYear")) if query else ()
    place = (("format", "json"), ("limit", str(_PAGE)), ("start", "0"))
    return Request(path, (*words, *place), step="items", about=about, age=0)


def _total(page: Page) -> int | None:
    value = page.headers.get("total-results", "")
    return int(value) if value.isdecimal() else None


def _following(page: Page, items: list[object], asked: Request) -> Request | None:
    reached = asked.at + len(items)
    total = _total(page)
    if not items or (len(items) < _PAGE if total is None else reached >= total):
        return None
    return replace(asked.with_params(start=str(reached)), at=reached)


def _kind(item: object) -> str:
    """An item's type, such as "journalArticle"; "" where it has none."""
    data = item.get("data") if isinstance(item, dict) else None
    kind = data.get("itemType") if isinstance(data, dict) else None
    return kind if isinstance(kind, str) else ""
