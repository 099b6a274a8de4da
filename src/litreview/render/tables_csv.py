"""CSV: `dump(papers) -> str`, a table for spreadsheets and `litreview add`. Pure.

A cell that a spreadsheet would take for a formula gets an apostrophe in front, which spreadsheets do not run
and `litreview add` takes off again. Several authors or tags share a cell, "; " between them: one that holds
a semicolon itself comes back as two.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from litreview.papers import Paper
from litreview.text.cleaning import strip_controls

from .fields import key_of

COLUMNS = (
    "key",
    "title",
    "abstract",
    "authors",
    "author_count",
    "organisation",
    "published",
    "venue",
    "doi",
    "arxiv_id",
    "url",
    "comments",
    "tags",
)

# What begins a formula in one spreadsheet or another (OWASP, "CSV Injection"), the wide forms included;
# behind apostrophes too, because then the one we add is the one that is taken off.
_FORMULA = re.compile(r"'*[=+\-@＝＋－＠]")


def dump(papers: Iterable[Paper]) -> str:
    """Return papers with keys as comma-separated values in UTF-8, the first line naming the columns.

    Raises:
        ValueError: A paper has no key.
    """
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    for paper in papers:
        known = [getattr(paper, column) for column in COLUMNS[1:]]
        writer.writerow(map(_cell, (key_of(paper), *known)))
    return table.getvalue()


def _cell(value: str | int | tuple[str, ...] | None) -> str:
    if value is None:
        return ""
    text = strip_controls("; ".join(value) if isinstance(value, tuple) else str(value))
    return f"'{text}" if _FORMULA.match(text) else text
