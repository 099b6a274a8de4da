"""Dates on pages that leave out the current year, and the year such a page belongs to. Pure."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from litreview.errors import UsageError
from litreview.papers import check_partial_date

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_DATE = re.compile(
    r"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?\s+(?P<day>\d{1,2})"
    r"(?:,\s*(?P<year>\d{4}))?(?:\s+(?P<count>\d[\d,]*))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class PrintedDate:
    """A date as a page prints it; the year may be left out, and the day need not exist."""

    month: int
    day: int
    year: int | None = None
    comments: int | None = None

    def exists_in(self, year: int) -> bool:
        """Tell whether that year has this month and day."""
        return 1 <= self.day <= calendar.monthrange(year, self.month)[1]

    def exists(self) -> bool:
        """Tell whether its own year, or some year where it has none, has this month and day."""
        return self.exists_in(self.year or _LEAP_YEAR)

    def iso(self, year: int) -> str:
        """Return the date as YYYY-MM-DD."""
        return f"{year:04}-{self.month:02}-{self.day:02}"


_LEAP_YEAR = 2000


def read_date(text: str) -> PrintedDate | None:
    """Return the date in "Mon D", "Mon D, YYYY" and, with a count of comments, "Mon D, YYYY N"; else None.

    >>> read_date("Jun 22, 2024 3")
    PrintedDate(month=6, day=22, year=2024, comments=3)
    """
    match = _DATE.fullmatch(text.strip())
    if not match:
        return None
    year, count = match["year"], match["count"]
    if year is not None and int(year) == 0:
        return None
    return PrintedDate(
        month=_MONTHS[match["month"].lower()],
        day=int(match["day"]),
        year=int(year) if year else None,
        comments=int(count.replace(",", "")) if count else None,
    )


@dataclass(frozen=True, slots=True)
class PageYear:
    """The year a page was saved in and its date, as far as they are known; `inferred_from` is a year."""

    year: int | None = None
    page_date: str | None = None
    inferred_from: int | None = None


def given_page_year(page_date: str, header: PrintedDate | None) -> PageYear:
    """Return the year and date of a page whose date, or at least year, the user gave.

    Raises:
        UsageError: `page_date` is no date.
    """
    try:
        check_partial_date(page_date)
    except ValueError as error:
        raise UsageError(
            f"the page date {error}", hint="give the day the page was saved: --page-date 2026-06-23"
        ) from None
    year = int(page_date[:4])
    known_better = len(page_date) == len("YYYY") and header is not None and header.exists_in(year)
    return PageYear(year, header.iso(year) if header and known_better else page_date)


def infer_page_year(header: PrintedDate | None, dates: Iterable[PrintedDate]) -> PageYear:
    """Return the year a page belongs to, from the dates it prints.

    The site leaves out the current year. So where dates without a year stand beside dates with one, the page
    belongs to the first year after all of those that has every day it prints (Feb 29). Where every date has
    its year, it is the first one in which the page's own date is not before any of them.
    """
    dates = tuple(dates)
    if header is not None and header.year is not None:
        return PageYear(header.year, header.iso(header.year) if header.exists() else str(header.year))
    explicit = [date for date in dates if date.year is not None]
    yearless = [date for date in dates if date.year is None and date.exists()]
    latest = max((date.year for date in explicit if date.year is not None), default=None)
    if latest is None:
        return PageYear()
    if header is not None and not header.exists():
        header = None
    if yearless:
        needed = [*yearless, *([header] if header else [])]
        year = _first_year(latest + 1, needed)
        return PageYear(year, header.iso(year) if header else str(year), inferred_from=latest)
    if header is None:
        return PageYear()
    newest = max((date.year or 0, date.month, date.day) for date in explicit)
    start = latest if (latest, header.month, header.day) >= newest else latest + 1
    year = _first_year(start, [header])
    return PageYear(year, header.iso(year))


def _first_year(start: int, dates: Sequence[PrintedDate]) -> int:
    # Eight years, as 1896 and 1904: no two leap years are further apart.
    return next((y for y in range(start, start + 9) if all(date.exists_in(y) for date in dates)), start)
