"""Turns: the pace within a process and across processes, and clocks that are set back."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from litreview.errors import ProviderError
from litreview.services.ratelimit import Pacer

from .conftest import FakeClock


def _take(pacer: Pacer, address: str = "papers.example:443", interval: float = 3.0) -> None:
    with pacer.turn(address, interval):
        pass


def test_each_address_has_its_own_pace(tmp_path: Path, clock: FakeClock) -> None:
    pacer = Pacer(tmp_path, clock=clock, patience=1)
    _take(pacer)
    _take(pacer, "other.example:443")
    assert clock.slept == []
    _take(pacer)
    assert clock.slept == [3.0]


def test_time_that_has_passed_counts(tmp_path: Path, clock: FakeClock) -> None:
    pacer = Pacer(tmp_path, clock=clock, patience=1)
    _take(pacer)
    clock.time += 2.5
    _take(pacer)
    clock.time += 9
    _take(pacer)
    assert clock.slept == [0.5]


def test_a_clock_that_was_set_back_costs_one_interval_at_most(tmp_path: Path, clock: FakeClock) -> None:
    _take(Pacer(tmp_path, clock=clock, patience=1))
    clock.time -= 3600
    _take(Pacer(tmp_path, clock=clock, patience=1))
    assert clock.slept == [3.0]


def test_without_a_folder_the_pace_is_kept_by_oneself(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "file").write_text("in the way")
    pacer = Pacer(tmp_path / "file" / "turns", clock=clock, patience=1)
    _take(pacer)
    _take(pacer)
    assert clock.slept == [3.0]


def test_a_stamp_that_cannot_be_read_is_none(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "papers.example_443").write_text("noon")
    _take(Pacer(tmp_path, clock=clock, patience=1))
    assert clock.slept == []


def test_somebody_elses_turn_is_waited_for_and_no_longer_than_patience(
    tmp_path: Path, clock: FakeClock
) -> None:
    pacer = Pacer(tmp_path, clock=clock, patience=0.05)
    with (
        FileLock(tmp_path / "papers.example_443.lock"),
        pytest.raises(ProviderError, match=r"another command has been asking papers\.example:443"),
    ):
        _take(pacer)


def test_what_fails_in_its_turn_gives_the_turn_back(tmp_path: Path, clock: FakeClock) -> None:
    pacer = Pacer(tmp_path, clock=clock, patience=0.05)
    with pytest.raises(ValueError, match="oh"), pacer.turn("papers.example:443", 3.0):
        raise ValueError("oh")
    _take(pacer)
    assert clock.slept == [3.0]
