"""The client of openai: the one module that imports it, and only with the first request.

Importing it takes over a second. Of what it does, the connection, the headers and the errors are used; bodies
are read by `Incoming`, for openai's own reading takes a web page or an error for a reply.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import urllib.request
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from litreview.errors import ModelRefused

from .endpoint import NO_KEY, Server
from .failures import translate
from .refusals import Asked, Failure, proxy_failed

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

_CONNECT_SECONDS = 10.0
# 2,048 vectors of 3,072 numbers, the most that OpenAI sends at once, take some 130 MB.
_MOST_BYTES = 256_000_000


def open_client(
    server: Server, *, timeout: float, transport: httpx2.AsyncBaseTransport | None
) -> AsyncOpenAI:
    """A client for one server; the caller closes it.

    Args:
        server: Where.
        timeout: How long one read may take, in seconds.
        transport: In place of the network, for tests.

    Raises:
        ModelRefused: OpenAI's own server was meant, and there is no key.
        ProviderError: The environment names a proxy that cannot be used.
    """
    import httpx2
    from openai import AsyncOpenAI

    if server.is_openai and server.api_key is None:
        raise ModelRefused(
            f"{server.name} needs a key and none is set",
            hint="set OPENAI_API_KEY, or OPENAI_BASE_URL to a server of your own, or use --engine extractive",
        )
    # Certificates take 0.05 s to load. Where nothing is encrypted none is: a context that trusts nobody.
    plain = server.url.startswith("http:") and not proxy_of(server)
    try:
        # Redirects are not followed: the prompt, and on the same host the key, would go wherever they point.
        http = httpx2.AsyncClient(
            timeout=httpx2.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS)),
            follow_redirects=False,
            headers={"Accept-Encoding": "identity"},
            event_hooks={"response": [_limit]},
            # Not inside the URL, which httpx2 writes to its log.
            auth=server.user,
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else True,
            transport=transport,
        )
    except (ImportError, ValueError) as error:
        # A proxy of the environment with a scheme that is not supported, such as socks5 or none.
        raise proxy_failed(str(error), Asked(server, proxy=proxy_of(server))) from None
    client = AsyncOpenAI(
        api_key=server.api_key or NO_KEY,
        base_url=server.name,
        default_query=server.query,
        max_retries=0,
        timeout=http.timeout,
        http_client=http,
    )
    if not server.is_openai:
        client.organization = client.project = None  # read from the environment, and no one else's business
    return client


async def _limit(response: httpx2.Response) -> None:
    """Let a response have no more than `_MOST_BYTES`, packed or not, whoever reads it.

    None was asked to be packed: a packed one could unpack to a thousand times its size before it is seen.
    """
    import httpx2

    packed = response.headers.get("content-encoding", "identity")
    if packed != "identity":
        raise httpx2.DecodingError(f"the body is packed ({packed}), though that was not asked for")
    stream = response.stream

    class Limited(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for chunk in cast("httpx2.AsyncByteStream", stream):
                size += len(chunk)
                if size > _MOST_BYTES:
                    raise httpx2.DecodingError(f"the body has more than {_MOST_BYTES // 1_000_000} MB")
                yield chunk

        async def aclose(self) -> None:
            await cast("httpx2.AsyncByteStream", stream).aclose()

    response.stream = Limited()


async def post_chat(client: AsyncOpenAI, body: dict[str, Any]) -> httpx2.Response:
    """Ask for a completion; the body of the response is not read yet. Raises what openai and httpx2 raise."""
    import httpx2
    from openai import AsyncStream

    response = await client.post(
        "/chat/completions", cast_to=httpx2.Response, body=body, stream=True, stream_cls=AsyncStream[Any]
    )
    if not isinstance(response, httpx2.Response):
        raise TypeError(f"openai gave a {type(response).__name__} and not a response")
    return response


async def create_embeddings(client: AsyncOpenAI, model: str, texts: Sequence[str]) -> list[Any]:
    """What a server gives for these texts: items with `index` and `embedding`, in whatever order and number.

    A vendor's error is left to the caller to translate.
    """
    # As numbers rather than as base64, which some servers do not know.
    answer = await client.embeddings.create(model=model, input=list(texts), encoding_format="float")
    return list(answer.data or ())


async def list_models(
    server: Server, *, timeout: float = 20.0, transport: httpx2.AsyncBaseTransport | None = None
) -> list[str]:
    """The names of the models that a server has, in its order.

    Args:
        server: Where.
        timeout: How long it may take, in seconds.
        transport: An httpx2 transport in place of the network, for tests.

    Raises:
        ProviderError: The server could not be reached, or did not answer in time.
        ModelRefused: It refused, or it has no such list.
    """
    import httpx2

    asked = Asked(
        server, path="/models", timeout=timeout, proxy="" if transport is not None else proxy_of(server)
    )
    failure: Failure | None
    try:
        async with (
            asyncio.timeout(timeout),
            open_client(server, timeout=timeout, transport=transport) as client,
        ):
            response = await client.get("/models", cast_to=httpx2.Response)
            items = json.loads(response.content)["data"]
            return [str(item["id"]) for item in items]
    except (ValueError, LookupError, TypeError):
        failure = None
    except Exception as error:
        failure = translate(error, asked)
        if failure is None:
            raise
    if failure is not None:
        raise failure.error
    raise ModelRefused(
        f"{server.name} gives no list of models",
        hint="check OPENAI_BASE_URL: that of most servers ends in /v1",
    )


def proxy_of(server: Server) -> str:
    """The proxy that the environment names for a server, without user and password; empty for none."""
    scheme = urlsplit(server.url).scheme
    proxies = urllib.request.getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(server.host):
        return ""
    scheme, mark, address = proxy.rpartition("://")
    return f"{scheme}{mark}{address.rsplit('@', 1)[-1]}"
