"""Markdown files against a .bib file or a library: the whole flow of `litreview check`, with its I/O."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .checking.document import Document, check_documents
from .checking.findings import DocumentReport
from .checking.shelf import Shelf
from .errors import SourceError
from .papers import Paper
from .sources.decoding import binary_reason
from .text.cleaning import strip_controls

if TYPE_CHECKING:
    from .library import Library

# A thesis has about 1 MB of Markdown. Beyond this a file is something else, and would take minutes.
DOCUMENT_LIMIT = 5 * 1024**2
BIB_LIMIT = 64 * 1024**2


def check_files(
    paths: Sequence[Path], *, bibs: Sequence[Path] = (), library: Library | None = None
) -> DocumentReport:
    """Check every cited sentence of Markdown files against the abstracts of the papers it cites.

    Args:
        paths: The documents.
        bibs: .bib files; the first one that has a key decides what it means.
        library: Asked for keys that no .bib file has, and for abstracts that are missing there.

    Raises:
        SourceError: A file is not there, is no text, or is too large; the message names it.
    """
    documents = [Document(strip_controls(str(path)), read_text(path, limit=DOCUMENT_LIMIT)) for path in paths]
    shelf, notes = _shelf(bibs, library) if bibs else (Shelf(library=library), [])
    return check_documents(documents, shelf, notes=notes)


def _shelf(bibs: Sequence[Path], library: Library | None) -> tuple[Shelf, list[str]]:
    """The papers of .bib files before those of the library, and notes on what cannot be read."""
    from .sources import bibtex

    entries: dict[str, Paper] = {}
    unreadable: dict[str, str] = {}
    notes: list[str] = []
    for path in bibs:
        batch = bibtex.parse(read_text(path, limit=BIB_LIMIT), name=path.name)
        for paper in batch.papers:
            entries.setdefault(paper.key or "", paper)
        for rejected in batch.rejected:
            where = f"{strip_controls(str(path))}:{rejected.line}"
            notes.append(f"{where}: {strip_controls(rejected.reason)}")
            unreadable.setdefault(bibtex.entry_key(rejected.raw), notes[-1])
        notes.extend(strip_controls(str(path.parent / note)) for note in batch.notes)
        if not batch.papers and not batch.rejected:
            notes.append(f"{strip_controls(str(path))}: no entry of BibTeX in it")
    return Shelf(entries, library, unreadable), notes


def read_text(path: Path, *, limit: int) -> str:
    """The text of a UTF-8 file.

    Raises:
        SourceError: It is not there, a folder, larger than `limit` bytes, or no text.
    """
    data = _read(path, limit)
    problem = binary_reason(data[:65536])
    if problem:
        raise SourceError(f"{str(path)!r} cannot be checked: {problem}", hint="litreview check --help")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError(
            f"{str(path)!r} is not UTF-8: byte {data[error.start]:#04x} in line {line}",
            hint=f"iconv -f WINDOWS-1252 -t UTF-8 {path.name!r}",
        ) from None


def _read(path: Path, limit: int) -> bytes:
    try:
        if path.is_dir():
            problem = f"{str(path)!r} is a folder; name the files in it"
            raise SourceError(problem, hint=f"litreview check {path}/*.md")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except FileNotFoundError:
        raise SourceError(f"there is no file {str(path)!r}", hint="litreview check FILE.md") from None
    except OSError as error:
        raise SourceError(f"{str(path)!r} cannot be read: {error.strerror or error}") from error
    if len(data) > limit:
        raise SourceError(
            f"{str(path)!r} holds more than {limit / 1024**2:.0f} MB, which no such document does",
            hint="split it, and check its parts",
        )
    return data
