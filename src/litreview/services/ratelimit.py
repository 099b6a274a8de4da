"""Turns at a service: one request at a time, and none sooner than its terms allow, whichever process asks."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from filelock import FileLock, Timeout

from litreview.errors import ProviderError

_log = logging.getLogger("litreview")


class Clock:
    """The time of day, a time that only goes forward, and sleep; a test has its own."""

    def now(self) -> float:
        """Seconds since 1970, the same for all processes."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some moment; never set back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class Pacer:
    """Gives out turns.

    Args:
        folder: Where the moments of the last requests are kept, so that two commands at once keep the limit
            together. Where it cannot be written this process keeps it by itself.
        clock: What is waited by.
        patience: Seconds to wait for another process that is asking the same service.
    """

    def __init__(self, folder: Path, *, clock: Clock, patience: float) -> None:
        self._clock = clock
        self._patience = patience
        self._last: dict[str, float] = {}
        self._folder: Path | None = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            self._folder = None

    @contextmanager
    def turn(self, address: str, interval: float) -> Iterator[None]:
        """Wait for a turn at an address; the block is the one request that may run there meanwhile.

        Args:
            address: Host and port.
            interval: Seconds between the starts of two requests; 0 gives the turn at once.

        Raises:
            ProviderError: Another process kept the address to itself for too long.
        """
        if not interval:
            yield
            return
        stamp = self._folder / re.sub(r"[^\w.-]", "_", address) if self._folder else None
        with self._alone(stamp, address):
            wait = self._previous(stamp, address) + interval - self._clock.now()
            # A clock that was set back would have us wait for hours.
            if wait > 0:
                self._clock.sleep(min(wait, interval))
            self._note(stamp, address)
            yield

    @contextmanager
    def _alone(self, stamp: Path | None, address: str) -> Iterator[None]:
        try:
            lock = FileLock(f"{stamp}.lock", timeout=self._patience) if stamp else None
            with lock.acquire() if lock else nullcontext():
                yield
        except Timeout as error:
            raise ProviderError(
                f"another command has been asking {address} for {self._patience:g} s",
                hint="run the same command again when it has ended",
            ) from error

    def _previous(self, stamp: Path | None, address: str) -> float:
        last = self._last.get(address, 0.0)
        try:
            return max(last, float(stamp.read_text(encoding="ascii"))) if stamp else last
        except (OSError, ValueError):
            return last

    def _note(self, stamp: Path | None, address: str) -> None:
        self._last[address] = self._clock.now()
        if stamp:
            try:
                stamp.write_text(repr(self._last[address]), encoding="ascii")
            except OSError as error:
                _log.info("the time of the last request to %s is not kept: %s", address, error)
