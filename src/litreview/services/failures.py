"""Every way a service can fail, in our words, and whether asking again may help.

The one place where status codes and errors of httpx2 are translated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from litreview.errors import LitreviewError, ProviderError, UsageError
from litreview.text.cleaning import strip_controls

from .types import Host, Request

_SAID_LIMIT = 200
_READ_LIMIT = 10_000
_MARKUP = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]{0,1000}>", re.DOTALL | re.IGNORECASE)
_NAMES_A_KEY = re.compile(r"api[\s_-]?key|token is|unauthor", re.IGNORECASE)
# Hugging Face says when its window begins anew in the fields of an IETF draft: "api";r=0;t=120
_WINDOW = re.compile(r";\s*t=(\d{1,6})")

AGAIN = "run the same command again later; it goes on from where it was"


class Failure(NamedTuple):
    """What went wrong. `transient`: the same request may work; `wait`: seconds the server asks to wait."""

    error: LitreviewError
    transient: bool = False
    wait: float | None = None


def judge(
    status: int, headers: Mapping[str, str], body: str, *, host: Host, request: Request, now: float
) -> Failure | None:
    """Say what an HTTP answer means; None where it is good.

    Args:
        status: The status code.
        headers: With names in lower case.
        body: Its beginning serves.
        host: Who was asked.
        request: What was asked.
        now: Seconds since 1970, for dates in headers.
    """
    if 200 <= status < 300 or (status == 404 and request.missing):
        return None
    said = _said(body, host)
    if status in {408, 429} or status >= 500:
        wait = retry_after(headers, now=now)
        return Failure(_busy(status, said, wait, host), transient=True, wait=wait)
    if status in {401, 403} or (status in {400, 422} and host.key and _NAMES_A_KEY.search(said)):
        return Failure(_refused(status, said, host))
    if status in {400, 414, 422}:
        about = f" for {request.about!r}" if request.about else ""
        message = f"{host.title} does not accept the request{about} (HTTP {status}{said})"
        return Failure(UsageError(message, hint="docs/sources.md says how each service is asked"))
    where = f" at {request.path!r}" if status == 404 else ""
    message = f"{host.title} has no answer{where} (HTTP {status}{said})"
    return Failure(ProviderError(message, hint=f"check {host.url_setting}: {host.shown}"))


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """Seconds that a server asks to wait, by Retry-After (seconds or a date) or RateLimit; else None.

    >>> retry_after({"retry-after": "Thu, 01 Jan 1970 00:02:00 GMT"}, now=100.0)
    20.0
    """
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d*)?", value):
        return float(value)
    if value:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            moment = None
        if moment:
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return max(moment.timestamp() - now, 0.0)
    window = _WINDOW.search(headers.get("ratelimit", ""))
    return float(window[1]) if window else None


def unreachable(error: Exception, *, host: Host, timeout: float) -> Failure:
    """Say what an error of httpx2 means, by the classes it and its causes have.

    httpx2 itself need not be imported for that. What is not among `_KINDS` is a connection that broke.
    """
    names = set(_classes(error))
    kind = next((kind for kind in _KINDS if kind.name in names), _BROKEN)
    where = {"title": host.title, "url": host.shown, "address": host.address, "timeout": f"{timeout:g}"}
    said = _without_key(str(error), host) or type(error).__name__
    message = kind.message.format(**where, said=said)
    hint = kind.hint.format(setting=host.url_setting) if kind.hint else host.hint
    hint = hint or f"check the connection and {host.url_setting}, or {AGAIN}"
    return Failure(ProviderError(message, hint=hint), transient=kind.transient)


class _Kind(NamedTuple):
    """What the name of a class tells; no hint stands for the host's own."""

    name: str
    message: str
    hint: str = ""
    transient: bool = False


# The first that fits: a refused connection and one without TLS are both a ConnectError.
_KINDS = (
    _Kind("ProxyError", "the proxy on the way to {title} failed: {said}", "check HTTPS_PROXY and NO_PROXY"),
    _Kind("ConnectTimeout", "{title} ({address}) does not accept a connection", transient=True),
    _Kind("TimeoutException", "{title} said nothing for {timeout} s", AGAIN, transient=True),
    _Kind(
        "SSLError",
        "no secure connection to {title}: {said}",
        "check {setting} (http or https?), the clock, and SSL_CERT_FILE for your certificates",
    ),
    _Kind("gaierror", "there is no host {address}, or no network: {said}"),
    _Kind("ConnectError", "nothing answers at {url} ({title}): {said}"),
    _Kind("UnsupportedProtocol", "no request can be made to {title}: {said}", "check {setting}"),
    _Kind("LocalProtocolError", "no request can be made to {title}: {said}", "check {setting}"),
    _Kind("InvalidURL", "no request can be made to {title}: {said}", "check {setting}"),
    _Kind("DecodingError", "{title} sent an answer that cannot be unpacked: {said}", AGAIN, transient=True),
)
_BROKEN = _Kind("", "{title} broke off its answer: {said}", AGAIN, transient=True)


def _refused(status: int, said: str, host: Host) -> ProviderError:
    if host.key:
        message = f"{host.title} refused the key in {host.key_setting} (HTTP {status}{said})"
        return ProviderError(
            message, hint=f"check {host.key_setting}: copy the key again, or ask for a new one"
        )
    if host.key_setting:
        message = f"{host.title} refused a request without a key (HTTP {status}{said})"
        return ProviderError(message, hint=f"get a free key and set {host.key_setting} (docs/sources.md)")
    hint = (
        host.hint
        or "set LITREVIEW_CONTACT to your mail address, so that they can reach you, and wait an hour"
    )
    return ProviderError(f"{host.title} refused the request (HTTP {status}{said})", hint=hint)


def _busy(status: int, said: str, wait: float | None, host: Host) -> ProviderError:
    asks = f", and asks to wait {_span(wait)}" if wait else ""
    if status != 429:
        return ProviderError(f"{host.title} cannot serve now{asks} (HTTP {status}{said})", hint=AGAIN)
    hint = AGAIN
    if host.key_setting and not host.key:
        hint = f"a key in {host.key_setting} allows more (docs/sources.md); or {AGAIN}"
    return ProviderError(f"{host.title} had too many requests{asks} (HTTP 429{said})", hint=hint)


def _span(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 6000 else f"{seconds / 3600:.0f} hours"


def _said(body: str, host: Host) -> str:
    """What a server says about its refusal, one short line behind ": "; "" where it says nothing."""
    text = body[:_READ_LIMIT]
    try:
        text = _message(json.loads(text)) or text
    except (ValueError, RecursionError):
        text = _MARKUP.sub(" ", text)
    text = strip_controls(_without_key(text, host))
    if not text:
        return ""
    return f": {text if len(text) <= _SAID_LIMIT else text[: _SAID_LIMIT - 1] + '…'}"


def _message(value: Any) -> str:
    """The words of an error in JSON, by the names that services give them."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "; ".join(filter(None, map(_message, value[:3])))
    if isinstance(value, dict):
        found = (
            _message(value[name]) for name in ("message", "error", "detail", "description") if name in value
        )
        return next(filter(None, found), "")
    return ""


def _without_key(text: str, host: Host) -> str:
    for secret in (host.key, *host.secret_params.values(), *host.secret_headers.values()):
        if secret:
            text = text.replace(secret, "***")
    return text


def _classes(error: BaseException | None) -> list[str]:
    """The names of the classes of an error and of what it came from."""
    names: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        names += [kind.__name__ for kind in type(error).__mro__]
        error = error.__cause__ or error.__context__
    return names
