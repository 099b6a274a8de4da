"""What may stand where a Chroma server should: something mute, a web page, a door, a bare `{}`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Answer(NamedTuple):
    """What it says to everything; after `silence` seconds, with `pause` seconds between two bytes.

    One that is `curt` closes the connection without having said so.
    """

    status: int = 200
    kind: str = "application/json"
    body: bytes = b"{}"
    silence: float = 0.0
    pause: float = 0.0
    curt: bool = False
    location: str = ""


class StandIn(NamedTuple):
    """Where it is, and the headers of every request it got."""

    url: str
    headers: list[dict[str, str]]


@contextmanager
def standing_in(answer: Answer) -> Iterator[StandIn]:
    """A server on this machine that says the same to everything."""
    seen: list[dict[str, str]] = []
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            seen.append(dict(self.headers))
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            ended.wait(answer.silence)
            try:
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.kind)
                self.send_header("Content-Length", str(len(answer.body)))
                if answer.location:
                    self.send_header("Location", answer.location)
                self.end_headers()
                for byte in answer.body if answer.pause else ():
                    self.wfile.write(bytes([byte]))
                    ended.wait(answer.pause)
                if not answer.pause:
                    self.wfile.write(answer.body)
                self.close_connection = answer.curt
            except OSError:
                self.close_connection = True

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - as the standard library calls them

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield StandIn(f"http://127.0.0.1:{server.server_port}", seen)
    finally:
        ended.set()
        server.shutdown()
        thread.join()
        server.server_close()
