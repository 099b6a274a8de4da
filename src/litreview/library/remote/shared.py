"""`SharedLibrary`: a library on a server, and what it does while that does not answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from litreview.errors import ServerUnavailable
from litreview.library.catalogue import Catalogue
from litreview.library.types import Filters, SyncReport

from .address import ServerAddress
from .exchange import Exchange, Progress
from .http import Missing, Unsupported
from .news import News, look
from .state import State

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from litreview.library.embeddings import Embeddings
    from litreview.library.filtering import Passing

_log = logging.getLogger("litreview")

# A library that stays open asks its server no oftener, in seconds, whether there is anything new.
_NEWS_AFTER = 60.0


def _silent(_stage: str, _done: int, _total: int) -> None:
    return


class SharedLibrary:
    """What a library asks where it is shared. All but `tell_news` and `nearest` need the writer's lock.

    Args:
        catalogue: The open catalogue.
        address: Where the server is.
        embeddings: Gives the catalogue's embeddings; called when they are needed first.
        passing: Gives the papers that pass a filter.
        complete: Gives every paper of the catalogue a vector.
        lean: Leave titles and abstracts out of the collection of vectors.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        address: ServerAddress,
        *,
        embeddings: Callable[[], Embeddings],
        passing: Callable[[Filters], Passing],
        complete: Callable[[Progress], None],
        lean: bool,
    ) -> None:
        self._catalogue = catalogue
        self._address = address
        self._embeddings = embeddings
        self._passing = passing
        self._complete = complete
        self._exchange = Exchange(catalogue, address, embeddings, lean=lean)
        self._failed: ServerUnavailable | None = None
        self._asked: float | None = None
        self._told = ""

    def close(self) -> None:
        """Close the connection to the server."""
        self._exchange.close()

    # Writing

    def exchange(self) -> None:
        """Exchange records.

        A server that does not answer keeps nobody from adding, and is asked no second time: `sync` tells.
        """
        if self._failed is None:
            try:
                self._exchange.exchange(_silent)
            except ServerUnavailable as error:
                self._failed = error

    def sync(self, progress: Progress) -> None:
        """Exchange everything; where the server does not answer, embed here and say what waits.

        Raises:
            ServerUnavailable: The server does not answer; what waits for it is kept.
            EmbeddingMismatch: It has another embedding than is configured; the papers are exchanged.
        """
        self._failed = None
        try:
            self._exchange.exchange(progress)
            self._exchange.embed(lambda: self._complete(progress), progress)
            self._exchange.finish(progress)
        except ServerUnavailable as error:
            self._failed = error
            self._complete(progress)
            raise self._exchange.waiting(error) from error

    def take_over(self, progress: Progress, *, fresh: bool) -> bool:
        """Take over the server's vectors in place of `reembed`, if another machine made just those."""
        self.exchange()
        if self._failed is not None or fresh:
            return False
        embeddings, latest = self._embeddings(), self._exchange.latest()
        current = embeddings.current()
        ours = current is not None and embeddings.makes(current.provider, current.model)
        if ours or latest is None or not embeddings.makes(latest.provider, latest.model):
            return False
        self.sync(progress)
        return True

    def publish(self, progress: Progress) -> None:
        """Make the embedding that was just made here the server's.

        Raises:
            ServerUnavailable: The server does not answer; the next `sync` goes on.
        """
        try:
            if self._failed is not None:
                raise self._failed
            self._exchange.publish(progress)
            self._exchange.finish(progress)
        except ServerUnavailable as error:
            raise self._exchange.waiting(error) from error

    def report(self) -> SyncReport:
        """What was exchanged since the library was opened."""
        return SyncReport(
            server=self._address.name,
            papers=len(self._catalogue),
            received=self._exchange.received,
            sent=self._exchange.sent,
            renamed=dict(sorted(self._exchange.renamed.items())),
        )

    # Reading

    def nearest(
        self, vector: npt.NDArray[np.float32], *, limit: int, filters: Filters
    ) -> list[tuple[int, float]] | None:
        """The nearest of those the server proposes, with the cosines of the vectors here, best first.

        None where it does not answer, proposes too few, or would take long over the filter.
        """
        where = _as_metadata(filters)
        if self._failed is not None or (filters and where is None):
            return None
        try:
            proposed = self._exchange.nearest(vector, limit=limit, where=where)
        except (Missing, Unsupported):
            return None
        except ServerUnavailable as error:
            self._failed = error
            _log.warning("%s; the vectors here are searched instead, with the same answers", error.message)
            return None
        if proposed is None:
            return None
        rows = sorted(self._catalogue.rows_of(proposed).values())
        if filters:
            table = self._passing(filters).table
            rows = [row for row in rows if table[row]]
        if len(rows) < limit:
            return None
        scores = self._embeddings().vectors(rows) @ vector
        best = sorted(zip(rows, map(float, scores), strict=True), key=lambda found: (-found[1], found[0]))
        return best[:limit]

    def news(self) -> News:
        """What there is to say of the server."""
        state = State(self._catalogue.connection, self._catalogue.path)
        return look(self._address, state)

    def tell_news(self) -> None:
        """Say what there is to say of the server, if anything, and not again and again."""
        now = time.monotonic()
        if self._asked is not None and now - self._asked < _NEWS_AFTER:
            return
        self._asked = now
        news = self.news()
        if news.text == self._told:
            return
        self._told = news.text
        if news.state == "silent":
            # What does not answer now need not be waited for again where vectors are asked for.
            self._failed = self._failed or ServerUnavailable(news.text)
            since = f"as of the last sync ({news.synced})" if news.synced else "which were never synced whole"
            papers = f"{len(self._catalogue):,} papers"
            _log.warning("%s; searched the %s that are here, %s", news.text, papers, since)
        elif news.text:
            _log.info("%s", news.text)


def _as_metadata(filters: Filters) -> dict[str, Any] | None:
    """A filter as the server understands it: years alone; None where there is none or it cannot be said."""
    if filters.venue is not None or filters.source is not None or filters.tags:
        return None
    years = (("$gte", filters.since), ("$lte", filters.until))
    conditions = [{"year": {relation: year}} for relation, year in years if year is not None]
    if len(conditions) > 1:
        return {"$and": conditions}
    return conditions[0] if conditions else None
