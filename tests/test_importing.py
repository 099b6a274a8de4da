from __future__ import annotations

import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from litreview import importing
from litreview.embedding.ahead import FitAhead
from litreview.importing import import_batches
from litreview.library import Library, library
from litreview.papers import Paper, Source
from litreview.sources import SourceBatch


def _papers(source: str, *, longer: str = "") -> list[Paper]:
    subjects = ("reefs", "fish", "tides", "seagrass", "currents", "plankton", "whales", "storms")
    methods = ("perceptrons", "attention", "convolutions", "forests", "kernels")
    return [
        Paper(
            title=f"{subject} by {method} in {place}",
            abstract=f"We study {subject} with {method}, as seen from {place}.{longer}",
            published="2021",
            sources=(Source(format="jsonl", name=source),),
        )
        for subject, method, place in product(subjects, methods, ("Kiel", "Bergen", "Lisbon"))
    ]


def _batches() -> list[SourceBatch]:
    one, two = _papers("one.jsonl"), _papers("two.jsonl", longer=" There is more.")[:40]
    return [SourceBatch(papers=tuple(papers)) for papers in (one[:50], two, one[50:])]


def _import(folder: Path, batches: list[SourceBatch]) -> tuple[list[Paper], np.ndarray, np.ndarray]:
    with Library(folder, indexed=False) as opened:
        import_batches(opened, batches, progress=lambda _stage, _done, _total: None)
        assert opened.state().pending == len(opened)
        rows = [opened._row_of(paper.key or "") for paper in opened.all_papers()]
        return opened.all_papers(), opened.vectors(rows), opened.embed(["forests of seagrass"])


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Small imports are fitted ahead too; gives whether each fit was taken."""
    taken: list[bool] = []
    original = FitAhead.fit_for

    def fit_for(self: FitAhead, texts: list[str]) -> object:
        fitted = original(self, texts)
        taken.append(fitted is not None)
        return fitted

    monkeypatch.setattr(library, "_FIT_AHEAD_FROM", 10)
    monkeypatch.setattr(FitAhead, "fit_for", fit_for)
    return taken


def _same(one: tuple[list[Paper], np.ndarray, np.ndarray], other: object) -> bool:
    assert isinstance(other, tuple)
    return one[0] == other[0] and np.array_equal(one[1], other[1]) and np.array_equal(one[2], other[2])


def test_a_fit_ahead_gives_the_same_library(tmp_path: Path, ahead: list[bool]) -> None:
    with_it = _import(tmp_path / "one", _batches())
    assert ahead == [True]
    library_alone = tmp_path / "two"
    with Library(library_alone, indexed=False) as opened:
        opened.add(paper for batch in _batches() for paper in batch.papers)
        opened.sync()
    assert ahead == [True]
    assert _same(with_it, _import(library_alone, []))


def test_the_order_of_the_sources_does_not_matter(tmp_path: Path, ahead: list[bool]) -> None:
    assert _same(_import(tmp_path / "one", _batches()), _import(tmp_path / "two", _batches()[::-1]))
    assert ahead == [True, True]


def test_a_process_that_fails_costs_nothing_but_time(
    tmp_path: Path, ahead: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = _import(tmp_path / "one", _batches())
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert _same(expected, _import(tmp_path / "two", _batches()))
    assert ahead == [True, False]


def test_a_library_that_has_papers_is_fitted_as_a_whole(tmp_path: Path, ahead: list[bool]) -> None:
    first, *others = _batches()
    _import(tmp_path, [first])
    _import(tmp_path, others)
    assert ahead == [True]


def test_an_import_too_large_to_wait_is_added_as_it_is_read(
    tmp_path: Path, ahead: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_READ_AHEAD", 60)
    papers, vectors, _ = _import(tmp_path, _batches())
    assert len(papers) == len(vectors) == 120
    assert ahead == []


def test_an_interrupted_import_leaves_no_process_behind(
    tmp_path: Path, ahead: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    children = []

    def interrupted(opened: Library, _papers: object) -> None:
        assert opened._ahead is not None
        children.append(opened._ahead._child)
        raise KeyboardInterrupt

    monkeypatch.setattr(Library, "add", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _import(tmp_path, _batches())
    assert [child is not None and child.returncode is not None for child in children] == [True]
