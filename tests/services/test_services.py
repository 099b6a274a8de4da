"""Every service by the same rules: search, paging, pace, faults, the cache, going on after a break."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from litreview.errors import ProviderError, UsageError
from litreview.papers import Paper
from litreview.services import SERVICES, Account, Http, ServiceName, fetch_pages, make_service

from .conftest import FakeClock, Opener
from .service_server import ARXIV_ERROR, ServiceServer, arxiv_feed, body, cut, record, status, truth, web_page


@dataclass(frozen=True)
class Facts:
    """What differs: how many of the 250 records a search reaches, in how many requests, at what pace."""

    reached: int
    requests: int
    interval: float


FACTS: dict[ServiceName, Facts] = {
    "arxiv": Facts(250, 3, 3.0),
    "hf": Facts(120, 1, 0.6),
    "openalex": Facts(250, 3, 0.1),
    "s2": Facts(250, 3, 1.0),
    "pubmed": Facts(250, 3, 0.11),
    "crossref": Facts(250, 3, 0.34),
    "zotero": Facts(250, 3, 0.0),
}
PAGED: tuple[ServiceName, ...] = tuple(name for name in SERVICES if name != "hf")
CACHED: tuple[ServiceName, ...] = tuple(name for name in SERVICES if name != "zotero")


def fetch(
    http: Http, account: Account, name: ServiceName, query: str = "mixing", **options: Any
) -> list[Paper]:
    limit = options.pop("limit", None)
    service = make_service(name, account, **options)
    return [paper for page in fetch_pages(http, service, query, limit=limit) for paper in page.batch.papers]


each = pytest.mark.parametrize("name", SERVICES)
each_paged = pytest.mark.parametrize("name", PAGED)
each_cached = pytest.mark.parametrize("name", CACHED)


@each
def test_a_search_reads_every_page_once(
    name: ServiceName, http: Http, account: Account, server: ServiceServer
) -> None:
    papers = fetch(http, account, name)
    assert [paper.title for paper in papers] == [r.title for r in server.records[: FACTS[name].reached]]
    assert len(server.asked) == FACTS[name].requests


@each
def test_a_paper_says_what_the_service_says(
    name: ServiceName, http: Http, account: Account, server: ServiceServer
) -> None:
    paper = fetch(http, account, name, limit=1)[0]
    known = server.records[0]
    assert paper.title == known.title
    assert paper.abstract == known.abstract
    assert [author.replace(",", "").split()[-1] in {"Ada", "Lovelace"} for author in paper.authors] == [
        True,
        False,
    ]
    assert paper.published in {"2025-06-23", "2025-06", "2025"}
    assert paper.doi in {known.doi, None}
    assert paper.arxiv_id in {known.arxiv_id, None}
    assert paper.doi or paper.arxiv_id
    assert paper.venue in {known.venue, None}
    (source,) = paper.sources
    assert (source.name, source.position, source.line) == (name, None, None)


@each
def test_no_more_is_fetched_than_wanted(
    name: ServiceName, http: Http, account: Account, server: ServiceServer
) -> None:
    assert len(fetch(http, account, name, limit=7)) == 7
    assert len(server.asked) == (2 if name == "pubmed" else 1)


@each
def test_requests_keep_the_pace_of_the_terms(
    name: ServiceName, http: Http, account: Account, clock: FakeClock
) -> None:
    fetch(http, account, name)
    waits = FACTS[name].requests - 1 if FACTS[name].interval else 0
    assert clock.slept == pytest.approx([FACTS[name].interval] * waits)


@pytest.mark.parametrize(("name", "interval"), [("s2", 3.0), ("pubmed", 0.34), ("crossref", 1.0)])
def test_without_a_key_or_a_contact_the_pace_is_slower(
    name: ServiceName, interval: float, http: Http, account: Account, clock: FakeClock
) -> None:
    fetch(http, Account(urls=account.urls), name)
    assert clock.slept == pytest.approx([interval] * 2)


@each_cached
def test_the_same_search_again_asks_nobody(
    name: ServiceName, opened: Opener, account: Account, server: ServiceServer
) -> None:
    first = fetch(opened(), account, name)
    asked = len(server.asked)
    assert fetch(opened(), account, name) == first
    assert len(server.asked) == asked


def test_zotero_is_asked_every_time(opened: Opener, account: Account, server: ServiceServer) -> None:
    fetch(opened(), account, "zotero")
    server.records.append(record(999))
    assert len(fetch(opened(), account, "zotero")) == 251


@each_paged
def test_what_came_before_a_fault_is_yielded_and_the_next_fetch_goes_on(
    name: ServiceName, opened: Opener, account: Account, server: ServiceServer
) -> None:
    server.next(truth, truth, *[status(503)] * 4)
    came: list[Paper] = []
    with pytest.raises(ProviderError, match="HTTP 503"):
        came.extend(  # item by item, so that what came before the fault is there
            paper
            for page in fetch_pages(opened(), make_service(name, account), "mixing", limit=None)
            for paper in page.batch.papers
        )
    assert 0 < len(came) < 250
    before = len(server.asked)
    papers = fetch(opened(), account, name)
    assert [paper.title for paper in papers] == [r.title for r in server.records]
    fresh = server.paths[before:]
    assert len(fresh) == (3 if name == "zotero" else 1)


@each
@pytest.mark.parametrize("fault", [status(429), status(500), cut], ids=["429", "500", "cut"])
def test_a_fault_that_passes_is_not_noticed(
    name: ServiceName, fault: Callable[..., None], http: Http, account: Account, server: ServiceServer
) -> None:
    server.next(fault)
    assert len(fetch(http, account, name, limit=3)) == 3


@each
def test_a_web_page_in_place_of_an_answer_is_named(
    name: ServiceName, opened: Opener, account: Account, server: ServiceServer
) -> None:
    server.next(web_page)
    with pytest.raises(ProviderError, match="sent a web page") as caught:
        fetch(opened(), account, name, limit=100)
    assert caught.value.exit_code == 5
    # And it was not kept.
    assert len(fetch(opened(), account, name, limit=100)) == 100


@each
@pytest.mark.parametrize("content", ["", "{}", "[[[", '{"results": 5}'])
def test_an_answer_of_another_form_is_said_to_be_one(
    name: ServiceName, content: str, http: Http, account: Account, server: ServiceServer
) -> None:
    server.next(*[body(content)] * 4)
    with pytest.raises(ProviderError, match="did not answer in the form it should") as caught:
        fetch(http, account, name)
    assert "update litreview" in caught.value.hint


@each
def test_a_forbidden_request_is_exit_5_with_what_to_do(
    name: ServiceName, http: Http, account: Account, server: ServiceServer
) -> None:
    server.next(status(403))
    with pytest.raises(ProviderError, match="refused") as caught:
        fetch(http, account, name)
    settings = {
        "openalex": "LITREVIEW_OPENALEX_KEY",
        "s2": "LITREVIEW_S2_KEY",
        "pubmed": "LITREVIEW_NCBI_KEY",
    }
    hint = {"zotero": "start Zotero"}.get(name, "LITREVIEW_CONTACT")
    assert settings.get(name, hint) in caught.value.hint


@pytest.mark.parametrize(
    ("name", "setting"),
    [("openalex", "LITREVIEW_OPENALEX_KEY"), ("s2", "LITREVIEW_S2_KEY"), ("pubmed", "LITREVIEW_NCBI_KEY")],
)
def test_a_wrong_key_names_the_setting(name: ServiceName, setting: str, http: Http, account: Account) -> None:
    wrong = Account(keys={name: "wr0ng"}, urls=account.urls)
    with pytest.raises(ProviderError, match=f"refused the key in {setting}") as caught:
        fetch(http, wrong, name)
    assert "wr0ng" not in str(caught.value)


@pytest.mark.parametrize("name", ["arxiv", "openalex", "s2", "pubmed", "crossref", "hf", "zotero"])
def test_a_paper_without_an_abstract_is_kept(
    name: ServiceName, http: Http, account: Account, server: ServiceServer
) -> None:
    server.records[1] = record(2, abstract=None)
    papers = fetch(http, account, name, limit=3)
    assert [bool(paper.abstract) for paper in papers] == [True, False, True]


def _first_title_gone(exchange: Any) -> None:
    """The truth, but the first record has lost its title."""
    sent: list[Any] = []
    kept = exchange.send
    exchange.send = lambda code, content, **more: sent.append((code, content, more))
    truth(exchange)
    exchange.send = kept
    code, content, more = sent[0]
    title = exchange.server.records[0].title
    if isinstance(content, str):
        content = content.replace(title, "").replace("TI  - .", "XX  - .")
    else:
        short = title.partition(": ")[0]
        text = json.dumps(content).replace(f'"{title}"', "null").replace(f'["{short}"]', "[]")
        content = json.loads(text)
    exchange.send(code, content, **more)


@each
def test_a_record_without_a_title_is_rejected_and_its_neighbours_are_kept(
    name: ServiceName, http: Http, account: Account, server: ServiceServer
) -> None:
    if name == "crossref":
        server.records[0] = record(1, title="Without a Subtitle")
    server.next(*([truth] if name == "pubmed" else []), _first_title_gone)
    pages = list(fetch_pages(http, make_service(name, account), "mixing", limit=50))
    rejected = [r for page in pages for r in page.batch.rejected]
    papers = [paper for page in pages for paper in page.batch.papers]
    assert len(rejected) == 1
    assert rejected[0].path == f"{name} 'mixing'"
    assert rejected[0].raw
    assert papers[0].title == server.records[1].title


def test_a_feed_that_comes_without_its_entries_is_asked_for_again(
    http: Http, account: Account, server: ServiceServer, clock: FakeClock
) -> None:
    server.next(truth, body(arxiv_feed([], total=250)))
    assert len(fetch(http, account, "arxiv")) == 250
    assert len(server.asked) == 4
    assert 2.0 in clock.slept


@pytest.mark.parametrize(
    ("name", "empty"),
    [
        ("arxiv", arxiv_feed([], total=250)),
        ("crossref", {"message": {"items": [], "total-results": 250}}),
    ],
)
def test_pages_that_stay_empty_end_the_fetch_with_its_place(
    name: ServiceName, empty: object, http: Http, account: Account, server: ServiceServer
) -> None:
    server.next(truth, *[body(empty)] * 4)
    with pytest.raises(ProviderError, match="without its records 4 times, after 100 of 250"):
        fetch(http, account, name)


def test_a_short_page_loses_nothing(http: Http, account: Account, server: ServiceServer) -> None:
    server.next(body(arxiv_feed(server.records[:40], total=250)))
    papers = fetch(http, account, "arxiv")
    assert [paper.title for paper in papers] == [r.title for r in server.records]
    assert server.asked[1].params["start"] == "40"


def test_a_cursor_that_leads_back_is_no_endless_fetch(
    http: Http, account: Account, server: ServiceServer
) -> None:
    page = {"total": 10_000, "token": "same", "data": [{"paperId": "1", "title": "A title"}]}
    server.next(*[body(page)] * 5)
    with pytest.raises(ProviderError, match="in a circle"):
        fetch(http, account, "s2")
    assert len(server.asked) == 2


def test_a_kept_place_the_server_has_forgotten_starts_over(
    opened: Opener, account: Account, server: ServiceServer
) -> None:
    server.next(truth, truth, *[status(503)] * 4)
    with pytest.raises(ProviderError):
        fetch(opened(), account, "pubmed")
    server.history = "MCID_2"
    papers = fetch(opened(), account, "pubmed")
    assert {paper.title for paper in papers} == {r.title for r in server.records}


def test_arxiv_says_what_is_wrong_with_a_query(http: Http, account: Account, server: ServiceServer) -> None:
    server.next(body(ARXIV_ERROR))
    with pytest.raises(UsageError, match=r"the query 'ti:\(mlp': unbalanced parenthesis"):
        fetch(http, account, "arxiv", "ti:(mlp")


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("cat:cs.CV AND abs:MLP", "cat:cs.CV AND abs:MLP"),
        ("mlp attention", "all:mlp AND all:attention"),
        ('"token mixing" C++', 'all:"token mixing" AND all:C++'),
    ],
)
def test_arxiv_words_without_a_field_are_looked_for_everywhere(
    query: str, asked: str, http: Http, account: Account, server: ServiceServer
) -> None:
    fetch(http, account, "arxiv", query, limit=1)
    assert server.asked[0].params["search_query"] == asked


def test_the_papers_of_a_day_are_paged(http: Http, account: Account, server: ServiceServer) -> None:
    assert len(fetch(http, account, "hf", "daily:2026-06-23")) == 250
    assert [asked.params["p"] for asked in server.asked] == ["0", "1", "2"]
    assert server.asked[0].params["date"] == "2026-06-23"


def test_trending_papers_are_asked_for_by_name(http: Http, account: Account, server: ServiceServer) -> None:
    assert len(fetch(http, account, "hf", "trending", limit=5)) == 5
    assert server.asked[0].params["sort"] == "trending"


@pytest.mark.parametrize("day", ["yesterday", "2026-06", "2026-13-01", ""])
def test_a_day_that_is_none_is_quoted(day: str, http: Http, account: Account) -> None:
    with pytest.raises(UsageError, match=f"{day!r}"):
        fetch(http, account, "hf", f"daily:{day}")


def test_openalex_without_a_key_goes_by_page_number(
    http: Http, account: Account, server: ServiceServer
) -> None:
    assert len(fetch(http, Account(urls=account.urls), "openalex")) == 250
    assert [asked.params.get("page") for asked in server.asked] == ["1", "2", "3"]


def test_openalex_with_a_key_goes_by_cursor(http: Http, account: Account, server: ServiceServer) -> None:
    fetch(http, account, "openalex")
    assert [asked.params.get("cursor") for asked in server.asked] == ["*", "cur100", "cur200"]


def test_a_damaged_inverted_abstract_costs_its_record_only(
    http: Http, account: Account, server: ServiceServer
) -> None:
    indexes = [{"a": [0]}, {"a": [10**9]}, {"a": ["x"]}, {"a": 5}, {}]
    works = [
        {"id": f"W{at}", "title": f"Title {at}", "abstract_inverted_index": index}
        for at, index in enumerate(indexes)
    ]
    server.next(body({"meta": {"count": 5}, "results": works}))
    (page,) = fetch_pages(http, make_service("openalex", account), "q", limit=None)
    assert [paper.abstract for paper in page.batch.papers] == ["a", None]
    assert len(page.batch.rejected) == 3


def test_pubmed_with_no_result_is_empty(http: Http, account: Account, server: ServiceServer) -> None:
    server.records.clear()
    assert fetch(http, account, "pubmed") == []
    assert server.paths == ["/entrez/eutils/esearch.fcgi"]


def test_pubmed_says_what_is_wrong_with_a_query(http: Http, account: Account, server: ServiceServer) -> None:
    server.next(body({"esearchresult": {"ERROR": "Empty term and query_key - nothing todo"}}))
    with pytest.raises(UsageError, match="the query '\\[\\]': Empty term"):
        fetch(http, account, "pubmed", "[]")


def test_a_collection_of_zotero_is_found_by_its_name(
    http: Http, account: Account, server: ServiceServer
) -> None:
    assert len(fetch(http, account, "zotero", "", collection="thesis", limit=4)) == 4
    assert server.paths[1] == "/api/users/0/collections/COLL1/items/top"
    assert server.asked[1].headers["zotero-api-version"] == "3"


def test_a_collection_that_is_not_there_is_quoted(http: Http, account: Account) -> None:
    with pytest.raises(UsageError, match="no collection 'Thesys'"):
        fetch(http, account, "zotero", "", collection="Thesys")


def test_attachments_are_no_papers(http: Http, account: Account, server: ServiceServer) -> None:
    assert "PDF" not in {paper.title for paper in fetch(http, account, "zotero", "")}


def test_markup_of_publishers_is_read_as_text(http: Http, account: Account, server: ServiceServer) -> None:
    work = {
        "DOI": "10.5555/X",
        "title": ["Mixing <i>in vivo</i> &amp; H<sub>2</sub>O"],
        "abstract": "<jats:title>Abstract</jats:title><jats:sec><jats:p>One.</jats:p>"
        "<jats:p>Two, a &lt; b.</jats:p></jats:sec>",
        "author": [{"name": "The Consortium"}, {"family": "Curie", "given": "Marie"}, {"given": "Prince"}],
        "issued": {"date-parts": [[2024, 2, 31]]},
    }
    server.next(body({"message": {"items": [work], "total-results": 1}}))
    (paper,) = fetch(http, account, "crossref")
    assert paper.title == "Mixing in vivo & H2O"
    assert paper.abstract == "One. Two, a < b."
    assert paper.authors == ("{The Consortium}", "Curie, Marie", "Prince")
    assert (paper.doi, paper.published) == ("10.5555/x", "2024-02")


def test_an_identifier_that_is_none_costs_itself_only(
    http: Http, account: Account, server: ServiceServer
) -> None:
    papers = [{"paperId": "1", "title": "A title", "externalIds": {"DOI": "nonsense", "ArXiv": "2506.00001"}}]
    server.next(body({"total": 1, "data": papers}))
    (page,) = fetch_pages(http, make_service("s2", account), "q", limit=None)
    assert (page.batch.papers[0].doi, page.batch.papers[0].arxiv_id) == (None, "2506.00001")
    assert "'nonsense' is not a DOI" in page.batch.notes[0]


def test_words_of_a_service_cannot_steer_a_terminal(
    http: Http, account: Account, server: ServiceServer
) -> None:
    server.next(status(400, {"message": "bad \x1b[31mquery\x1b[0m\u202e"}))
    with pytest.raises(UsageError) as caught:
        fetch(http, account, "crossref")
    server.next(body(ARXIV_ERROR.replace("unbalanced", "un&#27;[31mbalanced")))
    with pytest.raises((UsageError, ProviderError)) as second:
        fetch(http, account, "arxiv")
    assert "bad query)" in str(caught.value)
    assert "\x1b" not in str(caught.value) + str(second.value)
