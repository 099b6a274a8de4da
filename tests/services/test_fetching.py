"""From a service to a library: what is stored, and that nothing is stored twice, whatever stopped it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from litreview.errors import ProviderError, UsageError
from litreview.fetching import Outcome, fetch
from litreview.library import Library
from litreview.services import Account, make_service

from .conftest import FakeClock, Opener
from .service_server import Exchange, ServiceServer, record, status, truth

Fetch = Callable[..., Outcome]


@pytest.fixture
def fetched(library: Library, opened: Opener, account: Account) -> Fetch:
    """Fetch into the library, as one command after another does."""

    def call(
        query: str = "mixing", *, name: Any = "arxiv", limit: int | None = None, **options: Any
    ) -> Outcome:
        progress = options.pop("progress", lambda *_: None)
        service = make_service(name, account, **options)
        return fetch(library, service, query, http=opened(), limit=limit, progress=progress)

    return call


def test_what_was_fetched_is_in_the_library(fetched: Fetch, library: Library) -> None:
    report = fetched(limit=120).report
    assert (report.source, report.query) == ("arxiv", "mixing")
    assert (report.fetched, report.added, report.papers, report.matching) == (120, 120, 120, 250)
    assert report.complete
    assert len(library) == 120


def test_the_same_fetch_again_changes_nothing(fetched: Fetch, library: Library) -> None:
    fetched(limit=120)
    before = library.all_papers()
    report = fetched(limit=120).report
    assert (report.added, report.merged, report.unchanged) == (0, 0, 120)
    assert library.all_papers() == before


def test_another_rank_on_another_day_changes_nothing(
    fetched: Fetch,
    server: ServiceServer,
    clock: FakeClock,
) -> None:
    fetched(limit=50)
    server.records.reverse()
    server.records[:] = server.records[-50:]
    clock.time += 100_000
    report = fetched(limit=50).report
    assert (report.added, report.merged, report.unchanged) == (0, 0, 50)


def test_a_fetch_that_was_broken_off_keeps_what_came_and_goes_on(
    fetched: Fetch,
    library: Library,
    server: ServiceServer,
) -> None:
    server.next(truth, truth, *[status(503)] * 4)
    outcome = fetched()
    assert isinstance(outcome.stopped, ProviderError)
    assert (outcome.report.complete, outcome.report.added, len(library)) == (False, 200, 200)
    asked = len(server.asked)
    report = fetched().report
    assert (report.complete, report.added, report.unchanged, report.papers) == (True, 50, 200, 250)
    assert len(server.asked) == asked + 1


def test_ctrl_c_keeps_what_came(fetched: Fetch, library: Library, server: ServiceServer) -> None:
    pages = 0

    def progress(stage: str, _done: int, _total: int) -> None:
        nonlocal pages
        if stage.startswith("fetching"):
            pages += 1
            if pages == 3:
                raise KeyboardInterrupt

    outcome = fetched(progress=progress)
    assert isinstance(outcome.stopped, KeyboardInterrupt)
    assert (outcome.report.complete, len(library)) == (False, 200)


def test_nothing_at_all_is_an_error(fetched: Fetch, server: ServiceServer) -> None:
    server.next(status(401))
    with pytest.raises(ProviderError, match="refused"):
        fetched(name="openalex")


def test_papers_without_an_abstract_are_kept_and_counted(
    fetched: Fetch,
    library: Library,
    server: ServiceServer,
) -> None:
    server.records[:] = [record(1), record(2, abstract=None), record(3, abstract=None)]
    report = fetched().report
    assert (report.fetched, report.without_abstract, len(library)) == (3, 2, 3)
    assert [(source.path, source.added) for source in report.sources] == [("arxiv 'mixing'", 3)]


def test_two_services_that_have_one_paper_give_one_paper(fetched: Fetch, library: Library) -> None:
    fetched(limit=5)
    report = fetched(name="crossref", limit=5).report
    assert (report.added, report.merged, len(library)) == (0, 5, 5)
    paper = library.all_papers()[0]
    assert [source.name for source in paper.sources] == ["arxiv", "crossref"]
    assert paper.venue == "Journal of Invented Results"


@pytest.mark.parametrize("limit", [0, -3])
def test_a_limit_below_one_is_quoted(fetched: Fetch, limit: int) -> None:
    with pytest.raises(UsageError, match=f"not {limit}"):
        fetched(limit=limit)


@pytest.mark.parametrize("query", ["", "  "])
def test_an_empty_query_is_for_zotero_only(fetched: Fetch, query: str) -> None:
    with pytest.raises(UsageError, match="asked with a query"):
        fetched(query)
    assert fetched(query, name="zotero", limit=3).report.fetched == 3


def test_progress_names_the_service_and_the_end(fetched: Fetch) -> None:
    seen: list[tuple[str, int, int]] = []
    fetched(limit=150, progress=lambda *step: seen.append(step))
    assert [step for step in seen if step[0] == "fetching from arXiv"] == [
        ("fetching from arXiv", 100, 150),
        ("fetching from arXiv", 150, 150),
    ]


def test_a_page_that_changed_its_form_keeps_what_came_before(
    fetched: Fetch,
    library: Library,
    server: ServiceServer,
) -> None:
    def drifted(exchange: Exchange) -> None:
        exchange.send(200, {"papers": []})

    server.next(truth, drifted)
    outcome = fetched(name="crossref")
    assert "did not answer in the form it should" in str(outcome.stopped)
    assert len(library) == 100
