"""Is there anything new on the server? One short request, before a search."""

from __future__ import annotations

from typing import Literal, NamedTuple

from litreview.errors import ServerUnavailable

from .address import ServerAddress
from .chroma import ChromaServer
from .http import Missing, Unsupported
from .state import State, writers


class News(NamedTuple):
    """What there is to say of the server, or an empty text; "silent" if it did not answer.

    `synced` is the time of the last sync, where it matters and there was one.
    """

    state: Literal["current", "news", "unsent", "silent", "new"]
    text: str = ""
    synced: str = ""


def look(address: ServerAddress, state: State) -> News:
    """Ask the server whether other machines wrote since the last sync. Changes nothing, waits 3 s at most.

    Args:
        address: Where the server is.
        state: What the catalogue remembers of it.
    """
    collection = state.collection()
    if collection is None:
        return News("new", f"this library was never synced with the server at {address.name}: litreview sync")
    server = ChromaServer(address)
    try:
        rows = server.all(collection)
        numbers = [row.metadata.get("number") for row in rows]
        read, shared = state.read(), state.shared()
        unread = any(last > read.get(writer, 0) for writer, last in writers(rows).items())
        if unread or any(isinstance(number, int) and number > shared.number for number in numbers):
            return News("news", f"the server at {address.name} has news of other machines: litreview sync")
    except ServerUnavailable as error:
        return News("silent", error.message, state.synced() or "")
    except (Missing, Unsupported):
        return News("new", f"the server at {address.name} was emptied or replaced: litreview sync")
    finally:
        server.close()
    unsent = state.unsent()
    if unsent:
        return News("unsent", f"{unsent:,} changes made here wait to be sent to the server: litreview sync")
    return News("current")
