"""The library: a SQLite catalogue that is the record, and a Chroma index that can always be made again."""

from .archive import RunEntry
from .library import Library, LibraryState, empty_library
from .types import AddReport, Defined, Filters, IndexedText, Outline, SourceUse, SplitReport

__all__ = [
    "AddReport",
    "Defined",
    "Filters",
    "IndexedText",
    "Library",
    "LibraryState",
    "Outline",
    "RunEntry",
    "SourceUse",
    "SplitReport",
    "empty_library",
]
