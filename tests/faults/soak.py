"""Mixed work on one library by several processes at once, for as long as one likes: does it stay right?

    python -m tests.faults.soak [SECONDS] [PROCESSES]        # by default 600 and 8; `make soak`

Each process adds papers of its own, repeats some, removes some, searches, asks and counts, in an order of
its own. Three in four keep the library open throughout; the others start a command for each step. At the end
every paper that was acknowledged and not removed must be there once, in both stores, no step may have failed,
and the memory of the processes that stayed must not have grown.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from litreview import Library
from litreview.library import Library as Store
from litreview.settings import Settings
from litreview.sources import jsonl

from .checks import assert_readable, assert_whole
from .driver import METHODS, SUBJECTS, papers

BASE = 200
# Each process has its numbers for itself.
SPAN = 1_000_000
# So many papers of its own a process keeps at most, so that memory can be flat.
MOST = 120
_PROGRAM = [sys.executable, "-P", "-c", "from litreview.cli import main; main()"]


class Outcome(NamedTuple):
    """What one process did: steps by kind, errors in full, papers that are to be there, memory over time."""

    steps: dict[str, int]
    errors: list[str]
    titles: list[str]
    # Seconds since the start, and MB resident after a step.
    memory: list[tuple[float, float]]

    def growth(self) -> float:
        """Median memory of the last third of the time less that of the second, in MB."""
        last = self.memory[-1][0]
        thirds = [
            [megabytes for at, megabytes in self.memory if low * last / 3 <= at <= (low + 1) * last / 3]
            for low in (1, 2)
        ]
        return statistics.median(thirds[1]) - statistics.median(thirds[0])


class Worker:
    """One process's work on the library, through the Python interface."""

    def __init__(self, folder: Path, number: int) -> None:
        self.folder = folder
        self.pick = random.Random(number)
        self.next = number * SPAN
        self.mine: dict[int, str] = {}
        self._opened = ExitStack()
        self._library: Library | None = None

    @property
    def library(self) -> Library:
        """The library, open from its first use."""
        if self._library is None:
            settings = Settings(library=self.folder, engine="extractive")
            self._library = self._opened.enter_context(Library.open(self.folder, settings=settings))
        return self._library

    def step(self) -> str:
        """Do one thing and say which."""
        kinds: dict[str, Callable[[], None]] = {
            "add": self.add,
            "remove": self.remove,
            "search": self.search,
            "ask": self.ask,
            "count": self.count,
        }
        room = len(self.mine) < MOST
        weights = (3 if room else 0, 1 if room else 4, 4, 2, 1)
        (kind,) = self.pick.choices(list(kinds), weights)
        kinds[kind]()
        return kind

    def add(self) -> None:
        """New papers, and a few known ones again with a venue, to be merged."""
        numbers = range(self.next, self.next + self.pick.randint(1, 12))
        again = self.pick.sample(sorted(self.mine), min(3, len(self.mine)))
        file = self.folder.with_name(f"{numbers.start}.jsonl")
        records = papers(numbers)
        for number in again:
            records += papers(range(number, number + 1), venue=f"Journal {self.pick.randrange(4)}")
        file.write_text(jsonl.dump(records), encoding="utf-8")
        self.add_file(file)
        file.unlink()
        self.next = numbers.stop
        self.mine |= {number: paper.title for number, paper in zip(numbers, records, strict=False)}

    def remove(self) -> None:
        """Take out some of its own papers."""
        gone = self.pick.sample(sorted(self.mine), min(self.pick.randint(1, 6), len(self.mine)))
        if gone:
            self.remove_titles([self.mine[number] for number in gone])
            for number in gone:
                del self.mine[number]

    def question(self) -> str:
        """A question that some papers bear on."""
        # The papers know the first seven methods.
        return f"how do {self.pick.choice(METHODS[:7])} help to study {self.pick.choice(SUBJECTS)}?"

    def add_file(self, file: Path) -> None:
        """Add the papers of a file."""
        report = self.library.add(file)
        assert not report.rejected, report.rejected

    def remove_titles(self, titles: list[str]) -> None:
        """Remove the papers that have these titles."""
        self.library.remove(self.keys(titles))

    def keys(self, titles: list[str]) -> list[str]:
        """The keys of the papers that have these titles."""
        with Store(self.folder, create=False) as store:
            by_title = {title: row for row, title in store.titles()}
            return [paper.key or "" for paper in store.papers([by_title[title] for title in titles])]

    def search(self) -> None:
        """Search, and see that something was found."""
        assert self.library.search(self.question(), limit=20)

    def ask(self) -> None:
        """Ask, and see that every claim of the answer stands."""
        review = self.library.ask(self.question())
        assert review.answer

    def count(self) -> None:
        """Count the papers: at least those of its own are there."""
        assert len(self.library) >= BASE + len(self.mine)

    def close(self) -> None:
        """Close the library."""
        self._opened.close()


class Commands(Worker):
    """The same by commands, each in a process of its own."""

    def add_file(self, file: Path) -> None:
        self._run("add", str(file))

    def remove_titles(self, titles: list[str]) -> None:
        self._run("remove", *self.keys(titles))

    def search(self) -> None:
        assert self._run("search", self.question(), "-k", "20")

    def ask(self) -> None:
        assert self._run("ask", self.question(), "--engine", "extractive")

    def count(self) -> None:
        assert len(self._run("list").splitlines()) >= BASE + len(self.mine)

    def _run(self, *arguments: str) -> str:
        result = subprocess.run(
            [*_PROGRAM, *arguments, "--library", str(self.folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, f"{arguments}: exit {result.returncode}\n{result.stderr}"
        return result.stdout


def work(folder: Path, number: int, seconds: float) -> Outcome:
    """Work until the time is over; a step that fails is noted, and the next one follows."""
    started = time.monotonic()
    worker = (Commands if number % 4 == 3 else Worker)(folder, number + 1)
    steps: Counter[str] = Counter()
    errors: list[str] = []
    memory = []
    while (passed := time.monotonic() - started) < seconds:
        try:
            steps[worker.step()] += 1
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")
        memory.append((passed, _resident()))
    worker.close()
    return Outcome(dict(steps), errors, sorted(worker.mine.values()), memory)


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def soak(folder: Path, *, seconds: float, processes: int) -> list[Outcome]:
    """Let the processes work, and check the library when they have ended.

    Raises:
        AssertionError: A paper is lost, doubled or not removed, or the stores do not agree.
    """
    with Store(folder) as store:
        store.add(papers(range(BASE)))
        store.sync()
    command = [sys.executable, "-m", "tests.faults.soak", "--work", str(folder), str(seconds)]
    running = [
        subprocess.Popen([*command, str(number)], stdout=subprocess.PIPE, text=True)
        for number in range(processes)
    ]
    outcomes = []
    for process in running:
        output, _ = process.communicate()
        assert process.returncode == 0, f"a process ended with {process.returncode}"
        outcomes.append(Outcome(**json.loads(output.splitlines()[-1])))
    surely = {paper.title for paper in papers(range(BASE))}.union(*(outcome.titles for outcome in outcomes))
    assert_readable(folder, surely=surely)
    assert_whole(folder)
    return outcomes


def report(outcomes: list[Outcome]) -> dict[str, Any]:
    """Steps of all processes by kind, their errors, and the most that the memory of one has grown."""
    steps: Counter[str] = Counter()
    for outcome in outcomes:
        steps.update(outcome.steps)
    return {
        "steps": dict(sorted(steps.items())),
        "errors": [error for outcome in outcomes for error in outcome.errors],
        "papers": BASE + sum(len(outcome.titles) for outcome in outcomes),
        "memory": max(outcome.memory[-1][1] for outcome in outcomes),
        "growth": max(outcome.growth() for outcome in outcomes),
    }


def main() -> None:
    """Run a soak and print what came of it; exit 1 if anything is wrong."""
    if sys.argv[1:2] == ["--work"]:
        folder, seconds, number = sys.argv[2:]
        print(json.dumps(work(Path(folder), int(number), float(seconds))._asdict()))
        return
    given = [int(value) for value in sys.argv[1:]]
    duration, processes = [*given, *(600, 8)[len(given) :]]
    with tempfile.TemporaryDirectory() as name:
        found = report(soak(Path(name) / "library", seconds=duration, processes=processes))
    errors = found.pop("errors")
    print(f"{processes} processes, {duration} s: {found['steps']}, {found['papers']} papers, all there once")
    print(f"{len(errors)} errors; memory of the largest {found['memory']:.0f} MB, {found['growth']:+.1f} MB")
    for error in errors[:20]:
        print(error)
    sys.exit(bool(errors))


if __name__ == "__main__":
    main()
