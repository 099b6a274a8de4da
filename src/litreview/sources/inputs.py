"""What the paths a user names stand for: files, the files of folders, standard input."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from litreview.sources.batch import Rejected
from litreview.text.cleaning import strip_controls


@dataclass(frozen=True, slots=True)
class Input:
    """One thing to open; `label` is its path as the user knows it, `name` that without its folders."""

    label: str
    name: str
    open: Callable[[], BinaryIO]
    keep_open: bool = False
    in_folder: bool = False


def inputs(path: Path | str, stdin: TextIO | BinaryIO | None) -> Iterator[Input | Rejected]:
    """Yield the files a path stands for, in sorted order, and what cannot be one."""
    label = printable(str(path))
    if not str(path):
        yield Rejected(path=label, reason="an empty path; name a file, a folder or '-'")
    elif str(path) == "-":
        yield Input("-", "stdin", lambda: _binary(stdin if stdin is not None else sys.stdin), keep_open=True)
    elif Path(path).is_dir():
        yield from _walk(Path(path), label)
    else:
        yield _file(Path(path), in_folder=False)


def printable(path: str) -> str:
    """Return a path as UTF-8 can hold it; its bytes need not be."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def open_failure(error: Exception) -> str:
    """Return what to say about a path that cannot be read."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file or folder; check the path, and quote it if it holds spaces"
    if isinstance(error, PermissionError):
        return "it may not be read; allow it with chmod u+r, or name a copy"
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"it cannot be read: {said}"


def _walk(folder: Path, label: str) -> Iterator[Input | Rejected]:
    unreadable: list[OSError] = []
    empty, whole = True, folder.resolve()
    for parent, folders, files in os.walk(folder, onerror=unreadable.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        names = sorted(name for name in files if not name.startswith("."))
        names += [name for name in folders if Path(parent, name).is_symlink()]
        for name in names:
            empty = False
            path = Path(parent, name)
            if path.is_dir():
                reason = "a link to a folder, which is not followed; name that folder itself"
                yield Rejected(path=printable(str(path)), reason=reason)
            elif path.is_symlink() and not path.resolve().is_relative_to(whole):
                reason = "a link that leads out of the folder, which is not followed; name that file itself"
                yield Rejected(path=printable(str(path)), reason=reason)
            elif path.exists() and not path.is_file():
                yield Rejected(path=printable(str(path)), reason="no regular file; name it itself to read it")
            else:
                yield _file(path, in_folder=True)
    for error in unreadable:
        yield Rejected(path=printable(str(error.filename or folder)), reason=open_failure(error))
    if empty and not unreadable:
        yield Rejected(path=label, reason="the folder holds no files that are not hidden; name another one")


def _file(path: Path, *, in_folder: bool) -> Input:
    label = printable(str(path))
    name = strip_controls(printable(path.name))
    return Input(label, name, lambda: path.open("rb"), in_folder=in_folder)


def _binary(stdin: TextIO | BinaryIO | None) -> BinaryIO:
    if stdin is None:
        raise OSError("there is no standard input; name a file")
    if isinstance(stdin, io.TextIOBase) and not hasattr(stdin, "buffer"):
        return io.BytesIO(stdin.read().encode("utf-8", "replace"))
    return cast("BinaryIO", getattr(stdin, "buffer", stdin))
