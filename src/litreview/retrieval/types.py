"""What goes into a search and what comes out, and what retrieval needs of a library."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from pydantic import BaseModel, ConfigDict

from litreview.library.types import Defined, Filters, IndexedText
from litreview.papers import Paper

__all__ = ["Defined", "Filters", "IndexedText", "Retrieved", "RetrievedPaper", "SearchIndex"]

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class RetrievedPaper(BaseModel):
    """A paper and how close it is to the question: `score` in [0, 1], higher is closer."""

    model_config = ConfigDict(frozen=True)

    paper: Paper
    score: float


class Retrieved(BaseModel):
    """The papers that bear on a question, best first; `nearest` are papers to name when none does."""

    model_config = ConfigDict(frozen=True)

    question: str
    papers: tuple[RetrievedPaper, ...]
    nearest: tuple[Paper, ...] = ()


class SearchIndex(Protocol):
    """What retrieval needs of a library. Papers are addressed by their integer row id."""

    @property
    def embedder(self) -> str:
        """The embedding's provider: "lsa", or the name of a neural one."""

    def __len__(self) -> int: ...

    def snapshot(self) -> AbstractContextManager[object]:
        """A block in which all that is read is of one moment, whatever others write meanwhile."""

    def match(self, expression: str, *, limit: int, filters: Filters) -> list[tuple[int, float]]:
        """Rows matching an FTS5 expression with their BM25 score (positive, higher is better), best first."""

    def document_frequencies(self, stems: Sequence[str]) -> dict[str, int]:
        """In how many papers each stem stands, as the lexical index stems; 0 or absent for none."""

    def nearest(
        self, vector: npt.NDArray[np.float32], *, limit: int, filters: Filters
    ) -> list[tuple[int, float]]:
        """Rows whose vectors are closest to a unit vector, with the cosine in [-1, 1], best first."""

    def vectors(self, rows: Sequence[int]) -> npt.NDArray[np.float32]:
        """The unit vectors of these rows, shape (len(rows), dimensions); a row without one is zeros."""

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors of questions in the library's own embedding, shape (len(texts), dimensions)."""

    def definitions(self, short_keys: Sequence[str], long_keys: Sequence[str]) -> list[Defined]:
        """What the library's abstracts define under any of these keys, each spelling once."""

    def texts(self, rows: Sequence[int]) -> list[IndexedText]:
        """The indexed text of these rows, in this order."""

    def titles(self) -> list[tuple[int, str]]:
        """Row and title of every paper; asked for only when nothing else was found."""

    def papers(self, rows: Sequence[int]) -> list[Paper]:
        """The papers of these rows, in this order."""
