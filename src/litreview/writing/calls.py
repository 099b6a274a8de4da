"""What stands between the engine and a model: a cache, a limit of cost, a record. Each is a `ChatModel`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from litreview.errors import CostLimit, LitreviewError, ReplyError, RunNotFound
from litreview.llm import read_reply
from litreview.llm.types import ChatModel, Completion, OnText, Prompt, ReplySchema, TokenUsage
from litreview.prices import Price
from litreview.tokens import bound

T = TypeVar("T", bound=BaseModel)


class ReplyStore(Protocol):
    """Where replies are kept between runs."""

    def reply(self, digest: str) -> Completion | None:
        """The reply kept under a digest."""

    def keep_reply(self, digest: str, completion: Completion, *, server: str, model: str) -> None:
        """Keep a reply that could be read."""


class StoredReply(BaseModel):
    """One prompt of a run and what came back: a reply that could be read, or an error and its raw reply."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: Prompt
    completion: Completion | None = None
    from_cache: bool = False
    error: str = ""
    raw: str = ""


class _Around:
    """What wraps a model has the model's own identity, and is opened and closed with it."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model

    async def __aenter__(self) -> Self:
        if isinstance(self._model, AbstractAsyncContextManager):
            await self._model.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        if isinstance(self._model, AbstractAsyncContextManager):
            await self._model.__aexit__(*error)

    @property
    def identity(self) -> Mapping[str, Any]:
        """That of the model behind it."""
        return self._model.identity


class Cached(_Around):
    """Asks the model only what it was not asked before, with the same parameters on the same server."""

    def __init__(self, model: ChatModel, store: ReplyStore) -> None:
        super().__init__(model)
        self._store = store
        self.hits: set[str] = set()

    async def complete(
        self, prompt: Prompt, schema: ReplySchema[T], *, on_text: OnText | None = None
    ) -> tuple[T, Completion]:
        """Give the kept reply if there is one, else ask and keep the reply."""
        digest = reply_digest(self.identity, prompt, schema)
        kept = self._store.reply(digest)
        if kept is not None:
            try:
                value = read_reply(kept.text, schema)
            except ReplyError:
                pass  # Kept by a version that read it otherwise: ask again.
            else:
                self.hits.add(prompt.name)
                return value, kept
        value, completion = await self._model.complete(prompt, schema, on_text=on_text)
        server, model = str(self.identity.get("server", "")), str(self.identity.get("model", ""))
        self._store.keep_reply(digest, completion, server=server, model=model)
        return value, completion


class Metered(_Around):
    """Stops before the call that could pass a limit of cost.

    Args:
        model: Who is asked.
        price: What its tokens cost.
        limit: US dollars for all calls together.
        reply_tokens: How long a reply can become at most.
    """

    def __init__(self, model: ChatModel, price: Price, *, limit: float, reply_tokens: int) -> None:
        super().__init__(model)
        self._price = price
        self._limit = limit
        self._reply_tokens = reply_tokens
        self._spent = 0.0

    async def complete(
        self, prompt: Prompt, schema: ReplySchema[T], *, on_text: OnText | None = None
    ) -> tuple[T, Completion]:
        """Ask, if what the call can cost at most still fits under the limit.

        Raises:
            CostLimit: It does not; the call was not made.
        """
        asked = bound(prompt.system) + bound(prompt.user) + bound(json.dumps(dict(schema.wire)))
        most = self._price.cost(TokenUsage(prompt_tokens=asked, completion_tokens=self._reply_tokens))
        if self._spent + most > self._limit:
            raise CostLimit(
                f"the call {prompt.name!r} could cost up to ${most:.4f}; with ${self._spent:.4f} spent that"
                f" would pass the limit of ${self._limit:.4f}",
                hint="raise --max-cost, or consider fewer papers with -k",
            )
        # Set aside before the call, so that calls at the same time cannot pass the limit together.
        self._spent += most
        value, completion = await self._model.complete(prompt, schema, on_text=on_text)
        self._spent += self._price.cost(completion.usage) - most
        return value, completion


class Recorded(_Around):
    """Keeps every prompt with its reply, or with its error and the raw reply, in the order they ended."""

    def __init__(self, model: ChatModel, *, cache: Cached | None = None) -> None:
        super().__init__(model)
        self._cache = cache
        self.replies: list[StoredReply] = []

    async def complete(
        self, prompt: Prompt, schema: ReplySchema[T], *, on_text: OnText | None = None
    ) -> tuple[T, Completion]:
        """Ask and take note, also of a failure."""
        try:
            value, completion = await self._model.complete(prompt, schema, on_text=on_text)
        except LitreviewError as error:
            raw = error.raw if isinstance(error, ReplyError) else ""
            self.replies.append(StoredReply(prompt=prompt, error=error.message, raw=raw))
            raise
        cached = self._cache is not None and prompt.name in self._cache.hits
        self.replies.append(StoredReply(prompt=prompt, completion=completion, from_cache=cached))
        return value, completion

    @property
    def made(self) -> list[Completion]:
        """The replies that were asked for now, not taken from the cache."""
        return [reply.completion for reply in self.replies if reply.completion and not reply.from_cache]


class Replayed:
    """Gives the replies of an earlier run again, by the names of their prompts.

    Where there is a model to ask, a reply counts only for the very prompt it was given to: the papers may be
    divided otherwise by now.

    Args:
        replies: What the run kept.
        model: Who is asked for a reply that the run does not have; None to ask nobody.
    """

    def __init__(self, replies: Iterable[StoredReply], model: ChatModel | None = None) -> None:
        self._replies = {reply.prompt.name: reply for reply in replies if reply.completion}
        self._model = model
        self._identity = model.identity if model else {}

    @property
    def identity(self) -> Mapping[str, Any]:
        """That of the model that would be asked."""
        return self._identity

    async def complete(
        self, prompt: Prompt, schema: ReplySchema[T], *, on_text: OnText | None = None
    ) -> tuple[T, Completion]:
        """Read the kept reply again.

        Raises:
            RunNotFound: The run has no reply to this prompt, and there is no model to ask.
        """
        kept = self._replies.get(prompt.name)
        if kept is not None and self._model is not None and kept.prompt.digest != prompt.digest:
            kept = None
        if kept is not None and kept.completion is not None:
            return read_reply(kept.completion.text, schema), kept.completion
        if self._model is None:
            raise RunNotFound(
                f"the run ended before it had a reply to {prompt.name!r}", hint="litreview replay RUN"
            )
        return await self._model.complete(prompt, schema, on_text=on_text)


def reply_digest(identity: Mapping[str, Any], prompt: Prompt, schema: ReplySchema[Any]) -> str:
    """What a reply depends on, as a hash: server, model, parameters, prompt and form."""
    parts = json.dumps([dict(identity), prompt.digest, schema.name, dict(schema.wire)], sort_keys=True)
    return hashlib.blake2b(parts.encode(), digest_size=16).hexdigest()
