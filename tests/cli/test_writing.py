"""Written answers as a person asks for them, against a chat server on loopback."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from litreview.cli.app import app
from litreview.library import Library
from litreview.runs import load_run
from litreview.testing import scripted_reply
from tests.conftest import EXAMPLES
from tests.llm.fault_server import Exchange, FaultServer, page, reply, status

CLI = [sys.executable, "-c", "from litreview.cli import main; main()"]
QUESTION = "how do MLPs compete with attention?"
KEY = "sk-planted-0123456789abcdef"

Run = Callable[..., Result]


def scripted(exchange: Exchange) -> None:
    """A server that answers soundly from the records of the prompt."""
    reply(scripted_reply(exchange.request.body["messages"][-1]["content"]))(exchange)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled") / "library"
    subprocess.run([*CLI, "add", str(EXAMPLES), "--library", str(folder)], check=True, capture_output=True)
    return folder


@pytest.fixture
def run(tmp_path: Path, filled: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command over a copy of the filled library, with a key in the environment."""
    import shutil

    monkeypatch.chdir(tmp_path)
    shutil.copytree(filled, tmp_path / "library")
    monkeypatch.setenv("LITREVIEW_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def call(*arguments: str | Path, **environment: str) -> Result:
        return CliRunner().invoke(app, list(map(str, arguments)), env=environment)

    return call


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    with FaultServer(scripted) as running:
        monkeypatch.setenv("OPENAI_BASE_URL", running.url)
        monkeypatch.setenv("LITREVIEW_MODEL", "scripted")
        yield running


def test_a_written_answer_takes_one_call_and_every_quote_is_verbatim(
    run: Run, server: FaultServer, tmp_path: Path
) -> None:
    result = run("ask", QUESTION, "-k", "20", "--json")
    assert result.exit_code == 0
    assert result.stderr == ""
    review = json.loads(result.stdout)
    assert (review["engine"], len(server.chats)) == ("llm", 1)
    assert review["usage"] == {"calls": 1, "prompt_tokens": 120, "completion_tokens": 30, "cost": None}
    with Library(tmp_path / "library", create=False) as library:
        for group in review["groups"]:
            for claim in group["claims"]:
                assert claim["verdict"] in ("supported", "weak")
                for evidence in claim["evidence"]:
                    text = library.paper(evidence["key"]).abstract
                    assert text is not None
                    assert text[evidence["start"] : evidence["end"]] == evidence["quote"]


def test_the_same_question_again_costs_no_call_and_replay_gives_the_same_bytes_offline(
    run: Run, server: FaultServer
) -> None:
    first = run("ask", QUESTION, "--json")
    again = json.loads(run("ask", QUESTION, "--json").stdout)
    assert len(server.chats) == 1
    assert again["usage"]["calls"] == 0
    assert again["groups"] == json.loads(first.stdout)["groups"]
    run_id = json.loads(first.stdout)["run"]
    server.__exit__(None, None, None)
    replayed = run("replay", run_id, "--offline", "--json", OPENAI_API_KEY="", OPENAI_BASE_URL="")
    assert replayed.exit_code == 0
    assert replayed.stdout_bytes == first.stdout_bytes
    assert run("replay", "last", "--json").exit_code == 0


def test_no_cache_asks_again(run: Run, server: FaultServer) -> None:
    run("ask", QUESTION, "--json")
    assert json.loads(run("ask", QUESTION, "--json", "--no-cache").stdout)["usage"]["calls"] == 1
    assert len(server.chats) == 2


def test_without_a_key_the_answer_is_extracted_and_one_line_says_so(run: Run) -> None:
    result = run("ask", QUESTION, "--json", OPENAI_API_KEY="", OPENAI_BASE_URL="")
    assert (result.exit_code, json.loads(result.stdout)["engine"]) == (0, "extractive")
    assert result.stderr.count("\n") == 1
    assert "OPENAI_API_KEY" in result.stderr


def test_asking_for_a_model_that_is_not_set_up_is_an_error(run: Run) -> None:
    result = run("ask", QUESTION, "--engine", "llm", OPENAI_API_KEY="", OPENAI_BASE_URL=" ")
    assert result.exit_code == 1
    assert "no model is set up" in result.stderr
    assert result.stdout == ""


def test_a_dry_run_shows_the_whole_prompt_and_sends_nothing(run: Run, server: FaultServer) -> None:
    result = run("ask", QUESTION, "-k", "5", "--dry-run", OPENAI_BASE_URL="", LITREVIEW_MODEL="gpt-4o-mini")
    assert result.exit_code == 0
    assert result.stdout.count('{"id": "P') == 5
    assert "nothing was sent" in result.stderr
    assert "1 call" in result.stderr
    assert "$0.0" in result.stderr
    plan = json.loads(run("ask", QUESTION, "-k", "47", "--dry-run", "--json", "--max-context", "6000").stdout)
    assert plan["calls"] > 2
    assert plan["cost"] is None
    assert server.requests == []
    assert json.loads(run("runs", "--json").stdout) == {"runs": []}


def test_the_only_model_of_a_server_is_used_and_of_several_one_must_be_named(run: Run) -> None:
    with FaultServer(scripted, models=["tiny"]) as server:
        answer = run("ask", QUESTION, "--json", OPENAI_BASE_URL=server.url)
        assert answer.exit_code == 0
        assert server.chats[0].body["model"] == "tiny"
    with FaultServer(scripted, models=["tiny", "large"]) as server:
        answer = run("ask", QUESTION, OPENAI_BASE_URL=server.url)
        assert answer.exit_code == 2
        assert "LITREVIEW_MODEL=tiny" in answer.stderr


def test_fabricated_quotes_never_reach_the_answer(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = {
        "text": "MLPs win.",
        "evidence": [{"paper": "P1", "quote": "MLPs beat attention on every task we know"}],
    }
    invented = json.dumps({"groups": [{"heading": "H", "claims": [claim, claim]}], "gaps": []})
    with FaultServer(reply(invented)) as server:
        result = run("ask", QUESTION, "--model", "m", OPENAI_BASE_URL=server.url)
    assert result.exit_code == 3
    assert result.stdout == ""
    assert "2 claims removed (quote-not-found 2)" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_context_that_turns_out_smaller_is_packed_once_more(run: Run, tmp_path: Path) -> None:
    def small(exchange: Exchange) -> None:
        text = "".join(message["content"] for message in exchange.request.body["messages"])
        if len(text) > 20_000:
            message = "This model's maximum context length is 5000 tokens."
            exchange.send(400, {"error": {"message": message, "code": "context_length_exceeded"}})
        else:
            scripted(exchange)

    with FaultServer(small) as server:
        result = run("ask", QUESTION, "--model", "m", "--json", OPENAI_BASE_URL=server.url)
    assert result.exit_code == 0
    assert "packing again for 5,000 tokens" in result.stderr
    assert json.loads(result.stdout)["usage"]["calls"] > 2
    assert run("replay", "last", "--offline", "--json").stdout == result.stdout


@pytest.mark.parametrize(
    ("behaviour", "code", "said"),
    [
        (status(401, "Incorrect API key provided: " + KEY, code="invalid_api_key"), 1, "401"),
        (status(404, "The model `m` does not exist", code="model_not_found"), 1, "'m'"),
        (status(429, "You exceeded your current quota", code="insufficient_quota"), 1, "quota"),
        (page(200), 5, "HTML"),
    ],
)
def test_a_failure_is_one_line_with_what_to_do_and_its_exit_code(
    run: Run, behaviour: Callable[[Exchange], None], code: int, said: str
) -> None:
    with FaultServer(behaviour) as server:
        result = run("ask", QUESTION, "--model", "m", OPENAI_BASE_URL=server.url)
    assert result.exit_code == code, result.stderr
    lines = result.stderr.splitlines()
    assert [line.split(":")[0] for line in lines] == ["error", "next"]
    assert said in lines[0]
    assert KEY not in result.output
    assert json.loads(run("runs", "--json").stdout)["runs"][0]["error"]


def test_a_server_that_is_down_ends_with_5_and_the_run_goes_on_later(run: Run, server: FaultServer) -> None:
    down = run("ask", QUESTION, "--json", OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    assert down.exit_code == 5
    assert run("replay", "last", "--offline").exit_code == 1
    resumed = run("replay", "last", "--json")
    assert resumed.exit_code == 0
    assert json.loads(resumed.stdout)["engine"] == "llm"


def test_a_limit_of_cost_stops_before_the_call(run: Run, server: FaultServer) -> None:
    cheap = run("ask", QUESTION, "--max-cost", "0.0001", "--model", "gpt-4o")
    assert (cheap.exit_code, len(server.chats)) == (1, 0)
    assert "$0.0001" in cheap.stderr
    unknown = run("ask", QUESTION, "--max-cost", "5")
    assert (unknown.exit_code, len(server.chats)) == (2, 0)
    enough = run("ask", QUESTION, "--max-cost", "5", "--model", "gpt-4o", "--json")
    assert enough.exit_code == 0
    assert json.loads(enough.stdout)["usage"]["cost"] == pytest.approx((120 * 2.5 + 30 * 10) / 1e6)


def test_no_key_is_stored_or_printed(run: Run, server: FaultServer, tmp_path: Path) -> None:
    asked = run("ask", QUESTION)
    shown = [
        asked,
        run("doctor"),
        run("doctor", "--json"),
        run("runs", "--json"),
        run("replay", "last", "--json"),
    ]
    assert all(KEY not in result.output for result in shown)
    assert server.chats[0].headers["authorization"] == f"Bearer {KEY}"
    with Library(tmp_path / "library", create=False) as library:
        assert KEY not in load_run(library, "last").model_dump_json()
    with sqlite3.connect(tmp_path / "library" / "catalogue.sqlite3") as connection:
        assert KEY not in "\n".join(connection.iterdump())


def test_an_answer_over_files_writes_no_run(run: Run, server: FaultServer) -> None:
    result = run("ask", QUESTION, "--papers", EXAMPLES, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["run"] is None
    assert json.loads(run("runs", "--json").stdout) == {"runs": []}


def _one_invented(exchange: Exchange, *, mends: bool) -> None:
    """The first claim of the answer quotes words that stand nowhere, and may be mended."""
    answer = json.loads(scripted_reply(exchange.request.body["messages"][-1]["content"]))
    if "groups" in answer:
        answer["groups"][0]["claims"][0]["evidence"][0]["quote"] = "words that *stand* nowhere in it at all"
    elif not mends:
        answer["claims"] = []
    reply(json.dumps(answer))(exchange)


def test_a_claim_that_fails_is_mended_by_one_more_call_and_both_are_shown(run: Run) -> None:
    with FaultServer(lambda exchange: _one_invented(exchange, mends=True)) as server:
        options = ("-k", "8", "--model", "m", "--json", "--strict")
        result = run("ask", QUESTION, *options, OPENAI_BASE_URL=server.url)
        assert len(server.chats) == 2
    assert result.exit_code == 0
    review = json.loads(result.stdout)
    assert (review["usage"]["calls"], review["removed"]) == (2, [])
    (repair,) = review["repaired"]
    assert repair["before"]["reasons"] == ["quote-not-found"]
    assert repair["after"] == review["groups"][0]["claims"][0]
    assert run("replay", "last", "--offline", "--json").stdout == result.stdout


def test_strict_shows_the_answer_and_ends_with_4_if_a_claim_had_to_go(run: Run) -> None:
    with FaultServer(lambda exchange: _one_invented(exchange, mends=False)) as server:
        result = run("ask", QUESTION, "--model", "m", "--json", "--strict", OPENAI_BASE_URL=server.url)
    assert result.exit_code == 4
    assert len(json.loads(result.stdout)["removed"]) == 1
    assert "error: 1 claims had to be removed" in result.stderr


def test_a_second_reader_is_one_call_more(run: Run, server: FaultServer) -> None:
    review = json.loads(run("ask", QUESTION, "--judge", "--json").stdout)
    assert len(server.chats) == 2
    assert review["judgement"] == {"model": "scripted", "recall": 1.0, "precision": 1.0}
    assert "100% of the claims" in run("replay", "last").stdout


def test_markdown_names_the_model_and_lists_what_was_removed(run: Run) -> None:
    with FaultServer(lambda exchange: _one_invented(exchange, mends=False)) as server:
        result = run("ask", QUESTION, "--model", "m", OPENAI_BASE_URL=server.url)
    assert result.exit_code == 0
    assert "## Removed: not supported by the abstracts" in result.stdout
    assert "(quote-not-found)" in result.stdout
    assert "240 + 60 tokens" in result.stdout


def test_an_unknown_run_is_named(run: Run) -> None:
    result = run("replay", "2020")
    assert result.exit_code == 1
    assert "'2020'" in result.stderr
