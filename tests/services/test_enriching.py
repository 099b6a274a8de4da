"""Filling gaps: by arXiv id, DOI or exact title; what is known stays, and so do the keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from litreview.enriching import Outcome, enrich, is_found, missing
from litreview.errors import PaperNotFound, ProviderError
from litreview.library import Library
from litreview.papers import Paper, Source
from litreview.services import Account, Lookups
from litreview.services.crossref import Crossref, crossref_host
from litreview.services.types import Page

from .conftest import Opener
from .service_server import Exchange, ServiceServer, record, status, truth

Enrich = Callable[..., Outcome]
OWN = (Source(format="jsonl", name="mine.jsonl"),)


@pytest.fixture
def enriched(library: Library, opened: Opener, account: Account) -> Enrich:
    """Enrich the library, as one command after another does."""

    def call(**options: Any) -> Outcome:
        options.setdefault("progress", lambda *_: None)
        return enrich(library, Lookups(opened(), options.pop("account", account)), **options)

    return call


@pytest.fixture
def keyless(account: Account) -> Account:
    return Account(urls=account.urls)


def _add(library: Library, *papers: Paper) -> list[str]:
    keys = [key for paper in papers for key in library.add([paper]).keys]
    library.sync()
    return keys


def test_a_paper_with_an_arxiv_id_is_filled_from_arxiv(
    enriched: Enrich, library: Library, server: ServiceServer
) -> None:
    known = server.records[4]
    (key,) = _add(library, Paper(title=known.title, arxiv_id=known.arxiv_id, sources=OWN))
    report = enriched().report
    paper = library.paper(key)
    assert paper.authors == known.authors
    assert (paper.abstract, paper.doi, paper.published) == (known.abstract, known.doi, known.published)
    first = report.filled[0]
    assert (first.key, first.service, first.by) == (key, "arxiv", "arxiv_id")
    assert first.fields == ("authors", "doi", "abstract", "published", "url")
    # The venue came by the DOI that arXiv knew.
    assert report.filled[1].fields == ("venue",)
    assert paper.venue == known.venue
    assert [source.name for source in paper.sources] == ["arxiv", "crossref", "mine.jsonl"]


def test_a_paper_with_a_doi_is_filled_from_crossref(
    enriched: Enrich, library: Library, server: ServiceServer
) -> None:
    known = server.records[2]
    (key,) = _add(library, Paper(title=known.title, doi=known.doi, sources=OWN))
    report = enriched().report
    assert library.paper(key).authors == ("Lovelace, Ada", "Hopper-3, Grace")
    assert library.paper(key).venue == known.venue
    assert [(filled.service, filled.by) for filled in report.filled] == [("crossref", "doi")]


def test_an_abstract_that_crossref_lacks_comes_from_openalex(
    enriched: Enrich, library: Library, server: ServiceServer
) -> None:
    known = server.records[2]
    (key,) = _add(library, Paper(title=known.title, doi=known.doi, sources=OWN))

    def without_abstract(exchange: Exchange) -> None:
        exchange.server.records[2] = record(3, abstract=None)
        truth(exchange)
        exchange.server.records[2] = known

    server.next(without_abstract)
    report = enriched().report
    assert [filled.service for filled in report.filled] == ["crossref", "openalex"]
    assert report.filled[1].fields == ("abstract", "arxiv_id")
    assert library.paper(key).abstract == known.abstract


def test_a_paper_with_a_title_alone_is_found_by_it(
    enriched: Enrich, library: Library, server: ServiceServer, keyless: Account
) -> None:
    known = server.records[6]
    (key,) = _add(library, Paper(title=known.title.upper(), published="2025", sources=OWN))
    report = enriched(account=keyless).report
    paper = library.paper(key)
    assert (paper.key, paper.title) == (key, known.title.upper())
    assert paper.authors == known.authors
    assert paper.arxiv_id == known.arxiv_id
    assert paper.published == "2025"
    assert (report.filled[0].service, report.filled[0].by) == ("hf", "title")
    assert missing(paper) == ()


def test_semantic_scholar_is_asked_for_titles_only_with_a_key(
    enriched: Enrich, library: Library, server: ServiceServer, keyless: Account
) -> None:
    _add(library, Paper(title=server.records[6].title, sources=OWN))
    enriched(account=keyless, dry_run=True)
    assert not any(path.startswith("/graph") for path in server.paths)
    report = enriched().report
    assert report.filled[0].service == "s2"


def test_nothing_known_is_overwritten(enriched: Enrich, library: Library, server: ServiceServer) -> None:
    known = server.records[0]
    mine = Paper(
        title="Mixing tokens with Layer 1: a Study of Perceptrons",
        abstract="Short.",
        authors=("A. Lovelace",),
        published="2024",
        venue="JIR",
        arxiv_id=known.arxiv_id,
        author_count=7,
        tags=("read",),
        sources=OWN,
    )
    (key,) = _add(library, mine)
    report = enriched().report
    paper = library.paper(key)
    assert paper.doi == known.doi
    changed = {"doi", "url", "sources", "key"}
    assert paper.model_dump(exclude=changed) == mine.model_dump(exclude=changed)
    assert report.enriched == 1


def test_a_complete_paper_is_not_looked_up(enriched: Enrich, library: Library, server: ServiceServer) -> None:
    known = server.records[0]
    full = Paper(
        title=known.title, abstract="x", authors=("A B",), venue="V", doi=known.doi, arxiv_id=known.arxiv_id
    )
    _add(library, full)
    assert enriched().report.papers == 0
    assert server.asked == []


def test_another_paper_of_the_same_title_is_not_taken(
    enriched: Enrich, library: Library, server: ServiceServer, keyless: Account
) -> None:
    known = server.records[0]
    papers = [
        Paper(title=known.title, authors=("Somebody Else",), published="2025", sources=OWN),
        Paper(title=known.title.replace("Layer 1", "Layer 2"), published="2019", sources=OWN),
    ]
    keys = _add(library, *papers)
    report = enriched(account=keyless).report
    assert report.filled == ()
    assert [library.paper(key).doi for key in keys] == [None, None]


def test_a_short_title_needs_more_than_its_words() -> None:
    found = Paper(
        title="Introduction", authors=("Ada Lovelace",), published="2025", abstract="We begin here now."
    )
    assert not is_found(Paper(title="Introduction", published="2025"), found)
    assert is_found(Paper(title="Introduction", published="2025", authors=("A. Lovelace",)), found)
    assert is_found(Paper(title="Introduction", published="2025", abstract="We begin here now."), found)
    assert not is_found(Paper(title="Introduction", published="2025", abstract="Something else."), found)


def test_several_papers_of_one_title_are_left_alone(
    enriched: Enrich, library: Library, server: ServiceServer, keyless: Account
) -> None:
    title = "Mixing Tokens with Everything at Once"
    server.records[:] = [
        record(1, title=title, authors=("Ada Lovelace",)),
        record(2, title=title, authors=("Grace Hopper",)),
    ]
    (key,) = _add(library, Paper(title=title, sources=OWN))
    report = enriched(account=keyless).report
    assert library.paper(key).authors == ()
    assert f"{key}: hf has several papers of this title; none was taken" in report.notes


def test_an_identifier_of_another_paper_is_not_taken(
    enriched: Enrich, library: Library, server: ServiceServer
) -> None:
    known = server.records[0]
    keys = _add(
        library,
        Paper(title=known.title, arxiv_id=known.arxiv_id, published="2025", sources=OWN),
        Paper(title="Published under quite another title", doi=known.doi, published="2021", sources=OWN),
    )
    report = enriched(keys=keys[:1]).report
    assert library.paper(keys[0]).doi is None
    assert library.paper(keys[0]).authors == known.authors
    assert any(f"gives the doi of {keys[1]}" in note for note in report.notes)
    assert len(library) == 2


def test_an_arxiv_id_that_names_another_paper_is_reported(
    enriched: Enrich, library: Library, server: ServiceServer
) -> None:
    known = server.records[0]
    wrong = Paper(title="Something else", arxiv_id=known.arxiv_id, doi="10.5555/not.this", sources=OWN)
    (key,) = _add(library, wrong)
    report = enriched().report
    assert f"{key}: what arxiv has by arxiv_id is another paper; not taken" in report.notes
    assert library.paper(key).authors == ()


def test_a_dry_run_changes_nothing_and_says_the_same(
    enriched: Enrich, library: Library, server: ServiceServer
) -> None:
    _add(library, *(Paper(title=r.title, arxiv_id=r.arxiv_id, sources=OWN) for r in server.records[:3]))
    before = library.all_papers()
    dry = enriched(dry_run=True).report
    assert library.all_papers() == before
    asked = len(server.asked)
    wet = enriched().report
    assert (wet.filled, wet.enriched) == (dry.filled, 3)
    # The answers of the dry run were kept.
    assert len(server.asked) == asked


def test_arxiv_is_asked_for_many_at_once(enriched: Enrich, library: Library, server: ServiceServer) -> None:
    library.add(
        [Paper(title=r.title, arxiv_id=r.arxiv_id, venue="V", sources=OWN) for r in server.records[:60]]
    )
    enriched()
    lists = [asked.params["id_list"] for asked in server.asked if "id_list" in asked.params]
    assert [len(ids.split(",")) for ids in lists] == [50, 10]


def test_only_the_named_papers_are_looked_up(
    enriched: Enrich, library: Library, server: ServiceServer
) -> None:
    keys = _add(library, *(Paper(title=r.title, doi=r.doi, sources=OWN) for r in server.records[:3]))
    report = enriched(keys=[keys[1], keys[1]]).report
    assert {filled.key for filled in report.filled} == {keys[1]}
    with pytest.raises(PaperNotFound, match="'nosuch'"):
        enriched(keys=["nosuch"])


def test_a_service_that_fails_does_not_stop_the_others(
    enriched: Enrich, library: Library, server: ServiceServer, keyless: Account
) -> None:
    keys = _add(library, *(Paper(title=r.title, published="2025", sources=OWN) for r in server.records[:2]))
    server.next(*[status(403)])
    outcome = enriched(account=keyless)
    assert isinstance(outcome.stopped, ProviderError)
    assert "Hugging Face" in str(outcome.stopped)
    assert not outcome.report.complete
    assert {filled.service for filled in outcome.report.filled} == {"crossref"}
    assert [missing(library.paper(key)) for key in keys] == [(), ()]


def test_ctrl_c_keeps_what_was_found(enriched: Enrich, library: Library, server: ServiceServer) -> None:
    keys = _add(library, *(Paper(title=r.title, doi=r.doi, sources=OWN) for r in server.records[:3]))

    def progress(stage: str, done: int, _total: int) -> None:
        if stage == "looking up DOIs" and done == 2:
            raise KeyboardInterrupt

    outcome = enriched(progress=progress)
    assert isinstance(outcome.stopped, KeyboardInterrupt)
    assert [bool(library.paper(key).authors) for key in keys] == [True, True, False]


def test_an_answer_kept_by_another_version_is_asked_for_again(
    enriched: Enrich, opened: Opener, account: Account, library: Library, server: ServiceServer
) -> None:
    known = server.records[0]
    (key,) = _add(library, Paper(title=known.title, doi=known.doi, sources=OWN))
    host = crossref_host(account.urls["crossref"], account.contact)
    opened().keep(host, Crossref(host).by_doi(known.doi), Page("what some other version kept"))
    assert enriched().report.complete
    assert library.paper(key).venue == known.venue
