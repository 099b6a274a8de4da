"""`litreview add`: every format at once, the report, and the file of rejected records."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from litreview.cli.app import app

Run = Callable[..., Result]

BIB = "@article{good, title={Good}, abstract={Words.}}\n" + "".join(
    f"@article{{bad{n}, year={{200{n}}}}}\n" for n in range(3)
)
CSV = "Title,Abstract,DOI\nTabled,Words.,10.5555/t\nSame,,10.5555/same\ntoo,many,cells,here\n"
CSL = '[{"id": "s", "type": "book", "title": "Same", "DOI": "10.5555/SAME"}]'


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LITREVIEW_LIBRARY", str(tmp_path / "library"))

    def call(*arguments: str | Path, stdin: str = "") -> Result:
        result = CliRunner().invoke(app, list(map(str, arguments)), input=stdin)
        assert "Traceback" not in result.stderr
        return result

    return call


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "refs"
    folder.mkdir()
    for name, content in (("a.bib", BIB), ("b.csv", CSV), ("c.json", CSL)):
        (folder / name).write_text(content)
    (folder / "notes.md").write_text("# no papers\n")
    return folder


def test_files_of_several_formats_are_added_together_and_told_apart(run: Run, files: Path) -> None:
    report = json.loads(run("add", "refs", "--json").stdout)

    assert (
        report["added"],
        report["merged"],
        report["unchanged"],
        report["papers"],
    ) == (3, 1, 0, 3)
    assert report["without_abstract"] == 2
    counted = {source.pop("path"): source for source in report["sources"]}
    assert list(counted) == ["refs/a.bib", "refs/b.csv", "refs/c.json"]
    assert sum(source["added"] for source in counted.values()) == 3
    assert sum(source["merged"] for source in counted.values()) == 1
    assert [source["rejected"] for source in counted.values()] == [3, 1, 0]
    assert counted["refs/a.bib"] == {
        "added": 1, "merged": 0, "unchanged": 0, "rejected": 3, "without_abstract": 0
    }  # fmt: skip
    assert any("1 file .md not read" in note for note in report["notes"])
    again = json.loads(run("add", "refs", "--json").stdout)
    assert [source["unchanged"] for source in again["sources"]] == [1, 2, 1]


def test_the_report_is_a_table_by_file_and_names_reasons_once(run: Run, files: Path) -> None:
    result = run("add", "refs")

    head, *rows, last = result.stdout.splitlines()
    assert head.split("\t") == [
        "added",
        "merged",
        "unchanged",
        "rejected",
        "without abstract",
        "file",
    ]
    assert rows[0].split("\t") == ["1", "0", "0", "3", "0", "refs/a.bib"]
    assert last.startswith("3 added, 1 merged, 0 unchanged, 4 rejected; 3 papers in ")
    assert "rejected: refs/a.bib:2: it has no title (and 2 more like it: lines 3, 4)" in result.stderr
    assert "rejected: refs/b.csv:4: it has 4 cells, and the header names 3" in result.stderr
    assert "note: 2 of 4 records without an abstract" in result.stderr
    assert result.exit_code == 0


def test_one_file_needs_no_table(run: Run, files: Path) -> None:
    assert run("add", "refs/c.json").stdout.count("\n") == 1


def test_rejected_records_are_written_mended_and_added(run: Run, files: Path) -> None:
    result = run("add", "refs/a.bib", "--rejects", "mend.bib")
    assert "3 rejected records written: mend.bib" in result.stderr
    assert "litreview add mend.bib" in result.stderr
    mend = files.parent / "mend.bib"
    assert mend.read_text() == "\n\n".join(f"@article{{bad{n}, year={{200{n}}}}}" for n in range(3)) + "\n"

    mend.write_text(mend.read_text().replace("year={2001}", "title={Mended}, year={2001}"))
    report = json.loads(run("add", "mend.bib", "--rejects", "mend.bib", "--json").stdout)
    assert (report["added"], len(report["rejected"])) == (1, 2)
    assert "bad1" not in mend.read_text()


def test_rejected_records_of_several_formats_are_written_as_one_file(run: Run, files: Path) -> None:
    run("add", "refs", "--rejects", "mend.jsonl")
    mend = files.parent / "mend.jsonl"
    assert [json.loads(line)["format"] for line in mend.read_text().splitlines()] == ["bibtex"] * 3 + ["csv"]

    mend.write_text(
        mend.read_text().replace("too,many,cells,here", "Mended,Words.,").replace("year=", "title=")
    )
    report = json.loads(run("add", "mend.jsonl", "--json").stdout)
    assert (report["added"], report["rejected"]) == (4, [])


def test_long_records_are_whole_in_the_file_and_short_in_the_report(run: Run, tmp_path: Path) -> None:
    (tmp_path / "long.jsonl").write_text(json.dumps({"abstract": "x" * 5000}) + "\n" + '{"title": "A"}\n')
    report = json.loads(run("add", "long.jsonl", "--rejects", "mend.jsonl", "--json").stdout)

    assert len(report["rejected"][0]["raw"]) == 500
    assert len((tmp_path / "mend.jsonl").read_text()) > 5000


def test_nothing_to_mend_writes_no_file(run: Run, files: Path) -> None:
    assert "no rejected record" in run("add", "refs/c.json", "--rejects", "mend").stderr
    assert "no rejected record" in run("add", "nosuch.bib", "--rejects", "mend").stderr
    assert not (files.parent / "mend").exists()


def test_an_encoding_can_be_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pl.bib").write_bytes("@book{a, title={Zażółć gęślą jaźń}}".encode("cp1250"))
    run("add", "pl.bib", "--encoding", "cp1250")

    assert "Zażółć gęślą jaźń" in run("list").stdout
    wrong = run("add", "pl.bib", "--encoding", "martian")
    assert (wrong.exit_code, "'martian'" in wrong.stderr) == (2, True)


def test_a_folder_of_other_files_fails_and_one_with_a_paper_does_not(run: Run, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "p.png").write_bytes(b"\x89PNG\x00")
    assert run("add", "d").exit_code == 1
    (tmp_path / "d" / "a.bib").write_text(BIB)
    assert run("add", "d").exit_code == 0


def test_the_help_page_lists_every_format(run: Run) -> None:
    from typing import get_args

    from litreview.formats import Format

    shown = "".join(run("add", "--help").stdout.split())
    assert run("add", "x", "--format", "word").exit_code == 2
    assert all(name[:6] in shown.replace("│", "") for name in get_args(Format))
