"""What every parser returns: papers, the records that could not be read, and remarks. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from litreview.papers import Paper

# Enough of a bad record to recognise it by; the file holds the rest.
RAW_LIMIT = 500
_QUOTE_LIMIT = 60
_REASONS_SHOWN = 3


def _shortened(text: str, limit: int = RAW_LIMIT) -> str:
    # Lone surrogates, which no UTF-8 output takes, can stand in what was decoded leniently.
    text = text[: limit + 1].encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= limit else text[: limit - 1] + "…"


class Rejected(BaseModel):
    """A record, or a whole file, that was not imported, and why.

    `path` is the path as the user gave it; `line` counts from 1 and is None where a whole file is meant.
    `raw` is the offending text as it stood there, at most 500 characters: untrusted, so print its repr.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    line: int | None = Field(default=None, ge=1)
    reason: str
    raw: Annotated[str, AfterValidator(_shortened)] = ""


class SourceBatch(BaseModel):
    """What one file, or one part of a long file, gave.

    `notes` are remarks for the user about what was read but not as it stood: a year that was inferred, a
    date that does not exist, a page that looks cut off.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    papers: tuple[Paper, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    notes: tuple[str, ...] = ()


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
