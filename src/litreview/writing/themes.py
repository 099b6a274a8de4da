"""The first call of a related-work section: themes, and every paper in one or left out for a reason."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from litreview.llm.types import Prompt, ReplySchema
from litreview.papers import Paper
from litreview.prompting import Prompts, record_of, themes_schema
from litreview.related_work import OutlineTheme, PlannedThemes, Style
from litreview.tokens import bound

from .planning import Budget

# Characters of an abstract that are enough to tell its theme by, from all of it down to the title alone.
_GISTS = (100_000, 1_200, 800, 500, 300, 150, 0)

NO_ABSTRACT = "it has no abstract in the library"
UNASSIGNED = "the plan assigned it to no theme"
TOO_MANY = "the plan had more themes than were asked for"
_NOT_IN_OUTLINE = "the plan put it under a theme that the outline does not have"
_NO_REASON = "the plan left it out and gave no reason"


class Brief(NamedTuple):
    """What all calls of a section have in common.

    Attributes:
        question: What the section answers.
        papers: Paper by its id (P1 … Pn), best first; each has an abstract.
        style: How it is written.
        outline: The themes the user wants, in their order; empty where the model chooses.
        prompts: The prompts in use.
        budget: What one call may take.
    """

    question: str
    papers: Mapping[str, Paper]
    style: Style
    outline: tuple[OutlineTheme, ...]
    prompts: Prompts
    budget: Budget


class AssignedTheme(NamedTuple):
    """A theme to be written: its heading, what its papers are compared by, and their ids, best first."""

    heading: str
    focus: str
    papers: tuple[str, ...]


class ThemePlan(NamedTuple):
    """Themes to be written, and ids of papers that are in none, each with the reason."""

    themes: tuple[AssignedTheme, ...]
    omitted: Mapping[str, str]


class ThemePlanning(NamedTuple):
    """The call that plans, and what is needed to read its reply.

    Attributes:
        prompt: What is sent.
        schema: The form of the reply.
        ids: Of the papers that are planned for, best first.
        outline: The themes the user wants, in their order; empty where the model chooses.
        most: How many themes at most.
    """

    prompt: Prompt
    schema: ReplySchema[PlannedThemes]
    ids: tuple[str, ...]
    outline: tuple[OutlineTheme, ...]
    most: int

    def read(self, reply: PlannedThemes) -> ThemePlan:
        """The plan that a reply stands for; a paper in two themes stays in the first."""
        omitted = {left.paper: _reason(left.reason) for left in reply.left_out if left.paper in self.ids}
        themes: list[AssignedTheme] = []
        wanted = {_plain(theme.heading): theme.heading for theme in self.outline}
        assigned: set[str] = set()
        for theme in reply.themes:
            heading = " ".join(theme.heading.split())
            papers = [id for id in self.ids if id in theme.papers and id not in assigned]
            if not papers or not heading:
                continue
            if wanted and _plain(heading) not in wanted:
                omitted |= dict.fromkeys(papers, _NOT_IN_OUTLINE)
                continue
            if not wanted and len(themes) == self.most:
                omitted |= dict.fromkeys(papers, TOO_MANY)
                continue
            assigned.update(papers)
            heading = wanted.get(_plain(heading), heading)
            themes.append(AssignedTheme(heading, " ".join(theme.focus.split()), tuple(papers)))
        rest = {id: omitted.get(id, UNASSIGNED) for id in self.ids if id not in assigned}
        return ThemePlan(tuple(_ordered(_united(themes), self.outline)), rest)


def prepare_themes(brief: Brief) -> ThemePlanning:
    """Put the papers, and the themes the user wants, into one prompt.

    Abstracts are cut evenly where they do not fit as a whole: only their themes are asked for.
    """
    template, budget = brief.prompts["themes"], brief.budget
    wanted = [
        json.dumps(theme.model_dump(include={"heading", "focus"}), ensure_ascii=False)
        for theme in brief.outline
    ]
    used = bound(template.system + template.user + brief.question) + sum(map(bound, wanted))
    lines = _gists(brief.papers, budget.context - budget.reply - used)
    prompt = template.render(
        question=brief.question,
        papers="\n".join(lines),
        outline="\n".join(wanted),
        most=str(brief.style.themes),
    )
    schema = themes_schema(list(brief.papers), [theme.heading for theme in brief.outline])
    return ThemePlanning(prompt, schema, tuple(brief.papers), brief.outline, brief.style.themes)


def _gists(papers: Mapping[str, Paper], room: int) -> list[str]:
    """A record of each paper, with as much of every abstract as fits; the title at least."""
    lines: list[str] = []
    for length in _GISTS:
        lines = [record_of(id, _cut(paper, length)).line for id, paper in papers.items()]
        if sum(map(bound, lines)) <= room:
            break
    return lines


def _cut(paper: Paper, length: int) -> Paper:
    abstract = paper.abstract or ""
    if len(abstract) <= length:
        return paper
    return paper.model_copy(update={"abstract": abstract[:length].rsplit(" ", 1)[0]})


def _united(themes: Sequence[AssignedTheme]) -> list[AssignedTheme]:
    """Themes of one heading as one."""
    found: dict[str, AssignedTheme] = {}
    for theme in themes:
        name = _plain(theme.heading)
        known = found.get(name)
        found[name] = theme if known is None else known._replace(papers=known.papers + theme.papers)
    return list(found.values())


def _ordered(themes: list[AssignedTheme], outline: Sequence[OutlineTheme]) -> list[AssignedTheme]:
    if not outline:
        return themes
    places = {_plain(theme.heading): place for place, theme in enumerate(outline)}
    focus = {_plain(theme.heading): theme.focus for theme in outline}
    # What the user says a theme is about counts; the model's words fill in where nothing was said.
    kept = [theme._replace(focus=focus[_plain(theme.heading)] or theme.focus) for theme in themes]
    return sorted(kept, key=lambda theme: places[_plain(theme.heading)])


def _plain(heading: str) -> str:
    return " ".join(heading.split()).casefold()


def _reason(text: str) -> str:
    return " ".join(text.split()) or _NO_REASON
