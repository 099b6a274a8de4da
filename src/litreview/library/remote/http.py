"""One connection to a Chroma server: JSON there and back, within limits of time and size.

The standard library's client: loading another takes longer than a request. Redirects are not followed, so
that a token goes nowhere but to the address it was set for.
"""

from __future__ import annotations

import http.client
import json
import os
import time
from typing import Any, NamedTuple

from litreview.errors import ServerUnavailable

from .address import ServerAddress

# Well above 500 records of 16 kB, or 1,000 vectors as JSON.
_LARGEST = 256_000_000
_CHUNK = 65_536
_SHOWN = 200
_HINT = "look whether it runs, then litreview sync"


class Patience(NamedTuple):
    """Seconds to wait for a connection, for any sign after that, and for the whole of an answer."""

    connect: float = 2.0
    silence: float = 30.0
    total: float = 300.0


# A search waits no longer than this to hear whether there is anything new.
SHORT = Patience(connect=2.0, silence=2.0, total=3.0)


class Missing(Exception):
    """The server answers that there is no such collection."""


class Unsupported(Exception):
    """The server answers that its engine cannot do this."""


class Http:
    """Requests to one server. Not to be shared between threads."""

    def __init__(self, address: ServerAddress, patience: Patience) -> None:
        self.address = address
        self.patience = patience
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def request(self, method: str, path: str, body: object = None) -> Any:
        """Send a request below the interface's path and return the JSON of its answer.

        Raises:
            ServerUnavailable: There is no answer in time, it is none of Chroma's, or the server refuses.
            Missing: The collection is not there.
            Unsupported: The engine cannot do this.
        """
        data = None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        headers |= dict(self.address.headers)
        reused = self._connection is not None
        try:
            status, kind, text = self._exchange(method, path, data, headers)
        except (http.client.HTTPException, OSError) as error:
            self.close()
            # A server closes connections that rest. Every request of ours may be sent twice.
            if not reused or isinstance(error, TimeoutError):
                raise self._silent(error) from error
            return self.request(method, path, body)
        return self._read(status, kind, text)

    def _exchange(
        self, method: str, path: str, data: bytes | None, headers: dict[str, str]
    ) -> tuple[int, str, bytes]:
        until = time.monotonic() + self.patience.total
        connection = self._connected()
        # Another limit holds than for connecting.
        connection.sock.settimeout(self.patience.silence)
        connection.request(method, self.address.path + path, body=data, headers=headers)
        response = connection.getresponse()
        parts: list[bytes] = []
        size = 0
        while part := response.read(_CHUNK):
            parts.append(part)
            size += len(part)
            if time.monotonic() > until:
                raise TimeoutError("its answer does not end")
            if size > _LARGEST:
                raise http.client.HTTPException("its answer is too large")
        if response.will_close:
            self.close()
        return response.status, response.headers.get_content_type(), b"".join(parts)

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            connection = self._open()
            connection.connect()
            self._connection = connection
        return self._connection

    def _open(self) -> http.client.HTTPConnection:
        address, timeout = self.address, self.patience.connect
        if not address.secure:
            return http.client.HTTPConnection(address.host, address.port, timeout=timeout)
        proxy = _proxy(address.host)
        if proxy is None:
            return http.client.HTTPSConnection(address.host, address.port, timeout=timeout)
        connection = http.client.HTTPSConnection(*proxy, timeout=timeout)
        connection.set_tunnel(address.host, address.port)
        return connection

    def _read(self, status: int, kind: str, text: bytes) -> Any:
        try:
            found = json.loads(text) if kind == "application/json" else None
        except ValueError:
            found = None
        if 200 <= status < 300 and found is not None:
            return found
        told = str(found.get("message") or "") if isinstance(found, dict) else ""
        if status == 404 and isinstance(found, dict) and found.get("error") == "NotFoundError":
            raise Missing(told)
        if status == 501:
            raise Unsupported(told)
        raise self._refused(status, kind, told)

    def _silent(self, error: Exception) -> ServerUnavailable:
        late = isinstance(error, TimeoutError)
        reason = "no answer in time" if late else str(getattr(error, "strerror", None) or error)
        return ServerUnavailable(
            f"the Chroma server at {self.address.name} does not answer ({self._shown(reason)})", hint=_HINT
        )

    def _refused(self, status: int, kind: str, told: str) -> ServerUnavailable:
        server = f"the Chroma server at {self.address.name}"
        if status in (401, 403):
            return ServerUnavailable(
                f"{server} wants another token ({status})",
                hint="set LITREVIEW_CHROMA_TOKEN or LITREVIEW_CHROMA_HEADERS, then litreview sync",
            )
        if told:
            return ServerUnavailable(f"{server} refuses ({status}: {self._shown(told)})", hint=_HINT)
        return ServerUnavailable(
            f"what answers at {self.address.name} is no Chroma server ({status}, {self._shown(kind)})",
            hint="look at LITREVIEW_CHROMA_URL, and at the proxy if there is one",
        )

    def _shown(self, text: str) -> str:
        """A server's words on one line, without what we keep secret, which it may have sent back."""
        for _, value in self.address.headers:
            for secret in {value, value.partition(" ")[2]} - {""}:
                text = text.replace(secret, "…")
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_SHOWN]


def _proxy(host: str) -> tuple[str, int] | None:
    """The proxy for https that the environment names, if any."""
    if not any(name.lower() in ("https_proxy", "all_proxy") for name in os.environ):
        return None
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    found = proxies.get("https") or proxies.get("all")
    if not found or proxy_bypass(host):
        return None
    parts = urlsplit(found if "://" in found else f"http://{found}")
    return (parts.hostname, parts.port or 3128) if parts.hostname else None
