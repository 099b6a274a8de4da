"""Disks that are full, and folders that cannot be written to."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from litreview.library import Library
from litreview.sources import jsonl

from .checks import assert_readable, assert_whole
from .conftest import BASE, Driver
from .driver import papers

KNOWN = {paper.title for paper in papers(range(BASE))}
NEW = papers(range(BASE, BASE + 400))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB of its own."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk (the limit on file sizes is tested instead)")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def on_disk(disk: Path, base: Path) -> Path:
    return Path(shutil.copytree(base, disk / "library"))


@pytest.fixture
def new_papers(tmp_path: Path) -> Path:
    file = tmp_path / "new.jsonl"
    file.write_text(jsonl.dump(NEW), encoding="utf-8")
    return file


def fill(disk: Path, *, leaving: int) -> Path:
    """Fill a disk up to so many bytes."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        file.write(bytes(max(0, shutil.disk_usage(disk).free - leaving)))
    return filler


# From nothing at all, over the catalogue's log, to the vectors and Chroma's files.
@pytest.mark.parametrize(
    "leaving", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (200_000, 1_500_000, 3_000_000))]
)
def test_a_full_disk_loses_nothing_and_the_same_command_goes_on(
    driver: Driver, disk: Path, on_disk: Path, new_papers: Path, leaving: int
) -> None:
    filler = fill(disk, leaving=leaving)
    ended = driver.run("add", new_papers, "--library", on_disk)
    print(leaving, ended)
    assert ended.code == 1
    assert "MB free" in ended.output or "is full" in ended.output or "No space left" in ended.output
    assert "next: " in ended.output
    assert "unexpected" not in ended.output
    found = driver.run("search", "tides by attention", "--library", on_disk)
    assert found.code == 0, found.output
    filler.unlink()
    assert_readable(on_disk, surely=KNOWN, perhaps={paper.title for paper in NEW})
    again = driver.run("add", new_papers, "--library", on_disk)
    assert again.code == 0, again.output
    assert_readable(on_disk, surely=KNOWN | {paper.title for paper in NEW})
    assert_whole(on_disk)


@pytest.mark.slow
def test_a_disk_that_is_full_before_the_index_is_rebuilt_is_told_before(
    driver: Driver, disk: Path, on_disk: Path
) -> None:
    shutil.rmtree(on_disk / "chroma")
    filler = fill(disk, leaving=600_000)
    ended = driver.run("doctor", "--repair", "--library", on_disk)
    assert ended.code == 1
    assert "MB free" in ended.output
    assert driver.run("search", "tides by attention", "--library", on_disk).code == 0
    filler.unlink()
    assert driver.run("doctor", "--repair", "--library", on_disk).code == 0
    assert_whole(on_disk)


@pytest.mark.parametrize(
    "limit", [300_000, *(pytest.param(n, marks=pytest.mark.slow) for n in (64_000, 600_000, 1_200_000))]
)
def test_files_that_may_not_grow_lose_nothing(
    driver: Driver, folder: Path, new_papers: Path, limit: int
) -> None:
    """A full disk without a disk: a limit on the size of files, at any write of SQLite and Chroma."""
    ended = driver.run("add", new_papers, "--library", folder, file_limit=limit)
    print(limit, ended)
    assert ended.code in (0, 1)
    assert "unexpected" not in ended.output
    assert ended.code == 0 or "next: " in ended.output
    assert_readable(folder, surely=KNOWN, perhaps={paper.title for paper in NEW})
    again = driver.run("add", new_papers, "--library", folder)
    assert again.code == 0, again.output
    assert_readable(folder, surely=KNOWN | {paper.title for paper in NEW})
    assert_whole(folder)


def test_a_backup_onto_a_full_disk_leaves_nothing_behind(driver: Driver, disk: Path, folder: Path) -> None:
    fill(disk, leaving=100_000)
    ended = driver.run("backup", disk / "b.backup", "--library", folder)
    assert (ended.code, "MB free" in ended.output) == (1, True)
    assert [path.name for path in disk.iterdir()] == ["filler"]


def test_a_library_that_cannot_be_written_can_still_be_read(
    driver: Driver, disk: Path, on_disk: Path, new_papers: Path, tmp_path: Path
) -> None:
    answer = driver.run("search", "tides by attention", "--library", on_disk).output
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    try:
        found = driver.run("search", "tides by attention", "--library", on_disk)
        assert (found.code, found.output) == (0, answer)
        for line in (["list"], ["doctor"], ["export"], ["ask", "how are tides studied with attention?"]):
            ended = driver.run(*line, "--library", on_disk)
            assert ended.code == 0, (line, ended.output)
        backup = driver.run("backup", tmp_path / "b.backup", "--library", on_disk)
        assert backup.code == 0, backup.output
        for line in (["add", new_papers], ["remove", "study2000reefs"], ["reembed"]):
            ended = driver.run(*line, "--library", on_disk)
            assert ended.code == 1
            assert "cannot be written" in ended.output, ended.output
            assert "next: litreview --library ANOTHER_FOLDER" in ended.output
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    with Library(on_disk) as library:
        assert {title for _, title in library.titles()} == KNOWN
    assert_whole(on_disk)


def test_a_library_that_was_not_closed_and_cannot_be_written_is_not_read_in_part(
    driver: Driver, disk: Path, on_disk: Path, tmp_path: Path
) -> None:
    """What was acknowledged stands in SQLite's log; to read the catalogue without it would lose papers."""
    with Library(on_disk) as library:
        library.add(NEW[:20])
        shutil.copytree(on_disk, disk / "killed")
    assert (disk / "killed" / "catalogue.sqlite3-wal").stat().st_size
    (disk / "killed" / "catalogue.sqlite3-shm").unlink()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    try:
        ended = driver.run("list", "--library", disk / "killed")
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    assert (ended.code, "was not closed cleanly" in ended.output) == (1, True), ended.output
    assert_readable(disk / "killed", surely=KNOWN | {paper.title for paper in NEW[:20]})
