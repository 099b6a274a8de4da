"""How litreview grows: add, search and ask over 1,000, 10,000 and 100,000 abstracts, each beside its floor.

usage: python benchmarks/scale.py [PAPERS …]      # by default 1000 10000 100000; needs ../shared/data

Every library is filled by a process of its own, whose seconds, peak memory and disk are noted; the same rows
go into a bare Chroma collection. 100,000 papers take some ten minutes.
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
import time
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from run import DATA, EMBED, HERE, PROGRAM, paired, reported, seconds

QUESTION = "how do neural networks learn nonlinear dynamics?"


class Process(NamedTuple):
    """What a process took: wall seconds, and the peak of its resident memory in MB."""

    seconds: float
    megabytes: float


def measured(command: list[str], **environment: str) -> Process:
    """Run a command and note what it took; the peak is of the largest process among it and its children."""
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **environment}) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return Process(time.perf_counter() - started, usage.ru_maxrss / 1024)


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


def size_of(folder: Path) -> float:
    """What a folder takes on disk, in MB."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1024**2


def measure(papers: int, folder: Path) -> dict[str, float]:
    """All figures of one size; prints them as they come."""
    file, library, bare = arxiv_file(folder, papers), folder / "library", folder / "bare"
    where = {"LITREVIEW_LIBRARY": str(library)}
    added = measured([*PROGRAM, "add", str(file)], **where)
    floor = reported([sys.executable, str(HERE / "add_chroma.py"), str(library), str(bare)])
    index = size_of(library / "chroma")
    say(f"{papers:,} papers: add {added.seconds:.1f} s ({papers / added.seconds:.0f}/s), bare Chroma")
    say(f"    {floor:.1f} s, rate {floor / added.seconds:.2f} of it (at least 0.7); peak")
    say(f"    {added.megabytes:,.0f} MB (at most 1,500); disk: catalogue {size_of(library) - index:,.0f} MB,")
    say(f"    index {index:,.0f} MB")
    result = subprocess.run(
        [sys.executable, str(HERE / "measure_search.py"), str(library)],
        check=True,
        capture_output=True,
        text=True,
    )
    warm = json.loads(result.stdout)
    both = warm["fts5"] + warm["chroma"]
    say(f"    search {warm['litreview']:.1f} ms; FTS5 {warm['fts5']:.1f} + Chroma {warm['chroma']:.1f}")
    say(f"    ms: {warm['litreview'] / both:.2f} of their sum (at most 1.5)")
    for name, value in warm["filtered"].items():
        say(f"    filter passing {name}: {value:.1f} ms, {value / warm['litreview']:.2f} times (at most 3)")
    vector = str(folder / "vector.npy")
    subprocess.run([sys.executable, "-c", EMBED, str(library), vector, QUESTION], check=True)
    cold, least, ratio = paired(
        lambda: seconds([*PROGRAM, "search", QUESTION], **where),
        lambda: seconds([sys.executable, str(HERE / "cold_chroma.py"), str(bare), vector]),
        rounds=7,
    )
    say(f"    cold search {cold:.2f} s, a bare query of Chroma {least:.2f} s: {ratio:.2f}")
    asked = statistics.median(seconds([*PROGRAM, "ask", QUESTION], **where) for _ in range(3))
    say(f"    cold ask {asked:.2f} s\n")
    return {"add": added.seconds, "search": warm["litreview"], "ask": asked}


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or [1_000, 10_000, 100_000]
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores\n")
    figures = {}
    for papers in sizes:
        with tempfile.TemporaryDirectory() as name:
            figures[papers] = measure(papers, Path(name))
    for small, large in pairwise(sizes):
        grown = {name: figures[large][name] / figures[small][name] for name in figures[large]}
        said = ", ".join(f"{name} {ratio:.1f} times" for name, ratio in grown.items())
        print(f"from {small:,} to {large:,} papers: {said}")


if __name__ == "__main__":
    main()
