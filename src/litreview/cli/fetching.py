"""`litreview fetch` and `litreview enrich`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from .options import JsonOption, LibraryOption
from .shell import guarded, opened_library, print_json, progress_bar, say, tell

if TYPE_CHECKING:
    from litreview.enriching import EnrichReport
    from litreview.fetching import FetchReport
    from litreview.services import Http
    from litreview.services.directory import Account

_SHOWN = 20
# Enough for a first look at a subject; everything of a person's own Zotero is wanted.
_LIMIT = 200
_NAMES = {"doi": "DOI", "arxiv_id": "arXiv id", "published": "date", "url": "URL"}

NoCacheOption = Annotated[
    bool, typer.Option("--no-cache", help="Ask anew, also for what was fetched a short while ago.")
]


@guarded
def fetch(
    source: Annotated[
        Literal["arxiv", "hf", "openalex", "s2", "pubmed", "crossref", "zotero"],
        typer.Argument(help="Where to fetch from.", show_default=False),
    ],
    query: Annotated[
        str, typer.Argument(help="What to look for, in the service's own language.", show_default=False)
    ] = "",
    *,
    limit: Annotated[
        int | None,
        typer.Option(help="How many papers at most. Default: 200, of Zotero all.", show_default=False),
    ] = None,
    collection: Annotated[
        str | None, typer.Option(help="Zotero: only this collection.", show_default=False)
    ] = None,
    no_cache: NoCacheOption = False,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Import papers from arXiv, Hugging Face, OpenAlex, Semantic Scholar, PubMed, Crossref or Zotero.

    Each is asked at the pace of its terms. A fetch that was broken off goes on from the page it had reached,
    and nothing is stored twice. Keys and contact: docs/sources.md.

    Examples:

        litreview fetch arxiv "cat:cs.CV AND abs:MLP" --limit 500

        litreview fetch hf daily:2026-06-23

        litreview fetch zotero --collection Thesis
    """
    from litreview.errors import UsageError
    from litreview.fetching import fetch as fetch_papers
    from litreview.services import make_service

    if collection is not None and source != "zotero":
        raise UsageError(f"--collection {collection!r} is for zotero only", hint="litreview fetch --help")
    if limit is None and source != "zotero":
        limit = _LIMIT
    with _asking(no_cache) as (account, http):
        service = make_service(source, account, collection=collection)
        with opened_library(library, create=True) as opened, progress_bar() as progress:
            outcome = fetch_papers(opened, service, query, http=http, limit=limit, progress=progress)
            folder = opened.folder
    if json:
        print_json(outcome.report)
    else:
        _print_fetched(outcome.report, str(folder), limit=limit)
    if outcome.stopped:
        raise outcome.stopped


@guarded
def enrich(
    *,
    keys: Annotated[
        str | None, typer.Option(help="Only these papers, their keys between commas.", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be filled.")] = False,
    no_cache: NoCacheOption = False,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Fill in missing authors, DOIs, venues and abstracts, by arXiv id, DOI or exact title.

    What is known stays as it is, and so do the keys. arXiv, Crossref, OpenAlex and Hugging Face are asked,
    and Semantic Scholar where there is a key.

    Examples:

        litreview enrich --dry-run

        litreview enrich --keys vinyals2015pointer,mlpmemory2025
    """
    from litreview.enriching import enrich as enrich_papers
    from litreview.services import Lookups

    chosen = [key.strip() for key in (keys or "").split(",") if key.strip()]
    with (
        _asking(no_cache) as (account, http),
        opened_library(library) as opened,
        progress_bar() as progress,
    ):
        lookups = Lookups(http, account)
        outcome = enrich_papers(opened, lookups, keys=chosen, dry_run=dry_run, progress=progress)
    if json:
        print_json(outcome.report)
    else:
        _print_enriched(outcome.report)
    if outcome.stopped:
        raise outcome.stopped


@contextmanager
def _asking(fresh: bool) -> Iterator[tuple[Account, Http]]:
    """Who asks, by the settings, and the HTTP layer."""
    from litreview.services import SERVICES, Patience, open_http
    from litreview.services.directory import Account
    from litreview.settings import load_settings, services_folder

    settings = load_settings()
    secrets = {"openalex": settings.openalex_key, "s2": settings.s2_key, "pubmed": settings.ncbi_key}
    account = Account(
        contact=settings.contact,
        keys={name: secret.get_secret_value().strip() for name, secret in secrets.items() if secret},  # type: ignore[misc]
        urls={name: url for name in SERVICES if (url := getattr(settings, f"{name}_url"))},
    )
    patience = Patience(timeout=settings.timeout, deadline=settings.deadline)
    with open_http(account, services_folder(), patience=patience, fresh=fresh) as http:
        yield account, http


def _print_fetched(report: FetchReport, folder: str, *, limit: int | None) -> None:
    for note in report.notes[:_SHOWN]:
        say(f"note: {note}")
    for rejected in report.rejected[:_SHOWN]:
        say(f"rejected: {rejected.path}: {rejected.reason}")
    for kind, items in (("notes", report.notes), ("rejected records", report.rejected)):
        if len(items) > _SHOWN:
            say(f"… and {len(items) - _SHOWN:,} more {kind} (all of them: --json)")
    if report.without_abstract:
        say(
            f"note: {report.without_abstract:,} of {report.fetched:,} without an abstract: they are kept and"
            " found, but no answer cites them; litreview enrich may find their abstracts"
        )
    if report.complete and limit and report.fetched < (report.matching or 0):
        # Fewer than were wanted: some services give no more than a number of their own.
        more = "--limit fetches more" if report.fetched >= limit else "the service gives no more of them"
        say(f"note: {report.matching:,} match; {more}")
    print(
        f"{report.fetched:,} fetched from {report.source}: {report.added:,} added, {report.merged:,} merged,"
        f" {report.unchanged:,} unchanged, {len(report.rejected):,} rejected;"
        f" {report.papers:,} papers in {folder}"
    )


def _print_enriched(report: EnrichReport) -> None:
    for note in report.notes[:_SHOWN]:
        say(f"note: {note}")
    if len(report.notes) > _SHOWN:
        say(f"… and {len(report.notes) - _SHOWN:,} more notes (all of them: --json)")
    for filled in report.filled:
        fields = ", ".join(_NAMES.get(field, field) for field in filled.fields)
        tell(f"{filled.key}\t{fields}\t{filled.service}\tby {_NAMES.get(filled.by, filled.by)}")
    would = "would be filled in" if report.dry_run else "filled in"
    print(f"{report.enriched:,} of {report.papers:,} papers with gaps {would}")
