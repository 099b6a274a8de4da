"""The calls a question takes, planned before the first one is made."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from litreview.answers import DraftAnswer
from litreview.errors import UsageError
from litreview.llm.types import Prompt, ReplySchema
from litreview.papers import Paper
from litreview.prompting import Pack, Prompts, PromptTemplate, Record, answer_schema, pack
from litreview.retrieval import Retrieved
from litreview.tokens import TokenCounter

# Around the messages: roles and separators of the server's own chat format.
_FRAME = 50


class Budget(BaseModel):
    """Tokens for one call: prompt and reply together, and of these kept for the reply."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    context: int = Field(default=16_000, gt=0)
    reply: int = Field(default=4_000, gt=0)


class Part(BaseModel):
    """One call over some of the papers: what is sent, and which id stands for which paper."""

    model_config = ConfigDict(frozen=True)

    prompt: Prompt
    papers: dict[str, Paper]

    @property
    def form(self) -> ReplySchema[DraftAnswer]:
        """The form of the reply, with these papers' ids."""
        return answer_schema(list(self.papers))


class Plan(BaseModel):
    """All calls over papers that a question takes; with more than one, another call joins them.

    `left_out` are the keys of papers that go into no call: without an abstract, or too long for one. `budget`
    is what it was planned for, and what the calls that join and mend may take.
    """

    model_config = ConfigDict(frozen=True)

    question: str
    parts: tuple[Part, ...]
    left_out: tuple[str, ...] = ()
    budget: Budget

    @property
    def calls(self) -> int:
        """How many calls will be made if every reply can be read."""
        return len(self.parts) + (len(self.parts) > 1)

    @property
    def papers(self) -> dict[str, Paper]:
        """Every paper of every part by its id."""
        return {id: paper for part in self.parts for id, paper in part.papers.items()}


def plan(
    retrieved: Retrieved,
    *,
    prompts: Prompts,
    budget: Budget,
    exact: Callable[[], TokenCounter] = TokenCounter,
) -> Plan:
    """Pack the papers and render the prompts.

    Args:
        retrieved: The question and its papers, best first.
        prompts: The prompts in use.
        budget: What one call may take.
        exact: Gives the model's own counter. Loading one takes most of a second, so it is only asked for
            where the bound says that one call will not do.

    Raises:
        UsageError: Not one abstract fits.
    """
    template = prompts["answer"]
    packed = _packed(retrieved, template, budget, TokenCounter())
    if len(packed.parts) != 1 and (counter := exact()).exact:
        packed = _packed(retrieved, template, budget, counter)
    if not packed.parts:
        raise UsageError(
            f"not one abstract fits into a context of {budget.context!r} tokens, {budget.reply!r} of them for"
            " the reply",
            hint="litreview ask … --max-context 16000",
        )
    count = len(packed.parts)
    parts = (
        _part(retrieved.question, template, records, label=f"{number} of {count}" if count > 1 else "")
        for number, records in enumerate(packed.parts, start=1)
    )
    return Plan(question=retrieved.question, parts=tuple(parts), left_out=packed.left_out, budget=budget)


def prompt_tokens(prompt: Prompt, schema: ReplySchema[Any], counter: TokenCounter) -> int:
    """What a call's prompt takes: both messages, the form of the reply, and the chat format around them."""
    texts = (prompt.system, prompt.user, json.dumps(dict(schema.wire)))
    return sum(map(counter.count, texts)) + _FRAME


def _packed(retrieved: Retrieved, template: PromptTemplate, budget: Budget, counter: TokenCounter) -> Pack:
    empty = template.render(label="", question=retrieved.question, papers="")
    ids = [f"P{number}" for number in range(1, len(retrieved.papers) + 1)]
    around = prompt_tokens(empty, answer_schema(ids), counter)
    return pack(retrieved, counter=counter, budget=budget.context - budget.reply - around)


def _part(question: str, template: PromptTemplate, records: tuple[Record, ...], *, label: str) -> Part:
    lines = "\n".join(record.line for record in records)
    return Part(
        prompt=template.render(label=label, question=question, papers=lines),
        papers={record.id: record.paper for record in records},
    )
