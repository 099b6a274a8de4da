"""Records of tagged lines, as RIS and MEDLINE have them: a tag and its value, long values wrapped. Pure.

Records are told apart by what may stand in one only once, so that a missing end, a missing blank line or a
damaged first line costs no neighbour. Memory is bounded by the longest record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from litreview.papers import Paper, Source
from litreview.sources.batch import Rejected, explain
from litreview.sources.records import make_paper

# A paper with three thousand authors has 200 kB.
RECORD_LIMIT = 1_000_000


@dataclass(slots=True)
class Field:
    """One tag and the lines of its value.

    Attributes:
        line: Where it stands, from 1.
        after_blank: Whether a blank line stands before it.
        parts: The value, one part a line.
        raw: Its lines as they stand.
    """

    tag: str
    line: int
    after_blank: bool
    parts: list[str]
    raw: list[str]
    size: int = 0


@dataclass
class Record:
    """The fields of one record, in their order."""

    fields: list[Field] = field(default_factory=list)
    size: int = 0

    @property
    def line(self) -> int:
        """Where it begins, from 1."""
        return self.fields[0].line

    @property
    def raw(self) -> str:
        """Its lines as they stand."""
        return "\n".join(line for found in self.fields for line in found.raw)

    @cached_property
    def _values(self) -> dict[str, list[str]]:
        values: dict[str, list[str]] = {}
        for found in self.fields:
            if value := " ".join(found.parts).strip():
                values.setdefault(found.tag, []).append(value)
        return values

    def all(self, *tags: str) -> list[str]:
        """Return the values under these tags that are not empty, tag by tag, each with its lines joined.

        Ask only once the record is complete.
        """
        return [value for tag in tags for value in self._values.get(tag, ())]

    def first(self, *tags: str) -> str:
        """Return the first value under the first of these tags that has one, or an empty text."""
        return next((self._values[tag][0] for tag in tags if tag in self._values), "")

    def lines(self, tag: str) -> list[str]:
        """Return every line of the values under a tag by itself."""
        return [part for found in self.fields if found.tag == tag for part in found.parts if part]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a format writes its records.

    Attributes:
        first: The tag that a record begins with, but for those that may stand before it.
        before: Tags that may stand before it.
        once: Tags of which the second one begins another record.
        last: A tag that a record ends with; behind a blank line after it another record begins.
        end: The tag that ends a record, where there is one.
        long: Tags whose value may go on behind a blank line.
    """

    first: str
    before: frozenset[str]
    once: frozenset[str]
    last: str = ""
    end: str = ""
    long: frozenset[str] = frozenset()


def papers_of(
    records: Iterable[Record], fields: Callable[[Record], dict[str, Any]], *, format: str, name: str
) -> Iterator[Paper | Rejected | str]:
    """Yield the paper of each record with the notes about it, or why there is none.

    Args:
        records: What the file holds.
        fields: Gives the fields of a paper that a record has, as `make_paper` takes them.
        format: The format, for sources.
        name: The file's name, for sources and messages.
    """
    for record in records:
        notes: list[str] = []
        try:
            if record.size > RECORD_LIMIT:
                raise ValueError(f"it has more than {RECORD_LIMIT:,} characters; does it lack its end?")
            source = Source(format=format, name=name, line=record.line)
            paper = make_paper(fields(record), source=source, notes=notes)
        except ValueError as error:
            reason = explain(error) if isinstance(error, ValidationError) else str(error)
            yield Rejected(path=name, line=record.line, reason=reason, raw=record.raw, format=format)
        else:
            yield paper
            yield from notes


def read_records(
    lines: Iterable[str], read: Callable[[str], tuple[str, str] | None], dialect: Dialect
) -> Iterator[Record]:
    """Yield the records of a file; one over `RECORD_LIMIT` characters comes without its rest.

    Args:
        lines: Its lines, with or without their ends.
        read: Gives the tag and the value of a line, or None where it goes on with the value before it.
        dialect: How its records are told apart.
    """
    record = Record()
    for found in _fields(lines, read, dialect):
        if found.tag == dialect.end:
            if record.fields:
                yield record
            record = Record()
            continue
        if _begins_another(found, record, dialect):
            done, record = (record, Record()) if found.after_blank else _cut(record, dialect)
            yield done
        if record.size <= RECORD_LIMIT:
            record.fields.append(found)
            record.size += found.size + 1
    if record.fields:
        yield record


def _fields(
    lines: Iterable[str], read: Callable[[str], tuple[str, str] | None], dialect: Dialect
) -> Iterator[Field]:
    """Yield fields with the lines that go on with them; what belongs to none is passed over."""
    current: Field | None = None
    after_blank = False
    for number, ended in enumerate(lines, start=1):
        line = ended.rstrip()
        if not line:
            after_blank = True
            continue
        tagged = read(line)
        if tagged is not None:
            if current is not None:
                yield current
            current = Field(tagged[0], number, after_blank, [tagged[1]], [line], len(line))
            after_blank = False
        elif current is not None and _goes_on(current, after_blank, dialect):
            current.parts.append(line.strip())
            current.raw.append(line)
            current.size += len(line) + 1
    if current is not None:
        yield current


def _goes_on(current: Field, after_blank: bool, dialect: Dialect) -> bool:
    if after_blank and current.tag not in dialect.long:
        return False
    return current.tag != dialect.end and current.size <= RECORD_LIMIT


def _begins_another(found: Field, record: Record, dialect: Dialect) -> bool:
    ended = found.after_blank and dialect.last != ""
    if not record.fields or not (ended or found.tag == dialect.first or found.tag in dialect.once):
        return False
    present = {known.tag for known in record.fields}
    if found.tag == dialect.first:
        return not present <= dialect.before
    return (ended and dialect.last in present) or (found.tag in dialect.once and found.tag in present)


def _cut(record: Record, dialect: Dialect) -> tuple[Record, Record]:
    """Part a record from what stands behind its last blank line and before the first tag of the next one."""
    last = record.fields[-1]
    if len(record.fields) > 1 and last.tag in dialect.before and last.after_blank:
        return Record(record.fields[:-1]), Record([last])
    return record, Record()
