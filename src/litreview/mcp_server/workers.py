"""Calls at work in threads of their own, so that a long one keeps no other client waiting.

Each thread opens its own library, since an SQLite connection belongs to one thread, and has its own event
loop, on which a model is asked. A call that is cancelled ends there: its requests to a model are broken off,
and an import ends with the batch it is at.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

T = TypeVar("T")

# Calls at a time. Most of one is Python, which runs on one core; what waits for a model takes a place too.
AT_ONCE = 8


class Cancelled(BaseException):
    """The client wants no result any more. No `Exception`, so that nothing takes it for a failure."""


class Job:
    """One call at work: what its thread looks at to know whether to go on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._stop: Callable[[], object] | None = None

    def cancel(self) -> None:
        """End the call soon. From any thread; more than once does no harm."""
        with self._lock:
            self._cancelled = True
            if self._stop is not None:
                self._stop()

    def check(self) -> None:
        """Go on, or not.

        Raises:
            Cancelled: The call was cancelled.
        """
        if self._cancelled:
            raise Cancelled

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end, in the call's own thread.

        Raises:
            Cancelled: The call was cancelled; so was the coroutine, and it has ended.
        """
        try:
            return asyncio.run(self._cancellable(work))
        except asyncio.CancelledError:
            raise Cancelled from None

    async def _cancellable(self, work: Coroutine[Any, Any, T]) -> T:
        loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
        with self._lock:
            if self._cancelled:
                task.cancel()
            self._stop = lambda: loop.call_soon_threadsafe(task.cancel)
        try:
            return await task
        finally:
            with self._lock:
                self._stop = None


class Workers:
    """The threads of a server. Made by `workers`, which ends them."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._jobs: set[Job] = set()

    async def run(self, work: Callable[[Job], T]) -> T:
        """Do blocking work in a thread, and give what it returns.

        Where this is cancelled, so is the work; its thread is not waited for.
        """
        job = Job()
        self._jobs.add(job)
        future = self._pool.submit(work, job)
        future.add_done_callback(lambda _: self._jobs.discard(job))
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            job.cancel()
            raise
        except Cancelled:
            raise asyncio.CancelledError from None  # The server ends.

    def cancel(self) -> None:
        """Cancel all that is at work."""
        for job in tuple(self._jobs):
            job.cancel()


@asynccontextmanager
async def workers() -> AsyncIterator[Workers]:
    """Threads for the calls of a server; at the end all calls are cancelled and their threads have ended."""
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="litreview-mcp")
    started = Workers(pool)
    try:
        yield started
    finally:
        started.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)
