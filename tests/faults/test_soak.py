"""Several processes at mixed work: a short soak; `make soak` runs the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from .soak import report, soak


@pytest.mark.slow
def test_mixed_work_of_several_processes_is_right_and_stays_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    found = report(soak(tmp_path / "library", seconds=40, processes=4))
    assert found["errors"] == []
    assert {"add", "remove", "search", "ask", "count"} <= found["steps"].keys()
    # In so short a time memory still settles; the long soak is held to less.
    assert found["growth"] < 60
