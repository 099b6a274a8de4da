"""Records of a catalogue brought to the server, and those of other machines brought here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from litreview.errors import ServerUnavailable
from litreview.library.catalogue import Catalogue, batched
from litreview.library.unsent import silenced

from .applying import Applying
from .chroma import Row, Server
from .records import (
    PORTION,
    SharedPaper,
    SharedRecord,
    gone_digest,
    in_order,
    load,
    paper_digest,
    part,
    read_papers,
)
from .state import Kind, Known, State, writer_row, writers

Progress = Callable[[str, int, int], None]

# A key is lost to another machine and the next one tried: so often only where a server keeps nothing.
_ROUNDS = 100


class Records:
    """The exchange of one catalogue with the collection `records`. Needs the library's writer lock.

    Args:
        catalogue: The open catalogue.
        state: What it remembers of the server.
        server: The server.
        collection: The id of its collection of records.
        told: The id of its collection of writers and generations.
    """

    def __init__(
        self, catalogue: Catalogue, state: State, server: Server, *, collection: str, told: str
    ) -> None:
        self._catalogue = catalogue
        self._state = state
        self._server = server
        self._collection = collection
        self._told = told
        self._applying = Applying(catalogue, state)
        self._announced = 0
        self.received = 0
        self.sent = 0

    @property
    def renamed(self) -> dict[str, str]:
        """Keys that changed because another machine was first to use them, and what they are now."""
        return self._applying.renamed

    # Receiving

    def pull(self, progress: Progress) -> None:
        """Take in what other machines wrote since the last time. Goes on where it was broken off."""
        told = writers(self._server.all(self._told))
        if told.get(self._state.writer(), 0) > self._state.last():
            # A copy of this library writes under the same name.
            with self._catalogue.transaction():
                self._state.rename()
        self._announced = told.get(self._state.writer(), 0)
        read = self._state.read()
        for writer, last in sorted(told.items()):
            if last > read.get(writer, 0):
                self._pull_from(writer, read.get(writer, 0), last, progress)

    def _pull_from(self, writer: str, read: int, last: int, progress: Progress) -> None:
        """Take in what a writer has written above a number, up to its last."""
        for portion in range((read + 1) // PORTION, last // PORTION + 1):
            rows = self._server.find(self._collection, "part", part(writer, portion * PORTION))
            until = min(last, (portion + 1) * PORTION - 1)
            records = [record for record in _read(rows) if record.seq > read]
            self._take(records)
            with self._catalogue.transaction():
                self._state.set_read(writer, until)
            progress("receiving", self.received, 0)

    def _take(self, records: Sequence[SharedRecord]) -> None:
        with self._catalogue.transaction(), silenced(self._catalogue.connection):
            for record in in_order(records):
                self._applying.apply(record)
            self._applying.finish()
        self.received += len(records)

    # Sending

    def push(self, progress: Progress) -> None:
        """Send what has changed here. Broken off anywhere, the next time goes on."""
        for _ in range(_ROUNDS):
            waiting = self._state.unsent()
            if not waiting:
                self._announce()
                return
            # What loses its key in one round is sent under another in the next.
            for _ in range(-(-waiting // PORTION)):
                if outgoing := self._outgoing():
                    self._send(outgoing)
                progress("sending", self.sent, self.sent + self._state.unsent())
        raise ServerUnavailable(
            "the Chroma server does not keep what is sent to it",
            hint="look whether several servers answer at LITREVIEW_CHROMA_URL",
        )

    def _announce(self) -> None:
        """Tell the others how far this machine has written, once it has."""
        last = self._state.last()
        if self._announced != last:
            self._server.upsert(self._told, [writer_row(self._state.writer(), last)])
            self._announced = last

    def _outgoing(self) -> list[SharedRecord]:
        """The next records to send, numbered: new keys first, papers before what was merged into them."""
        with self._catalogue.transaction(), silenced(self._catalogue.connection):
            found = self._catalogue.connection.execute(
                "SELECT u.key, p.id FROM unsent u LEFT JOIN papers p ON p.key = u.key"
                " ORDER BY p.id IS NULL, p.id, u.key LIMIT ?",
                (PORTION,),
            ).fetchall()
            known = self._state.known(key for key, _ in found)
            papers = read_papers(self._catalogue, [row for _, row in found if row is not None], known)
            made = [self._record(key, papers.get(row), known.get(key)) for key, row in found]
            records = []
            for (key, _), record in zip(found, made, strict=True):
                if record is None:
                    self._state.unmark(key)
                else:
                    records.append(record)
            records.sort(key=lambda record: record.key in known)
            if not records:
                return []
            first = self._state.number(len(records))
            writer = self._state.writer()
            return [_numbered(record, writer, first + place) for place, record in enumerate(records)]

    def _record(self, key: str, paper: SharedPaper | None, base: Known | None) -> SharedRecord | None:
        """What to send under a key, not numbered yet; None if the server has just that."""
        parent = base.digest if base else ""
        if paper is not None:
            digest = paper_digest(paper.dump())
            if base and (base.kind, base.digest) == ("paper", digest):
                return None
            return SharedRecord(key, "paper", "", 0, digest, parent, "", paper.dump())
        successor = self._catalogue.records.successor(key) or ""
        kind: Kind = "merged" if successor else "removed"
        if (base is None and not successor) or (base and (base.kind, base.successor) == (kind, successor)):
            return None
        return SharedRecord(key, kind, "", 0, gone_digest(kind, successor, parent), parent, successor, "{}")

    def _send(self, outgoing: Sequence[SharedRecord]) -> None:
        known = self._state.known(record.key for record in outgoing)
        claims = [record for record in outgoing if record.key not in known]
        changes = [record for record in outgoing if record.key in known]
        lost: list[SharedRecord] = []
        if claims:
            self._server.add(self._collection, [record.row() for record in claims])
            # `add` of a key that is there changes nothing, so whoever is there was first.
            there = {row.id: row for row in self._server.get(self._collection, [r.key for r in claims])}
            first = {r.key: r for r in _read(list(there.values()))}
            won = [r for r in claims if r.key in first and _is_same(first[r.key], r)]
            lost = [first[r.key] for r in claims if r.key in first and not _is_same(first[r.key], r)]
            claims = won
        if changes:
            self._server.upsert(self._collection, [record.row() for record in changes])
        with self._catalogue.transaction(), silenced(self._catalogue.connection):
            for record in claims:
                self._sent(record, claimed=True)
            for record in changes:
                self._sent(record, claimed=known[record.key].claimed)
            for record in lost:
                self._applying.apply(record)
            self._applying.finish()

    def _sent(self, record: SharedRecord, *, claimed: bool) -> None:
        born = load(record).born if record.kind == "paper" else ()
        self._state.know(record.key, record.known(born=born, mine=True, claimed=claimed))
        self._state.unmark(record.key)
        self.sent += 1

    # Comparing

    def verify(self) -> int:
        """Compare the server's records with what is known of them where their number differs.

        What nobody announced, because its writer was killed, is taken in.

        Returns:
            How many the server has lost; they are marked to be sent again.
        """
        if self._server.count(self._collection) == self._state.count():
            return 0
        there = {key for page in _pages(self._server, self._collection) for key in page}
        known = {key for (key,) in self._catalogue.connection.execute("SELECT key FROM remote_papers")}
        for batch in batched(sorted(there - known), PORTION):
            self._take(_read(self._server.get(self._collection, batch)))
        lost = sorted(known - there)
        with self._catalogue.transaction():
            for key in lost:
                self._catalogue.connection.execute("DELETE FROM remote_papers WHERE key = ?", (key,))
                self._state.mark(key)
        return len(lost)


def _numbered(record: SharedRecord, writer: str, seq: int) -> SharedRecord:
    """A record with its number; a paper that claims its key is born with it."""
    if record.kind != "paper":
        return record._replace(writer=writer, seq=seq)
    shared = load(record)
    if shared.born:
        return record._replace(writer=writer, seq=seq)
    document = shared.model_copy(update={"born": (f"{writer[:12]}.{seq}",)}).dump()
    return record._replace(writer=writer, seq=seq, document=document, digest=paper_digest(document))


def _is_same(there: SharedRecord, sent: SharedRecord) -> bool:
    return (there.writer, there.seq) == (sent.writer, sent.seq)


def _read(rows: Sequence[Row]) -> list[SharedRecord]:
    """The records of papers among rows; anything else is left to whom it concerns."""
    records = []
    for row in rows:
        try:
            records.append(SharedRecord.of(row))
        except ValueError:
            continue
    return records


def _pages(server: Server, collection: str) -> Iterator[list[str]]:
    offset = 0
    while page := server.page(collection, offset):
        yield [row.id for row in page]
        offset += len(page)
