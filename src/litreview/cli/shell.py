"""What every command does around its work: messages, exit codes, signals, progress, output."""

from __future__ import annotations

import functools
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, ParamSpec, TypeVar

import typer

from litreview.errors import LitreviewError, UsageError, error_report

if TYPE_CHECKING:
    from pydantic import BaseModel

    from litreview.library import Filters, Library

_P = ParamSpec("_P")
_R = TypeVar("_R")

_INTERRUPTED = 130
_STOPPED = "interrupted: what was done stays; the same command goes on from there"
# Of the command that is running: whether --quiet was given, and whether its result is on stdout already.
_QUIET = ContextVar("quiet", default=False)
_SHOWN = ContextVar("shown", default=False)
# A bar that comes and goes within a second only flickers.
_PROGRESS_AFTER = 1.0


class Terminated(BaseException):
    """SIGTERM or SIGHUP: unwinds like Ctrl-C, so that locks are released and Chroma is closed."""


def guarded(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """Wrap a command so that it ends with a message and its exit code, never with a traceback.

    With --json an error is one JSON object on stdout, besides its message on stderr; not where the result
    stands there already, as of a check that failed. LITREVIEW_DEBUG=1 lets an unexpected error through as it
    is.
    """

    @functools.wraps(command)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        json = bool(kwargs.get("json")) or kwargs.get("format") == "json"
        _SHOWN.set(False)
        with _message_handler(), _terminable():
            try:
                result = command(*args, **kwargs)
                sys.stdout.flush()
                return result
            except LitreviewError as error:
                _end(error, error.exit_code, json=json)
            except (KeyboardInterrupt, Terminated):
                stopped = LitreviewError(_STOPPED)
                _end(stopped, _INTERRUPTED, json=json, prefix="", kind="Interrupted")
            except BrokenPipeError:
                # The reader of our output has seen enough (`litreview list | head`). Nothing may be
                # flushed into the closed pipe any more.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                raise SystemExit(0) from None
            except OSError as error:
                if os.environ.get("LITREVIEW_DEBUG"):
                    raise
                named = f": {error.filename!r}" if error.filename else ""
                _end(LitreviewError(f"{error.strerror or error}{named}"), 1, json=json, kind="OSError")
            except Exception as error:
                # Typer's own ways to end a command (exit codes, bad usage) are not errors of ours.
                if isinstance(error, typer.Exit | typer.BadParameter) or os.environ.get("LITREVIEW_DEBUG"):
                    raise
                unexpected = LitreviewError(
                    f"something unexpected went wrong ({type(error).__name__}: {error})",
                    hint="run it again with LITREVIEW_DEBUG=1 and report what it prints",
                )
                _end(unexpected, 1, json=json, kind=type(error).__name__)

    return run


def _end(
    error: LitreviewError, exit_code: int, *, json: bool, prefix: str = "error: ", kind: str = ""
) -> NoReturn:
    """End a command with an error: a message on stderr and, with --json, an object on stdout."""
    complain(f"{prefix}{error.message}")
    if error.hint:
        complain(f"next: {error.hint}")
    if json and not _SHOWN.get():
        report = error_report(error)
        report["error"] |= {"type": kind or report["error"]["type"], "exit_code": exit_code}
        print_json(report)
        sys.stdout.flush()
    raise SystemExit(exit_code) from None


def say(message: str) -> None:
    """Print a note to stderr; nothing with --quiet."""
    if not _QUIET.get():
        complain(message)


def complain(message: str) -> None:
    """Print an error to stderr, with --quiet too; names of files in it cannot steer a terminal."""
    print(harmless(message), file=sys.stderr, flush=True)


def tell(line: str) -> None:
    """Print a line of a result to stdout; titles in it cannot steer a terminal."""
    print(harmless(line))


def harmless(text: str) -> str:
    """Text with what would steer a terminal spelled out."""
    if text.isascii() and text.isprintable():
        return text  # Most lines; the next import takes longer than all of `litreview --help`.
    from litreview.text.cleaning import shown

    return shown(text)


def set_quiet(quiet: bool) -> None:
    """Leave out all notes, warnings and progress of the command that follows, or not."""
    _QUIET.set(quiet)


def shows_progress() -> bool:
    """Whether anybody sees a bar: stderr is a terminal, and --quiet was not given."""
    return sys.stderr.isatty() and not _QUIET.get()


@contextmanager
def _message_handler() -> Iterator[None]:
    """Show the library's warnings and notes on stderr, one line each, while a command runs."""
    if _QUIET.get():
        yield
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_MessageFormatter())
    logger = logging.getLogger("litreview")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class _MessageFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        prefix = "warning" if record.levelno >= logging.WARNING else "note"
        return harmless(f"{prefix}: {record.getMessage()}")


@contextmanager
def _terminable() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into a clean stop; killed in a write, Chroma's files are lost."""

    def stop(_number: int, _frame: object) -> None:
        raise Terminated

    previous = {}
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None:
            try:
                previous[number] = signal.signal(number, stop)
            except ValueError:
                continue  # Not the main thread: whoever runs us there handles signals.
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def opened_library(folder: Path | None, *, create: bool = False) -> Iterator[Library]:
    """Open the library that the flag or the settings name.

    Raises:
        NothingRelevant: There is none yet and `create` is not set.
        LibraryError: It cannot be opened.
    """
    from litreview.configured import open_library
    from litreview.settings import load_settings

    with open_library(load_settings(library=folder), create=create) as library:
        yield library


def make_filters(
    since: int | None, until: int | None, venue: str | None, source: str | None, tags: list[str] | None
) -> Filters:
    """Put the filter options of a command together.

    Raises:
        UsageError: The years leave nothing.
    """
    from litreview.library import Filters

    if since is not None and until is not None and since > until:
        raise UsageError(f"no year is both since {since} and until {until}", hint="litreview search --help")
    return Filters(since=since, until=until, venue=venue, source=source, tags=tuple(tags or ()))


def print_json(value: BaseModel | Mapping[str, Any]) -> None:
    """Print a model's own dump, or a plain object, as one indented JSON object."""
    from litreview.render.json import render_json

    plain = value if isinstance(value, Mapping) else value.model_dump(mode="json")
    write_text(render_json(plain), None)


def write_text(text: str, output: Path | None, *, data: bool = False) -> None:
    """Write text to a file, or, harmless to a terminal, to stdout; a file is written whole or not at all.

    What programs read (`data`) goes into a pipe as it is: spelled out, it would be other data, or none.
    """
    if output is None:
        sys.stdout.write(text if data and not sys.stdout.isatty() else harmless(text))
        _SHOWN.set(True)
        return
    temporary = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        # Left by a process that was killed, or put there by somebody else for us to write through.
        temporary.unlink(missing_ok=True)
        with temporary.open("x", encoding="utf-8") as file:
            file.write(text)
        temporary.replace(output)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a progress callback: a bar on stderr after a second of work, nothing off a terminal."""
    if not shows_progress():
        yield lambda _stage, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task("reading", total=None)
    started = time.monotonic()

    def report(stage: str, done: int, total: int) -> None:
        if time.monotonic() - started > _PROGRESS_AFTER:
            bar.start()
        bar.update(task, description=stage, completed=done, total=total or None)

    try:
        yield report
    finally:
        bar.stop()
