"""A real server behind a proxy that speaks TLS and asks for a token, as docs/scaling.md puts it."""

from __future__ import annotations

import http.client
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from litreview.errors import ServerUnavailable
from litreview.library import Library
from litreview.library.remote import ServerAddress
from litreview.papers import Paper

from .conftest import RunningChroma

_TOKEN = "a-long-random-token"  # noqa: S105 - of nobody


@contextmanager
def _proxy(chroma: RunningChroma, certificate: Path) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, text = 401, b"who are you?"
            if self.headers.get("Authorization") == f"Bearer {_TOKEN}":
                inner = http.client.HTTPConnection("127.0.0.1", chroma.port)
                inner.request(self.command, self.path.removeprefix("/team"), body, dict(self.headers))
                answer = inner.getresponse()
                status, text = answer.status, answer.read()
                inner.close()
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if status != 401 else "text/plain")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_DELETE = _pass  # noqa: N815 - as the standard library calls them

        def log_message(self, format: str, *args: object) -> None:
            return

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            return  # A client that does not trust the certificate hangs up.

    server = Quiet(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"https://localhost:{server.server_port}/team"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not here to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost".split()
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())
    return both


def test_a_token_over_tls_opens_the_server_and_nothing_else_does(
    chroma: RunningChroma,
    address: ServerAddress,
    certificate: Path,
    papers: list[Paper],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with _proxy(chroma, certificate) as url:
        right = ServerAddress.parse(url, token=_TOKEN, prefix=address.prefix)
        wrong = ServerAddress.parse(url, token=f"not {_TOKEN}", prefix=address.prefix)
        with Library(tmp_path / "a", server=right) as library:
            library.add(papers)
            with pytest.raises(ServerUnavailable, match="certificate"):
                library.sync()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_name("cert.pem")))
        with Library(tmp_path / "a", server=wrong) as library:
            with pytest.raises(ServerUnavailable, match="wants another token") as caught:
                library.sync()
            assert "LITREVIEW_CHROMA_TOKEN" in caught.value.hint
        with Library(tmp_path / "a", server=right) as library:
            assert library.share().sent == 8
        with Library(tmp_path / "b", server=right) as other:
            assert other.share().papers == 8
