"""One model for many questions at once: few of them at a time, over connections that they share."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Self, TypeVar

from pydantic import BaseModel

from .types import ChatModel, Completion, OnText, Prompt, ReplySchema

T = TypeVar("T", bound=BaseModel)

# So many requests at once keep a server of one's own busy, and stay below what providers allow a new account.
AT_ONCE = 8


class SharedModel:
    """A `ChatModel` that any number of questions may ask at the same time.

    Each question enters it once (`async with`): so many are answered at once, and the others wait before
    their own time begins to count. The calls of those that are in are bounded as well, for one question may
    take several. The model behind it is opened with the first question and closed with the last.

    Args:
        model: Who is asked.
        at_once: How many questions are in at a time, and how many calls are made at a time.
    """

    def __init__(self, model: ChatModel, *, at_once: int = AT_ONCE) -> None:
        self._model = model
        self._at_once = at_once
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asking = 0
        self._open = False

    @property
    def identity(self) -> Mapping[str, Any]:
        """That of the model behind it."""
        return self._model.identity

    @property
    def idle(self) -> bool:
        """Whether no question is in, and none waits."""
        return self._asking == 0

    async def __aenter__(self) -> Self:
        self._begin_in(asyncio.get_running_loop())
        self._asking += 1
        try:
            await self._questions.acquire()
            try:
                await self._open_first()
            except BaseException:
                self._questions.release()
                raise
        except BaseException:
            await self._leave()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._questions.release()
        await self._leave()

    def _begin_in(self, loop: asyncio.AbstractEventLoop) -> None:
        """Locks belong to the event loop they were first waited for in; each `asyncio.run` has its own."""
        if loop is not self._loop:
            self._loop = loop
            self._questions = asyncio.Semaphore(self._at_once)
            self._calls = asyncio.Semaphore(self._at_once)
            self._changing = asyncio.Lock()

    async def _open_first(self) -> None:
        async with self._changing:
            if not self._open and isinstance(self._model, AbstractAsyncContextManager):
                await self._model.__aenter__()
            self._open = True

    async def _leave(self) -> None:
        self._asking -= 1
        async with self._changing:
            if self.idle and self._open:
                self._open = False
                if isinstance(self._model, AbstractAsyncContextManager):
                    await self._model.__aexit__(None, None, None)

    async def complete(
        self, prompt: Prompt, schema: ReplySchema[T], *, on_text: OnText | None = None
    ) -> tuple[T, Completion]:
        """Ask, once it is this call's turn. Only inside of `async with`."""
        async with self._calls:
            return await self._model.complete(prompt, schema, on_text=on_text)
