"""What a client hears while a call is at work: stages, and how far each is, at most a few times a second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from litreview.answers import Group

    from .workers import Job

# Called with a number that grows, and what is being done.
Report = Callable[[int, str], Awaitable[None]]

# Seconds between two notifications. A model's reply comes in thousands of pieces.
_PAUSE = 0.2


class Teller:
    """Takes what a thread tells, and hands on the latest on the server's loop.

    Made by `telling`. Is told from the call's thread: as a `writing.Watch`, and of an import by `imported`.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._latest = ""
        self._stage = "retrieving"
        self._lengths: dict[str, int] = {}

    def stage(self, name: str) -> None:
        """A stage begins."""
        self._stage = name
        self._tell(self._writing())

    def text(self, part: str, text: str) -> None:
        """All of a reply so far."""
        self._lengths[part] = len(text)
        self._tell(self._writing())

    def group(self, group: Group) -> None:
        """A group is complete and checked."""
        self._tell(f"checked {len(group.claims)} claims on “{group.heading}”")

    def imported(self, job: Job) -> Callable[[str, int, int], None]:
        """What an import tells of itself; ends it where the call was cancelled."""

        def report(stage: str, done: int, total: int) -> None:
            job.check()
            self._tell(f"{stage}, {done:,} of {total:,}" if total else f"{stage}, {done:,}")

        return report

    async def hand_on(self, report: Report) -> None:
        """Report the latest again and again, until cancelled."""
        count, said = 0, ""
        while True:
            await self._news.wait()
            self._news.clear()
            if self._latest != said:
                said, count = self._latest, count + 1
                await report(count, said)
                await asyncio.sleep(_PAUSE)

    def _writing(self) -> str:
        # Four characters a token, as a figure to watch; the usage in the result is the server's own.
        tokens = sum(self._lengths.values()) // 4
        return f"{self._stage}, about {tokens:,} tokens so far" if tokens else self._stage

    def _tell(self, message: str) -> None:
        self._latest = message
        # A thread may outlive the server that is told.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._news.set)


@asynccontextmanager
async def telling(report: Report | None) -> AsyncIterator[Teller]:
    """A teller whose news are reported while the block runs; to nobody if there is nobody to report to."""
    teller = Teller()
    if report is None:
        yield teller
        return
    task = asyncio.create_task(teller.hand_on(report))
    try:
        yield teller
    finally:
        task.cancel()
        # Whoever has gone and cannot be told is no reason for the call to fail.
        await asyncio.gather(task, return_exceptions=True)
