"""Which services there are, and how each is set up from a person's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .cache import PageCache
from .http import Http, Patience
from .ratelimit import Clock, Pacer
from .types import Service, ServiceName


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks.

    Args:
        contact: A mail address, for services to reach whoever asks too much.
        keys: Keys by service; "pubmed" stands for NCBI's.
        urls: Base URLs in place of the services' own.
    """

    contact: str | None = None
    keys: Mapping[ServiceName, str] = field(default_factory=dict, repr=False)
    urls: Mapping[ServiceName, str] = field(default_factory=dict)


def make_service(  # noqa: PLR0911 - one a service
    name: ServiceName, account: Account, *, collection: str | None = None
) -> Service:
    """A service as this person asks it. Only its own module and parser are imported.

    Args:
        name: Which one.
        account: Who asks.
        collection: For Zotero, a collection's name.

    Raises:
        SettingsError: Its URL or key cannot be used.
    """
    url, key = account.urls.get(name), account.keys.get(name)
    match name:
        case "arxiv":
            from .arxiv import Arxiv, arxiv_host

            return Arxiv(arxiv_host(url))
        case "hf":
            from .hf import HuggingFace, hf_host

            return HuggingFace(hf_host(url))
        case "openalex":
            from .openalex import OpenAlex, openalex_host

            return OpenAlex(openalex_host(url, key))
        case "s2":
            from .s2 import SemanticScholar, s2_host

            return SemanticScholar(s2_host(url, key))
        case "pubmed":
            from .pubmed import PubMed, pubmed_host

            return PubMed(pubmed_host(url, key, account.contact))
        case "crossref":
            from .crossref import Crossref, crossref_host

            return Crossref(crossref_host(url, account.contact))
        case "zotero":
            from .zotero import Zotero, zotero_host

            return Zotero(zotero_host(url), collection)


def open_http(
    account: Account,
    folder: Path,
    *,
    patience: Patience | None = None,
    fresh: bool = False,
    clock: Clock | None = None,
) -> Http:
    """The HTTP layer with its cache and its turns in a folder. A context manager.

    Args:
        account: Who asks.
        folder: Where answers and turns are kept.
        patience: How long a request may take.
        fresh: Ask anew also for what is kept.
        clock: What is waited by; the machine's where none is given.
    """
    clock = clock or Clock()
    patience = patience or Patience()
    return Http(
        PageCache(folder / "pages.sqlite3", now=clock.now),
        Pacer(folder / "turns", clock=clock, patience=patience.deadline),
        contact=account.contact,
        patience=patience,
        fresh=fresh,
        clock=clock,
    )
