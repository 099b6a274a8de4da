"""What a client may do to the library and which files it may have read: what the user allowed, no more."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from litreview.errors import UsageError

# Of a path in a message.
_SHOWN = 200


@dataclass(frozen=True)
class Access:
    """What the user allowed.

    Attributes:
        write: Whether papers may be added.
        roots: Folders below which files may be read for that, resolved: absolute and free of symbolic links.
    """

    write: bool = False
    roots: tuple[Path, ...] = ()

    @classmethod
    def of(cls, *, write: bool, roots: Sequence[Path]) -> Access:
        """What the flags --allow-write and --root say.

        Raises:
            UsageError: A root is no folder, or files may be added and there is no root to read them from.
        """
        resolved = tuple(root.expanduser().resolve() for root in roots)
        for root, given in zip(resolved, roots, strict=True):
            if not root.is_dir():
                raise UsageError(f"the root {str(given)!r} is no folder", hint="litreview mcp --root FOLDER")
        if write and not resolved:
            raise UsageError(
                "--allow-write needs to know which files may be read",
                hint="litreview mcp --allow-write --root FOLDER",
            )
        return cls(write=write, roots=resolved)

    def allowed(self, paths: Sequence[str]) -> list[Path]:
        """These paths with symbolic links and `..` resolved; a relative one is looked for below each root.

        Raises:
            UsageError: One is not below a root, holds a link that leads out of them, or is not there. What is
                outside is refused in the same words whether it is there or not.
        """
        if not self.write:
            raise UsageError(
                "this server may not add papers: it was started without --allow-write",
                hint="ask the user to start it with: litreview mcp --allow-write --root FOLDER",
            )
        return [self._allowed(path) for path in paths]

    def _allowed(self, path: str) -> Path:
        try:
            inside = [found for found in self._candidates(path) if self._holds(found)]
            if not inside:
                raise self._refusal(path)
            resolved = next((found for found in inside if found.exists()), None)
        except (OSError, ValueError, RuntimeError) as error:  # too long, a null byte, links in a circle
            said = getattr(error, "strerror", None) or type(error).__name__
            raise UsageError(f"{_short(path)} is no path ({said})", hint=self._where()) from None
        if resolved is None:
            raise UsageError(f"there is no file {_short(path)}", hint=self._where())
        if resolved.is_dir():
            for link in _links_below(resolved):
                if not self._holds(link.resolve()):
                    raise self._refusal(str(link))
        elif not resolved.is_file():
            raise UsageError(f"{_short(path)} is neither a file nor a folder", hint=self._where())
        return resolved

    def _candidates(self, path: str) -> list[Path]:
        return [(root / path).resolve() for root in self.roots]

    def _holds(self, resolved: Path) -> bool:
        return any(resolved.is_relative_to(root) for root in self.roots)

    def _refusal(self, path: str) -> UsageError:
        return UsageError(f"{_short(path)} is not below a folder that may be read", hint=self._where())

    def _where(self) -> str:
        return f"name a file below {' or '.join(repr(str(root)) for root in self.roots)}"


def _short(path: str) -> str:
    return repr(path if len(path) <= _SHOWN else f"{path[:_SHOWN]}…")


def _links_below(folder: Path) -> Iterator[Path]:
    """Symbolic links to files anywhere in a folder; those to folders are never followed when it is read."""
    for parent, _, files in os.walk(folder):
        for name in files:
            path = Path(parent, name)
            if path.is_symlink():
                yield path
