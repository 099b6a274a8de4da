r"""BibTeX and BibLaTeX files: `parse(text, *, name) -> SourceBatch`. No I/O.

Papers keep the keys of the file. An entry that cannot be read is rejected with its line and the reason, and
ends where the next one begins, so that its neighbours survive (`bibtex_entries`). Read are the fields that a
`Paper` has; TeX in them is written plainly. `crossref` and `xdata` are followed (`bibtex_inheritance`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from litreview.papers import Paper, Source, check_partial_date
from litreview.sources.batch import Rejected, SourceBatch, explain
from litreview.sources.bibtex_entries import (
    MONTHS,
    Damaged,
    Entry,
    entry_key,
    read_entries,
    without_braces,
)
from litreview.sources.bibtex_inheritance import CONTAINERS, Inheritance
from litreview.sources.people import bibtex_names
from litreview.sources.records import arxiv_id_in, count_of, date_in, doi_in, make_paper
from litreview.text.cleaning import clean_text

__all__ = ["FORMAT", "entry_key", "looks_like", "parse"]

FORMAT = "bibtex"

# Round brackets need the name of a field behind them: "@cache(a, b)" is a line of a program.
_LIKE = re.compile(
    r"^[ \t]*@[ \t]*(?:[A-Za-z]+\s*\{\s*[^\s,{}()\"=]*\s*,"
    r"|[A-Za-z]+\s*\(\s*[^\s,{}()\"=]*\s*,\s*[A-Za-z-]+\s*=\s*[\"{\d]"
    r"|(?i:string)\s*[{(]\s*[\w-]+\s*=)",
    re.MULTILINE,
)
# Kinds that hold settings, or fields for others.
_NO_PAPERS = frozenset({"xdata", "set", "control", "ieeetranbstctl"})
_VENUES = (*CONTAINERS, "publisher", "institution", "school", "howpublished")

_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-\d{2})?)?(?![\d-])")
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_MONTH_NAME = re.compile(rf"\b(?:{'|'.join(MONTHS)})", re.IGNORECASE)
_NUMBER = re.compile(r"(?<!\d)\d{1,2}(?!\d)")
# BibLaTeX's codes for seasons, in the place of a month.
_SEASONS = ("21", "22", "23", "24")

_BARE_ARXIV = re.compile(r"(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?")
_CORR = re.compile(r"abs/(\d{4}\.\d{4,5}|[a-z-]+/\d{7})")
_ADDRESS = re.compile(r"\\url\s*\{((?:[^{}]|\{[^{}]*\})*)\}|https?://[^\s{}]+")
_DOI_ADDRESS = re.compile(r"https?://(?:dx\.)?doi\.org/(10\.\d{4,9}/\S+)", re.IGNORECASE)
_ESCAPED = re.compile(
    r"\{\\([_%&#$~^])\}|\\([_%&#$~^{}])(?:\{\})?|\{?\\text(?:ascii(tilde)|(underscore))(?:\{\})?\}?"
)
_TAG_SIGN = re.compile(r"\\.|[{};,]", re.DOTALL)


def looks_like(text: str) -> bool:
    """Tell whether the beginning of a file reads like BibTeX."""
    return _LIKE.search(text) is not None


def parse(text: str, *, name: str) -> SourceBatch:
    """Return the papers of a .bib file under their own keys, and the entries that could not be read.

    Args:
        text: The whole file.
        name: Its name, for sources and messages.
    """
    entries: list[Entry] = []
    rejected: list[Rejected] = []
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    for found in read_entries(text):
        if isinstance(found, Damaged):
            rejected.append(_rejected(name, found.line, found.reason, found.raw))
        else:
            entries.append(found)
    papers: list[Paper] = []
    notes: list[str] = []
    inheritance = Inheritance(entries)
    lines: dict[str, int] = {}
    for entry in entries:
        if entry.kind in _NO_PAPERS:
            continue
        try:
            paper = _paper(entry, inheritance, name, notes)
        except ValueError as error:
            reason = explain(error) if isinstance(error, ValidationError) else str(error)
            rejected.append(_rejected(name, entry.line, reason, text[entry.start : entry.end]))
            continue
        if problem := _problem(entry, lines):
            notes.append(f"{name}:{entry.line}: {problem}")
        # The first one keeps the key: that is the one BibTeX cites.
        papers.append(paper.model_copy(update={"key": None}) if entry.key in lines else paper)
        lines.setdefault(entry.key, entry.line)
    rejected.sort(key=lambda one: one.line or 0)
    return SourceBatch(papers=tuple(papers), rejected=tuple(rejected), notes=tuple(notes))


def _problem(entry: Entry, lines: Mapping[str, int]) -> str | None:
    if not entry.key:
        return "it has no key"
    if entry.key in lines:
        return f"the key {entry.key!r} is that of line {lines[entry.key]}, so this one comes without a key"
    return None


def _paper(entry: Entry, inheritance: Inheritance, name: str, notes: list[str]) -> Paper:
    """Make a paper of an entry; an identifier or a date that cannot be read is noted and left out."""
    raw, missing = inheritance.fields_of(entry)
    notes.extend(f"{name}:{entry.line}: there is no entry {key!r} to take fields from" for key in missing)
    fields = {field: without_braces(value) for field, value in raw.items()}
    authors = bibtex_names(raw.get("author", ""))
    given: dict[str, Any] = {
        "key": entry.key,
        "title": ": ".join(part for part in (fields.get("title"), fields.get("subtitle")) if part),
        "abstract": fields.get("abstract"),
        "authors": authors,
        "author_count": count_of(fields.get("authorcount"), least=1),
        "organisation": clean_text(
            fields.get("organisation") or ("" if authors else fields.get("organization", ""))
        ),
        "published": _published(fields),
        "venue": next(filter(None, (_venue(field, fields.get(field, "")) for field in _VENUES)), None),
        "doi": _doi(fields),
        "arxiv_id": _arxiv_id(fields),
        "url": _address(fields),
        "comments": count_of(fields.get("comments"), least=0),
        "tags": _tags(fields.get("keywords") or fields.get("keyword", "")),
    }
    return make_paper(given, source=Source(format=FORMAT, name=name, line=entry.line), notes=notes)


def _venue(field: str, value: str) -> str:
    """The words of a field that names a venue; an address in `howpublished` is none."""
    if field == "howpublished":
        value = _ADDRESS.sub("", value)
    return clean_text(value)


def _verbatim(value: str) -> str:
    r"""An address or an identifier, of which only signs with a backslash are TeX ("10.1000/a\_b")."""
    if "\\" not in value:
        return value
    return _ESCAPED.sub(lambda found: found[1] or found[2] or ("~" if found[3] else "_"), value)


def _address(fields: Mapping[str, str]) -> str:
    value = fields.get("url", "")
    found = _ADDRESS.search(value if "\\url" in value else fields.get("howpublished", ""))
    if found and (not value or "\\url" in value):
        value = found[1] or found[0]
    return _verbatim(value)


def _doi(fields: Mapping[str, str]) -> str | None:
    """The DOI; many files have it in the address alone."""
    if given := fields.get("doi"):
        return doi_in(_verbatim(given))
    found = _DOI_ADDRESS.fullmatch(_address(fields))
    return found[1] if found else None


def _arxiv_id(fields: Mapping[str, str]) -> str | None:
    """The arXiv id, from `eprint` or where older habits put it; one that is none, to be complained about."""
    kind = fields.get("archiveprefix") or fields.get("eprinttype", "")
    eprint = _verbatim(fields.get("eprint", ""))
    if eprint and (kind.lower() == "arxiv" or (not kind and _BARE_ARXIV.fullmatch(eprint))):
        return eprint
    for field in ("volume", "number", "journal"):
        if found := _CORR.search(fields.get(field, "")):
            return found[1]
    return arxiv_id_in(*(fields.get(field) for field in ("journal", "howpublished", "note", "url")))


def _published(fields: Mapping[str, str]) -> str | None:
    """The date as "2020-05-03", "2020-05" or "2020"; what is no date as it stands, to be complained about."""
    date = fields.get("date", "") or fields.get("year", "")
    iso = _ISO.match(date)
    if iso and (iso[2] or fields.get("date")):
        return iso[1] if iso[2] in _SEASONS else iso[0]
    if fields.get("date") and (found := date_in(date)):
        return found
    year = _YEAR.search(fields.get("year", ""))
    if year is None:
        return date or None
    month = clean_text(fields.get("month", ""))
    named = _MONTH_NAME.search(month)
    numbers = [int(number) for number in _NUMBER.findall(month)]
    number = MONTHS.index(named[0].lower()) + 1 if named else next(iter(numbers), 0)
    days = [*(numbers if named else ()), count_of(fields.get("day"), least=1) or 0, 0]
    return _finest(year[1], number, days[0] or days[-2])


def _finest(year: str, month: int, day: int) -> str:
    for text in (f"{year}-{month:02}-{day:02}", f"{year}-{month:02}"):
        try:
            return check_partial_date(text)
        except ValueError:
            continue
    return year


def _tags(field: str) -> tuple[str, ...]:
    """Keywords between ";", or between "," where there is none; within braces neither counts."""
    if not field:
        return ()
    cuts: dict[str, list[int]] = {";": [], ",": []}
    depth = 0
    for match in _TAG_SIGN.finditer(field):
        depth += (match[0] == "{") - (match[0] == "}")
        if depth == 0 and match[0] in cuts:
            cuts[match[0]].append(match.start())
    ends = [*(cuts[";"] or cuts[","]), len(field)]
    starts = [0, *(end + 1 for end in ends)]
    parts = (field[start:end] for start, end in zip(starts, ends, strict=False))
    return tuple(filter(None, (clean_text(without_braces(part)) for part in parts)))


def _rejected(name: str, line: int, reason: str, raw: str) -> Rejected:
    return Rejected(path=name, line=line, reason=reason, raw=raw.strip(), format=FORMAT)
