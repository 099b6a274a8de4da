"""A paper as the record that machines exchange: JSON with what is needed to merge it and to undo merges."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from litreview.library.catalogue import IN_BATCH, Catalogue, batched
from litreview.library.records import KeptRecord, record_digest
from litreview.papers import Paper, merge, same_paper, source_order

from .chroma import Row
from .state import Kind, Known

# Records of one writer that are found and taken in together; Chroma Cloud gives 300. It is part of what
# machines exchange: by the number of its portion a record is found at once, however many there are.
PORTION = 300
_TEXTS = ("writer", "digest", "parent", "successor")


class KeptPaper(BaseModel):
    """One record a paper was merged from (`library.records.KeptRecord`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    paper: Paper
    key: str | None = None
    composite: bool = False


class SharedPaper(BaseModel):
    """A paper with the records it was merged from, and the keys of those it was separated from.

    `born` names the claims of keys it goes back to: two versions that share one are of the same paper,
    however both were changed since.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    paper: Paper
    kept: tuple[KeptPaper, ...] = ()
    apart: tuple[str, ...] = ()
    born: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The paper's key."""
        return self.paper.key or ""

    def dump(self) -> str:
        """As JSON; equal papers give equal texts."""
        return self.model_dump_json(exclude_defaults=True)

    def versions(self) -> tuple[Paper, ...]:
        """The paper, and every record that was merged into it."""
        return (self.paper, *(kept.paper for kept in self.kept))


class SharedRecord(NamedTuple):
    """One record of the server. `digest` tells contents apart; `parent` is the digest its writer had seen."""

    key: str
    kind: Kind
    writer: str
    seq: int
    digest: str
    parent: str
    successor: str
    document: str

    def row(self) -> Row:
        """As a row of the collection; always with all names of metadata, since none can be taken away."""
        metadata: dict[str, str | int] = {name: getattr(self, name) for name in _TEXTS}
        metadata |= {"kind": self.kind, "seq": self.seq, "part": part(self.writer, self.seq)}
        return Row(self.key, _place(self.key), self.document, metadata)

    @classmethod
    def of(cls, row: Row) -> SharedRecord:
        """Read a row.

        Raises:
            ValueError: It is no record of ours.
        """
        kind, seq = row.metadata.get("kind"), row.metadata.get("seq")
        texts = {name: row.metadata.get(name) for name in _TEXTS}
        if not isinstance(seq, int) or None in texts.values():
            raise ValueError(f"{row.id!r} is no record of a paper")
        for known in get_args(Kind):
            if kind == known:
                told = {name: str(value) for name, value in texts.items()}
                return cls(key=row.id, kind=known, seq=seq, document=row.document or "", **told)
        raise ValueError(f"{row.id!r} is a record of something else")

    def known(self, *, born: tuple[str, ...] = (), mine: bool, claimed: bool) -> Known:
        """What there is to remember of it."""
        return Known(self.kind, self.digest, born, self.successor, mine, claimed)


def part(writer: str, seq: int) -> str:
    """The portion of a writer's records that a number belongs to."""
    return f"{writer}.{seq // PORTION}"


def load(record: SharedRecord) -> SharedPaper:
    """The paper of a record.

    Raises:
        ValueError: The document is none of ours, or of another key.
    """
    try:
        found = SharedPaper.model_validate_json(record.document)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, problem["loc"])) or "document"
        raise ValueError(f"{place}: {problem['msg']}") from error
    if found.key != record.key:
        raise ValueError(f"it is of {found.key!r}")
    return found


def paper_digest(document: str) -> str:
    """What tells one content of a paper's record from another; whoever wrote it."""
    return blake2b(document.encode(), digest_size=16).hexdigest()


def gone_digest(kind: Kind, successor: str, parent: str) -> str:
    """The same of a record that says that a paper is gone."""
    return blake2b("\0".join((kind, successor, parent)).encode(), digest_size=16).hexdigest()


def read_papers(catalogue: Catalogue, rows: Sequence[int], known: dict[str, Known]) -> dict[int, SharedPaper]:
    """The papers of these rows with all that is shared of them; `known` has what the server holds of them."""
    execute = catalogue.connection.execute
    merged: set[int] = set()
    apart: dict[int, list[str]] = {}
    for batch in batched(rows, IN_BATCH):
        marks = ",".join("?" * len(batch))
        merged |= {row for (row,) in execute(f"SELECT paper FROM records WHERE paper IN ({marks})", batch)}
        for row, key in execute(
            "SELECT s.paper, p.key FROM separations s JOIN papers p ON p.id = s.other"
            f" WHERE s.paper IN ({marks}) ORDER BY p.key",
            batch,
        ):
            apart.setdefault(row, []).append(key)
    found: dict[int, SharedPaper] = {}
    for row, paper in zip(rows, catalogue.papers(rows), strict=True):
        kept = catalogue.records.of(row) if row in merged else []
        base = known.get(paper.key or "")
        found[row] = SharedPaper(
            paper=paper,
            kept=tuple(KeptPaper(paper=k.paper, key=k.key, composite=k.composite) for k in kept),
            apart=tuple(apart.get(row, ())),
            born=base.born if base else (),
        )
    return found


def write_paper(catalogue: Catalogue, shared: SharedPaper, row: int | None) -> int:
    """Let a row hold exactly this paper, or make one for it, and give the row.

    The key must be free, or the row's own.
    """
    if row is None:
        catalogue.insert(shared.paper)
        row = catalogue.find(shared.key)
    else:
        (known,) = catalogue.papers([row])
        for table in ("identities", "sources", "tags", "records"):
            catalogue.connection.execute(f"DELETE FROM {table} WHERE paper = ?", (row,))
        catalogue.update(row, known, shared.paper)
    kept = [KeptRecord(0, k.paper, k.key, k.composite) for k in shared.kept]
    catalogue.records.restore(row, kept)
    for record in kept:
        catalogue.write_identities(row, record.paper)
    for other in catalogue.rows_of(shared.apart).values():
        if other != row:
            catalogue.records.separate((row, other))
    return row


def related(left: SharedPaper, right: SharedPaper) -> bool:
    """Whether two versions under one key are of one paper."""
    if set(left.born) & set(right.born):
        return True
    return any(same_paper(mine, theirs) for mine in left.versions() for theirs in right.versions())


def combine(left: SharedPaper, right: SharedPaper, key: str) -> SharedPaper:
    """All that two versions of one paper know, under this key; the same in whichever order they are given."""
    paper = merge(left.paper, right.paper).model_copy(update={"key": key})
    return SharedPaper(
        paper=paper,
        kept=_united(left, right),
        apart=tuple(sorted({*left.apart, *right.apart} - {key})),
        born=tuple(sorted({*left.born, *right.born})),
    )


def _united(left: SharedPaper, right: SharedPaper) -> tuple[KeptPaper, ...]:
    """The records of both; a paper that was never merged is its own."""
    united: dict[bytes, KeptPaper] = {}
    for record in (*_own_records(left), *_own_records(right)):
        digest = record_digest(record.paper)
        known = united.get(digest)
        united[digest] = record if known is None else _same_record(known, record)
    if len(united) == 1:
        return ()
    for side, other in ((left, right), (right, left)):
        digests = [record_digest(record.paper) for record in side.kept]
        others = [record_digest(record.paper) for record in _own_records(other)]
        # In the order of the side that has all, unless both have and differ in it.
        if len(digests) == len(united) and (len(others) < len(united) or digests == others):
            return tuple(united[digest] for digest in digests)
    return tuple(united[digest] for digest in sorted(united, key=lambda d: (united[d].key or "", d)))


def _own_records(shared: SharedPaper) -> tuple[KeptPaper, ...]:
    if shared.kept:
        return shared.kept
    paper = shared.paper.model_copy(update={"key": None})
    return (KeptPaper(paper=paper, composite=len(paper.sources) > 1),)


def _same_record(left: KeptPaper, right: KeptPaper) -> KeptPaper:
    sources = tuple(sorted({*left.paper.sources, *right.paper.sources}, key=source_order))
    return KeptPaper(
        paper=left.paper.model_copy(update={"sources": sources}),
        key=max(left.key or "", right.key or "") or None,
        composite=left.composite or right.composite,
    )


def _place(key: str) -> bytes:
    """Two numbers in [-1, 1] from a key: a row has to have a vector, and equal ones make a poor graph."""
    first, second = struct.unpack("<2h", blake2b(key.encode(), digest_size=4).digest())
    return struct.pack("<2f", first / 32_768, second / 32_768)


def in_order(records: Iterable[SharedRecord]) -> list[SharedRecord]:
    """Records in the order their writers wrote them."""
    return sorted(records, key=lambda record: (record.writer, record.seq))
