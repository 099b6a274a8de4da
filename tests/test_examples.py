"""Every file of examples/ runs, says what it should, and is named where the examples are listed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

EXAMPLES = ROOT / "examples"
# What a reader should see, for each.
SAID = {
    "check_draft.py": ["wrong-paper", "of 18 sentences"],
    "library_use.py": ["47 papers in the library", "frequencydomain2023"],
    "many_questions.py": ["claims from", "pyramids of Giza built? Nothing in this library."],
    "own_flow.py": ["claims stand their check", "quote-not-found"],
    "own_parts.py": ["rejected: line 3", "ruiz2023counting"],
}


def test_every_example_is_run_here() -> None:
    assert sorted(SAID) == sorted(path.name for path in EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("name", sorted(SAID))
def test_an_example_runs(name: str, tmp_path: Path) -> None:
    script = EXAMPLES / name
    result = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (result.returncode, result.stderr) == (0, "")
    for words in SAID[name]:
        assert words in result.stdout
    assert name in (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert f"python examples/{name}" in script.read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == []
