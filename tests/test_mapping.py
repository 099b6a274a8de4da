from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.library import Library
from litreview.mapping import map_library, project
from litreview.papers import Paper


def test_papers_on_one_subject_lie_nearer_to_each_other(library: Library, papers: list[Paper]) -> None:
    library.add(papers)
    library.sync()
    found = map_library(library, [])
    assert found is not None
    assert found.papers == len(found.dots) == len(papers)
    assert 0 < found.kept <= 1
    place = {dot.title.split(":")[0]: np.array([dot.x, dot.y]) for dot in found.dots}
    reefs = ("ReefNet", "FishCount", "TideCast")
    mixing = ("MixNet", "ShiftMix", "FourMix")
    within = max(np.linalg.norm(place[a] - place[b]) for a in mixing for b in mixing)
    between = min(np.linalg.norm(place[a] - place[b]) for a in mixing for b in reefs)
    assert within < between


def test_the_same_papers_in_another_order_give_the_same_map(
    library: Library, papers: list[Paper], tmp_path_factory: pytest.TempPathFactory
) -> None:
    library.add(papers)
    library.sync()
    with Library(tmp_path_factory.mktemp("other") / "library") as other:
        other.add(papers[::-1])
        other.sync()
        found, again = map_library(library, []), map_library(other, [])
    assert found is not None
    assert again is not None
    assert [dot.key for dot in found.dots] == [dot.key for dot in again.dots]
    for dot, same in zip(found.dots, again.dots, strict=True):
        assert (dot.x, dot.y) == pytest.approx((same.x, same.y), abs=1e-3)


def test_a_large_library_is_sampled_and_the_papers_asked_for_are_among_the_dots(
    library: Library, papers: list[Paper]
) -> None:
    library.add(papers)
    library.sync()
    keys = [paper.key or "" for paper in library.all_papers()]
    for key in keys:
        found = map_library(library, [key], limit=3)
        assert found is not None
        dots = [dot.key for dot in found.dots]
        assert key in dots
        assert dots == sorted(dots)
        assert len(dots) in (3, 4)
        assert found.papers == len(papers)


def test_there_is_no_map_of_less_than_three_papers_or_before_they_are_embedded(
    library: Library, papers: list[Paper]
) -> None:
    assert map_library(library, []) is None
    library.add(papers[:2])
    library.sync()
    assert map_library(library, []) is None


def test_the_projection_is_that_of_a_singular_value_decomposition() -> None:
    vectors = np.random.default_rng(3).normal(size=(50, 12)).astype(np.float32)
    places, kept = project(vectors)
    centred = vectors - vectors.mean(axis=0)
    left, values, _ = np.linalg.svd(centred, full_matrices=False)
    for axis in (0, 1):
        correlation = np.corrcoef(places[:, axis], left[:, axis])[0, 1]
        assert abs(correlation) == pytest.approx(1, abs=1e-4)
    assert kept == pytest.approx(float((values[:2] ** 2).sum() / (values**2).sum()), abs=1e-4)


@given(st.integers(min_value=2, max_value=40), st.integers(min_value=2, max_value=20), st.integers(0, 999))
def test_places_fill_the_square_and_do_not_flip(papers: int, dimensions: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(papers, dimensions)).astype(np.float32)
    places, kept = project(vectors)
    assert places.shape == (papers, 2)
    assert places.min() >= -1e-9
    assert places.max() <= 1 + 1e-9
    assert (places.max(axis=0) - places.min(axis=0)).max() == pytest.approx(1)
    assert 0 < kept <= 1
    order = np.random.default_rng(seed).permutation(papers)
    if papers > 3:
        assert project(vectors[order])[0] == pytest.approx(places[order], abs=1e-4)


def test_vectors_that_are_all_alike_have_no_map() -> None:
    places, kept = project(np.ones((5, 4), dtype=np.float32))
    assert kept == 0
    assert (places == 0.5).all()
    assert project(np.ones((5, 1), dtype=np.float32))[1] == 0
