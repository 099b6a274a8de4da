"""CSV as spreadsheets and Python's own reader take it; that our own parser does is test_round_trip's."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litreview.papers import Paper
from litreview.render.tables_csv import COLUMNS, dump

from .bibliographies import PAPERS


def row(**fields: object) -> dict[str, str]:
    text = dump([Paper.model_validate({"key": "k", "title": "T", **fields})])
    (only,) = csv.DictReader(io.StringIO(text, newline=""))
    return only


def test_a_table_as_a_whole() -> None:
    paper = Paper(
        key="lee2021",
        title='Mixing, "twice"',
        authors=("Lee, Ann", "{Ocean Lab}"),
        author_count=2,
        published="2021-05",
        comments=0,
        tags=("a", "b"),
    )
    assert dump([paper]) == (
        "key,title,abstract,authors,author_count,organisation,published,venue,doi,arxiv_id,url,comments,tags\n"
        'lee2021,"Mixing, ""twice""",,"Lee, Ann; {Ocean Lab}",2,,2021-05,,,,,0,a; b\n'
    )


def test_every_field_of_a_paper_but_its_sources_has_a_column() -> None:
    assert set(COLUMNS) == set(Paper.model_fields) - {"sources"}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "'=", "''@"])
def test_a_cell_that_begins_like_a_formula_is_shielded(start: str) -> None:
    found = row(title=f"{start}SUM(A1)", abstract=f"{start}1", venue=f"{start}x", tags=(f"{start}y",))
    assert [found[name] for name in ("title", "abstract", "venue", "tags")] == [
        f"'{start}SUM(A1)",
        f"'{start}1",
        f"'{start}x",
        f"'{start}y",
    ]


@pytest.mark.parametrize("start", ["\t=", "\r\n@", "\x00+", "\u200b-"])
def test_what_cannot_be_seen_does_not_hide_a_formula(start: str) -> None:
    assert row(title=f"{start}1")["title"] == f"'{start[-1]}1"


def test_an_apostrophe_alone_is_left() -> None:
    assert row(title="'Tis a title = words")["title"] == "'Tis a title = words"


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1))
def test_no_cell_begins_a_formula_whatever_the_text(text: str) -> None:
    found = row(title=text, abstract=text, venue=text, organisation=text, url=text, authors=(text,))
    assert not [cell for cell in found.values() if cell.startswith(tuple("=+-@\t\r\n"))]


@settings(max_examples=30, deadline=None)
@given(papers=PAPERS)
def test_every_row_has_every_cell(papers: list[Paper]) -> None:
    rows = list(csv.reader(io.StringIO(dump(papers), newline="")))
    assert [len(cells) for cells in rows] == [len(COLUMNS)] * (len(papers) + 1)
