"""A library filled once, servers over it, and clients of the SDK in every way they can connect."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from litreview.api import Library
from litreview.settings import Settings, load_settings
from litreview.testing import scripted_reply
from tests.conftest import EXAMPLES
from tests.llm.fault_server import Exchange, FaultServer, reply

if TYPE_CHECKING:
    from mcp import Client
    from mcp.server import Server

COMMAND = [sys.executable, "-c", "from litreview.cli import main; main()", "mcp"]
QUESTION = "how do MLPs compete with attention?"

MakeServer = Callable[..., "Server[Any]"]
Connect = Callable[..., "AbstractAsyncContextManager[Client]"]


class Served(NamedTuple):
    """A server over HTTP, and what it prints."""

    url: str
    token: str
    process: subprocess.Popen[str]


def scripted(exchange: Exchange) -> None:
    """A chat server that answers soundly from the records of the prompt."""
    reply(scripted_reply(exchange.request.body["messages"][-1]["content"]))(exchange)


@pytest.fixture
def writing(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    """A chat server that takes a quarter of a second a call; more papers than fit into four of them."""
    with FaultServer(scripted, delay=0.25) as running:
        monkeypatch.setenv("OPENAI_BASE_URL", running.url)
        monkeypatch.setenv("LITREVIEW_MODEL", "scripted")
        monkeypatch.setenv("LITREVIEW_MAX_CONTEXT", "4000")
        yield running


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the example pages; not to be written to."""
    folder = tmp_path_factory.mktemp("mcp") / "library"
    with Library.open(settings=Settings(library=folder)) as library:
        library.add(EXAMPLES)
    return folder


@pytest.fixture
def folder(filled: Path, tmp_path: Path) -> Path:
    """A copy of that library."""
    return Path(shutil.copytree(filled, tmp_path / "library"))


@pytest.fixture
def make(folder: Path) -> MakeServer:
    """Make a server over the copy; the roots allow writing."""
    from litreview.mcp_server.access import Access
    from litreview.mcp_server.server import make_server

    def server(*roots: Path, library: Path = folder) -> Server[Any]:
        return make_server(load_settings(library=library), Access.of(write=bool(roots), roots=roots))

    return server


@pytest.fixture
def stdio(folder: Path, tmp_path: Path) -> Connect:
    """A client of a server in a process of its own; what that prints to stderr goes to `stderr.txt`."""
    from mcp import Client, StdioServerParameters, stdio_client

    @asynccontextmanager
    async def connect(*options: str, **environment: str) -> AsyncIterator[Client]:
        parameters = StdioServerParameters(
            command=COMMAND[0],
            args=[*COMMAND[1:], "--library", str(folder), *options],
            env={"HOME": str(tmp_path / "home"), **environment},
        )
        with (tmp_path / "stderr.txt").open("w") as errors:
            async with Client(stdio_client(parameters, errlog=errors)) as client:
                yield client

    return connect


@pytest.fixture
def served(folder: Path) -> Iterator[Served]:
    """A server over HTTP on a port of the system's choice."""
    process = subprocess.Popen(
        [*COMMAND, "--http", "127.0.0.1:0", "--library", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    url = process.stderr.readline().strip().rpartition(" at ")[2]
    token = process.stderr.readline().strip().removeprefix("token: ")
    yield Served(url, token, process)
    process.terminate()
    process.wait(10)
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()


@pytest.fixture
def http(served: Served) -> Connect:
    """A client of that server, with its token."""
    import httpx2
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    @asynccontextmanager
    async def connect(mode: str = "auto") -> AsyncIterator[Client]:
        headers = {"Authorization": f"Bearer {served.token}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=30) as transport,
            Client(streamable_http_client(served.url, http_client=transport), mode=mode) as client,
        ):
            yield client

    return connect
