from __future__ import annotations

import pytest

from litreview.errors import UsageError
from litreview.sources.page_dates import PrintedDate, given_page_year, infer_page_year, read_date


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Jun 22, 2024 3", PrintedDate(6, 22, 2024, 3)),
        ("Jun 22, 2024", PrintedDate(6, 22, 2024)),
        ("Jun 12 2", PrintedDate(6, 12, None, 2)),
        ("  Mar 9 ", PrintedDate(3, 9)),
        ("September 9, 2021 1,204", PrintedDate(9, 9, 2021, 1204)),
        ("Feb 31, 2024", PrintedDate(2, 31, 2024)),
    ],
)
def test_dates_are_read_with_their_count(text: str, date: PrintedDate) -> None:
    assert read_date(text) == date


@pytest.mark.parametrize(
    "text", ["", "Juin 23", "Jun", "23 Jun", "May I ask, 2024", "Jun 22, 202", "Jun 22 today"]
)
def test_other_texts_are_no_dates(text: str) -> None:
    assert read_date(text) is None


def infer(header: str, *dates: str) -> tuple[int | None, str | None]:
    found = infer_page_year(read_date(header), [date for text in dates if (date := read_date(text))])
    return found.year, found.page_date


def test_dates_without_a_year_put_the_page_after_every_year_printed() -> None:
    assert infer("Jun 23", "Dec 24, 2025", "Mar 9", "Feb 2, 2022") == (2026, "2026-06-23")


def test_where_every_date_has_its_year_the_page_is_not_older_than_any() -> None:
    assert infer("Feb 13", "Oct 15, 2025", "Mar 4, 2025") == (2026, "2026-02-13")
    assert infer("Dec 13", "Oct 15, 2025", "Mar 4, 2025") == (2025, "2025-12-13")


def test_leap_days_need_a_leap_year() -> None:
    assert infer("Feb 29", "Mar 1, 2021", "Jan 3") == (2024, "2024-02-29")
    assert infer("Mar 7", "Mar 1, 2021", "Feb 29") == (2024, "2024-03-07")
    assert infer("Feb 29", "Mar 1, 1897") == (1904, "1904-02-29")


def test_without_any_year_nothing_is_guessed() -> None:
    assert infer("Jun 23", "Mar 9", "Feb 12") == (None, None)
    assert infer("Jun 23") == (None, None)


def test_a_missing_or_impossible_header_leaves_the_year() -> None:
    assert infer("no date", "Mar 9", "Feb 2, 2022") == (2023, "2023")
    assert infer("Feb 31", "Mar 9", "Feb 2, 2022") == (2023, "2023")
    assert infer("no date", "Feb 2, 2022") == (None, None)


def test_a_header_with_its_year_is_taken_at_its_word() -> None:
    assert infer("Jun 23, 2027", "Mar 9", "Feb 2, 2022") == (2027, "2027-06-23")


def test_a_given_year_is_completed_by_the_header() -> None:
    header = read_date("Jun 23")

    assert given_page_year("2026", header).page_date == "2026-06-23"
    assert given_page_year("2026-06-24", header).page_date == "2026-06-24"
    assert given_page_year("2026", None).page_date == "2026"
    assert given_page_year("2025", read_date("Feb 29")).page_date == "2025"


@pytest.mark.parametrize("text", ["yesterday", "2026-13", "2026-02-30", "26"])
def test_a_given_date_that_is_none_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match=text):
        given_page_year(text, None)
