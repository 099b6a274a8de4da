"""The HTTP layer: pace, attempts, the cache, redirects, limits, and every failure in our words."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import httpx2
import pytest

from litreview.errors import LitreviewError, ProviderError, UsageError
from litreview.services import http as layer
from litreview.services.failures import retry_after, unreachable
from litreview.services.http import Http, Patience
from litreview.services.types import DAY, Host, Request

from .conftest import FakeClock, Opener
from .service_server import ServiceServer, body, cut, redirect, status

KEY = "s3cret-key"
ASKED = Request("/anything", (("q", "mlp"),), about="mlp")


@pytest.fixture
def host(server: ServiceServer) -> Host:
    return Host(
        "s2",
        "Semantic Scholar",
        server.url,
        interval=3.0,
        secret_headers={"x-api-key": KEY},
        secret_params={"api_key": KEY},
        key=KEY,
        key_setting="LITREVIEW_S2_KEY",
    )


def test_a_service_is_told_who_asks(http: Http, host: Host, server: ServiceServer) -> None:
    server.next(body({"a": 1}))
    assert http.get(host, ASKED).text == '{"a": 1}'
    (asked,) = server.asked
    assert asked.headers["user-agent"].startswith("litreview/")
    assert "(mailto:reader@university.example)" in asked.headers["user-agent"]
    assert asked.headers["x-api-key"] == KEY
    assert asked.params == {"q": "mlp", "api_key": KEY}


def test_requests_keep_the_pace_of_the_service(
    http: Http, host: Host, server: ServiceServer, clock: FakeClock
) -> None:
    server.next(*[body("x")] * 3)
    for word in "abc":
        http.get(host, ASKED.with_params(q=word))
    assert clock.slept == [3.0, 3.0]


def test_two_commands_keep_the_pace_together(
    opened: Opener, host: Host, server: ServiceServer, clock: FakeClock
) -> None:
    server.next(*[body("x")] * 2)
    opened().get(host, ASKED)
    clock.time += 1.0
    opened().get(host, ASKED)
    assert clock.slept == [2.0]


def test_what_was_kept_is_not_asked_for_until_it_is_too_old(
    opened: Opener, host: Host, server: ServiceServer, clock: FakeClock
) -> None:
    server.next(body("old", kind="application/json"), body("new"))
    first = opened()
    first.keep(host, ASKED, first.get(host, ASKED))
    clock.time += DAY - 1
    again = opened().get(host, ASKED)
    assert (again.text, again.kept, again.headers["content-type"]) == ("old", True, "application/json")
    clock.time += 2
    assert opened().get(host, ASKED).text == "new"


def test_a_page_that_was_not_kept_is_asked_for_again(http: Http, host: Host, server: ServiceServer) -> None:
    server.next(body("broken"), body("whole"))
    http.get(host, ASKED)
    assert http.get(host, ASKED).text == "whole"


def test_no_cache_asks_anew_and_keeps_the_new_answer(
    opened: Opener, host: Host, server: ServiceServer
) -> None:
    server.next(body("old"), body("new"))
    for options in ({}, {"fresh": True}):
        http = opened(**options)
        http.keep(host, ASKED, http.get(host, ASKED))
    assert opened().get(host, ASKED).text == "new"
    assert len(server.asked) == 2


def test_an_answer_is_kept_for_every_key_alike_and_without_it(
    opened: Opener, host: Host, server: ServiceServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server.next(body("kept"))
    http = opened()
    http.keep(host, ASKED, http.get(host, ASKED))
    other = replace(host, secret_params={"api_key": "another"}, secret_headers={}, key="another")
    assert opened().get(other, ASKED).kept


def test_the_key_is_not_in_the_cache(
    opened: Opener, host: Host, server: ServiceServer, tmp_path: Path
) -> None:
    server.next(body("kept"))
    http = opened()
    http.keep(host, ASKED, http.get(host, ASKED))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name.startswith("pages.sqlite3") for path in files)
    assert not any(KEY.encode() in path.read_bytes() for path in files)


@pytest.mark.parametrize(
    "fault",
    [status(503), status(500), status(429), status(408), cut],
    ids=["503", "500", "429", "408", "cut off"],
)
def test_what_may_work_again_is_asked_again(
    http: Http, host: Host, server: ServiceServer, clock: FakeClock, fault: object
) -> None:
    server.next(fault, fault, body("at last"))  # type: ignore[arg-type]
    assert http.get(replace(host, interval=0.0), ASKED).text == "at last"
    assert clock.slept == [2.0, 4.0]


def test_attempts_come_to_an_end(http: Http, host: Host, server: ServiceServer) -> None:
    server.next(*[status(503, "maintenance")] * 9)
    with pytest.raises(ProviderError, match=r"cannot serve now \(HTTP 503: maintenance\)") as caught:
        http.get(host, ASKED)
    assert len(server.asked) == 4
    assert "goes on from where it was" in caught.value.hint


def test_retry_after_in_seconds_is_waited_for(
    http: Http, host: Host, server: ServiceServer, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    server.next(status(429, Retry_After="17"), body("ok"))
    with caplog.at_level("INFO", "litreview"):
        http.get(replace(host, interval=0.0), ASKED)
    assert clock.slept == [17.0]
    assert "trying again in 17 s" in caplog.text


def test_retry_after_as_a_date_is_waited_for(
    http: Http, host: Host, server: ServiceServer, clock: FakeClock
) -> None:
    server.next(status(503, Retry_After=formatdate(clock.time + 40, usegmt=True)), body("ok"))
    http.get(replace(host, interval=0.0), ASKED)
    assert clock.slept == [40.0]


def test_a_wait_beyond_the_deadline_is_an_error_at_once(
    http: Http, host: Host, server: ServiceServer, clock: FakeClock
) -> None:
    server.next(status(429, Retry_After="7200"))
    with pytest.raises(ProviderError, match="asks to wait 2 hours"):
        http.get(replace(host, interval=0.0), ASKED)
    assert clock.slept == []


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "5"}, 5.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:30 GMT"}, 20.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:01 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"ratelimit": '"api";r=0;t=55'}, 55.0),
        ({}, None),
    ],
)
def test_what_a_server_asks_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, now=10.0) == seconds


@pytest.mark.parametrize("code", [401, 403])
def test_a_wrong_key_names_its_setting_and_never_the_key(
    http: Http, host: Host, server: ServiceServer, code: int
) -> None:
    server.next(status(code, {"message": f"Invalid key {KEY}"}))
    with pytest.raises(ProviderError, match="refused the key in LITREVIEW_S2_KEY") as caught:
        http.get(host, ASKED)
    assert caught.value.exit_code == 5
    assert KEY not in str(caught.value) + caught.value.hint
    assert len(server.asked) == 1


def test_a_missing_key_is_asked_for(http: Http, host: Host, server: ServiceServer) -> None:
    server.next(status(403))
    with pytest.raises(ProviderError, match="refused a request without a key") as caught:
        http.get(replace(host, key=None, secret_headers={}, secret_params={}), ASKED)
    assert "set LITREVIEW_S2_KEY" in caught.value.hint


def test_a_question_that_is_not_understood_is_quoted(http: Http, host: Host, server: ServiceServer) -> None:
    server.next(status(400, {"error": {"message": "unbalanced quote"}}))
    with pytest.raises(UsageError, match=r"for 'mlp' \(HTTP 400: unbalanced quote\)"):
        http.get(host, ASKED)


def test_not_found_is_an_answer_only_where_it_may_be(http: Http, host: Host, server: ServiceServer) -> None:
    server.next(status(404, "nothing"), status(404, "nothing"))
    assert not http.get(host, replace(ASKED, missing=True)).found
    with pytest.raises(ProviderError, match="no answer at '/anything'") as caught:
        http.get(host, ASKED)
    assert "LITREVIEW_S2_URL" in caught.value.hint


def test_a_redirect_on_the_same_host_is_followed(http: Http, host: Host, server: ServiceServer) -> None:
    server.next(redirect("/elsewhere?q=mlp"), body("there"))
    assert http.get(host, ASKED).text == "there"
    assert server.paths == ["/anything", "/elsewhere"]


def test_a_redirect_to_another_host_without_tls_is_not_followed(
    http: Http, host: Host, server: ServiceServer
) -> None:
    server.next(redirect(f"http://localhost:{server.url.rpartition(':')[2]}/login"))
    with pytest.raises(ProviderError, match=r"redirects from http://127.0.0.1 to http://localhost"):
        http.get(host, ASKED)
    assert len(server.asked) == 1


def test_redirects_in_a_circle_end(http: Http, host: Host, server: ServiceServer) -> None:
    server.next(*[redirect("/round")] * 20)
    with pytest.raises(ProviderError, match="redirects without end"):
        http.get(host, ASKED)


def test_a_key_is_not_sent_to_where_a_redirect_leads(
    opened: Opener, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        if len(seen) == 1:
            return httpx2.Response(302, headers={"Location": "https://other.example/there"})
        return httpx2.Response(200, text="there")

    http = opened()
    monkeypatch.setattr(http, "_client", httpx2.Client(transport=httpx2.MockTransport(answer)))
    assert http.get(replace(host, url="https://one.example", interval=0.0), ASKED).text == "there"
    assert seen[0].headers["x-api-key"] == KEY
    assert "x-api-key" not in seen[1].headers
    assert KEY not in str(seen[1].url)


def test_a_body_beyond_the_limit_is_broken_off(
    http: Http, host: Host, server: ServiceServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer, "MAX_BYTES", 2_000_000)
    bomb = gzip.compress(b" " * 50_000_000)
    server.next(lambda exchange: exchange.send(200, bomb, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(ProviderError, match="more than 2 MB for one page"):
        http.get(host, ASKED)


def test_a_gzipped_body_is_unpacked(http: Http, host: Host, server: ServiceServer) -> None:
    packed = gzip.compress("größer".encode())
    server.next(lambda exchange: exchange.send(200, packed, headers={"Content-Encoding": "gzip"}))
    assert http.get(host, ASKED).text == "größer"


def test_no_network_is_said_at_once(http: Http, host: Host, clock: FakeClock) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(ProviderError, match=r"nothing answers at http://127\.0\.0\.1") as caught:
        http.get(replace(host, url=f"http://127.0.0.1:{port}"), ASKED)
    assert "LITREVIEW_S2_URL" in caught.value.hint
    assert clock.slept == []


def test_silence_is_a_timeout(opened: Opener, host: Host, server: ServiceServer) -> None:
    hold = threading.Event()
    server.next(*[lambda _exchange: hold.wait(5)] * 2)
    http = opened(patience=Patience(timeout=0.05, attempts=2))
    try:
        with pytest.raises(ProviderError, match=r"said nothing for 0\.05 s"):
            http.get(replace(host, interval=0.0), ASKED)
    finally:
        hold.set()


def test_an_endless_trickle_ends_at_the_deadline(
    http: Http, host: Host, server: ServiceServer, clock: FakeClock
) -> None:
    def trickle(exchange: object) -> None:
        clock.time += 301
        body("late")(exchange)  # type: ignore[arg-type]

    server.next(trickle)
    with pytest.raises(ProviderError, match="had not sent its answer after 300 s"):
        http.get(host, ASKED)


def _errors(kind: type[Exception]) -> list[type[Exception]]:
    return [kind, *(leaf for child in kind.__subclasses__() for leaf in _errors(child))]


@pytest.mark.parametrize(
    "kind", [*_errors(httpx2.RequestError), httpx2.InvalidURL], ids=lambda kind: kind.__name__
)
def test_every_error_of_the_client_has_words(kind: type[Exception], host: Host) -> None:
    failure = unreachable(kind(f"went wrong with {KEY}"), host=host, timeout=1.0)
    assert isinstance(failure.error, ProviderError)
    assert failure.error.hint
    assert "Semantic Scholar" in failure.error.message
    assert KEY not in failure.error.message


def test_a_bad_certificate_is_told_apart_from_a_refused_connection(host: Host) -> None:
    error = httpx2.ConnectError("certificate verify failed")
    error.__cause__ = ssl.SSLCertVerificationError("self-signed")
    assert "no secure connection" in unreachable(error, host=host, timeout=1.0).error.message
    error = httpx2.ConnectError("Name or service not known")
    error.__cause__ = socket.gaierror(-2, "Name or service not known")
    assert "no network" in unreachable(error, host=host, timeout=1.0).error.message


def test_certificates_are_verified(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, object] = {}
    genuine = httpx2.Client
    monkeypatch.setattr(layer.httpx2, "Client", lambda **options: made.update(options) or genuine(**options))
    opened()
    assert made.get("verify", True) is True
    assert httpx2.create_ssl_context().verify_mode == ssl.CERT_REQUIRED


def test_a_proxy_of_the_environment_is_used(
    opened: Opener, host: Host, server: ServiceServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    server.next(body("by way of the proxy"))
    assert opened().get(replace(host, url="http://papers.example"), ASKED).text == "by way of the proxy"
    assert server.asked[0].headers["host"] == "papers.example"


def test_this_machine_is_reached_without_the_proxy(
    opened: Opener, host: Host, server: ServiceServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    server.next(body("directly"))
    assert opened().get(host, ASKED).text == "directly"


def test_a_password_in_a_base_url_is_used_and_never_shown(
    http: Http, host: Host, server: ServiceServer
) -> None:
    server.next(body("let in"), status(404))
    mirror = replace(host, url=server.url.replace("//", "//me:pa55@"))
    assert http.get(mirror, ASKED).text == "let in"
    assert server.asked[0].headers["authorization"].startswith("Basic ")
    with pytest.raises(ProviderError) as caught:
        http.get(mirror, ASKED)
    assert "pa55" not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize(
    "url", ["ftp://x", "http://host?key=pw", "http://", "nonsense", "http://host:0", "http://user:pw@[bad"]
)
def test_a_base_url_that_is_none_names_its_setting(url: str) -> None:
    with pytest.raises(LitreviewError, match="no http or https URL") as caught:
        Host("s2", "Semantic Scholar", url)
    assert "LITREVIEW_S2_URL" in caught.value.hint
    assert "pw" not in str(caught.value)


def test_a_key_that_no_header_can_carry_is_refused() -> None:
    with pytest.raises(LitreviewError, match="LITREVIEW_S2_KEY holds a space") as caught:
        Host("s2", "Semantic Scholar", "http://a", key="two words", key_setting="LITREVIEW_S2_KEY")
    assert "two words" not in str(caught.value)
