"""`Writers`: the models that a library's questions are asked, shared by those that are asked at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, get_args

from litreview.configured import Engine, choose_engine, find_model, make_model, make_prompts, make_writer
from litreview.errors import UsageError

if TYPE_CHECKING:
    import asyncio

    from litreview.answering import Writer
    from litreview.library import Library as PaperStore
    from litreview.llm.shared import SharedModel
    from litreview.llm.types import ChatModel
    from litreview.prompting import Prompts
    from litreview.settings import Settings
    from litreview.writing import Watch


class Writers:
    """Gives each question its writer; models and prompts are made once.

    Args:
        settings: As they hold for all questions.
        store: Remembers how a model was last asked.
    """

    def __init__(self, settings: Settings, store: PaperStore) -> None:
        self._settings = settings
        self._store = store
        self._models: dict[str | int, SharedModel] = {}
        self._prompts: Prompts | None = None
        self._finding: asyncio.Task[str] | None = None
        self._name: str | None = None

    async def writer(
        self,
        engine: Engine,
        model: ChatModel | str | None,
        *,
        judge: bool = False,
        watch: Watch | None = None,
    ) -> Writer | None:
        """The model of one question and how it is used; None for the extractive engine."""
        if engine not in get_args(Engine):
            raise UsageError(
                f"there is no engine {engine!r}", hint=f"use one of {', '.join(get_args(Engine))}"
            )
        wanted = self._settings.engine if engine == "auto" else engine
        if isinstance(model, str) and wanted == "auto":
            wanted = "llm"
        asked = self._settings.model_copy(update={"engine": wanted})
        own = model is not None and not isinstance(model, str)
        if (not own or wanted == "extractive") and choose_engine(asked) == "extractive":
            return None
        shared = await self._shared(model)
        if self._prompts is None:
            self._prompts = make_prompts(self._settings)
        writer = make_writer(self._settings, shared, prompts=self._prompts)
        return replace(writer, judged=judge, watch=watch)

    async def _shared(self, model: ChatModel | str | None) -> SharedModel:
        """The one wrapper of a model that all questions share, so that their calls are bounded together."""
        from litreview.llm.shared import SharedModel

        name = await self._default_name() if model is None else model
        key = name if isinstance(name, str) else id(name)
        if key not in self._models:
            # A model of the caller's own is let go of with its last question.
            self._models = {
                known: shared
                for known, shared in self._models.items()
                if isinstance(known, str) or not shared.idle
            }
            made = make_model(self._settings, self._store, name) if isinstance(name, str) else name
            self._models[key] = SharedModel(made)
        return self._models[key]

    async def _default_name(self) -> str:
        """The model that the settings name, or the server's only one; asked for once."""
        import asyncio

        if self._name is None:
            loop = asyncio.get_running_loop()
            if self._finding is None or self._finding.done() or self._finding.get_loop() is not loop:
                self._finding = loop.create_task(find_model(self._settings))
            # Questions that wait for the same name must not cancel it for each other.
            self._name = await asyncio.shield(self._finding)
        return self._name
