"""Reading papers from files, folders and standard input: the I/O of `sources`.

A path that cannot be read is a `Rejected` among the results, never an error, so that its neighbours are read.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Literal, TextIO, cast

from litreview.errors import UsageError
from litreview.sources import daily_papers, jsonl
from litreview.sources.batch import Rejected, SourceBatch
from litreview.sources.decoding import binary_reason, read_lines_as, read_text_as
from litreview.sources.page_dates import given_page_year
from litreview.sources.streams import STREAM_ERRORS, open_stream
from litreview.text.cleaning import strip_controls

Format = Literal["daily-papers", "jsonl"]


@dataclass(frozen=True, slots=True)
class _Context:
    """What a parser is told about the file besides its text."""

    name: str
    page_date: str | None


@dataclass(frozen=True, slots=True)
class _Reader:
    """How one format is recognised, by its beginning or by the end of its name, and read."""

    looks_like: Callable[[str], bool]
    suffixes: tuple[str, ...]
    read: Callable[[io.BufferedReader, _Context], Iterator[SourceBatch]]


def _read_page(stream: io.BufferedReader, context: _Context) -> Iterator[SourceBatch]:
    return read_text_as(
        stream,
        lambda text: daily_papers.parse(
            text, name=context.name, page_date=context.page_date, today=date.today()
        ),
    )


def _read_jsonl(stream: io.BufferedReader, context: _Context) -> Iterator[SourceBatch]:
    return read_lines_as(stream, name=context.name)


_READERS: Mapping[Format, _Reader] = MappingProxyType(
    {
        "daily-papers": _Reader(daily_papers.looks_like, (), _read_page),
        "jsonl": _Reader(jsonl.looks_like, (".jsonl", ".ndjson"), _read_jsonl),
    }
)


def read_sources(
    paths: Sequence[Path | str],
    *,
    format: Format | None = None,
    page_date: str | None = None,
    stdin: TextIO | BinaryIO | None = None,
) -> Iterator[SourceBatch]:
    """Yield what files, folders and standard input hold, in the order given.

    A folder is walked in sorted order without its hidden files. gzip is unpacked. A page is one batch; long
    files come in batches of at most 1,000 records, in constant memory. Notes begin with the path they are
    about.

    Args:
        paths: Files and folders; "-" is standard input.
        format: What all of them are; by default each file's own beginning tells.
        page_date: When pages were saved ("2026-06-23", or the year alone); by default it is inferred.
        stdin: Read for "-" in place of `sys.stdin`.

    Raises:
        UsageError: The format is unknown or the page date is no date; raised at once, before any reading.
    """
    if format is not None and format not in _READERS:
        raise UsageError(f"unknown format {format!r}", hint=f"use one of {', '.join(_READERS)}")
    if page_date is not None:
        given_page_year(page_date, None)
    return _read_all(paths, format, page_date, stdin)


@dataclass(frozen=True, slots=True)
class _Input:
    """One thing to open; `label` is its path as the user knows it."""

    label: str
    name: str
    open: Callable[[], BinaryIO]
    keep_open: bool = False


def _read_all(
    paths: Sequence[Path | str], format: Format | None, page_date: str | None, stdin: TextIO | BinaryIO | None
) -> Iterator[SourceBatch]:
    for path in paths:
        for found in _inputs(path, stdin):
            if isinstance(found, Rejected):
                yield SourceBatch(rejected=(found,))
                continue
            for batch in _read_input(found, format, page_date):
                yield _labelled(batch, found.label)


def _inputs(path: Path | str, stdin: TextIO | BinaryIO | None) -> Iterator[_Input | Rejected]:
    """Yield the files a path stands for."""
    label = _printable(str(path))
    if not str(path):
        yield Rejected(path=label, reason="an empty path; name a file, a folder or '-'")
    elif str(path) == "-":
        yield _Input("-", "stdin", lambda: _binary(stdin if stdin is not None else sys.stdin), keep_open=True)
    elif Path(path).is_dir():
        yield from _walk(Path(path), label)
    else:
        yield _file(Path(path))


def _walk(folder: Path, label: str) -> Iterator[_Input | Rejected]:
    unreadable: list[OSError] = []
    empty = True
    for parent, folders, files in os.walk(folder, onerror=unreadable.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        names = sorted(name for name in files if not name.startswith("."))
        names += [name for name in folders if Path(parent, name).is_symlink()]
        for name in names:
            empty = False
            path = Path(parent, name)
            if path.is_dir():
                reason = "a link to a folder, which is not followed; name that folder itself"
                yield Rejected(path=_printable(str(path)), reason=reason)
            elif path.exists() and not path.is_file():
                yield Rejected(
                    path=_printable(str(path)), reason="no regular file; name it itself to read it"
                )
            else:
                yield _file(path)
    for error in unreadable:
        yield Rejected(path=_printable(str(error.filename or folder)), reason=_reason(error))
    if empty and not unreadable:
        yield Rejected(path=label, reason="the folder holds no files that are not hidden; name another one")


def _file(path: Path) -> _Input:
    return _Input(_printable(str(path)), strip_controls(_printable(path.name)), lambda: path.open("rb"))


def _read_input(found: _Input, format: Format | None, page_date: str | None) -> Iterator[SourceBatch]:
    stream = None
    try:
        stream = found.open()
        opened = open_stream(stream)
        wanted = format or _sniff(opened.head, found.name)
        problem = binary_reason(opened.head) or (None if wanted else _UNKNOWN)
        if not opened.head:
            # Reading on tells whether it is empty or broken from the start.
            problem = "the file is empty; save it again" if not opened.stream.read(1) else problem
        if problem or wanted is None:
            yield SourceBatch(rejected=(Rejected(path=found.label, reason=problem or _UNKNOWN),))
            return
        yield from _READERS[wanted].read(opened.stream, _Context(found.name, page_date))
    except STREAM_ERRORS as error:
        yield SourceBatch(rejected=(Rejected(path=found.label, reason=_reason(error)),))
    finally:
        if stream is not None and not found.keep_open:
            stream.close()


_UNKNOWN = f"of no known format; if it is one of them, say so: --format {' or '.join(_READERS)}"


def _sniff(head: bytes, name: str) -> Format | None:
    text = head.decode("utf-8-sig", errors="replace")
    plain_name = name.lower().removesuffix(".gz")
    for known, reader in _READERS.items():
        if reader.looks_like(text):
            return known
    for known, reader in _READERS.items():
        if reader.suffixes and plain_name.endswith(reader.suffixes):
            return known
    return None


def _binary(stdin: TextIO | BinaryIO | None) -> BinaryIO:
    if stdin is None:
        raise OSError("there is no standard input; name a file")
    if isinstance(stdin, io.TextIOBase) and not hasattr(stdin, "buffer"):
        return io.BytesIO(stdin.read().encode("utf-8", "replace"))
    return cast("BinaryIO", getattr(stdin, "buffer", stdin))


def _labelled(batch: SourceBatch, label: str) -> SourceBatch:
    """Put the path as the user gave it where the parser only knew the file's name."""
    return batch.model_copy(
        update={
            "rejected": tuple(r.model_copy(update={"path": label}) for r in batch.rejected),
            "notes": tuple(f"{label}: {note}" for note in batch.notes),
        }
    )


def _printable(path: str) -> str:
    """Return a path as UTF-8 can hold it; its bytes need not be."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file or folder; check the path, and quote it if it holds spaces"
    if isinstance(error, PermissionError):
        return "it may not be read; allow it with chmod u+r, or name a copy"
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"it cannot be read: {said}"
