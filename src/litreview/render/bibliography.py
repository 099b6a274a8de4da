"""Papers in the formats of reference managers: which there are, and what the end of a file's name says.

Light enough for a help page: a writer is imported when something is written with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from litreview.papers import Paper

BibliographyFormat = Literal["bib", "ris", "csl-json", "csv", "jsonl"]

SUFFIXES: Mapping[str, BibliographyFormat] = MappingProxyType(
    {".bib": "bib", ".ris": "ris", ".json": "csl-json", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
)


def dump(papers: Iterable[Paper], format: BibliographyFormat) -> str:
    """Return papers with keys as the text of a file; `litreview add` reads it back.

    Raises:
        ValueError: A paper has no key (JSONL does without).
    """
    return writer_of(format)(papers)


def writer_of(format: BibliographyFormat) -> Callable[[Iterable[Paper]], str]:
    """The function that writes a format."""
    from litreview.sources import jsonl

    from . import bibtex, csl_json, ris, tables_csv

    writers: dict[BibliographyFormat, Callable[[Iterable[Paper]], str]] = {
        "bib": bibtex.dump,
        "ris": ris.dump,
        "csl-json": csl_json.dump,
        "csv": tables_csv.dump,
        "jsonl": jsonl.dump,
    }
    return writers[format]


def format_of_file(path: PurePath) -> BibliographyFormat | None:
    """The format that the end of a file's name stands for, or None."""
    return SUFFIXES.get(path.suffix.lower())
