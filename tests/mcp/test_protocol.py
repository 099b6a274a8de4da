"""Resources, prompts, progress and cancellation, in memory."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path

import anyio
import pytest

from tests.conftest import EXAMPLES
from tests.llm.fault_server import FaultServer

from .conftest import QUESTION, MakeServer

pytest.importorskip("mcp", reason="needs the extra mcp")

from mcp import Client, MCPError

pytestmark = pytest.mark.anyio


async def test_papers_and_runs_are_resources(make: MakeServer) -> None:
    async with Client(make()) as client:
        asked = await client.call_tool("ask", {"question": QUESTION})
        listed = (await client.list_resources()).resources
        run, paper = listed[0], listed[1]
        read = json.loads((await client.read_resource(run.uri)).contents[0].text)
        record = json.loads((await client.read_resource(paper.uri)).contents[0].text)
        last = json.loads((await client.read_resource("litreview://run/last")).contents[0].text)
    assert run.uri == f"litreview://run/{asked.structured_content['run']}"
    assert read == last == asked.structured_content
    assert (paper.uri, paper.title) == (f"litreview://paper/{record['key']}", record["title"])


async def test_the_list_of_papers_comes_in_pages(make: MakeServer, tmp_path: Path) -> None:
    lines = [json.dumps({"title": f"Paper {n}", "abstract": f"About {n}."}) for n in range(230)]
    (tmp_path / "many.jsonl").write_text("\n".join(lines), encoding="utf-8")
    async with Client(make(tmp_path, library=tmp_path / "many")) as client:
        assert (await client.list_resources()).resources == []
        await client.call_tool("add_papers", {"paths": ["many.jsonl"]})
        pages, cursor = [], None
        while True:
            page = await client.list_resources(cursor=cursor)
            pages.append([resource.uri for resource in page.resources])
            cursor = page.next_cursor
            if cursor is None:
                break
        with pytest.raises(MCPError, match="does not belong to this list"):
            await client.list_resources(cursor="nonsense")
    assert [len(page) for page in pages] == [100, 100, 30]
    assert len({uri for page in pages for uri in page}) == 230


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("litreview://paper/nobody2099", "no paper has the key 'nobody2099'"),
        ("litreview://run/none", "has the id 'none'"),
        ("litreview://paper/", "there is no resource"),
        ("litreview://secret/x", "there is no resource"),
        ("file:///etc/passwd", "there is no resource"),
        ("litreview://paper/%2e%2e%2fetc", "no paper has the key '../etc'"),
    ],
)
async def test_what_is_no_resource_is_an_error_with_a_hint(make: MakeServer, uri: str, said: str) -> None:
    async with Client(make()) as client:
        with pytest.raises(MCPError, match="no ") as raised:
            await client.read_resource(uri)
    assert said in raised.value.message
    assert raised.value.data["error"]["hint"]


async def test_prompts_bring_the_papers_as_data(make: MakeServer) -> None:
    async with Client(make()) as client:
        prompts = {prompt.name: prompt for prompt in (await client.list_prompts()).prompts}
        found = await client.call_tool("search_papers", {"query": QUESTION, "limit": 3})
        for name in ("ask", "draft"):
            result = await client.get_prompt(name, {"question": QUESTION, "limit": "3"})
            text = result.messages[0].content.text
            records = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
            keys = [entry["key"] for entry in found.structured_content["results"]]
            assert [record["id"] for record in records] == keys
            assert f"Question: {QUESTION}" in text
            assert "`check_text`" in text
        assert "about 250 words" in (
            (await client.get_prompt("draft", {"question": QUESTION, "words": "250"}))
            .messages[0]
            .content.text
        )
    assert {name: [one.required for one in prompt.arguments] for name, prompt in prompts.items()} == {
        "ask": [True, False],
        "draft": [True, False, False],
    }


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("answer", {"question": "x"}, "there is no prompt 'answer'"),
        ("ask", {}, "no words"),
        ("ask", {"question": "x", "words": "9"}, "no argument 'words'"),
        ("ask", {"question": "x", "limit": "41"}, "'limit' cannot be '41'"),
        ("ask", {"question": "x", "limit": "many"}, "'limit' cannot be 'many'"),
        ("ask", {"question": "treatment of malaria in pregnancy"}, "nothing in this library"),
    ],
)
async def test_a_prompt_that_cannot_be_made_says_why(
    make: MakeServer, name: str, arguments: dict[str, str], said: str
) -> None:
    async with Client(make()) as client:
        with pytest.raises(MCPError) as raised:
            await client.get_prompt(name, arguments)
    assert said in raised.value.message


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_who_waits_hears_of_the_progress(make: MakeServer, writing: FaultServer, mode: str) -> None:
    told: list[tuple[float, str | None]] = []

    async def hear(progress: float, _total: float | None, message: str | None) -> None:
        told.append((progress, message))

    async with Client(make(EXAMPLES), mode=mode) as client:
        result = await client.call_tool("ask", {"question": QUESTION}, progress_callback=hear)
        assert not result.is_error
        stages = [message for _, message in told if message]
        await client.call_tool("add_papers", {"paths": ["."]}, progress_callback=hear)
    assert stages[0].startswith("asking in ")
    assert any("tokens so far" in stage for stage in stages)
    counts = [count for count, _ in told[: len(stages)]]
    assert counts == sorted(set(counts))


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_cancelled_ask_stops_its_calls_to_the_model(
    make: MakeServer, writing: FaultServer, mode: str
) -> None:
    async with Client(make(), mode=mode) as client:
        whole = await client.call_tool("ask", {"question": QUESTION})
        assert whole.structured_content["usage"]["calls"] > 5
        writing.requests.clear()
        async with anyio.create_task_group() as group:
            other = {"question": QUESTION.replace("how", "where")}
            group.start_soon(partial(client.call_tool, "ask", other))
            with anyio.fail_after(20):
                while not writing.chats:
                    await anyio.sleep(0.02)
            group.cancel_scope.cancel()
        await anyio.sleep(0.8)
        # Four at a time: none came after those that were under way.
        assert len(writing.chats) <= 4
        # Whoever asks next is served at once.
        began = time.monotonic()
        assert not (await client.call_tool("search_papers", {"query": QUESTION})).is_error
        assert time.monotonic() - began < 5


async def test_clients_do_not_wait_for_each_other(make: MakeServer, writing: FaultServer) -> None:
    server = make()
    done: list[str] = []

    async def ask(client: Client) -> None:
        review = await client.call_tool("ask", {"question": QUESTION})
        assert review.structured_content["engine"] == "llm"
        done.append("ask")

    async with Client(server) as first, Client(server) as second, anyio.create_task_group() as group:
        group.start_soon(ask, first)
        with anyio.fail_after(20):
            while not writing.chats:
                await anyio.sleep(0.02)
        assert not (await second.call_tool("search_papers", {"query": QUESTION})).is_error
        done.append("search")
    assert done == ["search", "ask"]
