from __future__ import annotations

import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from litreview import importing
from litreview.importing import import_batches
from litreview.library import Library
from litreview.library.ahead import Ahead
from litreview.library.embeddings import Embeddings
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
    """Small imports are worked on ahead too; gives whether each fit was taken."""
    taken: list[bool] = []
    original = Ahead.settle

    def settle(self: Ahead, embeddings: Embeddings) -> None:
        original(self, embeddings)
        taken.append(self._is_current(embeddings))

    monkeypatch.setattr("litreview.library.ahead._WORTH_IT", 10)
    monkeypatch.setattr(Ahead, "settle", settle)
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
    assert ahead == [False]


def test_papers_that_differ_from_what_was_fitted_on_are_fitted_anew(
    tmp_path: Path, ahead: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = _import(tmp_path / "one", _batches())
    monkeypatch.setattr("litreview.library.ahead._texts_to_fit", lambda papers: [p.text for p in papers[:60]])
    assert _same(expected, _import(tmp_path / "two", _batches()))
    assert ahead == [True, False]


def test_a_fit_is_taken_while_papers_are_still_being_added(
    tmp_path: Path, ahead: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = _import(tmp_path / "one", _batches())
    monkeypatch.setattr(importing, "_TRANSACTION", 20)
    embedded = []
    original = Library.add

    def add(opened: Library, papers: list[Paper]) -> object:
        assert opened._ahead is not None
        opened._ahead._fit.result(wait=True)
        report = original(opened, papers)
        generation = opened._embeddings.current()
        assert generation is not None
        assert generation.fitted_on == len(opened) - opened._embeddings.missing()
        embedded.append(generation.fitted_on)
        return report

    monkeypatch.setattr(Library, "add", add)
    assert _same(expected, _import(tmp_path / "two", _batches()))
    assert embedded == sorted(embedded)
    assert embedded[-1] > 100


def test_an_interrupted_import_leaves_no_process_behind(
    tmp_path: Path, ahead: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = []

    def interrupted(opened: Library, _papers: object) -> None:
        assert opened._ahead is not None
        processes.append(opened._ahead._fit._child.process)
        raise KeyboardInterrupt

    monkeypatch.setattr(Library, "add", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _import(tmp_path, _batches())
    assert [process is not None and process.returncode is not None for process in processes] == [True]
