"""`litreview duplicates` and `split`, as a person types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from litreview.cli.app import app

Run = Callable[..., Result]

RECORDS = [
    {"title": "Fish under Ice", "authors": ["Ada Ice"], "published": "2021", "doi": "10.1234/a"},
    {"title": "Fish under Ice", "authors": ["Ada Ice"], "published": "2021", "doi": "10.1234/b"},
    {"title": "Fish under Ice", "authors": ["Ada Ice"], "published": "2021", "venue": "Polar Notes"},
    {"title": "Fish under Ice II", "authors": ["Ada Ice"], "published": "2021", "doi": "10.1234/c"},
]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on a library of four records: two papers, one of them merged from two, and a version."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LITREVIEW_LIBRARY", str(tmp_path / "library"))

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    for number, record in enumerate(RECORDS):
        (tmp_path / f"{number}.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
        assert call("add", f"{number}.jsonl").exit_code == 0
    return call


def test_likely_pairs_go_to_stdout_and_what_to_do_with_them_to_stderr(run: Run) -> None:
    result = run("duplicates")
    assert result.exit_code == 0
    (line,) = result.stdout.splitlines()
    score, left, right, told, *_ = line.split("\t")
    assert (left, right) == ("ice2021fish", "ice2021fisha")
    assert 0 < float(score) < 1
    assert "10.1234/a" in told
    assert "10.1234/b" in told
    assert "1 pair of 3 papers may be one; nothing was merged" in result.stderr
    assert "--merge" in result.stderr
    assert "--versions" in result.stderr


def test_versions_are_shown_when_asked_for_and_named_so(run: Run) -> None:
    report = json.loads(run("duplicates", "--versions", "--json").stdout)
    assert [proposal["version"] for proposal in report["proposals"]] == [False, True, True]
    assert report["versions"] == 2
    assert "another version?" in run("duplicates", "--versions").stdout


def test_a_pair_is_merged_on_request_shown_by_both_keys_and_split_again(run: Run) -> None:
    before = run("list", "--json").stdout
    merged = run("duplicates", "--merge", "ice2021fisha", "ice2021fish")
    assert merged.stdout == "merged ice2021fisha into ice2021fish: Fish under Ice\n"
    assert "litreview split ice2021fish" in merged.stderr
    shown = run("show", "ice2021fisha")
    assert "[ice2021fish]" in shown.stdout
    assert "ice2021fisha was merged into ice2021fish" in shown.stderr
    assert run("split", "ice2021fish").exit_code == 0
    assert run("list", "--json").stdout == before


def test_a_pair_that_is_kept_apart_is_not_proposed_again(run: Run) -> None:
    assert run("duplicates", "--apart", "ice2021fish", "ice2021fisha").exit_code == 0
    report = json.loads(run("duplicates", "--json").stdout)
    assert report["proposals"] == []


def test_a_split_lists_the_records_first_and_is_kept_when_they_are_added_again(run: Run) -> None:
    listed = run("split", "ice2021fish", "--list")
    assert [line.split("\t")[1] for line in listed.stdout.splitlines()] == ["0.jsonl", "2.jsonl"]
    report = json.loads(run("split", "ice2021fish", "--record", "2", "--json").stdout)
    assert [paper["key"] for paper in report["papers"]] == ["ice2021fish", "ice2021fishc"]
    added = json.loads(run("add", "0.jsonl", "1.jsonl", "2.jsonl", "3.jsonl", "--json").stdout)
    assert (added["added"], added["merged"], added["papers"]) == (0, 0, 4)


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (["split", "ice2021fisha"], 2, "comes from one record"),
        (["split", "nosuch"], 1, "no paper has the key 'nosuch'"),
        (["split", "ice2021fish", "--record", "7"], 2, "no record 7"),
        (["duplicates", "--merge", "ice2021fish", "nosuch"], 1, "'nosuch'"),
        (["duplicates", "--merge", "ice2021fish", "ice2021fish"], 2, "are one paper"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_to_do_next(
    run: Run, command: list[str], code: int, said: str
) -> None:
    result = run(*command)
    assert result.exit_code == code
    assert said in result.stderr
    assert "next: litreview" in result.stderr
