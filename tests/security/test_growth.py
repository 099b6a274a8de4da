"""No text of a stranger takes time that grows with the square of its length."""

from __future__ import annotations

import re

import pytest

from .growth import BY_NATURE, HEADS, MENDED, MOST_GROWTH, PIECES, READERS, TAILS, growth


@pytest.mark.parametrize(("name", "piece"), MENDED)
def test_what_was_slow_once_is_read_in_linear_time(name: str, piece: str) -> None:
    assert growth(READERS[name], "", piece, "!") <= MOST_GROWTH


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_hostile_texts_are_read_in_linear_time(name: str) -> None:
    slow = {}
    for number, piece in enumerate(PIECES):
        # In turn, so that every head and tail meets every reader.
        head, tail = HEADS[number % len(HEADS)], TAILS[number % len(TAILS)]
        found = growth(READERS[name], head, piece, tail)
        if found > MOST_GROWTH and (name, piece) not in BY_NATURE:
            slow[head, piece, tail] = round(found, 1)
    assert slow == {}


def test_quadratic_time_is_noticed() -> None:
    pattern = re.compile(" *x")
    assert growth(lambda text: pattern.search(text[: len(text) // 2]), "", " ", "!") > MOST_GROWTH
    assert growth(lambda text: sum(map(ord, text * 60)), "", " ", "!") <= MOST_GROWTH
