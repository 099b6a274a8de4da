"""An answer as a page or as text, as a person asks for it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from litreview.cli.app import app
from litreview.library import Library
from tests.conftest import EXAMPLES

CLI = [sys.executable, "-c", "from litreview.cli import main; main()"]
QUESTION = "how do MLPs compete with attention?"

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the example pages."""
    folder = tmp_path_factory.mktemp("filled") / "library"
    subprocess.run([*CLI, "add", str(EXAMPLES), "--library", str(folder)], check=True, capture_output=True)
    return folder


@pytest.fixture
def run(tmp_path: Path, filled: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command over a copy of the filled library."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(filled, tmp_path / "library")
    monkeypatch.setenv("LITREVIEW_LIBRARY", str(tmp_path / "library"))

    def call(*arguments: str | Path) -> Result:
        return CliRunner().invoke(app, list(map(str, arguments)))

    return call


@pytest.mark.parametrize("name", ["answer.html", "answer.HTM"])
def test_a_file_that_ends_like_a_page_gets_the_page(run: Run, tmp_path: Path, name: str) -> None:
    result = run("ask", QUESTION, "-o", name)
    assert result.exit_code == 0
    assert result.stdout == ""
    page = (tmp_path / name).read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert page.count('class="claim"') == page.count('<div class="source"') >= 10
    assert 'id="timeline-title"' in page
    assert 'id="map-title"' in page
    assert "The paper has changed" not in page


def test_replaying_gives_the_same_page_and_keeps_a_paper_that_was_removed_since(
    run: Run, tmp_path: Path
) -> None:
    page = run("ask", QUESTION, "--format", "html").stdout
    assert run("replay", "last", "--format", "html", "--offline").stdout == page
    with Library(tmp_path / "library") as library:
        key = next(paper.key for paper in library.all_papers() if f">{paper.key}<" in page)
        assert key
        library.remove([key])
    again = run("replay", "last", "--format", "html", "--offline").stdout
    assert again.count("<mark>") == page.count("<mark>")


def test_an_answer_over_files_has_its_map_too(run: Run) -> None:
    pages = sorted(EXAMPLES.glob("*.txt"))
    page = run("ask", QUESTION, "--format", "html", "--papers", *pages).stdout
    assert 'id="map-title"' in page
    assert "litreview replay" not in page


def test_a_text_file_holds_the_answer_without_colour_or_blanks_at_the_ends_of_lines(
    run: Run, tmp_path: Path
) -> None:
    result = run("ask", QUESTION, "-o", "answer.txt")
    assert result.exit_code == 0
    assert result.stdout == ""
    text = (tmp_path / "answer.txt").read_text(encoding="utf-8")
    assert text.startswith(f"{QUESTION}\n\n")
    assert "\x1b" not in text
    assert all(line == line.rstrip() and len(line) <= 80 for line in text.splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("columns", [60, 200])
@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ({"TERM": "xterm-256color"}, {"1", "2", "3", "32", "36"}),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, {"1", "2", "3"}),
        ({"TERM": "dumb"}, set()),
    ],
)
def test_a_terminal_is_filled_to_its_width_and_no_further(
    run: Run, tmp_path: Path, columns: int, settings: dict[str, str], codes: set[str]
) -> None:
    text = _on_a_terminal([*CLI, "ask", QUESTION], columns, settings)
    styles, lines = _read(text)
    assert {code for style in styles for code in style.split(";")} - {"0"} <= codes
    assert bool(styles) == bool(codes)
    at = lines.index(QUESTION)
    widths = [len(line) for line in lines[at:]]
    assert min(columns, 100) - 8 <= max(widths) <= min(columns, 100)
    assert "  • KAN: “Training is the weak spot" in "\n".join(lines)


def _on_a_terminal(command: list[str], columns: int, settings: dict[str, str]) -> str:
    """What a command writes to a terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    env = {
        name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")
    } | settings
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL, env=env
    ) as process:
        os.close(theirs)
        text = b""
        while part := _read_part(ours):
            text += part
        assert process.wait() == 0
    os.close(ours)
    return text.decode()


def _read_part(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65_536)
    except OSError:  # Linux says so where nobody writes any more.
        return b""


def _read(text: str) -> tuple[list[str], list[str]]:
    """The style codes in a text, and its lines without them."""
    pattern = re.compile(r"\x1b\[([0-9;]*)m")
    return pattern.findall(text), pattern.sub("", text).replace("\r\n", "\n").split("\n")
