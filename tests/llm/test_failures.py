"""Each way a server can fail: one line that says so, a hint, the right error, a bounded number of tries."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import openai
import pytest

from litreview.errors import (
    ContextTooLong,
    LitreviewError,
    ModelRefused,
    ProviderError,
    ReplyCutOff,
    ReplyDeclined,
)
from litreview.llm import Parameters, Server, ServerModel
from litreview.llm.failures import HANDLERS, translate
from litreview.llm.refusals import Asked, judge, retry_after, without_secrets

from .conftest import GOOD, KEY, PROMPT, SCHEMA, VALUE, ask
from .fault_server import (
    Exchange,
    FaultServer,
    begins,
    body,
    cut_before,
    page,
    redirect,
    reply,
    silence,
    status,
)

CORRUPT = begins(GOOD[:20], lambda exchange: exchange.event('{"choices": [{"del'))
OPENAI = (
    "This model's maximum context length is 8,192 tokens. However, your messages resulted in 10,000 tokens."
)
VLLM = (
    "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4800 in the "
    "messages, 200 in the completion). Please reduce the length of the messages or completion."
)


def closed_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def one_line(error: LitreviewError) -> None:
    for text in (str(error), error.hint):
        assert text
        assert text.isprintable()
        assert len(text) < 500
    shown = "".join(traceback.format_exception(error))
    seen: BaseException | None = error
    while seen is not None:
        shown += repr(seen) + str(seen) + repr(vars(seen))
        seen = seen.__cause__ or seen.__context__
    assert KEY not in shown


def failure_of(url: str, **options: object) -> LitreviewError:
    """The error that asking ends in."""
    with pytest.raises(LitreviewError) as caught:
        ask(url, **options)
    return caught.value


# What the server does, the error, words of its message, words of its hint, and how often the server was asked
# with two retries allowed.
FAILURES = {
    "wrong key": (
        status(401, "Incorrect API key"),
        ModelRefused,
        r"refuses the key \(401\)",
        "OPENAI_API_KEY",
        1,
    ),
    "forbidden": (
        status(403, "not for you"),
        ModelRefused,
        r"refuses the key \(403\): not for you",
        "KEY",
        1,
    ),
    "no such path": (page(404, "404 page not found"), ModelRefused, "nothing at /chat/completions", "/v1", 1),
    "rate limit": (status(429, "slow down"), ProviderError, "limits the rate of requests", "again", 3),
    "rate limit of tokens": (
        status(429, "Rate limit reached, too many tokens per minute: Limit 6000, Used 5900, Requested 300"),
        ProviderError,
        "too many tokens per minute",
        "again",
        3,
    ),
    "rate limit, short": (
        status(429, "slow down", headers={"Retry-After": "0"}),
        ProviderError,
        "asks to wait 0 s",
        "again",
        3,
    ),
    "rate limit, long": (
        status(429, "slow down", headers={"Retry-After": "121"}),
        ProviderError,
        "asks to wait 121 s",
        "extractive",
        1,
    ),
    "quota": (
        status(429, "You exceeded your current quota", code="insufficient_quota"),
        ModelRefused,
        "no quota left",
        "billing",
        1,
    ),
    "payment": (status(402, "Insufficient credits"), ModelRefused, "no quota left", "billing", 1),
    "overloaded": (
        status(503, "overloaded"),
        ProviderError,
        r"cannot serve now \(503\): overloaded",
        "again",
        3,
    ),
    "broken": (status(500, "boom"), ProviderError, r"cannot serve now \(500\): boom", "again", 3),
    "bad gateway": (page(502), ProviderError, r"\(502\): a web page titled 'Sign in'", "again", 3),
    "gateway timeout": (page(504, ""), ProviderError, r"cannot serve now \(504\)$", "again", 3),
    "overloaded, 529": (status(529, "busy"), ProviderError, r"cannot serve now \(529\)", "again", 3),
    "bad request": (status(400, "messages: too odd"), ModelRefused, "messages: too odd", "parameters", 1),
    "filtered prompt": (
        status(400, "no", code="content_filter"),
        ReplyDeclined,
        "content filter",
        "rephrase",
        1,
    ),
    "web page": (page(), ProviderError, "answered with a web page", "sign in", 1),
    "words": (body("it works!", content_type="text/plain"), ModelRefused, "it works!", "OPENAI_BASE_URL", 1),
    "other JSON": (body({"status": "ok"}), ModelRefused, "not with a chat completion", "OPENAI_BASE_URL", 1),
    "error in a 200": (body({"error": {"message": "engine died"}}), ProviderError, "engine died", "again", 3),
    "error words in a 200": (body({"error": "engine died"}), ProviderError, "engine died", "again", 3),
    "invalid in a 200": (
        body({"error": {"message": "bad role", "type": "invalid_request_error"}}),
        ModelRefused,
        "bad role",
        "parameters",
        1,
    ),
    "rate limit in a 200": (
        body({"error": {"message": "slow down", "code": 429}}),
        ProviderError,
        r"rate of requests \(429\)",
        "again",
        3,
    ),
    "error in a stream": (
        begins("", lambda exchange: exchange.event({"error": {"message": "out of memory", "code": 500}})),
        ProviderError,
        "out of memory",
        "again",
        3,
    ),
    "error in mid-stream": (
        begins(
            GOOD[:20], lambda exchange: exchange.event({"error": {"message": "out of memory", "code": 500}})
        ),
        ReplyCutOff,
        "out of memory",
        "again",
        2,
    ),
    "context full in mid-stream": (
        begins(GOOD[:20], lambda exchange: exchange.event({"error": {"message": "Context size exceeded"}})),
        ContextTooLong,
        "prompt is too long",
        "fewer papers",
        1,
    ),
    "silence": (silence(), ProviderError, r"said nothing for 0\.3 s", "loading", 1),
    "stall after the headers": (
        lambda exchange: (exchange.begin(), exchange.stall()),
        ProviderError,
        r"said nothing for 0\.3 s",
        "loading",
        1,
    ),
    "stall in mid-stream": (begins(GOOD[:20], Exchange.stall), ReplyCutOff, "said nothing", "ask again", 2),
    "reset before": (cut_before(), ProviderError, "closed the connection", "again", 3),
    "reset in mid-stream": (begins(GOOD[:20], Exchange.cut), ReplyCutOff, "was cut off", "ask again", 2),
    "end in mid-stream": (begins(GOOD[:20], lambda _: None), ReplyCutOff, "without an end", "ask again", 2),
    "corrupt chunk": (CORRUPT, ReplyCutOff, "no JSON", "ask again", 2),
    "body shorter than said": (
        lambda exchange: (
            exchange.begin(content_type="application/json", headers={"Content-Length": "500"}),
            exchange.write(b'{"choices": ['),
            exchange.cut(),
        ),
        ReplyCutOff,
        "cut off",
        "ask again",
        2,
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_has_its_error_one_line_and_a_bounded_number_of_tries(name: str) -> None:
    behaviour, kind, words, hint, tries = FAILURES[name]
    with FaultServer(behaviour) as server:
        with pytest.raises(kind, match=words) as caught:
            ask(server.url, retries=2, timeout=0.3 if "silence" in name or "stall" in name else 10)
        assert len(server.chats) == tries
    assert hint in caught.value.hint
    assert caught.value.exit_code == (5 if kind is ProviderError else 1)
    one_line(caught.value)
    if kind is ReplyCutOff:
        assert GOOD.startswith(caught.value.raw)


@pytest.mark.parametrize(
    "passing",
    [status(503), status(500), status(429), cut_before(), CORRUPT, begins(GOOD[:9], Exchange.cut), reply("")],
    ids=["503", "500", "429", "reset", "corrupt chunk", "cut stream", "empty"],
)
def test_a_failure_that_passes_is_survived(passing) -> None:
    with FaultServer(passing, reply(GOOD)) as server:
        assert ask(server.url)[0] == VALUE


def test_the_pause_that_a_server_asks_for_is_kept_and_announced(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="litreview")
    with FaultServer(status(429, "slow", headers={"Retry-After": "0.4"}), reply(GOOD)) as server:
        ask(server.url)
        first, second = server.chats
    assert 0.4 <= second.at - first.at < 2.0
    assert "limits the rate of requests" in caplog.text
    assert "trying again in 0.4 s" in caplog.text


def test_a_pause_that_ends_after_the_deadline_is_not_begun() -> None:
    started = time.monotonic()
    with FaultServer(status(429, "slow", headers={"Retry-After": "30"})) as server:
        caught = failure_of(server.url, deadline=5)
    assert isinstance(caught, ProviderError)
    assert "asks to wait 30 s" in str(caught)
    assert time.monotonic() - started < 2


def test_pauses_grow_and_vary() -> None:
    with FaultServer(status(503)) as server:
        with pytest.raises(ProviderError):
            ask(server.url, pause=0.1, retries=3)
        at = [request.at for request in server.chats]
    pauses = [later - earlier for earlier, later in pairwise(at)]
    for number, pause in enumerate(pauses):
        assert 0.05 * 2**number <= pause < 0.1 * 2**number + 0.4


@pytest.mark.parametrize(
    ("code", "message", "fields"),
    [
        (404, "The model `tiny` does not exist or you do not have access.", {"code": "model_not_found"}),
        (403, "Project `p` does not have access to model `tiny`", {"code": "model_not_found"}),
        (404, 'model "tiny" not found, try pulling it first', {"type": "api_error"}),
        (400, "tiny is not a valid model ID", {}),
    ],
)
def test_an_unknown_model_is_answered_with_the_names_of_those_there_are(
    code: int, message: str, fields
) -> None:
    with FaultServer(status(code, message, **fields), models=["a", "b", "c", "d", "e", "f"]) as server:
        caught = failure_of(server.url)
        assert len(server.chats) == 1
    assert isinstance(caught, ModelRefused)
    assert f"no model 'tiny' ({code}): {message}; it has a, b, c, d, e, …" in str(caught)
    one_line(caught)


def test_an_unknown_model_is_an_error_too_where_there_is_no_list() -> None:
    with FaultServer(status(404, "model not found"), models=None) as server:
        assert isinstance(failure_of(server.url), ModelRefused)


def test_for_ollama_the_hint_is_the_command_that_fetches_the_model() -> None:
    asked = Asked(Server("http://localhost:11434/v1"), "qwen3:8b")
    failure = judge(
        404, {"error": {"message": 'model "qwen3:8b" not found, try pulling it first'}}, {}, asked
    )
    assert failure.error.hint == "ollama pull qwen3:8b"


@pytest.mark.parametrize(
    ("code", "error", "limit"),
    [
        (400, {"message": OPENAI, "code": "context_length_exceeded"}, 8192),
        (400, {"message": "too long", "type": "exceed_context_size_error", "n_ctx": 4096}, 4096),
        (400, {"message": "request (9000 tokens) exceeds the available context size (512 tokens)"}, 512),
        (400, {"message": VLLM, "type": "BadRequestError"}, 4096),
        (400, {"message": "The prompt (length 5000) is longer than the maximum model length of 4096."}, 4096),
        (400, {"message": "Requested tokens (5000) exceed context window of 2048"}, 2048),
        (400, {"message": "4000 tokens, too large for model with 3072 maximum context length"}, 3072),
        (400, {"message": "prompt is too long: 210000 tokens > 200000 maximum"}, 200000),
        (400, {"message": "The input token count (2000) exceeds the number of tokens allowed (1048)."}, 1048),
        (429, {"message": "Request too large for gpt-4o (TPM): Limit 30000, Requested 41000."}, 30000),
        (413, {"message": "Payload too large"}, None),
        (500, {"message": "Context size has been exceeded."}, None),
    ],
)
def test_a_prompt_that_does_not_fit_says_the_limit_where_the_server_does(code: int, error, limit) -> None:
    with FaultServer(body({"error": error}, code=code)) as server:
        with pytest.raises(ContextTooLong) as caught:
            ask(server.url)
        assert len(server.chats) == 1
    assert caught.value.limit == limit
    assert (str(limit) if limit else "fewer papers") in caught.value.hint
    one_line(caught.value)


def test_a_redirect_is_not_followed_and_the_prompt_stays_here() -> None:
    with FaultServer(reply(GOOD)) as other:
        target = other.root.replace("127.0.0.1", "localhost")
        with FaultServer(redirect(f"{target}/v1/chat/completions?token=abc")) as server:
            caught = failure_of(server.url)
        assert other.requests == []
    assert isinstance(caught, ModelRefused)
    assert f"redirects to {target} (307)" in str(caught)
    one_line(caught)


@pytest.mark.parametrize(("port", "hint"), [(None, "start the server"), (11434, "ollama serve")])
def test_a_server_that_does_not_run_is_reported_at_once(port: int | None, hint: str) -> None:
    if port is not None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                pytest.skip("an Ollama runs here")
    started = time.monotonic()
    with pytest.raises(ProviderError, match=r"nothing answers at http://127\.0\.0\.1") as caught:
        ask(f"http://127.0.0.1:{port or closed_port()}/v1")
    assert time.monotonic() - started < 2
    assert hint in caught.value.hint
    one_line(caught.value)


def test_a_host_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(ProviderError, match=r"there is no host 'models\.example'") as caught:
        ask("http://models.example/v1")
    one_line(caught.value)


def test_https_to_a_server_that_speaks_http_is_no_secure_connection() -> None:
    with FaultServer() as server, pytest.raises(ProviderError, match="no secure connection") as caught:
        ask(server.url.replace("http:", "https:"), timeout=2)
    assert "http or https" in caught.value.hint
    one_line(caught.value)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_refuses_is_named_without_its_password(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer(status(407, "Proxy Authentication Required"), models=None) as proxy:
        address = proxy.root.removeprefix("http://")
        monkeypatch.setenv(f"{scheme}_proxy", f"http://someone:secret-word@{address}")
        with pytest.raises(
            ProviderError, match=f"the proxy http://{address} did not pass the request on"
        ) as caught:
            ask(f"{scheme}://models.example/v1")
    assert "secret-word" not in str(caught.value)
    assert "HTTPS_PROXY" in caught.value.hint
    one_line(caught.value)


def test_a_proxy_that_does_not_run_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"127.0.0.1:{closed_port()}"
    monkeypatch.setenv("http_proxy", f"http://{address}")
    with pytest.raises(ProviderError, match=f"the proxy http://{address} did not pass") as caught:
        ask("http://models.example/v1")
    one_line(caught.value)


def test_a_proxy_of_an_unknown_kind_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "gopher://127.0.0.1:70")
    with pytest.raises(ProviderError, match=r"the proxy gopher://127\.0\.0\.1:70") as caught:
        ask("http://models.example/v1")
    one_line(caught.value)


def echo(exchange: Exchange) -> None:
    """A careless server: the key comes back in its message."""
    sent = exchange.request.headers["authorization"]
    exchange.send(
        exchange.request.body["seed"], {"error": {"message": f"denied: {sent}\x1b[31m\n{'x' * 500}"}}
    )


@pytest.mark.parametrize("code", [400, 401, 403, 404, 422, 429, 500])
def test_a_key_that_a_server_echoes_is_shown_nowhere(code: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with FaultServer(echo) as server, pytest.raises(LitreviewError) as caught:
        ask(server.url, parameters={"seed": code}, retries=1)
    one_line(caught.value)
    assert "***" in str(caught.value)
    assert KEY not in caplog.text


def test_a_password_in_the_address_is_used_and_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with FaultServer(status(401)) as server:
        url = server.url.replace("http://", "http://someone:secret-word@") + "?version=hidden-word"
        caught = failure_of(url, key=None)
        request = server.chats[0]
    assert request.path == "/v1/chat/completions?version=hidden-word"
    assert request.headers["authorization"].startswith("Basic ")
    for shown in (str(caught), caught.hint):
        assert "secret-word" not in shown
        assert "hidden-word" not in shown
    assert "secret-word" not in caplog.text


def test_for_an_address_without_a_path_the_hint_is_the_address_with_one() -> None:
    with FaultServer(page(404, "404 page not found")) as server:
        assert failure_of(server.root).hint == f"did you mean {server.root}/v1?"


def test_a_servers_words_are_cut_and_cleaned_after_the_key_is_out() -> None:
    server = Server("http://localhost/v1", KEY)
    words = without_secrets(f"a\x00b\n\n{'y' * 190} {KEY} {KEY.upper()} sk-abcdefghijkl", server)
    assert words.startswith("a b yyy")
    assert len(words) == 200
    assert "planted" not in words
    assert without_secrets("use sk-abcdefghijkl or Bearer abc", server) == "use *** or Bearer ***"


def _vendor_errors() -> list[type[BaseException]]:
    names = {*openai.__all__, *vars(openai._exceptions)}
    found = [getattr(openai, name, None) for name in sorted(names) if name.endswith(("Error", "Exception"))]
    return [kind for kind in found if isinstance(kind, type) and kind.__module__.startswith("openai")]


def test_every_error_of_openai_is_mapped_by_its_own_name() -> None:
    kinds = _vendor_errors()
    assert len(kinds) >= 15
    assert {f"openai.{kind.__name__}" for kind in kinds} - set(HANDLERS) == set()


def test_every_error_of_httpx2_is_translated() -> None:
    import httpx2

    asked = Asked(Server("http://localhost/v1"), "tiny")
    kinds = [getattr(httpx2, name) for name in vars(httpx2)]
    errors = [
        kind
        for kind in kinds
        if isinstance(kind, type) and issubclass(kind, (httpx2.HTTPError, httpx2.StreamError))
    ]
    assert len(errors) > 15
    for kind in errors:
        failure = translate(kind.__new__(kind), asked)
        assert failure is not None, kind
        assert isinstance(failure.error, LitreviewError)


@pytest.mark.parametrize("kind", _vendor_errors(), ids=lambda kind: kind.__name__)
def test_an_error_of_openai_becomes_one_of_ours(kind: type[BaseException]) -> None:
    failure = translate(kind.__new__(kind), Asked(Server("http://localhost/v1"), "tiny"))
    assert failure is not None
    assert isinstance(failure.error, (ModelRefused, ProviderError, LitreviewError))


@pytest.mark.parametrize(
    ("proxy", "words", "hint"),
    [
        ("", "does not accept a connection", "OPENAI_BASE_URL"),
        ("http://p:1", "proxy http://p:1", "HTTPS_PROXY"),
    ],
)
def test_a_connection_that_is_not_accepted_names_who_is_silent(proxy: str, words: str, hint: str) -> None:
    import httpx2

    failure = translate(httpx2.ConnectTimeout("slow"), Asked(Server("http://h/v1"), "tiny", proxy=proxy))
    assert failure is not None
    assert words in str(failure.error)
    assert hint in failure.error.hint
    assert isinstance(failure.error, ProviderError)


def test_for_a_server_elsewhere_the_hint_does_not_say_to_start_it() -> None:
    import httpx2

    failure = translate(httpx2.ConnectError("refused"), Asked(Server("http://h/v1"), "tiny"))
    assert failure is not None
    assert "start" not in failure.error.hint


def test_our_own_mistakes_are_not_translated() -> None:
    asked = Asked(Server("http://localhost/v1"), "tiny")
    assert translate(TypeError("x"), asked) is None
    assert translate(KeyError("x"), asked) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "-4"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_the_wait_a_server_asks_for_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_a_wait_may_be_a_date() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert 55 < (retry_after({"retry-after": later}) or 0) <= 60
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0


@pytest.mark.parametrize(
    "behaviour",
    [status(429, "slow", headers={"Retry-After": "60"}), silence(), begins(GOOD[:9], Exchange.stall)],
    ids=["in a pause", "before the reply", "in the reply"],
)
def test_a_cancelled_request_ends_at_once(behaviour) -> None:
    async def run(url: str) -> float:
        async with ServerModel(Server(url), Parameters(model="tiny")) as model:
            task = asyncio.create_task(model.complete(PROMPT, SCHEMA))
            await asyncio.sleep(0.3)
            started = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        return time.monotonic() - started

    with FaultServer(behaviour) as server:
        assert asyncio.run(run(server.url)) < 0.5
        assert len(server.chats) == 1


@pytest.mark.skipif(os.name == "nt", reason="SIGINT cannot be sent to one process on Windows")
def test_ctrl_c_ends_a_waiting_program_at_once() -> None:
    script = """
import asyncio, sys
from pydantic import BaseModel
from litreview.llm import Parameters, Prompt, ReplySchema, Server, ServerModel
async def main():
    async with ServerModel(Server(sys.argv[1]), Parameters(model="tiny")) as model:
        await model.complete(Prompt(name="t", system="s", user="u"), ReplySchema("a", {}, BaseModel))
asyncio.run(main())
"""
    with FaultServer(begins(GOOD[:9], Exchange.stall)) as server:
        process = subprocess.Popen(
            [sys.executable, "-c", script, server.url], stderr=subprocess.PIPE, text=True
        )
        until = time.monotonic() + 20
        while not server.chats and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(0.2)
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
        assert time.monotonic() - started < 1.0  # 0.5 for us, the rest for the interpreter to end
    assert process.returncode != 0
    assert "KeyboardInterrupt" in errors
