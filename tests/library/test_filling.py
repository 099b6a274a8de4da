"""Filling the index in a process of its own: the same library as without, whatever becomes of it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from litreview.library import Filters, Library
from litreview.library.ahead import Ahead, Filling, remove_leftovers
from litreview.library.health import filling_folder
from litreview.library.index import IndexKeeper
from litreview.library.locks import filling_lock
from litreview.library.vectors import open_index
from litreview.papers import Paper
from litreview.sources import jsonl

CLI = [sys.executable, "-c", "from litreview.cli import main; main()"]
SUBJECTS = ("reefs", "fish", "tides", "seagrass", "currents", "plankton", "whales", "storms")
METHODS = ("perceptrons", "attention", "convolutions", "forests", "kernels")
PLACES = ("Kiel", "Bergen", "Lisbon")

Step = Callable[[Library, Filling], None]


def some_papers(*, part: str = "") -> list[Paper]:
    return [
        Paper(
            title=f"{subject} by {method} in {place}{part}",
            abstract=f"We study {subject} with {method}, as seen from {place}.",
            published="2021",
        )
        for subject, method, place in product(SUBJECTS, METHODS, PLACES)
    ]


@pytest.fixture
def finished(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Small imports are worked on ahead too; gives whether each index filled ahead was taken."""
    taken: list[bool] = []
    original = Filling.finish

    def finish(self: Filling, *arguments: object) -> bool:
        taken.append(original(self, *arguments))  # type: ignore[arg-type]
        return taken[-1]

    monkeypatch.setattr("litreview.library.ahead._WORTH_IT", 10)
    monkeypatch.setattr("litreview.embedding.ahead._SAME", 0.9)
    monkeypatch.setattr(Filling, "finish", finish)
    return taken


def fill(folder: Path, step: Step, *, lean: bool = False) -> Library:
    """Add 120 papers, wait until they are in the new index, do a step, sync; gives the open library."""
    papers = some_papers()
    library = Library(folder, lean=lean)
    with library.working_ahead() as ahead:
        assert ahead is not None
        ahead.read(papers)
        ahead.fit(papers)
        ahead._fit.result(wait=True)
        library.add(papers[:100])
        filling = ahead.filling
        assert filling is not None
        assert filling._child.output is not None
        assert filling._child.output.readline() == b"100\n"
        library.add(papers[100:])
        step(library, filling)
        library.sync()
    return library


def index_of(library: Library) -> dict[str, object]:
    generation = library.state().generation
    assert generation is not None
    with open_index(library.folder / "chroma", generation.collection) as index:
        found = index._collection.get(include=["documents", "metadatas", "embeddings"])
    return {
        key: (document, sorted(metadata.items()), vector.tolist())
        for key, document, metadata, vector in zip(
            found["ids"], found["documents"], found["metadatas"], found["embeddings"], strict=True
        )
    }


def assert_whole(library: Library) -> None:
    assert library.state().health.state == "ok"
    assert library.state().pending == 0
    assert library.probe_index().state == "ok"
    assert not list(library.folder.glob("chroma.*"))
    (vector,) = library.embed(["reefs by attention"])
    assert len(library.nearest(vector, limit=1000, filters=Filters())) == len(library)
    filled = index_of(library)
    library.sync(rebuild=True)
    assert index_of(library) == filled


def nothing(library: Library, filling: Filling) -> None:
    pass


def merge_a_year_and_an_abstract(library: Library, filling: Filling) -> None:
    # Into papers that were sent already: one keeps its text and vector, the other gets a new one.
    first, second = some_papers()[:2]
    longer = f"{second.abstract} There is more to say of storms and whales."
    library.add(
        [first.model_copy(update={"venue": "Oceans"}), second.model_copy(update={"abstract": longer})]
    )


def remove_some(library: Library, filling: Filling) -> None:
    with library._catalogue.transaction():
        for row in (1, 50, 120):
            library._catalogue.remove(row)


def give_a_key_to_another(library: Library, filling: Filling) -> None:
    key = library.paper(library.all_papers()[7].key or "").key or ""
    with library._catalogue.transaction():
        library._catalogue.remove(library._row_of(key))
    library.add([Paper(key=key, title="Something else on tides", abstract="Of whales and of tides.")])


@pytest.mark.parametrize("lean", [False, True])
@pytest.mark.parametrize("step", [nothing, merge_a_year_and_an_abstract, remove_some, give_a_key_to_another])
def test_the_index_holds_what_the_catalogue_holds(
    tmp_path: Path, finished: list[bool], step: Step, lean: bool
) -> None:
    with fill(tmp_path, step, lean=lean) as library:
        assert finished == [True]
        assert_whole(library)


def kill(library: Library, filling: Filling) -> None:
    assert filling._child.process is not None
    filling._child.process.kill()


def destroy(library: Library, filling: Filling) -> None:
    for path in filling_folder(library.folder).rglob("*"):
        if path.is_file():
            path.write_bytes(b"")


def stop(library: Library, filling: Filling) -> None:
    filling.end()


@pytest.mark.parametrize("step", [kill, stop, destroy])
def test_a_process_that_fails_costs_nothing_but_time(
    tmp_path: Path, finished: list[bool], step: Step
) -> None:
    with fill(tmp_path, step) as library:
        assert finished == [False]
        assert len(library) == 120
        assert_whole(library)


@pytest.mark.slow
def test_a_filling_that_holds_too_few_is_not_taken(
    tmp_path: Path, finished: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = IndexKeeper._entries
    calls: list[int] = []

    def fewer_at_first(self: IndexKeeper, generation: object, rows: list[int]) -> object:
        calls.append(len(rows))
        return original(self, generation, rows[:90] if len(calls) == 1 else rows)  # type: ignore[arg-type]

    monkeypatch.setattr(IndexKeeper, "_entries", fewer_at_first)
    with fill(tmp_path, nothing) as library:
        assert calls == [120, 120]
        monkeypatch.undo()
        assert_whole(library)


@pytest.mark.slow
def test_a_model_that_does_not_serve_takes_its_filling_with_it(tmp_path: Path, finished: list[bool]) -> None:
    with fill(tmp_path, lambda library, _: library.add(some_papers(part=" again")) and None) as library:
        assert finished == [False]
        generation = library.state().generation
        assert generation is not None
        assert generation.fitted_on == 240
        assert_whole(library)


@pytest.mark.slow
def test_only_one_process_fills_at_a_time(tmp_path: Path, finished: list[bool]) -> None:
    with filling_lock(tmp_path) as locked:
        assert locked
        filling_folder(tmp_path).mkdir()
        remove_leftovers(tmp_path)
        assert filling_folder(tmp_path).exists()
        with Library(tmp_path) as library, library.working_ahead() as ahead:
            assert ahead is not None
            ahead.read(some_papers())
            ahead.fit(some_papers())
            library.add(some_papers())
            library.sync()
        assert finished == [False]
    remove_leftovers(tmp_path)
    with Library(tmp_path) as library:
        assert_whole(library)


def add_command(folder: Path, file: Path, papers: list[Paper]) -> subprocess.Popen[str]:
    file.write_text(jsonl.dump(papers), encoding="utf-8")
    command = [*CLI, "add", str(file), "--library", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def many_papers(part: str) -> list[Paper]:
    return [
        Paper(
            title=f"{paper.title}, number {n}", abstract=f"{paper.abstract} Seen {n} times.", published="2020"
        )
        for n in range(18)
        for paper in some_papers(part=part)
    ]


@pytest.mark.slow
def test_two_large_imports_at_once_lose_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    processes = [add_command(folder, tmp_path / f"{part}.jsonl", many_papers(part)) for part in ("", " too")]
    for process in processes:
        _, errors = process.communicate(timeout=180)
        assert process.returncode == 0, errors
    with Library(folder, create=False) as library:
        assert len(library) == 4_320
    with Library(folder) as library:
        assert library.state().pending == 0
        assert library.state().health.state == "ok"
        assert library.probe_index().state == "ok"
        (vector,) = library.embed(["reefs by attention"])
        assert len(library.nearest(vector, limit=10_000, filters=Filters())) == 4_320
    assert not list(folder.glob("chroma.*"))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_import_that_is_stopped_leaves_no_process_and_is_completed_by_the_next(
    tmp_path: Path, number: signal.Signals
) -> None:
    folder, file = tmp_path / "library", tmp_path / "papers.jsonl"
    process = add_command(folder, file, many_papers(""))
    deadline = time.monotonic() + 60
    while not (filling_folder(folder) / "chroma.sqlite3").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGKILL)
    # The lock is free only when the process that fills is gone.
    while not _is_free(folder):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    again = add_command(folder, file, many_papers(""))
    _, errors = again.communicate(timeout=120)
    assert again.returncode == 0, errors
    with Library(folder) as library:
        assert len(library) == 2_160
        assert library.state().health.state == "ok"
        assert library.probe_index().state == "ok"
    assert not list(folder.glob("chroma.*"))


def _is_free(folder: Path) -> bool:
    with filling_lock(folder) as locked:
        return locked


def test_a_small_import_starts_no_process(tmp_path: Path) -> None:
    with Library(tmp_path, indexed=False) as library, library.working_ahead() as ahead:
        assert isinstance(ahead, Ahead)
        ahead.read(some_papers())
        ahead.fit(some_papers())
        library.add(some_papers())
        library.sync()
        assert ahead._fit._child.process is None
        assert ahead.filling is None
