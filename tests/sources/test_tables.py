from __future__ import annotations

import csv
import io
import tracemalloc
from itertools import chain, repeat

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from litreview.sources import tables
from litreview.sources.batch import as_one
from litreview.text.cleaning import clean_text

HEADER = "title,authors,year\n"
CELLS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\x00"), max_size=30)


@given(st.text(max_size=80))
def test_any_text_never_raises(text: str) -> None:
    for head in (
        "",
        HEADER,
        HEADER.replace(",", "\t"),
        "sep=;\n",
        HEADER.replace(",", ";"),
    ):
        batch = tables.parse(head + text, name="x")
        batch.model_dump_json().encode()
        tables.looks_like(head + text)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=4), st.sampled_from(",;\t|"))
def test_what_a_spreadsheet_writes_is_read(rows: list[tuple[str, str]], delimiter: str) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["Title", "Abstract"])
    writer.writerows(rows)
    assume(not any(row == ("Title", "Abstract") for row in rows))
    batch = tables.parse(written.getvalue(), name="x")

    plain = [tuple(tables._SHIELDED.sub("", cell, count=1) for cell in row) for row in rows]
    wanted = [clean_text(title) for title, _ in plain]
    nothing = [title.strip().lower() in tables._NOTHING for title, _ in plain]
    assert [paper.title for paper in batch.papers] == [
        title for title, none in zip(wanted, nothing, strict=True) if title and not none
    ]


@given(st.data())
def test_a_damaged_row_never_costs_its_neighbours(data: st.DataObject) -> None:
    middle = 'Middle,"B, Ada; C, Ben",2002\n'
    at = data.draw(st.integers(0, len(middle) - 1))
    damaged = (
        middle[:at] + data.draw(st.text('",\n;x', max_size=4)) + middle[at + data.draw(st.integers(0, 9)) :]
    )
    text = f'{HEADER}First,"Lee, Ann",2001\n{damaged}\nLast,"Ray, Ben",2003\nVery last,"Ray, Ben",2004\n'
    titles = [paper.title for paper in tables.parse(text, name="x").papers]

    assert titles[0] == "First"
    assert titles[-2:] == ["Last", "Very last"]


@pytest.mark.parametrize(
    ("cell", "authors"),
    [
        ("Lee, Ann; Ray, Ben", ("Lee, Ann", "Ray, Ben")),
        ("Ann Lee, Ben Ray", ("Ann Lee", "Ben Ray")),
        ("Lee A., Ray B.", ("Lee A.", "Ray B")),
        ("Lee, Ann", ("Lee, Ann",)),
        ("Lee, Ann and Ray, Ben", ("Lee, Ann", "Ray, Ben")),
        ("Ann Lee, Ben Ray and Cy Moss", ("Ann Lee", "Ben Ray", "Cy Moss")),
        ("Ann Lee, Ben Ray, and Cy Moss", ("Ann Lee", "Ben Ray", "Cy Moss")),
        ("Ann Lee\nBen Ray", ("Ann Lee", "Ben Ray")),
        ("Lee, Ann (123); Ray, Ben (4)", ("Lee, Ann", "Ray, Ben")),
        ("OpenAI", ("OpenAI",)),
    ],
)
def test_names_in_one_cell(cell: str, authors: tuple[str, ...]) -> None:
    (paper,) = tables.parse(f'Title,Authors\nA,"{cell}"\n', name="x").papers

    assert paper.authors == authors


def test_in_a_table_of_ours_nothing_is_interpreted() -> None:
    head = (
        "key,title,abstract,authors,author_count,organisation,published,venue,doi,arxiv_id,url,comments,tags"
    )
    row = 'DBLP:a/b,n/a,[anonymous],"A B, C D",4,Lab,2001-02,Scopus,10.5555/a;b,,{},0,"a, b"'
    row = row.format("https://arxiv.org/abs/2101.00001")
    (paper,) = tables.parse(f"{head}\n{row}\n", name="x").papers

    assert (paper.key, paper.title, paper.abstract) == (
        "DBLP:a/b",
        "n/a",
        "[anonymous]",
    )
    assert (paper.authors, paper.tags) == (("A B, C D",), ("a, b",))
    assert (paper.author_count, paper.comments, paper.venue) == (4, 0, "Scopus")
    assert (paper.doi, paper.arxiv_id) == ("10.5555/a;b", None)


def test_rejected_rows_bring_their_header_along() -> None:
    text = '"Title";Year\n"Good";2001\n;2002\n"No;end;2003\n'
    batch = tables.parse(text, name="x.csv")

    assert [paper.title for paper in batch.papers] == ["Good"]
    assert [(r.line, r.raw) for r in batch.rejected] == [
        (3, '"Title";Year\n;2002\n'),
        (4, '"Title";Year\n"No;end;2003\n'),
    ]


def test_a_table_without_titles_names_its_columns() -> None:
    (rejected,) = tables.parse("Nr;Besitzer\n1;Anna\n", name="x").rejected

    assert "'Nr', 'Besitzer'" in rejected.reason
    assert not tables.looks_like("Nr;Besitzer\n1;Anna\n")


def test_prose_does_not_look_like_a_table() -> None:
    assert not tables.looks_like("Title\n\nA paper, by someone.\n")
    assert not tables.looks_like("This is, the title, of a text.\n")
    assert tables.looks_like("Year\tTitle\n")


def test_long_tables_take_constant_memory_and_come_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("litreview.sources.batch.BATCH_SIZE", 100)
    row = f'Words,"Lee, Ann",2001,"{"words " * 300}"\n'
    tracemalloc.start()
    batches = tables.read(chain(["title,authors,year,abstract\n"], repeat(row, 600)), name="x")
    found = [len(batch.papers) for batch in batches]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert found == [100] * 6
    assert peak < 12_000_000  # 1,000 papers and a piece of the text; all of them have 20 MB.


def test_every_row_damaged_takes_time_in_proportion() -> None:
    batch = as_one(tables.read(chain([HEADER], repeat('"open,x\n', 3000), ["Last,x,2001\n"]), name="x"))

    assert [paper.title for paper in batch.papers] == ["Last"]
    assert len(batch.rejected) == 3000
