"""Whatever a service sends, reading it gives records or says that its form has changed, and nothing else."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litreview.errors import UsageError
from litreview.services import SERVICES, Account, ServiceName, make_service
from litreview.services.types import Drift, Page, Reply, Request, Service

from . import service_server
from .service_server import Asked, Exchange, record

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


class _Records:
    """What the server's answers are made of, without a server."""

    def __init__(self) -> None:
        self.records = [record(1), record(2), record(3, abstract=None)]
        self.key = "right-key"
        self.history = "MCID_1"


def _truth(service: Service, request: Request) -> Page:
    """What the service would answer."""
    params = {**dict(request.params), **service.host.secret_params}
    asked = Asked(unquote(request.path), params, {})
    sent: list[tuple[Any, dict[str, str]]] = []
    exchange = Exchange(asked, None, _Records())  # type: ignore[arg-type]
    exchange.send = lambda _code, body, *, kind="", headers=None: sent.append((body, headers or {}))  # type: ignore[method-assign]
    service_server.truth(exchange)
    body, headers = sent[0]
    text = body if isinstance(body, str) else json.dumps(body)
    return Page(text, {name.lower(): value for name, value in headers.items()})


def _requests(name: ServiceName) -> list[tuple[Service, Request]]:
    """Every kind of request a service makes."""
    keyed = make_service(name, Account(keys={name: "right-key"}))
    first = keyed.first("mixing", limit=None)
    found = [(keyed, first)]
    if name == "pubmed":
        following = keyed.read(_truth(keyed, first), first).next
        assert following
        found.append((keyed, following))
    for lookup, arguments in (
        ("by_doi", ["10.5555/mix.1"]),
        ("titled", [record(1).title]),
        ("lookup", [["2506.00001"]]),
    ):
        if hasattr(keyed, lookup):
            found.append((keyed, getattr(keyed, lookup)(*arguments)))
    if name == "zotero":
        thesis = make_service(name, Account(), collection="Thesis")
        found.append((thesis, thesis.first("", limit=None)))
    return found


def _read(service: Service, page: Page, request: Request) -> None:
    try:
        reply = service.read(page, request)
    except (Drift, UsageError):
        return
    assert isinstance(reply, Reply)
    for paper in reply.batch.papers:
        assert paper.title


@st.composite
def _disturbed(draw: st.DrawFn, value: Any) -> Any:
    """A value of JSON with some of its parts replaced by anything, or gone."""
    chance = draw(st.integers(0, 9))
    if chance == 0:
        return draw(ANY)
    if isinstance(value, dict):
        kept = {name: draw(_disturbed(inner)) for name, inner in value.items()}
        if kept and chance == 1:
            kept.pop(draw(st.sampled_from(sorted(kept))))
        return kept
    if isinstance(value, list):
        return [draw(_disturbed(inner)) for inner in value]
    return value


@pytest.mark.parametrize("name", SERVICES)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_disturbed_answer_is_read_or_said_to_have_changed(name: ServiceName, data: st.DataObject) -> None:
    for service, request in _requests(name):
        page = _truth(service, request)
        try:
            value = json.loads(page.text)
        except ValueError:
            at = data.draw(st.integers(0, len(page.text)))
            size = data.draw(st.integers(0, 40))
            text = page.text[:at] + data.draw(st.text(max_size=10)) + page.text[at + size :]
        else:
            text = json.dumps(data.draw(_disturbed(value)))
        _read(service, page._replace(text=text), request)


@pytest.mark.parametrize("name", SERVICES)
@settings(max_examples=15, deadline=None)
@given(text=st.text(max_size=60) | ANY.map(json.dumps))
def test_an_answer_of_anything_is_read_or_said_to_have_changed(name: ServiceName, text: str) -> None:
    for service, request in _requests(name):
        _read(service, Page(text), request)


@pytest.mark.parametrize("name", SERVICES)
def test_the_true_answers_are_read(name: ServiceName) -> None:
    for service, request in _requests(name):
        assert isinstance(service.read(_truth(service, request), request), Reply)
