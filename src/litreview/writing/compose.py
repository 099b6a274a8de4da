"""Making the planned calls, at once where there are several, and joining what they say."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from litreview.answers import DraftAnswer, Group
from litreview.checking import Checked, PreparedPapers, check
from litreview.errors import LitreviewError, ProviderError
from litreview.llm.types import ChatModel
from litreview.prompting import Prompts

from .joining import Joiner
from .planning import Budget, Part, Plan
from .streaming import GroupStream

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
    """What the model's answer holds after its check: groups, what was removed, and gaps."""

    checked: Checked
    gaps: tuple[str, ...]


async def compose(
    plan: Plan,
    model: ChatModel,
    *,
    prompts: Prompts,
    budget: Budget,
    deadline: float,
    watch: Watch | None = None,
) -> Written:
    """Ask for each part, check, and join.

    Args:
        plan: The calls over papers.
        model: Who is asked.
        prompts: For the call that joins.
        budget: What one call may take.
        deadline: Seconds for all calls together.
        watch: Who is told of the progress.

    Raises:
        ProviderError: The deadline passed, or the server could not be reached.
        ModelError: A call failed; the first failure ends the others.
    """
    papers = PreparedPapers.of(plan.papers)
    try:
        async with asyncio.timeout(deadline):
            drafts = await _drafts(plan, model, papers, watch)
            if len(drafts) == 1:
                return Written(check(drafts[0], papers), drafts[0].gaps)
            if watch:
                watch.stage("joining")
            return await _join(plan, drafts, model, papers=papers, joiner=Joiner(prompts, budget))
    except TimeoutError as error:
        raise ProviderError(
            f"the model had not answered after {deadline:.0f} seconds",
            hint="try again, or consider fewer papers with -k",
        ) from error


async def _drafts(
    plan: Plan, model: ChatModel, papers: PreparedPapers, watch: Watch | None
) -> list[DraftAnswer]:
    if watch:
        watch.stage("asking" if len(plan.parts) == 1 else f"asking in {len(plan.parts)} parts")
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
            draft, _ = await model.complete(part.prompt, part.form, on_text=on_text if watch else None)
            return draft

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(ask(part)) for part in plan.parts]
    except* LitreviewError as errors:
        raise next(_leaves(errors)) from None
    return [task.result() for task in tasks]


def _leaves(group: BaseExceptionGroup[LitreviewError]) -> Iterator[LitreviewError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


async def _join(
    plan: Plan, drafts: Sequence[DraftAnswer], model: ChatModel, *, papers: PreparedPapers, joiner: Joiner
) -> Written:
    """Check the parts, join what stood the check, and check again: nothing unsupported is passed on."""
    parts = [check(draft, papers) for draft in drafts]
    joining = joiner.prepare(plan, parts, [gap for draft in drafts for gap in draft.gaps])
    draft = joining.unjoined
    if joining.prompt is not None:
        joined, _ = await model.complete(joining.prompt, joining.schema)
        draft = joining.draft_of(joined)
    final = check(draft, papers)
    return Written(
        final.model_copy(
            update={
                "removed": (*(claim for part in parts for claim in part.removed), *final.removed),
                "failures": (*(failure for part in parts for failure in part.failures), *final.failures),
            }
        ),
        draft.gaps,
    )
