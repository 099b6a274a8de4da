"""The whole flow, from a question to a review a person can check: one call a stage."""

from __future__ import annotations

import asyncio

from .answering import Preview, Writer, assemble, keep_extracted, preview_of, rewrite, write
from .answers import Review
from .drafting import extract_section, preview_of_section, rewrite_section, write_section
from .errors import NothingRelevant
from .extractive import extract
from .library import Filters, Library
from .related_work import Commission, RelatedWork
from .relevance import relevant
from .runs import load_run

DEFAULT_LIMIT = 30
# A section names more papers than an answer does.
DEFAULT_DRAFT_LIMIT = 40
_EVERYTHING = Filters()
_SECTION = Commission()


def ask(
    library: Library,
    question: str,
    *,
    limit: int = DEFAULT_LIMIT,
    filters: Filters = _EVERYTHING,
    writer: Writer | None = None,
) -> Review:
    """Answer a question from the papers of a library, grouped, every claim citing the words it rests on.

    Args:
        library: Where to look.
        question: In plain words.
        limit: How many papers to consider at most; at least 1.
        filters: Which papers may be considered at all.
        writer: The model that writes the answer; None for the extractive engine, which needs none.

    Raises:
        UsageError: The question is empty, or `limit` is below 1.
        NothingRelevant: The library is empty, or nothing in it bears on the question.
        NothingSupported: The model answered, and no claim of it stood its check.
        ProviderError: The model's server could not be reached, or cannot serve now.
        ModelError: It was reached and the request cannot succeed as it is.
    """
    return asyncio.run(ask_async(library, question, limit=limit, filters=filters, writer=writer))


async def ask_async(
    library: Library,
    question: str,
    *,
    limit: int = DEFAULT_LIMIT,
    filters: Filters = _EVERYTHING,
    writer: Writer | None = None,
) -> Review:
    """`ask` for programs that have an event loop already."""
    retrieved = relevant(library, question, limit=limit, filters=filters)
    if writer is not None:
        return await write(library, retrieved, writer)
    return keep_extracted(library, retrieved, assemble(extract(retrieved, index=library), retrieved))


def preview(
    library: Library,
    question: str,
    *,
    limit: int = DEFAULT_LIMIT,
    filters: Filters = _EVERYTHING,
    writer: Writer,
) -> Preview:
    """What `ask` would send to the model, with its tokens and its price; nothing is sent.

    Raises:
        UsageError: The question is empty, `limit` is below 1, or not one abstract fits the context.
        NothingRelevant: The library is empty, or nothing in it bears on the question.
    """
    return preview_of(relevant(library, question, limit=limit, filters=filters), writer)


def draft(
    library: Library,
    question: str,
    *,
    commission: Commission = _SECTION,
    limit: int = DEFAULT_DRAFT_LIMIT,
    filters: Filters = _EVERYTHING,
    writer: Writer | None = None,
) -> RelatedWork:
    """Write a related-work section that answers a question from the papers of a library.

    Args:
        library: Where to look.
        question: In plain words.
        commission: How the section is to be: style, the user's own themes, a table.
        limit: How many papers to consider at most; at least 1.
        filters: Which papers may be considered at all.
        writer: The model that writes; None for the extractive engine.

    Raises:
        UsageError: The question is empty, or `limit` is below 1.
        NothingRelevant: The library is empty, or nothing in it bears on the question.
        NothingSupported: The model wrote, and no claim of it stood its check.
        ProviderError: The model's server could not be reached, or cannot serve now.
        ModelError: It was reached and the request cannot succeed as it is.
    """
    work = draft_async(library, question, commission=commission, limit=limit, filters=filters, writer=writer)
    return asyncio.run(work)


async def draft_async(
    library: Library,
    question: str,
    *,
    commission: Commission = _SECTION,
    limit: int = DEFAULT_DRAFT_LIMIT,
    filters: Filters = _EVERYTHING,
    writer: Writer | None = None,
) -> RelatedWork:
    """`draft` for programs that have an event loop already."""
    retrieved = relevant(library, question, limit=limit, filters=filters)
    if writer is not None:
        return await write_section(library, retrieved, writer, commission)
    section = extract_section(library, retrieved, commission)
    if not section.themes and not any(theme.kept for theme in commission.outline):
        raise NothingRelevant(
            "no abstract has a sentence that bears on the question and a theme of the outline",
            hint="litreview draft … without --outline",
        )
    return section


def preview_draft(
    library: Library,
    question: str,
    *,
    commission: Commission = _SECTION,
    limit: int = DEFAULT_DRAFT_LIMIT,
    filters: Filters = _EVERYTHING,
    writer: Writer,
) -> Preview:
    """What `draft` would send to the model first, with all its tokens and its price; nothing is sent.

    Raises:
        UsageError: The question is empty, or `limit` is below 1.
        NothingRelevant: The library is empty, or nothing in it bears on the question.
    """
    return preview_of_section(relevant(library, question, limit=limit, filters=filters), writer, commission)


def redraft(library: Library, run: str, *, writer: Writer | None = None) -> RelatedWork:
    """The section of an earlier run, from the replies it kept, checked again.

    Raises:
        RunNotFound: There is no such run, or it ended without a section and there is nobody to ask.
    """
    return asyncio.run(redraft_async(library, run, writer=writer))


async def redraft_async(library: Library, run: str, *, writer: Writer | None = None) -> RelatedWork:
    """`redraft` for programs that have an event loop already."""
    return await rewrite_section(library, load_run(library, run), writer)


def replay(library: Library, run: str, *, writer: Writer | None = None) -> Review:
    """The answer of an earlier run, from the replies it kept, read and checked again.

    Args:
        library: Where the run is kept.
        run: Its id, the beginning of it, or "last".
        writer: The model that is asked for replies the run does not have; None to ask nobody.

    Raises:
        RunNotFound: There is no such run, or it ended without an answer and there is nobody to ask.
    """
    return asyncio.run(replay_async(library, run, writer=writer))


async def replay_async(library: Library, run: str, *, writer: Writer | None = None) -> Review:
    """`replay` for programs that have an event loop already."""
    return await rewrite(library, load_run(library, run), writer)
