"""docs/security.md: every threat has a test, and every test that is named is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

_HERE = Path("tests/security")
_TEST = re.compile(r"`((?:tests/)?[\w/]*test_\w+\.py)(?:::(\w+))?`")


def _lines() -> list[list[str]]:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    table = text.partition("## The threats")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| ")]
    return [row for row in rows[1:] if not row[0].strip().startswith("**")]


def _threat(line: list[str]) -> str:
    return line[0].strip()[:50]


@pytest.mark.parametrize("line", _lines(), ids=_threat)
def test_every_threat_has_a_test_that_is_there(line: list[str]) -> None:
    _threat, done, tests = line
    named = _TEST.findall(tests)
    assert done.strip()
    assert named
    for file, name in named:
        path = ROOT / (file if file.startswith("tests/") else _HERE / file)
        assert not name or re.search(
            rf"^(?:async )?def {name}\(", path.read_text(encoding="utf-8"), re.MULTILINE
        )
        assert path.exists()


def test_there_are_as_many_threats_as_we_know() -> None:
    assert len(_lines()) >= 35
