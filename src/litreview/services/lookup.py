"""Single papers, by arXiv id, DOI or title: what `enrich` asks for, and of whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from litreview.errors import ProviderError, UsageError
from litreview.papers import Paper

from .arxiv import Arxiv, arxiv_host
from .crossref import Crossref, crossref_host
from .directory import Account
from .hf import HuggingFace, hf_host
from .http import Http
from .openalex import OpenAlex, openalex_host
from .paging import attributed, read_page
from .s2 import SemanticScholar, s2_host
from .types import Request, Service, ServiceName

How = Literal["arxiv_id", "doi", "title"]

# Ids in one request to arXiv: few enough for an address, many enough for its one request in three seconds.
ARXIV_IDS = 50


class Lookup(NamedTuple):
    """What one service found for one paper."""

    service: ServiceName
    how: How
    paper: Paper


class Lookups:
    """Looks papers up. A service that fails is not asked again; its error is kept in `failed`.

    Args:
        http: Who asks.
        account: Keys, contact and URLs.

    Raises:
        SettingsError: A URL or a key cannot be used.
    """

    def __init__(self, http: Http, account: Account) -> None:
        self._http = http
        urls, keys = account.urls, account.keys
        self._arxiv = Arxiv(arxiv_host(urls.get("arxiv")))
        self._hf = HuggingFace(hf_host(urls.get("hf")))
        self._crossref = Crossref(crossref_host(urls.get("crossref"), account.contact))
        self._openalex = OpenAlex(openalex_host(urls.get("openalex"), keys.get("openalex")))
        self._s2 = SemanticScholar(s2_host(urls.get("s2"), keys.get("s2")))
        self.failed: dict[ServiceName, ProviderError] = {}

    def by_arxiv_ids(self, ids: Sequence[str]) -> Iterator[Lookup]:
        """What arXiv has under these ids, at most `ARXIV_IDS` of them."""
        yield from self._found(self._arxiv, self._arxiv.lookup(ids), "arxiv_id")

    def by_doi(self, doi: str) -> Iterator[Lookup]:
        """What Crossref has under a DOI, then OpenAlex, which has more abstracts. Taken one at a time."""
        yield from self._found(self._crossref, self._crossref.by_doi(doi), "doi")
        yield from self._found(self._openalex, self._openalex.by_doi(doi), "doi")

    def by_title(self, title: str) -> Iterator[Lookup]:
        """What services find for a title, much of it about something else. Taken one at a time.

        Semantic Scholar knows most, but is asked with a key only: the pool without one is overrun.
        """
        if self._s2.host.key:
            yield from self._found(self._s2, self._s2.titled(title), "title")
        yield from self._found(self._hf, self._hf.titled(title), "title")
        yield from self._found(self._crossref, self._crossref.titled(title), "title")

    def _found(self, service: Service, request: Request, how: How) -> Iterator[Lookup]:
        host = service.host
        if host.name in self.failed:
            return
        try:
            _, reply = read_page(self._http, service, request)
        except ProviderError as error:
            self.failed[host.name] = error
            return
        except UsageError:
            # An id or a title the service cannot make sense of; it may know the next one.
            return
        for paper in reply.batch.papers:
            yield Lookup(host.name, how, attributed(paper, host))
