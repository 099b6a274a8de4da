"""What settings name, made: the open library, its embedder, the model that writes. No logic of an answer.

The shells (command line, Python, MCP) come through here, so that the same settings mean the same everywhere.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal, get_args

from .embedding import Embedder
from .errors import SettingsError, UsageError
from .plugins import load_plugin, plugin_names

if TYPE_CHECKING:
    from .answering import Writer
    from .library import Library
    from .library.remote import ServerAddress
    from .llm import ChatModel, Mode, Server
    from .prompting import Prompts
    from .settings import Settings
    from .writing import Budget

Engine = Literal["auto", "llm", "extractive"]

_log = logging.getLogger("litreview")

# The cheapest current model of the default server that keeps to a schema; prices.toml has its price.
_DEFAULT_MODEL = "gpt-6-luna"
_CONTEXT = 16_000
_REPLY = 4_000
# Models with a large context think before they answer, and their thoughts count as reply.
_LONG_CONTEXT, _LONG_REPLY = 100_000, 16_000
_EMBEDDERS: Literal["litreview.embedders"] = "litreview.embedders"


def open_library(settings: Settings, *, create: bool, embedder: Embedder | None = None) -> Library:
    """Open the library that the settings name.

    Args:
        settings: As they hold.
        create: Whether one may be made where there is none.
        embedder: In place of the one that the settings name.

    Raises:
        NothingRelevant: There is none yet and `create` is not set.
        LibraryError: It cannot be opened.
        SettingsError: Its embedder cannot be had.
    """
    from .library import Library, empty_library

    path = settings.library.expanduser()
    embedder = embedder or make_embedder(settings)
    server = make_shared_server(settings)
    if not create and not path.exists():
        raise empty_library(str(path), shared=server is not None)
    return Library(path, create=create, lean=settings.lean, embedder=embedder, server=server)


def make_shared_server(settings: Settings) -> ServerAddress | None:
    """The Chroma server on which the settings share the library; None for a library on its own.

    Raises:
        SettingsError: Its address or headers cannot be used.
    """
    if settings.chroma_url is None:
        return None
    from .library.remote import ServerAddress

    token, headers = settings.chroma_token, settings.chroma_headers
    return ServerAddress.parse(
        settings.chroma_url,
        token=token.get_secret_value() if token else None,
        headers=headers.get_secret_value() if headers else None,
        tenant=settings.chroma_tenant,
        database=settings.chroma_database,
        prefix=settings.chroma_collection,
    )


def make_embedder(settings: Settings) -> Embedder | None:
    """What turns texts into vectors, as the settings name it; None for LSA.

    Raises:
        SettingsError: The files of a local model, or the address of a server, cannot be used, or there is no
            embedder of this name.
        PluginError: The plugin of this name cannot be loaded.
    """
    provider, _, model = settings.embedding.partition(":")
    if provider == "lsa":
        return None
    if provider == "openai" and model:
        from .embedding.openai import OpenAIEmbedder

        return OpenAIEmbedder(make_server(settings), model, timeout=settings.timeout)
    if provider == "minilm":
        from .embedding.minilm import MiniLMEmbedder
        from .settings import minilm_folder

        return MiniLMEmbedder(minilm_folder())
    factory = load_plugin(_EMBEDDERS, provider)
    if factory is None:
        known = ", ".join(["lsa", "minilm", "openai:MODEL", *plugin_names(_EMBEDDERS)])
        raise SettingsError(
            f"there is no embedding {settings.embedding!r}", hint=f"set LITREVIEW_EMBEDDING to one of {known}"
        )
    embedder: Embedder = factory(model)
    return embedder


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
    _log.info(
        "no model is set up (OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own), so this answer is"
        " extracted, not written"
    )
    return "extractive"


def make_server(settings: Settings) -> Server:
    """The OpenAI-compatible server that the settings name, OpenAI's own by default."""
    from .llm import Server

    key = settings.api_key.get_secret_value() if settings.api_key else None
    return Server(base_url=settings.base_url, api_key=key)


async def find_model(settings: Settings, *, send: bool = True) -> str:
    """The model to ask: the one that is named, else our default, or the only one of the user's own server.

    Args:
        settings: As they hold.
        send: Whether the server may be asked which models it has; without, a phrase stands for the name.

    Raises:
        UsageError: The server has several models, or none.
        ProviderError: It could not be asked.
    """
    server = make_server(settings)
    if settings.model:
        return settings.model
    if server.is_openai:
        return _DEFAULT_MODEL
    if not send:
        return "the server's own model"
    from .llm import list_models

    models = await list_models(server)
    if len(models) != 1:
        some = f"one of {', '.join(models[:8])}{' …' if len(models) > 8 else ''}" if models else "MODEL"
        raise UsageError(
            f"the server {server.name} has {len(models)} models; name one",
            hint=f"export LITREVIEW_MODEL={models[0] if models else 'NAME'}, or --model with {some}",
        )
    return models[0]


def make_model(settings: Settings, library: Library, name: str) -> ChatModel:
    """The model of this name on the server of the settings.

    Args:
        settings: As they hold.
        library: It remembers how this model was last asked.
        name: As `find_model` gives it.

    Raises:
        SettingsError: The server's address or key, or the user's prices cannot be used.
    """
    from .llm import Parameters, ServerModel

    server = make_server(settings)
    parameters = Parameters(
        model=name,
        temperature=settings.temperature,
        seed=settings.seed,
        top_p=settings.top_p,
        max_reply_tokens=_budget(settings, name).reply,
        reasoning_effort=settings.reasoning_effort,
    )
    return ServerModel(
        server,
        parameters,
        stream=settings.stream,
        mode=_mode(library.archive.last_mode(server.name, name)),
        timeout=settings.timeout,
        deadline=settings.deadline,
    )


def make_writer(
    settings: Settings, model: ChatModel, *, cache: bool = True, prompts: Prompts | None = None
) -> Writer:
    """What writes an answer with a model: prompts, tokens, price, and the limit of cost of one answer.

    Args:
        settings: As they hold.
        model: Who writes.
        cache: Whether kept replies are taken.
        prompts: What is asked with, where that was read already.

    Raises:
        SettingsError: The user's prices cannot be used.
        UsageError: A limit of cost cannot be held.
        PromptError: A prompt file cannot be used.
    """
    from .answering import Writer
    from .prices import load_prices
    from .settings import prices_file, vocabulary_folder
    from .tokens import counter_for

    name = str(model.identity.get("model", ""))
    price = load_prices(prices_file()).price(name)
    budget = _budget(settings, name)
    if settings.max_cost is not None:
        from .writing import Metered

        if price is None:
            raise UsageError(
                f"the price of {name!r} is not known, so --max-cost cannot be held",
                hint=f"add it to {str(prices_file())!r}",
            )
        model = Metered(model, price, limit=settings.max_cost, reply_tokens=budget.reply)
    return Writer(
        model=model,
        prompts=prompts or make_prompts(settings),
        budget=budget,
        price=price,
        exact=lambda: counter_for(name, cache=vocabulary_folder()),
        deadline=settings.deadline,
        cache=cache,
    )


def make_prompts(settings: Settings) -> Prompts:
    """The prompts in use: ours, or the user's own in their place. Reads and checks ten files.

    Raises:
        PromptError: One cannot be used.
    """
    from .prompting import Prompts

    return Prompts(settings.prompts)


def _mode(stored: str | None) -> Mode | None:
    from .llm import Mode

    return next((mode for mode in get_args(Mode) if mode == stored), None)


def _budget(settings: Settings, name: str) -> Budget:
    from .prices import load_prices
    from .settings import prices_file
    from .writing import Budget

    price = load_prices(prices_file()).price(name)
    context = settings.max_context or (price.context if price else None) or _CONTEXT
    usual = _LONG_REPLY if context >= _LONG_CONTEXT else _REPLY
    return Budget(context=context, reply=settings.max_reply or min(usual, context // 4))
