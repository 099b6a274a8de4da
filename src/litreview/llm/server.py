"""The adapter to any OpenAI-compatible server: a `ChatModel` that finds out what its server accepts.

The retries of openai's client are switched off: here a pause is announced, bounded by a deadline, and ended
at once by Ctrl-C.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from pydantic import BaseModel

from litreview.errors import (
    LitreviewError,
    ProviderError,
    ReplyCutOff,
    ReplyEmpty,
    ReplyError,
    ReplyUnreadable,
)

from .client import list_models, open_client, post_chat, proxy_of
from .endpoint import Parameters, Server
from .failures import translate
from .incoming import Incoming, unusable
from .ladder import Dialect, first_dialect
from .refusals import Asked, Failure, reported, with_models
from .replies import json_object, read_reply
from .types import Completion, Mode, OnText, Prompt, ReplySchema, TokenUsage

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

T = TypeVar("T", bound=BaseModel)

_log = logging.getLogger("litreview")

# A server that asks for more patience than this is out of use for now: nobody waits at a prompt for longer.
_LONGEST_WAIT = 120.0
_LONGEST_PAUSE = 20.0
# Naming the models that a server has is a courtesy of an error message: it must not hold that up.
_LISTING_SECONDS = 3.0
# A reply that cannot be used is shown to the model again up to here, in characters.
_LONGEST_QUOTE = 40_000


@dataclass
class ServerModel:
    """A model behind an OpenAI-compatible server; a `ChatModel`.

    What the server turned out to accept is remembered for the life of the instance: `mode` can be read
    afterwards and passed to the next one. Several `complete` may run at the same time. Use it as an async
    context manager, so that its connections are closed; it may be entered again, also in another event loop.

    Args:
        server: Where.
        parameters: Which model, and what it is told besides the prompt.
        stream: Ask for the reply piece by piece, so that progress can be shown and silence is noticed early.
        mode: How to ask for the form of a reply; None begins with the strictest.
        timeout: How long one read may take, in seconds.
        deadline: How long one `complete` may take, in seconds, all retries included.
        retries: How often one request is sent again after an error that may pass.
        pause: The first pause before a retry, in seconds; each further one is twice as long, with jitter.
        transport: An httpx2 transport in place of the network, for tests.
    """

    server: Server
    parameters: Parameters
    _: KW_ONLY
    stream: bool = True
    mode: Mode | None = None
    timeout: float = 60.0
    deadline: float = 300.0
    retries: int = 4
    pause: float = 0.5
    transport: httpx2.AsyncBaseTransport | None = field(default=None, repr=False)
    _dialect: Dialect = field(init=False, repr=False)
    _client: AsyncOpenAI | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        self._dialect = first_dialect(self.server, mode=self.mode, stream=self.stream)

    @property
    def identity(self) -> Mapping[str, Any]:
        """Server, model and parameters: all that a reply depends on besides the prompt. Never a key."""
        return {"server": self.server.name, **self.parameters.given}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def complete(
        self, prompt: Prompt, schema: ReplySchema[T], *, on_text: OnText | None = None
    ) -> tuple[T, Completion]:
        """Ask, and read the reply. A reply that cannot be used, but the next may, is asked for once more.

        Args:
            prompt: What is sent.
            schema: The form of the reply.
            on_text: Called with all of the reply so far, whenever more of it has come; a second reply begins
                from nothing again.

        Raises:
            ProviderError: The server could not be reached, cannot serve now, or did not finish in time.
            ModelRefused: It turned the request down.
            ContextTooLong: The prompt does not fit; `limit` where the server said it.
            ReplyError: What came cannot be used; see its subclasses.
        """
        ask = _Ask(prompt, schema, on_text, until=time.monotonic() + self.deadline)
        try:
            async with asyncio.timeout(self.deadline) as clock:
                return await self._converse(ask)
        except TimeoutError:
            if not clock.expired():
                raise
        so_far = f", with {len(ask.incoming.text):,} characters written" if ask.incoming.text else ""
        raise ProviderError(
            f"{self.server.name} did not finish within {self.deadline:g} s{so_far}",
            hint="take fewer papers (-k) or a faster model",
        )

    async def _converse(self, ask: _Ask[T]) -> tuple[T, Completion]:
        """One reply, and a second one where the first cannot be used."""
        outcome = await self._one_reply(ask)
        if isinstance(outcome, (ReplyCutOff, ReplyEmpty, ReplyUnreadable)):
            _log.info("%s; asking once more", outcome.message)
            first, before = outcome, self._dialect
            ask.failed = first
            if isinstance(first, ReplyUnreadable) and not _has_the_fields(first.raw, ask.schema):
                # The server does not enforce what it accepted: in the next mode the model is told the schema.
                self._adopt(before, before.looser())
            outcome = await self._one_reply(ask)
            if isinstance(outcome, LitreviewError) and not isinstance(outcome, ReplyError):
                outcome = first  # what there is to report is the reply, not that asking again failed
        if isinstance(outcome, LitreviewError):
            raise outcome
        return outcome

    async def _one_reply(self, ask: _Ask[T]) -> tuple[T, Completion] | LitreviewError:
        """A reply as a value, or what is wrong with it."""
        received = await self._receive(ask)
        if isinstance(received, LitreviewError):
            return received
        incoming, mode = received
        ask.calls += 1
        ask.usage += incoming.usage
        problem = unusable(incoming, self._asked)
        if problem is not None:
            return problem
        try:
            value = read_reply(incoming.text, ask.schema)
        except ReplyError as error:
            return error
        self.mode = mode
        return value, Completion(
            text=incoming.text,
            model=self.parameters.model,
            mode=mode,
            usage=ask.usage,
            calls=ask.calls,
            seconds=time.monotonic() - ask.started,
        )

    async def _receive(self, ask: _Ask[T]) -> tuple[Incoming, Mode] | LitreviewError:
        """Send until a reply comes: after a refusal put differently, after a passing error with a pause."""
        tries = 0
        while True:
            dialect = self._dialect
            outcome = await self._attempt(ask, dialect)
            if isinstance(outcome, Incoming):
                return outcome, dialect.mode
            changed = outcome.refusal and dialect.after(outcome.refusal, self.parameters)
            if changed:
                _log.info("%s; asking in another way", outcome.error.message)
                self._adopt(dialect, changed)
                continue
            if outcome.unknown_model:
                return with_models(outcome.error, await self._some_models(), self._asked)
            wait = _wait(outcome, tries, self.pause)
            too_long = wait > _LONGEST_WAIT or time.monotonic() + wait > ask.until
            if not outcome.transient or tries >= self.retries or too_long:
                return outcome.error
            _log.info("%s; trying again in %.1f s", outcome.error.message, wait)
            await asyncio.sleep(wait)
            tries += 1

    async def _attempt(self, ask: _Ask[T], dialect: Dialect) -> Incoming | Failure:
        """One request and all that comes of it. A vendor's error ends here: it may hold the key."""
        incoming = ask.incoming = Incoming()
        try:
            response = await self._post(dialect.body(self.parameters, ask.messages(dialect), ask.schema))
        except Exception as error:
            failure = translate(error, self._asked)
            if failure is None:
                raise
            return failure
        broke = await self._take_in(response, incoming, ask.on_text)
        if incoming.error is not None:
            broke = reported(incoming.error, self._asked)
        if broke is None or incoming.finish_reason:
            return incoming  # what breaks after the last word has cost nothing
        if not incoming.text and (incoming.error is not None or not incoming.size):
            return broke
        if incoming.error is not None and not isinstance(broke.error, ProviderError):
            return broke
        incoming.trouble = broke.error.message
        return incoming

    async def _take_in(
        self, response: httpx2.Response, incoming: Incoming, on_text: OnText | None
    ) -> Failure | None:
        """Read a response's body to its end; what broke it off, if anything did."""
        pieces = response.aiter_bytes()
        failure = None
        try:
            while not incoming.done and failure is None:
                try:
                    piece = await anext(pieces, None)
                except Exception as error:
                    failure = translate(error, self._asked)
                    if failure is None:
                        raise
                    piece = None
                grown = incoming.close() if piece is None else incoming.feed(piece)
                if grown and on_text is not None:
                    on_text(incoming.text)
                if piece is None:
                    break
        finally:
            await response.aclose()
        return failure

    async def _post(self, body: dict[str, Any]) -> httpx2.Response:
        if self._client is None:
            self._client = open_client(self.server, timeout=self.timeout, transport=self.transport)
        return await post_chat(self._client, body)

    @property
    def _asked(self) -> Asked:
        proxy = "" if self.transport is not None else proxy_of(self.server)
        return Asked(self.server, self.parameters.model, self.timeout, proxy)

    def _adopt(self, old: Dialect, new: Dialect) -> None:
        # Another request may have found out more in the meantime.
        if self._dialect == old:
            self._dialect = new

    async def _some_models(self) -> list[str]:
        try:
            return await list_models(self.server, timeout=_LISTING_SECONDS, transport=self.transport)
        except LitreviewError:
            return []


@dataclass
class _Ask(Generic[T]):
    """One `complete`: what is asked, until when, and what has come of it so far."""

    prompt: Prompt
    schema: ReplySchema[T]
    on_text: OnText | None
    until: float
    started: float = field(default_factory=time.monotonic)
    calls: int = 0
    usage: TokenUsage = field(default_factory=TokenUsage)
    incoming: Incoming = field(default_factory=Incoming)
    failed: ReplyError | None = None

    def messages(self, dialect: Dialect) -> list[dict[str, str]]:
        """What is sent: the prompt, and after a reply that could not be read, that one and what is wrong."""
        messages = dialect.messages(self.prompt, self.schema)
        if isinstance(self.failed, ReplyUnreadable):
            request = (
                f"That reply cannot be used: {self.failed.message}. "
                "Reply again with the whole JSON object in the form asked for, and nothing else."
            )
            messages += [
                {"role": "assistant", "content": self.failed.raw[:_LONGEST_QUOTE]},
                {"role": "user", "content": request},
            ]
        return messages


def _wait(failure: Failure, tries: int, first: float) -> float:
    """The pause before the next try, in seconds: the server's own, or doubling with jitter."""
    if failure.retry_after is not None:
        return failure.retry_after
    pause: float = min(first * 2**tries, _LONGEST_PAUSE)
    return pause * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, protects nothing


def _has_the_fields(text: str, schema: ReplySchema[T]) -> bool:
    """Whether a reply is an object with the schema's own fields: then the server or the model keeps to it."""
    found = json_object(text)
    return isinstance(found, dict) and set(found) == set(schema.wire.get("properties", {}))
