"""Saved pages of Hugging Face "Daily Papers", as plain text. No I/O.

    page  := … "byAK and the research community" DATE entry*
    entry := TITLE ABSTRACT [WHO "·" DATE]        paragraphs; WHO "·" DATE are three lines of one
    WHO   := "• N authors"  |  HANDLE " " DISPLAY NAME
    DATE  := "Mon D" [", YYYY"] [" COMMENTS"]

The line of authors and date is missing at times, and pages get cut off. What can be told apart is kept, with
a note; the rest comes back as rejected, with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import ValidationError

from litreview.papers import Paper, Source
from litreview.sources.batch import Rejected, SourceBatch, explain, quoted
from litreview.sources.page_dates import PageYear, PrintedDate, given_page_year, infer_page_year, read_date
from litreview.sources.page_entries import Entry, Row, Run, entries_of, rows_of, runs_of
from litreview.text.cleaning import clean_text, strip_controls

FORMAT = "daily-papers"

_BYLINE = re.compile(r"\s*by\s?AK and the research community\s*")
# No two open ends meet on white space, of which a file may hold nothing but.
_MARK = re.compile(
    r"^[^\S\n]*(?:•\s*)?\d+ authors?[^\S\n]*\n\s*·[^\S\n]*\n\s*[A-Z][a-z]{2,8}\.? \d", re.MULTILINE
)
_HEADER_DATE_LIMIT = 20  # characters
_SAY_WHEN = "give the day it was saved with --page-date YYYY-MM-DD"


def looks_like(text: str) -> bool:
    """Tell whether the beginning of a file reads like such a page."""
    text = text.replace("\r\n", "\n")
    return any(map(_BYLINE.fullmatch, text.split("\n"))) or bool(_MARK.search(text))


def parse(text: str, *, name: str, page_date: str | None = None, today: date | None = None) -> SourceBatch:
    """Return the papers on a saved page.

    Args:
        text: The page, with any line ends.
        name: The file's name, kept in each paper's source.
        page_date: When the page was saved ("2026-06-23", or the year alone), where it is known. Otherwise the
            year is inferred from the dates on the page.
        today: Where given, a page that seems to come from a later day is remarked on.

    Raises:
        UsageError: `page_date` is no date.
    """
    header, rows = _header(rows_of(text))
    runs = runs_of(rows)
    dates = [run.mark.date for run in runs if run.mark and run.mark.date]
    year = given_page_year(page_date, header.date) if page_date else infer_page_year(header.date, dates)
    if not header.found and not any(run.mark for run in runs):
        reason = "no Daily Papers page: there is neither its heading nor a line of authors and date"
        return SourceBatch(rejected=(Rejected(path=name, line=1, reason=reason, raw=text[:1000]),))
    entries = [entry for run in runs for entry in entries_of(run)]
    results = [_paper(entry, position, name, year) for position, entry in enumerate(entries, start=1)]
    notes = [*_page_notes(header, year, dates, today), *_entry_notes(entries, year), *_end_notes(runs, text)]
    return SourceBatch(
        papers=tuple(result for result in results if isinstance(result, Paper)),
        rejected=tuple(result for result in results if isinstance(result, Rejected)),
        notes=tuple(notes),
    )


@dataclass(frozen=True, slots=True)
class _Header:
    """What stands above the entries; `printed` is the page's date as it stands there."""

    found: bool
    printed: str | None = None
    date: PrintedDate | None = None


def _header(rows: Sequence[Row]) -> tuple[_Header, Sequence[Row]]:
    """Return the header and the rows below it."""
    at = next((i for i, row in enumerate(rows) if _BYLINE.fullmatch(row.text)), None)
    if at is None:
        return _Header(found=False), rows
    rows = rows[at + 1 :]
    if not rows:
        return _Header(found=True), rows
    printed = rows[0].text.strip()
    found = read_date(printed)
    # A date in another language or form; a title is hardly ever this short and has no number in it.
    unreadable = len(printed) <= _HEADER_DATE_LIMIT and any(c.isdigit() for c in printed)
    if found or (unreadable and len(rows) > 1 and rows[1].opens):
        return _Header(True, printed, found), rows[1:]
    return _Header(found=True), rows


def _paper(entry: Entry, position: int, name: str, year: PageYear) -> Paper | Rejected:
    raw = "\n\n".join(filter(None, (entry.title, entry.abstract)))
    if entry.problem:
        return Rejected(path=name, line=entry.line, reason=entry.problem, raw=raw)
    title = clean_text(entry.title)
    abstract = clean_text(entry.abstract) if entry.abstract else None
    mark = entry.mark
    handle = mark.organisation_handle if mark else None
    source = Source(
        format=FORMAT,
        name=name,
        position=position,
        line=entry.line,
        page_date=year.page_date,
        organisation_handle=strip_controls(handle) if handle else None,
        original_title=entry.title if entry.title != title else None,
        original_abstract=entry.abstract if entry.abstract != abstract else None,
    )
    try:
        return Paper(
            title=title,
            abstract=abstract,
            author_count=mark.author_count if mark else None,
            organisation=clean_text(mark.organisation) if mark and mark.organisation else None,
            published=_published(mark.date, year) if mark else None,
            comments=mark.date.comments if mark and mark.date else None,
            sources=(source,),
        )
    except ValidationError as error:
        return Rejected(path=name, line=entry.line, reason=explain(error), raw=raw)


def _published(printed: PrintedDate | None, page: PageYear) -> str | None:
    year = (printed.year or page.year) if printed else None
    return printed.iso(year) if printed and year and printed.exists_in(year) else None


def _page_notes(
    header: _Header, year: PageYear, dates: Sequence[PrintedDate], today: date | None
) -> Iterator[str]:
    if header.printed and (header.date is None or not header.date.exists()):
        yield f"the page's own date {quoted(header.printed)} cannot be read; {_SAY_WHEN}"
    elif header.date is None and year.page_date is None:
        yield f"the page does not say when it was saved; {_SAY_WHEN}"
    yearless = sum(printed.year is None for printed in dates)
    if yearless and year.year is None:
        yield f"{_dates(yearless)} no year, and the page's year is unknown; {_SAY_WHEN}"
    if year.inferred_from is not None:
        yield (
            f"{_dates(yearless)} no year, read as {year.year}, the first year after"
            f" {year.inferred_from}, the latest one printed. If that is wrong, {_SAY_WHEN}"
        )
    latest = max((printed.year or 0 for printed in dates), default=0)
    if year.year and latest > year.year:
        yield f"the page prints dates of {latest}, after its own year {year.year}; check --page-date"
    if today and year.page_date and year.page_date[: len("YYYY-MM-DD")] > today.isoformat():
        yield f"the page would be from {year.page_date}, which is yet to come; {_SAY_WHEN}"


def _dates(number: int) -> str:
    return "1 date has" if number == 1 else f"{number} dates have"


def _entry_notes(entries: Sequence[Entry], year: PageYear) -> Iterator[str]:
    for entry in entries:
        if entry.remark:
            yield f"line {entry.line}: {quoted(entry.title)} {entry.remark}"
        mark = entry.mark
        if entry.problem or mark is None or mark.when is None:
            continue
        day = mark.date
        # Where no year is known every day might exist.
        known = (day.year or year.year) if day else None
        if day is None or not (day.exists_in(known) if known else day.exists()):
            title = quoted(entry.title)
            yield f"line {mark.line}: {quoted(mark.when)} is no date; {title} is kept without one"


def _end_notes(runs: Sequence[Run], text: str) -> Iterator[str]:
    if not runs:
        yield "there are no entries on this page; open it again, wait until it has loaded, and save it"
        return
    mark = runs[-1].mark
    if mark is None or mark.date is None:
        yield f"the page looks cut off after line {runs[-1].last_line}; save it again to get the rest"
    elif mark.date.year is None and mark.date.comments is None and not text.endswith("\n"):
        yield (
            f"line {runs[-1].last_line}: the last date, {quoted(mark.when)}, has no year; if the page was cut"
            " off right there, its year is wrong"
        )
