"""Machines that share a library: a catalogue each, and the exchange of its records; no vectors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from litreview.library.catalogue import CATALOGUE, Catalogue
from litreview.library.merges import Merges
from litreview.library.remote.exchanging import Records
from litreview.library.remote.records import read_papers
from litreview.library.remote.state import State
from litreview.papers import Paper

from .fake import FakeServer


class Machine:
    """One catalogue on one server; others read what it wrote in the order of the names of their writers."""

    def __init__(self, folder: Path, server: FakeServer, writer: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.catalogue = Catalogue(folder / CATALOGUE, create=True)
        # Nothing is unplugged here, and there are thousands of these.
        self.catalogue.connection.execute("PRAGMA synchronous = OFF")
        self.state = State(self.catalogue.connection, self.catalogue.path)
        self.merges = Merges(self.catalogue, self.catalogue.transaction)
        collection, told = (str(server.open(f"test-{name}", "l2")) for name in ("records", "state"))
        with self.catalogue.transaction():
            self.state.settle(collection, told)
            self.catalogue.connection.execute("UPDATE remote SET writer = ?", (writer,))
        self.records = Records(self.catalogue, self.state, server, collection=collection, told=told)

    def add(self, papers: Iterable[Paper]) -> tuple[str, ...]:
        with self.catalogue.transaction():
            return self.catalogue.add(papers).keys

    def remove(self, key: str) -> None:
        with self.catalogue.transaction():
            self.catalogue.remove(self.catalogue.find(key))

    def pull(self) -> None:
        self.records.pull(_silent)

    def push(self) -> None:
        self.records.push(_silent)

    def sync(self) -> None:
        self.pull()
        self.push()

    def content(self) -> dict[str, object]:
        """All that a machine knows: papers, the records they were merged from, and where keys lead."""
        rows = self.catalogue.rows()
        known = self.state.known(self.catalogue.keys())
        found: dict[str, object] = {
            shared.key: shared.model_copy(update={"born": (), "apart": ()}).dump()
            for shared in read_papers(self.catalogue, rows, known).values()
        }
        former = self.catalogue.connection.execute(
            "SELECT f.key, p.key FROM former_keys f JOIN papers p ON p.id = f.paper"
        )
        return {**found, "former": sorted(former)}

    def sources(self) -> set[str]:
        return {
            source.name for paper in self.catalogue.papers(self.catalogue.rows()) for source in paper.sources
        }


@contextmanager
def machines(
    count: int, server: FakeServer | None = None, *, writers: Sequence[int] = range(9)
) -> Iterator[list[Machine]]:
    """Machines with empty catalogues on one server; `writers` says in which order they are read."""
    server = server or FakeServer()
    with TemporaryDirectory() as folder:
        made = [
            Machine(Path(folder) / str(number), server, f"{name:012}")
            for number, name in enumerate(writers[:count])
        ]
        yield made
        for machine in made:
            machine.catalogue.close()


def _silent(_stage: str, _done: int, _total: int) -> None:
    return
