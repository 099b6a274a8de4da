"""Formats papers come in: one module each with `parse(text, *, name) -> SourceBatch`, none of which does I/O.

`read_sources` in `reading.py` opens files, folders and standard input and finds out which format they have.
It is imported when it is first used, for it brings the parsers of all formats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litreview.formats import Format
from litreview.sources.batch import Parser, Rejected, SourceBatch

if TYPE_CHECKING:
    from litreview.sources.reading import read_sources

__all__ = ["Format", "Parser", "Rejected", "SourceBatch", "read_sources"]


def __getattr__(name: str) -> Any:
    if name != "read_sources":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from litreview.sources.reading import read_sources

    return read_sources
