"""Tables as CSV or TSV: `parse(text, *, name) -> SourceBatch`. No I/O.

The delimiter is told from the header, and the columns by the names that Zotero, Scopus, Web of Science, IEEE
Xplore, PubMed, spreadsheets and litreview itself give them. In a table with litreview's own columns nothing
is interpreted.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from litreview.papers import Paper, Source
from litreview.sources.batch import Rejected, SourceBatch, as_one, explain, in_batches, quoted
from litreview.sources.records import arxiv_id_in, count_of, date_in, doi_in, key_in, make_paper
from litreview.sources.table_rows import Row, Rows

FORMAT = "csv"

# Names of columns in small letters, the surest first. Two letters are Web of Science's.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "key": ("key", "citation key", "citekey", "bibtex key"),
    "title": ("title", "article title", "document title", "paper title", "item title", "ti"),
    "abstract": ("abstract", "abstract note", "summary", "ab"),
    "authors": (
        "author full names", "authors full names", "af", "authors", "author", "author(s)", "author names",
        "au", "creators", "creator",
    ),
    "author_count": ("author count",),
    "organisation": ("organisation", "organization"),
    "published": (
        "published", "publication date", "date", "date published", "year", "publication year", "pub year",
        "pubyear", "py", "year published", "issued",
    ),
    "venue": (
        "venue", "journal", "source title", "publication title", "publication", "journal/book",
        "journal title", "journal name", "booktitle", "book title", "conference", "conference name",
        "conference title", "so", "source", "publisher",
    ),
    "doi": ("doi", "di", "doi link"),
    "arxiv_id": ("arxiv id", "arxiv"),
    "url": ("url", "link", "links", "article url", "articleurl", "web address", "pdf link"),
    "comments": ("comments", "number of comments"),
    "tags": ("tags", "keywords", "author keywords", "keyword", "manual tags", "index terms", "de"),
}  # fmt: skip
_FIELD_OF = {name: field for field, names in _NAMES.items() for name in names}
_OWN = frozenset({"key", "title", "author count", "arxiv id", "comments"})
_DELIMITERS = (",", ";", "\t", "|")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*')
# Exports begin with a line or two about the search.
_LINES_BEFORE = 10
_ZOTERO_KEY = re.compile(r"[A-Z0-9]{8}")
# "Bray, Ada (57190000000)": Scopus numbers its authors.
_NUMBERED = re.compile(r"\s*\(\d+\)")
_NOTHING = frozenset(
    {"[no author name available]", "[no abstract available]", "[anonymous]", "n/a", "nan", "null"}
)
# What spreadsheets hide a formula behind, so that it is not one.
_SHIELDED = re.compile(r"^'(?='*[=+\-@\t\r\n＝＋－＠])")
_NOT_VENUES = frozenset({"scopus", "web of science", "pubmed", "crossref"})


class _Header(NamedTuple):
    """Where the columns of each field are, the surest first, and the row they are named in."""

    columns: Mapping[str, tuple[int, ...]]
    names: tuple[str, ...]
    row: Row
    delimiter: str

    @property
    def is_own(self) -> bool:
        return _OWN.issubset(self.names)


def looks_like(text: str) -> bool:
    """Tell whether a file begins with a header that names a title and at least one column more."""
    header, _ = _find_header(Rows(io.StringIO(text.lstrip("\ufeff"), newline="\n")))
    return header is not None and len(header.columns) > 1


def parse(text: str, *, name: str) -> SourceBatch:
    """Return the papers of a whole table; see `read` for long ones."""
    return as_one(read(io.StringIO(text.removeprefix("\ufeff"), newline="\n"), name=name))


def read(lines: Iterable[str], *, name: str) -> Iterator[SourceBatch]:
    """Yield the papers of a table, at most 1,000 records at a time, in constant memory.

    Args:
        lines: Its lines with their ends.
        name: The file's name, for sources and messages.
    """
    return in_batches(_results(lines, name))


def _results(lines: Iterable[str], name: str) -> Iterator[Paper | Rejected | str]:
    rows = Rows(lines)
    header, seen = _find_header(rows)
    if header is None:
        names = ", ".join(quoted(cell) for cell in seen[:20]) or "none"
        reason = f"no column is called title; the columns are {names}. Rename the one that holds the titles"
        yield Rejected(path=name, line=1, reason=reason)
        return
    notes: list[str] = []
    while (row := rows.read(header.delimiter, width=len(header.names))) is not None:
        if not any(cell.strip() for cell in row.cells) or row.raw == header.row.raw:
            continue
        reason = _misfit(row, header)
        if not reason:
            try:
                yield make_paper(
                    _fields(row.cells, header),
                    source=Source(format=FORMAT, name=name, line=row.line),
                    notes=notes,
                )
            except ValidationError as error:
                reason = explain(error)
            except ValueError as error:
                reason = str(error)
        if reason:
            yield Rejected(path=name, line=row.line, reason=reason, raw=header.row.raw + row.raw)
        yield from notes
        notes.clear()


def _find_header(rows: Rows) -> tuple[_Header | None, list[str]]:
    """Find the first line that names a title column, and go behind it; else the cells of the first line."""
    lines = rows.peek(_LINES_BEFORE)
    told = next((found[1] for line in lines[:1] if (found := _SEPARATOR_LINE.fullmatch(line))), None)
    for number, line in enumerate(lines):
        possible = [_header_of(line, delimiter) for delimiter in ([told] if told else _DELIMITERS)]
        best = max(possible, key=lambda header: len(header.columns))
        if "title" in best.columns:
            rows.skip(number)
            row = rows.read(best.delimiter)
            return (best._replace(row=row) if row else best), []
    first = next((line for line in lines if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    return None, [cell.strip() for cell in first.split(delimiter)]


def _header_of(line: str, delimiter: str) -> _Header:
    row = Rows([line]).read(delimiter) or Row([], 1, line)
    names = tuple(
        " ".join(re.split(r"[\s_]+", cell.strip().strip("\ufeff\"'").lower())) for cell in row.cells
    )
    columns: dict[str, tuple[int, ...]] = {}
    for field, aliases in _NAMES.items():
        at = tuple(names.index(alias) for alias in aliases if alias in names)
        if at:
            columns[field] = at
    return _Header(columns, names, row, delimiter)


def _misfit(row: Row, header: _Header) -> str:
    """Why the cells of a row cannot be told apart, or an empty text."""
    cells, width = len(row.cells), len(header.names)
    # Empty cells at the end of a line are often trimmed where tabs separate them.
    if (cells < width and header.delimiter == "\t") or not any(row.cells[width:]):
        cells = width if cells > width or header.delimiter == "\t" else cells
    if cells == width:
        return ""
    hint = (
        "is a comma or a line end in it not within quotes?" if header.delimiter != "\t" else "is a tab in it?"
    )
    return f"it has {cells} cells, and the header names {width}; {hint}"


def _fields(cells: Sequence[str], header: _Header) -> dict[str, Any]:
    own = header.is_own

    def all_of(field: str) -> Iterator[str]:
        for at in header.columns.get(field, ()):
            cell = _SHIELDED.sub("", cells[at], count=1).strip() if at < len(cells) else ""
            if cell and (own or cell.lower() not in _NOTHING):
                yield cell

    def one(field: str) -> str:
        return next(all_of(field), "")

    key, address, doi, arxiv = one("key"), one("url"), one("doi"), one("arxiv_id")
    is_zoteros = "item type" in header.names and bool(_ZOTERO_KEY.fullmatch(key))
    return {
        "key": None if is_zoteros else key_in(key),
        "title": one("title"),
        "abstract": one("abstract"),
        "authors": _authors(one("authors"), only_semicolons=own),
        "author_count": count_of(one("author_count"), least=1),
        "organisation": one("organisation"),
        "published": one("published") if own else _date(all_of("published")),
        "venue": next((cell for cell in all_of("venue") if own or cell.lower() not in _NOT_VENUES), None),
        "doi": doi if own else doi_in(doi),
        "arxiv_id": arxiv or (None if own else arxiv_id_in(doi, address)),
        "url": address,
        "comments": count_of(one("comments"), least=0),
        "tags": _split(one("tags"), ";" if own or ";" in one("tags") else ","),
    }


def _date(cells: Iterable[str]) -> str | None:
    """The most precise of the dates, or what stands where there is none, to be complained about."""
    said = list(cells)
    found = [date for date in map(date_in, said) if date]
    return max(found, key=len) if found else next(iter(said), None)


def _authors(cell: str, *, only_semicolons: bool) -> tuple[str, ...]:
    """Names between semicolons, line ends or " and "; between commas only where each is a whole name."""
    if only_semicolons or ";" in cell:
        return tuple(
            _NUMBERED.sub("", name).strip() if not only_semicolons else name for name in _split(cell, ";")
        )
    if "\n" in cell:
        return _split(cell, "\n")
    if " and " in cell:
        parts = [part.strip(" ,") for part in cell.split(" and ")]
        first = _split(parts[0], ",")
        whole = first if all(" " in name for name in first) else (parts[0],)
        return (*whole, *filter(None, parts[1:]))
    names = _split(cell.rstrip("."), ",")
    # "Bray A, Cole B" are two people, "Bray, Ada" is one.
    return names if len(names) > 1 and all(" " in name for name in names) else _split(cell, ";")


def _split(cell: str, mark: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in cell.split(mark))))
