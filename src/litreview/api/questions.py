"""`Library`: the papers, and the questions that are asked about them."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, TypeVar

from litreview.configured import Engine
from litreview.errors import UsageError

from .models import Writers
from .papers import PaperLibrary

if TYPE_CHECKING:
    from litreview.library import Filters
    from litreview.library import Library as PaperStore
    from litreview.llm.types import ChatModel
    from litreview.related_work import Commission
    from litreview.results import RelatedWork, Review
    from litreview.settings import Settings
    from litreview.writing import Watch

_T = TypeVar("_T")


class Library(PaperLibrary):
    """An open library of papers. Opened with `Library.open`, closed at the end of a `with` block.

    One library may be asked any number of questions at once from one event loop: eight are worked on at a
    time, over as many connections. It belongs to the thread that opened it; open it once in each.

    Attributes:
        folder: Where it is.
        settings: As they hold for its questions.
    """

    def __init__(self, store: PaperStore, settings: Settings, closing: ExitStack) -> None:
        super().__init__(store, settings, closing)
        self._writers = Writers(settings, store)

    def ask(  # noqa: PLR0913 - each option of a question by its name
        self,
        question: str,
        *,
        limit: int = 30,
        filters: Filters | None = None,
        engine: Engine = "auto",
        model: ChatModel | str | None = None,
        judge: bool = False,
        watch: Watch | None = None,
    ) -> Review:
        """Answer a question: grouped, every claim with the words of an abstract it rests on, and checked.

        Args:
            question: In plain words.
            limit: How many papers to consider at most; at least 1.
            filters: Which papers may be considered at all; None for all.
            engine: "llm" writes, "extractive" quotes and needs no model, "auto" is what the settings say.
            model: Who writes: a model's name on the server of the settings, or any `ChatModel`.
            judge: Whether a second reader is asked about every claim.
            watch: Who is told of the progress.

        Raises:
            UsageError: The question is empty, or this runs in an event loop: await `aask` there.
            NothingRelevant: The library is empty, or nothing in it bears on the question.
            NothingSupported: The model answered, and no claim of it stood its check.
            ProviderError: The model's server could not be reached, or cannot serve now.
            ModelError: It was reached and the request cannot succeed as it is.
        """
        work = self.aask(
            question, limit=limit, filters=filters, engine=engine, model=model, judge=judge, watch=watch
        )
        return _wait(work, "aask")

    async def aask(  # noqa: PLR0913
        self,
        question: str,
        *,
        limit: int = 30,
        filters: Filters | None = None,
        engine: Engine = "auto",
        model: ChatModel | str | None = None,
        judge: bool = False,
        watch: Watch | None = None,
    ) -> Review:
        """`ask` for programs that have an event loop; any number at once."""
        from litreview.library import Filters
        from litreview.relevance import check_question
        from litreview.results import Review
        from litreview.review import ask_async

        store = self.store
        check_question(question)
        writer = await self._writers.writer(engine, model, judge=judge, watch=watch)
        review = await ask_async(store, question, limit=limit, filters=filters or Filters(), writer=writer)
        return Review.of(review, self._opened_store)

    def draft(  # noqa: PLR0913
        self,
        question: str,
        *,
        commission: Commission | None = None,
        limit: int = 40,
        filters: Filters | None = None,
        engine: Engine = "auto",
        model: ChatModel | str | None = None,
        watch: Watch | None = None,
    ) -> RelatedWork:
        """Write a related-work section: themes of sentences, each with its citations, and checked.

        Args:
            question: What it answers, in plain words.
            commission: How it is to be: style, one's own themes, a table; None for the defaults.
            limit: How many papers to consider at most; at least 1.
            filters: Which papers may be considered at all; None for all.
            engine: As for `ask`.
            model: As for `ask`.
            watch: As for `ask`.

        Raises:
            UsageError: The question is empty, or this runs in an event loop: await `adraft` there.
            NothingRelevant: The library is empty, or nothing in it bears on the question.
            NothingSupported: The model wrote, and no claim of it stood its check.
            ProviderError: The model's server could not be reached, or cannot serve now.
            ModelError: It was reached and the request cannot succeed as it is.
        """
        work = self.adraft(
            question,
            commission=commission,
            limit=limit,
            filters=filters,
            engine=engine,
            model=model,
            watch=watch,
        )
        return _wait(work, "adraft")

    async def adraft(  # noqa: PLR0913
        self,
        question: str,
        *,
        commission: Commission | None = None,
        limit: int = 40,
        filters: Filters | None = None,
        engine: Engine = "auto",
        model: ChatModel | str | None = None,
        watch: Watch | None = None,
    ) -> RelatedWork:
        """`draft` for programs that have an event loop; any number at once."""
        from litreview.library import Filters
        from litreview.related_work import Commission
        from litreview.relevance import check_question
        from litreview.results import RelatedWork
        from litreview.review import draft_async

        store = self.store
        check_question(question)
        writer = await self._writers.writer(engine, model, watch=watch)
        section = await draft_async(
            store,
            question,
            commission=commission or Commission(),
            limit=limit,
            filters=filters or Filters(),
            writer=writer,
        )
        return RelatedWork.of(section)

    def replay(self, run: str) -> Review | RelatedWork:
        """An earlier answer or section again, from the replies it was made of, checked again.

        A run that ended in an error is gone on with: only the replies it lacks are asked for.

        Args:
            run: Its id, the beginning of it, or "last".

        Raises:
            RunNotFound: There is none.
            UsageError: This runs in an event loop: await `areplay` there.
        """
        return _wait(self.areplay(run), "areplay")

    async def areplay(self, run: str) -> Review | RelatedWork:
        """`replay` for programs that have an event loop."""
        from litreview.results import RelatedWork, Review
        from litreview.review import redraft_async, replay_async
        from litreview.runs import load_run

        store = self.store
        kept = load_run(store, run)
        complete = kept.review is not None or kept.section is not None
        writer = None if complete else await self._writers.writer("llm", None)
        if kept.commission is not None:
            return RelatedWork.of(await redraft_async(store, kept.id, writer=writer))
        return Review.of(await replay_async(store, kept.id, writer=writer), self._opened_store)


def _wait(work: Coroutine[Any, Any, _T], twin: str) -> _T:
    """Run a coroutine to its end in an event loop of its own."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    work.close()
    raise UsageError(
        f"{twin[1:]}() waits for its answer, and an event loop runs in this thread already",
        hint=f"await library.{twin}(…)",
    )
