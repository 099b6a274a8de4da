"""The server of processes that tests of faults start, kill and stop."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from litreview.library import Library
from tests.conftest import ROOT

from .driver import papers

BASE = 48


class Ended(NamedTuple):
    """A command that was run: its exit code and all it printed."""

    code: int
    output: str


class Driver:
    """The process that forks those which do the work; one set of them at a time."""

    def __init__(self, process: subprocess.Popen[str], logs: Path) -> None:
        self._process = process
        self._logs = logs
        self._count = 0

    def start(self, *requests: dict[str, Any]) -> list[tuple[int, Path]]:
        """Start a process for each request; gives process ids and logs."""
        assert self._process.stdin is not None
        logs = []
        for request in requests:
            self._count += 1
            logs.append(self._logs / str(self._count))
            request["log"] = str(logs[-1])
        self._process.stdin.write(json.dumps(requests) + "\n")
        self._process.stdin.flush()
        return list(zip(self._read(), logs, strict=True))

    def wait(self) -> list[int]:
        """Wait for the end of all of them; gives their exit statuses, minus a number for a signal."""
        return self._read()

    def run(self, *arguments: object, file_limit: int = 0) -> Ended:
        """Run one command in a process of its own."""
        ((_, log),) = self.start(commands([arguments], file_limit=file_limit))
        assert self.wait() == [0]
        return ends(log)[0]

    def _read(self) -> list[int]:
        assert self._process.stdout is not None
        return list(json.loads(self._process.stdout.readline()))


def commands(lines: Sequence[Sequence[object]], *, file_limit: int = 0) -> dict[str, Any]:
    """A request to run these commands one after another."""
    return {
        "operation": "commands",
        "commands": [list(map(str, line)) for line in lines],
        "file_limit": file_limit,
    }


def ends(log: Path) -> list[Ended]:
    """What became of the commands so far."""
    return [Ended(**json.loads(line)) for line in log.read_text().splitlines()] if log.exists() else []


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    home = str(tmp_path_factory.mktemp("home"))
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("LITREVIEW_", "OPENAI_"))
    }
    homes = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"), home)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.driver"],
        cwd=ROOT,
        env=kept | homes,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Driver(process, tmp_path_factory.mktemp("logs"))
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of `BASE` papers, for copying only."""
    folder = tmp_path_factory.mktemp("base") / "library"
    with Library(folder) as library:
        library.add(papers(range(BASE)))
        library.sync()
    return folder


@pytest.fixture
def folder(base: Path, tmp_path: Path) -> Path:
    """A library of `BASE` papers."""
    return Path(shutil.copytree(base, tmp_path / "library"))
