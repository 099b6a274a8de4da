"""A server that stands in for every service, a clock that costs no time, and the HTTP layer over both."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from litreview.library import Library
from litreview.services import SERVICES, Http, Patience, open_http
from litreview.services import http as layer
from litreview.services.directory import Account
from litreview.services.ratelimit import Clock

from .service_server import ServiceServer


class FakeClock(Clock):
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.time = 1_000_000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


@pytest.fixture(scope="session")
def certificates() -> ssl.SSLContext:
    """Reading the machine's certificates takes longer than a test."""
    return httpx2.create_ssl_context()


@pytest.fixture(autouse=True)
def _quick_client(certificates: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer.httpx2, "Client", functools.partial(httpx2.Client, verify=certificates))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """An empty library that is searched exactly: what is tested here ends in the catalogue."""
    with Library(tmp_path / "library", indexed=False) as opened:
        yield opened


@pytest.fixture
def server() -> Iterator[ServiceServer]:
    with ServiceServer() as server:
        yield server


@pytest.fixture
def account(server: ServiceServer) -> Account:
    """Everybody's keys and a contact, all services at the server."""
    return Account(
        contact="reader@university.example",
        keys={"openalex": "right-key", "s2": "right-key", "pubmed": "right-key"},
        urls=dict.fromkeys(SERVICES, server.url),
    )


Opener = Callable[..., Http]


@pytest.fixture
def opened(account: Account, clock: FakeClock, tmp_path: Path) -> Iterator[Opener]:
    """Open the HTTP layer; every one over the same folder, as one command after another does."""
    with ExitStack() as stack:

        def call(**options: Any) -> Http:
            patience = options.pop("patience", Patience(timeout=2.0, deadline=300.0))
            http = open_http(account, tmp_path / "kept", patience=patience, clock=clock, **options)
            return stack.enter_context(http)

        yield call


@pytest.fixture
def http(opened: Opener) -> Http:
    return opened()
