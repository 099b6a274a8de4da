"""`litreview mcp`."""

from __future__ import annotations

import os
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from litreview.errors import SettingsError, UsageError

from .options import LibraryOption
from .shell import complain, guarded, say


@guarded
def mcp(
    address: Annotated[
        str | None,
        typer.Argument(
            metavar="[HOST:PORT]", help="With --http: where. Default: 127.0.0.1:8765.", show_default=False
        ),
    ] = None,
    *,
    http: Annotated[
        bool, typer.Option("--http", help="Serve over HTTP instead of standard input and output.")
    ] = False,
    allow_write: Annotated[
        bool, typer.Option("--allow-write", help="Offer add_papers, which imports files below --root.")
    ] = False,
    root: Annotated[
        list[Path] | None,
        typer.Option(
            "--root",
            metavar="DIR",
            help="A folder whose files add_papers may read (repeatable).",
            show_default=False,
        ),
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Serve the library to agents by the Model Context Protocol.

    Over HTTP, clients send a token: LITREVIEW_MCP_TOKEN, or one that is made and printed once on stderr.

    Examples:

        litreview mcp

        litreview mcp --allow-write --root ~/papers

        litreview mcp --http 127.0.0.1:8765
    """
    from litreview.settings import load_settings

    _needs_extra()
    from litreview.mcp_server.access import Access
    from litreview.mcp_server.server import make_server
    from litreview.mcp_server.transports import (
        DEFAULT_ADDRESS,
        Address,
        checked_token,
        serve_http,
        serve_stdio,
    )

    if address is not None and not http:
        raise UsageError(
            f"{address!r} is an address, and this serves standard input and output",
            hint=f"litreview mcp --http {address}",
        )
    settings = load_settings(library=library)
    server = make_server(settings, Access.of(write=allow_write, roots=root or ()))
    if not http:
        _until_stopped(serve_stdio(server))
        return
    where = Address.of(address or DEFAULT_ADDRESS)
    own = os.environ.get("LITREVIEW_MCP_TOKEN")
    token = checked_token(own)

    def ready(url: str) -> None:
        # Without these two lines nobody can connect, so --quiet does not leave them out.
        complain(f"serving {str(settings.library)!r} at {url}")
        if not own:
            complain(f"token: {token}")

    if not where.is_loopback:
        say("warning: what clients send, the token too, crosses the network unencrypted")
    _until_stopped(serve_http(server, where, token, ready))


def _until_stopped(serving: Coroutine[Any, Any, None]) -> None:
    """Serve until a signal, which is how a server ends: nothing was interrupted."""
    import asyncio
    import signal

    async def serve() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        # An exception raised by a handler would come out of whatever callback runs just then, and the loop
        # may pass over it; cancelled, the server ends where it waits.
        with suppress(NotImplementedError):  # On Windows Ctrl-C is all there is, and asyncio sees to that.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                loop.add_signal_handler(number, task.cancel if task else loop.stop)
        with suppress(asyncio.CancelledError):
            await serving

    with suppress(KeyboardInterrupt):
        asyncio.run(serve())


def _needs_extra() -> None:
    try:
        import mcp  # noqa: F401
        import mcp_types  # noqa: F401 - which mcp 1 does not bring
    except ImportError as error:
        raise SettingsError(
            f"the MCP server needs a package that is not installed ({error.name})",
            hint="pip install 'litreview[mcp]'",
        ) from None
