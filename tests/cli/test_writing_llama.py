"""`litreview ask` against llama.cpp's own server with random weights: valid nonsense, seed after seed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from litreview.cli.app import app
from tests.conftest import EXAMPLES
from tests.llm.test_llama import pytestmark as _needs_llama
from tests.llm.test_llama import serve

pytestmark = _needs_llama
QUESTION = "how do MLPs compete with attention?"
SEEDS = 20
# Short, because a server without a graphics card reads our own prompt for two seconds.
PROMPT = """---
name: {name}
version: 1
description: Short.
inputs: {{{declared}, delimiter: d}}
output: {name}
---
# System
Answer from the records between {{{{ delimiter }}}}.
# User
{used}
{{{{ delimiter }}}}
{{{{ papers }}}}
{{{{ delimiter }}}}
"""
INPUTS = {
    "answer": "question papers",
    "themes": "question outline most papers",
    "theme": "question theme others words tense person papers",
}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """One server that completes and one that embeds."""
    folder = tmp_path_factory.mktemp("llama")
    with serve(folder, "--ctx", "32768") as completes, serve(folder, "--embeddings") as embeds:
        yield completes, embeds


@pytest.fixture(autouse=True)
def _library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LITREVIEW_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("LITREVIEW_MAX_REPLY", "1000")
    (tmp_path / "prompts").mkdir()
    for name, inputs in INPUTS.items():
        declared = ", ".join(f"{one}: x" for one in inputs.split())
        used = "\n".join(f"{{{{ {one} }}}}" for one in inputs.split() if one != "papers")
        text = PROMPT.format(name=name, declared=declared, used=used)
        (tmp_path / "prompts" / f"{name}.md").write_text(text)


def run(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)), env=environment)


@pytest.mark.parametrize(
    ("first", "last"), [(0, 3), pytest.param(3, SEEDS, marks=pytest.mark.slow, id="the other seeds")]
)
def test_no_nonsense_reaches_the_answer_whatever_the_seed(
    servers: tuple[str, str], first: int, last: int
) -> None:
    run("add", EXAMPLES)
    codes = []
    for seed in range(first, last):
        where = {"OPENAI_BASE_URL": servers[0], "LITREVIEW_SEED": str(seed)}
        result = run("ask", QUESTION, "-k", "2", "--json", "--prompts", "prompts", **where)
        codes.append(result.exit_code)
        assert "Traceback" not in result.output
        assert result.exit_code in (1, 3)
        # Nothing supported, or a reply that could not be used: either way not a word of it is shown.
        assert list(json.loads(result.stdout)) == ["error"]
        assert result.stderr.splitlines()[-1].startswith("next: ")
    assert 3 in codes
    runs = json.loads(run("runs", "--json", "-k", "50").stdout)["runs"]
    assert len(runs) == last - first


@pytest.mark.parametrize(
    ("first", "last"), [(0, 1), pytest.param(1, 8, marks=pytest.mark.slow, id="the other seeds")]
)
def test_no_nonsense_reaches_a_draft_whatever_the_seed(
    servers: tuple[str, str], first: int, last: int
) -> None:
    run("add", EXAMPLES)
    for seed in range(first, last):
        where = {"OPENAI_BASE_URL": servers[0], "LITREVIEW_SEED": str(seed)}
        result = run("draft", QUESTION, "-k", "2", "--themes", "1", "--prompts", "prompts", **where)
        assert result.exit_code in (1, 3), result.output
        assert "Traceback" not in result.output
        assert result.stderr.splitlines()[-1].startswith("next: ")
        assert not list(Path.cwd().glob("related-work*"))


@pytest.mark.parametrize("stream", ["true", "false"])
def test_streaming_or_not_a_reply_is_read_and_checked(servers: tuple[str, str], stream: str) -> None:
    run("add", EXAMPLES)
    where = {"OPENAI_BASE_URL": servers[0], "LITREVIEW_STREAM": stream, "LITREVIEW_SEED": "3"}
    assert run("ask", QUESTION, "-k", "2", **where).exit_code in (1, 3)


def test_its_embeddings_serve_a_library(servers: tuple[str, str]) -> None:
    where = {"OPENAI_BASE_URL": servers[1], "LITREVIEW_EMBEDDING": "openai:tiny"}
    (Path.cwd() / "few.jsonl").write_text(
        "\n".join(
            json.dumps({"title": f"Paper {n}", "abstract": f"Tokens of kind {n} are mixed."})
            for n in range(5)
        )
    )
    added = run("add", "few.jsonl", "--json", **where)
    assert (added.exit_code, json.loads(added.stdout)["added"]) == (0, 5)
    state = json.loads(run("doctor", "--json", **where).stdout)
    assert "openai (tiny), 64 dimensions" in state["embedding"]
    assert run("search", "tokens mixed", **where).exit_code == 0
