"""On a real terminal: what a stranger wrote is shown, and steers nothing."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.library import Library
from litreview.papers import Paper
from litreview.text.cleaning import shown
from tests.llm.fault_server import Exchange, FaultServer

from .session import CLI, Session

# Sets the window's title, paints, goes to the top, rings, turns the writing direction, clears (C1).
EVIL = "\x1b]0;owned\x07\x1b[31;7;95mowned\x1b[H\u202eowned\x9b2Jowned\rowned"
# What a program of ours may send: colours, and what a line that lives while we wait needs.
_OURS = re.compile(r"\x1b\[(?:[0-9;]*m|\?25[lh]|\d*[AK]|2K)")


def _on_terminal(session: Session, *arguments: object, **environment: str) -> str:
    """All that a command writes to a terminal of 100 columns."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*CLI, *map(str, arguments)],
        cwd=session.cwd,
        env={**session.environment, "TERM": "xterm-256color", "COLUMNS": "100", **environment},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen, until = b"", time.monotonic() + 60
    with suppress(OSError):  # The end of a terminal whose last writer has gone.
        while time.monotonic() < until and select.select([ours], [], [], 30)[0]:
            piece = os.read(ours, 65_536)
            if not piece:
                break
            seen += piece
    os.close(ours)
    process.wait(timeout=10)
    return seen.decode("utf-8", "replace")


def _harmless(output: str) -> None:
    assert "owned" in output
    assert "\x1b[31;7;95m" not in output
    left = _OURS.sub("", output.replace("\r\n", "\n"))
    assert not set(left) & set("\x1b\x07\u202e\x9b")
    # Rich goes back to the beginning of its own line with a carriage return; nobody else does.
    assert "\rowned" not in left


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A library as a stranger could hand it on: nothing of it was ever cleaned."""
    session = Session(tmp_path_factory.mktemp("terminal"), LITREVIEW_ENGINE="extractive")
    with Library(session.given / "library") as library:
        library.add(
            [
                Paper(
                    title=f"Mixing {name} {EVIL} tokens",
                    abstract=f"We mix {EVIL} tokens with {name}. It wins by {n} % {EVIL} over attention.",
                    authors=(f"{EVIL} Lovelace, Ada", f"Hopper {EVIL}"),
                    venue=f"Journal {EVIL}",
                    url=f"https://example.org/{EVIL}",
                    key=f"key{n}",
                )
                for n, name in enumerate(("perceptrons", "perceptronz", "convolutions"), start=1)
            ]
        )
        library.sync()
    return session


@pytest.mark.parametrize(
    "arguments",
    [
        ("list",),
        ("search", "mixing tokens"),
        ("show", "key1"),
        ("ask", f"do mixing tokens win? {EVIL}"),
        ("duplicates",),
        ("export", "--format", "bib"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_words_of_papers_do_not_steer_a_terminal(session: Session, arguments: tuple[str, ...]) -> None:
    _harmless(_on_terminal(session, *arguments))


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("runs",),
        ("replay", "last"),
        ("draft", "do mixing tokens win?", "-o", "owned.md"),
        ("export", "--format", "csv"),
        ("export", "--format", "ris"),
        ("export", "--json"),
        ("remove", "key3"),
        ("search", "tokens", "--venue", EVIL),
        ("show", EVIL),
        (EVIL,),
        (f"--{EVIL}",),
        ("list", f"--{EVIL}"),
    ],
    ids=lambda arguments: "-".join(arguments)[:20].encode("unicode_escape").decode(),
)
def test_nor_do_they_in_any_other_command(session: Session, arguments: tuple[str, ...]) -> None:
    if arguments[0] in ("runs", "replay"):
        _on_terminal(session, "ask", f"do mixing tokens win? {EVIL}")
    _harmless(_on_terminal(session, *arguments))


def test_names_of_files_do_not_steer_a_terminal(session: Session) -> None:
    folder = session.given / "files"
    (folder / EVIL).mkdir(parents=True)
    (folder / EVIL / f"{EVIL}.bib").write_text("@misc{a, title={T}}\n@misc{b, title={")
    (folder / f"{EVIL}.jsonl").write_text('{"title": 5}\n')
    (folder / f"{EVIL}.unknown").write_text("owned")
    library = session.given / EVIL / "library"
    _harmless(_on_terminal(session, "add", folder, "--library", library))


def _says(exchange: Exchange) -> None:
    exchange.send(400, {"error": {"message": f"no such model {EVIL}"}})


def test_words_of_a_server_do_not_steer_a_terminal(session: Session) -> None:
    with FaultServer(_says) as server:
        output = _on_terminal(
            session,
            *("ask", "do mixing tokens win?", "--engine", "llm", "--model", f"m {EVIL}"),
            OPENAI_BASE_URL=server.url,
        )
    _harmless(output)


@given(st.text())
def test_what_is_shown_has_only_what_can_be_seen(text: str) -> None:
    told = shown(text)
    assert all(c.isprintable() or c.isspace() for c in told)
    assert not set(told.replace("\r\n", "\n")) & set("\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
    assert "".join(shown(c) for c in text if c.isprintable()) == "".join(c for c in text if c.isprintable())


def test_the_folder_of_a_library_may_have_any_name(tmp_path: Path) -> None:
    with Library(tmp_path / EVIL) as library:
        assert library.folder == tmp_path / EVIL
