"""One connection to a Chroma server: JSON there and back, within limits of time and size.

Redirects are not followed, so that a token goes nowhere but to the address it was set for.
"""

from __future__ import annotations

import json
import time
from typing import Any, NamedTuple

import httpx2

from litreview.errors import ServerUnavailable

from .address import ServerAddress

# Well above 500 records of 16 kB, or 1,000 vectors as JSON.
_LARGEST = 256_000_000
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
        self._client = httpx2.Client(
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json",
                # A packed body could unpack to a thousand times its size before it is seen.
                "Accept-Encoding": "identity",
                **dict(address.headers),
            },
            follow_redirects=False,
            # Proxies and certificates come from the environment; what is not encrypted goes through no proxy.
            trust_env=address.secure,
        )

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def request(self, method: str, path: str, body: object = None) -> Any:
        """Send a request below the interface's path and return the JSON of its answer.

        Raises:
            ServerUnavailable: There is no answer in time, it is none of Chroma's, or the server refuses.
            Missing: The collection is not there.
            Unsupported: The engine cannot do this.
        """
        data = None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            status, kind, text = self._exchange(method, path, data)
        except (httpx2.HTTPError, OSError) as error:
            raise self._silent(error) from error
        return self._read(status, kind, text)

    def _exchange(self, method: str, path: str, data: bytes | None) -> tuple[int, str, bytes]:
        until = time.monotonic() + self.patience.total
        url = httpx2.URL(
            scheme="https" if self.address.secure else "http",
            host=self.address.host,
            port=self.address.port,
            raw_path=(self.address.path + path).encode(),
        )
        # Another limit holds for connecting than for an answer.
        timeout = httpx2.Timeout(self.patience.silence, connect=self.patience.connect)
        parts: list[bytes] = []
        size = 0
        with self._client.stream(method, url, content=data, timeout=timeout) as response:
            for part in response.iter_bytes():
                parts.append(part)
                size += len(part)
                if time.monotonic() > until:
                    raise TimeoutError("its answer does not end")
                if size > _LARGEST:
                    raise httpx2.DecodingError("its answer is too large")
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return response.status_code, kind, b"".join(parts)

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
        late = isinstance(error, TimeoutError | httpx2.TimeoutException)
        reason = "no answer in time" if late else _reason(error)
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


def _reason(error: BaseException) -> str:
    """What the system said, where it said anything; what httpx2 made of it stands at the end of a chain."""
    told: BaseException | None = error
    while told is not None:
        if isinstance(told, OSError) and told.strerror:
            return told.strerror
        told = told.__cause__ or told.__context__
    return str(error) or type(error).__name__
