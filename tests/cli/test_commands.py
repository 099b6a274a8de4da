"""The commands as a person types them, each in a process of its own or through Typer's own runner."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from litreview.cli.app import app
from tests.conftest import EXAMPLES, ROOT

CLI = [sys.executable, "-c", "from litreview.cli import main; main()"]
QUESTION = "how do MLPs compete with attention?"

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, in a folder and with a library of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LITREVIEW_LIBRARY", str(tmp_path / "library"))

    def call(*arguments: str | Path, stdin: str = "", **environment: str) -> Result:
        return CliRunner().invoke(app, list(map(str, arguments)), input=stdin, env=environment)

    return call


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the example pages, for reading only."""
    folder = tmp_path_factory.mktemp("examples") / "library"
    subprocess.run([*CLI, "add", str(EXAMPLES), "--library", str(folder)], check=True, capture_output=True)
    return folder


def test_adding_reports_what_became_of_every_record(run: Run) -> None:
    first = run("add", EXAMPLES, "--json")
    assert first.exit_code == 0
    report = json.loads(first.stdout)
    assert (report["added"], report["merged"], report["papers"]) == (47, 2, 47)
    assert report["rejected"] == []
    second = json.loads(run("add", EXAMPLES, "--json").stdout)
    assert (second["added"], second["merged"], second["unchanged"]) == (0, 0, 49)


def test_a_bad_file_is_reported_and_its_neighbour_is_imported(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(b"\x00\x01\x02")
    (tmp_path / "good.jsonl").write_text('{"title": "Good", "abstract": "Words."}\n{"title": 5}\n')
    result = run("add", tmp_path / "bad.txt", tmp_path / "nosuch.txt", tmp_path / "good.jsonl", "--json")
    report = json.loads(result.stdout)
    assert report["added"] == 1
    assert len(report["rejected"]) == 3
    assert any(r["path"].endswith("good.jsonl") and r["line"] == 2 for r in report["rejected"])
    assert result.exit_code == 0


def test_when_nothing_could_be_read_the_command_fails(run: Run) -> None:
    result = run("add", "nosuch.txt")
    assert result.exit_code == 1
    assert "nosuch.txt" in result.stderr
    assert "Traceback" not in result.stderr


def test_standard_input_is_a_source(run: Run) -> None:
    result = run("add", "-", "--format", "jsonl", stdin='{"title": "From a pipe"}\n')
    assert "1 added" in result.stdout


def test_an_answer_as_json_quotes_its_abstracts_word_for_word(run: Run, examples: Path) -> None:
    result = run("ask", QUESTION, "--json", "--library", examples)
    assert result.exit_code == 0, result.stderr
    review = json.loads(result.stdout)
    assert set(review) >= {
        "question", "engine", "model", "groups", "removed", "gaps", "retrieved", "uncited", "references",
        "usage", "run"
    }  # fmt: skip
    assert 2 <= len(review["groups"]) <= 6
    listed = run("list", "--json", "--library", examples)
    abstracts = {paper["key"]: paper["abstract"] for paper in json.loads(listed.stdout)["papers"]}
    cited = []
    for group in review["groups"]:
        keys = [claim["citations"][0] for claim in group["claims"]]
        assert len(keys) == len(set(keys))
        cited += keys
        for claim in group["claims"]:
            for evidence in claim["evidence"]:
                assert abstracts[evidence["key"]][evidence["start"] : evidence["end"]] == evidence["quote"]
    assert {reference["key"] for reference in review["references"]} == set(cited)
    retrieved = {entry["key"] for entry in review["retrieved"]}
    assert set(cited) | set(review["uncited"]) <= retrieved


def test_the_same_question_gives_the_same_answer_in_every_process(examples: Path) -> None:
    command = [*CLI, "ask", QUESTION, "--json", "--library", str(examples)]
    answers = {
        subprocess.run(
            command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for seed in "12"
    }
    assert len(answers) == 1


def test_an_answer_in_a_pipe_is_markdown_and_says_that_it_is_extracted(run: Run, examples: Path) -> None:
    result = run("ask", QUESTION, "--library", examples)
    assert result.stdout.startswith(f"# {QUESTION}\n")
    assert "\n## References\n" in result.stdout
    assert "Extracted, not written" in result.stdout
    assert "\x1b" not in result.stdout


def test_an_answer_can_be_written_to_a_file(run: Run, examples: Path, tmp_path: Path) -> None:
    assert run("ask", QUESTION, "-o", "answer.md", "--library", examples).exit_code == 0
    assert (tmp_path / "answer.md").read_text().startswith("# how do MLPs")
    assert run("ask", QUESTION, "-o", "answer.json", "--library", examples).exit_code == 0
    assert json.loads((tmp_path / "answer.json").read_text())["engine"] == "extractive"
    assert not list(tmp_path.glob(".answer*"))


def test_a_question_can_be_asked_of_files_without_a_library(run: Run, tmp_path: Path) -> None:
    pages = sorted(EXAMPLES.glob("*.txt"))
    result = run("ask", QUESTION, "--papers", *pages)
    assert result.exit_code == 0, result.stderr
    assert "## References" in result.stdout
    assert not (tmp_path / "library").exists()


def test_files_without_a_paper_are_named(run: Run) -> None:
    result = run("ask", QUESTION, "--papers", "nosuch.txt")
    assert result.exit_code == 3
    assert "no paper could be read from 'nosuch.txt'" in result.stderr


def test_nothing_relevant_is_said_with_the_nearest_titles(run: Run, examples: Path) -> None:
    result = run("ask", "what is the best treatment for malaria?", "--library", examples)
    assert result.exit_code == 3
    assert "treatment for malaria" in result.stderr
    assert len([line for line in result.stderr.splitlines() if line.startswith("  ")]) == 3
    assert result.stdout == ""


@pytest.mark.parametrize("command", ["ask", "search"])
def test_an_empty_library_says_how_to_add_papers(run: Run, command: str) -> None:
    result = run(command, "anything at all")
    assert result.exit_code == 3
    assert "litreview add" in result.stderr


@pytest.mark.parametrize("question", ["", "   ", "???"])
def test_a_question_without_words_is_bad_usage(run: Run, examples: Path, question: str) -> None:
    result = run("ask", question, "--library", examples)
    assert result.exit_code == 2
    assert repr(question) in result.stderr


def test_a_library_that_is_a_file_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for command in (["add", str(EXAMPLES)], ["ask", QUESTION], ["list"], ["doctor"]):
        result = run(*command, "--library", tmp_path / "file")
        assert result.exit_code == 1
        assert "file' is a file" in result.stderr


def test_years_that_exclude_each_other_are_bad_usage(run: Run, examples: Path) -> None:
    assert run("search", "mlp", "--since", "2024", "--until", "2020", "--library", examples).exit_code == 2


def test_searching_prints_tab_separated_lines_into_a_pipe(run: Run, examples: Path) -> None:
    result = run("search", "frequency domain forecasting", "-k", "3", "--library", examples)
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert 1 <= len(rows) <= 3
    assert all(len(row) == 4 and 0 <= float(row[0]) <= 1 for row in rows)
    found = json.loads(
        run("search", "frequency domain forecasting", "-k", "3", "--json", "--library", examples).stdout
    )
    assert [entry["key"] for entry in found["results"]] == [row[1] for row in rows]


def test_an_export_comes_back_as_the_same_library(run: Run, examples: Path, tmp_path: Path) -> None:
    first = run("export", "--format", "jsonl", "--library", examples).stdout
    (tmp_path / "out.jsonl").write_text(first)
    run("add", tmp_path / "out.jsonl")
    assert run("export", "--format", "jsonl").stdout == first


def test_show_and_remove(run: Run) -> None:
    run("add", EXAMPLES)
    assert "MLP" in run("show", "raftmlp2021").stdout
    assert run("remove", "raftmlp2021").exit_code == 0
    gone = run("show", "raftmlp2021")
    assert gone.exit_code == 1
    assert "'raftmlp2021'" in gone.stderr
    assert run("doctor").exit_code == 0


def test_doctor_finds_a_lost_index_and_repairs_it(run: Run, tmp_path: Path) -> None:
    import shutil

    run("add", EXAMPLES)
    before = run("ask", QUESTION, "--json")
    shutil.rmtree(tmp_path / "library" / "chroma")
    after = run("ask", QUESTION, "--json")
    assert after.stdout == before.stdout
    warning, *others = (line for line in after.stderr.splitlines() if not line.startswith("note: no model"))
    assert "doctor --repair" in warning
    assert others == []
    assert run("doctor").exit_code == 1
    assert run("doctor", "--repair").exit_code == 0
    assert "doctor" not in run("ask", QUESTION, "--json").stderr


def test_a_dotenv_of_any_content_breaks_no_command(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe broken = 'unclosed\nCHROMA_SERVER_HTTP_PORT=banana\n\x00")
    assert run("add", EXAMPLES).exit_code == 0
    assert run("doctor").exit_code == 0


def test_an_interrupted_import_keeps_what_is_done(tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    lines = (
        json.dumps({"title": f"Paper {n}", "abstract": f"About thing {n}. " * 30}) for n in range(12_000)
    )
    file.write_text("\n".join(lines))
    library = tmp_path / "library"
    command = [*CLI, "add", str(file), "--library", str(library)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (library / "catalogue.sqlite3-wal").exists() or _papers(library) < 5_000:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    assert _papers(library) >= 5_000


def _papers(library: Path) -> int:
    import sqlite3
    from contextlib import closing

    try:
        with closing(
            sqlite3.connect(f"file:{library / 'catalogue.sqlite3'}?mode=ro", uri=True)
        ) as connection:
            return int(connection.execute("SELECT count(*) FROM papers").fetchone()[0])
    except sqlite3.Error:
        return 0


def test_a_reader_that_stops_early_causes_no_error(examples: Path) -> None:
    program = "from litreview.cli import main; main()"
    script = f"{sys.executable} -c '{program}' export --library {examples} | head -c 100"
    result = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert len(result.stdout) == 100
    assert result.stderr == ""


@pytest.mark.parametrize("command", ["add", "search", "ask", "list", "show", "remove", "export", "doctor"])
def test_every_help_page_has_an_example(run: Run, command: str) -> None:
    result = run(command, "--help", COLUMNS="100")
    assert result.exit_code == 0
    assert f"litreview {command}" in result.stdout.split("Example")[1]


def test_the_library_example_runs() -> None:
    result = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "library_use.py")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "47 papers in the library" in result.stdout
