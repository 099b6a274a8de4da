"""RIS as rispy and reference managers read it; that our own parser does is test_round_trip's."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
import rispy
from hypothesis import given, settings

from litreview.papers import Paper
from litreview.render.ris import dump

from .bibliographies import LIBRARY, PAPERS


def test_a_record_as_a_whole() -> None:
    paper = Paper(
        key="lee2021mixing",
        title="Mixing 100 % of {a}",
        abstract="First line.\nER  - second line.",
        authors=("Lee, Ann", "{Ocean Lab}"),
        author_count=5,
        published="2021-05",
        venue="Journal of X",
        doi="10.1000/x",
        arxiv_id="2105.00001",
        comments=0,
        tags=("a; b", "c"),
    )
    assert dump([paper]) == (
        "TY  - JOUR\nID  - lee2021mixing\nTI  - Mixing 100 % of {a}\nAU  - Lee, Ann\nAU  - Ocean Lab,\n"
        "PY  - 2021\nDA  - 2021/05//\nT2  - Journal of X\nDO  - 10.1000/x\nAN  - arXiv:2105.00001\n"
        "AB  - First line. ER - second line.\nKW  - a; b\nKW  - c\nU1  - authorcount: 5\nU3  - comments: 0\n"
        "ER  - \n"
    )


def test_unknown_authors_are_left_out_with_a_note() -> None:
    text = dump([Paper(key="k", title="T", author_count=12, organisation="Ocean Lab")])
    assert "AU  -" not in text
    assert "N1  - authors not named in the record (12)\n" in text
    assert "U2  - organisation: Ocean Lab\n" in text


@pytest.mark.parametrize(
    ("fields", "type"),
    [
        ({"venue": "NeurIPS 2021"}, "CPAPER"),
        ({"arxiv_id": "2105.00001"}, "UNPB"),
        ({"venue": "Some Blog"}, "GEN"),
    ],
)
def test_the_words_of_a_venue_decide_the_type(fields: dict[str, str], type: str) -> None:
    assert dump([Paper(key="k", title="T", **fields)]).startswith(f"TY  - {type}\n")


@settings(max_examples=30, deadline=None)
@given(papers=PAPERS)
def test_rispy_reads_every_record(papers: list[Paper]) -> None:
    records = rispy.loads(dump(papers))
    assert [record["id"] for record in records] == [paper.key for paper in papers]
    assert [record["title"] for record in records] == [paper.title for paper in papers]


def test_rispy_reads_the_fields() -> None:
    first = rispy.loads(dump(LIBRARY))[0]
    assert first["authors"][:2] == ["Wouter Van Gansbeke", "Vaswani, Ashish"]
    assert first["abstract"] == LIBRARY[0].abstract
    assert first["keywords"] == list(LIBRARY[0].tags)
    assert (first["doi"], first["urls"]) == (LIBRARY[0].doi, [LIBRARY[0].url])


def test_pandoc_reads_every_record() -> None:
    if shutil.which("pandoc") is None:
        pytest.skip("pandoc is not installed")
    formats = subprocess.run(["pandoc", "--list-input-formats"], capture_output=True, text=True, check=True)
    if not re.search("^ris$", formats.stdout, re.MULTILINE):
        pytest.skip("this pandoc does not read RIS; pandoc 3 does")
    said = subprocess.run(
        ["pandoc", "-f", "ris", "-t", "csljson"],
        input=dump(LIBRARY),
        capture_output=True,
        text=True,
        check=True,
    )
    assert {item["id"] for item in json.loads(said.stdout)} == {paper.key for paper in LIBRARY}
