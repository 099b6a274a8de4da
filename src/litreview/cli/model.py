"""Which model writes, from flags and settings; and what a person sees while it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from litreview import configured
from litreview.configured import Engine, choose_engine, find_model, is_configured, make_model, make_server
from litreview.errors import LitreviewError

from .shell import shows_progress

if TYPE_CHECKING:
    from rich.progress import Progress

    from litreview.answering import Writer
    from litreview.answers import Group
    from litreview.library import Library
    from litreview.settings import Settings

__all__ = [
    "Engine",
    "LiveWatch",
    "ModelState",
    "choose_engine",
    "describe_model",
    "live_watch",
    "make_writer",
    "model_name",
]


class ModelState(NamedTuple):
    """What `doctor` says of the model: what is set up, whether its server answers, how it is counted."""

    engine: str
    server: str
    model: str
    key: str
    tokens: str
    prices: str


def describe_model(settings: Settings) -> ModelState:
    """Look at the model that is set up; asks its server for its models, if there is one to ask."""
    from litreview.prices import load_prices
    from litreview.settings import prices_file, vocabulary_folder
    from litreview.tokens import counter_for

    name = model_name(settings)
    table = load_prices(prices_file())
    exact = counter_for(name, cache=vocabulary_folder()).exact
    known = f"{name} as of {table.date}" if table.price(name) else f"none for {name}"
    return ModelState(
        engine="llm" if is_configured(settings) else "extractive (no key, no network)",
        server=_reached(settings) if is_configured(settings) else "none set up",
        model=name,
        key="set" if settings.api_key else "not set",
        tokens="counted with its vocabulary" if exact else "bounded from above (no cached vocabulary)",
        prices=f"{known}; your own: {prices_file()}",
    )


def model_name(settings: Settings) -> str:
    """The model that is named, or the default; without asking a server."""
    import asyncio

    return asyncio.run(find_model(settings, send=False))


def _reached(settings: Settings) -> str:
    import asyncio

    from litreview.llm import list_models

    server = make_server(settings)
    try:
        return f"{server.name} answers, {len(asyncio.run(list_models(server))):,} models"
    except LitreviewError as error:
        return f"{server.name} does not serve: {error.message}"


def make_writer(settings: Settings, library: Library, *, cache: bool = True, send: bool = True) -> Writer:
    """Put together what writes an answer.

    Args:
        settings: As they hold for this command.
        library: It remembers how this model was last asked, and keeps replies.
        cache: Whether kept replies are taken.
        send: Whether anything may be sent; without, a server is not asked for the names of its models.

    Raises:
        SettingsError: The server's address or key, or the user's prices cannot be used.
        UsageError: The server has several models, or a limit of cost cannot be held.
        PromptError: A prompt file cannot be used.
        ProviderError: The server could not be asked which models it has.
    """
    import asyncio

    name = asyncio.run(find_model(settings, send=send))
    return configured.make_writer(settings, make_model(settings, library, name), cache=cache)


class LiveWatch:
    """A line on stderr that lives while a model writes: stage, tokens so far, seconds.

    Args:
        line: The line, or None off a terminal.
        show: Called with each group as soon as it is checked, or None to wait for the whole answer.
    """

    def __init__(self, line: Progress | None, show: Callable[[Group], None] | None) -> None:
        self._line = line
        self._task = line.add_task("retrieving", total=None) if line else None
        self._show = show
        self._stage = "retrieving"
        self._lengths: dict[str, int] = {}
        self.shown: list[Group] = []

    def stage(self, name: str) -> None:
        """A stage begins."""
        self._stage = name
        self._update()

    def text(self, part: str, text: str) -> None:
        """All of a reply so far."""
        self._lengths[part] = len(text)
        self._update()

    def group(self, group: Group) -> None:
        """Show a group above the line."""
        if self._show is None:
            return
        if self._line:
            self._line.stop()
        self._show(group)
        self.shown.append(group)
        if self._line:
            self._line.start()

    def _update(self) -> None:
        if self._line is None or self._task is None:
            return
        # Four characters a token, as a figure to watch; the usage in the answer is the server's own.
        tokens = sum(self._lengths.values()) // 4
        written = f", about {tokens:,} tokens so far" if tokens else ""
        self._line.update(self._task, description=f"{self._stage}{written}")


@contextmanager
def live_watch(show: Callable[[Group], None] | None) -> Iterator[LiveWatch]:
    """A watch whose line is on stderr while the block runs, if that is a terminal."""
    if not shows_progress():
        yield LiveWatch(None, show)
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as line:
        yield LiveWatch(line, show)
