"""EndNote's XML export: `parse(text, *, name) -> SourceBatch`. No I/O.

The text of a field stands in any number of <style> elements. An author that ends in a comma is an
organisation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from litreview.papers import Paper, Source
from litreview.sources.batch import SourceBatch, as_one, in_batches
from litreview.sources.records import arxiv_id_in, date_in, doi_in, make_paper, organisation_author
from litreview.sources.xml_records import read_records, text_in

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

FORMAT = "endnote-xml"

_RECORD = re.compile(r"<record[\s>]")
_FIELD = re.compile(r"<(?:ref-type|rec-number|contributors|titles|source-app|foreign-keys)[\s>]")
_VENUES = (
    "titles/secondary-title",
    "periodical/full-title",
    "periodical/abbr-1",
    "titles/alt-title",
    "publisher",
)
_LINES = re.compile(r"[\r\n]+")


def looks_like(text: str) -> bool:
    """Tell whether the beginning of a file reads like an export of EndNote."""
    start = text.lstrip("\ufeff \t\r\n")
    return start.startswith("<") and bool(_RECORD.search(start) and _FIELD.search(start))


def parse(text: str, *, name: str) -> SourceBatch:
    """Return the papers of a whole file; see `read` for long ones."""
    return as_one(read([text], name=name))


def read(chunks: Iterable[str], *, name: str) -> Iterator[SourceBatch]:
    """Yield the papers of an export, at most 1,000 records at a time, in constant memory.

    Args:
        chunks: The text in pieces of any size.
        name: The file's name, for sources and messages.
    """
    return in_batches(read_records(chunks, _paper, tag="record", source=Source(format=FORMAT, name=name)))


def _paper(record: Element, source: Source, notes: list[str]) -> Paper:
    def text(path: str) -> str:
        return text_in(record.find(path))

    doi = text("electronic-resource-num")
    addresses = [text_in(url) for url in record.iterfind("urls//url")]
    authors = (text_in(author) for author in record.iterfind("contributors/authors/author"))
    keywords = (part for keyword in record.iter("keyword") for part in _LINES.split(text_in(keyword)))
    return make_paper(
        {
            "title": text("titles/title"),
            "abstract": text("abstract"),
            "authors": tuple(_author(author) for author in authors if author),
            "published": _date(text("dates/year"), text("dates/pub-dates/date")),
            "venue": next(filter(None, map(text, _VENUES)), None),
            "doi": doi_in(doi),
            "arxiv_id": arxiv_id_in(doi, text("accession-num"), text("titles/secondary-title"), *addresses),
            "url": next((address for address in addresses if address), None),
            "tags": tuple(part.strip() for part in keywords),
        },
        source=source,
        notes=notes,
    )


def _author(name: str) -> str:
    return organisation_author(name.rstrip(", ")) if name.endswith(",") else name


def _date(year: str, day: str) -> str | None:
    """The date of a year and what EndNote calls the date: "Jun 9", "2020-06-09" or "June 2020"."""
    for said in (day, f"{day} {year}"):
        found = date_in(said)
        if found and len(found) > len("2020"):
            return found
    return date_in(year) or year or date_in(day)
