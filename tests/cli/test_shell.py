"""What programs rely on in every command: errors as JSON, --quiet, and one object on stdout."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from litreview.cli.app import app
from litreview.cli.shell import Terminated, guarded, print_json, say, shows_progress
from litreview.errors import LitreviewError, ProviderError
from tests.conftest import EXAMPLES

QUESTION = "how do MLPs compete with attention?"


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shell") / "library"
    assert CliRunner().invoke(app, ["add", str(EXAMPLES), "--library", str(folder)]).exit_code == 0
    return folder


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)))


def error_of(result: Result) -> dict[str, Any]:
    """The one object on stdout, which is an error."""
    assert list(json.loads(result.stdout)) == ["error"]
    error: dict[str, Any] = json.loads(result.stdout)["error"]
    assert error["exit_code"] == result.exit_code
    return error


@pytest.mark.parametrize(
    ("arguments", "kind", "exit_code"),
    [
        (["show", "nosuch"], "PaperNotFound", 1),
        (["replay", "nosuch"], "RunNotFound", 1),
        (["ask", "?"], "UsageError", 2),
        (["ask", "when were the pyramids of Giza built?"], "NothingRelevant", 3),
        (["search", "pyramids of Giza"], "NothingRelevant", 3),
        (["ask", QUESTION, "--engine", "llm"], "SettingsError", 1),
        (["ask", "?", "--format", "json"], "UsageError", 2),
    ],
)
def test_an_error_is_one_object_on_stdout_and_a_message_on_stderr(
    examples: Path, arguments: list[str], kind: str, exit_code: int
) -> None:
    flag = [] if "--format" in arguments else ["--json"]
    result = run(*arguments, *flag, "--library", examples)
    error = error_of(result)
    assert (error["type"], error["exit_code"]) == (kind, exit_code)
    assert f"error: {error['message']}" in result.stderr
    assert error["hint"] in result.stderr
    plain = run(*arguments[:2], "--library", examples) if flag else None
    assert plain is None or plain.stdout == "" or plain.exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [["search"], ["search", "a", "-k", "many"], ["ask", "a", "--nosuch"], ["nosuch"], ["eval", "nosuch"]],
)
def test_bad_usage_is_json_too(arguments: list[str]) -> None:
    result = run(*arguments, "--json")
    assert error_of(result)["type"] == "UsageError"
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr
    assert run(*arguments).stdout == ""


def test_a_check_that_fails_prints_its_report_and_nothing_else(examples: Path, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("All is solved [@nobody1999].\n", encoding="utf-8")
    result = run("check", tmp_path / "a.md", "--json", "--library", examples)
    assert result.exit_code == 4
    assert json.loads(result.stdout)["summary"]["unsupported"] == 1
    assert "error: " in result.stderr


def call(command: Any, *arguments: str) -> Result:
    """Run a command of a test."""
    made = typer.Typer()
    made.command()(guarded(command))
    return CliRunner().invoke(made, list(arguments))


def test_an_error_after_the_result_leaves_the_result_alone() -> None:
    def fetch(json: bool = False) -> None:
        print_json({"fetched": 3})
        raise ProviderError("the server went away")

    result = call(fetch, "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (5, {"fetched": 3})
    assert "went away" in result.stderr


@pytest.mark.parametrize(
    ("raised", "kind", "exit_code"),
    [
        (KeyboardInterrupt(), "Interrupted", 130),
        (Terminated(), "Interrupted", 130),
        (OSError(28, "No space left on device"), "OSError", 1),
        (ZeroDivisionError("by nought"), "ZeroDivisionError", 1),
        (LitreviewError("a\x1b[31mb\u202e"), "LitreviewError", 1),
    ],
)
def test_whatever_ends_a_command_is_told_as_json(raised: BaseException, kind: str, exit_code: int) -> None:
    def fail(json: bool = False) -> None:
        raise raised

    error = error_of(call(fail, "--json"))
    assert (error["type"], error["exit_code"]) == (kind, exit_code)
    assert "\x1b" not in call(fail, "--json").stdout
    assert call(fail).stdout == ""


def test_quiet_leaves_only_data(examples: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"title": "Good"}\n{"title": 5}\n', encoding="utf-8")
    for place in (["--quiet", "ask", QUESTION], ["ask", "--quiet", QUESTION], ["ask", QUESTION, "--quiet"]):
        quiet = run(*place, "--library", examples)
        assert (quiet.exit_code, quiet.stderr) == (0, "")
    loud = run("ask", QUESTION, "--library", examples)
    assert loud.stdout == quiet.stdout
    assert "note: no model is set up" in loud.stderr
    added = run("add", tmp_path / "bad.jsonl", "--quiet", "--library", tmp_path / "other")
    assert (added.stderr, added.exit_code) == ("", 0)
    assert "1 rejected" in added.stdout


def test_quiet_keeps_errors(examples: Path) -> None:
    result = run("show", "nosuch", "--quiet", "--library", examples)
    assert "error: " in result.stderr
    assert "next: " in result.stderr


def test_behind_two_dashes_quiet_is_a_word(examples: Path) -> None:
    result = run("search", "--json", "--library", examples, "--", "--quiet")
    assert error_of(result)["type"] == "NothingRelevant"


def test_one_quiet_command_does_not_hush_the_next(examples: Path) -> None:
    run("ask", QUESTION, "--quiet", "--library", examples)
    assert "note: " in run("ask", QUESTION, "--library", examples).stderr


def test_warnings_and_progress_are_hushed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def work() -> None:
        monkeypatch.setattr("sys.stderr.isatty", lambda: True)
        seen.append(shows_progress())
        logging.getLogger("litreview").warning("look out")
        say("by the way")

    made = typer.Typer()
    made.command()(guarded(work))
    assert "warning: look out\nby the way\n" in CliRunner().invoke(made, []).stderr
    from litreview.cli.shell import set_quiet

    set_quiet(True)
    try:
        assert CliRunner().invoke(made, []).stderr == ""
    finally:
        set_quiet(False)
    assert seen == [True, False]
