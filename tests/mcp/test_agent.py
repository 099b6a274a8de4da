"""The same JSON through command line, Python and MCP; and an agent at work."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from litreview.api import Library
from litreview.cli.app import app
from litreview.settings import Settings
from tests.llm.fault_server import FaultServer

from .conftest import QUESTION, MakeServer, scripted

pytest.importorskip("mcp", reason="needs the extra mcp")

from mcp import Client

pytestmark = pytest.mark.anyio

BIB = """
@article{marsh2024, title = {Reed Counting with Small Networks}, author = {Marsh, Ida}, year = {2024},
  abstract = {We count reeds in photographs of wetlands with a network of two layers. On 400 photographs it
  finds 91% of the reeds and runs on a phone. It fails where reeds stand in water.}}
@article{lund2023, title = {Counting Plants from Drones}, author = {Lund, Per}, year = {2023},
  abstract = {Drones photograph wetlands from above, and a detector counts plants in their photographs. It
  finds 78% of the plants at a height of 20 metres and fewer at greater heights.}}
"""


async def value(client: Client, name: str, /, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result.content
    return dict(result.structured_content)


def printed(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code in (0, 4), result.stderr
    return dict(json.loads(result.stdout))


@pytest.mark.parametrize("engine", ["extractive", "llm"])
async def test_a_question_gives_the_same_json_everywhere(
    make: MakeServer, filled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: str
) -> None:
    import asyncio

    # One each, so that none takes the replies that another has kept.
    first, second, third = (
        Path(shutil.copytree(filled, tmp_path / name)) for name in ("first", "second", "third")
    )
    with FaultServer(scripted) as server:
        if engine == "llm":
            monkeypatch.setenv("OPENAI_BASE_URL", server.url)
            monkeypatch.setenv("LITREVIEW_MODEL", "scripted")
        async with Client(make(library=first)) as client:
            through_mcp = await client.call_tool("ask", {"question": QUESTION, "limit": 12})
        with Library.open(settings=Settings(library=second)) as library:
            python = (await library.aask(QUESTION, limit=12)).model_dump(mode="json")
        shell = await asyncio.to_thread(
            printed, "ask", QUESTION, "-k", "12", "--json", "--library", str(third)
        )
    answers = [dict(through_mcp.structured_content), python, shell]
    assert [answer["engine"] for answer in answers] == [engine] * 3
    for answer in answers:
        assert answer.pop("run")
    assert answers[0] == answers[1] == answers[2]
    assert json.loads(through_mcp.content[0].text) == through_mcp.structured_content


async def test_papers_searches_and_checks_are_the_same_everywhere(
    make: MakeServer, folder: Path, tmp_path: Path
) -> None:
    import asyncio

    text = "RaftMLP needs no attention and 99% fewer photographs [@raftmlp2021]."
    (tmp_path / "text").write_text(text, encoding="utf-8")
    async with Client(make()) as client:
        found = await value(client, "search_papers", query=QUESTION, limit=7)
        paper = await value(client, "get_paper", key="raftmlp2021")
        report = await value(client, "check_text", text=text)
        section = await value(client, "draft_related_work", question=QUESTION)
    with Library.open(settings=Settings(library=folder)) as library:
        drafted = (await library.adraft(QUESTION)).model_dump(mode="json")
    at = ("--library", str(folder))

    def in_the_shell() -> list[dict[str, Any]]:
        return [
            printed("search", QUESTION, "-k", "7", "--json", *at),
            printed("show", "raftmlp2021", "--json", *at),
            printed("check", str(tmp_path / "text"), "--json", *at),
        ]

    searched, shown, checked = await asyncio.to_thread(in_the_shell)
    found.pop("next_cursor")  # Only a client that pages needs it.
    assert (found, paper, section) == (searched, shown, drafted)
    for claim in (*report["claims"], *checked["claims"]):
        claim.pop("path")
    assert report == checked


async def test_an_agent_at_work(make: MakeServer, tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "refs.bib").write_text(BIB, encoding="utf-8")
    async with Client(make(tmp_path / "desk", library=tmp_path / "new")) as client:
        added = await value(client, "add_papers", paths=["refs.bib"])
        assert (added["added"], added["rejected"]) == (2, [])
        found = await value(client, "search_papers", query="counting reeds in photographs")
        best = found["results"][0]["key"]
        review = await value(
            client, "ask", question="how well are plants counted in photographs of wetlands?"
        )
        cited = {key for group in review["groups"] for claim in group["claims"] for key in claim["citations"]}
        assert best in cited
        paper = await value(client, "get_paper", key=best)
        assert "finds 91% of the reeds" in paper["abstract"]
        paragraph = (
            f"A network of two layers finds 91% of the reeds in photographs of wetlands [@{best}]. "
            "A detector on drones finds 87% of the plants at a height of 20 metres [@lund2023]. "
            "Others reach 95% from satellites [@invented2025]."
        )
        report = await value(client, "check_text", text=paragraph)
    sound, wrong, invented = report["claims"]
    assert (sound["verdict"], sound["reasons"]) == ("supported", [])
    assert (wrong["verdict"], wrong["reasons"]) == ("unsupported", ["number-mismatch"])
    assert "87" in wrong["explanations"][0]
    assert (invented["verdict"], invented["reasons"]) == ("unsupported", ["unknown-paper"])
    assert "invented2025" in invented["explanations"][0]
