"""Real machines and a real server: adding at once, killed in the middle, a thousand papers."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from litreview.library import Filters, Library
from litreview.library.remote import ServerAddress
from litreview.papers import Paper
from litreview.relevance import relevant
from litreview.review import ask
from litreview.sources import read_sources
from tests.conftest import SHARED

from .conftest import RunningChroma
from .driver import paper

_ROOT = Path(__file__).parents[2]


def _machine(folder: Path, address: ServerAddress, url: str, *numbers: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.remote.driver", str(folder), url, address.prefix]
    return subprocess.Popen(
        [*command, *map(str, numbers)],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _content(library: Library) -> dict[str, tuple[str, bytes]]:
    papers = library.all_papers()
    vectors = library.vectors(library._catalogue.rows())
    return {p.key or "": (p.title, v.tobytes()) for p, v in zip(papers, vectors, strict=True)}


def _agree(folders: list[Path], address: ServerAddress) -> dict[str, tuple[str, bytes]]:
    for _round in range(2):
        for folder in folders:
            with Library(folder, server=address) as library:
                library.share()
    contents = []
    for folder in folders:
        with Library(folder, server=address) as library:
            assert library.state().pending == 0
            assert library.check_catalogue() == "ok"
            contents.append(_content(library))
    assert all(content == contents[0] for content in contents)
    return contents[0]


def _added(output: str) -> set[str]:
    return set(output.split())


@pytest.mark.slow
def test_two_machines_that_add_at_once_lose_and_double_nothing(
    chroma: RunningChroma, address: ServerAddress, tmp_path: Path
) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    running = [
        _machine(folder, address, chroma.url, *numbers)
        for folder, numbers in zip(folders, ((0, 300, 20), (150, 450, 30)), strict=True)
    ]
    outputs = [process.communicate(timeout=300) for process in running]
    assert [process.returncode for process in running] == [0, 0], outputs
    content = _agree(folders, address)
    assert sorted(title for title, _ in content.values()) == sorted(paper(n).title for n in range(450))
    # What was reported is what everybody has: no key changed after it was shown.
    assert _added(outputs[0][0]) | _added(outputs[1][0]) == set(content)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_server_killed_in_the_middle_of_an_add_loses_nothing_once_it_is_back(
    tmp_path: Path, seed: int
) -> None:
    server = RunningChroma(tmp_path / "server")
    address = server.address()
    folders = [tmp_path / "a", tmp_path / "b"]
    process = _machine(folders[0], address, server.url, 0, 600, 20)
    assert process.stdout is not None
    seen = [process.stdout.readline() for _ in range(random.Random(seed).randrange(1, 12))]
    time.sleep(random.Random(seed).random() / 10)
    server.kill()
    rest, errors = process.communicate(timeout=300)
    assert process.returncode == 5, errors
    assert "wait here to be sent" in errors
    server.start()
    try:
        content = _agree(folders, address)
        assert len(content) == 600
        assert _added("".join(seen)) | _added(rest) == set(content)
    finally:
        server.kill()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_machine_killed_in_the_middle_goes_on_with_the_next_sync(
    chroma: RunningChroma, address: ServerAddress, tmp_path: Path, seed: int
) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    process = _machine(folders[0], address, chroma.url, 0, 400, 20)
    assert process.stdout is not None
    shown = [process.stdout.readline() for _ in range(random.Random(seed).randrange(1, 20))]
    time.sleep(random.Random(seed).random() / 5)
    process.kill()
    rest, _ = process.communicate()
    content = _agree(folders, address)
    assert _added("".join(shown)) | _added(rest) <= set(content)
    again = _machine(folders[1], address, chroma.url, 0, 400, 50)
    assert again.wait(timeout=300) == 0
    again.communicate()
    assert len(_agree(folders, address)) == 400


def _acl() -> tuple[list[Paper], list[str]]:
    files = sorted((SHARED / "data" / "acl").glob("*"))
    if not files:
        pytest.skip("the records of ../shared/data/acl are not here")
    papers: list[Paper] = []
    for batch in read_sources(files):
        papers += [paper for paper in batch.papers if paper.abstract]
        if len(papers) >= 1_000:
            break
    return papers[:1_000], [p.title for p in papers[:1_000:50]]


def _replies(library: Library, questions: list[str]) -> list[str]:
    filters = Filters()
    replies = []
    for question in questions:
        found = relevant(library, question, limit=20, filters=filters).papers
        answer = ask(library, question, limit=20, filters=filters).model_dump(mode="json")
        kept = {name: value for name, value in answer.items() if name not in ("run", "created")}
        replies.append(json.dumps([[(item.paper.key, item.score) for item in found], kept], default=str))
    return replies


@pytest.mark.slow
def test_a_thousand_papers_answer_twenty_questions_alike_on_a_server_and_on_their_own(
    address: ServerAddress, tmp_path: Path
) -> None:
    papers, questions = _acl()
    with Library(tmp_path / "own") as own:
        own.add(papers)
        own.sync()
        wanted = _replies(own, questions)
    with Library(tmp_path / "shared", server=address) as shared:
        shared.add(papers)
        shared.sync()
        assert _replies(shared, questions) == wanted
    with Library(tmp_path / "second", server=address) as second:
        second.share()
        assert _replies(second, questions) == wanted
        assert second.share().received == len(second)
