"""From a service to a library: fetch page by page, add what came, and say what stopped it, if anything."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from .errors import UsageError
from .importing import ImportReport, Progress, import_batches
from .library import Library
from .services import Http, Service, fetch_pages
from .sources import SourceBatch

_log = logging.getLogger("litreview")


class FetchReport(ImportReport):
    """What became of every record that was fetched.

    `fetched` counts papers that came, `matching` is how many the service has in all, where it says so.
    `complete` is False where something stopped the fetch before its end.
    """

    source: str
    query: str
    fetched: int = 0
    matching: int | None = None
    complete: bool = True


class Outcome(NamedTuple):
    """The report, and what stopped the fetch: to be raised once the report has been shown."""

    report: FetchReport
    stopped: BaseException | None


def fetch(
    library: Library, service: Service, query: str, *, http: Http, limit: int | None, progress: Progress
) -> Outcome:
    """Add what a service has for a query to a library.

    Whatever stops it, Ctrl-C included, what had come by then is added first. The same fetch again goes on
    from the page it had reached, and nothing is stored twice.

    Args:
        library: An open library.
        service: Who is asked.
        query: What is asked, in the service's own language.
        http: Who asks.
        limit: How many papers at most; None for all.
        progress: As for `import_batches`.

    Raises:
        UsageError: The limit is below 1, the query is empty, or the service cannot be asked this.
        ProviderError: The service gave nothing at all.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"--limit must be 1 or more, not {limit}", hint="litreview fetch --help")
    if not query.strip() and service.host.name != "zotero":
        raise UsageError(
            f"{service.host.title} is asked with a query, not with {query!r}",
            hint=f'litreview fetch {service.host.name} "what you look for"',
        )
    feed = _Feed(service, http, query.strip(), limit, progress)
    batches = iter(feed)
    head = list(_until_papers(batches))
    if feed.stopped and not feed.fetched:
        raise feed.stopped
    report = import_batches(library, chain(head, batches), progress=progress)
    return Outcome(
        FetchReport(
            **report.model_dump(),
            source=service.host.name,
            query=query.strip(),
            fetched=feed.fetched,
            matching=feed.matching,
            complete=feed.stopped is None,
        ),
        feed.stopped,
    )


def _until_papers(batches: Iterator[SourceBatch]) -> Iterator[SourceBatch]:
    """The batches up to the first that holds a paper: only then is there something to keep."""
    for batch in batches:
        yield batch
        if batch.papers:
            return


class _Feed:
    """The pages as batches, counted; an error ends them in place of what has come."""

    def __init__(
        self, service: Service, http: Http, query: str, limit: int | None, progress: Progress
    ) -> None:
        self._service = service
        self._pages = fetch_pages(http, service, query, limit=limit)
        self._limit = limit
        self._progress = progress
        self.fetched = 0
        self.matching: int | None = None
        self.stopped: BaseException | None = None

    def __iter__(self) -> Iterator[SourceBatch]:
        try:
            for page in self._pages:
                self.fetched += len(page.batch.papers)
                self.matching = page.total if page.total is not None else self.matching
                ends = [number for number in (self.matching, self._limit) if number is not None]
                title = f"fetching from {self._service.host.title}"
                self._progress(title, self.fetched, min(ends, default=0))
                yield page.batch
        except GeneratorExit:
            raise
        except BaseException as error:
            self.stopped = error
            if self.fetched and not isinstance(error, Exception):
                _log.info("stopping; first the %d papers that came are added", self.fetched)
