"""`litreview reembed` and an embedding from a server, as a person uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from litreview.cli.app import app
from tests.conftest import EXAMPLES
from tests.embedding.test_openai import embeds
from tests.llm.fault_server import FaultServer

EMBEDDING = "openai:text-embedding-3-small"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LITREVIEW_LIBRARY", str(tmp_path / "library"))


def run(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)), env=environment)


def test_a_library_is_switched_after_its_price_was_said_and_agreed_to() -> None:
    run("add", EXAMPLES)
    with FaultServer(embeds) as server:
        where = {"OPENAI_BASE_URL": server.url, "LITREVIEW_EMBEDDING": EMBEDDING}
        mismatch = run("search", "token mixing", **where)
        assert mismatch.exit_code == 1
        assert "next: litreview reembed" in mismatch.stderr
        asked = run("reembed", **where)
        assert asked.exit_code == 2
        assert "47 texts" in asked.stderr
        assert "at most $0.000" in asked.stderr
        assert server.requests == []
        switched = run("reembed", "--yes", **where)
        assert switched.exit_code == 0
        assert f"47 papers embedded with {EMBEDDING}" in switched.stdout
        found = run("search", "token mixing", "--json", **where)
        assert len(json.loads(found.stdout)["results"]) > 3
        assert run("doctor", **where).exit_code == 0
    assert run("reembed").exit_code == 0
    assert run("search", "token mixing").exit_code == 0


def test_an_embedding_nobody_knows_is_quoted() -> None:
    result = run("list", LITREVIEW_EMBEDDING="word2vec")
    assert result.exit_code == 1
    assert "'word2vec'" in result.stderr


def test_minilm_without_its_files_says_how_to_get_them() -> None:
    run("add", EXAMPLES)
    result = run("reembed", LITREVIEW_EMBEDDING="minilm")
    assert result.exit_code == 1
    assert "next: litreview doctor --fetch-minilm" in result.stderr
