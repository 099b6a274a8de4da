"""Formats papers come in: one module each with `parse(text, *, name) -> SourceBatch`, none of which does I/O.

`read_sources` in `reading.py` opens files, folders and standard input and finds out which format they have.
"""

from __future__ import annotations

from litreview.sources.batch import Rejected, SourceBatch
from litreview.sources.reading import Format, read_sources

__all__ = ["Format", "Rejected", "SourceBatch", "read_sources"]
