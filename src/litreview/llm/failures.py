"""Every way a model's server can fail, in our words: what happened, in one line, and what to do about it.

The one place where errors of openai, httpx2, ssl and the network are translated. They are told apart by their
names, so that neither library has to be imported here; a test fails when openai gains an error that is not in
`HANDLERS`.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping

from litreview.errors import (
    LitreviewError,
    ModelRefused,
    ProviderError,
    ReplyCutOff,
    ReplyDeclined,
    ReplyTruncated,
    ReplyUnreadable,
)

from .refusals import AGAIN, OLLAMA_PORT, Asked, Failure, judge, proxy_failed, reported, without_secrets

_CHECK = "check OPENAI_BASE_URL, OPENAI_API_KEY and the proxy variables"


def translate(error: BaseException, asked: Asked) -> Failure | None:
    """Say what an error of a vendor's library means.

    Args:
        error: As it was raised.
        asked: What was being asked.

    Returns:
        None where the error is not one of a server or its connection, but a mistake in our own code.
    """
    for kind in type(error).__mro__:
        handler = HANDLERS.get(f"{kind.__module__.split('.')[0]}.{kind.__name__}")
        if handler:
            return handler(error, asked)
    return None


def _status(error: BaseException, asked: Asked) -> Failure:
    response = getattr(error, "response", None)
    status = int(getattr(error, "status_code", 0) or getattr(response, "status_code", 0) or 400)
    body = getattr(error, "body", None)
    # openai hands over what stands under "error"; a few servers put their words beside it.
    body = {"error": body} if isinstance(body, Mapping) else body
    return judge(status, body, getattr(response, "headers", {}), asked)


def _connection(error: BaseException, asked: Asked) -> Failure:
    """A connection that could not be made or did not last, by what lies at the bottom of it."""
    causes = list(_causes(error))
    if unread := next((cause for cause in causes if type(cause).__name__ == "DecodingError"), None):
        return _broken(unread, asked)
    names = {kind.__name__ for cause in causes for kind in type(cause).__mro__}
    name = asked.server.name
    last = without_secrets(next((str(cause) for cause in reversed(causes) if str(cause)), ""), asked.server)
    failed: LitreviewError
    if "ProxyError" in names or (asked.proxy and names & {"ConnectError", "ConnectTimeout"}):
        failed = proxy_failed(last or "it cannot be reached", asked)
    elif any(isinstance(cause, ssl.SSLError) for cause in causes):
        hint = "check OPENAI_BASE_URL (http or https?), the clock, and SSL_CERT_FILE for your certificates"
        failed = ProviderError(f"no secure connection to {name}: {last}", hint=hint)
    elif "gaierror" in names:
        message = f"there is no host {asked.server.host!r}, or no network: {last}"
        failed = ProviderError(message, hint="check OPENAI_BASE_URL and the connection")
    elif names & {"LocalProtocolError", "UnsupportedProtocol"}:
        failed = ModelRefused(f"no request can be made to {name}: {last}", hint=_CHECK)
    elif "ConnectError" in names:
        failed = ProviderError(f"nothing answers at {name}: {last or 'no connection'}", hint=_start(asked))
    else:
        message = f"{name} closed the connection{f': {last}' if last else ''}"
        return Failure(ProviderError(message, hint=AGAIN), transient=True)
    return Failure(failed)


def _start(asked: Asked) -> str:
    if not asked.server.is_local:
        return f"check OPENAI_BASE_URL, or {AGAIN}"
    if asked.server.port == OLLAMA_PORT:
        return "start Ollama with: ollama serve"
    return "start the server, or set OPENAI_BASE_URL to where it runs"


def _silent(error: BaseException, asked: Asked) -> Failure:
    if "ConnectTimeout" not in {type(cause).__name__ for cause in _causes(error)}:
        message = f"{asked.server.name} said nothing for {asked.timeout:g} s"
        return Failure(ProviderError(message, hint=f"the model may still be loading: {AGAIN}"))
    if asked.proxy:
        return Failure(proxy_failed("it does not answer", asked))
    message = f"{asked.server.name} does not accept a connection"
    return Failure(ProviderError(message, hint=f"check OPENAI_BASE_URL and the network, or {AGAIN}"))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came from, the outermost first."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _broken(error: BaseException, asked: Asked) -> Failure:
    said = without_secrets(str(error), asked.server)
    return Failure(ReplyCutOff(f"{asked.server.name} sent a reply that cannot be read to its end: {said}"))


def _sent_error(error: BaseException, asked: Asked) -> Failure:
    body = getattr(error, "body", None)
    return reported(body if isinstance(body, Mapping) else {"message": str(error)}, asked)


def _unusable(error: BaseException, asked: Asked) -> Failure:
    message = f"no request can be made to {asked.server.name}: {without_secrets(str(error), asked.server)}"
    return Failure(ModelRefused(message, hint=_CHECK))


def _not_the_form(error: BaseException, asked: Asked) -> Failure:
    said = without_secrets(str(error), asked.server)
    return Failure(ReplyUnreadable(f"{asked.server.name} sent something that is no chat completion: {said}"))


def _declined(_: BaseException, asked: Asked) -> Failure:
    return Failure(ReplyDeclined(f"the content filter of {asked.server.name} kept the reply back"))


def _truncated(_: BaseException, asked: Asked) -> Failure:
    return Failure(ReplyTruncated(f"the reply of model {asked.model!r} reached its limit of tokens"))


# The nearest class of an error counts: its own, then its parents'.
HANDLERS: Mapping[str, Callable[[BaseException, Asked], Failure]] = {
    "openai.OpenAIError": _unusable,
    "openai.APIError": _sent_error,
    "openai.APIResponseValidationError": _not_the_form,
    "openai.APIStatusError": _status,
    "openai.BadRequestError": _status,
    "openai.AuthenticationError": _status,
    "openai.OAuthError": _status,
    "openai.PermissionDeniedError": _status,
    "openai.NotFoundError": _status,
    "openai.ConflictError": _status,
    "openai.UnprocessableEntityError": _status,
    "openai.RateLimitError": _status,
    "openai.InternalServerError": _status,
    "openai.APIConnectionError": _connection,
    "openai.APITimeoutError": _silent,
    "openai.LengthFinishReasonError": _truncated,
    "openai.ContentFilterFinishReasonError": _declined,
    "openai.InvalidWebhookSignatureError": _unusable,
    "openai.SubjectTokenProviderError": _unusable,
    "openai.WebSocketConnectionClosedError": _broken,
    "openai.WebSocketQueueFullError": _broken,
    "httpx2.TimeoutException": _silent,
    "httpx2.DecodingError": _broken,
    "httpx2.RequestError": _connection,
    "httpx2.HTTPStatusError": _status,
    "httpx2.HTTPError": _connection,
    "httpx2.StreamError": _broken,
    "httpx2.InvalidURL": _unusable,
    "anyio.EndOfStream": _connection,
    "anyio.BrokenResourceError": _connection,
    "anyio.ClosedResourceError": _connection,
    "ssl.SSLError": _connection,
    "json.JSONDecodeError": _broken,
    "builtins.UnicodeDecodeError": _broken,
    "builtins.TimeoutError": _silent,
    "builtins.OSError": _connection,
}
