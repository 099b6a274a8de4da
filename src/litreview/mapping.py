"""A map of a library: its vectors in the two dimensions in which they differ most, for a page to draw."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from litreview.library import Library

# More dots than this hide each other on a page, and each of them costs it some 100 bytes.
MOST_DOTS = 2_000
# Two papers are a line.
_LEAST_DOTS = 3


class Dot(NamedTuple):
    """One paper on the map; `x` and `y` are in [0, 1], `y` upwards."""

    key: str
    title: str
    x: float
    y: float


class LibraryMap(NamedTuple):
    """A map of a library of `papers` papers, of which at most some `MOST_DOTS` are drawn.

    Both axes have the same scale. `kept` is the share of the vectors' variance, in [0, 1], that the two
    dimensions keep: the lower, the less near dots need to be near papers.
    """

    dots: tuple[Dot, ...]
    papers: int
    kept: float


def map_library(library: Library, keys: Collection[str], *, limit: int = MOST_DOTS) -> LibraryMap | None:
    """Map a library by principal component analysis of its vectors.

    The same library gives the same map. A library of more than `limit` papers is sampled evenly in the order
    of its keys; the axes are those of the sample.

    Args:
        library: An open library.
        keys: Papers that are drawn in any case.
        limit: How many others are drawn at most.

    Returns:
        The map, or None where there is none to see: fewer than three papers have vectors, or all are alike.
    """
    rows = _chosen_rows(library, keys, limit=limit)
    vectors = library.vectors(rows)
    embedded = np.flatnonzero(vectors.any(axis=1))
    if len(embedded) < _LEAST_DOTS:
        return None
    places, kept = project(vectors[embedded])
    if not kept:
        return None
    texts = library.texts([rows[number] for number in embedded])
    dots = tuple(
        Dot(text.key, text.title, round(float(x), 4), round(float(y), 4))
        for text, (x, y) in zip(texts, places, strict=True)
    )
    return LibraryMap(dots, len(library), kept)


def project(vectors: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float64], float]:
    """Project vectors on their first two principal components.

    A component's direction is arbitrary; its largest loading is made positive, so that a map does not flip
    from one machine to another.

    Args:
        vectors: Shape (papers, dimensions), at least two rows.

    Returns:
        Places of shape (papers, 2) in [0, 1], in the middle of the square and to one scale on both axes, and
        the share of the variance they keep in [0, 1]; 0 where all vectors are alike.
    """
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    spread, directions = np.linalg.eigh(centred.T @ centred)
    total = float(spread.clip(min=0).sum())
    axes = directions[:, ::-1][:, :2]
    if axes.shape[1] < 2 or total <= 1e-9:
        return np.full((len(vectors), 2), 0.5), 0.0
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), [0, 1]] < 0, -1.0, 1.0)
    flat = centred @ axes
    low, high = flat.min(axis=0), flat.max(axis=0)
    places = (flat - (low + high) / 2) / (high - low).max() + 0.5
    return places, min(float(spread[-2:].sum()) / total, 1.0)


def _chosen_rows(library: Library, keys: Collection[str], *, limit: int) -> list[int]:
    """The rows to draw, in the order of their keys: an even sample, and those of `keys`."""
    titles = library.titles()
    if len(titles) <= limit:
        return [row for row, _ in titles]
    sampled = {titles[number * len(titles) // limit][0] for number in range(limit)}
    named = {library.paper(key).title for key in keys}
    alike = [row for row, title in titles if title in named]
    wanted = {row for row, text in zip(alike, library.texts(alike), strict=True) if text.key in keys}
    return [row for row, _ in titles if row in sampled or row in wanted]
