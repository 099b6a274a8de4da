"""What happens to a library when its index is lost or damaged, or when two processes write at once."""

from __future__ import annotations

import logging
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from litreview.library import Filters, Library, health
from litreview.library.vectors import open_index
from litreview.papers import Paper
from litreview.sources import jsonl

CLI = [sys.executable, "-c", "from litreview.cli import main; main()"]


def _delete(store: Path) -> None:
    shutil.rmtree(store)


def _empty(store: Path) -> None:
    for path in store.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _flip(path: Path, *, seed: int = 1, count: int = 30) -> None:
    content = bytearray(path.read_bytes())
    chooser = random.Random(seed)
    for _ in range(count):
        content[chooser.randrange(len(content))] ^= 0xFF
    path.write_bytes(bytes(content))


def _flip_database(store: Path) -> None:
    _flip(store / "chroma.sqlite3")


def _flip_one_byte_of_a_vector(store: Path) -> None:
    import sqlite3

    connection = sqlite3.connect(store / "chroma.sqlite3")
    (vector,) = connection.execute("SELECT vector FROM embeddings_queue LIMIT 1").fetchone()
    connection.close()
    content = (store / "chroma.sqlite3").read_bytes()
    at = content.index(vector[:64]) + 3
    (store / "chroma.sqlite3").write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])


def _flip_segment(store: Path) -> None:
    _flip(next(store.glob("*/data_level0.bin")))


def _truncate(store: Path) -> None:
    (store / "chroma.sqlite3").write_bytes(b"")


@pytest.fixture
def filled(tmp_path: Path, papers: list[Paper]) -> Path:
    with Library(tmp_path / "library") as library:
        library.add(papers)
        library.sync()
    return tmp_path / "library"


def _search(folder: Path) -> list[tuple[int, float]]:
    with Library(folder, create=False) as library:
        (vector,) = library.embed(["monitoring coral reefs"])
        return library.nearest(vector, limit=8, filters=Filters())


@pytest.mark.parametrize(
    "damage", [_delete, _empty, _flip_database, _flip_one_byte_of_a_vector, _flip_segment, _truncate]
)
def test_a_damaged_index_is_noticed_and_the_answer_stays_the_same(
    filled: Path, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    before = _search(filled)
    damage(filled / "chroma")
    with caplog.at_level(logging.WARNING, logger="litreview"):
        assert _search(filled) == before
    assert len(caplog.messages) == 1
    assert "doctor --repair" in caplog.messages[0]
    with Library(filled) as library:
        library.sync()
        assert library.probe_index().state == "ok"
        assert library.state().health.state == "ok"
    caplog.clear()
    assert _search(filled) == before
    assert caplog.messages == []


def test_another_chroma_client_may_read_the_library(filled: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Library(filled) as library:
        generation = library.state().generation
    assert generation is not None
    with open_index(filled / "chroma", generation.collection) as index:
        assert index.count() == 8
    _search(filled)
    assert caplog.messages == []


def test_a_write_that_did_not_end_is_noticed_and_mended_by_the_next(
    filled: Path, papers: list[Paper]
) -> None:
    (filled / "index.json").unlink()
    with Library(filled) as library:
        assert library.state().health.state == "unclean"
        library.add([papers[0].model_copy(update={"title": "Something else", "key": None})])
        library.sync()
        assert library.state().health.state == "ok"
        assert library.probe_index().state == "ok"


def test_the_probe_finds_a_vector_that_is_not_the_catalogues(filled: Path) -> None:
    with Library(filled) as library:
        generation = library.state().generation
        assert generation is not None
        connection = library._catalogue.connection
        connection.execute("UPDATE embeddings SET vector = zeroblob(length(vector)) WHERE paper = 1")
        assert "1 vectors were changed" in library.probe_index().reason


def test_two_processes_adding_at_once_lose_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    processes = []
    for part in range(2):
        batch = [
            Paper(
                title=f"Paper {part}-{n} on reefs",
                abstract=f"Finding {n} about fish {part}",
                published="2020",
            )
            for n in range(60)
        ]
        file = tmp_path / f"{part}.jsonl"
        file.write_text(jsonl.dump(batch), encoding="utf-8")
        command = [*CLI, "add", str(file), "--library", str(folder)]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    with Library(folder, create=False) as library:
        assert len(library) == 120
        assert library.state().pending == 0
        assert library.probe_index().state == "ok"
        (vector,) = library.embed(["reefs fish"])
        assert len(library.nearest(vector, limit=200, filters=Filters())) == 120


@pytest.mark.slow
def test_a_killed_import_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    """kill -9 while Chroma is filled: the catalogue has it all, and the next command mends the index."""
    folder = tmp_path / "library"
    batch = [
        Paper(title=f"Paper {n}", abstract=f"Words about number {n} " * 20, published="2020")
        for n in range(3_000)
    ]
    file = tmp_path / "papers.jsonl"
    file.write_text(jsonl.dump(batch), encoding="utf-8")
    command = [*CLI, "add", str(file), "--library", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (folder / "chroma.filling" / "chroma.sqlite3").exists():
        assert process.poll() is None, "ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with Library(folder) as library:
        assert len(library) == 3_000
        assert library.state().health.state != "ok"
        library.sync()
        assert library.probe_index().state == "ok"
        assert library.state().pending == 0
    assert not list(folder.glob("chroma.*"))


def test_an_index_that_was_copied_is_read_through_once(
    tmp_path: Path, papers: list[Paper], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library(tmp_path / "library") as library:
        library.add(papers)
        library.sync()
    copied = Path(shutil.copytree(tmp_path / "library", tmp_path / "copy", copy_function=shutil.copy))
    with Library(copied, create=False) as library:
        assert library.state().health.state == "ok"
        monkeypatch.setattr(health, "_digest", None)
        monkeypatch.setattr(health, "_database_fault", None)
        assert library.state().health.state == "ok"
        (copied / "chroma" / "chroma.sqlite3").write_bytes(b"?" * 100_000)
        monkeypatch.undo()
        assert library.state().health.state == "damaged"
