from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litreview.embedding.openai import LONGEST_INPUT, MOST_INPUTS, MOST_TOKENS, OpenAIEmbedder, batches
from litreview.errors import EmbeddingMismatch, ModelRefused, ProviderError
from litreview.llm import Server
from litreview.tokens import bound
from tests.llm.fault_server import Behaviour, Exchange, FaultServer, status


def vectors_of(texts: list[str], *, dimensions: int = 4) -> list[list[float]]:
    """A vector that tells its text apart by length and first letter."""
    return [[float(len(text)), float(ord(text[0])), 1.0, 2.0][:dimensions] for text in texts]


def embeds(exchange: Exchange) -> None:
    """Answers in reverse order: `index` says which is which."""
    found = vectors_of(exchange.request.body["input"])
    data = [{"object": "embedding", "index": i, "embedding": found[i]} for i in reversed(range(len(found)))]
    exchange.send(200, {"object": "list", "model": "m", "data": data, "usage": {}})


def answers(data: Any) -> Behaviour:
    return lambda exchange: exchange.send(200, {"object": "list", "model": "m", "data": data})


def _embedder(server: FaultServer, **options: Any) -> OpenAIEmbedder:
    return OpenAIEmbedder(Server(server.url, "k"), "m", pause=0.01, **options)


def test_vectors_come_in_the_order_of_the_texts_and_have_unit_length() -> None:
    texts = ["alpha", "beta beta", "gamma gamma gamma"]
    with FaultServer(embeds) as server:
        found = _embedder(server).embed_papers(texts)
    expected = np.array(vectors_of(texts), dtype=np.float32)
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected, axis=1, keepdims=True), rtol=1e-6)
    assert found.dtype == np.float32


def test_many_texts_go_in_several_requests_and_come_back_in_order() -> None:
    texts = [f"text {'x' * (number % 50)}" for number in range(MOST_INPUTS * 2 + 10)]
    with FaultServer(embeds) as server:
        found = _embedder(server).embed_papers(texts)
    assert len(server.requests) == 3
    expected = np.array(vectors_of(texts), dtype=np.float32)
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected, axis=1, keepdims=True), rtol=1e-5)


@settings(max_examples=50)
@given(st.lists(st.text(alphabet="ab é", max_size=30).map(lambda text: text * 300), max_size=40))
def test_requests_keep_to_the_limits_and_lose_nothing(texts: list[str]) -> None:
    divided = batches(texts)
    assert [text for batch in divided for text in batch] == texts
    for batch in divided:
        assert 1 <= len(batch) <= MOST_INPUTS
        assert len(batch) == 1 or sum(map(bound, batch)) <= MOST_TOKENS


def test_a_text_longer_than_a_model_takes_is_cut_and_an_empty_one_is_not_empty() -> None:
    with FaultServer(embeds) as server:
        _embedder(server).embed_papers(["word " * 20_000, "", "é" * 50_000])
        sent = server.requests[0].body["input"]
    assert all(0 < bound(text) <= LONGEST_INPUT for text in (sent[0], sent[2]))
    assert sent[0].startswith("word word")
    assert sent[1] == " "


def test_an_error_that_passes_is_tried_again() -> None:
    with FaultServer(
        status(503), status(429, "slow down", headers={"Retry-After": "0.05"}), embeds
    ) as server:
        assert _embedder(server).embed_questions(["one"]).shape == (1, 4)
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("behaviour", "error", "said"),
    [
        (status(401, "bad key"), ModelRefused, "401"),
        (answers([]), ProviderError, "0 vectors for 2 texts"),
        (
            answers([{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [1.0]}]),
            ProviderError,
            "2 vectors",
        ),
        (
            answers([{"index": 0, "embedding": [1.0, 2.0]}, {"index": 1, "embedding": [1.0]}]),
            ModelRefused,
            "no vectors",
        ),
        (answers([{"index": 0, "embedding": []}, {"index": 1, "embedding": []}]), ModelRefused, "no vectors"),
        (
            answers([{"index": 0, "embedding": [1e39]}, {"index": 1, "embedding": [1.0]}]),
            ModelRefused,
            "no vectors",
        ),
    ],
)
def test_what_is_no_embedding_is_refused(behaviour: Behaviour, error: type[Exception], said: str) -> None:
    with FaultServer(behaviour) as server, pytest.raises(error, match=said):
        _embedder(server).embed_papers(["one", "two"])


def test_vectors_of_different_lengths_in_one_call_are_refused() -> None:
    def shrinks(exchange: Exchange) -> None:
        texts = exchange.request.body["input"]
        found = vectors_of(texts, dimensions=4 if len(texts) > 10 else 3)
        data = [{"index": number, "embedding": vector} for number, vector in enumerate(found)]
        exchange.send(200, {"data": data})

    with FaultServer(shrinks) as server, pytest.raises(EmbeddingMismatch, match=r"\[3, 4\] dimensions"):
        _embedder(server).embed_papers(["text"] * (MOST_INPUTS + 5))


def test_a_server_that_is_down_is_named() -> None:
    with pytest.raises(ProviderError, match=r"127\.0\.0\.1:9"):
        OpenAIEmbedder(Server("http://127.0.0.1:9/v1"), "m").embed_questions(["one"])


def test_it_can_be_asked_from_within_an_event_loop() -> None:
    async def within(server: FaultServer) -> tuple[int, ...]:
        return _embedder(server).embed_questions(["one"]).shape

    with FaultServer(embeds) as server:
        assert asyncio.run(within(server)) == (1, 4)
