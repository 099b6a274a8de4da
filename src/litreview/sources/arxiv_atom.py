"""Atom feeds of arXiv's API: `parse(text, *, name) -> SourceBatch`. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from litreview.papers import Paper, Source
from litreview.sources.batch import SourceBatch, as_one, in_batches
from litreview.sources.records import date_in, doi_in, make_paper
from litreview.sources.xml_records import read_records, text_in

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

FORMAT = "arxiv-atom"

_FEED = re.compile(r"<(?:\w+:)?feed[\s>]|<(?:\w+:)?entry[\s>]")


def looks_like(text: str) -> bool:
    """Tell whether the beginning of a file reads like a feed of arXiv."""
    return text.lstrip("\ufeff \t\r\n").startswith("<") and bool(_FEED.search(text)) and "arxiv.org" in text


def parse(text: str, *, name: str) -> SourceBatch:
    """Return the papers of a whole feed; see `read` for long ones."""
    return as_one(read([text], name=name))


def read(chunks: Iterable[str], *, name: str) -> Iterator[SourceBatch]:
    """Yield the papers of a feed, at most 1,000 records at a time, in constant memory.

    Args:
        chunks: The text in pieces of any size.
        name: The file's or the service's name, for sources and messages.
    """
    return in_batches(read_records(chunks, _paper, tag="entry", source=Source(format=FORMAT, name=name)))


def _paper(entry: Element, source: Source, notes: list[str]) -> Paper:
    def text(path: str) -> str:
        return text_in(entry.find(path))

    address = text("id")
    if "/api/errors" in address:
        raise ValueError(f"arXiv answered with an error: {text('summary') or text('title')}")
    links = {link.get("rel"): link.get("href") for link in entry.findall("link")}
    authors = (text_in(name) for name in entry.findall("author/name"))
    categories = (category.get("term") or "" for category in entry.findall("category"))
    published = text("published")
    return make_paper(
        {
            "title": text("title"),
            "abstract": text("summary"),
            "authors": tuple(filter(None, authors)),
            "published": date_in(published) or published,
            "venue": text("journal_ref"),
            "doi": doi_in(text("doi")),
            "arxiv_id": address,
            "url": links.get("alternate") or address,
            "tags": tuple(filter(None, categories)),
        },
        source=source,
        notes=notes,
    )
