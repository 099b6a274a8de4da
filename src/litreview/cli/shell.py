"""What every command does around its work: messages, exit codes, signals, progress, output."""

from __future__ import annotations

import functools
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import typer

from litreview.errors import LitreviewError, UsageError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from litreview.embedding import Embedder
    from litreview.library import Filters, Library
    from litreview.settings import Settings

_P = ParamSpec("_P")
_R = TypeVar("_R")

_INTERRUPTED = 130
# A bar that comes and goes within a second only flickers.
_PROGRESS_AFTER = 1.0


class Terminated(BaseException):
    """SIGTERM or SIGHUP: unwinds like Ctrl-C, so that locks are released and Chroma is closed."""


def guarded(command: Callable[_P, _R]) -> Callable[_P, _R]:
    """Wrap a command so that it ends with a message and its exit code, never with a traceback.

    LITREVIEW_DEBUG=1 lets an unexpected error through as it is.
    """

    @functools.wraps(command)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with _message_handler(), _terminable():
            try:
                result = command(*args, **kwargs)
                sys.stdout.flush()
                return result
            except LitreviewError as error:
                say(f"error: {error.message}")
                if error.hint:
                    say(f"next: {error.hint}")
                raise SystemExit(error.exit_code) from None
            except (KeyboardInterrupt, Terminated):
                say("interrupted: what was done stays; the same command goes on from there")
                raise SystemExit(_INTERRUPTED) from None
            except BrokenPipeError:
                # The reader of our output has seen enough (`litreview list | head`). Nothing may be
                # flushed into the closed pipe any more.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                raise SystemExit(0) from None
            except OSError as error:
                if os.environ.get("LITREVIEW_DEBUG"):
                    raise
                say(f"error: {error.strerror or error}{f': {error.filename!r}' if error.filename else ''}")
                raise SystemExit(1) from None
            except Exception as error:
                # Typer's own ways to end a command (exit codes, bad usage) are not errors of ours.
                if isinstance(error, typer.Exit | typer.BadParameter) or os.environ.get("LITREVIEW_DEBUG"):
                    raise
                say(f"error: something unexpected went wrong ({type(error).__name__}: {error})")
                say("next: run it again with LITREVIEW_DEBUG=1 and report what it prints")
                raise SystemExit(1) from None

    return run


def say(message: str) -> None:
    """Print one message to stderr."""
    print(message, file=sys.stderr, flush=True)


@contextmanager
def _message_handler() -> Iterator[None]:
    """Show the library's warnings and notes on stderr, one line each, while a command runs."""
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
        return f"{prefix}: {record.getMessage()}"


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
    from litreview.library import Library, empty_library
    from litreview.settings import load_settings

    settings = load_settings(library=folder)
    path = settings.library.expanduser()
    if not create and not path.exists():
        raise empty_library(str(path))
    embedder = make_embedder(settings)
    with Library(path, create=create, lean=settings.lean, embedder=embedder) as library:
        yield library


def make_embedder(settings: Settings) -> Embedder | None:
    """What turns texts into vectors, as the settings name it; None for LSA.

    Raises:
        SettingsError: The files of a local model, or the address of a server, cannot be used.
    """
    provider, _, model = settings.embedding.partition(":")
    if provider == "openai":
        from litreview.embedding.openai import OpenAIEmbedder
        from litreview.llm import Server

        key = settings.api_key.get_secret_value() if settings.api_key else None
        return OpenAIEmbedder(Server(settings.base_url, key), model, timeout=settings.timeout)
    if provider == "minilm":
        from litreview.embedding.minilm import MiniLMEmbedder
        from litreview.settings import minilm_folder

        return MiniLMEmbedder(minilm_folder())
    return None


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


def print_json(value: BaseModel | dict[str, object]) -> None:
    """Print a model's own dump, or a plain object, as one indented JSON object."""
    from litreview.render.json import render_json

    plain = value if isinstance(value, dict) else value.model_dump(mode="json")
    print(render_json(plain), end="")


def write_text(text: str, output: Path | None) -> None:
    """Write text to a file, or to stdout; the file is written whole or not at all."""
    if output is None:
        sys.stdout.write(text)
        return
    temporary = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(output)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Yield a progress callback: a bar on stderr after a second of work, nothing off a terminal."""
    if not sys.stderr.isatty():
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
