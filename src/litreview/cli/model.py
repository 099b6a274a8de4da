"""Which model writes, from flags and settings; and what a person sees while it does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from litreview.errors import LitreviewError, SettingsError, UsageError

from .shell import say

if TYPE_CHECKING:
    from rich.progress import Progress

    from litreview.answering import Writer
    from litreview.answers import Group
    from litreview.library import Library
    from litreview.llm import ChatModel, Mode, Server
    from litreview.settings import Settings
    from litreview.writing import Budget

Engine = Literal["auto", "llm", "extractive"]

# The cheapest current model of the default server that keeps to a schema; prices.toml has its price.
_DEFAULT_MODEL = "gpt-6-luna"
_CONTEXT = 16_000
_REPLY = 4_000
# Models with a large context think before they answer, and their thoughts count as reply.
_LONG_CONTEXT, _LONG_REPLY = 100_000, 16_000
_NO_MODEL = (
    "no model is set up (OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own), so this answer is"
    " extracted, not written"
)


def is_configured(settings: Settings) -> bool:
    """Whether there is a model to ask: a key, or the address of a server."""
    return settings.api_key is not None or settings.base_url is not None


def choose_engine(settings: Settings) -> Literal["llm", "extractive"]:
    """The engine that answers; says so where a written answer would need a key.

    Raises:
        SettingsError: A model was asked for and none is set up.
    """
    if settings.engine == "extractive":
        return "extractive"
    if is_configured(settings):
        return "llm"
    if settings.engine == "llm":
        raise SettingsError(
            "no model is set up for a written answer",
            hint="export OPENAI_API_KEY=…, or OPENAI_BASE_URL=… for a server of your own",
        )
    say(f"note: {_NO_MODEL}")
    return "extractive"


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
    return settings.model or _model_of(_server(settings), send=False)


def _server(settings: Settings) -> Server:
    from litreview.llm import Server

    key = settings.api_key.get_secret_value() if settings.api_key else None
    return Server(base_url=settings.base_url, api_key=key)


def _reached(settings: Settings) -> str:
    import asyncio

    from litreview.llm import list_models

    server = _server(settings)
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
    from litreview.answering import Writer
    from litreview.llm import Parameters, ServerModel
    from litreview.prices import load_prices
    from litreview.prompting import Prompts
    from litreview.settings import prices_file, vocabulary_folder
    from litreview.tokens import counter_for

    prompts = Prompts(settings.prompts)
    server = _server(settings)
    name = settings.model or _model_of(server, send=send)
    price = load_prices(prices_file()).price(name)
    budget = _budget(settings, price.context if price else None)
    parameters = Parameters(
        model=name,
        temperature=settings.temperature,
        seed=settings.seed,
        top_p=settings.top_p,
        max_reply_tokens=budget.reply,
        reasoning_effort=settings.reasoning_effort,
    )
    model: ChatModel = ServerModel(
        server,
        parameters,
        stream=settings.stream,
        mode=_mode(library.archive.last_mode(server.name, name)),
        timeout=settings.timeout,
        deadline=settings.deadline,
    )
    if settings.max_cost is not None:
        from litreview.writing import Metered

        if price is None:
            raise UsageError(
                f"the price of {name!r} is not known, so --max-cost cannot be held",
                hint=f"add it to {str(prices_file())!r}",
            )
        model = Metered(model, price, limit=settings.max_cost, reply_tokens=budget.reply)
    return Writer(
        model=model,
        prompts=prompts,
        budget=budget,
        price=price,
        exact=lambda: counter_for(name, cache=vocabulary_folder()),
        deadline=settings.deadline,
        cache=cache,
    )


def _mode(stored: str | None) -> Mode | None:
    from litreview.llm import Mode

    return next((mode for mode in get_args(Mode) if mode == stored), None)


def _budget(settings: Settings, known: int | None) -> Budget:
    from litreview.writing import Budget

    context = settings.max_context or known or _CONTEXT
    usual = _LONG_REPLY if context >= _LONG_CONTEXT else _REPLY
    return Budget(context=context, reply=settings.max_reply or min(usual, context // 4))


def _model_of(server: Server, *, send: bool) -> str:
    """The model to ask where none is named: our default, or the only one of the user's own server."""
    if server.is_openai:
        return _DEFAULT_MODEL
    if not send:
        return "the server's own model"
    import asyncio

    from litreview.llm import list_models

    models = asyncio.run(list_models(server))
    if len(models) != 1:
        some = f"one of {', '.join(models[:8])}{' …' if len(models) > 8 else ''}" if models else "MODEL"
        raise UsageError(
            f"the server {server.name} has {len(models)} models; name one",
            hint=f"export LITREVIEW_MODEL={models[0] if models else 'NAME'}, or --model with {some}",
        )
    return models[0]


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
    if not sys.stderr.isatty():
        yield LiveWatch(None, show)
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as line:
        yield LiveWatch(line, show)
