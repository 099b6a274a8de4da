"""`litreview eval citations` on a folder of three subjects."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from litreview.cli.app import app

SUBJECTS = [("reef", "corals", "water"), ("parser", "grammars", "treebanks"), ("glacier", "ice", "melt")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three papers on each subject, and a claim of every label on each."""
    corpus, pairs = [], []
    for number, (one, two, three) in enumerate(SUBJECTS):
        for copy in range(3):
            sentences = [
                f"We study the {one} and its {two} in group {copy} of many kinds.",
                f"The {one} increases the {two} by {20 + copy}% and needs more {three} than before.",
            ]
            record = {"_id": f"{number}{copy}", "title": f"The {one} {copy}", "text": " ".join(sentences)}
            corpus.append(record | {"sentences": sentences})
        for label, claim, rationales in (
            ("SUPPORT", f"The {one} raises {two} by 20%.", [[1]]),
            ("CONTRADICT", f"The {one} lowers the {two}.", [[1]]),
            ("NOT_ENOUGH_INFO", f"A {one} has wings and {three}.", []),
        ):
            pair = {"_id": f"{number}{label}", "claim": claim, "doc_id": f"{number}0", "label": label}
            pairs.append(pair | {"rationales": rationales})
    for name, records in (("corpus.jsonl", corpus), ("verify_pairs.jsonl", pairs)):
        lines = "".join(json.dumps(record) + "\n" for record in records)
        (tmp_path / name).write_text(lines, encoding="utf-8")
    return tmp_path


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["eval", "citations", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


def test_the_table_names_what_was_measured(folder: Path) -> None:
    code, stdout, stderr = run(folder)
    assert (code, stderr) == (0, "")
    for expected in ("unknown id", "direction: negated", "AUROC", "best sentence", "of SciFact"):
        assert expected in stdout


def test_json_repeats_itself_for_a_seed_and_takes_another_corpus(folder: Path) -> None:
    first = json.loads(run(folder, "--seed", 3, "--json")[1])
    again = json.loads(run(folder, "--seed", 3, "--corpus", folder / "corpus.jsonl", "--json")[1])
    assert first.pop("milliseconds") > 0
    assert again.pop("milliseconds") > 0
    assert first == again
    assert first["seed"] == 3
    assert first["rows"][0]["caught"] == first["rows"][0]["made"] > 0


def test_a_wrong_folder_is_an_error_with_what_it_should_hold(folder: Path, tmp_path: Path) -> None:
    code, stdout, stderr = run(tmp_path / "nowhere")
    assert (code, stdout) == (1, "")
    assert "has no corpus.jsonl or corpus.jsonl.gz" in stderr
    assert "next: give a folder with corpus.jsonl(.gz) and verify_pairs.jsonl" in stderr
    assert "does not exist" in run(folder, "--corpus", tmp_path / "other.jsonl")[2]
    (folder / "verify_pairs.jsonl").write_text('{"_id": "1"}\n', encoding="utf-8")
    assert "is no judged pair" in run(folder)[2]
    (folder / "verify_pairs.jsonl").write_text("", encoding="utf-8")
    assert "no SUPPORT pair" in run(folder)[2]
    (folder / "verify_pairs.jsonl").unlink()
    assert "'" + str(folder / "verify_pairs.jsonl") + "' does not exist" in run(folder)[2]
