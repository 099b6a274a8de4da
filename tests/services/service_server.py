"""All services on one loopback port, with bodies of the shape each of them sends, and with faults on request.

    with ServiceServer() as server:
        server.next(status(503), truth)        # what is done with the next requests; afterwards the truth
        ...                                    # ask server.url
        assert [asked.path for asked in server.asked] == [...]

The records are invented. Only the standard library is used.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape


@dataclass(frozen=True)
class Record:
    """An invented paper, as every service would have it."""

    number: int
    title: str
    abstract: str | None
    authors: tuple[str, ...]
    published: str
    venue: str
    doi: str
    arxiv_id: str


def record(number: int, **changed: Any) -> Record:
    """The paper of a number: its title, abstract and ids hold the number, so that no two are one paper."""
    known: dict[str, Any] = {
        "number": number,
        "title": f"Mixing Tokens with Layer {number}: A Study of Perceptrons",
        "abstract": f"We mix tokens with layer {number} and reach {number} % & more, where a < b.",
        "authors": ("Ada Lovelace", f"Grace Hopper-{number}"),
        "published": "2025-06-23",
        "venue": "Journal of Invented Results",
        "doi": f"10.5555/mix.{number}",
        "arxiv_id": f"2506.{number:05d}",
    }
    return Record(**{**known, **changed})


@dataclass(frozen=True)
class Asked:
    """A request: `headers` with names in lower case."""

    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass
class Exchange:
    """One request and the means to answer it."""

    asked: Asked
    handler: BaseHTTPRequestHandler
    server: ServiceServer

    def send(
        self, status: int, body: object, *, kind: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        data = body if isinstance(body, bytes) else None
        if data is None:
            data = (body if isinstance(body, str) else json.dumps(body)).encode()
        kind = kind or ("application/json" if not isinstance(body, str | bytes) else "text/plain")
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", kind)
        self.handler.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.handler.send_header(name, value)
        self.handler.end_headers()
        self.handler.wfile.write(data)


Behaviour = Callable[[Exchange], None]


class ServiceServer:
    """The server; listens while the context is open.

    Attributes:
        records: The papers all services have, in the order of their relevance.
        asked: Every request so far.
        key: The key a service wants where one is sent.

    Args:
        count: How many invented papers there are.
    """

    def __init__(self, count: int = 250) -> None:
        self.records: list[Record] = [record(number) for number in range(1, count + 1)]
        self.asked: list[Asked] = []
        self.key = "right-key"
        self.history = "MCID_1"
        self._script: list[Behaviour] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def next(self, *behaviours: Behaviour) -> None:
        """What is done with the requests to come, one each; after that every request gets the truth."""
        self._script = list(behaviours)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        asked = Asked(unquote(parts.path), dict(parse_qsl(parts.query, keep_blank_values=True)), headers)
        with self._lock:
            self.asked.append(asked)
            behave = self._script.pop(0) if self._script else truth
        behave(Exchange(asked, handler, self))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self._answer

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are what some tests are about."""


def truth(exchange: Exchange) -> None:
    """What the service would answer."""
    path = exchange.asked.path
    for start, answer in _ROUTES.items():
        if path.startswith(start):
            answer(exchange)
            return
    exchange.send(404, {"error": "no such path"})


def status(code: int, body: object = "", *, kind: str = "", **headers: str) -> Behaviour:
    """An error; `retry_after="3"` becomes the header Retry-After."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda exchange: exchange.send(code, body, kind=kind, headers=named)


def body(content: object, *, kind: str = "") -> Behaviour:
    """Any body in place of the truth."""
    return lambda exchange: exchange.send(200, content, kind=kind)


def redirect(location: str, code: int = 302) -> Behaviour:
    return lambda exchange: exchange.send(code, "", headers={"Location": location})


def cut(exchange: Exchange) -> None:
    """A connection that ends in the middle of a body."""
    exchange.handler.send_response(200)
    exchange.handler.send_header("Content-Length", "1000")
    exchange.handler.end_headers()
    exchange.handler.wfile.write(b'{"results": [')
    exchange.handler.wfile.flush()
    exchange.handler.close_connection = True


HTML = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Welcome to the hotel</body></html>"
web_page = body(HTML, kind="text/html")


def _arxiv(exchange: Exchange) -> None:
    params, records = exchange.asked.params, exchange.server.records
    if "id_list" in params:
        wanted = params["id_list"].split(",")
        exchange.send(200, arxiv_feed([r for r in records if r.arxiv_id in wanted], total=len(wanted)))
        return
    start, size = int(params["start"]), int(params["max_results"])
    exchange.send(200, arxiv_feed(records[start : start + size], total=len(records)))


def arxiv_feed(records: Sequence[Record], *, total: int) -> str:
    """A feed of arXiv's API."""
    entries = "".join(map(_arxiv_entry, records))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom"'
        ' xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">\n'
        "<title>arXiv Query: search_query=all:mix</title><id>http://arxiv.org/api/x</id>\n"
        f"<opensearch:totalResults>{total}</opensearch:totalResults>\n"
        f"<opensearch:startIndex>0</opensearch:startIndex>\n{entries}</feed>"
    )


def _arxiv_entry(paper: Record) -> str:
    authors = "".join(f"<author><name>{escape(name)}</name></author>" for name in paper.authors)
    doi = f"<arxiv:doi>{paper.doi}</arxiv:doi>" if paper.doi else ""
    return (
        f"<entry><id>http://arxiv.org/abs/{paper.arxiv_id}v2</id><published>{paper.published}T17:59:59Z</published>"
        f"<title>{escape(paper.title)}</title>"
        f"<summary>  {escape(paper.abstract or '')}\n</summary>{authors}{doi}"
        f'<link href="http://arxiv.org/abs/{paper.arxiv_id}v2" rel="alternate" type="text/html"/>'
        '<category term="cs.CV" scheme="http://arxiv.org/schemas/atom"/></entry>\n'
    )


ARXIV_ERROR = (
    '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"'
    ' xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">'
    "<opensearch:totalResults>1</opensearch:totalResults><entry>"
    "<id>http://arxiv.org/api/errors#incorrect_id_format_for_x</id><title>Error</title>"
    "<summary>unbalanced parenthesis</summary></entry></feed>"
)


def _hf_daily(exchange: Exchange) -> None:
    params = exchange.asked.params
    start = int(params.get("p", "0")) * int(params["limit"])
    exchange.send(200, [_hf_paper(r) for r in exchange.server.records[start : start + int(params["limit"])]])


def _hf_search(exchange: Exchange) -> None:
    params, records = exchange.asked.params, exchange.server.records
    titled = [r for r in records if r.title.lower() == params["q"].lower()]
    exchange.send(200, [_hf_paper(r) for r in (titled or records)[: int(params["limit"])]])


def _hf_paper(paper: Record) -> dict[str, Any]:
    return {
        "paper": {
            "id": paper.arxiv_id,
            "authors": [
                {"_id": f"64{at}", "name": name, "hidden": False} for at, name in enumerate(paper.authors)
            ],
            "publishedAt": f"{paper.published}T00:00:00.000Z",
            "title": paper.title,
            "summary": paper.abstract or "",
            "upvotes": 12,
        },
        "publishedAt": f"{paper.published}T10:00:00.000Z",
        "title": paper.title,
        "numComments": 3,
    }


def _openalex(exchange: Exchange) -> None:
    params, records = exchange.asked.params, exchange.server.records
    path = exchange.asked.path
    if not _right_key(exchange, params.get("api_key")):
        return
    if path.startswith("/works/doi:"):
        found = [r for r in records if r.doi == path.removeprefix("/works/doi:")]
        exchange.send(200 if found else 404, _openalex_work(found[0]) if found else {"error": "Not found"})
        return
    if "cursor" in params and "api_key" not in params:
        exchange.send(401, {"error": "Cursor paging needs an API key", "message": "Get a free key"})
        return
    size = int(params["per_page"])
    if "cursor" in params:
        start = 0 if params["cursor"] == "*" else int(params["cursor"].removeprefix("cur"))
    else:
        start = (int(params["page"]) - 1) * size
    following = f"cur{start + size}" if "cursor" in params and start + size < len(records) else None
    meta = {"count": len(records), "per_page": size, "next_cursor": following}
    works = [_openalex_work(r) for r in records[start : start + size]]
    exchange.send(200, {"meta": meta, "results": works, "group_by": []})


def _openalex_work(paper: Record) -> dict[str, Any]:
    inverted: dict[str, list[int]] = {}
    for place, word in enumerate((paper.abstract or "").split()):
        inverted.setdefault(word, []).append(place)
    journal = {"id": "https://openalex.org/S1", "display_name": paper.venue, "type": "journal"}
    repository = {"display_name": "arXiv (Cornell University)", "type": "repository"}
    return {
        "id": f"https://openalex.org/W{paper.number}",
        "doi": f"https://doi.org/{paper.doi}" if paper.doi else None,
        "title": paper.title,
        "publication_date": paper.published,
        "publication_year": int(paper.published[:4]),
        "authorships": [
            {"author_position": "first", "author": {"display_name": name}} for name in paper.authors
        ],
        "primary_location": {"source": journal, "landing_page_url": f"https://doi.org/{paper.doi}"},
        "locations": [{"source": repository, "landing_page_url": f"http://arxiv.org/abs/{paper.arxiv_id}"}],
        "abstract_inverted_index": inverted or None,
    }


def _s2(exchange: Exchange) -> None:
    params, records = exchange.asked.params, exchange.server.records
    path = exchange.asked.path
    if not _right_key(exchange, exchange.asked.headers.get("x-api-key")):
        return
    if path.endswith("/search/match"):
        found = [r for r in records if r.title.lower() == params["query"].lower()]
        answer = {"data": [{**_s2_paper(found[0]), "matchScore": 99.0}]} if found else {"error": "none"}
        exchange.send(200 if found else 404, answer)
        return
    start = int(params.get("token", "T0")[1:])
    size = 100
    answer = {"total": len(records), "data": [_s2_paper(r) for r in records[start : start + size]]}
    if start + size < len(records):
        answer["token"] = f"T{start + size}"
    exchange.send(200, answer)


def _s2_paper(paper: Record) -> dict[str, Any]:
    return {
        "paperId": f"{paper.number:040x}",
        "externalIds": {"DOI": paper.doi, "ArXiv": paper.arxiv_id, "CorpusId": paper.number},
        "title": paper.title,
        "abstract": paper.abstract,
        "venue": paper.venue,
        "year": int(paper.published[:4]),
        "publicationDate": paper.published,
        "authors": [{"authorId": "1", "name": name} for name in paper.authors],
        "url": f"https://www.semanticscholar.org/paper/{paper.number:040x}",
    }


def _esearch(exchange: Exchange) -> None:
    if not _right_key(exchange, exchange.asked.params.get("api_key"), code=400):
        return
    result = {
        "count": str(len(exchange.server.records)),
        "retmax": "0",
        "retstart": "0",
        "querykey": "1",
        "webenv": exchange.server.history,
        "idlist": [],
        "translationset": [],
        "querytranslation": exchange.asked.params["term"],
    }
    exchange.send(200, {"header": {"type": "esearch", "version": "0.3"}, "esearchresult": result})


def _efetch(exchange: Exchange) -> None:
    params, records = exchange.asked.params, exchange.server.records
    if params["WebEnv"] != exchange.server.history:
        exchange.send(400, {"error": "Unable to obtain query #1"})
        return
    start, size = int(params["retstart"]), int(params["retmax"])
    exchange.send(200, "\n" + "\n".join(map(_medline, records[start : start + size])))


def _medline(paper: Record) -> str:
    lines = [
        f"PMID- {30_000_000 + paper.number}",
        "OWN - NLM",
        f"DP  - {paper.published[:4]} Jun 23",
        f"TI  - {paper.title}.",
        *([f"AB  - {paper.abstract}"] if paper.abstract else []),
        *(f"FAU - {name.split()[-1]}, {name.split()[0]}" for name in paper.authors),
        f"JT  - {paper.venue}",
        f"LID - {paper.doi} [doi]",
    ]
    return "\n".join(lines) + "\n"


def _crossref(exchange: Exchange) -> None:
    params, records = exchange.asked.params, exchange.server.records
    path = exchange.asked.path
    if path != "/works":
        found = [r for r in records if r.doi == path.removeprefix("/works/")]
        if not found:
            exchange.send(404, "Resource not found.")
            return
        work = {"status": "ok", "message-type": "work", "message": _crossref_work(found[0])}
        exchange.send(200, work)
        return
    if "query.title" in params:
        titled = [r for r in records if r.title.lower() == params["query.title"].lower()]
        records = titled + [r for r in records if r not in titled][:3]
    start, size = int(params["offset"]), int(params["rows"])
    items = [_crossref_work(r) for r in records[start : start + size]]
    message = {"total-results": len(records), "items": items, "items-per-page": size, "query": {}}
    exchange.send(200, {"status": "ok", "message-type": "work-list", "message": message})


def _crossref_work(paper: Record) -> dict[str, Any]:
    title, _, subtitle = paper.title.partition(": ")
    year, month, day = map(int, paper.published.split("-"))
    names = [name.rpartition(" ") for name in paper.authors]
    abstract = f"<jats:title>Abstract</jats:title><jats:p>{escape(paper.abstract or '')}</jats:p>"
    return {
        "DOI": paper.doi.upper(),
        "type": "journal-article",
        "title": [title],
        "subtitle": [subtitle] if subtitle else [],
        "author": [
            {"given": given, "family": family, "sequence": "first", "affiliation": []}
            for given, _, family in names
        ],
        "container-title": [paper.venue],
        "issued": {"date-parts": [[year, month, day]]},
        "URL": f"https://doi.org/{paper.doi}",
        **({"abstract": abstract} if paper.abstract else {}),
    }


def _zotero_collections(exchange: Exchange) -> None:
    names = ["Reading", "Thesis"]
    data = [
        {"key": f"COLL{at}", "version": 1, "data": {"key": f"COLL{at}", "name": n}}
        for at, n in enumerate(names)
    ]
    exchange.send(200, data, headers={"Total-Results": str(len(data)), "Zotero-API-Version": "3"})


def _zotero_items(exchange: Exchange) -> None:
    params = exchange.asked.params
    items = [_zotero_item(r) for r in exchange.server.records]
    items.insert(1, {"key": "ATT1", "data": {"key": "ATT1", "itemType": "attachment", "title": "PDF"}})
    start, size = int(params["start"]), int(params["limit"])
    exchange.send(200, items[start : start + size], headers={"Total-Results": str(len(items))})


def _zotero_item(paper: Record) -> dict[str, Any]:
    return {
        "key": f"ITEM{paper.number}",
        "version": 7,
        "library": {"type": "user", "id": 0},
        "data": {
            "key": f"ITEM{paper.number}",
            "itemType": "journalArticle",
            "title": paper.title,
            "creators": [
                {"creatorType": "author", "firstName": n.split()[0], "lastName": n.split()[-1]}
                for n in paper.authors
            ],
            "abstractNote": paper.abstract or "",
            "publicationTitle": paper.venue,
            "date": paper.published,
            "DOI": paper.doi,
            "tags": [{"tag": "mixing"}],
        },
    }


def _zotero(exchange: Exchange) -> None:
    path = exchange.asked.path
    if path == "/api/users/0/collections":
        _zotero_collections(exchange)
    elif path in {"/api/users/0/items/top", "/api/users/0/collections/COLL1/items/top"}:
        _zotero_items(exchange)
    else:
        exchange.send(404, "Not found")


def _right_key(exchange: Exchange, key: str | None, *, code: int = 401) -> bool:
    if key is None or key == exchange.server.key:
        return True
    exchange.send(code, {"error": f"API key invalid: {key}"})
    return False


_ROUTES: Mapping[str, Behaviour] = {
    "/api/query": _arxiv,
    "/api/daily_papers": _hf_daily,
    "/api/papers/search": _hf_search,
    "/graph/v1/paper": _s2,
    "/entrez/eutils/esearch": _esearch,
    "/entrez/eutils/efetch": _efetch,
    "/api/users/0": _zotero,
    # OpenAlex and Crossref have the same path; their parameters differ.
    "/works": lambda exchange: (
        _openalex(exchange)
        if {"select", "per_page"} & exchange.asked.params.keys() and "rows" not in exchange.asked.params
        else _crossref(exchange)
    ),
}
