"""CSL-JSON, and the JSON of Zotero and Crossref: `parse(text, *, name) -> SourceBatch`. No I/O.

An item may be one of CSL (`author`, `issued`, `container-title`), of Zotero (`itemType`, `creators`; as its
API gives it or as Better BibTeX exports it), or of Crossref (CSL with lists where CSL has texts). What CSL
has no field for, litreview keeps under `custom.litreview`; in an item that has it nothing is interpreted, and
any field of `Paper` that stands there is taken as it is.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from litreview.papers import Paper, Source
from litreview.sources.batch import SourceBatch, as_one, in_batches
from litreview.sources.json_items import read_items
from litreview.sources.records import (
    arxiv_id_in,
    count_of,
    date_in,
    doi_in,
    key_in,
    make_paper,
    organisation_author,
)
from litreview.sources.records import text_of as text

FORMAT = "csl-json"

_MARKS = re.compile(
    r'"(?:itemType|issued|container-title|creators|citation-key|author|DOI|URL)"\s*:'
    r'|"type"\s*:\s*"(?:article|book|chapter|document|paper-conference|report|thesis|webpage)'
)
_OWN_MARKS = frozenset({"authors", "published", "arxiv_id", "author_count", "sources"})
_TAG = re.compile(
    r"<jats:title>\s*abstract\s*</jats:title>"
    r"|(?P<block></?(?:jats:(?:p|title|sec|list|list-item)|p|br|div)(?:\s[^<>]*)?/?>)"
    r"|</?(?:jats:[a-z-]+|i|b|em|strong|su[bp]|sc|span)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_NOT_PAPERS = frozenset({"attachment", "note", "annotation"})
_ZOTERO_VENUES = (
    "publicationTitle",
    "proceedingsTitle",
    "bookTitle",
    "conferenceName",
    "websiteTitle",
    "repository",
    "university",
    "institution",
    "publisher",
)
_CSL_VENUES = ("container-title", "event-title", "event", "publisher")
_EXTRA = re.compile(r"^(citation[ -]key|doi|arxiv(?: id)?):[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_PARTICLES = ("dropping-particle", "non-dropping-particle")
_OWN_FIELDS = frozenset(Paper.model_fields) - {"sources"}


def looks_like(text: str) -> bool:
    """Tell whether the beginning of a file reads like items of CSL or Zotero."""
    start = text.lstrip("\ufeff \t\r\n")
    if not re.match(r'\[\s*(?:\{\s*"|\])|\{\s*"', start) or not _MARKS.search(start):
        return False
    return start[0] == "[" or not _is_own(start.split("\n", 1)[0])


def parse(text: str, *, name: str) -> SourceBatch:
    """Return the papers of a whole file; see `read` for long ones."""
    return as_one(read([text], name=name))


def read(chunks: Iterable[str], *, name: str) -> Iterator[SourceBatch]:
    """Yield the papers of a list of items, at most 1,000 records at a time, in constant memory.

    Args:
        chunks: The text in pieces of any size.
        name: The file's name, for sources and messages.
    """
    return in_batches(_results(chunks, name))


def _results(chunks: Iterable[str], name: str) -> Iterator[Any]:
    skipped = 0

    def make(item: dict[str, Any], source: Source, notes: list[str]) -> Paper | None:
        nonlocal skipped
        data = item["data"] if isinstance(item.get("data"), dict) else item
        if "itemType" not in data:
            return make_paper(_csl_fields(data), source=source, notes=notes)
        if text(data["itemType"]) in _NOT_PAPERS:
            skipped += 1
            return None
        return make_paper(_zotero_fields(data), source=source, notes=notes)

    yield from read_items(chunks, make, is_item=_is_item, source=Source(format=FORMAT, name=name))
    if skipped:
        yield f"attachments and notes of Zotero, which are no papers: {skipped:,}"


def _is_item(value: Mapping[str, Any]) -> bool:
    return bool({"title", "itemType", "issued", "DOI", "data"} & value.keys())


def _is_own(line: str) -> bool:
    """Whether a line is a record of litreview's JSONL that has fields of CSL's names besides."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(record, dict) and bool(_OWN_MARKS & record.keys())


def _csl_fields(item: Mapping[str, Any]) -> dict[str, Any]:
    custom = item.get("custom")
    own = custom.get("litreview") if isinstance(custom, dict) else None
    exact = isinstance(own, dict)
    title, abstract, note = _one(item.get("title")), _one(item.get("abstract")), text(item.get("note"))
    venues = map(_one, (item.get(field) for field in _CSL_VENUES))
    number, address = text(item.get("number")), text(item.get("URL"))
    archived = text(item.get("archive_location")) or number
    is_arxiv = text(item.get("archive")).lower() == "arxiv"
    doi = text(item.get("DOI"))
    fields = {
        "key": key_in(item.get("citation-key")) or key_in(item.get("id")),
        "title": title if exact else _without_tags(title),
        "abstract": abstract if exact else _without_tags(abstract),
        "authors": _names(item.get("author")),
        "published": _csl_date(item.get("issued")),
        "venue": next(filter(None, venues), None),
        "doi": doi if exact else doi_in(doi),
        "arxiv_id": archived if is_arxiv else None if exact else arxiv_id_in(number, note, address),
        "url": address,
        "tags": _tags(item.get("keyword"), only_semicolons=exact),
    }
    return {**fields, **_own(own)} if isinstance(own, dict) else fields


def _zotero_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    extra = text(data.get("extra"))
    more = {found[1].lower().replace("-", " "): found[2] for found in _EXTRA.finditer(extra)}
    creators = [creator for creator in _list(data.get("creators")) if isinstance(creator, dict)]
    authors = [creator for creator in creators if creator.get("creatorType") == "author"] or creators
    archive = text(data.get("archiveID"))
    tags = (tag.get("tag") if isinstance(tag, dict) else tag for tag in _list(data.get("tags")))
    return {
        "key": key_in(data.get("citationKey") or data.get("citekey") or more.get("citation key")),
        "title": _without_tags(text(data.get("title"))),
        "abstract": _without_tags(text(data.get("abstractNote"))),
        "authors": _names(authors),
        "published": date_in(text(data.get("date"))) or text(data.get("date")),
        "venue": next((text(data[field]) for field in _ZOTERO_VENUES if text(data.get(field))), None),
        "doi": doi_in(text(data.get("DOI")) or more.get("doi", "")),
        "arxiv_id": arxiv_id_in(archive, f"arXiv:{more.get('arxiv', '')}", extra, text(data.get("url"))),
        "url": text(data.get("url")),
        "tags": tuple(filter(None, map(text, tags))),
    }


def _own(own: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of `Paper` that litreview wrote because CSL has none for them; a count that is none is left."""
    fields = {field: value for field, value in own.items() if field in _OWN_FIELDS and value is not None}
    for field, least in (("author_count", 1), ("comments", 0)):
        if field in fields:
            fields[field] = count_of(fields[field], least=least)
    for field in ("authors", "tags"):
        if field in fields:
            fields[field] = tuple(filter(None, map(text, _list(fields[field]))))
    return fields


def _names(value: Any) -> tuple[str, ...]:
    """Authors as "Family, Given"; a name in one piece is an organisation."""
    names = []
    for entry in _list(value):
        if isinstance(entry, str):
            names.append(entry)
            continue
        if not isinstance(entry, dict):
            continue
        family = text(entry.get("family")) or text(entry.get("lastName"))
        given = text(entry.get("given")) or text(entry.get("firstName"))
        literal = text(entry.get("literal")) or text(entry.get("name"))
        parts = [text(entry.get(particle)) for particle in _PARTICLES]
        family = " ".join(filter(None, [*parts, family]))
        suffix = text(entry.get("suffix"))
        if family or given:
            names.append(", ".join(filter(None, [family, suffix, given])))
        elif literal:
            names.append(organisation_author(literal))
    return tuple(names)


def _csl_date(value: Any) -> str | None:
    """The first date of `issued`: date parts (numbers or texts), or a text that holds a date."""
    if not isinstance(value, dict):
        return date_in(text(value)) or text(value) or None
    parts = _list(value.get("date-parts"))
    first = [text(part) for part in _list(parts[0] if parts else None)]
    if first and first[0]:
        return "-".join(
            part.zfill(4 if at == 0 else 2) for at, part in enumerate(first[:3]) if all(first[: at + 1])
        )
    said = text(value.get("raw")) or text(value.get("literal"))
    return date_in(said) or said or None


def _tags(value: Any, *, only_semicolons: bool) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(filter(None, map(text, value)))
    said = text(value)
    mark = ";" if ";" in said or only_semicolons else ","
    return tuple(filter(None, (tag.strip() for tag in said.split(mark))))


def _without_tags(said: str) -> str:
    """A text without the markup that CSL, JATS and web pages put into titles and abstracts."""
    if "<" in said:
        said = _TAG.sub(lambda tag: " " if tag["block"] else "", said)
    return html.unescape(said) if "&" in said else said


def _one(value: Any) -> str:
    """A text, or the first of a list of texts, as Crossref gives it."""
    return next(filter(None, map(text, value)), "") if isinstance(value, list) else text(value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
