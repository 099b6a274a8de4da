"""Services papers are fetched from: one thin module each, over one HTTP layer.

A service is pure: it says what to ask for and what an answer means. `http.py` asks, `paging.py` goes from
page to page, `lookup.py` finds single papers. The formats they answer in are parsed in `sources`, where files
of them can be read too; the JSON of OpenAlex, Semantic Scholar and Crossref is read where it is asked for.
"""

from __future__ import annotations

from .directory import Account, make_service, open_http
from .http import Http, Patience
from .lookup import Lookup, Lookups
from .paging import Fetched, fetch_pages
from .types import SERVICES, Service, ServiceName

__all__ = [
    "SERVICES",
    "Account",
    "Fetched",
    "Http",
    "Lookup",
    "Lookups",
    "Patience",
    "Service",
    "ServiceName",
    "fetch_pages",
    "make_service",
    "open_http",
]
