"""What must hold of a library after a fault, whatever it was."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np

from litreview.library import Filters, Library
from litreview.library.vectors import open_index
from litreview.papers import Paper

from .driver import Hashes


def open_as_embedded(folder: Path) -> Library:
    """The library with the embedder it was last embedded with."""
    library = Library(folder, create=False)
    generation = library.state().generation
    if generation is None or generation.provider == "lsa":
        return library
    library.close()
    return Library(folder, create=False, embedder=Hashes())


def assert_readable(folder: Path, *, surely: Collection[str], perhaps: Collection[str] = ()) -> None:
    """Before any repair: the papers that were acknowledged are there once, and found by words and vectors."""
    with open_as_embedded(folder) as library:
        assert library.check_catalogue() == "ok"
        titles = [title for _, title in library.titles()]
        assert len(titles) == len(set(titles)), "a paper is there twice"
        assert set(surely) <= set(titles), "a paper is lost"
        assert set(titles) <= set(surely) | set(perhaps), "a paper is there that should not be"
        assert len(library.match("study", limit=10**6, filters=Filters())) == len(titles)
        pending = library._embeddings.missing()
        (vector,) = library.embed(["tides by attention"])
        found = library.nearest(vector, limit=10**6, filters=Filters())
        assert len({row for row, _ in found}) == len(found) == len(titles) - pending


def assert_whole(folder: Path) -> None:
    """After the next writer: catalogue and index hold the same papers and vectors, and nothing lies about."""
    with open_as_embedded(folder) as library:
        state = library.state()
        assert (state.health.state, state.pending) == ("ok", 0), state
        generation = state.generation
        assert generation is not None
        known = {paper.key or "": row for paper, row in _papers(library)}
        vectors = library.vectors(list(known.values()))
        with open_index(folder / "chroma", generation.collection) as index:
            assert index.count() == len(known)
            indexed = index.vectors(list(known))
        assert set(indexed) == set(known)
        assert np.allclose(np.stack([indexed[key] for key in known]), vectors, atol=1e-4)
    assert not list(folder.glob("chroma.*"))


def _papers(library: Library) -> list[tuple[Paper, int]]:
    rows = [row for row, _ in library.titles()]
    return list(zip(library.papers(rows), rows, strict=True))
