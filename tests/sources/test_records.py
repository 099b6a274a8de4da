from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.papers import Source
from litreview.sources.records import arxiv_id_in, date_in, doi_in, key_in, make_paper

SOURCE = Source(format="f", name="x", line=3)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2020", "2020"),
        ("2020-6", "2020-06"),
        ("2020/06/09", "2020-06-09"),
        ("2020.06.09", "2020-06-09"),
        ("2020-06-09T23:59:59+02:00", "2020-06-09"),
        ("Jun 9, 2020", "2020-06-09"),
        ("9 June 2020", "2020-06-09"),
        ("June 9th, 2020 12:30", "2020-06-09"),
        ("2020 Jun", "2020-06"),
        ("2020 Jun 9", "2020-06-09"),
        ("Spring 2020", "2020"),
        ("2020.0", "2020"),
        ("31 June 2020", "2020-06"),
        ("2020-13", "2020"),
        ("09/06/2020", "2020"),
        ("n.d.", None),
        ("12345", None),
    ],
)
def test_a_date_is_as_precise_as_it_is_sure(text: str, date: str | None) -> None:
    assert date_in(text) == date


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("https://doi.org/10.5555/ABC", "10.5555/abc"),
        ("doi: 10.5555/abc.", "10.5555/abc."),
        ("see 10.5555/abc.", "10.5555/abc"),
        ("(10.5555/abc)", "10.5555/abc"),
        ("in 10.5555/a(b)c", "10.5555/a(b)c"),
        (
            "10.1002/(sici)1097<1661::aid>3.0.co;2-2",
            "10.1002/(sici)1097<1661::aid>3.0.co;2-2",
        ),
        ("none", "none"),
    ],
)
def test_a_doi_is_found_among_other_things(text: str, doi: str) -> None:
    assert doi_in(text) == doi


def test_an_arxiv_id_has_to_be_called_one() -> None:
    assert arxiv_id_in(None, "", "see https://arxiv.org/abs/2101.00001v2") == "2101.00001v2"
    assert arxiv_id_in("arXiv: hep-th/9901001") == "hep-th/9901001"
    assert arxiv_id_in("10.48550/arXiv.2101.00001") == "2101.00001"
    assert arxiv_id_in("2101.00001") is None


def test_a_key_can_be_cited() -> None:
    assert [key_in(key) for key in ("a:b/c", "ü1", 7, "a b", "a,b", "{x}", "", None)] == [
        "a:b/c", "ü1", "7", None, None, None, None, None
    ]  # fmt: skip


def test_what_cannot_be_read_is_left_out_and_noted() -> None:
    notes: list[str] = []
    paper = make_paper(
        {
            "title": " A\n b ",
            "doi": "x",
            "arxiv_id": 7,
            "published": "soon",
            "authors": ["\x1b[31mE", ""],
        },
        source=SOURCE,
        notes=notes,
    )

    assert (paper.title, paper.doi, paper.arxiv_id, paper.published) == (
        "A b",
        None,
        None,
        None,
    )
    assert paper.authors == ("E",)
    assert paper.sources[0].original_title is None
    assert [note.split(": ")[0] for note in notes] == ["x:3"] * 3


@given(st.text(max_size=40))
def test_any_text_never_raises(text: str) -> None:
    date_in(text), doi_in(text), arxiv_id_in(text), key_in(text)
