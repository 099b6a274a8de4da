"""MEDLINE as PubMed writes it (.nbib, "PubMed format"): `parse` and, line by line, `read`. No I/O.

The PMID of a record becomes the address of its page; MEDLINE has no other. Authors are the full names (FAU)
where a record has them, with organisations (CN) among them in their order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from litreview.sources.batch import SourceBatch, as_one, in_batches
from litreview.sources.people import inverted_name, name_with_initials, organisation
from litreview.sources.records import arxiv_id_in, date_in, doi_in
from litreview.sources.tagged import Dialect, Record, papers_of, read_records

FORMAT = "nbib"

_LIKE = re.compile(r"^[^\S\n]*PMID ?- ?\d+[^\S\n]*$", re.MULTILINE)
# Four signs, the tag and blanks, before the hyphen: no wrapped line looks like that.
_TAG = re.compile(r"(?=[A-Z0-9 ]{4}-)([A-Z][A-Z0-9]{1,3}) *-(?: |$)")
_DIALECT = Dialect(
    first="PMID",
    before=frozenset({"PMC"}),
    once=frozenset({"PMID", "OWN", "STAT", "TI"}),
    last="SO",
    long=frozenset({"AB"}),
)

_BRACKETED = re.compile(r"\[(.+)\]\.?")
_KIND = re.compile(r"\s*\[(\w+)\]\s*$")
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")


def looks_like(text: str) -> bool:
    """Tell whether the beginning of a file reads like MEDLINE: some line holds a PMID."""
    return _LIKE.search(text) is not None


def parse(text: str, *, name: str) -> SourceBatch:
    """Return the papers of a whole MEDLINE text; see `read` for long files."""
    return as_one(read(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), name=name))


def read(lines: Iterable[str], *, name: str) -> Iterator[SourceBatch]:
    """Yield the papers of a MEDLINE file in batches of at most 1,000, in constant memory.

    Args:
        lines: Its lines, with or without their ends.
        name: Its name, for sources and messages.
    """
    records = read_records(lines, _tagged, _DIALECT)
    return in_batches(papers_of(records, _fields, format=FORMAT, name=name))


def _tagged(line: str) -> tuple[str, str] | None:
    found = _TAG.match(line)
    return (found[1], line[found.end() :].strip()) if found else None


def _fields(record: Record) -> dict[str, Any]:
    pmid = record.first("PMID")
    return {
        "title": _title(record.first("TI") or record.first("BTI", "TT", "VTI")),
        "abstract": " ".join(record.all("AB")) or record.first("OAB"),
        "authors": _authors(record),
        "published": _published(record),
        "venue": record.first("JT", "TA", "BTI", "PB"),
        "doi": _doi(record),
        "arxiv_id": arxiv_id_in(*record.all("LID", "AID")),
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid.isdecimal() else None,
        "tags": list(dict.fromkeys(value.lstrip("*").replace("/*", "/") for value in record.all("MH", "OT"))),
    }


def _title(text: str) -> str:
    """The title without its full stop, or the brackets that mark it as translated."""
    translated = _BRACKETED.fullmatch(text)
    text = translated[1] if translated else text
    return text if text.endswith("..") else text.removesuffix(".")


def _authors(record: Record) -> list[str]:
    """Persons by their full names, else by their initials, and organisations, in the order of the record."""
    full = any(found.tag == "FAU" for found in record.fields)
    names = []
    for found in record.fields:
        value = " ".join(found.parts)
        if found.tag == "CN":
            names.append(organisation(value))
        elif found.tag == "FAU":
            names.append(inverted_name(value))
        elif found.tag == "AU" and not full:
            names.append(name_with_initials(value))
    return names


def _doi(record: Record) -> str | None:
    """The identifier that says it is a DOI ("10.1000/182 [doi]")."""
    for value in record.all("LID", "AID"):
        kind = _KIND.search(value)
        if kind and kind[1].lower() == "doi":
            return doi_in(value[: kind.start()])
    return None


def _published(record: Record) -> str | None:
    """The date of publication ("2020 Jan 5", "2020 Winter"), else of the electronic form ("20200105")."""
    given = record.first("DP")
    if date := date_in(given):
        return date
    electronic = _COMPACT_DATE.fullmatch(record.first("DEP"))
    return date_in("-".join(electronic.groups())) if electronic else given or None
