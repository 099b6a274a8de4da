from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from litreview.child import Child

ECHO = """
from litreview.child import messages
told = messages()
while line := told.get():
    print(line.decode().upper(), flush=True)
"""


@pytest.fixture
def echo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module that gives each line back in capitals, and ends at an empty one."""
    (tmp_path / "echo_lines.py").write_text(ECHO)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    return "echo_lines"


def test_lines_go_there_and_back(echo: str) -> None:
    with Child(echo) as child:
        child.start()
        for line in (b"one", b"x" * 1_000_000, b""):
            child.send(line)
        assert child.output is not None
        assert list(child.output) == [b"ONE\n", b"X" * 1_000_000 + b"\n"]
        assert child.succeeded()


def test_sending_does_not_wait_for_a_process_that_does_not_read() -> None:
    with Child("this") as child:
        child.start()
        child.send(b"x" * 1_000_000)
        assert child.process is not None
    assert child.process is None


def test_a_process_that_is_not_there_gives_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with Child("this") as child:
        child.send(b"before the start")
        assert not child.running()
        assert not child.succeeded()
        child.start()
        child.send(b"after it")
        assert not child.succeeded()
        assert child.output is None


def test_a_process_ends_with_the_one_that_started_it(echo: str) -> None:
    """Even one that is killed, and can clean up nothing."""
    script = textwrap.dedent(
        f"""
        from litreview.child import Child
        child = Child({echo!r})
        child.start()
        child.send(b"one")
        assert child.output.readline() == b"ONE\\n"
        print(child.process.pid, flush=True)
        child.output.read()
        """
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert _ends(pid)
    parent.stdout.close()


def _ends(pid: int) -> bool:
    import time

    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False
