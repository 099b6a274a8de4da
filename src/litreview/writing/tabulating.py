"""A synthesis table by a model: it only chooses what is quoted, and every quotation is looked up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from litreview.answers import DraftEvidence
from litreview.checking import PreparedPapers
from litreview.checking.evidence import check_evidence
from litreview.llm.types import Prompt, ReplySchema
from litreview.prompting import record_of, table_schema
from litreview.related_work import ASPECTS, Aspect, Cell, QuotedRow, QuotedRows, Row
from litreview.tokens import bound

from .compose import Workshop, together
from .themes import Brief

# A row takes some 200 tokens of reply; more rows than this are another call.
_PER_CALL = 15
_AT_ONCE = 4


class TableCall(NamedTuple):
    """A call that fills the rows of some papers."""

    prompt: Prompt
    schema: ReplySchema[QuotedRows]
    ids: tuple[str, ...]


def prepare_table(ids: Sequence[str], brief: Brief) -> list[TableCall]:
    """Divide the papers into calls that fit; a paper too long for any has a row of empty cells."""
    template, budget = brief.prompts["table"], brief.budget
    room = budget.context - budget.reply - bound(template.system + template.user + brief.question)
    parts: list[dict[str, str]] = [{}]
    left = room
    for id in ids:
        line = record_of(id, brief.papers[id]).line
        if bound(line) > room:
            continue
        if bound(line) > left or len(parts[-1]) == _PER_CALL:
            parts.append({})
            left = room
        parts[-1][id] = line
        left -= bound(line)
    return [
        TableCall(
            template.render(
                label=f"{number} of {len(parts)}" if len(parts) > 1 else "",
                question=brief.question,
                papers="\n".join(lines.values()),
            ),
            table_schema(list(lines)),
            tuple(lines),
        )
        for number, lines in enumerate(parts, start=1)
        if lines
    ]


async def fill_table(calls: Sequence[TableCall], shop: Workshop) -> list[QuotedRow]:
    """Make the calls; rows as the model gives them, nothing looked up."""
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def ask(call: TableCall) -> tuple[QuotedRow, ...]:
        async with at_once:
            reply, _ = await shop.ask(call.prompt, call.schema)
        return tuple(row for row in reply.rows if row.paper in call.ids)

    return [row for rows in await together(ask(call) for call in calls) for row in rows]


def read_table(rows: Iterable[QuotedRow], ids: Sequence[str], papers: PreparedPapers) -> tuple[Row, ...]:
    """A row for each paper in order; a quotation that does not stand in its abstract is not shown."""
    quotes: dict[tuple[str, str], str] = {}
    for row in rows:
        for cell in row.cells:
            quotes.setdefault((row.paper, cell.aspect), cell.quote)
    return tuple(
        Row(
            key=papers.papers[id].key or "",
            cells=tuple(_cell(id, aspect, quotes.get((id, aspect), ""), papers) for aspect in ASPECTS),
        )
        for id in ids
    )


def _cell(id: str, aspect: Aspect, quote: str, papers: PreparedPapers) -> Cell:
    found = check_evidence(DraftEvidence(paper=id, quote=quote), papers)
    if found.finding or found.evidence.part == "title":
        return Cell(aspect=aspect)
    evidence = found.evidence
    return Cell(aspect=aspect, quote=evidence.quote, start=evidence.start, end=evidence.end)
