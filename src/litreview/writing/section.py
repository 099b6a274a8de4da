"""A related-work section by a model: plan the themes, write them at once, check, mend, connect."""

from __future__ import annotations

import asyncio
import logging
from typing import NamedTuple

from litreview.answers import Claim, Group, Repair
from litreview.checking import PreparedPapers
from litreview.errors import LitreviewError, ProviderError, ReplyUnreadable
from litreview.related_work import Row, Theme

from .compose import Workshop, mended
from .connecting import prepare_connecting, unconnected
from .paragraphs import DID_NOT_FIT, prepare_paragraphs, write_paragraphs
from .tabulating import fill_table, prepare_table, read_table
from .themes import AssignedTheme, Brief, ThemePlan, prepare_themes

_log = logging.getLogger("litreview")


class WrittenSection(NamedTuple):
    """What a model's section holds after check, repair and connection.

    Attributes:
        themes: Paragraphs in their order.
        planned: Every theme with the ids of its papers, also those of which nothing is left.
        omitted: Ids of papers that went into no paragraph, with the reason.
        table: A row for each cited paper, if a table was asked for.
    """

    themes: tuple[Theme, ...]
    planned: tuple[AssignedTheme, ...]
    removed: tuple[Claim, ...]
    repaired: tuple[Repair, ...]
    omitted: dict[str, str]
    table: tuple[Row, ...] = ()


async def compose_section(brief: Brief, shop: Workshop, *, table: bool = False) -> WrittenSection:
    """Make all calls of a section: one that plans, one a theme, one that mends if need be, one that connects.

    Args:
        brief: The question, its papers and how the section is to be.
        shop: Who is asked, and how.
        table: Whether a synthesis table is filled besides, for the papers that are cited.

    Raises:
        ProviderError: The deadline passed, or the server could not be reached.
        ModelError: A call failed; the first failure ends the others. Only the repair and the connection may
            fail: then what failed its check stays removed, and the paragraphs stay as they were written.
    """
    papers = PreparedPapers.of(dict(brief.papers))
    try:
        async with asyncio.timeout(shop.deadline):
            plan = await _planned(brief, shop)
            kept = {theme.heading for theme in brief.outline if theme.kept}
            calls = prepare_paragraphs([theme for theme in plan.themes if theme.heading not in kept], brief)
            shop.stage(f"writing {len(calls)} {'theme' if len(calls) == 1 else 'themes'}")
            draft = await write_paragraphs(calls, shop)
            written = await mended(draft, shop, papers, question=brief.question, budget=brief.budget)
            themes = await _connected(written.checked.groups, brief, shop, papers)
            rows = await _tabulated(themes, brief, shop, papers) if table else ()
    except TimeoutError as error:
        raise ProviderError(
            f"the model had not written all after {shop.deadline:.0f} seconds",
            hint="litreview replay last goes on from there; or consider fewer papers with -k",
        ) from error
    too_long = {id: DID_NOT_FIT for call in calls for id in call.too_long}
    return WrittenSection(
        themes=themes,
        planned=plan.themes,
        removed=written.checked.removed,
        repaired=written.repaired,
        omitted={**plan.omitted, **too_long},
        table=rows,
    )


async def _planned(brief: Brief, shop: Workshop) -> ThemePlan:
    shop.stage("planning themes")
    planning = prepare_themes(brief)
    reply, completion = await shop.ask(planning.prompt, planning.schema)
    plan = planning.read(reply)
    if not plan.themes:
        raise ReplyUnreadable(
            "the model planned no theme with a paper in it",
            hint="try again, or name your own themes with --outline",
            raw=completion.text,
        )
    return plan


async def _connected(
    groups: tuple[Group, ...], brief: Brief, shop: Workshop, papers: PreparedPapers
) -> tuple[Theme, ...]:
    connecting = prepare_connecting(groups, brief)
    if connecting is None:
        return unconnected(groups)
    shop.stage("connecting")
    try:
        reply, _ = await shop.ask(connecting.prompt, connecting.schema)
    except LitreviewError as error:
        _log.warning(
            "the paragraphs could not be connected and stand as they were written: %s", error.message
        )
        return unconnected(groups)
    return connecting.read(reply, papers)


async def _tabulated(
    themes: tuple[Theme, ...], brief: Brief, shop: Workshop, papers: PreparedPapers
) -> tuple[Row, ...]:
    """A table of the papers that the section cites, in the order of the section."""
    shop.stage("filling the table")
    ids = {paper.key: id for id, paper in brief.papers.items()}
    cited = [key for theme in themes for claim in theme.claims for key in claim.citations]
    wanted = [ids[key] for key in dict.fromkeys(cited)]
    rows = await fill_table(prepare_table(wanted, brief), shop)
    return read_table(rows, wanted, papers)
