"""From retrieved papers to a review by a model: plan, compose, assemble; the run is kept in any case."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from .answers import Answer, Group, Reference, RetrievedEntry, Review, Usage
from .checking.instructions import reads_like_instructions
from .errors import ContextTooLong, LitreviewError, NothingSupported, RunNotFound
from .extractive.summary import opening_line
from .library import Library
from .llm.types import ChatModel, Completion, TokenUsage
from .papers import Paper
from .prices import Price
from .prompting import Prompts
from .retrieval import Retrieved
from .runs import LibraryReplies, PromptUsed, Run, new_run, save_run
from .tokens import TokenCounter
from .writing import (
    Budget,
    Cached,
    Plan,
    Recorded,
    Replayed,
    Watch,
    Workshop,
    Written,
    compose,
    plan,
    prompt_tokens,
)

_log = logging.getLogger("litreview")

_PROMPTS = ("answer", "join", "repair", "judge")
# Seconds for all calls of a question. The slowest reasoning models take two minutes over forty abstracts.
DEADLINE = 300.0


@dataclass(frozen=True)
class Writer:
    """A model and how it is used.

    Attributes:
        model: Who is asked.
        prompts: What is asked with.
        budget: Tokens for one call.
        price: Of the model, or None where it is not known.
        exact: Gives the counter of the model's own vocabulary; called only where the bound is too rough.
        deadline: Seconds for all calls of a question together.
        cache: Whether replies of earlier runs are taken.
        judged: Whether a second reader is asked about every claim.
        watch: Who is told of the progress.
    """

    model: ChatModel
    prompts: Prompts
    budget: Budget = field(default_factory=Budget)
    price: Price | None = None
    exact: Callable[[], TokenCounter] = TokenCounter
    deadline: float = DEADLINE
    cache: bool = True
    judged: bool = False
    watch: Watch | None = None


class PromptPreview(BaseModel):
    """A prompt as it would be sent; `tokens` count messages, form and frame."""

    model_config = ConfigDict(frozen=True)

    name: str
    system: str
    user: str
    tokens: int


class Preview(BaseModel):
    """What a question would send and cost at most, were every reply as long as it may be.

    With several parts, one more call joins them; its prompt depends on their replies and counts with the
    longest they can be. `exact` is False where tokens are bounded from above.
    """

    model_config = ConfigDict(frozen=True)

    server: str
    model: str
    calls: int
    prompts: tuple[PromptPreview, ...]
    prompt_tokens: int
    exact: bool
    reply_tokens: int
    cost: float | None
    left_out: tuple[str, ...]


async def write(library: Library, retrieved: Retrieved, writer: Writer) -> Review:
    """Have a model answer from these papers, check every claim, and keep the run.

    Raises:
        NothingSupported: No claim stood its check.
        ProviderError: The server could not be reached, or cannot serve now.
        ModelError: A call cannot succeed as it is.
    """
    run = run_of(retrieved, writer, _PROMPTS)
    cache = Cached(writer.model, LibraryReplies(library)) if writer.cache else None
    return await _answer(library, run, writer, Recorded(cache or writer.model, cache=cache))


def run_of(retrieved: Retrieved, writer: Writer, prompts: Iterable[str]) -> Run:
    """A run that begins now, with these prompts of the writer's."""
    used = [writer.prompts[name] for name in prompts]
    return new_run(
        retrieved,
        settings={**writer.model.identity, **writer.budget.model_dump()},
        prompts=tuple(PromptUsed(name=one.name, version=one.version, digest=one.digest) for one in used),
    )


async def rewrite(library: Library, run: Run, writer: Writer | None) -> Review:
    """Answer from the replies that a run kept, read and checked again.

    A run that ended without an answer is gone on with: only what it lacks is asked for, as a new run.

    Raises:
        RunNotFound: A reply is missing and there is nobody to ask.
    """
    if run.review is None:
        if writer is None:
            raise RunNotFound(
                f"the run {run.id!r} ended without an answer ({run.error})", hint=f"litreview replay {run.id}"
            )
        new = new_run(run.retrieved, settings=run.settings, prompts=run.prompts)
        return await _answer(library, new, writer, Recorded(Replayed(run.replies, writer.model)))
    if run.plan is None:
        return run.review
    shop = Workshop(
        Replayed(run.replies, writer.model if writer else None),
        writer.prompts if writer else Prompts(),
        writer.deadline if writer else DEADLINE,
        judged=run.review.judgement is not None,
    )
    written = await compose(run.plan, shop)
    again = _review(run, run.plan, written, model=run.review.model, usage=run.review.usage)
    if again != run.review:
        _log.warning("run %s: checked again, its replies give another answer than they gave then", run.id)
    return again


def preview_of(retrieved: Retrieved, writer: Writer) -> Preview:
    """What `write` would send and cost at most."""
    planned = plan(retrieved, prompts=writer.prompts, budget=writer.budget, exact=writer.exact)
    counter = writer.exact()
    prompts = tuple(
        PromptPreview(
            name=part.prompt.name,
            system=part.prompt.system,
            user=part.prompt.user,
            tokens=prompt_tokens(part.prompt, part.form, counter),
        )
        for part in planned.parts
    )
    sent = sum(prompt.tokens for prompt in prompts)
    if planned.calls > len(planned.parts):
        join = writer.prompts["join"]
        sent += counter.count(join.system + join.user) + len(planned.parts) * writer.budget.reply
    replies = planned.calls * writer.budget.reply
    usage = TokenUsage(prompt_tokens=sent, completion_tokens=replies)
    return Preview(
        server=str(writer.model.identity.get("server", "")),
        model=str(writer.model.identity.get("model", "")),
        calls=planned.calls,
        prompts=prompts,
        prompt_tokens=sent,
        exact=counter.exact,
        reply_tokens=replies,
        cost=round(writer.price.cost(usage), 6) if writer.price else None,
        left_out=planned.left_out,
    )


def assemble(answer: Answer, retrieved: Retrieved) -> Review:
    """Put an answer and the papers it was made from together as a review.

    References come from our own records and in the order of their first citation.
    """
    return Review(
        question=retrieved.question,
        engine="extractive",
        summary=answer.summary,
        groups=answer.groups,
        gaps=answer.gaps,
        retrieved=entries_of(retrieved),
        uncited=answer.uncited,
        flagged=flagged_in(retrieved),
        references=tuple(Reference.of(paper) for paper in _cited(answer.groups, retrieved)),
    )


def keep_extracted(library: Library, retrieved: Retrieved, review: Review) -> Review:
    """Keep the run of an extracted answer, under an id that is the same for the same answer."""
    run = new_run(retrieved, answer=review.model_dump_json())
    named = review.model_copy(update={"run": run.id})
    return named if save_run(library, run.ended(named)) else review


async def _answer(library: Library, run: Run, writer: Writer, recorded: Recorded) -> Review:
    try:
        async with opened(writer.model):
            planned, written = await _composed(run.retrieved, recorded, writer)
        review = _review(
            run,
            planned,
            written,
            model=next((reply.completion.model for reply in recorded.replies if reply.completion), None),
            usage=usage_of(recorded.made, writer.price),
        )
    except LitreviewError as error:
        save_run(library, run.failed(error, recorded.replies))
        raise
    ended = run.ended(review, plan=planned, replies=recorded.replies)
    if not save_run(library, ended):
        review = review.model_copy(update={"run": None})
    if not review.groups:
        raise NothingSupported(_unsupported(review), hint="litreview ask … --engine extractive")
    return review


async def _composed(retrieved: Retrieved, model: ChatModel, writer: Writer) -> tuple[Plan, Written]:
    """Plan and compose; once more with smaller calls if the model's context turns out to be smaller."""
    budget = writer.budget
    planned = plan(retrieved, prompts=writer.prompts, budget=budget, exact=writer.exact)
    try:
        return planned, await _compose(planned, model, writer)
    except ContextTooLong as error:
        budget = smaller(budget, error)
    planned = plan(retrieved, prompts=writer.prompts, budget=budget, exact=writer.exact)
    return planned, await _compose(planned, model, writer)


def smaller(budget: Budget, error: ContextTooLong) -> Budget:
    """The budget to try again with, where a server says that its context is smaller than was planned for."""
    known = error.limit is not None and error.limit < budget.context
    context = error.limit if known and error.limit else budget.context // 2
    _log.info("the model's context is smaller than planned; packing again for %s tokens", f"{context:,}")
    return Budget(context=context, reply=max(1, min(budget.reply, context // 4)))


async def _compose(planned: Plan, model: ChatModel, writer: Writer) -> Written:
    shop = Workshop(model, writer.prompts, writer.deadline, writer.judged, writer.watch)
    return await compose(planned, shop)


@asynccontextmanager
async def opened(model: ChatModel) -> AsyncIterator[None]:
    """Close the connections of a model that has any."""
    if isinstance(model, AbstractAsyncContextManager):
        async with model:
            yield
    else:
        yield


def _review(run: Run, planned: Plan, written: Written, *, model: str | None, usage: Usage) -> Review:
    groups = written.checked.groups
    cited = _cited(groups, run.retrieved)
    keys = {paper.key for paper in cited}
    return Review(
        question=run.retrieved.question,
        engine="llm",
        model=model,
        summary=opening_line(cited, [(group.heading, len(_keys([group]))) for group in groups]),
        groups=groups,
        removed=written.checked.removed,
        repaired=written.repaired,
        judgement=written.judgement,
        gaps=written.gaps,
        retrieved=entries_of(run.retrieved),
        uncited=tuple(item.paper.key or "" for item in run.retrieved.papers if item.paper.key not in keys),
        left_out=planned.left_out,
        flagged=flagged_in(run.retrieved),
        references=tuple(Reference.of(paper) for paper in cited),
        usage=usage,
        run=run.id,
    )


def entries_of(retrieved: Retrieved) -> tuple[RetrievedEntry, ...]:
    """The retrieved papers as an answer reports them."""
    return tuple(RetrievedEntry.of(item.paper, item.score) for item in retrieved.papers)


def flagged_in(retrieved: Retrieved) -> tuple[str, ...]:
    """Keys of papers whose title or abstract reads like instructions to a model."""
    papers = (item.paper for item in retrieved.papers)
    return tuple(paper.key or "" for paper in papers if reads_like_instructions(paper.text))


def _keys(groups: Iterable[Group]) -> list[str]:
    """Keys in the order of their first citation."""
    return list(dict.fromkeys(key for group in groups for claim in group.claims for key in claim.citations))


def _cited(groups: Iterable[Group], retrieved: Retrieved) -> list[Paper]:
    papers = {item.paper.key: item.paper for item in retrieved.papers}
    return [papers[key] for key in _keys(groups)]


def usage_of(made: Iterable[Completion], price: Price | None) -> Usage:
    """What was asked for now: replies from the cache cost nothing."""
    made = list(made)
    tokens = sum((completion.usage for completion in made), TokenUsage())
    return Usage(
        calls=sum(completion.calls for completion in made),
        prompt_tokens=tokens.prompt_tokens,
        completion_tokens=tokens.completion_tokens,
        cost=round(price.cost(tokens), 6) if price else None,
    )


def _unsupported(review: Review) -> str:
    """Why nothing is left of an answer."""
    reasons = Counter(reason for claim in review.removed for reason in claim.reasons)
    found = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
    kept = f" (run {review.run})" if review.run else ""
    if not review.removed:
        return f"the model {review.model!r} made no claim at all{kept}"
    return (
        f"nothing the model {review.model!r} wrote could be supported by the abstracts: {len(review.removed)}"
        f" claims removed ({found}){kept}"
    )
