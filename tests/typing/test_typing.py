"""What a user's type checker says: nothing about a sound program, something about each mistake."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SOUND, MISUSE = HERE / "user_script.py", HERE / "misuse.py"
_LINES = list(enumerate(MISUSE.read_text(encoding="utf-8").splitlines(), start=1))
MISTAKES = {number for number, line in _LINES if "# wrong" in line}
# pyright does not know that a pydantic model is frozen.
FOR_MYPY = {number for number, line in _LINES if "plugin for mypy" in line}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's own folder, with nothing of ours in it but what was installed."""
    folder = tmp_path_factory.mktemp("user")
    for script in (SOUND, MISUSE):
        shutil.copy(script, folder)
    return folder


def test_a_sound_program_passes_mypy_strict(project: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", SOUND.name]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert result.stdout.startswith("Success"), result.stdout


def test_mypy_reports_every_mistake(project: Path) -> None:
    (project / "mypy.ini").write_text("[mypy]\nplugins = pydantic.mypy\n")
    command = [sys.executable, "-m", "mypy", "--strict", MISUSE.name]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    lines = {int(match[1]) for match in re.finditer(r"^misuse\.py:(\d+): error", result.stdout, re.MULTILINE)}
    assert lines == MISTAKES, result.stdout


def pyright(project: Path, script: Path) -> list[dict[str, object]]:
    """What pyright reports; basedpyright is pyright in a wheel that needs no network."""
    command = shutil.which("basedpyright", path=str(Path(sys.executable).parent))
    if command is None:
        pytest.skip("basedpyright is not installed here")
    (project / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict"}))
    result = subprocess.run(
        [command, "--outputjson", "--pythonpath", sys.executable, script.name],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    found: list[dict[str, object]] = json.loads(result.stdout)["generalDiagnostics"]
    return found


def test_a_sound_program_passes_pyright_strict(project: Path) -> None:
    assert pyright(project, SOUND) == []


def test_pyright_reports_every_mistake(project: Path) -> None:
    found = [item for item in pyright(project, MISUSE) if item["severity"] == "error"]
    lines = {item["range"]["start"]["line"] + 1 for item in found}  # type: ignore[index]
    assert lines == MISTAKES - FOR_MYPY, found
