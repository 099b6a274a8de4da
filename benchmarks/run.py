"""Measure litreview beside its floors, in one run: what `make bench` prints.

    python benchmarks/run.py [add] [start] [ask] [written] [paperqa] [retrieval]
        [checking] [citations] [document] [identity]

Needs ../shared/data for all but `start` and `ask`. Every pair is measured in turn (A B A B …) and
compared by the ratio of medians, because the machines it runs on are shared.
"""

from __future__ import annotations

import gzip
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"
HERE = Path(__file__).parent
ABSTRACTS = 10_000
PROGRAM = [sys.executable, "-c", "from litreview.cli import main; main()"]
# An installed program is compiled once; under this setting every process measured would compile it anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
QUESTION = "how do neural models compare with statistical machine translation?"


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


def acl_file(folder: Path, abstracts: int = ABSTRACTS) -> Path:
    """Abstracts of the ACL Anthology as our JSONL."""
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
            if count == abstracts:
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
        where = {"LITREVIEW_LIBRARY": folder}
        seconds([*PROGRAM, "add", str(ROOT / "examples" / "pages")], **where)
        for command in ("search", "ask"):
            times = [
                seconds([*PROGRAM, command, "how do MLPs compete with attention?"], **where) for _ in range(7)
            ]
            print(
                f"{command:<24}cold process over the example pages, median {statistics.median(times):.2f} s"
            )
    print()


@contextmanager
def scripted(delay: float) -> Iterator[str]:
    """The scripted server, `delay` seconds a call; yields its address."""
    command = [sys.executable, str(HERE / "scripted_server.py"), str(delay)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield server.stdout.readline().split()[1]
        finally:
            server.stdin.close()


def counts(url: str) -> dict[str, int]:
    """What the scripted server has served so far."""
    with urllib.request.urlopen(url.removesuffix("/v1") + "/counts") as answer:
        return json.load(answer)


# Puts the question's vector beside the library, for the script that does without litreview.
EMBED = """
import sys, numpy as np
from litreview.library import Library
with Library(sys.argv[1], create=False) as library:
    np.save(sys.argv[2], library.embed([sys.argv[3]]))
"""


def bench_written() -> None:
    """A written answer as a cold process, beside a bare script and beside a server that answers at once."""
    with tempfile.TemporaryDirectory() as name, scripted(1) as slow, scripted(0) as quick:
        folder, vectors = Path(name) / "library", str(Path(name) / "vectors.npy")
        file = acl_file(Path(name), 300)
        where = {"LITREVIEW_LIBRARY": str(folder), "LITREVIEW_MODEL": "scripted"}
        seconds([*PROGRAM, "add", str(file)], **where)
        subprocess.run([sys.executable, "-c", EMBED, str(folder), vectors, QUESTION], check=True)
        chroma = str(Path(name) / "chroma")
        shutil.copytree(folder / "chroma", chroma)

        def ask(papers: int, url: str) -> float:
            command = [*PROGRAM, "ask", QUESTION, "--no-cache", "--json", "-k", str(papers)]
            return seconds(command, OPENAI_BASE_URL=url, **where)

        def bare() -> float:
            command = [sys.executable, str(HERE / "bare_script.py"), chroma, vectors, QUESTION]
            return seconds(command, OPENAI_BASE_URL=slow)

        ours, floor, ratio = paired(lambda: ask(20, slow), bare, rounds=7)
        print(
            f"written, 20 abstracts   litreview {ours:.2f} s, bare script {floor:.2f} s, server 1 s a call:"
        )
        print(f"                        ratio {ratio:.2f} (at most 1.3)")
        for papers, limit in ((20, 1), (200, 3)):
            before = counts(slow)["calls"]
            waited, at_once, _ = paired(partial(ask, papers, slow), partial(ask, papers, quick), rounds=5)
            calls = (counts(slow)["calls"] - before) / 5
            print(f"written, {papers} abstracts  {calls:g} calls; a server at 1 s a call takes")
            print(
                f"                        {waited - at_once:.2f} s longer than one at once (at most {limit})"
            )
    print()


def bench_draft() -> None:
    """A related-work section over 40 papers as a cold process, beside a server that answers at once."""
    with tempfile.TemporaryDirectory() as name, scripted(1) as slow, scripted(0) as quick:
        where = {"LITREVIEW_LIBRARY": str(Path(name) / "library"), "LITREVIEW_MODEL": "scripted"}
        seconds([*PROGRAM, "add", str(acl_file(Path(name), 300))], **where)

        def draft(url: str) -> float:
            command = [*PROGRAM, "draft", QUESTION, "-k", "40", "--no-cache", "--force", "-o"]
            return seconds([*command, f"{name}/draft.md"], OPENAI_BASE_URL=url, **where)

        before = counts(slow)["calls"]
        waited, at_once, _ = paired(partial(draft, slow), partial(draft, quick), rounds=5)
        calls = (counts(slow)["calls"] - before) / 5
        themes = json.loads(Path(f"{name}/draft.evidence.json").read_text())["themes"]
        print(
            f"draft, 40 papers        {calls:g} calls for {len(themes)} themes (at most 2 + themes); a server"
        )
        print(f"                        at 1 s a call takes {waited - at_once:.2f} s longer than one at once")
        print(f"                        ({waited:.2f} and {at_once:.2f} s; at most 4 call times)")
    print()


def other_environment(package: str) -> str | None:
    """The Python of an environment of its own that has this package, or None where it cannot be installed."""
    folder = ROOT / ".bench-venv" / package
    python = str(folder / "bin" / "python")
    if not folder.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        install = [python, "-m", "pip", "install", "--quiet", package]
        if subprocess.run(install, capture_output=True, check=False).returncode:
            shutil.rmtree(folder)
            return None
    return python


def bench_paperqa() -> None:
    """One question over the same 100 abstracts, from a file to an answer, by litreview and by PaperQA2."""
    python = other_environment("paper-qa")
    if python is None:
        print("paper-qa: not measured, it cannot be installed here\n")
        return
    with tempfile.TemporaryDirectory() as name, scripted(1) as url:
        file = str(acl_file(Path(name), 100))
        ask = [*PROGRAM, "ask", QUESTION, "--papers", file, "--json", "--model", "scripted", "-k"]
        programs = {
            "litreview, its 20 best": [*ask, "20"],
            "litreview, its 40 best": [*ask, "40"],
            "PaperQA2, its 10 best": [python, str(HERE / "paperqa_ask.py"), file, QUESTION],
        }
        took: dict[str, list[float]] = {program: [] for program in programs}
        served: dict[str, dict[str, int]] = {}
        for _ in range(3):
            for program, command in programs.items():
                before = counts(url)
                took[program].append(seconds(command, OPENAI_BASE_URL=url, OPENAI_API_BASE=url))
                served[program] = {key: value - before[key] for key, value in counts(url).items()}
        for program, times in took.items():
            calls, characters = served[program]["calls"], served[program]["prompt_characters"]
            print(
                f"100 abstracts, 1 s a call: {program:<24}{calls:>3} calls, {characters / 4:>7,.0f} tokens of"
            )
            print(f"                           prompt (at 4 characters), {statistics.median(times):.1f} s")
    print()


def bench_checking() -> None:
    """The first check of a process: an answer of 40 claims against 30 papers."""
    with tempfile.TemporaryDirectory() as name:
        file = str(acl_file(Path(name), 30))
        times = [reported([sys.executable, str(HERE / "check_claims.py"), file]) for _ in range(11)]
    print("check                   40 claims against 30 papers, the first of a process, imports left out:")
    print(f"                        {statistics.median(times):.0f} ms of processor (median of 11),", end=" ")
    print(f"{min(times):.0f} ms in the best (at most 50)\n")


def bench_citations() -> None:
    """`litreview eval citations` on SciFact and the ACL Anthology."""
    corpus = str(DATA / "acl" / "corpus.jsonl.gz")
    command = [*PROGRAM, "eval", "citations", str(DATA / "scifact"), "--corpus", corpus]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    print(f"citations, SciFact and ACL\n{result.stdout}")


def cited_document(papers: list[dict[str, str]], path: Path) -> None:
    """Cited sentences, each the middle one of an abstract; every fifth cites its neighbour."""
    sentences = []
    for at, paper in enumerate(papers):
        abstract = paper["abstract"].replace("@", " ")
        spoken = abstract.split(". ")
        key = papers[at - 1 if at % 5 == 0 else at]["key"]
        sentences.append(f"{spoken[len(spoken) // 2].strip(' .')} [@{key}].")
    paragraphs = [" ".join(sentences[at : at + 4]) for at in range(0, len(sentences), 4)]
    path.write_text("\n\n".join(paragraphs) + "\n", encoding="utf-8")


def bench_document() -> None:
    """`litreview check` of a document with 500 citations over 10,000 papers, as a cold process."""
    with tempfile.TemporaryDirectory() as name:
        document, library = Path(name) / "document.md", Path(name) / "library"
        seconds([*PROGRAM, "add", str(acl_file(Path(name))), "--library", str(library)])
        command = [*PROGRAM, "export", "--library", str(library)]
        exported = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        papers = [json.loads(line) for line in exported.splitlines()]
        cited_document(papers[:: len(papers) // 500][:500], document)
        check = [*PROGRAM, "check", str(document), "--library", str(library), "--json"]
        times = []
        for _ in range(7):
            started = time.perf_counter()
            result = subprocess.run(check, capture_output=True, text=True, check=False)
            times.append(time.perf_counter() - started)
        print(f"check a document        {json.loads(result.stdout)['summary']}")
        print(
            f"                        cold process, median {statistics.median(times):.2f} s,"
            f" best {min(times):.2f} s (at most 2)\n"
        )


def bench_retrieval() -> None:
    """`litreview eval retrieval` on the judged collections."""
    for name in ("scifact", "cranfield"):
        result = subprocess.run(
            [*PROGRAM, "eval", "retrieval", str(DATA / name)], check=True, capture_output=True, text=True
        )
        print(f"retrieval, {name}\n{result.stdout}")


def bench_identity() -> None:
    """Identity at scale: disturbed copies, the time of `duplicates`, imports of the whole ACL Anthology."""
    subprocess.run([sys.executable, str(HERE / "identity.py")], check=True)


BENCHMARKS = {
    "add": bench_add,
    "start": bench_start,
    "ask": bench_ask,
    "written": bench_written,
    "paperqa": bench_paperqa,
    "retrieval": bench_retrieval,
    "document": bench_document,
    "draft": bench_draft,
    "checking": bench_checking,
    "citations": bench_citations,
    "identity": bench_identity,
}
NEED_DATA = set(BENCHMARKS) - {"start", "ask"}


def main() -> None:
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores\n")
    for name in sys.argv[1:] or BENCHMARKS:
        if name in NEED_DATA and not DATA.exists():
            print(f"{name}: not measured, ../shared/data is not here\n")
            continue
        BENCHMARKS[name]()


if __name__ == "__main__":
    main()
