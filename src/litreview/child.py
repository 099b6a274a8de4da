"""Work in a process of our own beside this one: starting it, talking to it in lines, and its end.

A child never outlives who started it: it ends when its standard input does, however that came about.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from queue import SimpleQueue
from types import TracebackType
from typing import IO, Self

_BUFFER = 1 << 20


class Child:
    """A module of ours as a process. A context manager: at its end the process is gone, however it ends.

    Nothing here raises if the process cannot be started or is gone: it then gives no answer, which whoever
    started it must be able to do without.

    Args:
        module: What `python -m` runs.
        arguments: Its command line.
        stdout: Where its standard output goes: a pipe, read as `output`, or an open file.
    """

    def __init__(self, module: str, *arguments: str, stdout: int | IO[bytes] = subprocess.PIPE) -> None:
        # -P keeps the working directory off the path: what lies there is none of ours.
        self._command = [sys.executable, "-P", "-m", module, *arguments]
        self._stdout = stdout
        self.process: subprocess.Popen[bytes] | None = None
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def start(self) -> None:
        """Start the process, unless it was started before."""
        if self.process is None:
            with suppress(OSError):
                self.process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                    self._command, stdin=subprocess.PIPE, stdout=self._stdout, stderr=subprocess.DEVNULL
                )
                self._writer = threading.Thread(target=self._write, args=(self.process,), daemon=True)
                self._writer.start()

    def send(self, line: bytes) -> None:
        """Send one line. Returns at once, however long the process takes to read it."""
        if self.process:
            self._lines.put(line)

    def _write(self, process: subprocess.Popen[bytes]) -> None:
        with suppress(OSError):
            while process.stdin and (line := self._lines.get()) is not None:
                process.stdin.write(line + b"\n")
                process.stdin.flush()

    @property
    def output(self) -> IO[bytes] | None:
        """The pipe of its standard output, if it was started."""
        return self.process.stdout if self.process else None

    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def succeeded(self) -> bool:
        """Wait for its end; whether it was started and ended well."""
        return self.process is not None and self.process.wait() == 0

    def end(self) -> None:
        """Kill the process, if it is there."""
        process, self.process = self.process, None
        if process is None:
            return
        process.kill()
        self._lines.put(None)
        self._writer.join()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        process.wait()


def messages() -> SimpleQueue[bytes]:
    """In a child: the lines of its standard input as they come. When that ends, so does the process."""
    lines: SimpleQueue[bytes] = SimpleQueue()

    def read() -> None:
        # Not through sys.stdin, whose lock a thread must not hold when the interpreter ends.
        with open(sys.stdin.fileno(), "rb", buffering=_BUFFER, closefd=False) as stream:
            for line in stream:
                lines.put(line.rstrip(b"\n"))
        os._exit(1)

    threading.Thread(target=read, daemon=True).start()
    return lines
