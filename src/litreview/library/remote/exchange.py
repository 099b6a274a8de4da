"""`Exchange`: what one catalogue exchanges with its server, stage by stage, under the writer's lock."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from litreview.errors import ServerUnavailable
from litreview.library.catalogue import Catalogue

from .address import ServerAddress
from .chroma import ChromaServer, Server
from .exchanging import Records
from .http import Missing
from .state import State

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from litreview.library.embeddings import Embeddings

    from .generations import Generations
    from .naming import SharedGeneration

Progress = Callable[[str, int, int], None]

_log = logging.getLogger("litreview")

# Another machine may make a new embedding while we send vectors of the one before; not three times in a row.
_ATTEMPTS = 3


def connect(address: ServerAddress) -> Server:
    """A server that answers.

    Raises:
        ServerUnavailable: It does not.
    """
    server = ChromaServer(address)
    try:
        server.greet()
    except BaseException:
        server.close()
        raise
    return server


class Exchange:
    """The exchange of one library with its server.

    Args:
        catalogue: The open catalogue.
        address: Where the server is.
        embeddings: Gives the catalogue's embeddings; called when they are needed first.
        lean: Leave titles and abstracts out of the collection of vectors.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        address: ServerAddress,
        embeddings: Callable[[], Embeddings],
        *,
        lean: bool,
    ) -> None:
        self.address = address
        self.state = State(catalogue.connection, catalogue.path)
        self._catalogue = catalogue
        self._embeddings = embeddings
        self._lean = lean
        self._records: Records | None = None
        self._told = ""
        self.received = 0
        self.sent = 0
        self.renamed: dict[str, str] = {}

    @cached_property
    def _server(self) -> Server:
        return connect(self.address)

    @cached_property
    def _generations(self) -> Generations:
        from .generations import Generations

        return Generations(
            self._catalogue,
            self._embeddings(),
            self.state,
            self._server,
            prefix=self.address.prefix,
            lean=self._lean,
        )

    def close(self) -> None:
        """Close the connection to the server, if there is one."""
        if server := self.__dict__.get("_server"):
            server.close()

    def exchange(self, progress: Progress) -> None:
        """Take in what others wrote, and send what has changed here.

        Raises:
            ServerUnavailable: The server does not answer; what was not sent stays marked.
        """
        for attempt in range(_ATTEMPTS):
            try:
                records = self._connected()
                records.pull(progress)
                records.push(progress)
                self._tally(records)
                return
            except Missing as error:
                # Its collections were removed while we worked: it is another server now.
                self._forget()
                if attempt == _ATTEMPTS - 1:
                    raise self._vanishing() from error

    def embed(self, embed: Callable[[], None], progress: Progress) -> None:
        """Bring the embedding and the vectors in line with the server's.

        Args:
            embed: Gives every paper here a vector that has none.
            progress: Called with a stage, how many are done, and how many there are.

        Raises:
            ServerUnavailable: The server does not answer.
            EmbeddingMismatch: The server has another embedding than is configured.
        """
        for _ in range(_ATTEMPTS):
            try:
                latest = self._generations.latest(self._told)
                if latest:
                    self._generations.adopt(latest, progress)
                    self._generations.fetch(progress)
                embed()
                if self._generations.push(self._told, latest, progress):
                    return
            except Missing:
                from .generations import dropped

                with self._catalogue.transaction():
                    dropped(self._catalogue.connection)
        raise self._vanishing()

    def publish(self, progress: Progress) -> None:
        """Make the catalogue's embedding the server's.

        Raises:
            ServerUnavailable: The server does not answer.
        """
        for _ in range(_ATTEMPTS):
            if self._generations.push(self._told, self.latest(), progress):
                return
        raise self._vanishing()

    def latest(self) -> SharedGeneration | None:
        """The embedding the server has now, after `exchange`."""
        return self._generations.latest(self._told)

    def finish(self, progress: Progress) -> None:
        """See that the server has what was sent, send again what it has lost, and note that all is done."""
        records = self._connected()
        if lost := records.verify():
            _log.info("the server had lost %s records; they are sent again", f"{lost:,}")
        if self.state.unsent():
            records.push(progress)
        self._tally(records)
        if self._generations.verify():
            self._generations.push(self._told, self.latest(), progress)
        with self._catalogue.transaction():
            self.state.set_synced()

    def waiting(self, error: ServerUnavailable) -> ServerUnavailable:
        """The error that also says how much waits here for the server."""
        known = self.state.is_set_up()
        unsent = self.state.unsent() if known else len(self._catalogue)
        papers = "1 paper waits" if unsent == 1 else f"{unsent:,} papers wait"
        if not unsent and known and (vectors := self.state.unsent_vectors()):
            papers = f"the vectors of {vectors:,} papers wait"
        return ServerUnavailable(
            f"{error.message}; {papers} here to be sent, nothing is lost", hint=error.hint or "litreview sync"
        )

    def nearest(
        self, vector: npt.NDArray[np.float32], *, limit: int, where: dict[str, Any] | None
    ) -> list[str] | None:
        """Keys of the papers closest to a unit vector, about; None where the server cannot tell.

        Raises:
            ServerUnavailable: The server does not answer.
            Missing: It has the vectors no more.
            Unsupported: There is a filter, and it would take long over it.
        """
        if not self.state.is_set_up():
            return None
        return self._generations.nearest(vector, limit=limit, where=where)

    def _connected(self) -> Records:
        if self._records is None:
            collection = str(self._server.open(f"{self.address.prefix}-records", "l2"))
            self._told = str(self._server.open(f"{self.address.prefix}-state", "l2"))
            with self._catalogue.transaction():
                other = self.state.settle(collection, self._told)
            if other:
                _log.info(
                    "the Chroma server at %s is another one than before, or was emptied: all papers are"
                    " exchanged with it",
                    self.address.name,
                )
            self._records = Records(
                self._catalogue, self.state, self._server, collection=collection, told=self._told
            )
        return self._records

    def _forget(self) -> None:
        self._records = None

    def _tally(self, records: Records) -> None:
        self.received, self.sent = records.received, records.sent
        self.renamed |= records.renamed

    def _vanishing(self) -> ServerUnavailable:
        return ServerUnavailable(
            f"the collections of the Chroma server at {self.address.name} change while they are used",
            hint="litreview sync",
        )
