"""The wheel holds what a user needs, and the project holds only what may be in it."""

from __future__ import annotations

import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    # hatchling is among the tools of the tests: nothing has to be fetched to build.
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_package_its_types_and_the_prompts(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for expected in (
        "litreview/py.typed",
        "litreview/cli/app.py",
        "litreview/prompts/answer.md",
        "litreview/prices.toml",
        "litreview/SKILL.md",
        "litreview/AGENTS.md",
    ):
        assert expected in names
    assert not [name for name in names if name.startswith(("tests/", "examples/", "benchmarks/"))]


def test_the_built_wheel_runs(wheel: Path, tmp_path: Path) -> None:
    """Installed without its dependencies into a fresh environment that borrows ours."""
    venv.create(tmp_path / "env", with_pip=False)
    site = next((tmp_path / "env" / "lib").glob("python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(site)
    ours = [path for path in sys.path if path.endswith("site-packages")]
    (site / "borrowed.pth").write_text("\n".join(ours), encoding="utf-8")
    script = (
        "import litreview; print(litreview.__file__)\n"
        "from litreview.prices import load_prices; from litreview.prompting import Prompts\n"
        "print(*[prompt.path for prompt in Prompts()], load_prices().date)\n"
        "from litreview.cli import main; main()"
    )
    result = subprocess.run(
        [str(tmp_path / "env" / "bin" / "python"), "-c", script, "--version"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    where, prompts, version = result.stdout.splitlines()
    assert str(tmp_path) in where
    # Each of the prompts comes out of the wheel.
    files = [path for path in (ROOT / "prompts").glob("*.md") if path.name != "README.md"]
    assert prompts.count(str(tmp_path)) == len(files)
    assert re.fullmatch(r"litreview \d+\.\d+\.\d+", version)


def _text_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def test_no_file_names_an_address_to_install_from() -> None:
    # Spelled in parts, so that this file does not name one itself.
    address = re.compile("|".join(["py" + r"pi\.org", "python" + r"hosted\.", "--(extra-)?index-url"]))
    named = [path.name for path in _text_files() if address.search(path.read_text("utf-8", errors="replace"))]
    assert named == []


def test_every_pinned_version_is_a_plain_version() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins
    assert [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9.]+", pin)] == []
