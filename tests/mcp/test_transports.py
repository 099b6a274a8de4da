"""The server as a process: over standard input and output, and over HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from litreview.tools import TOOLS
from tests.conftest import EXAMPLES
from tests.llm.fault_server import FaultServer

from .conftest import COMMAND, QUESTION, Connect, Served

pytest.importorskip("mcp", reason="needs the extra mcp")

import httpx2
from mcp import Client

pytestmark = pytest.mark.anyio

TEXT = "Attention is not needed [@nobody2099]."
LIST = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


async def every_tool(client: Client) -> set[str]:
    """Call every tool that is offered, and say which those were."""
    offered = {tool.name for tool in (await client.list_tools()).tools}
    calls: dict[str, dict[str, Any]] = {
        "search_papers": {"query": QUESTION},
        "get_paper": {"key": "raftmlp2021"},
        "ask": {"question": QUESTION},
        "draft_related_work": {"question": QUESTION},
        "check_text": {"text": TEXT},
        "list_sources": {},
        "add_papers": {"paths": [str(EXAMPLES)]},
    }
    for name in sorted(offered):
        result = await client.call_tool(name, calls[name])
        assert not result.is_error, (name, result.content)
    assert (await client.call_tool("get_paper", {"key": "nobody2099"})).is_error
    assert (await client.call_tool("get_paper", {"wrong": 1})).is_error
    return offered


async def test_every_tool_over_standard_input_and_output(stdio: Connect, tmp_path: Path) -> None:
    async with stdio("--allow-write", "--root", str(EXAMPLES)) as client:
        assert await every_tool(client) == set(TOOLS)
    errors = (tmp_path / "stderr.txt").read_text(encoding="utf-8")
    assert "Traceback" not in errors


async def test_every_tool_over_http_for_two_clients_at_once_of_both_eras(http: Connect) -> None:
    offered: list[set[str]] = []

    async def work(mode: str) -> None:
        async with http(mode) as client:
            offered.append(await every_tool(client))

    async with anyio.create_task_group() as group:
        group.start_soon(work, "auto")
        group.start_soon(work, "legacy")
    assert offered == [set(TOOLS) - {"add_papers"}] * 2


async def test_over_http_only_who_has_the_token_and_means_this_server_is_answered(served: Served) -> None:
    good = {**HEADERS, "Authorization": f"Bearer {served.token}"}
    port = httpx2.URL(served.url).port
    cases = [
        (200, good),
        (200, {**good, "Host": f"localhost:{port}", "Origin": f"http://localhost:{port}"}),
        (401, HEADERS),
        (401, {**good, "Authorization": f"Bearer {served.token}x"}),
        (401, {**good, "Authorization": served.token}),
        (401, {**good, "Authorization": "Bearer"}),
        (421, {**good, "Host": "evil.example"}),
        (421, {**good, "Host": f"evil.example:{port}"}),
        (403, {**good, "Origin": "http://evil.example"}),
        (403, {**good, "Origin": "null"}),
    ]
    async with httpx2.AsyncClient() as client:
        for expected, headers in cases:
            response = await client.post(served.url, headers=headers, json=LIST)
            assert response.status_code == expected, headers
        elsewhere = await client.get(served.url.removesuffix("/mcp"))
        assert elsewhere.status_code == 401
        assert (await client.post(served.url, headers=good, content=b"x" * 5_000_000)).status_code == 413


@pytest.mark.slow
async def test_the_token_may_be_the_users_own_and_is_not_printed(folder: Path) -> None:
    token = "my-own-token-0123456789"  # noqa: S105 - of this test
    process = subprocess.Popen(
        [*COMMAND, "--http", "[::1]:0" if _has_ipv6() else "127.0.0.1:0", "--library", str(folder)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "LITREVIEW_MCP_TOKEN": token},
    )
    assert process.stderr is not None
    url = process.stderr.readline().strip().rpartition(" at ")[2]
    async with httpx2.AsyncClient(headers={**HEADERS, "Authorization": f"Bearer {token}"}) as client:
        assert (await client.post(url, json=LIST)).status_code == 200
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=10)
    assert (process.returncode, out) == (0, "")
    assert token not in errors


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_cancelled_ask_over_http_stops_its_calls_to_the_model(
    writing: FaultServer, http: Connect, mode: str
) -> None:
    async with http(mode) as client, anyio.create_task_group() as group:
        group.start_soon(partial(client.call_tool, "ask", {"question": QUESTION}))
        with anyio.fail_after(20):
            while not writing.chats:
                await anyio.sleep(0.02)
        group.cancel_scope.cancel()
    await anyio.sleep(0.8)
    assert len(writing.chats) <= 4


def test_nothing_but_protocol_is_on_standard_output(folder: Path) -> None:
    noisy = (
        "import os, logging\n"
        "from litreview import api\n"
        "search = api.Library.search\n"
        "def loud(*args, **kwargs):\n"
        "    print('noise'); os.write(1, b'noise'); logging.getLogger('litreview').warning('noise')\n"
        "    return search(*args, **kwargs)\n"
        "api.Library.search = loud\n"
        "from litreview.cli import main; main()"
    )
    call = {"name": "search_papers", "arguments": {"query": QUESTION}}
    messages = [
        LIST,
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call},
    ]
    process = subprocess.Popen(
        [sys.executable, "-c", noisy, "mcp", "--library", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("this is no JSON\n" + "".join(json.dumps(message) + "\n" for message in messages))
    process.stdin.flush()
    answers = {}
    while 2 not in answers:
        answer = json.loads(process.stdout.readline())
        assert answer["jsonrpc"] == "2.0"
        answers[answer.get("id")] = answer
    rest, errors = process.communicate(timeout=10)  # Closing its input ends it.
    assert answers[2]["result"]["structuredContent"]["results"]
    assert (rest, process.returncode) == ("", 0)
    assert "noise" in errors


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_though_its_client_is_silent(folder: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--library", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(LIST) + "\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["result"]["serverInfo"]["name"] == "litreview"
    process.send_signal(number)
    assert process.wait(10) == 0
    assert process.communicate() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["127.0.0.1:1"], "is an address"),
        (["--allow-write"], "needs to know which files may be read"),
        (["--root", "nowhere"], "'nowhere' is no folder"),
        (["--http", "0.0.0.0:1"], "stands for every address"),
        (["--http", "192.0.2.1:1"], "cannot be listened on"),
    ],
)
def test_bad_usage_ends_with_a_message_and_nothing_on_standard_output(
    arguments: list[str], said: str
) -> None:
    from typer.testing import CliRunner

    from litreview.cli.app import app

    result = CliRunner().invoke(app, ["mcp", *arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert "next: " in result.stderr


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from litreview.cli.app import app

    monkeypatch.setitem(sys.modules, "mcp", None)
    result = CliRunner().invoke(app, ["mcp"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        "error: the MCP server needs a package that is not installed (mcp)",
        "next: pip install 'litreview[mcp]'",
    ]


@pytest.mark.slow
async def test_a_thousand_calls_in_a_row_take_no_more_memory(served: Served, http: Connect) -> None:
    calls = [
        ("search_papers", {"query": QUESTION, "limit": 5}),
        ("get_paper", {"key": "raftmlp2021"}),
        ("check_text", {"text": TEXT}),
        ("list_sources", {}),
        ("get_paper", {"key": "nobody2099"}),
    ]

    async def some(count: int) -> None:
        async with http() as client:
            for number in range(count):
                await client.call_tool(*calls[number % len(calls)])

    async def two_clients(count: int) -> None:
        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(partial(some, count // 2))

    await two_clients(400)
    before = _memory(served.process.pid)
    began = time.monotonic()
    await two_clients(1_000)
    grown = _memory(served.process.pid) - before
    print(f"1,000 calls: {time.monotonic() - began:.1f} s, {before:,} kB, {grown:+,} kB")
    # Measured: 800 kB over 3,500 calls. A call that kept its result of 5 kB would show.
    assert grown < 4_000


def _memory(process: int) -> int:
    """Resident memory in kB."""
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        pytest.skip("memory is read from /proc")
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1])


def _has_ipv6() -> bool:
    import socket

    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
