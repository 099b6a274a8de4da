from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest

from litreview.embedding.ahead import Fit, FitAhead
from litreview.embedding.lsa import Reader, fit_and_embed

TEXTS = [
    f"Paper {number}\nA study of {subject} with {method} number {number % 7}."
    for number, (subject, method) in enumerate(
        (subject, method)
        for subject in ("fish", "reefs", "seagrass", "currents", "tides") * 6
        for method in ("perceptrons", "attention", "convolutions", "forests")
    )
]


def fitted(texts: list[str], *, read: list[str]) -> Fit | None:
    with FitAhead(dimensions=16) as ahead:
        ahead.read(read[:50])
        ahead.read(read[50:])
        ahead.fit(texts)
        return ahead.result(wait=True)


@pytest.mark.parametrize(
    "read", [TEXTS[::-1], TEXTS[7:60], [*TEXTS[::2], *TEXTS[::2], "Others\nAre read too"]]
)
def test_the_fit_is_the_one_that_is_made_here(read: list[str]) -> None:
    fit = fitted(TEXTS, read=read)
    model, vectors = fit_and_embed(TEXTS, dimensions=16)
    assert fit is not None
    assert fit.model.terms == model.terms
    np.testing.assert_array_equal(fit.model.rows, model.rows)
    np.testing.assert_array_equal(fit.vectors, vectors)
    assert [fit.place(text) for text in TEXTS] == list(range(len(TEXTS)))
    assert fit.place("another") is None


def test_what_was_read_before_changes_nothing() -> None:
    reader = Reader()
    reader.read(["Something else\nwith perceptrons", *TEXTS[::-1]])
    np.testing.assert_array_equal(
        fit_and_embed(TEXTS, dimensions=16, reader=reader)[1], fit_and_embed(TEXTS, dimensions=16)[1]
    )


@pytest.mark.parametrize(
    ("texts", "serves"),
    [
        (TEXTS[::-1], True),
        ([*TEXTS[:-1], "Paper of reefs\nIts abstract came later."], True),
        (TEXTS[:-5], False),
        ([*TEXTS[:-5], *"abcde"], False),
        ([*TEXTS, *"abcde"], False),
        ([], False),
    ],
)
def test_a_fit_serves_nearly_the_same_texts(texts: list[str], serves: bool) -> None:
    fit = fitted(TEXTS, read=[])
    assert fit is not None
    assert fit.serves(texts) == serves


def test_a_fit_is_there_some_time_without_waiting() -> None:
    with FitAhead(dimensions=16) as ahead:
        ahead.fit(TEXTS)
        deadline = time.monotonic() + 60
        while not ahead.result(wait=False):
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_without_papers_to_fit_on_nothing_is_waited_for() -> None:
    with FitAhead(dimensions=16) as ahead:
        assert ahead.result(wait=True) is None
        ahead.read(TEXTS)
        assert ahead.result(wait=True) is None


def test_a_process_that_cannot_start_or_fails_gives_no_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    for program in ("/nowhere/python", "/bin/false", "/bin/echo"):
        monkeypatch.setattr(sys, "executable", program)
        assert fitted(TEXTS * 100, read=TEXTS) is None


def test_a_process_that_dies_at_work_gives_no_fit() -> None:
    with FitAhead(dimensions=16) as ahead:
        ahead.fit(TEXTS)
        process_of(ahead).kill()
        assert ahead.result(wait=True) is None


def process_of(ahead: FitAhead) -> subprocess.Popen[bytes]:
    assert ahead._child.process is not None
    return ahead._child.process


def _fit_until(error: BaseException, processes: list[subprocess.Popen[bytes]]) -> None:
    with FitAhead(dimensions=16) as ahead:
        ahead.fit([f"{text} {n}" for n in range(300) for text in TEXTS])
        processes.append(process_of(ahead))
        raise error


@pytest.mark.parametrize("error", [RuntimeError(), KeyboardInterrupt()])
def test_whatever_ends_the_block_ends_the_process(error: BaseException) -> None:
    processes: list[subprocess.Popen[bytes]] = []
    with pytest.raises(type(error)):
        _fit_until(error, processes)
    assert [process.returncode is not None for process in processes] == [True]
