"""A review as its HTML page, with what that shows besides the answer: abstracts, and a map of the library."""

from __future__ import annotations

from collections.abc import Iterable

from .answers import Review
from .errors import PaperNotFound
from .library import Library
from .mapping import map_library
from .papers import Paper
from .render.html import render_page


def page_of(review: Review, library: Library, papers: Iterable[Paper] = ()) -> str:
    """Render a review as one HTML page.

    Args:
        review: What to write.
        library: Where its papers are.
        papers: The retrieved papers as the answer was made from them; none to take them from the library.
    """
    here = {entry.key: paper for entry in review.retrieved if (paper := _paper(library, entry.key))}
    then = {paper.key: paper for paper in papers if paper.key}
    return render_page(review, papers=here | then, library_map=map_library(library, here))


def _paper(library: Library, key: str) -> Paper | None:
    try:
        return library.paper(key)
    except PaperNotFound:
        return None  # Removed since the run that is shown again.
