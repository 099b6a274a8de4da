"""Processes for tests to kill, to stop and to starve: a server that forks them, ready to run litreview.

    python -m tests.faults.driver

reads requests from its standard input, one JSON list a line: {"operation", "folder", "log", …} for each
process. Each is forked, which spares it the second that imports take. Their process ids are printed as a JSON
list and, when all have ended, their exit statuses.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import random
import resource
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from litreview.library import Library
from litreview.papers import Paper
from litreview.sources import jsonl

SUBJECTS = "reefs fish tides seagrass currents plankton whales storms kelp corals sponges dunes".split()
METHODS = "perceptrons attention convolutions forests kernels clusters splines graphs".split()
# Papers of one step of `add`, and how many of the step before come again, with a venue to be merged.
ADDED, REPEATED = 14, 4
REMOVED = 2


class Hashes:
    """An embedder without meaning: a unit vector for every text, from its digest."""

    provider, model = "openai", "hashes"

    def embed_papers(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors, shape (len(texts), 48)."""
        drawn = [np.frombuffer(hashlib.sha384(text.encode()).digest(), dtype=np.uint8) for text in texts]
        vectors = np.stack(drawn).astype(np.float32) - 127.5
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    embed_questions = embed_papers


def papers(numbers: range, **fields: object) -> list[Paper]:
    """Papers that are told apart by their numbers."""
    return [
        Paper(
            title=f"Study {n}: {SUBJECTS[n % 12]} by {METHODS[n % 7]}",
            abstract=f"We study {SUBJECTS[n % 12]} with {METHODS[n % 7]} and {METHODS[n % 5]}, case {n}.",
            published=f"20{n % 25:02}",
            **fields,
        )
        for n in numbers
    ]


def step_papers(step: int, base: int) -> list[Paper]:
    """What one step of `add` adds to a library of `base` papers."""
    start = base + step * ADDED
    again = papers(range(start - REPEATED, start), venue="Journal of Tides")
    return papers(range(start, start + ADDED)) + again


def command(*arguments: str, output: io.StringIO | None = None) -> int:
    """Run a command of litreview in this process and give its exit code."""
    from litreview.cli.app import app

    output = output or io.StringIO()
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            app(list(arguments))
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def damage(folder: Path, chooser: random.Random) -> None:
    """Lose or damage the vector index in one of four ways."""
    store = folder / "chroma"
    choice = chooser.randrange(4)
    if choice == 0:
        shutil.rmtree(store, ignore_errors=True)
    elif choice == 1:
        (folder / "index.json").unlink(missing_ok=True)
    elif choice == 2:
        (store / "chroma.sqlite3").write_bytes(b"")
    else:
        for path in store.glob("*/data_level0.bin"):
            path.write_bytes(os.urandom(path.stat().st_size))


def _add(folder: Path, step: int, base: int) -> int:
    file = folder.with_name(f"{folder.name}-{step}.jsonl")
    file.write_text(jsonl.dump(step_papers(step, base)), encoding="utf-8")
    return command("add", str(file), "--library", str(folder))


def _remove(folder: Path, step: int, _base: int) -> int:
    gone = {paper.title for paper in papers(range(step * REMOVED, (step + 1) * REMOVED))}
    with Library(folder, create=False) as library:
        keys = [paper.key or "" for paper in library.all_papers() if paper.title in gone]
    return command("remove", *keys, "--library", str(folder))


def _reembed(folder: Path, step: int, _base: int) -> int:
    if step % 2:
        return command("reembed", "--library", str(folder))
    with Library(folder, embedder=Hashes()) as library:
        library.reembed()
    return 0


def _repair(folder: Path, step: int, _base: int) -> int:
    damage(folder, random.Random(f"{folder.name}{step}"))
    return command("doctor", "--repair", "--library", str(folder))


OPERATIONS: dict[str, Callable[[Path, int, int], int]] = {
    "add": _add,
    "remove": _remove,
    "reembed": _reembed,
    "repair": _repair,
}


def _steps(request: dict[str, Any], log: int) -> None:
    """Do the steps of an operation until killed, or until there is nothing left to remove."""
    folder, operation = Path(request["folder"]), request["operation"]
    with Library(folder, create=False) as library:
        base = len(library)
    for step in range(10_000 if operation != "remove" else base // REMOVED):
        os.write(log, f"begin {step}\n".encode())
        code = OPERATIONS[operation](folder, step, base)
        os.write(log, f"end {step} {code}\n".encode())


def _commands(request: dict[str, Any], log: int) -> None:
    """Run commands one after another, with a limit on the size of files if one is given."""
    if request["file_limit"]:
        # Python ignores SIGXFSZ: a write beyond the limit fails as one on a full disk does.
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["file_limit"], resource.RLIM_INFINITY))
    time.sleep(request.get("delay", 0))
    for arguments in request["commands"]:
        output = io.StringIO()
        code = command(*arguments, output=output)
        os.write(log, json.dumps({"code": code, "output": output.getvalue()}).encode() + b"\n")


def work(request: dict[str, Any]) -> None:
    """Do what one request asks for, and write down what became of it."""
    # The limit must not hold for the log.
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    if request["operation"] == "commands":
        _commands(request, log)
    else:
        _steps(request, log)


def main() -> None:
    """Serve requests until the standard input ends."""
    import chromadb  # noqa: F401 - imported before the processes fork
    import scipy.cluster.hierarchy  # noqa: F401

    import litreview.cli.app  # noqa: F401

    for line in sys.stdin:
        children = []
        for request in json.loads(line):
            child = os.fork()
            if not child:
                try:
                    work(request)
                except BaseException:
                    traceback.print_exc()
                    os._exit(70)
                os._exit(0)
            children.append(child)
        print(json.dumps(children), flush=True)
        ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        print(json.dumps(ends), flush=True)


if __name__ == "__main__":
    main()
