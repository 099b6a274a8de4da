r"""BibTeX and BibLaTeX files: `parse(text, *, name) -> SourceBatch`. No I/O.

Papers keep the keys of the file. An entry that cannot be read is rejected with its line and the reason, and
ends where the next one begins, so that its neighbours survive. Read are the fields that a `Paper` has; TeX in
them is written plainly. `@string` and `#` are understood; `crossref` is not followed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pydantic import ValidationError

from litreview.papers import Paper, Source, check_partial_date, normalise_arxiv_id, normalise_doi
from litreview.sources.batch import Rejected, SourceBatch, explain, quoted
from litreview.text.cleaning import clean_text, strip_controls

FORMAT = "bibtex"

_START = re.compile(r"(?:^|(?<=[})]))[ \t]*@(?P<kind>[A-Za-z]+)\s*(?P<open>[{(])", re.MULTILINE)
_KEY = re.compile(r"\s*(?P<key>[^\s,{}()\"=]*)\s*(?P<end>[,})])")
_NAME = re.compile(r"[\s,]*(?P<name>[A-Za-z][\w:.+/-]*)\s*=\s*")
_BARE = re.compile(r"[^\s,#{}()\"=]+")
_JOIN = re.compile(r"\s*#\s*")
_SPACE = re.compile(r"\s*")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_BRACE_OR_QUOTE = re.compile(r"\\.|[{}\"]", re.DOTALL)
_CLOSING = {"{": "}", "(": ")"}
_NOT_PAPERS = frozenset({"comment", "preamble"})
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_VENUES = ("journal", "journaltitle", "booktitle", "publisher", "institution", "school")
_ARXIV_NOTE = re.compile(r"arXiv:\s?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})")


class _Unreadable(ValueError):
    """An entry that cannot be read; `at` is the offset of what is wrong with it."""

    def __init__(self, reason: str, at: int) -> None:
        super().__init__(reason)
        self.at = at


class _Entry(NamedTuple):
    """An entry as it stands in the file; field names in lower case, the first of several under a name."""

    key: str
    fields: dict[str, str]


def looks_like(text: str) -> bool:
    """Tell whether the beginning of a file reads like BibTeX."""
    return re.search(r"^[ \t]*@[A-Za-z]+\s*[{(]\s*[^\s,{}()]+\s*[,=]", text, re.MULTILINE) is not None


def parse(text: str, *, name: str) -> SourceBatch:
    """Return the papers of a .bib file under their own keys, and the entries that could not be read.

    Args:
        text: The whole file.
        name: Its name, for sources and messages.
    """
    papers: dict[str, Paper] = {}
    rejected: list[Rejected] = []
    notes: list[str] = []
    macros = {month: month for month in _MONTHS}
    lines = _LineCounter(text)
    for start, end, kind in _blocks(text):
        line = lines.line_at(text.index("@", start))
        try:
            if kind == "string":
                macros.update(_Reader(text, start, end, macros).definition())
                continue
            entry = _Reader(text, start, end, macros).entry()
            if entry.key in papers:
                first = papers[entry.key].sources[0].line
                reason = f"the key {entry.key!r} stands twice; the entry of line {first} is taken"
                raise _Unreadable(reason, start)
            papers[entry.key] = _paper(entry, name, line, notes)
        except ValidationError as error:
            rejected.append(_rejected(name, line, explain(error), text[start:end]))
        except _Unreadable as error:
            where = "" if lines.line_at(error.at) <= line else f" (line {lines.line_at(error.at)})"
            rejected.append(_rejected(name, line, f"{error}{where}", text[start:end]))
    return SourceBatch(papers=tuple(papers.values()), rejected=tuple(rejected), notes=tuple(notes))


def entry_key(raw: str) -> str:
    """The key of an entry that was rejected, or an empty string: `Rejected.raw` holds its beginning."""
    start = _START.match(raw)
    found = _KEY.match(raw, start.end()) if start else None
    return found["key"] if found else ""


def _blocks(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of every entry and @string; one ends at the latest where the next one begins."""
    starts = [match for match in _START.finditer(text) if match["kind"].lower() not in _NOT_PAPERS]
    ends = [match.start() for match in starts] + [len(text)]
    for match, end in zip(starts, ends[1:], strict=True):
        yield match.start(), end, match["kind"].lower()


class _LineCounter:
    """Line numbers (from 1) of rising offsets, counted once."""

    def __init__(self, text: str) -> None:
        self._breaks = [match.start() for match in re.finditer("\n", text)]

    def line_at(self, offset: int) -> int:
        return bisect_left(self._breaks, offset) + 1


class _Reader:
    """Reads one block, from its "@" to the bracket that closes it."""

    def __init__(self, text: str, start: int, end: int, macros: Mapping[str, str]) -> None:
        opened = _START.match(text, start)
        if opened is None:  # Starts come from the same pattern.
            raise _Unreadable("it is no entry", start)
        self._text = text
        self._at = opened.end()
        self._end = end
        self._closing = _CLOSING[opened["open"]]
        self._macros = macros

    def entry(self) -> _Entry:
        found = _KEY.match(self._text, self._at, self._end)
        if found is None or not found["key"]:
            raise _Unreadable("it has no key before its first comma", self._at)
        self._at = found.end()
        fields: dict[str, str] = {}
        if found["end"] == ",":
            for name, value in self._fields():
                fields.setdefault(name, value)
        return _Entry(found["key"], fields)

    def definition(self) -> dict[str, str]:
        """What an @string defines."""
        return dict(self._fields())

    def _fields(self) -> Iterator[tuple[str, str]]:
        while True:
            found = _NAME.match(self._text, self._at, self._end)
            if found is None:
                self._close()
                return
            name = found["name"].lower()
            self._at = found.end()
            yield name, self._value(name)

    def _close(self) -> None:
        rest = self._text[self._at : self._end].lstrip(" \t\r\n,")
        if not rest.startswith(self._closing):
            said = f"{quoted(rest[:30])} stands where a field or {self._closing!r} should" if rest else ""
            raise _Unreadable(said or f"it is not closed with {self._closing!r}", self._at)

    def _value(self, name: str) -> str:
        """One value, or several joined by "#"."""
        parts = [self._piece(name)]
        while joined := _JOIN.match(self._text, self._at, self._end):
            self._at = joined.end()
            parts.append(self._piece(name))
        return "".join(parts)

    def _piece(self, name: str) -> str:
        opening = self._text[self._at : min(self._at + 1, self._end)]
        if opening in ("{", '"') and opening:
            return self._enclosed(name, opening)
        found = _BARE.match(self._text, self._at, self._end)
        if found is None:
            raise _Unreadable(f"the field {name!r} has no value", self._at)
        self._at = found.end()
        return self._macros.get(found[0].lower(), found[0])

    def _enclosed(self, name: str, opening: str) -> str:
        """A value in braces, or in quotes outside of which every brace is closed."""
        start, depth = self._at + 1, 0
        pattern = _BRACE if opening == "{" else _BRACE_OR_QUOTE
        for match in pattern.finditer(self._text, start, self._end):
            sign = match[0]
            closes = depth == 0 and sign == ("}" if opening == "{" else '"')
            if closes:
                self._at = match.end()
                return self._text[start : match.start()]
            depth += (sign == "{") - (sign == "}")
        raise _Unreadable(f"the value of {name!r} is not closed", start)


def _paper(entry: _Entry, name: str, line: int, notes: list[str]) -> Paper:
    """Make a paper of an entry; an identifier or a date that cannot be read is noted and left out."""
    fields = {field: clean_text(value) for field, value in entry.fields.items() if field != "author"}
    given = {
        "doi": (fields.get("doi"), normalise_doi),
        "arxiv_id": (_arxiv_id(fields), normalise_arxiv_id),
        "published": (_date(fields), check_partial_date),
    }
    known: dict[str, str] = {}
    for field, (value, check) in given.items():
        try:
            if value:
                known[field] = check(value)
        except ValueError as error:
            notes.append(f"{name}:{line}: {field} left out: {error}")
    return Paper.model_validate(
        {
            "key": entry.key,
            "title": ": ".join(part for part in (fields.get("title"), fields.get("subtitle")) if part),
            "abstract": fields.get("abstract"),
            "authors": _authors(entry.fields.get("author", "")),
            "venue": next((fields[field] for field in _VENUES if fields.get(field)), None),
            "url": strip_controls(entry.fields.get("url", "")),
            "sources": (Source(format=FORMAT, name=name, line=line),),
            **known,
        }
    )


def _authors(field: str) -> tuple[str, ...]:
    """Names of an author field; one wholly in braces is an organisation and keeps them."""
    names = []
    for name in _AND.split(" ".join(field.split())):
        whole = name.startswith("{") and _closes(name) == len(name) - 1
        plain = clean_text(name)
        if plain and plain != "others":
            names.append(f"{{{plain}}}" if whole and " " in plain else plain)
    return tuple(names)


def _closes(name: str) -> int:
    """Where the brace that a name begins with is closed, or -1."""
    depth = 0
    for match in _BRACE.finditer(name):
        depth += (match[0] == "{") - (match[0] == "}")
        if depth == 0:
            return match.start()
    return -1


def _arxiv_id(fields: Mapping[str, str]) -> str | None:
    kind = fields.get("archiveprefix", fields.get("eprinttype", "")).lower()
    if fields.get("eprint") and kind == "arxiv":
        return fields["eprint"]
    found = _ARXIV_NOTE.search(fields.get("journal", ""))
    return found[1] if found else None


def _date(fields: Mapping[str, str]) -> str | None:
    """The date as "2020-05-03", "2020-05" or "2020"; what is no date as it stands, to be complained about."""
    date = fields.get("date") or fields.get("year")
    if not date or re.fullmatch(r"\d{4}-\d{2}(?:-\d{2})?", date):
        return date
    year = _YEAR.search(date)
    if year is None:
        return date
    month = fields.get("month", "").strip(". ").lower()
    number = int(month) if month.isdigit() else _month(month)
    return f"{year[1]}-{number:02}" if 1 <= number <= 12 else year[1]


def _month(name: str) -> int:
    return _MONTHS.index(name[:3]) + 1 if name[:3] in _MONTHS else 0


def _rejected(name: str, line: int, reason: str, raw: str) -> Rejected:
    return Rejected(path=name, line=line, reason=reason, raw=raw.strip())
