"""Papers as the page names them, with an address only where it is one of the web."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, urlsplit

from litreview.answers import Reference
from litreview.render.common import authors_of, locator_of, visible

from .passages import plain


class Source(NamedTuple):
    """A paper as the page names it; `address` is empty where none is known that a reader can follow."""

    key: str
    title: str
    authors: str
    year: str
    venue: str
    address: str
    link_text: str


def source_of(reference: Reference) -> Source:
    """A reference in the words of the page."""
    shown = visible(reference)
    address = _followed(locator_of(reference))
    return Source(
        key=shown.key,
        title=shown.title,
        authors=authors_of(shown),
        year=year_of(shown.year),
        venue=shown.venue or "",
        address=address,
        link_text=_link_text(reference) if address else "",
    )


def year_of(year: int | None) -> str:
    """A year, or that there is none."""
    return str(year) if year is not None else "n.d."


def _followed(address: str) -> str:
    """An address as a link may hold it, or an empty string where it is not one of the web."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    return quote(address, safe="/:?#[]@!$&'()*+,;=%~-._")


def _link_text(reference: Reference) -> str:
    if reference.doi:
        return plain(f"doi:{reference.doi}")
    if reference.arxiv_id:
        return f"arXiv:{reference.arxiv_id}"
    return urlsplit(reference.url or "").hostname or ""
