"""One call a theme, made at the same time: each writes the sentences of one paragraph."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import NamedTuple

from litreview.answers import DraftAnswer, DraftGroup
from litreview.llm.types import Prompt, ReplySchema
from litreview.prompting import record_of, theme_schema
from litreview.related_work import WrittenTheme
from litreview.tokens import bound

from .compose import Workshop, together
from .themes import AssignedTheme, Brief

# All themes of a usual section at once; a section of more takes a second round.
_AT_ONCE = 8
# A paragraph of fewer words compares nothing.
_FEWEST_WORDS = 60

DID_NOT_FIT = "its abstract did not fit into the call for its theme"


class ThemeCall(NamedTuple):
    """A call that writes one theme, and ids of papers that did not fit into it."""

    theme: AssignedTheme
    prompt: Prompt
    schema: ReplySchema[WrittenTheme]
    too_long: tuple[str, ...]


def prepare_paragraphs(themes: Sequence[AssignedTheme], brief: Brief) -> list[ThemeCall]:
    """Render the prompt of each theme; its papers go in by rank as far as the budget reaches."""
    return [_prepare(number, themes, brief) for number in range(len(themes))]


async def write_paragraphs(calls: Sequence[ThemeCall], shop: Workshop) -> DraftAnswer:
    """Make the calls and put the paragraphs together as a draft: a group for each theme."""
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def ask(call: ThemeCall) -> DraftGroup:
        async with at_once:
            written, _ = await shop.ask(call.prompt, call.schema)
        return DraftGroup(heading=call.theme.heading, claims=written.claims)

    return DraftAnswer(groups=tuple(await together(ask(call) for call in calls)))


def _prepare(number: int, themes: Sequence[AssignedTheme], brief: Brief) -> ThemeCall:
    theme, template = themes[number], brief.prompts["theme"]
    about = json.dumps({"theme": theme.heading, "focus": theme.focus}, ensure_ascii=False)
    headings = [other.heading for other in themes if other is not theme]
    others = json.dumps({"written elsewhere": headings}, ensure_ascii=False)
    used = bound(template.system + template.user + brief.question + about + others)
    room = brief.budget.context - brief.budget.reply - used
    lines: dict[str, str] = {}
    for id in theme.papers:
        line = record_of(id, brief.papers[id]).line
        if bound(line) <= room:
            lines[id] = line
            room -= bound(line)
    prompt = template.render(
        label=f"{number + 1} of {len(themes)}",
        question=brief.question,
        theme=about,
        others=others,
        words=str(_share(theme, themes, brief.style.words)),
        tense=brief.style.tense,
        person=brief.style.person,
        papers="\n".join(lines.values()),
    )
    too_long = tuple(id for id in theme.papers if id not in lines)
    return ThemeCall(theme, prompt, theme_schema(list(lines)), too_long)


def _share(theme: AssignedTheme, themes: Sequence[AssignedTheme], words: int) -> int:
    """The words of one paragraph: as its papers are to all, rounded to tens."""
    papers = sum(len(other.papers) for other in themes)
    return max(_FEWEST_WORDS, int(round(words * len(theme.papers) / papers, -1)))
