"""Reading papers from files, folders and standard input: the I/O of `sources`.

A path that cannot be read is a `Rejected` among the results, never an error, so that its neighbours are read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from litreview.errors import UsageError
from litreview.formats import Format
from litreview.sources.batch import Parser, Rejected, SourceBatch
from litreview.sources.decoding import TextStream, is_text_encoding
from litreview.sources.inputs import Input, inputs, open_failure, printable
from litreview.sources.page_dates import given_page_year
from litreview.sources.readers import READERS, UNKNOWN, Context, by_head, by_name, given
from litreview.sources.streams import STREAM_ERRORS, open_stream


def read_sources(
    paths: Sequence[Path | str],
    *,
    format: Format | None = None,
    page_date: str | None = None,
    encoding: str | None = None,
    parse: Parser | None = None,
    stdin: TextIO | BinaryIO | None = None,
) -> Iterator[SourceBatch]:
    """Yield what files, folders and standard input hold, in the order given.

    A folder is walked in sorted order without its hidden files; what is of no known format in it is counted
    in notes, one for each kind of file. gzip is unpacked. A page is one batch; long files come in batches of
    at most 1,000 records, in constant memory. Notes begin with the path they are about.

    Args:
        paths: Files and folders; "-" is standard input.
        format: What all of them are; by default each file's own beginning tells.
        page_date: When pages were saved ("2026-06-23", or the year alone); by default it is inferred.
        encoding: What the files are encoded in where they are not UTF-8; by default that is guessed.
        parse: Reads all of them in place of a format of ours.
        stdin: Read for "-" in place of `sys.stdin`.

    Raises:
        UsageError: The format or the encoding is unknown or the page date is no date; raised at once, before
            any reading.
    """
    if format is not None and format not in READERS:
        raise UsageError(f"unknown format {format!r}", hint=f"use one of {', '.join(READERS)}")
    if page_date is not None:
        given_page_year(page_date, None)
    if encoding is not None and not is_text_encoding(encoding):
        raise UsageError(f"unknown encoding {encoding!r}", hint="name one like cp1252, latin-1 or gb18030")
    return _read_all(paths, _Options(format, page_date, encoding, parse), stdin)


@dataclass(frozen=True, slots=True)
class _Options:
    """What the user said about all of the files."""

    format: Format | None
    page_date: str | None
    encoding: str | None
    parse: Parser | None


@dataclass(frozen=True, slots=True)
class _NotOurs:
    """A file that was found in a folder and is of no known format."""

    kind: str
    reason: str


def _read_all(
    paths: Sequence[Path | str], options: _Options, stdin: TextIO | BinaryIO | None
) -> Iterator[SourceBatch]:
    for path in paths:
        others: Counter[_NotOurs] = Counter()
        found_ours = False
        for found in inputs(path, stdin):
            if isinstance(found, Rejected):
                found_ours = True
                yield SourceBatch(rejected=(found,), path=found.path)
                continue
            for result in _read_input(found, options):
                if isinstance(result, _NotOurs):
                    others[result] += 1
                else:
                    found_ours = True
                    yield result
        if others:
            yield _said_of_others(printable(str(path)), others, found_ours)


def _said_of_others(folder: str, others: Counter[_NotOurs], found_ours: bool) -> SourceBatch:
    """One note for each kind of file; where there is nothing else in the folder, a rejection of it."""
    said = [
        f"{'1 file' if number == 1 else f'{number:,} files'} {other.kind} not read: {other.reason}"
        for other, number in sorted(others.items(), key=lambda item: (item[0].kind, item[0].reason))
    ]
    if found_ours:
        return SourceBatch(notes=tuple(f"{folder}: {line}" for line in said))
    reason = f"no file in it is of a known format ({'; '.join(said[:5])})"
    return SourceBatch(rejected=(Rejected(path=folder, reason=reason),), path=folder)


def _read_input(found: Input, options: _Options) -> Iterator[SourceBatch | _NotOurs]:
    stream = None
    try:
        stream = found.open()
        opened = open_stream(stream)
        # Reading on tells whether it is empty or broken from the start.
        empty = not opened.head and not opened.stream.read(1)
        text = TextStream(opened, encoding=options.encoding)
        wanted = options.format or (None if options.parse else _sniff(text.head, found))
        how = given(options.parse) if options.parse else wanted and READERS[wanted].read
        problem = _EMPTY if empty else text.binary
        if problem or how is None:
            if found.in_folder and not by_name(found.name):
                yield _NotOurs(_kind(found.name), problem or "of no known format")
            else:
                rejected = Rejected(path=found.label, reason=problem or UNKNOWN)
                yield SourceBatch(rejected=(rejected,), path=found.label)
            return
        records = 0
        for batch in how(text, Context(found.name, options.page_date)):
            records += len(batch.papers) + len(batch.rejected)
            yield _labelled(batch, found, wanted)
        closing = _closing(text, records)
        if closing.rejected or closing.notes:
            yield _labelled(closing, found, wanted)
    except STREAM_ERRORS as error:
        rejected = Rejected(path=found.label, reason=open_failure(error))
        yield SourceBatch(rejected=(rejected,), path=found.label)
    finally:
        if stream is not None and not found.keep_open:
            stream.close()


_EMPTY = "the file is empty; save it again"
# In a folder, what programs and manuscripts are written in is not looked into: a decorator or an example in
# a text can look like an entry.
_NEVER_PAPERS = frozenset(
    ".py .pyi .ipynb .js .ts .css .html .htm .c .h .cpp .java .go .rs .rb .sh .r .tex .sty .cls .bst .md .rst"
    " .toml .yaml .yml .ini .cfg .lock .log".split()
)


def _closing(text: TextStream, records: int) -> SourceBatch:
    """What there is to say after the last record of a file."""
    closing = text.closing()
    if records or closing.rejected:
        return closing
    return closing.model_copy(update={"rejected": (Rejected(path="", reason="there is no record in it"),)})


def _sniff(head: str, found: Input) -> Format | None:
    if found.in_folder and _kind(found.name) in _NEVER_PAPERS:
        return None
    return by_head(head) or by_name(found.name)


def _kind(name: str) -> str:
    return Path(name.lower().removesuffix(".gz")).suffix or "without an ending"


def _labelled(batch: SourceBatch, found: Input, format: Format | None) -> SourceBatch:
    """Put the path as the user gave it where the parser only knew the file's name."""
    return batch.model_copy(
        update={
            "rejected": tuple(
                r.model_copy(update={"path": found.label, "format": r.format or format})
                for r in batch.rejected
            ),
            "notes": tuple(_labelled_note(note, found) for note in batch.notes),
            "path": found.label,
        }
    )


def _labelled_note(note: str, found: Input) -> str:
    """A note about a line begins with the file's name already."""
    at_line = note.removeprefix(f"{found.name}:")
    return f"{found.label}:{at_line}" if at_line != note else f"{found.label}: {note}"
