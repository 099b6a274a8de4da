from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from litreview.embedding.ahead import FitAhead
from litreview.embedding.lsa import embed_papers, fit_and_embed

TEXTS = [
    f"Paper {number}\nA study of {subject} with {method} number {number % 7}."
    for number, (subject, method) in enumerate(
        (subject, method)
        for subject in ("fish", "reefs", "seagrass", "currents", "tides") * 6
        for method in ("perceptrons", "attention", "convolutions", "forests")
    )
]


def child_of(ahead: FitAhead) -> subprocess.Popen[bytes]:
    assert ahead._child is not None
    return ahead._child


def test_the_fit_is_the_one_that_is_made_here() -> None:
    with FitAhead(TEXTS[::-1], dimensions=16) as ahead:
        fitted = ahead.fit_for(TEXTS)
    model, vectors = fit_and_embed(TEXTS, dimensions=16)
    assert fitted is not None
    assert fitted[0].terms == model.terms
    np.testing.assert_array_equal(fitted[0].rows, model.rows)
    np.testing.assert_array_equal(fitted[1], vectors)


def test_a_text_among_a_hundred_that_was_not_fitted_on_is_embedded_with_the_model() -> None:
    changed = [*TEXTS[:-1], "Paper of reefs\nIts abstract came later, with convolutions."]
    with FitAhead(TEXTS, dimensions=16) as ahead:
        fitted = ahead.fit_for(changed)
    assert fitted is not None
    model, vectors = fitted
    np.testing.assert_array_equal(vectors[:-1], fit_and_embed(TEXTS, dimensions=16)[1][:-1])
    np.testing.assert_array_equal(vectors[-1:], embed_papers(model, changed[-1:]))
    assert np.linalg.norm(vectors[-1]) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("texts", [TEXTS[:-5], [*TEXTS[:-5], *"abcde"], [*TEXTS, *"abcde"], []])
def test_a_fit_on_other_texts_is_not_taken(texts: list[str]) -> None:
    with FitAhead(TEXTS, dimensions=16) as ahead:
        assert ahead.fit_for(texts) is None


def test_a_process_that_cannot_start_or_fails_gives_no_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    for program in ("/nowhere/python", "/bin/false", "/bin/echo"):
        monkeypatch.setattr(sys, "executable", program)
        with FitAhead(TEXTS * 100, dimensions=16) as ahead:
            assert ahead.fit_for(TEXTS) is None


def test_a_process_that_dies_at_work_gives_no_fit() -> None:
    with FitAhead(TEXTS, dimensions=16) as ahead:
        child_of(ahead).kill()
        assert ahead.fit_for(TEXTS) is None


def _fit_until(error: BaseException, children: list[subprocess.Popen[bytes]]) -> None:
    with FitAhead(TEXTS, dimensions=16) as ahead:
        children.append(child_of(ahead))
        raise error


@pytest.mark.parametrize("error", [RuntimeError(), KeyboardInterrupt()])
def test_whatever_ends_the_block_ends_the_process(error: BaseException) -> None:
    children: list[subprocess.Popen[bytes]] = []
    with pytest.raises(type(error)):
        _fit_until(error, children)
    assert [child.returncode is not None for child in children] == [True]


def test_the_process_ends_when_its_input_does() -> None:
    """As it does when who started it is killed, and can clean up nothing."""
    with FitAhead(TEXTS * 200, dimensions=64) as ahead:
        child = child_of(ahead)
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(timeout=20) != 0
