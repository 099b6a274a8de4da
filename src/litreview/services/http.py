"""The one HTTP layer: every request to a service goes through `Http.get`, and httpx2 is used here only.

A page comes from the cache, or it is asked for: in turn, at the service's pace, again where that may help,
within a deadline, over verified TLS, and never more than a limit of bytes.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from importlib.metadata import version
from types import MappingProxyType, TracebackType
from typing import NamedTuple, Self

import httpx2

from litreview.errors import ProviderError

from .cache import Kept, PageCache
from .failures import AGAIN, Failure, judge, unreachable
from .ratelimit import Clock, Pacer
from .types import Host, Page, Request

_log = logging.getLogger("litreview")

# A thousand records of Semantic Scholar with abstracts have 3 MB; what is larger than this is no page.
MAX_BYTES = 64_000_000
_REDIRECTS = 5
# Zotero on this machine is not behind anybody's proxy, though few set NO_PROXY for it.
_LOCAL = ("all://localhost", "all://127.0.0.1", "all://[::1]")
# Of the headers only these are read; whatever else a server sets is not kept.
_KEPT_HEADERS = frozenset({"content-type", "link", "total-results"})
# A longer wait than this is said, so that nobody takes it for a hang.
_SILENT_WAIT = 5.0


class Patience(NamedTuple):
    """How long a request may take.

    Args:
        timeout: Seconds of silence.
        deadline: Seconds for one page, with all its attempts and waits.
        attempts: How often one page is asked for at most.
        backoff: Seconds before the second attempt; each further one waits twice as long.
    """

    timeout: float = 60.0
    deadline: float = 300.0
    attempts: int = 4
    backoff: float = 2.0


class Http:
    """Asks services. A context manager: it holds a connection to each host and the cache's file open.

    Args:
        cache: Where answers are kept.
        pacer: Who gives out turns.
        contact: A mail address for the User-Agent, by which a service can reach whoever asks too much.
        patience: How long a request may take.
        fresh: Ask anew also for what is kept; the new answers are kept.
        clock: What is waited by.
    """

    def __init__(
        self,
        cache: PageCache,
        pacer: Pacer,
        *,
        contact: str | None = None,
        patience: Patience | None = None,
        fresh: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self._cache = cache
        self._pacer = pacer
        self._patience = patience or Patience()
        self._fresh = fresh
        self._clock = clock or Clock()
        about = f" (mailto:{contact})" if contact else ""
        # Proxies and certificates come from the environment; `_send` follows redirects by rules of its own.
        self._client = httpx2.Client(
            headers={"User-Agent": f"litreview/{version('litreview')}{about}"},
            timeout=self._patience.timeout,
            follow_redirects=False,
            mounts=dict.fromkeys(_LOCAL),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
        self._cache.close()

    def get(self, host: Host, request: Request, *, fresh: bool = False) -> Page:
        """The answer to a request, from the cache where it is young enough.

        Args:
            host: Who is asked.
            request: What is asked.
            fresh: Ask anew even if an answer is kept.

        Raises:
            ProviderError: The service could not be reached or cannot serve now, or refuses the key.
            UsageError: The service does not accept the request.
        """
        if request.age and not (fresh or self._fresh):
            kept = self._cache.find(_key(host, request), age=request.age)
            if kept:
                return Page(kept.text, kept.headers, kept=True)
        return self._ask(host, request)

    def keep(self, host: Host, request: Request, page: Page) -> None:
        """Keep an answer. Only for pages that could be read: what is kept is not asked for again."""
        if request.age and page.found and not page.kept:
            self._cache.store(_key(host, request), Kept(page.text, page.headers))

    def pause(self, attempt: int) -> None:
        """Wait as before attempt `attempt` (from 2)."""
        self._clock.sleep(self._patience.backoff * 2.0 ** (attempt - 2))

    def _ask(self, host: Host, request: Request) -> Page:
        until = self._clock.monotonic() + self._patience.deadline
        attempt = 1
        while True:
            answer = self._attempt(host, request, until)
            if isinstance(answer, Page):
                return answer
            wait = self._patience.backoff * 2.0 ** (attempt - 1)
            wait = wait if answer.wait is None else max(answer.wait, wait / 2)
            late = self._clock.monotonic() + wait > until
            if not answer.transient or attempt == self._patience.attempts or late:
                raise answer.error
            if wait > _SILENT_WAIT:
                _log.info("%s; trying again in %.0f s", answer.error.message, wait)
            self._clock.sleep(wait)
            attempt += 1

    def _attempt(self, host: Host, request: Request, until: float) -> Page | Failure:
        with self._pacer.turn(host.address, host.interval):
            try:
                status, headers, body = self._send(host, request, until)
            except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
                return unreachable(error, host=host, timeout=self._patience.timeout)
        text = body.decode("utf-8-sig", errors="replace")
        failure = judge(status, headers, text, host=host, request=request, now=self._clock.now())
        kept = {name: value for name, value in headers.items() if name in _KEPT_HEADERS}
        return failure or Page(text, MappingProxyType(kept), found=status != 404)

    def _send(self, host: Host, request: Request, until: float) -> tuple[int, Mapping[str, str], bytes]:
        """One GET and what it is redirected to. Returns status, headers and the unpacked body."""
        params = [*request.params, *host.secret_params.items()]
        url = httpx2.URL(f"{host.url}{request.path}", **({"params": params} if params else {}))
        for _ in range(_REDIRECTS + 1):
            ours = (url.scheme, url.netloc) == _origin(host)
            headers = {**host.headers, **(host.secret_headers if ours else {})}
            with self._client.stream("GET", url, headers=headers) as response:
                if not response.is_redirect or "location" not in response.headers:
                    found = {name.lower(): value for name, value in response.headers.items()}
                    return response.status_code, found, self._body(response, host, until)
                target = url.join(response.headers["location"])
            _check_redirect(url, target, host)
            url = target
        raise ProviderError(
            f"{host.title} redirects without end", hint=f"check {host.url_setting}: {host.shown}"
        )

    def _body(self, response: httpx2.Response, host: Host, until: float) -> bytes:
        """The body, unpacked, up to the limit of bytes and of time."""
        chunks: list[bytes] = []
        size = 0
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > MAX_BYTES:
                message = f"{host.title} sent more than {MAX_BYTES // 1_000_000} MB for one page"
                raise ProviderError(message, hint=f"ask for less with --limit, or check {host.url_setting}")
            if self._clock.monotonic() > until:
                message = f"{host.title} had not sent its answer after {self._patience.deadline:g} s"
                raise ProviderError(message, hint=AGAIN)
            chunks.append(chunk)
        return b"".join(chunks)


def _origin(host: Host) -> tuple[str, bytes]:
    url = httpx2.URL(host.url)
    return url.scheme, url.netloc


def _check_redirect(url: httpx2.URL, target: httpx2.URL, host: Host) -> None:
    """Raise where a redirect leaves the host without TLS, or TLS itself."""
    same = target.host == url.host
    if target.scheme == "https" or (same and target.scheme == url.scheme == "http"):
        return
    raise ProviderError(
        f"{host.title} redirects from {url.scheme}://{url.host} to {target.scheme}://{target.host},"
        " which is not followed",
        hint=f"check {host.url_setting}: {host.shown} (a portal that asks for a login, or a wrong address?)",
    )


def _key(host: Host, request: Request) -> str:
    """What an answer is kept under: the address and what was asked, without keys and contact."""
    asked = repr((host.name, host.url, request.path, sorted(request.params)))
    return hashlib.sha256(asked.encode()).hexdigest()
