"""CSL-JSON as pandoc takes it; that our own parser does is test_round_trip's."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import Any

import pytest

from litreview.papers import Paper
from litreview.render.csl_json import dump

from .bibliographies import LIBRARY


def item(**fields: object) -> dict[str, Any]:
    (only,) = json.loads(dump([Paper.model_validate({"key": "k", "title": "T", **fields})]))
    assert isinstance(only, dict)
    return only


def test_an_item_as_a_whole() -> None:
    assert item(
        abstract="Words.",
        authors=("Laurens van der Maaten", "{Ocean Lab}", "Plato"),
        author_count=3,
        organisation="Sea Institute",
        published="2021-05",
        venue="NeurIPS",
        doi="10.1000/x",
        arxiv_id="2105.00001",
        url="https://a.b/c",
        comments=0,
        tags=("a", "b, c"),
    ) == {
        "id": "k",
        "type": "paper-conference",
        "title": "T",
        "author": [
            {"family": "van der Maaten", "given": "Laurens"},
            {"literal": "Ocean Lab"},
            {"family": "Plato"},
        ],
        "issued": {"date-parts": [[2021, 5]]},
        "container-title": "NeurIPS",
        "DOI": "10.1000/x",
        "archive": "arXiv",
        "archive_location": "2105.00001",
        "URL": "https://a.b/c",
        "abstract": "Words.",
        "keyword": "a; b, c",
        "custom": {
            "litreview": {
                "author_count": 3,
                "organisation": "Sea Institute",
                "comments": 0,
                "authors": ["Laurens van der Maaten", "{Ocean Lab}", "Plato"],
            }
        },
    }


def test_what_the_schema_carries_by_itself_is_not_said_twice() -> None:
    assert item(authors=("Lee, Ann", "{Ocean Lab}"), tags=("a", "b"))["custom"] == {"litreview": {}}
    assert item(tags=("a; b", "c"))["custom"] == {"litreview": {"tags": ["a; b", "c"]}}


def test_unknown_authors_are_left_out_with_a_note() -> None:
    found = item(author_count=12, organisation="Ocean Lab")
    assert "author" not in found
    assert found["note"] == "authors not named in the record (12)"


def test_pandoc_reads_the_same_titles_and_people() -> None:
    if shutil.which("pandoc") is None:
        pytest.skip("pandoc is not installed")
    said = subprocess.run(
        ["pandoc", "-f", "csljson", "-t", "csljson"],
        input=dump(LIBRARY),
        capture_output=True,
        text=True,
        check=True,
    )
    items = {found["id"]: found for found in json.loads(said.stdout)}
    assert set(items) == {paper.key for paper in LIBRARY}
    for paper in LIBRARY:
        assert re.sub(r"<[^>]+>", "", items[paper.key]["title"]).replace("’", "'") == paper.title
    names = items["vangansbeke2021raftmlp"]["author"]
    assert names[0] == {"family": "Van Gansbeke", "given": "Wouter"}
    assert names[2] == {"literal": "OpenAI"}
