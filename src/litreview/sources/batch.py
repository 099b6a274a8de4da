"""What every parser returns: papers, the records that could not be read, and remarks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from litreview.papers import Paper

# A record with a thousand authors has 100 kB; what is longer cannot be mended by hand.
RAW_LIMIT = 1_000_000
# Enough of a bad record to recognise it by in a report.
_SHOWN_LIMIT = 500
# What comes at once from a long file.
BATCH_SIZE = 1000
_QUOTE_LIMIT = 60
_REASONS_SHOWN = 3


def _shortened(text: str, limit: int = RAW_LIMIT) -> str:
    # Lone surrogates, which no UTF-8 output takes, can stand in what was decoded leniently.
    text = text[: limit + 1].encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= limit else text[: limit - 1] + "…"


class Rejected(BaseModel):
    """A record, or a whole file, that was not imported, and why.

    `path` is the path as the user gave it; `line` counts from 1 and is None where a whole file is meant.
    `raw` is the offending text as it stood there, whole up to a million characters, so that it can be mended
    and read again (with the line of column names before it where it is a row of a table); it is untrusted, so
    print its repr. `format` is the one it was read as, None where that is not known.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    line: int | None = Field(default=None, ge=1)
    reason: str
    raw: Annotated[str, AfterValidator(_shortened)] = ""
    format: str | None = None

    def shortened(self) -> Rejected:
        """Return it with the first 500 characters of its text, enough for a report."""
        return self.model_copy(update={"raw": _shortened(self.raw, _SHOWN_LIMIT)})


class SourceBatch(BaseModel):
    """What one file, or one part of a long file, gave.

    `notes` are remarks for the user about what was read but not as it stood: a year that was inferred, a
    date that does not exist, a page that looks cut off. `path` is the path the reading layer was given, empty
    where there is none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    papers: tuple[Paper, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()
    path: str = ""


class Parser(Protocol):
    """Turns the text of one file into papers; what every module of a format has, and every plugin is."""

    def __call__(self, text: str, *, name: str) -> SourceBatch:
        r"""Parse.

        Args:
            text: All of the file, decoded, with "\n" between lines.
            name: The file's name without its folder, for `Source.name`.
        """
        ...


def in_batches(results: Iterable[Paper | Rejected | str]) -> Iterator[SourceBatch]:
    """Yield what a parser gives one by one (papers, rejected records, notes), 1,000 records at a time."""
    papers: list[Paper] = []
    rejected: list[Rejected] = []
    notes: list[str] = []
    for result in results:
        if isinstance(result, Paper):
            papers.append(result)
        elif isinstance(result, Rejected):
            rejected.append(result)
        else:
            notes.append(result)
        if len(papers) + len(rejected) >= BATCH_SIZE:
            yield SourceBatch(papers=tuple(papers), rejected=tuple(rejected), notes=tuple(notes))
            papers, rejected, notes = [], [], []
    if papers or rejected or notes:
        yield SourceBatch(papers=tuple(papers), rejected=tuple(rejected), notes=tuple(notes))


def as_one(batches: Iterable[SourceBatch]) -> SourceBatch:
    """Return several batches as one."""
    parts = list(batches)
    return SourceBatch(
        papers=tuple(paper for part in parts for paper in part.papers),
        rejected=tuple(rejected for part in parts for rejected in part.rejected),
        notes=tuple(note for part in parts for note in part.notes),
    )


def quoted(value: object) -> str:
    """Return the repr of a value, shortened to fit into a message."""
    text = repr(value)
    return text if len(text) <= _QUOTE_LIMIT else f"{text[: _QUOTE_LIMIT - 1]}…"


def explain(error: ValidationError) -> str:
    """Return what pydantic found wrong with a record as one line, naming fields and quoting values."""
    problems = error.errors(include_url=False, include_context=False)
    said = [
        _problem(problem["loc"], problem["type"], problem["msg"], problem["input"]) for problem in problems
    ]
    more = len(said) - _REASONS_SHOWN
    return "; ".join(said[:_REASONS_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _problem(loc: tuple[int | str, ...], kind: str, message: str, value: object) -> str:
    where = ".".join(str(part + 1) if isinstance(part, int) else part for part in loc)
    if kind == "missing":
        return f"{where} is missing"
    if kind == "value_error":
        return f"{where}: {message.removeprefix('Value error, ')}"
    if kind == "string_too_short":
        return f"{where} is empty"
    expected = message.replace("Input should be", "should be").replace("tuple", "list")
    return f"{where}: {expected[:1].lower()}{expected[1:]}, got {quoted(value)}"
