"""The formats that are read: how each is recognised, and how its parser gets the text of a stream."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from litreview.formats import Format
from litreview.sources import (
    arxiv_atom,
    bibtex,
    csl_json,
    daily_papers,
    endnote_xml,
    hf_papers,
    jsonl,
    nbib,
    rejects,
    ris,
    tables,
)
from litreview.sources.batch import Parser, Rejected, SourceBatch
from litreview.sources.decoding import TextStream
from litreview.sources.streams import open_stream

_XML_ENCODING = re.compile(r"""<\?xml[^>]*?\sencoding\s*=\s*["']([\w.-]+)["']""")
_BLANK = "the file holds nothing but blank space; save it again"


@dataclass(frozen=True, slots=True)
class Context:
    """What a parser is told about the file besides its text."""

    name: str
    page_date: str | None


Read = Callable[[TextStream, Context], Iterator[SourceBatch]]


@dataclass(frozen=True, slots=True)
class Reader:
    """How one format is recognised, by its beginning or by the end of its name, and read."""

    looks_like: Callable[[str], bool]
    suffixes: tuple[str, ...]
    read: Read


def _whole(parse: Callable[..., SourceBatch]) -> Read:
    """Read a file at once with `parse(text, *, name)`."""

    def read(text: TextStream, context: Context) -> Iterator[SourceBatch]:
        content = text.whole()
        if content is not None and not content.strip():
            yield SourceBatch(rejected=(Rejected(path="", reason=_BLANK),))
        elif content is not None:
            yield parse(content, name=context.name)

    return read


def given(parse: Parser) -> Read:
    """Read a file at once with a parser that is not ours; whatever that raises rejects this file only."""

    def guarded(text: str, *, name: str) -> SourceBatch:
        try:
            return SourceBatch.model_validate(parse(text, name=name))
        except Exception as error:
            reason = f"its parser failed: {type(error).__name__}: {error}"
            return SourceBatch(rejected=(Rejected(path="", reason=reason),))

    return _whole(guarded)


def _by_lines(read_lines: Callable[..., Iterator[SourceBatch]]) -> Read:
    """Read a file line by line with `read(lines, *, name)`."""
    return lambda text, context: read_lines(text.lines(), name=context.name)


def _by_chunks(read_chunks: Callable[..., Iterator[SourceBatch]]) -> Read:
    """Read a file in pieces of any size with `read(chunks, *, name)`."""

    def read(text: TextStream, context: Context) -> Iterator[SourceBatch]:
        declared = _XML_ENCODING.match(text.head)
        if declared:
            text.declare(declared[1])
        return read_chunks(text.chunks(), name=context.name)

    return read


def _read_jsonl(text: TextStream, context: Context) -> Iterator[SourceBatch]:
    how = _by_chunks(jsonl.read_list) if jsonl.is_list(text.head) else _by_lines(jsonl.read)
    return how(text, context)


def _read_rejects(text: TextStream, context: Context) -> Iterator[SourceBatch]:
    """Read what --rejects wrote of several formats: each record as what it was."""
    for number, line in enumerate(text.lines(), start=1):
        kept = rejects.parse_line(line)
        if isinstance(kept, str):
            yield SourceBatch(rejected=(Rejected(path="", line=number, reason=kept, raw=line),))
        elif kept is not None:
            inner = TextStream(open_stream(io.BytesIO(kept.raw.encode("utf-8", "replace"))))
            known = kept.format if kept.format in READERS else by_head(inner.head)
            if known is None or known == "rejects":
                yield SourceBatch(rejected=(Rejected(path="", line=number, reason=UNKNOWN, raw=line),))
                continue
            inside = Context(kept.name, context.page_date)
            for batch in READERS[known].read(inner, inside):  # type: ignore[index]
                again = tuple(r.model_copy(update={"line": number, "format": known}) for r in batch.rejected)
                yield batch.model_copy(update={"rejected": again})


def _read_page(text: TextStream, context: Context) -> Iterator[SourceBatch]:
    def parse(content: str, *, name: str) -> SourceBatch:
        return daily_papers.parse(content, name=name, page_date=context.page_date, today=date.today())

    return _whole(parse)(text, context)


# In the order in which their beginnings are looked for. A new format is one entry here and its name in
# `litreview.formats.Format`, which the help page is made from.
READERS: Mapping[Format, Reader] = MappingProxyType(
    {
        "daily-papers": Reader(daily_papers.looks_like, (), _read_page),
        "rejects": Reader(rejects.looks_like, (), _read_rejects),
        "hf-papers": Reader(hf_papers.looks_like, (), _by_chunks(hf_papers.read)),
        "csl-json": Reader(csl_json.looks_like, (".csljson",), _by_chunks(csl_json.read)),
        "jsonl": Reader(jsonl.looks_like, (".jsonl", ".ndjson"), _read_jsonl),
        "arxiv-atom": Reader(arxiv_atom.looks_like, (".atom",), _by_chunks(arxiv_atom.read)),
        "endnote-xml": Reader(endnote_xml.looks_like, (), _by_chunks(endnote_xml.read)),
        "bibtex": Reader(bibtex.looks_like, (".bib", ".bibtex", ".biblatex"), _whole(bibtex.parse)),
        "ris": Reader(ris.looks_like, (".ris",), _by_lines(ris.read)),
        "nbib": Reader(nbib.looks_like, (".nbib", ".medline"), _by_lines(nbib.read)),
        "csv": Reader(tables.looks_like, (".csv", ".tsv", ".tab"), _by_lines(tables.read)),
    }
)


UNKNOWN = f"of no known format; if it is one of them, say so: --format {', '.join(READERS)}"


def by_head(head: str) -> Format | None:
    """The format that the beginning of a file looks like."""
    return next((known for known, reader in READERS.items() if reader.looks_like(head)), None)


def by_name(name: str) -> Format | None:
    """The format that the ending of a file's name stands for."""
    plain_name = name.lower().removesuffix(".gz")
    for known, reader in READERS.items():
        if reader.suffixes and plain_name.endswith(reader.suffixes):
            return known
    return None
