"""`litreview export`: what is chosen, in which format, where it goes; and that `litreview add` reads it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import bibtexparser
import pytest
from typer.testing import CliRunner, Result

from litreview.cli.app import app
from litreview.library import Library
from litreview.papers import Paper
from tests.conftest import EXAMPLES

CLI = [sys.executable, "-c", "from litreview.cli import main; main()"]
FILES = {"bib": "out.bib", "ris": "out.ris", "csl-json": "out.json", "csv": "out.csv", "jsonl": "out.jsonl"}

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the example pages and of a few papers with names, DOIs and venues; for reading only."""
    folder = tmp_path_factory.mktemp("examples")
    more = [
        {
            "key": "lee2021mixing",
            "title": "=Mixing R&D",
            "abstract": "5% $3 {a, b}",
            "authors": ["Lee, Ann", "{Ocean Lab}", "Bo Van Xu"],
            "published": "2021-05-03",
            "venue": "ICLR 2021",
            "doi": "10.1000/a_b--c",
            "url": "https://example.org/~x_y",
            "comments": 0,
            "tags": ["a, b", "c"],
        },
        {
            "title": "Tides in winter",
            "authors": ["José Núñez"],
            "arxiv_id": "2105.00001",
            "organisation": "X",
        },
    ]
    (folder / "more.jsonl").write_text("".join(json.dumps(record) + "\n" for record in more))
    library = folder / "library"
    command = [*CLI, "add", str(EXAMPLES), str(folder / "more.jsonl"), "--library", str(library)]
    subprocess.run(command, check=True, capture_output=True)
    return library


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, examples: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LITREVIEW_LIBRARY", str(examples))
    return lambda *arguments: CliRunner().invoke(app, list(map(str, arguments)))


def records(result: Result) -> list[dict[str, object]]:
    """Papers as `list --json` and `export --json` print them, without their sources."""
    papers = json.loads(result.stdout)["papers"]
    return [{name: value for name, value in paper.items() if name != "sources"} for paper in papers]


@pytest.mark.parametrize(("format", "file"), FILES.items())
def test_a_library_comes_back_from_every_format(run: Run, format: str, file: str) -> None:
    written = run("export", "-o", file)
    assert written.exit_code == 0, written.stderr
    assert written.stdout == ""
    assert written.stderr == f"49 papers written: {file}\n"
    added = json.loads(run("add", file, "--library", "again", "--json").stdout)
    assert (added["added"], added["merged"], added["rejected"]) == (49, 0, [])
    assert records(run("list", "--json", "--library", "again")) == records(run("list", "--json"))


def test_without_a_file_papers_go_to_stdout_as_jsonl(run: Run) -> None:
    lines = run("export").stdout.splitlines()
    assert len(lines) == 49
    assert json.loads(lines[0])["key"] == "adam2014"


@pytest.mark.parametrize("format", [name for name in FILES if name != "csv"])
def test_what_goes_into_a_pipe_is_what_goes_into_a_file(run: Run, tmp_path: Path, format: str) -> None:
    odd = "soft\u00adly \ue000 \U000f0000 \U000e0001 \x85 \u200c."
    with Library(tmp_path / "odd") as library:
        library.add([Paper(title="Odd signs", abstract=odd, published="2020")])
    at = ("--library", "odd")
    assert run("export", "--format", format, "-o", "file", *at).exit_code == 0
    assert run("export", "--format", format, *at).stdout == (tmp_path / "file").read_text()
    assert json.loads(run("export", "--json", *at).stdout)["papers"][0]["abstract"] == odd


def test_the_option_decides_before_the_name_of_the_file(run: Run, tmp_path: Path) -> None:
    assert run("export", "--format", "ris", "-o", "refs.bib").exit_code == 0
    assert (tmp_path / "refs.bib").read_text().startswith("TY  - ")


def test_a_name_that_tells_no_format_is_turned_down(run: Run, tmp_path: Path) -> None:
    result = run("export", "-o", "refs.xlsx")
    assert result.exit_code == 2
    assert "'refs.xlsx' does not say in which format" in result.stderr
    assert ".bib" in result.stderr
    assert not (tmp_path / "refs.xlsx").exists()


def test_keys_choose_papers_in_their_order(run: Run) -> None:
    result = run("export", "--format", "bib", "--keys", "raftmlp2021, lee2021mixing,raftmlp2021")
    assert [entry.key for entry in bibtexparser.parse_string(result.stdout).entries] == [
        "raftmlp2021",
        "lee2021mixing",
    ]


def test_an_unknown_key_is_named_and_nothing_is_written(run: Run, tmp_path: Path) -> None:
    result = run("export", "--keys", "raftmlp2021,raftmlp2022", "-o", "out.bib")
    assert result.exit_code == 1
    assert "no paper has the key 'raftmlp2022' (did you mean raftmlp2021" in result.stderr
    assert not (tmp_path / "out.bib").exists()


def test_a_query_chooses_what_search_finds(run: Run) -> None:
    query = "frequency domain forecasting"
    found = json.loads(run("search", query, "-k", "3", "--json").stdout)["results"]
    lines = run("export", "--query", query, "-k", "3").stdout.splitlines()
    assert [json.loads(line)["key"] for line in lines] == [entry["key"] for entry in found]
    assert run("export", "--query", "volcanic basalt petrology").exit_code == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--keys", "adam2014", "--query", "tides"], "--keys and --query"),
        (["-k", "3"], "-k needs --query"),
        (["--keys", " , "], "no keys in ' , '"),
        (["--query", "tides", "-k", "0"], "at least 1, not 0"),
        (["--format", "xlsx"], "xlsx"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(run: Run, arguments: list[str], said: str) -> None:
    result = run("export", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_json_is_one_object_also_into_a_file(run: Run, tmp_path: Path) -> None:
    printed = run("export", "--keys", "lee2021mixing", "--json")
    assert [record["key"] for record in records(printed)] == ["lee2021mixing"]
    assert run("export", "--keys", "lee2021mixing", "--json", "-o", "out.any").exit_code == 0
    assert (tmp_path / "out.any").read_text() == printed.stdout


def test_a_table_opens_in_a_spreadsheet_and_runs_nothing(run: Run, tmp_path: Path) -> None:
    assert run("export", "--keys", "lee2021mixing", "-o", "out.csv").stderr == "1 paper written: out.csv\n"
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbfkey,title,")
    printed = run("export", "--keys", "lee2021mixing", "--format", "csv").stdout
    (only,) = csv.DictReader(printed.splitlines())
    assert only["title"] == "'=Mixing R&D"
