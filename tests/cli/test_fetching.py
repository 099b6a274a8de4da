"""`litreview fetch` and `litreview enrich` as a person types them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from litreview.cli.app import app
from litreview.library import Library
from litreview.services import SERVICES
from litreview.services.ratelimit import Clock
from tests.services.service_server import Exchange, ServiceServer, record, status, truth, web_page

CLI = [sys.executable, "-c", "from litreview.cli import main; main()"]
Run = Callable[..., Result]


@pytest.fixture
def server() -> Iterator[ServiceServer]:
    with ServiceServer() as server:
        yield server


def _environment(server: ServiceServer, folder: Path) -> dict[str, str]:
    urls = {f"LITREVIEW_{name.upper()}_URL": server.url for name in SERVICES}
    return {**urls, "LITREVIEW_LIBRARY": str(folder / "library"), "LITREVIEW_OPENALEX_KEY": "right-key"}


@pytest.fixture
def run(tmp_path: Path, server: ServiceServer, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, with a library of its own and all services at the server."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Clock, "sleep", lambda _clock, _seconds: None)
    for name, value in _environment(server, tmp_path).items():
        monkeypatch.setenv(name, value)

    def call(*arguments: str, **environment: str) -> Result:
        return CliRunner().invoke(app, list(arguments), env=environment)

    return call


def _keys(tmp_path: Path) -> list[str]:
    with Library(tmp_path / "library") as library:
        return [paper.key or "" for paper in library.all_papers()]


def test_a_fetch_says_what_became_of_every_record(run: Run, tmp_path: Path) -> None:
    result = run("fetch", "arxiv", "cat:cs.CV AND abs:MLP", "--limit", "120")
    assert result.exit_code == 0, result.output
    assert "120 fetched from arxiv: 120 added, 0 merged, 0 unchanged, 0 rejected" in result.stdout
    assert "250 match; --limit fetches more" in result.stderr
    assert len(_keys(tmp_path)) == 120


def test_json_has_what_add_has(run: Run) -> None:
    report = json.loads(run("fetch", "hf", "trending", "--limit", "3", "--json").stdout)
    assert {name: report[name] for name in ("added", "merged", "unchanged", "rejected", "papers")} == {
        "added": 3,
        "merged": 0,
        "unchanged": 0,
        "rejected": [],
        "papers": 3,
    }
    assert (report["source"], report["fetched"], report["complete"]) == ("hf", 3, True)


@pytest.mark.parametrize("limit", ["0", "-1"])
def test_a_limit_below_one_is_a_usage_error_that_quotes_it(
    run: Run, server: ServiceServer, limit: str
) -> None:
    result = run("fetch", "arxiv", "mlp", "--limit", limit)
    assert result.exit_code == 2
    assert f"error: --limit must be 1 or more, not {limit}" in result.stderr
    assert server.asked == []


def test_a_wrong_key_is_exit_5_and_names_the_setting(run: Run) -> None:
    result = run("fetch", "openalex", "mlp", LITREVIEW_OPENALEX_KEY="wr0ng-key")
    assert result.exit_code == 5
    assert "refused the key in LITREVIEW_OPENALEX_KEY" in result.stderr
    assert "wr0ng-key" not in result.output


def test_no_network_is_exit_5_with_what_to_check(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    result = run("fetch", "arxiv", "mlp", LITREVIEW_ARXIV_URL=f"http://127.0.0.1:{port}")
    assert result.exit_code == 5
    assert "nothing answers at" in result.stderr
    assert "LITREVIEW_ARXIV_URL" in result.stderr


def test_zotero_that_does_not_run_is_said_so(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    result = run("fetch", "zotero", LITREVIEW_ZOTERO_URL=f"http://127.0.0.1:{port}")
    assert result.exit_code == 5
    assert "next: start Zotero" in result.stderr


def test_a_fetch_broken_off_reports_what_came_then_fails_and_goes_on(
    run: Run, server: ServiceServer, tmp_path: Path
) -> None:
    server.next(truth, truth, web_page)
    first = run("fetch", "arxiv", "mlp", "--limit", "250")
    assert first.exit_code == 5
    assert "200 fetched from arxiv: 200 added" in first.stdout
    assert "error: arXiv did not answer in the form it should: it sent a web page" in first.stderr
    asked = len(server.asked)
    second = run("fetch", "arxiv", "mlp", "--limit", "250")
    assert second.exit_code == 0
    assert "50 added, 0 merged, 200 unchanged" in second.stdout
    assert len(server.asked) == asked + 1
    assert len(_keys(tmp_path)) == 250


def test_no_cache_asks_again(run: Run, server: ServiceServer) -> None:
    run("fetch", "crossref", "mlp", "--limit", "3")
    run("fetch", "crossref", "mlp", "--limit", "3")
    assert len(server.asked) == 1
    run("fetch", "crossref", "mlp", "--limit", "3", "--no-cache")
    assert len(server.asked) == 2


def test_a_collection_of_zotero_is_fetched_whole(run: Run) -> None:
    result = run("fetch", "zotero", "--collection", "Thesis")
    assert "250 fetched from zotero: 250 added" in result.stdout


def test_a_collection_of_anything_else_is_a_usage_error(run: Run) -> None:
    result = run("fetch", "arxiv", "mlp", "--collection", "Thesis")
    assert result.exit_code == 2
    assert "--collection 'Thesis' is for zotero only" in result.stderr


def test_a_contact_that_is_no_address_names_the_setting(run: Run) -> None:
    result = run("fetch", "arxiv", "mlp", LITREVIEW_CONTACT="me")
    assert result.exit_code == 1
    assert "LITREVIEW_CONTACT" in result.stderr


def test_papers_without_an_abstract_are_said_found_and_never_cited(run: Run, server: ServiceServer) -> None:
    server.records[:] = [
        record(1, title="Reefs and Perceptrons", abstract=None),
        record(2, title="Perceptrons on Reefs", abstract="Perceptrons find 90 % of bleached coral reefs."),
    ]
    result = run("fetch", "arxiv", "perceptrons")
    assert "1 of 2 without an abstract" in result.stderr
    found = json.loads(run("search", "perceptrons on reefs", "--json").stdout)["results"]
    assert len(found) == 2
    bare = next(entry["key"] for entry in found if entry["title"] == "Reefs and Perceptrons")
    answer = json.loads(
        run("ask", "do perceptrons find coral reefs?", "--engine", "extractive", "--json").stdout
    )
    cited = {key for group in answer["groups"] for claim in group["claims"] for key in claim["citations"]}
    assert cited
    assert bare not in cited


def test_enrich_says_what_was_filled_from_where(run: Run, server: ServiceServer, tmp_path: Path) -> None:
    known = server.records[0]
    (tmp_path / "mine.jsonl").write_text(
        json.dumps({"title": known.title, "arxiv_id": known.arxiv_id}) + "\n"
        + json.dumps({"title": server.records[1].title, "doi": server.records[1].doi}) + "\n"
    )  # fmt: skip
    run("add", "mine.jsonl")
    keys = _keys(tmp_path)
    dry = run("enrich", "--dry-run")
    assert "2 of 2 papers with gaps would be filled in" in dry.stdout
    result = run("enrich")
    assert result.exit_code == 0, result.output
    assert "authors, DOI, abstract, date, URL\tarxiv\tby arXiv id" in result.stdout
    assert "2 of 2 papers with gaps filled in" in result.stdout
    assert _keys(tmp_path) == keys
    again = json.loads(run("enrich", "--json").stdout)
    assert (again["papers"], again["filled"], again["complete"]) == (0, [], True)


def test_enrich_of_a_key_that_is_not_there_is_an_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text('{"title": "A title"}\n')
    run("add", "mine.jsonl")
    result = run("enrich", "--keys", "nosuch")
    assert result.exit_code == 1
    assert "'nosuch'" in result.stderr


def test_enrich_without_a_service_keeps_what_others_gave_and_is_exit_5(
    run: Run, server: ServiceServer, tmp_path: Path
) -> None:
    known = server.records[0]
    (tmp_path / "mine.jsonl").write_text(json.dumps({"title": known.title, "published": "2025"}) + "\n")
    run("add", "mine.jsonl")
    server.next(status(403))
    result = run("enrich")
    assert result.exit_code == 5
    assert "1 of 1 papers with gaps filled in" in result.stdout
    assert "Hugging Face refused" in result.stderr


@pytest.mark.slow
def test_ctrl_c_adds_what_had_come(server: ServiceServer, tmp_path: Path) -> None:
    reached, hold = threading.Event(), threading.Event()

    def wait(exchange: Exchange) -> None:
        reached.set()
        hold.wait(60)
        truth(exchange)

    server.next(truth, truth, wait)
    environment = {**os.environ, **_environment(server, tmp_path)}
    command = [*CLI, "fetch", "crossref", "mlp", "--limit", "250"]
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert reached.wait(60)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=120)
        hold.set()
    assert process.returncode == 130, stderr
    assert "200 fetched from crossref: 200 added" in stdout
    assert "first the 200 papers that came are added" in stderr
    assert "Traceback" not in stderr
    assert len(_keys(tmp_path)) == 200
