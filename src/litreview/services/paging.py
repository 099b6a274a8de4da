"""From a query to batches of papers, page by page.

What is kept is not asked for again, so that a fetch that was broken off goes on from the page it had reached.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from litreview.errors import ProviderError, UsageError
from litreview.papers import Paper
from litreview.sources import SourceBatch

from .http import Http
from .types import Drift, Host, Page, Reply, Request, Service

# How often a page that came without its records is asked for.
_ATTEMPTS = 4


class Fetched(NamedTuple):
    """One page's papers and rejected records, and how many papers match in all, where the service says so."""

    batch: SourceBatch
    total: int | None


def fetch_pages(http: Http, service: Service, query: str, *, limit: int | None) -> Iterator[Fetched]:
    """Yield what a service has for a query.

    Args:
        http: Who asks.
        service: Who is asked.
        query: What is asked, in the service's own language.
        limit: How many papers at most, best first as the service sees it; None for all it has.

    Raises:
        UsageError: The service cannot be asked this.
        ProviderError: It cannot be reached, cannot serve now, or sent something that is no page of papers.
    """
    first = service.first(query, limit=limit)
    try:
        yield from _walk(http, service, first, limit=limit, fresh=False)
    except _Stale:
        # A kept page named a place that the service has forgotten since. Nothing is stored twice: papers that
        # come again are known.
        yield from _walk(http, service, first, limit=limit, fresh=True)


class _Stale(Exception):
    """What a kept page said of the next one is no longer so."""


def _walk(
    http: Http, service: Service, first: Request, *, limit: int | None, fresh: bool
) -> Iterator[Fetched]:
    request: Request | None = first
    seen: set[tuple[object, ...]] = set()
    taken = 0
    kept = False
    while request is not None and (limit is None or taken < limit):
        if (request.path, request.params) in seen:
            raise _drifted(service.host, "it leads from page to page in a circle")
        seen.add((request.path, request.params))
        try:
            page, reply = read_page(http, service, request, fresh=fresh)
        except UsageError:
            # The first page is the question itself; a later one only follows from it.
            if kept and request != first:
                raise _Stale from None
            raise
        kept = kept or page.kept
        papers = reply.batch.papers[: None if limit is None else limit - taken]
        taken += len(papers)
        batch = reply.batch.model_copy(update={"papers": tuple(attributed(p, service.host) for p in papers)})
        yield Fetched(_named(batch, service.host, first.about), reply.total)
        request = reply.next


def read_page(http: Http, service: Service, request: Request, *, fresh: bool = False) -> tuple[Page, Reply]:
    """A page and what it says, kept from now on; one that came without its records is asked for again.

    Args:
        http: Who asks.
        service: Who is asked.
        request: What is asked.
        fresh: Ask anew even if an answer is kept.

    Raises:
        UsageError: The service does not accept the request.
        ProviderError: It cannot be reached, cannot serve now, or sent something that is no page of papers.
    """
    attempt = 1
    while True:
        page = http.get(service.host, request, fresh=fresh or attempt > 1)
        try:
            reply = service.read(page, request)
        except Drift as drift:
            if page.kept:
                # Kept by another version of litreview, or damaged.
                fresh = True
                continue
            raise _drifted(service.host, _seen(page) or str(drift)) from drift
        if reply.next != request:
            http.keep(service.host, request, page)
            return page, reply
        if attempt == _ATTEMPTS:
            message = f"{service.host.title} sent a page without its records {_ATTEMPTS} times"
            if reply.total is not None:
                message += f", after {request.at:,} of {reply.total:,}"
            raise ProviderError(message, hint="run the same command again later; it goes on from there")
        attempt += 1
        http.pause(attempt)


def _drifted(host: Host, what: str) -> ProviderError:
    return ProviderError(
        f"{host.title} did not answer in the form it should: {what}",
        hint=f"check {host.url_setting} ({host.shown}); if it is right, update litreview",
    )


def _seen(page: Page) -> str:
    """What a page is that is no answer at all, or ""."""
    if not page.text.strip():
        return "the answer is empty"
    if page.text.lstrip()[:300].lower().startswith(("<!doctype html", "<html")):
        return "it sent a web page (a portal that asks for a login, or maintenance?)"
    return ""


def attributed(paper: Paper, host: Host) -> Paper:
    """The paper with the service as its source.

    A place on a page is left out: it changes from day to day, and the same paper fetched again must be the
    same.
    """
    sources = tuple(
        source.model_copy(update={"name": host.name, "position": None, "line": None})
        for source in paper.sources
    )
    return paper.model_copy(update={"sources": sources})


def _named(batch: SourceBatch, host: Host, about: str) -> SourceBatch:
    """The service and the query in place of a file's path."""
    label = f"{host.name} {about!r}" if about else host.name
    return batch.model_copy(
        update={
            "path": label,
            "rejected": tuple(r.model_copy(update={"path": label, "line": None}) for r in batch.rejected),
            "notes": tuple(f"{label}: {note.removeprefix(f'{host.name}:')}" for note in batch.notes),
        }
    )
