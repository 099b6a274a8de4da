"""A chat server on loopback that fails on purpose, and keeps every request it got.

    with FaultServer(status(503), reply('{"a": 1}')) as server:
        ...                                    # ask server.url
        assert len(server.requests) == 2

The script holds one behaviour a request; the last one stays for all that follow. A behaviour is any callable
that takes an `Exchange`, so a test can write its own, also one that depends on what was asked:

    FaultServer(lambda exchange: reply(answer_to(exchange.request.body))(exchange), delay=1.0)

`delay` makes every answer that many seconds slower. Only the standard library is used.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

USAGE = {"prompt_tokens": 120, "completion_tokens": 30, "prompt_tokens_details": {"cached_tokens": 20}}


@dataclass(frozen=True)
class Request:
    """A request: `headers` with names in lower case, `body` its JSON, `at` the time of `time.monotonic()`."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    at: float


@dataclass
class Exchange:
    """One request and the means to answer it."""

    request: Request
    handler: BaseHTTPRequestHandler
    stopping: threading.Event = field(repr=False)

    @property
    def streams(self) -> bool:
        return bool(self.request.body.get("stream"))

    def send(
        self,
        status: int,
        body: object,
        *,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """A whole response; anything that is no text is sent as JSON."""
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.begin(
            status, content_type=content_type, headers={"Content-Length": str(len(data)), **(headers or {})}
        )
        self.write(data)

    def begin(
        self,
        status: int = 200,
        *,
        content_type: str = "text/event-stream",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Status and headers; without a length the body ends with the connection."""
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", content_type)
        for name, value in (headers or {}).items():
            self.handler.send_header(name, value)
        if not headers or "Content-Length" not in headers:
            self.handler.send_header("Connection", "close")
            self.handler.close_connection = True
        self.handler.end_headers()

    def write(self, data: bytes) -> None:
        self.handler.wfile.write(data)
        self.handler.wfile.flush()

    def event(self, item: object) -> None:
        self.write(b"data: " + (item if isinstance(item, str) else json.dumps(item)).encode() + b"\n\n")

    def stall(self, seconds: float = 30.0) -> None:
        """Say nothing until the time is over or the server stops."""
        self.stopping.wait(seconds)

    def cut(self) -> None:
        """Reset the connection, as a crashed server or a gateway does."""
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        self.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.handler.close_connection = True


Behaviour = Callable[[Exchange], None]


class FaultServer:
    """The server; listens while the context is open.

    Attributes:
        requests: Every request so far, also those for the list of models.

    Args:
        script: What is done with each request for a completion.
        models: The names that GET /v1/models gives, or what is done instead; None answers 404.
        delay: How much slower every answer is, in seconds.
    """

    def __init__(
        self, *script: Behaviour, models: Iterable[str] | Behaviour | None = ("tiny",), delay: float = 0.0
    ) -> None:
        self.requests: list[Request] = []
        self._list = models if callable(models) else _models(models)
        self._script = list(script) or [reply("{}")]
        self._delay = delay
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"{self.root}/v1"

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def chats(self) -> list[Request]:
        """The requests for a completion."""
        return [request for request in self.requests if request.method == "POST"]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        data = handler.rfile.read(length)
        body = json.loads(data) if data else {}
        headers = {name.lower(): value for name, value in handler.headers.items()}
        request = Request(handler.command, handler.path, headers, body, time.monotonic())
        exchange = Exchange(request, handler, self._stopping)
        with self._lock:
            self.requests.append(request)
            behave = self._list if handler.command == "GET" else self._next()
        self._stopping.wait(self._delay)
        behave(exchange)

    def _next(self) -> Behaviour:
        return self._script.pop(0) if len(self._script) > 1 else self._script[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self._answer

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body in one packet: else each answer would wait for the delayed acknowledgement.
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                answer(self)

            do_GET = do_POST  # noqa: N815 - http.server names its methods so
            do_CONNECT = do_POST  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are what these tests are about."""


def reply(
    text: str,
    *,
    finish: str | None = "stop",
    usage: Mapping[str, Any] | None = USAGE,
    thoughts: str = "",
    refusal: str = "",
    stream: bool | None = None,
    content_type: str = "",
    pause: float = 0.0,
    size: int = 24,
) -> Behaviour:
    """A good reply in the form the request asks for; `stream` forces one, `size` is characters a chunk."""

    def behave(exchange: Exchange) -> None:
        if exchange.streams if stream is None else stream:
            exchange.begin(content_type=content_type or "text/event-stream")
            for delta in _deltas(text, thoughts, refusal, size):
                exchange.event(chunk(delta))
                exchange.stopping.wait(pause)
            exchange.event(chunk({}, finish=finish))
            if usage and exchange.request.body.get("stream_options"):
                exchange.event({"choices": [], "usage": usage})
            exchange.event("[DONE]")
            return
        message = {"role": "assistant", "content": text or None}
        message |= {"reasoning_content": thoughts} if thoughts else {}
        message |= {"refusal": refusal} if refusal else {}
        body = {"choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": usage}
        exchange.send(200, body, content_type=content_type or "application/json")

    return behave


def chunk(delta: Mapping[str, Any], *, finish: str | None = None) -> dict[str, Any]:
    """One event of a stream."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "choices": [choice]}


def status(
    code: int, message: str = "no", /, *, headers: Mapping[str, str] | None = None, **fields: object
) -> Behaviour:
    """An error as OpenAI words them; `fields` stand beside its message."""
    body = {"error": {"message": message, **fields}}
    return lambda exchange: exchange.send(code, body, headers=headers)


def page(code: int = 200, html: str = "<!doctype html><html><title>Sign in</title></html>") -> Behaviour:
    """A web page."""
    return lambda exchange: exchange.send(code, html, content_type="text/html")


def body(item: object, *, code: int = 200, content_type: str = "application/json") -> Behaviour:
    """Any body."""
    return lambda exchange: exchange.send(code, item, content_type=content_type)


def redirect(location: str, code: int = 307) -> Behaviour:
    """A redirect."""
    return lambda exchange: exchange.send(code, "", headers={"Location": location})


def silence(seconds: float = 30.0) -> Behaviour:
    """Nothing at all, then an end."""

    def behave(exchange: Exchange) -> None:
        exchange.stall(seconds)
        exchange.cut()

    return behave


def cut_before() -> Behaviour:
    """A connection that ends before the response begins."""
    return lambda exchange: exchange.cut()


def begins(text: str, then: Callable[[Exchange], None]) -> Behaviour:
    """The beginning of a stream, and then what `then` does: `Exchange.stall`, `Exchange.cut`, events …"""

    def behave(exchange: Exchange) -> None:
        exchange.begin()
        exchange.event(chunk({"role": "assistant", "content": text}))
        then(exchange)

    return behave


def refuses(
    name: str, otherwise: Behaviour, *, code: int = 400, message: str = "", param: str = ""
) -> Behaviour:
    """A server that refuses a parameter whenever it is sent; a dotted name looks inside, a "=" compares."""
    path, _, wanted = name.partition("=")

    def behave(exchange: Exchange) -> None:
        value: Any = exchange.request.body
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is None or (wanted and value != wanted):
            otherwise(exchange)
        else:
            words = message or f"Unsupported parameter: '{path}' is not supported with this model."
            fields = {"param": param or path, "code": "unsupported_parameter"}
            exchange.send(code, {"error": {"message": words, **(fields if not message else {})}})

    return behave


def _models(names: Iterable[str] | None) -> Behaviour:
    if names is None:
        return status(404, "no such path")
    return body({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})


def _deltas(text: str, thoughts: str, refusal: str, size: int) -> Iterable[dict[str, str]]:
    yield {"role": "assistant"}
    for name, words in (("reasoning_content", thoughts), ("content", text), ("refusal", refusal)):
        for start in range(0, len(words), size):
            yield {name: words[start : start + size]}
