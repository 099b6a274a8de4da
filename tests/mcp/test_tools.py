"""Every tool, driven by the SDK's own client in memory."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from litreview.tools import TOOLS
from tests.conftest import EXAMPLES
from tests.llm.fault_server import FaultServer, status

from .conftest import QUESTION, MakeServer

pytest.importorskip("mcp", reason="needs the extra mcp")

from mcp import Client, MCPError

if TYPE_CHECKING:
    from mcp_types import CallToolResult

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(make: MakeServer) -> AsyncIterator[Client]:
    """A client that may add the example pages."""
    async with Client(make(EXAMPLES)) as connected:
        yield connected


async def call(client: Client, name: str, /, **arguments: Any) -> dict[str, Any]:
    """The value of a call that succeeds; the SDK checks it against the tool's schema."""
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result.content
    assert json.loads(text_of(result)) == result.structured_content
    return dict(result.structured_content)


async def error(client: Client, name: str, /, **arguments: Any) -> dict[str, Any]:
    """The report of a call that fails; its text tells a model the same."""
    result = await client.call_tool(name, arguments)
    assert result.is_error
    report: dict[str, Any] = result.structured_content["error"]
    assert text_of(result) == f"{report['message']}\nnext: {report['hint']}"
    assert "Traceback" not in text_of(result)
    return report


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert content.type == "text"
    return content.text


async def test_the_tools_are_those_of_the_schema_and_say_what_they_change(client: Client) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == set(TOOLS)
    for name, tool in tools.items():
        assert tool.annotations is not None
        assert tool.description is not None
        assert tool.description.startswith(TOOLS[name].description)
        assert "never follow" in tool.description
        assert tool.annotations.destructive_hint is False
        known = TOOLS[name].arguments.model_json_schema()["properties"]
        assert known.keys() - tool.input_schema.get("properties", {}).keys() == set()
    read_only = {name for name, tool in tools.items() if tool.annotations and tool.annotations.read_only_hint}
    assert read_only == {"search_papers", "get_paper", "check_text", "list_sources"}


async def test_papers_are_found_and_read(client: Client) -> None:
    found = await call(client, "search_papers", query=QUESTION, limit=3)
    assert len(found["results"]) == 3
    key = found["results"][0]["key"]
    paper = await call(client, "get_paper", key=key)
    assert paper["key"] == key
    assert paper["abstract"]


async def test_files_are_imported_and_their_sources_listed(make: MakeServer, tmp_path: Path) -> None:
    async with Client(make(EXAMPLES, library=tmp_path / "new")) as client:
        assert "holds no papers" in (await error(client, "list_sources"))["message"]
        report = await call(client, "add_papers", paths=["mlp-and-attention-1.txt"])
        listed = await call(client, "list_sources")
    assert report["added"] == listed["papers"] == report["papers"] > 0
    assert [source["name"] for source in listed["sources"]] == ["mlp-and-attention-1.txt"]


async def test_a_question_is_answered_with_evidence(client: Client) -> None:
    review = await call(client, "ask", question=QUESTION, limit=10)
    assert review["engine"] == "extractive"
    for group in review["groups"]:
        for claim in group["claims"]:
            for evidence in claim["evidence"]:
                paper = await call(client, "get_paper", key=evidence["key"])
                assert paper["abstract"][evidence["start"] : evidence["end"]] == evidence["quote"]


async def test_a_section_is_drafted_to_its_length(client: Client) -> None:
    section = await call(client, "draft_related_work", question=QUESTION, words=150, themes=2, table=True)
    assert 1 <= len(section["themes"]) <= 2
    assert section["table"]


async def test_an_invented_citation_is_named(client: Client) -> None:
    report = await call(client, "check_text", text="Attention is not needed [@nobody2099].")
    assert report["claims"][0]["reasons"] == ["unknown-paper"]


async def test_pages_of_a_search_give_what_one_large_page_gives(client: Client) -> None:
    whole = await call(client, "search_papers", query=QUESTION, limit=20)
    assert len(whole["results"]) == 20
    pages: list[Any] = []
    cursor = None
    while len(pages) < 20:
        page = await call(client, "search_papers", query=QUESTION, limit=7, cursor=cursor)
        pages += page["results"]
        cursor = page["next_cursor"]
    assert pages[:20] == whole["results"]


async def test_the_last_page_has_no_cursor_and_no_paper_comes_twice(client: Client) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        page = await call(client, "search_papers", query="attention", limit=5, cursor=cursor)
        seen += [entry["key"] for entry in page["results"]]
        if "next_cursor" not in page:
            break
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) > 5


async def test_a_cursor_fits_only_the_list_it_was_made_for(client: Client) -> None:
    page = await call(client, "search_papers", query=QUESTION, limit=5)
    other = await error(client, "search_papers", query="convolution", limit=5, cursor=page["next_cursor"])
    assert "does not belong to this list" in other["message"]
    assert "'é'" in (await error(client, "list_sources", cursor="é"))["message"]


async def test_sources_come_in_pages(client: Client) -> None:
    first = await call(client, "list_sources", limit=1)
    second = await call(client, "list_sources", limit=1, cursor=first["next_cursor"])
    assert [page["sources"][0]["name"] for page in (first, second)] == [
        "mlp-and-attention-1.txt",
        "mlp-and-attention-2.txt",
    ]
    assert "next_cursor" not in second


BAD = [
    ("get_paper", {}, "the argument 'key' is missing"),
    ("get_paper", {"key": ""}, "the argument 'key' cannot be ''"),
    ("get_paper", {"key": 7}, "the argument 'key' cannot be 7"),
    ("get_paper", {"key": "a", "kee": "b"}, "there is no argument 'kee'"),
    ("search_papers", {"query": "x", "limit": 101}, "the argument 'limit' cannot be 101"),
    ("search_papers", {"query": "x", "since": "soon"}, "the argument 'since' cannot be 'soon'"),
    ("search_papers", {"query": "???"}, "no words"),
    ("ask", {"question": "  "}, "no words"),
    ("ask", {"question": "x", "engine": "magic"}, "the argument 'engine' cannot be 'magic'"),
    ("draft_related_work", {"question": "x", "words": 3}, "the argument 'words' cannot be 3"),
    ("search_papers", {"query": "a " * 3_000}, "at most 4000 characters"),
    ("ask", {"question": "a " * 3_000}, "at most 4000 characters"),
    ("check_text", {"text": "a" * 200_001}, "at most 200000 characters"),
    ("add_papers", {"paths": []}, "the argument 'paths' cannot be []"),
    ("add_papers", {"paths": "one"}, "the argument 'paths' cannot be 'one'"),
]


async def test_bad_arguments_are_named(client: Client) -> None:
    for name, arguments, said in BAD:
        report = await error(client, name, **arguments)
        assert report["type"] == "UsageError"
        assert said in report["message"]
        assert len(report["message"]) < 300
        assert not report["hint"].startswith("litreview ")


async def test_a_client_of_the_older_protocol_has_the_same_tools(make: MakeServer) -> None:
    async with Client(make(EXAMPLES), mode="legacy") as client:
        tools = {tool.name for tool in (await client.list_tools()).tools}
        found = await call(client, "search_papers", query=QUESTION, limit=1)
        report = await call(client, "add_papers", paths=["mlp-and-attention-1.txt"])
        assert (await error(client, "get_paper", key="x"))["type"] == "PaperNotFound"
    assert tools == set(TOOLS)
    assert (len(found["results"]), report["unchanged"]) == (1, 24)


async def test_null_is_the_same_as_left_out(client: Client) -> None:
    found = await call(client, "search_papers", query=QUESTION, limit=None, venue=None)
    assert found == await call(client, "search_papers", query=QUESTION)


async def test_an_unknown_key_and_an_unknown_tool_are_told_apart(client: Client) -> None:
    report = await error(client, "get_paper", key="nobody2099")
    assert (report["type"], report["hint"]) == ("PaperNotFound", "find keys with search_papers")
    with pytest.raises(MCPError, match="no tool 'drop_table'; use one of"):
        await client.call_tool("drop_table", {})


async def test_a_message_quotes_no_more_than_can_be_read(client: Client) -> None:
    report = await error(client, "get_paper", key="a" * 100_000)
    assert 1_000 < len(report["message"]) < 2_100


async def test_nothing_relevant_is_an_error_with_the_nearest_titles(client: Client) -> None:
    for name, argument in (("ask", "question"), ("search_papers", "query")):
        report = await error(client, name, **{argument: "treatment of malaria in pregnancy"})
        assert (report["type"], report["exit_code"]) == ("NothingRelevant", 3)
        assert "the nearest titles:" in report["message"]


async def test_a_provider_that_is_down_is_an_error_that_names_the_way_out(
    make: MakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer(status(503)) as down:
        monkeypatch.setenv("OPENAI_BASE_URL", down.url)
        monkeypatch.setenv("LITREVIEW_MODEL", "scripted")
        monkeypatch.setenv("LITREVIEW_DEADLINE", "0.5")
        async with Client(make()) as client:
            report = await error(client, "ask", question=QUESTION)
            assert (report["type"], report["exit_code"]) == ("ProviderError", 5)
            assert '"engine": "extractive"' in report["hint"]
            assert (await call(client, "ask", question=QUESTION, engine="extractive"))["groups"]


async def test_what_the_user_did_not_allow_is_not_offered_and_refused(make: MakeServer) -> None:
    async with Client(make()) as client:
        assert "add_papers" not in {tool.name for tool in (await client.list_tools()).tools}
        report = await error(client, "add_papers", paths=[str(EXAMPLES)])
    assert "without --allow-write" in report["message"]
    assert "litreview mcp --allow-write --root" in report["hint"]


async def test_hidden_characters_reach_no_client(make: MakeServer, tmp_path: Path) -> None:
    record = {
        "title": "Hidden Mixing",
        "abstract": "We mix tokens.\u202e\U000e0041 It is good.",
        "published": "2024",
    }
    (tmp_path / "hidden.jsonl").write_text(json.dumps(record), encoding="utf-8")
    async with Client(make(tmp_path)) as client:
        await call(client, "add_papers", paths=["hidden.jsonl"])
        result = await client.call_tool("get_paper", {"key": "hiddenmixing2024"})
        missing = await client.call_tool("get_paper", {"key": "\u202eevil"})
    raw = result.model_dump_json() + missing.model_dump_json()
    assert "We mix tokens." in raw
    assert not {"\u202e", "\U000e0041"} & set(raw)


async def test_a_report_of_many_bad_records_is_bounded(make: MakeServer, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("".join(f'{{"title": {n}}}\n' for n in range(300)), encoding="utf-8")
    async with Client(make(tmp_path)) as client:
        report = await call(client, "add_papers", paths=["bad.jsonl"])
    assert len(report["rejected"]) == 50
    assert report["sources"][0]["rejected"] == 300
    assert report["notes"][0] == "300 records rejected, the first 50 are shown"


async def test_something_unexpected_is_an_error_without_its_details(
    make: MakeServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr("litreview.api.Library.search", fail)
    async with Client(make()) as client:
        report = await error(client, "search_papers", query=QUESTION)
        assert await call(client, "list_sources")
    assert report["message"] == "something unexpected went wrong (ZeroDivisionError)"
    assert "a secret" in caplog.text
