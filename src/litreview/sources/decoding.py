"""From byte streams to parsed batches: decoding, limits and what is said where a stream breaks off."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator

from litreview.papers import Paper
from litreview.sources import jsonl
from litreview.sources.batch import Rejected, SourceBatch
from litreview.sources.streams import STREAM_ERRORS, TooLarge, read_all

# A saved page is about 80 kB; what is read as a whole has to fit into memory several times over.
WHOLE_LIMIT = 64 * 1024**2
# One paper on one line; the longest of 148,000 real records has 13 kB.
LINE_LIMIT = 8 * 1024**2
BATCH_SIZE = 1000

_CONVERT = "convert the file with: iconv -f WINDOWS-1252 -t UTF-8"
_SIGNATURES = (
    (b"%PDF", "a PDF; litreview reads lists of abstracts, so export those as text"),
    (b"PK\x03\x04", "a ZIP archive; unpack it and name the files in it"),
    (b"\xff\xfe", "UTF-16 text; convert it with: iconv -f UTF-16 -t UTF-8"),
    (b"\xfe\xff", "UTF-16 text; convert it with: iconv -f UTF-16 -t UTF-8"),
    (b"SQLite format 3\x00", "an SQLite database; export what it holds as text"),
)


def binary_reason(head: bytes) -> str | None:
    """Return what to say about a file that is no text, or None where it may be text."""
    for signature, reason in _SIGNATURES:
        if head.startswith(signature):
            return reason
    if b"\x00" in head:
        return "a binary file, not text; export what it holds as text"
    return None


def read_text_as(stream: io.BufferedReader, parse: Callable[[str], SourceBatch]) -> Iterator[SourceBatch]:
    """Yield the one batch that `parse` makes of a whole stream, or why there is none."""
    data, failure = read_all(stream, limit=WHOLE_LIMIT)
    if isinstance(failure, TooLarge):
        yield _rejected(None, f"{failure}, which no such file does; split it")
        return
    try:
        text = _decode(data)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        where = f"byte {data[error.start]:#04x} at offset {error.start}, line {line}"
        raw = data[max(0, error.start - 40) : error.start + 40]
        yield _rejected(line, f"not UTF-8: {where}; {_CONVERT}", raw)
        return
    if not text.strip():
        yield _rejected(None, "the file holds nothing but blank space; save it again")
        return
    yield parse(text)
    if failure is not None:
        yield _rejected(text.count("\n") + 1, _broken_off(failure))


def read_lines_as(stream: io.BufferedReader, *, name: str) -> Iterator[SourceBatch]:
    """Yield the papers of a JSONL stream in batches of at most 1,000 records, in constant memory."""
    papers: list[Paper] = []
    rejected: list[Rejected] = []
    ignored: Counter[str] = Counter()
    empty = True
    for number, line in enumerate(_lines(stream), start=1):
        if isinstance(line, Rejected):
            rejected.append(line.model_copy(update={"line": number}))
            continue
        result = jsonl.parse_line(line, number, name=name, ignored=ignored)
        if isinstance(result, Paper):
            papers.append(result)
        elif result is not None:
            rejected.append(result)
        if len(papers) + len(rejected) >= BATCH_SIZE:
            yield SourceBatch(papers=tuple(papers), rejected=tuple(rejected))
            papers, rejected, empty = [], [], False
    if empty and not papers and not rejected:
        yield _rejected(None, "the file holds nothing but blank lines; save it again")
        return
    yield SourceBatch(
        papers=tuple(papers), rejected=tuple(rejected), notes=tuple(jsonl.ignored_notes(ignored))
    )


def _lines(stream: io.BufferedReader) -> Iterator[str | Rejected]:
    """Yield lines; one that cannot be decoded, or the place where the stream breaks off, as rejected."""
    first = True
    try:
        while raw := stream.readline(LINE_LIMIT):
            if len(raw) == LINE_LIMIT and not raw.endswith(b"\n"):
                _skip_line(stream)
                yield _one(None, f"a line of more than {LINE_LIMIT:,} bytes is no paper", raw[:1000])
                continue
            if first:
                raw = raw.removeprefix(b"\xef\xbb\xbf")
                first = False
            try:
                yield raw.decode("utf-8")
            except UnicodeDecodeError as error:
                where = f"byte {raw[error.start]:#04x} at offset {error.start} of the line"
                yield _one(None, f"not UTF-8: {where}; {_CONVERT}", raw)
    except STREAM_ERRORS as error:
        yield _one(None, _broken_off(error))


def _skip_line(stream: io.BufferedReader) -> None:
    while (raw := stream.readline(LINE_LIMIT)) and not raw.endswith(b"\n"):
        pass


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data":
            raise
        # Cut off within a character: what is there before it counts.
        return data[: error.start].decode("utf-8-sig")


def _broken_off(error: Exception) -> str:
    if isinstance(error, TooLarge):
        return f"{error}; what came before was read"
    return f"it breaks off here ({str(error) or type(error).__name__}); what came before was read"


def _one(line: int | None, reason: str, raw: bytes = b"") -> Rejected:
    # The reader puts in the path as the user gave it.
    return Rejected(path="", line=line, reason=reason, raw=raw[:4000].decode("utf-8", "replace"))


def _rejected(line: int | None, reason: str, raw: bytes = b"") -> SourceBatch:
    return SourceBatch(rejected=(_one(line, reason, raw),))
