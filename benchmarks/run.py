"""Measure litreview beside its floors, in one run: what `make bench` prints.

    python benchmarks/run.py [add] [start] [ask] [retrieval]

Needs ../shared/data for `add` and `retrieval`. Every pair is measured in turn (A B A B …) and compared by the
ratio of medians, because the machines it runs on are shared.
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
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"
HERE = Path(__file__).parent
ABSTRACTS = 10_000


def seconds(command: list[str], **environment: str) -> float:
    """Wall seconds of a whole process."""
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **environment})
    return time.perf_counter() - started


def reported(command: list[str]) -> float:
    """The seconds a script of ours measured itself and printed last (imports left out)."""
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(result.stdout.split()[-1])


def paired(
    ours: Callable[[], float], floor: Callable[[], float], *, rounds: int
) -> tuple[float, float, float]:
    """Medians of both in seconds, and the median of their ratios, measured in turn."""
    pairs = [(ours(), floor()) for _ in range(rounds)]
    return (
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(a / b for a, b in pairs),
    )


def acl_file(folder: Path) -> Path:
    """10,000 abstracts of the ACL Anthology as our JSONL."""
    path = folder / "acl.jsonl"
    count = 0
    with gzip.open(DATA / "acl" / "corpus.jsonl.gz", "rt", encoding="utf-8") as corpus, path.open("w") as out:
        for line in corpus:
            record = json.loads(line)
            if len(record["text"] or "") < 200:
                continue
            known = {name: record[name] for name in ("title", "authors", "venue", "doi", "url")}
            out.write(
                json.dumps({**known, "abstract": record["text"], "published": str(record["year"])}) + "\n"
            )
            count += 1
            if count == ABSTRACTS:
                break
    return path


def bench_add() -> None:
    """Importing 10,000 abstracts, beside a bare `collection.add` of the same rows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file, library = acl_file(folder), folder / "library"
        ours, floor, _ = paired(
            lambda: reported([sys.executable, str(HERE / "add_litreview.py"), str(file), str(library)]),
            lambda: reported(
                [sys.executable, str(HERE / "add_chroma.py"), str(library), str(folder / "bare")]
            ),
            rounds=3,
        )
    print(f"add, {ABSTRACTS:,} abstracts     litreview {ours:6.1f} s = {ABSTRACTS / ours:5.0f}/s")
    print(f"                        bare Chroma {floor:4.1f} s = {ABSTRACTS / floor:5.0f}/s")
    print(f"                        rate of litreview / bare Chroma: {floor / ours:.2f} (at least 0.7)\n")


def bench_start() -> None:
    """`litreview --help`, beside a bare Typer program's."""
    program = "import typer; app = typer.Typer()\n@app.command()\ndef hello(name: str): print(name)\napp()"
    help_page = "from litreview.cli import main; main()"
    ours, floor, ratio = paired(
        lambda: seconds([sys.executable, "-c", help_page, "--help"]),
        lambda: seconds([sys.executable, "-c", program, "--help"]),
        rounds=11,
    )
    print(
        f"--help                  litreview {ours:.3f} s, bare Typer {floor:.3f} s,"
        f" ratio {ratio:.2f} (at most 2)\n"
    )


def bench_ask() -> None:
    """A whole `ask` and `search` over the example pages, as cold processes."""
    with tempfile.TemporaryDirectory() as folder:
        program = [sys.executable, "-c", "from litreview.cli import main; main()"]
        where = {"LITREVIEW_LIBRARY": folder}
        seconds([*program, "add", str(ROOT / "examples" / "pages")], **where)
        for command in ("search", "ask"):
            times = [
                seconds([*program, command, "how do MLPs compete with attention?"], **where) for _ in range(7)
            ]
            print(
                f"{command:<24}cold process over the example pages, median {statistics.median(times):.2f} s"
            )
    print()


def bench_retrieval() -> None:
    """`litreview eval retrieval` on the judged collections."""
    for name in ("scifact", "cranfield"):
        program = [sys.executable, "-c", "from litreview.cli import main; main()"]
        result = subprocess.run(
            [*program, "eval", "retrieval", str(DATA / name)], check=True, capture_output=True, text=True
        )
        print(f"retrieval, {name}\n{result.stdout}")


BENCHMARKS = {"add": bench_add, "start": bench_start, "ask": bench_ask, "retrieval": bench_retrieval}


def main() -> None:
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores\n")
    for name in sys.argv[1:] or BENCHMARKS:
        if name in ("add", "retrieval") and not DATA.exists():
            print(f"{name}: not measured, ../shared/data is not here\n")
            continue
        BENCHMARKS[name]()


if __name__ == "__main__":
    main()
