"""Papers and runs as resources: litreview://paper/KEY and litreview://run/ID, as JSON."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from pydantic import BaseModel

from litreview.api import Library
from litreview.errors import NothingRelevant, RunNotFound, UsageError
from litreview.runs import load_run

from .paging import cursor_of, place_of
from .tools import Desk
from .workers import Job

PAPER, RUN = "litreview://paper/", "litreview://run/"
_PAGE = 100
_RUNS = 20
_LIST = {"list": "resources"}


class Entry(NamedTuple):
    """A resource in the list."""

    uri: str
    name: str
    title: str
    description: str


class Page(NamedTuple):
    """A part of the list, and where the next begins."""

    entries: list[Entry]
    next_cursor: str | None = None


def list_resources(desk: Desk, cursor: str | None, _job: Job) -> Page:
    """The newest runs, then all papers by key, a hundred a page.

    Raises:
        UsageError: The cursor is none of ours.
    """
    place = place_of(cursor, _LIST)
    try:
        with desk.opened() as library:
            runs = _runs(library) if place == 0 else []
            rows = [row for row, _ in library.store.titles()]
            papers = library.store.papers(rows[place : place + _PAGE])
    except NothingRelevant:
        return Page([])
    entries = [
        Entry(PAPER + quote(paper.key or "", safe=""), paper.key or "", paper.title, _dated(paper.year))
        for paper in papers
    ]
    more = cursor_of(place + _PAGE, _LIST) if len(rows) > place + _PAGE else None
    return Page([*runs, *entries], more)


def read_resource(desk: Desk, uri: str, _job: Job) -> BaseModel:
    """A paper, or the answer or section of a run.

    Raises:
        UsageError: It is no address of ours.
        PaperNotFound: No paper has the key.
        RunNotFound: No run has the id, or it ended without a result.
    """
    parts = urlsplit(uri)
    name = unquote(parts.path.removeprefix("/"))
    kind = parts.netloc if parts.scheme == "litreview" else ""
    if kind not in ("paper", "run") or not name:
        raise UsageError(f"there is no resource {uri!r}", hint=f"{PAPER}KEY or {RUN}ID")
    with desk.opened() as library:
        return library.get(name) if kind == "paper" else _result(library, name)


def _result(library: Library, id: str) -> BaseModel:
    run = load_run(library.store, id)
    result = run.review or run.section
    if result is None:
        raise RunNotFound(f"the run {run.id!r} ended without a result ({run.error})")
    return result


def _runs(library: Library) -> list[Entry]:
    return [
        Entry(
            RUN + quote(run.id, safe=""),
            run.id,
            run.question,
            f"{run.created}, {run.engine}{f', {run.model}' if run.model else ''}",
        )
        for run in library.runs(limit=_RUNS)
        if run.error is None
    ]


def _dated(year: int | None) -> str:
    return f"A paper of {year}." if year else "A paper of unknown date."
