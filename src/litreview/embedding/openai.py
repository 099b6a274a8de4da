"""Vectors from any server with an OpenAI-compatible /v1/embeddings."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from litreview.errors import EmbeddingMismatch, ModelRefused, ProviderError
from litreview.llm.client import create_embeddings, open_client, proxy_of
from litreview.llm.endpoint import Server
from litreview.llm.failures import translate
from litreview.llm.refusals import Asked
from litreview.tokens import bound

if TYPE_CHECKING:
    import httpx2
    import numpy.typing as npt

T = TypeVar("T")

_log = logging.getLogger("litreview")

# OpenAI's server takes 2,048 inputs and 300,000 tokens a request, 8,191 an input. Smaller requests lose less
# when one fails, and our count of tokens is a bound from above.
MOST_INPUTS = 512
MOST_TOKENS = 200_000
LONGEST_INPUT = 8_000
_AT_ONCE = 4
_LONGEST_PAUSE = 30.0


class OpenAIEmbedder:
    """An embedding model behind a server; an `Embedder`.

    Args:
        server: Where.
        model: The model's name.
        timeout: How long one read may take, in seconds.
        retries: How often a request is sent again after an error that may pass.
        pause: The first pause before a retry, in seconds; each further one is twice as long, with jitter.
        transport: An httpx2 transport in place of the network, for tests.
    """

    provider = "openai"

    def __init__(
        self,
        server: Server,
        model: str,
        *,
        timeout: float = 60.0,
        retries: int = 4,
        pause: float = 0.5,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self.model = model
        self._server = server
        self._timeout = timeout
        self._retries = retries
        self._pause = pause
        self._transport = transport
        self._asked = Asked(
            server, model, timeout, "" if transport is not None else proxy_of(server), "/embeddings"
        )

    def embed_papers(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimensions); texts over 8,000 tokens are cut there.

        Raises:
            ProviderError: The server could not be reached, or cannot serve now.
            ModelRefused: It turned the request down, or what it sent are no vectors.
            EmbeddingMismatch: The vectors of one call differ in length.
        """
        if not texts:
            return np.zeros((0, 1), dtype=np.float32)
        found = _run(self._embed([_fitting(text) for text in texts]))
        if len({vectors.shape[1] for vectors in found}) > 1:
            raise EmbeddingMismatch(
                f"the model {self.model!r} gave vectors of {sorted({v.shape[1] for v in found})} dimensions",
                hint="litreview reembed",
            )
        return np.concatenate(found)

    embed_questions = embed_papers

    async def _embed(self, texts: Sequence[str]) -> list[npt.NDArray[np.float32]]:
        at_once = asyncio.Semaphore(_AT_ONCE)
        async with open_client(self._server, timeout=self._timeout, transport=self._transport) as client:

            async def ask(batch: Sequence[str]) -> npt.NDArray[np.float32]:
                async with at_once:
                    return await self._request(partial(create_embeddings, client, self.model), batch)

            return list(await asyncio.gather(*(ask(batch) for batch in batches(texts))))

    async def _request(
        self, create: Callable[[Sequence[str]], Awaitable[list[Any]]], texts: Sequence[str]
    ) -> npt.NDArray[np.float32]:
        tries = 0
        while True:
            try:
                answer = await create(texts)
            except Exception as error:
                failure = translate(error, self._asked)
                if failure is None:
                    raise
                if not failure.transient or tries >= self._retries:
                    raise failure.error from None  # The vendor's error may hold the key.
                wait = failure.retry_after or min(self._pause * 2**tries, _LONGEST_PAUSE)
                wait *= random.uniform(1.0, 1.3)  # noqa: S311 - spreads retries, protects nothing
                if wait > 4 * _LONGEST_PAUSE:
                    raise failure.error from None
                _log.info("%s; trying again in %.1f s", failure.error.message, wait)
                await asyncio.sleep(wait)
                tries += 1
            else:
                return self._vectors(answer, len(texts))

    def _vectors(self, data: Sequence[Any], count: int) -> npt.NDArray[np.float32]:
        """Vectors in the order of the texts, scaled to unit length."""
        ordered = sorted(data, key=lambda item: item.index)
        if [item.index for item in ordered] != list(range(count)):
            raise ProviderError(
                f"{self._server.name} gave {len(ordered)} vectors for {count} texts",
                hint="try again, or name another server or model",
            )
        try:
            with np.errstate(over="ignore"):
                vectors = np.array([item.embedding for item in ordered]).astype(np.float32)
        except (TypeError, ValueError):
            vectors = np.zeros((0,), dtype=np.float32)
        if vectors.ndim != 2 or not vectors.shape[1] or not np.isfinite(vectors).all():
            raise ModelRefused(
                f"what {self._server.name} sent for the model {self.model!r} are no vectors of one length",
                hint="name an embedding model: LITREVIEW_EMBEDDING=openai:NAME",
            )
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def batches(texts: Sequence[str]) -> list[list[str]]:
    """Texts in requests of at most `MOST_INPUTS` inputs and `MOST_TOKENS` tokens, in their order."""
    divided: list[list[str]] = []
    room = 0
    for text in texts:
        size = bound(text)
        if not divided or len(divided[-1]) >= MOST_INPUTS or size > room:
            divided.append([])
            room = MOST_TOKENS
        divided[-1].append(text)
        room -= size
    return divided


def _fitting(text: str) -> str:
    """A text, cut behind a word where it is longer than a model takes; an empty one becomes a space."""
    words = text.split(" ")
    while bound(" ".join(words)) > LONGEST_INPUT:
        words = words[: max(1, len(words) * LONGEST_INPUT // bound(" ".join(words)))]
        if len(words) == 1:
            return words[0][: LONGEST_INPUT // 4]  # A character is up to four bytes.
    # Servers refuse an empty input.
    return " ".join(words) or " "


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Wait for a coroutine, also where the caller runs in an event loop already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(asyncio.run, work).result()
