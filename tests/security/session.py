"""One person's session: commands in processes of their own, in a home that holds nothing but planted keys.

Everything around them is looked at: what was printed, and every file below the home, the folder for
temporary files and the working directory, before and after each command.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple, get_args
from zipfile import ZipFile, is_zipfile

from pydantic import SecretStr

from litreview.settings import Settings

CLI = [sys.executable, "-P", "-c", "from litreview.cli import main; main()"]
# Settings that hold a key, whatever will be added.
SECRET_SETTINGS = sorted(
    name
    for name, field in Settings.model_fields.items()
    if SecretStr in (field.annotation, *get_args(field.annotation))
)
PLANTED = {name: f"planted-{name}-0123456789" for name in SECRET_SETTINGS}
PASSWORD = "planted-password-0123456789"  # noqa: S105
TOKEN = "planted-token-0123456789"  # noqa: S105
ALL_SECRETS = [*PLANTED.values(), PASSWORD, TOKEN]


class Ended(NamedTuple):
    """A command that was run: what it was given, how it ended, and the files that were made or changed."""

    arguments: tuple[str, ...]
    code: int
    output: str
    errors: str
    written: frozenset[Path]


class Session:
    """Commands of one person.

    Args:
        folder: Where everything is: `home`, `tmp`, `cwd` and, for what commands are told to write, `given`.
        environment: Beside the planted keys.
    """

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.given = folder / "given"
        self.cwd = folder / "cwd"
        self.cache = folder / "home" / "cache" / "litreview"
        for name in ("home", "tmp", "cwd", "given"):
            (folder / name).mkdir()
        home = folder / "home"
        ours = ("LITREVIEW_", "OPENAI_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.environment = {
            **kept,
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "TMPDIR": str(folder / "tmp"),
            "LITREVIEW_LIBRARY": str(self.given / "library"),
            "LITREVIEW_DEBUG": "1",
            "LITREVIEW_MCP_TOKEN": TOKEN,
            **{f"LITREVIEW_{name.upper()}": value for name, value in PLANTED.items()},
            **environment,
        }
        self.ended: list[Ended] = []

    def run(self, *arguments: object, stdin: str = "", **environment: str) -> Ended:
        """Run one command."""
        before = dict(self._files())
        told = tuple(map(str, arguments))
        done = subprocess.run(
            [*CLI, *told],
            cwd=self.cwd,
            env={**self.environment, **environment},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        after = dict(self._files())
        written = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
        self.ended.append(Ended(told, done.returncode, done.stdout, done.stderr, frozenset(written)))
        return self.ended[-1]

    def _files(self) -> Iterator[tuple[Path, tuple[int, int]]]:
        for path in self.folder.rglob("*"):
            with suppress(FileNotFoundError):
                if not path.is_dir():
                    found = path.lstat()
                    yield path, (found.st_size, found.st_mtime_ns)

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """All that was printed and all that was written, unpacked."""
        for ended in self.ended:
            yield f"output of {ended.arguments}", (ended.output + ended.errors).encode()
        for path in self.folder.rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes()
                yield from _inside(path)


def _inside(path: Path) -> Iterator[tuple[str, bytes]]:
    if is_zipfile(path):
        with ZipFile(path) as archive:
            for name in archive.namelist():
                yield f"{name} in {path}", archive.read(name)
                copy = path.with_name("unpacked")
                copy.write_bytes(archive.read(name))
                yield from _inside(copy)
                copy.unlink()
    with path.open("rb") as file:
        is_database = file.read(16) == b"SQLite format 3\0"
    if is_database:
        with closing(sqlite3.connect(path)) as connection, suppress(sqlite3.OperationalError):
            for table, *_ in connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table'"
            ).fetchall():
                for row in connection.execute(f'SELECT * FROM "{table}"'):
                    for value in row:
                        if isinstance(value, bytes):
                            with suppress(zlib.error):
                                yield f"{table} in {path}", zlib.decompress(value)
