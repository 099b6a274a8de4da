"""Formats papers come in: one module each with `parse(text, *, name) -> SourceBatch`, none of which does I/O.

`read_sources` in `reading.py` opens files, folders and standard input and finds out which format they have.
"""

from __future__ import annotations

from litreview.formats import Format
from litreview.sources.batch import Parser, Rejected, SourceBatch
from litreview.sources.reading import read_sources

__all__ = ["Format", "Parser", "Rejected", "SourceBatch", "read_sources"]
