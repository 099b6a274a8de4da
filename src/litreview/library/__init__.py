"""The library: a SQLite catalogue that is the record, and a Chroma index that can always be made again."""

from .ahead import Ahead
from .archive import RunEntry
from .library import Library, LibraryState, empty_library
from .types import AddReport, Defined, Filters, IndexedText

__all__ = [
    "AddReport",
    "Ahead",
    "Defined",
    "Filters",
    "IndexedText",
    "Library",
    "LibraryState",
    "RunEntry",
    "empty_library",
]
