"""A real Chroma server (`chroma run`) on a free port of this machine."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from litreview.library.remote import ServerAddress

_PATIENCE = 60.0


class RunningChroma:
    """A server process over one folder; it may be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def address(self, prefix: str = "litreview") -> ServerAddress:
        return ServerAddress.parse(self.url, prefix=prefix)

    def start(self) -> None:
        command = [str(Path(sys.executable).with_name("chroma")), "run", "--host", "127.0.0.1"]
        command += ["--port", str(self.port), "--path", str(self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + _PATIENCE
        while not self._answers():
            assert time.monotonic() < until, "chroma run does not start"
            time.sleep(0.05)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
        try:
            connection.request("GET", "/api/v2/heartbeat")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


@pytest.fixture(scope="session")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningChroma]:
    """One server for all tests of a session; each takes a prefix of its own."""
    server = RunningChroma(tmp_path_factory.mktemp("chroma"))
    yield server
    server.kill()


@pytest.fixture
def address(chroma: RunningChroma, request: pytest.FixtureRequest) -> ServerAddress:
    """The server, with collections that no other test has."""
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)[:40].strip("-")
    return chroma.address(prefix=f"{name}-{abs(hash(request.node.nodeid)) % 100_000}")
