"""How clients reach the server: standard input and output, or HTTP on an address of the user's choice.

Over HTTP every request needs the token, and names a host and an origin of this server: a page in a browser
that has its own name resolve to this machine (DNS rebinding) has neither.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import secrets
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Self, cast

from mcp.server import Server
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from litreview.errors import UsageError

if TYPE_CHECKING:
    from anyio import AsyncFile

DEFAULT_ADDRESS = "127.0.0.1:8765"
PATH = "/mcp"
# A token that is guessed is no token: 16 random characters of base64 hold 96 bits.
_SHORTEST_TOKEN = 16
# Seconds for calls at work when the server is ended.
_PATIENCE = 2


class Address(NamedTuple):
    """Where to listen; port 0 lets the system choose one."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback

    @property
    def name(self) -> str:
        """As it stands in a URL and in the header Host."""
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @classmethod
    def of(cls, text: str) -> Address:
        """The address that HOST:PORT names.

        Raises:
            UsageError: It names none, or all addresses of this machine at once: then a request cannot be told
                from one that was meant for another name.
        """
        host, colon, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not (colon and port.isascii() and port.isdigit() and int(port) <= 65_535):
            raise UsageError(f"{text!r} is no address", hint=f"litreview mcp --http {DEFAULT_ADDRESS}")
        if host != "localhost":
            try:
                found = ipaddress.ip_address(host)
            except ValueError:
                raise UsageError(
                    f"{host!r} is neither an IP address nor localhost",
                    hint=f"litreview mcp --http {DEFAULT_ADDRESS}",
                ) from None
            if found.is_unspecified:
                raise UsageError(
                    f"{host!r} stands for every address of this machine",
                    hint="name the one address that clients use",
                )
        return cls(host, int(port))


class Token:
    """An application that only answers requests with the token (RFC 6750)."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it with 401."""
        given = dict(scope.get("headers", ())).get(b"authorization", b"")
        if scope["type"] == "http" and not secrets.compare_digest(given, self._expected):
            refusal = PlainTextResponse(
                "this server needs its token: Authorization: Bearer TOKEN\n",
                status_code=401,
                headers={"WWW-Authenticate": "Bearer"},
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def checked_token(text: str | None) -> str:
    """The user's own token, or a new one.

    Raises:
        UsageError: It is too short, or holds what no header can.
    """
    if not text:
        return secrets.token_urlsafe(32)
    if len(text) < _SHORTEST_TOKEN or not (text.isascii() and text.isprintable()) or " " in text:
        raise UsageError(
            f"LITREVIEW_MCP_TOKEN must have at least {_SHORTEST_TOKEN} characters of ASCII and no space",
            hint="unset it, and a token is made and printed",
        )
    return text


async def serve_stdio(server: Server[Any]) -> None:
    """Serve one client over standard input and output until it leaves.

    Meanwhile the SDK keeps standard output to itself: what anything else prints goes to stderr.
    """
    lines = cast("AsyncFile[str]", _StandardInput())
    async with stdio_server(stdin=lines) as (read, write):
        await server.run(read, write, server.create_initialization_options())


class _StandardInput:
    """The lines of standard input, read by a thread that nobody waits for.

    A read cannot be cancelled, and the SDK's own would keep a server that is told to end from ending until
    its client sends another line. Meanwhile file descriptor 0 is empty, for whoever else might read it.
    """

    def __init__(self) -> None:
        self._lines: asyncio.Queue[str] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        private = os.dup(0)
        empty = os.open(os.devnull, os.O_RDONLY)
        os.dup2(empty, 0)
        os.close(empty)
        threading.Thread(target=self._read, args=(private, loop), daemon=True).start()

    def _read(self, private: int, loop: asyncio.AbstractEventLoop) -> None:
        with open(private, encoding="utf-8", errors="replace", newline="\n") as file, suppress(RuntimeError):
            for line in file:
                loop.call_soon_threadsafe(self._lines.put_nowait, line)
            loop.call_soon_threadsafe(self._lines.put_nowait, "")

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        line = await self._lines.get()
        if not line:
            raise StopAsyncIteration
        return line


def http_app(server: Server[Any], address: Address, token: str) -> ASGIApp:
    """The server as an application for this address: token, then host and origin, then the protocol."""
    names = {address.name}
    if address.is_loopback:
        names |= {f"{host}:{address.port}" for host in ("127.0.0.1", "localhost", "[::1]")}
    security = TransportSecuritySettings(
        allowed_hosts=sorted(names), allowed_origins=sorted(f"http://{name}" for name in names)
    )
    return Token(server.streamable_http_app(streamable_http_path=PATH, transport_security=security), token)


async def serve_http(server: Server[Any], address: Address, token: str, ready: Callable[[str], None]) -> None:
    """Serve clients over HTTP until the process is told to end.

    Args:
        server: As `make_server` makes it.
        address: Where to listen.
        token: What clients have to send.
        ready: Called with the URL when it can be reached.

    Raises:
        UsageError: The address cannot be listened on.
    """
    import uvicorn

    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listening = socket.create_server((address.host, address.port), family=family)
    except OSError as error:
        raise UsageError(
            f"{address.name} cannot be listened on: {error.strerror or error}",
            hint=f"litreview mcp --http {Address(address.host, 0).name}, which chooses a free port",
        ) from None
    with listening:
        bound = address._replace(port=listening.getsockname()[1])
        config = uvicorn.Config(
            http_app(server, bound, token),
            log_config=None,  # Its own writes to standard output.
            access_log=False,
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=_PATIENCE,
        )
        serving = asyncio.create_task(uvicorn.Server(config).serve(sockets=[listening]))
        ready(f"http://{bound.name}{PATH}")
        await serving
