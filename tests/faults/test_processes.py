"""Several processes at once, long-lived ones beside short ones, and processes that are put to sleep."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from litreview.library import Filters, Library
from litreview.sources import jsonl

from .checks import assert_readable, assert_whole, open_as_embedded
from .conftest import BASE, Driver, Ended, commands, ends
from .driver import papers

KNOWN = {paper.title for paper in papers(range(BASE))}


def batches(tmp_path: Path, start: int, *, size: int, count: int) -> list[Path]:
    """Files of papers; each repeats the last three of the one before."""
    files = []
    for number in range(start, start + size * count, size):
        files.append(tmp_path / f"{number}.jsonl")
        files[-1].write_text(jsonl.dump(papers(range(number - 3, number + size))), encoding="utf-8")
    return files


def titles(numbers: range) -> set[str]:
    return {paper.title for paper in papers(numbers)}


def wait_for(log: Path, count: int, *, patience: float = 120) -> Sequence[Ended]:
    deadline = time.monotonic() + patience
    while len(ends(log)) < count:
        assert time.monotonic() < deadline, log.read_text() if log.exists() else "nothing"
        time.sleep(0.02)
    return ends(log)


def test_two_writers_and_four_readers_at_once(driver: Driver, folder: Path, tmp_path: Path) -> None:
    """Both writers repeat papers of each other's; no reader ever finds less than it did before."""
    first = batches(tmp_path, BASE, size=20, count=3)
    second = batches(tmp_path, BASE + 40, size=20, count=3)
    at = ["--library", folder]
    writers = [commands([["add", file, *at] for file in files]) for files in (first, second)]
    readers = [
        commands(
            [
                line
                for _ in range(5)
                for line in (["search", "tides by attention", "-k", "400", *at], ["list", *at])
            ]
        )
        for _ in range(4)
    ]
    logs = [log for _, log in driver.start(*writers, *readers)]
    assert driver.wait() == [0] * 6
    for log in logs:
        for ended in ends(log):
            assert ended.code == 0, ended.output
            assert "damaged" not in ended.output
    for log in logs[2:]:
        listed = [len(ended.output.splitlines()) for ended in ends(log)[1::2]]
        assert listed == sorted(listed)
        found = [
            sum(not line.startswith(("note", "warning")) for line in ended.output.splitlines())
            for ended in ends(log)[::2]
        ]
        assert min(found) > 0
    assert_readable(folder, surely=KNOWN | titles(range(BASE, BASE + 100)))
    assert_whole(folder)


def test_a_long_lived_process_beside_short_ones_sees_and_keeps_all(
    driver: Driver, folder: Path, tmp_path: Path
) -> None:
    """Chroma alone, kept open beside another process: 4,996 of 9,500 found (CHROMA.md)."""
    with Library(folder) as library:
        for number, file in enumerate(batches(tmp_path, BASE, size=10, count=4)):
            assert driver.run("add", file, "--library", folder).code == 0
            library.add(papers(range(1000 + number * 10, 1010 + number * 10)))
            library.sync()
            (vector,) = library.embed(["tides by attention"])
            found = library.nearest(vector, limit=1000, filters=Filters())
            assert len(found) == len(library) == BASE + 20 * (number + 1)
    assert_readable(folder, surely=KNOWN | titles(range(BASE, BASE + 40)) | titles(range(1000, 1040)))
    assert_whole(folder)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 12))])
def test_a_machine_that_sleeps_in_the_middle_goes_on_where_it_was(
    driver: Driver, folder: Path, tmp_path: Path, seed: int
) -> None:
    """SIGSTOP at a random moment of an import; meanwhile others read at once, and a writer waits its turn."""
    chooser = random.Random(seed)
    sleeping, other = batches(tmp_path, BASE, size=800, count=2)
    at = ["--library", folder]
    (sleeper, log), (_, writing), (_, reading) = driver.start(
        commands([["add", sleeping, *at]]),
        {**commands([["add", other, *at]]), "delay": 1.0},
        {**commands([["search", "tides by attention", *at], ["list", *at]]), "delay": 1.0},
    )
    time.sleep(0.6 * chooser.random())
    os.kill(sleeper, signal.SIGSTOP)
    try:
        assert ends(log) == [], "it had ended before it could be stopped"
        for ended in wait_for(reading, 2):
            assert ended.code == 0, ended.output
    finally:
        os.kill(sleeper, signal.SIGCONT)
    assert driver.wait() == [0, 0, 0]
    for ended in (*ends(log), *ends(writing)):
        assert ended.code == 0, ended.output
    print(f"seed {seed}: {ends(writing)[0].output!r}")
    assert_readable(folder, surely=KNOWN | titles(range(BASE, BASE + 1_600)))
    assert_whole(folder)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library so large that Chroma has written its vectors into the files of its own (1,000 and more)."""
    folder = tmp_path_factory.mktemp("written") / "library"
    with Library(folder) as library:
        library.add(papers(range(1_300)))
        library.sync()
    assert list((folder / "chroma").glob("*/index_metadata.pickle"))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    "loss",
    ["folder", "data_level0.bin", "link_lists.bin", "length.bin", "header.bin", "index_metadata.pickle"],
)
@pytest.mark.parametrize("how", ["deleted", "flipped", "emptied"])
def test_files_of_the_index_that_are_lost_or_damaged_change_no_answer(
    driver: Driver, written: Path, tmp_path: Path, loss: str, how: str
) -> None:
    """Chroma alone: silence (count 20,000, query returns 1), or a segfault."""
    folder = Path(shutil.copytree(written, tmp_path / "library"))
    (segment,) = {path.parent for path in (folder / "chroma").glob("*/index_metadata.pickle")}
    if loss == "folder":
        shutil.rmtree(segment)
    elif how == "deleted":
        (segment / loss).unlink()
    elif how == "emptied":
        (segment / loss).write_bytes(b"")
    else:
        content = bytearray((segment / loss).read_bytes())
        for place in random.Random(loss).sample(range(len(content)), min(20, len(content))):
            content[place] ^= 0xFF
        (segment / loss).write_bytes(content)
    assert driver.run("doctor", "--library", folder).code == 1
    assert_readable(folder, surely=titles(range(1_300)))
    found = driver.run("search", "tides by attention", "--library", folder)
    assert (found.code, "doctor --repair" in found.output) == (0, True)
    assert driver.run("doctor", "--repair", "--library", folder).code == 0
    with open_as_embedded(folder) as library:
        assert library.probe_index().state == "ok"
    assert_whole(folder)


@pytest.mark.slow
@pytest.mark.parametrize("limit", [400_000, 1_200_000, 1_600_000, 2_500_000, 4_000_000, 6_000_000])
def test_an_index_that_cannot_be_written_to_its_end_is_not_taken(
    driver: Driver, written: Path, tmp_path: Path, limit: int
) -> None:
    """Chroma alone, on a disk that is full in an HNSW write: 2 of 3 permanently broken (CHROMA.md)."""
    folder = Path(shutil.copytree(written, tmp_path / "library"))
    (folder / "index.json").unlink()
    ended = driver.run("doctor", "--repair", "--library", folder, file_limit=limit)
    print(limit, ended.code, ended.output[:200])
    assert ended.code == 0 or "next: " in ended.output
    assert "unexpected" not in ended.output
    assert_readable(folder, surely=titles(range(1_300)))
    assert driver.run("doctor", "--repair", "--library", folder).code == 0
    assert_whole(folder)
