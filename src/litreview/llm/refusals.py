"""What the response of an error status means, in our words, with what to do about it. Pure."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

from litreview.errors import ContextTooLong, LitreviewError, ModelRefused, ProviderError, ReplyDeclined

from .endpoint import Server
from .ladder import Refusal

OLLAMA_PORT = 11434

AGAIN = "try again in a while, or use --engine extractive, which needs no server"
# Prefixes of well-known keys, and whatever a server echoes of the header they come in.
_KEYS = re.compile(r"\b(?:sk|pk|key|hf|gsk|xai)[-_][\w-]{8,}|(?<=bearer )\S+", re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """What was being asked when it failed.

    Args:
        server: The server.
        model: The model's name, or an empty string where none was named.
        timeout: How long one read may take, in seconds.
        proxy: The proxy the request went through, without user and password; empty for none.
        path: What was asked for, below the server's URL.
    """

    server: Server
    model: str = ""
    timeout: float = 60.0
    proxy: str = ""
    path: str = "/chat/completions"


@dataclass(frozen=True)
class Failure:
    """A translated error, and whether the same request may succeed.

    Args:
        error: What to raise where nothing more is tried.
        transient: Whether to try again after a pause.
        retry_after: How long the server asks to wait, in seconds; None where it does not say.
        refusal: The server's words, where putting the request differently may help.
        unknown_model: Whether naming the models that the server has would help.
    """

    error: LitreviewError
    transient: bool = False
    retry_after: float | None = None
    refusal: Refusal | None = None
    unknown_model: bool = False


def without_secrets(text: str, server: Server, *, limit: int = 200) -> str:
    """A server's words on one line, at most `limit` characters, without control characters and keys."""
    text = "".join(character if character.isprintable() else " " for character in text)
    for secret in server.secrets:
        # A one-letter user name would blot out half the message, and is no secret.
        for form in {secret, quote(secret, safe="")} if len(secret) >= 4 else ():
            text = re.sub(re.escape(form), "***", text, flags=re.IGNORECASE)
    text = re.sub(
        r"\b(?:sk|pk|key|hf|gsk|xai)[-_][\w-]{8,}|(?<=bearer )\S+", "***", text, flags=re.IGNORECASE
    )
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def reported(body: Mapping[str, Any], asked: Asked) -> Failure:
    """An error that came in the body of a response of status 200, or in the middle of a stream."""
    code = body.get("code", body.get("status"))
    if isinstance(code, int) and 400 <= code < 600:
        return judge(code, {"error": body}, {}, asked)
    refused = re.search(r"invalid|not_found|permission|authentication", f"{body.get('type')} {code}")
    return judge(400 if refused else 500, {"error": body}, {}, asked, shown="200")


def judge(status: int, body: object, headers: Mapping[str, str], asked: Asked, *, shown: str = "") -> Failure:
    """What a response of an error status means.

    Args:
        status: The HTTP status, 300 to 599.
        body: Its body: parsed JSON, or text.
        headers: Its headers, with names in lower case or a mapping that ignores case.
        asked: What was being asked.
        shown: The status to name in the message, where it is another.
    """
    words, codes, parameter = _words(body)
    response = _Response(
        status=status,
        shown=shown or str(status),
        said=without_secrets(words or codes, asked.server),
        refusal=Refusal(status, f"{words} {codes}", parameter),
        body=body,
        headers=headers,
        asked=asked,
    )
    return next(failure for rule in _RULES if (failure := rule(response)) is not None)


@dataclass(frozen=True)
class _Response:
    """A response of an error status; `said` are its words as they may be shown."""

    status: int
    shown: str
    said: str
    refusal: Refusal
    body: object
    headers: Mapping[str, str]
    asked: Asked

    @property
    def name(self) -> str:
        return self.asked.server.name

    @property
    def says(self) -> str:
        """The status and the server's words, to end a message with."""
        return f"({self.shown}){f': {self.said}' if self.said else ''}"


_QUOTA = re.compile(
    r"insufficient_quota|exceeded your current quota|insufficient (?:balance|credits?|funds)|billing_",
    re.IGNORECASE,
)
_NO_MODEL = re.compile(
    r"model_not_found|not a valid model|invalid model|unknown model|no such model|"
    r"models? .{0,120}?(?:not found|n.t found|does(?: not|n.t) exist|not exist|is not available)",
    re.IGNORECASE | re.DOTALL,
)
_TOO_LONG = re.compile(
    r"context_length_exceeded|exceed_context_size|context (?:length|size|window)|maximum model length|"
    r"prompt is too long|input token count .{0,40}exceeds|too large for model|too many tokens|"
    r"reduce the length|string_above_max_length",
    re.IGNORECASE | re.DOTALL,
)
_TOO_LARGE_A_REQUEST = re.compile(r"request too large", re.IGNORECASE)
# How servers name the limit: OpenAI, vLLM and OpenRouter; llama-cpp-python and LM Studio; Anthropic; Mistral;
# Gemini; OpenAI's limit of tokens a minute, which a single prompt can be too long for; llama.cpp.
_LIMIT = re.compile(
    r"(?:maximum (?:context|model) length (?:is|of)|context (?:window|length|size) (?:of|is)(?: only)?|"
    r"tokens? >|model with|tokens allowed \(|\bLimit|available context size \()\s*([\d,]*\d)",
    re.IGNORECASE,
)


def _redirected(response: _Response) -> Failure | None:
    if response.status >= 400:
        return None
    target = urlsplit(response.headers.get("location", ""))
    host = f"{target.scheme}://{target.netloc.rsplit('@', 1)[-1]}" if target.netloc else "another path"
    host = without_secrets(host, response.asked.server)
    message = f"{response.name} redirects to {host} ({response.shown}), and the prompt was not sent there"
    hint = "if you trust that address, set OPENAI_BASE_URL to it"
    return Failure(ModelRefused(message, hint=hint))


def _context_too_long(response: _Response) -> Failure | None:
    words = response.refusal.words
    # A rate limit speaks of too many tokens too; only where one request is too large does waiting not help.
    too_long = _TOO_LARGE_A_REQUEST if response.status == 429 else _TOO_LONG
    if response.status != 413 and not (response.status in {400, 422, 429, 500} and too_long.search(words)):
        return None
    inner = response.body.get("error") if isinstance(response.body, Mapping) else None
    given = inner.get("n_ctx") if isinstance(inner, Mapping) else None
    match = _LIMIT.search(words)
    limit = given if isinstance(given, int) else int(match[1].replace(",", "")) if match else None
    fewer = "take fewer papers (-k)"
    error = ContextTooLong(
        f"the prompt is too long for model {response.asked.model!r} at {response.name} {response.says}",
        hint=f"pass --max-context {limit} or less, or {fewer}" if limit else fewer,
        limit=limit,
    )
    return Failure(error)


def _filtered(response: _Response) -> Failure | None:
    if response.status >= 500 or not re.search(r"content_filter|content_policy", response.refusal.words):
        return None
    message = f"the content filter of {response.name} refuses the prompt {response.says}"
    return Failure(ReplyDeclined(message, hint="rephrase the question, or ask another model"))


def _key_refused(response: _Response) -> Failure | None:
    if response.status not in {401, 403}:
        return None
    key = "the key" if response.asked.server.api_key else "a request without a key"
    message = f"{response.name} refuses {key} {response.says}"
    hint = "set OPENAI_API_KEY to a key of this server that may use the model"
    return Failure(ModelRefused(message, hint=hint))


def _quota_spent(response: _Response) -> Failure | None:
    if response.status != 402 and not _QUOTA.search(response.refusal.words):
        return None
    message = f"{response.name} refuses, the account has no quota left {response.says}"
    return Failure(
        ModelRefused(message, hint="check plan and billing of the account that the key belongs to")
    )


def _rate_limited(response: _Response) -> Failure | None:
    if response.status != 429:
        return None
    wait = retry_after(response.headers)
    asks = f", and asks to wait {wait:.0f} s" if wait is not None else ""
    message = f"{response.name} limits the rate of requests{asks} {response.says}"
    return Failure(ProviderError(message, hint=AGAIN), transient=True, retry_after=wait)


def _proxy_refused(response: _Response) -> Failure | None:
    if response.status != 407:
        return None
    return Failure(proxy_failed(f"it answered {response.says}", response.asked))


def _no_such_model(response: _Response) -> Failure | None:
    # OpenAI answers 403 for a model that it has and the account may not use.
    if response.status not in {400, 403, 404, 422} or not _NO_MODEL.search(response.refusal.words):
        return None
    model = response.asked.model
    hint = "name a model that this server has and the key may use"
    if response.asked.server.port == OLLAMA_PORT:
        hint = f"ollama pull {model}"
    error = ModelRefused(f"{response.name} has no model {model!r} {response.says}", hint=hint)
    return Failure(error, refusal=response.refusal, unknown_model=True)


def _nothing_there(response: _Response) -> Failure | None:
    if response.status != 404:
        return None
    message = f"{response.name} has nothing at {response.asked.path} {response.says}"
    bare = response.name.count("/") == 2
    hint = f"did you mean {response.name}/v1?" if bare else "check OPENAI_BASE_URL: most end in /v1"
    return Failure(ModelRefused(message, hint=hint), refusal=response.refusal)


def _cannot_serve(response: _Response) -> Failure | None:
    if response.status < 500 and response.status not in {408, 409, 425}:
        return None
    error = ProviderError(f"{response.name} cannot serve now {response.says}", hint=AGAIN)
    wait = retry_after(response.headers)
    # 501 and 505 say that it never can; the form of the request may still be what it stumbles over.
    return Failure(error, response.status not in {501, 505}, wait, response.refusal)


def _refused(response: _Response) -> Failure | None:
    message = f"{response.name} refuses the request to model {response.asked.model!r} {response.says}"
    hint = "change the model or its parameters as the server says"
    return Failure(ModelRefused(message, hint=hint), refusal=response.refusal)


# The first that applies; the last always does.
_RULES: tuple[Callable[[_Response], Failure | None], ...] = (
    _redirected,
    _context_too_long,
    _filtered,
    _no_such_model,
    _key_refused,
    _quota_spent,
    _rate_limited,
    _proxy_refused,
    _nothing_there,
    _cannot_serve,
    _refused,
)


def with_models(error: LitreviewError, models: list[str], asked: Asked) -> LitreviewError:
    """The error for an unknown model, naming up to five that the server has."""
    if not models:
        return error
    names = ", ".join(without_secrets(name, asked.server, limit=60) for name in models[:5])
    more = ", …" if len(models) > 5 else ""
    return ModelRefused(f"{error.message}; it has {names}{more}", hint=error.hint)


def proxy_failed(what: str, asked: Asked) -> ProviderError:
    """The error for a proxy that stands between us and the server; `what` is what it did."""
    proxy = f"the proxy {asked.proxy or 'of the environment'}"
    return ProviderError(
        f"{proxy} did not pass the request on to {asked.server.name}: {what}",
        hint="check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY; NO_PROXY names the hosts that need none",
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """How long a server asks to wait, in seconds from now (RFC 9110, and OpenAI's milliseconds)."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * scale
        except ValueError:
            continue
        if math.isfinite(seconds):
            return max(0.0, seconds)
    try:
        return max(0.0, parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _words(body: object) -> tuple[str, str, str]:
    """A server's message; its codes in one string; the parameter it names."""
    if not isinstance(body, Mapping):
        text = body if isinstance(body, str) else ""
        title = re.search(r"<title[^>]*>(.*?)</title>", text[:5000], re.IGNORECASE | re.DOTALL)
        if title or "<html" in text[:1000].lower():
            return f"a web page{f' titled {title[1].strip()!r}' if title else ''}", "", ""
        return text[:2000], "", ""
    inner = body.get("error", body)
    if not isinstance(inner, Mapping):
        inner = {"message": inner, **body}
    message = inner.get("message") or inner.get("detail") or body.get("message") or body.get("detail")
    words = (
        message if isinstance(message, str) else json.dumps(message or inner, ensure_ascii=False, default=str)
    )
    codes = " ".join(str(inner[name]) for name in ("code", "type", "param") if inner.get(name))
    return words[:2000], codes, str(inner.get("param") or "")
