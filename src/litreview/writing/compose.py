"""Making the planned calls, at once where there are several, and joining what they say."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel

from litreview.answers import DraftAnswer, DraftGroup, Group, Judgement, Repair
from litreview.checking import Checked, PreparedPapers, check
from litreview.errors import LitreviewError, ProviderError
from litreview.llm.types import ChatModel, Completion, Prompt, ReplySchema
from litreview.prompting import Prompts

from .joining import Joiner
from .judging import judge
from .planning import Budget, Part, Plan
from .repairing import prepare_repair
from .streaming import GroupStream

_log = logging.getLogger("litreview")

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

# More at a time run into the limits of rate that servers set.
CONCURRENCY = 4


class Watch(Protocol):
    """Who is told how far the work is. Called from the event loop; must return at once."""

    def stage(self, name: str) -> None:
        """A stage begins: "asking", "asking 2 of 5", "joining"."""

    def text(self, part: str, text: str) -> None:
        """All of a reply so far."""

    def group(self, group: Group) -> None:
        """A group is complete and checked, while the reply still comes."""


class Written(NamedTuple):
    """What the model's answer holds after check and repair: claims, what was removed or mended, gaps."""

    checked: Checked
    gaps: tuple[str, ...]
    repaired: tuple[Repair, ...] = ()
    judgement: Judgement | None = None


class Workshop(NamedTuple):
    """What the calls of one question have in common.

    Attributes:
        model: Who is asked.
        prompts: The prompts in use.
        deadline: Seconds for all calls together.
        judged: Whether a second reader is asked about the claims.
        watch: Who is told of the progress.
    """

    model: ChatModel
    prompts: Prompts
    deadline: float
    judged: bool = False
    watch: Watch | None = None

    def stage(self, name: str) -> None:
        """Tell whoever watches."""
        if self.watch:
            self.watch.stage(name)

    async def ask(self, prompt: Prompt, schema: ReplySchema[M]) -> tuple[M, Completion]:
        """Make one call; whoever watches hears how far the reply is."""
        watch = self.watch
        on_text = (lambda text: watch.text(prompt.name, text)) if watch else None
        return await self.model.complete(prompt, schema, on_text=on_text)


async def compose(plan: Plan, shop: Workshop) -> Written:
    """Ask for each part, join, check, and have mended what failed.

    Args:
        plan: The calls over papers.
        shop: Who is asked, and how.

    Raises:
        ProviderError: The deadline passed, or the server could not be reached.
        ModelError: A call failed; the first failure ends the others. Only the repair and the second reader
            may fail: then what failed its check stays removed, and there are no figures.
    """
    papers = PreparedPapers.of(plan.papers)
    try:
        async with asyncio.timeout(shop.deadline):
            drafts = await _drafts(plan, shop, papers)
            draft = drafts[0] if len(drafts) == 1 else await _joined(plan, drafts, shop, papers)
            written = await mended(draft, shop, papers, question=plan.question, budget=plan.budget)
            return await _judged(written, shop) if shop.judged else written
    except TimeoutError as error:
        raise ProviderError(
            f"the model had not answered after {shop.deadline:.0f} seconds",
            hint="try again, or consider fewer papers with -k",
        ) from error


async def _drafts(plan: Plan, shop: Workshop, papers: PreparedPapers) -> list[DraftAnswer]:
    watch = shop.watch
    shop.stage("asking" if len(plan.parts) == 1 else f"asking in {len(plan.parts)} parts")
    # Groups of one part of several say nothing yet: they are shown when they are joined.
    stream = GroupStream(papers, watch.group) if watch and len(plan.parts) == 1 else None
    at_once = asyncio.Semaphore(CONCURRENCY)

    async def ask(part: Part) -> DraftAnswer:
        def on_text(text: str) -> None:
            if watch:
                watch.text(part.prompt.name, text)
            if stream:
                stream.feed(text)

        async with at_once:
            draft, _ = await shop.model.complete(part.prompt, part.form, on_text=on_text if watch else None)
            return draft

    return await together(ask(part) for part in plan.parts)


async def together(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Make calls at the same time and give their results in order; the first failure ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call) for call in calls]
    except* LitreviewError as errors:
        raise next(_leaves(errors)) from None
    return [task.result() for task in tasks]


def _leaves(group: BaseExceptionGroup[LitreviewError]) -> Iterator[LitreviewError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


async def _joined(
    plan: Plan, drafts: Sequence[DraftAnswer], shop: Workshop, papers: PreparedPapers
) -> DraftAnswer:
    """One draft of several: what stood its check is joined by one more call, what failed stays as it was."""
    shop.stage("joining")
    parts = [check(draft, papers) for draft in drafts]
    joining = Joiner(shop.prompts, plan.budget).prepare(
        plan, parts, [gap for draft in drafts for gap in draft.gaps]
    )
    draft = joining.unjoined
    if joining.prompt is not None:
        joined, _ = await shop.model.complete(joining.prompt, joining.schema)
        draft = joining.draft_of(joined)
    failed = (
        DraftGroup(heading=failure.heading, claims=(failure.draft,))
        for part in parts
        for failure in part.failures
    )
    return draft.model_copy(update={"groups": (*draft.groups, *failed)})


async def mended(
    draft: DraftAnswer, shop: Workshop, papers: PreparedPapers, *, question: str, budget: Budget
) -> Written:
    """Check a draft, and send what failed back once, with the reasons."""
    shop.stage("checking")
    written = Written(check(draft, papers), draft.gaps)
    failures = written.checked.failures
    repairing = prepare_repair(question, failures, papers.papers, prompts=shop.prompts, budget=budget)
    if repairing is None:
        return written
    shop.stage(f"mending {len(failures)} {'claim' if len(failures) == 1 else 'claims'}")
    try:
        reply, _ = await shop.model.complete(repairing.prompt, repairing.schema)
    except LitreviewError as error:
        _log.warning("what failed its check could not be mended: %s", error.message)
        return written
    result = repairing.mend(draft, reply, papers)
    return written._replace(checked=result.checked, repaired=result.repaired)


async def _judged(written: Written, shop: Workshop) -> Written:
    """Ask a second reader about what stood its check."""
    if not written.checked.groups:
        return written
    shop.stage("asking a second reader")
    try:
        groups, judgement = await judge(written.checked.groups, shop.model, prompts=shop.prompts)
    except LitreviewError as error:
        _log.warning("the second reader gave no verdict: %s", error.message)
        return written
    checked = written.checked.model_copy(update={"groups": groups})
    return written._replace(checked=checked, judgement=judgement)
