"""How litreview grows: its commands over 1,000, 10,000 and 100,000 abstracts, beside their floors and peers.

usage: python benchmarks/scale.py [PAPERS …]      # by default 1000 10000 100000; needs ../shared/data

Every library is filled by a process of its own, whose seconds, peak memory and disk are noted; the same rows
go into a bare Chroma collection. The figures go to docs/scale.json, and a plot of them to docs/scale.svg.
100,000 papers take some twenty minutes.
"""

from __future__ import annotations

import gzip
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from run import (
    DATA,
    EMBED,
    HERE,
    PROGRAM,
    ROOT,
    cited_document,
    other_environment,
    paired,
    reported,
    seconds,
)

QUESTION = "how do neural networks learn nonlinear dynamics?"
CITATIONS = 100
FIGURES = ROOT / "docs" / "scale.json"
PLOT = ROOT / "docs" / "scale.svg"


class Process(NamedTuple):
    """What a process took: wall seconds, and peaks of resident memory in MB.

    `largest` is of the largest process among it and its children, `together` of all of them at one moment,
    each with its share of the pages they have in common (looked at twice a second).
    """

    seconds: float
    largest: float
    together: float


def measured(command: list[str], **environment: str) -> Process:
    """Run a command and note what it took."""
    started = time.perf_counter()
    peak = 0.0
    ended = threading.Event()

    def watch(pid: int) -> None:
        nonlocal peak
        while not ended.wait(0.5):
            peak = max(peak, sum(map(_share, [pid, *_children(pid)])))

    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **environment}
    ) as process:
        watching = threading.Thread(target=watch, args=(process.pid,))
        watching.start()
        _, status, usage = os.wait4(process.pid, 0)
        ended.set()
        watching.join()
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    largest = usage.ru_maxrss / 1024
    return Process(time.perf_counter() - started, largest, max(peak, largest))


def _children(pid: int) -> list[int]:
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [each for child in map(int, found) for each in (child, *_children(child))]


def _share(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def arxiv_file(folder: Path, papers: int) -> Path:
    """The first abstracts of arXiv as our JSONL."""
    path = folder / f"arxiv-{papers}.jsonl"
    with (
        gzip.open(DATA / "arxiv" / "corpus.jsonl.gz", "rt", encoding="utf-8") as corpus,
        path.open("w") as out,
    ):
        for _, line in zip(range(papers), corpus, strict=False):
            record = json.loads(line)
            known = {name: record.get(name) for name in ("title", "authors", "doi")}
            out.write(
                json.dumps({**known, "abstract": record["text"], "published": str(record["date"])[:10]})
                + "\n"
            )
    return path


def say(line: str) -> None:
    """Print at once: a run takes minutes."""
    print(line, flush=True)


def whole_run(command: list[str]) -> float:
    """Seconds of a process that did its work; of a check that found unsupported claims too (exit 4)."""
    started = time.perf_counter()
    code = subprocess.run(command, capture_output=True, check=False).returncode
    if code not in (0, 4):
        raise SystemExit(f"{command} ended with {code}")
    return time.perf_counter() - started


def size_of(folder: Path) -> float:
    """What a folder takes on disk, in MB."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1024**2


def script(name: str, *arguments: str, python: str = sys.executable) -> dict[str, float]:
    """What a script of ours measured itself, as the JSON it prints."""
    result = subprocess.run(
        [python, str(HERE / name), *arguments], check=True, capture_output=True, text=True
    )
    figures: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return figures


def measure_add(file: Path, library: Path, bare: Path, papers: int) -> dict[str, float]:
    """Filling a library, beside the same rows in a bare Chroma collection."""
    added = measured([*PROGRAM, "add", str(file), "--library", str(library)])
    floor = reported([sys.executable, str(HERE / "add_chroma.py"), str(library), str(bare)])
    index = size_of(library / "chroma")
    say(f"{papers:,} papers: add {added.seconds:.1f} s ({papers / added.seconds:.0f}/s), bare Chroma")
    say(
        f"    {floor:.1f} s, rate {floor / added.seconds:.2f} of it (at least 0.7); peak {added.largest:,.0f}"
    )
    say(f"    MB, with its children {added.together:,.0f} MB (at most 1,500); disk: catalogue")
    say(f"    {size_of(library) - index:,.0f} MB, index {index:,.0f} MB")
    return {
        "add": added.seconds,
        "bare add": floor,
        "memory": added.together,
        "disk": size_of(library),
        "bare disk": size_of(bare),
    }


def measure_search(library: Path, bare: Path, file: Path, vector: str) -> dict[str, float]:
    """Searches in one process and as cold processes, beside bare FTS5, bare Chroma and bm25s."""
    warm = script("measure_search.py", str(library))
    both = warm["fts5"] + warm["chroma"]
    say(f"    search {warm['litreview']:.1f} ms; FTS5 {warm['fts5']:.1f} + Chroma {warm['chroma']:.1f}")
    say(f"    ms: {warm['litreview'] / both:.2f} of their sum (at most 1.5)")
    for name, value in warm["filtered"].items():
        say(f"    filter passing {name}: {value:.1f} ms, {value / warm['litreview']:.2f} times (at most 3)")
    figures = {"search": warm["litreview"] / 1000, "bare search": both / 1000}
    python = other_environment("bm25s")
    if python:
        peer = script("measure_bm25s.py", str(file), python=python)
        say(f"    bm25s, words alone: indexed in {peer['index']:.1f} s, {peer['query']:.1f} ms a query")
        figures |= {"bm25s index": peer["index"], "bm25s search": peer["query"] / 1000}
    subprocess.run([sys.executable, "-c", EMBED, str(library), vector, QUESTION], check=True)
    cold, least, ratio = paired(
        lambda: seconds([*PROGRAM, "search", QUESTION, "--library", str(library)]),
        lambda: seconds([sys.executable, str(HERE / "cold_chroma.py"), str(bare), vector]),
        rounds=7,
    )
    say(f"    cold search {cold:.2f} s, a bare query of Chroma {least:.2f} s: {ratio:.2f} (at most 1.5)")
    return figures | {"cold search": cold, "bare cold search": least}


def measure_rest(library: Path, folder: Path) -> dict[str, float]:
    """An answer, a draft, a document's check and a new embedding, each as a cold process."""
    at = ["--library", str(library)]
    export = subprocess.run(
        [*PROGRAM, "export", *at], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    step = max(1, len(export) // CITATIONS)
    document = folder / "document.md"
    cited_document([json.loads(line) for line in export[::step][:CITATIONS]], document)
    commands = {
        "ask": ["ask", QUESTION],
        "draft": ["draft", QUESTION, "-k", "40", "--force", "-o", str(folder / "draft.md")],
        "check": ["check", str(document)],
    }
    figures = {
        name: statistics.median(whole_run([*PROGRAM, *command, *at]) for _ in range(3))
        for name, command in commands.items()
    }
    embedded = measured([*PROGRAM, "reembed", *at])
    say(f"    cold ask {figures['ask']:.2f} s, draft of 40 papers {figures['draft']:.2f} s, check of")
    say(f"    {CITATIONS} citations {figures['check']:.2f} s; re-embed {embedded.seconds:.1f} s, peak")
    say(f"    {embedded.together:,.0f} MB\n")
    return figures | {"re-embed": embedded.seconds}


def measure(papers: int, folder: Path) -> dict[str, float]:
    """All figures of one size, in seconds and MB; prints them as they come."""
    file, library, bare = arxiv_file(folder, papers), folder / "library", folder / "bare"
    return {
        **measure_add(file, library, bare, papers),
        **measure_search(library, bare, file, str(folder / "vector.npy")),
        **measure_rest(library, folder),
    }


def main() -> None:
    """Measure each size, say how it all grows, and keep the figures."""
    sizes = [int(size) for size in sys.argv[1:]] or [1_000, 10_000, 100_000]
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores\n")
    figures = {}
    for papers in sizes:
        with tempfile.TemporaryDirectory() as name:
            figures[papers] = measure(papers, Path(name))
    for small, large in pairwise(sizes):
        grown = {name: value / figures[small][name] for name, value in figures[large].items()}
        said = ", ".join(f"{name} {ratio:.1f} times" for name, ratio in grown.items())
        print(f"from {small:,} to {large:,} papers: {said}")
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n")
    python = other_environment("matplotlib")
    if python:
        subprocess.run([python, str(HERE / "plot_scale.py"), str(FIGURES), str(PLOT)], check=True)


if __name__ == "__main__":
    main()
