"""kill -9 at random moments: nothing acknowledged is lost, nothing is there twice, all can be read."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from litreview.library import Library
from litreview.library.backup import back_up
from litreview.library.restoring import restore

from .checks import assert_readable, assert_whole, open_as_embedded
from .conftest import BASE, Driver, commands, ends
from .driver import OPERATIONS, REMOVED, papers, step_papers

# 25 kills an operation, 100 in all; the first two of each run with every test.
SEEDS = range(25)
# In which of its first steps an operation is killed, and at most how many seconds after it has begun: about
# as long as it takes on an idle machine. A repair looks at the index in two processes of its own.
_SPANS = {"add": (3, 0.6), "remove": (3, 0.3), "reembed": (3, 0.3), "repair": (1, 2.5)}
_KILLED = [
    pytest.param(operation, seed, marks=() if seed < 2 else pytest.mark.slow, id=f"{operation}-{seed}")
    for operation in OPERATIONS
    for seed in SEEDS
]


def kill_one(driver: Driver, operation: str, folder: Path, chooser: random.Random) -> list[list[str]]:
    """Start an operation, kill it at a random moment of one of its first steps; gives its log."""
    ((child, log),) = driver.start({"operation": operation, "folder": str(folder)})
    steps, longest = _SPANS[operation]
    awaited = f"begin {chooser.randrange(steps)}"
    deadline = time.monotonic() + 120
    while not (log.exists() and awaited in log.read_text()):
        assert time.monotonic() < deadline, f"no {awaited!r} came"
        time.sleep(0.002)
    time.sleep(longest * chooser.random())
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    assert driver.wait() == [-signal.SIGKILL], log.read_text()
    return [line.split() for line in log.read_text().splitlines()]


@pytest.mark.parametrize(("operation", "seed"), _KILLED)
def test_a_kill_loses_nothing_doubles_nothing_and_leaves_all_readable(
    operation: str, seed: int, driver: Driver, folder: Path
) -> None:
    log = kill_one(driver, operation, folder, random.Random(f"{operation} {seed}"))
    print(f"{operation}, seed {seed}: killed after {' '.join(log[-1])}")
    ended = {int(line[1]) for line in log if line[0] == "end"}
    assert {line[2] for line in log if line[0] == "end"} <= {"0"}
    in_flight = {int(line[1]) for line in log} - ended

    surely, perhaps = expected(operation, ended, in_flight)
    assert_readable(folder, surely=surely, perhaps=perhaps)
    with open_as_embedded(folder) as library:
        library.sync()
    assert_readable(folder, surely=surely, perhaps=perhaps)
    assert_whole(folder)


def expected(operation: str, ended: set[int], in_flight: set[int]) -> tuple[set[str], set[str]]:
    """Titles that must be there, and those that may be: of the step that was killed."""
    surely, perhaps = {paper.title for paper in papers(range(BASE))}, set()
    if operation == "add":
        surely |= {paper.title for step in ended for paper in step_papers(step, BASE)}
        perhaps = {paper.title for step in in_flight for paper in step_papers(step, BASE)}
    if operation == "remove":
        for step in ended | in_flight:
            gone = {paper.title for paper in papers(range(step * REMOVED, (step + 1) * REMOVED))}
            surely -= gone
            perhaps |= gone if step in in_flight else set()
    return surely, perhaps


KNOWN = {paper.title for paper in papers(range(BASE))}
_FEW = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 12))]


def kill_within(driver: Driver, lines: list[list[object]], seconds: float, chooser: random.Random) -> None:
    """Run commands one after another, and kill the process at a random moment after the first has ended."""
    ((child, log),) = driver.start(commands(lines))
    deadline = time.monotonic() + 120
    while not ends(log):
        assert time.monotonic() < deadline
        time.sleep(0.002)
    time.sleep(seconds * chooser.random())
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    assert driver.wait() == [-signal.SIGKILL], log.read_text()
    assert all(ended.code == 0 for ended in ends(log)), log.read_text()


@pytest.mark.parametrize("seed", _FEW)
def test_a_killed_backup_leaves_the_one_before_whole(
    driver: Driver, folder: Path, tmp_path: Path, seed: int
) -> None:
    file = tmp_path / "b.backup"
    line: list[object] = ["backup", file, "--force", "--library", folder]
    kill_within(driver, [line] * 500, 0.5, random.Random(f"backup {seed}"))
    restore(file, tmp_path / "new", progress=lambda *_: None)
    assert_readable(tmp_path / "new", surely=KNOWN)
    assert_readable(folder, surely=KNOWN)


@pytest.mark.parametrize("seed", _FEW)
def test_a_killed_restore_leaves_a_whole_library(
    driver: Driver, folder: Path, tmp_path: Path, seed: int
) -> None:
    file = tmp_path / "b.backup"
    back_up(folder, file, progress=lambda *_: None)
    line: list[object] = ["restore", file, "--force", "--library", folder]
    kill_within(driver, [line] * 500, 1.0, random.Random(f"restore {seed}"))
    kept = max(tmp_path.glob("library-before-restore-*"))
    for library in (folder, kept):
        assert_readable(library, surely=KNOWN)
    with Library(folder) as opened:
        opened.sync()
    assert_whole(folder)
