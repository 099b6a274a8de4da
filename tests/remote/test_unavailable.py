"""A server that is down, mute, another or wants a token: given up in seconds, and nothing is lost."""

from __future__ import annotations

import logging
import socket
import threading
import time
from pathlib import Path

import pytest

from litreview.errors import ProviderError, ServerUnavailable, SettingsError
from litreview.library import Filters, Library
from litreview.library.remote import ServerAddress
from litreview.library.remote.http import Http, Patience
from litreview.papers import Paper
from litreview.relevance import relevant

from .conftest import RunningChroma
from .stand_in import Answer, standing_in

_TOKEN = "s3cret-token"  # noqa: S105 - of nobody
_DOWN = "http://127.0.0.1:9"
_WRONG = [
    Answer(silence=60),
    Answer(kind="text/html", body=b"<html>Welcome</html>"),
    Answer(status=502, kind="text/html", body=b"bad gateway"),
    Answer(status=401, body=b'{"error": "AuthError", "message": "no"}'),
    Answer(status=302, kind="text/html", location="http://127.0.0.1:9/"),
    Answer(body=b"{}"),
    Answer(body=b"[]"),
    Answer(body=b"not json"),
]
_NAMES = ("mute", "page", "gateway", "token", "redirect", "empty", "list", "broken")


@pytest.mark.parametrize("answer", _WRONG, ids=_NAMES)
def test_what_is_added_stays_here_and_is_told(answer: Answer, papers: list[Paper], tmp_path: Path) -> None:
    started = time.monotonic()
    with (
        standing_in(answer) as server,
        Library(tmp_path / "a", server=ServerAddress.parse(server.url)) as library,
    ):
        assert library.add(papers).added == 8
        with pytest.raises(ServerUnavailable, match="8 papers wait here") as caught:
            library.sync()
        assert isinstance(caught.value, ProviderError)
        assert caught.value.exit_code == 5
        assert caught.value.hint
        assert library.state().pending == 0
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("answer", _WRONG, ids=_NAMES)
def test_a_search_answers_with_one_warning(
    chroma: RunningChroma,
    address: ServerAddress,
    answer: Answer,
    papers: list[Paper],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Library(tmp_path / "a", server=address) as library:
        library.add(papers)
        library.sync()
    started = time.monotonic()
    with (
        standing_in(answer) as server,
        Library(tmp_path / "a", server=ServerAddress.parse(server.url)) as library,
        caplog.at_level(logging.INFO, "litreview"),
    ):
        for question in ("token mixing", "coral reefs"):
            assert relevant(library, question, limit=3, filters=Filters()).papers
    assert time.monotonic() - started < 5
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "searched the 8 papers that are here, as of the last sync (20" in warnings[0]


def test_what_waited_is_sent_once_the_server_is_there(
    address: ServerAddress, papers: list[Paper], tmp_path: Path
) -> None:
    down = ServerAddress.parse(_DOWN, prefix=address.prefix)
    with Library(tmp_path / "a", server=address) as library:
        library.add(papers[:4])
        library.sync()
    with Library(tmp_path / "a", server=down) as library:
        key = library.keys()[0]
        with pytest.raises(ServerUnavailable, match="1 paper waits here"):
            library.remove([key])
        library.add(papers[4:])
        with pytest.raises(ServerUnavailable, match="5 papers wait here"):
            library.sync()
        assert len(library) == 7
    # Also while its server is not named at all, what changes is noted.
    with Library(tmp_path / "a") as library:
        library.add([Paper(title="Kelp forests", published="2024")])
        library.sync()
    with Library(tmp_path / "a", server=address) as library, Library(tmp_path / "b", server=address) as other:
        assert library.share().sent == 6
        other.share()
        assert other.keys() == library.keys()
        assert not other.papers_by_key([key])
        assert len(other) == 8


def test_a_key_that_another_machine_had_first_is_changed_and_told(
    address: ServerAddress, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mine = Paper(title="Reef maps", authors=("Ada Berg",), published="2020", abstract="Of corals.")
    theirs = Paper(title="Reef models", authors=("Eva Berg",), published="2020", abstract="Of currents.")
    down = ServerAddress.parse(_DOWN, prefix=address.prefix)
    with Library(tmp_path / "a", server=down) as library:
        assert library.add([mine]).keys == ("berg2020reef",)
        with pytest.raises(ServerUnavailable):
            library.sync()
    with Library(tmp_path / "b", server=address) as other:
        assert other.add([theirs]).keys == ("berg2020reef",)
        other.sync()
        with (
            Library(tmp_path / "a", server=address) as library,
            caplog.at_level(logging.INFO, "litreview"),
        ):
            report = library.share()
            assert report.renamed == {"berg2020reef": "berg2020reefa"}
            assert library.paper("berg2020reef").title == "Reef models"
            assert library.paper("berg2020reefa").title == "Reef maps"
        assert "berg2020reef is another paper on the server" in caplog.text
        other.share()
        assert other.keys() == ["berg2020reef", "berg2020reefa"]


def test_secrets_are_sent_where_they_belong_and_shown_nowhere(
    papers: list[Paper], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told = b'{"error": "x", "message": "bad token s3cret-token of user:p4ss"}'
    with standing_in(Answer(status=400, body=told)) as server:
        address = ServerAddress.parse(server.url, token=_TOKEN, headers='{"X-Team": "t3am-key"}')
        with Library(tmp_path / "a", server=address) as library:
            library.add(papers)
            with pytest.raises(ServerUnavailable) as caught:
                library.sync()
            news = library.server_news()
        assert server.headers[0]["Authorization"] == "Bearer s3cret-token"
        assert server.headers[0]["X-Team"] == "t3am-key"
    shown = f"{caught.value} {caught.value.hint} {address!r} {address.name} {news} {caplog.text}"
    assert "s3cret" not in shown
    assert "t3am" not in shown


def test_an_answer_that_does_not_end_is_given_up() -> None:
    with standing_in(Answer(body=b" " * 1_000, pause=0.05)) as server:
        http = Http(ServerAddress.parse(server.url), Patience(total=0.5))
        began = time.monotonic()
        with pytest.raises(ServerUnavailable, match="no answer in time"):
            http.request("GET", "/heartbeat")
        assert time.monotonic() - began < 10
        http.close()


def test_a_connection_that_was_closed_meanwhile_is_opened_again() -> None:
    with standing_in(Answer(curt=True)) as server:
        http = Http(ServerAddress.parse(server.url), Patience())
        for _ in range(3):
            assert http.request("POST", "/collections", {}) == {}
            time.sleep(0.05)
        http.close()


def test_what_is_encrypted_goes_through_the_proxy_of_the_environment_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy, standing_in(Answer()) as server:
        at = f"http://user:pass@127.0.0.1:{proxy.getsockname()[1]}"
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, at)
        here = Http(ServerAddress.parse(server.url), Patience())
        assert here.request("GET", "/heartbeat") == {}
        here.close()
        heard: list[bytes] = []

        def refuse() -> None:
            connection, _ = proxy.accept()
            heard.append(connection.recv(4_096))
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            connection.close()

        thread = threading.Thread(target=refuse)
        thread.start()
        there = Http(ServerAddress.parse("https://chroma.example.org", token=_TOKEN), Patience())
        with pytest.raises(ServerUnavailable):
            there.request("GET", "/heartbeat")
        there.close()
        thread.join()
    assert heard[0].startswith(b"CONNECT chroma.example.org:443 ")
    assert b"proxy-authorization: basic" in heard[0].lower()
    assert _TOKEN.encode() not in heard[0]


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    with standing_in(Answer()) as elsewhere:
        moved = Answer(status=307, kind="text/html", location=f"{elsewhere.url}/api/v2/heartbeat")
        with standing_in(moved) as server:
            address = ServerAddress.parse(server.url, token=_TOKEN)
            with Library(tmp_path / "a", server=address) as library, pytest.raises(ServerUnavailable):
                library.sync()
        assert elsewhere.headers == []


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://chroma.example.org", "https://chroma.example.org"),
        ("https://chroma.example.org:8443/team/", "https://chroma.example.org:8443/team"),
        ("https://user:p4ss@chroma.example.org/api/v2", "https://chroma.example.org"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, name: str) -> None:
    address = ServerAddress.parse(url)
    assert address.name == name
    assert address.path.endswith("/api/v2")
    assert "p4ss" not in repr(address)


@pytest.mark.parametrize(
    ("url", "token", "headers"),
    [
        ("chroma.example.org", None, None),
        ("ftp://chroma.example.org", None, None),
        ("ftp://user:s3cret@chroma.example.org", None, None),
        ("https://", None, None),
        ("https://chroma.example.org:port", None, None),
        ("http://chroma.example.org", "s3cret", None),
        ("http://user:s3cret@chroma.example.org", None, None),
        ("https://chroma.example.org", "s3cret\r\nX-Other: 1", None),
        ("https://chroma.example.org", None, "s3cret"),
        ("https://chroma.example.org", None, '{"X": 1}'),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_its_secrets(
    url: str, token: str | None, headers: str | None
) -> None:
    with pytest.raises(SettingsError) as caught:
        ServerAddress.parse(url, token=token, headers=headers)
    assert "s3cret" not in f"{caught.value} {caught.value.hint}"
    assert caught.value.hint


def test_an_address_that_cannot_be_used_is_quoted() -> None:
    with pytest.raises(SettingsError, match=r"'chroma\.example\.org/v2'"):
        ServerAddress.parse("ftp://user:s3cret@chroma.example.org/v2?key=s3cret")


def test_chroma_cloud_gets_its_own_header() -> None:
    address = ServerAddress.parse("https://api.trychroma.com", token=_TOKEN)
    assert address.headers == (("X-Chroma-Token", _TOKEN),)
