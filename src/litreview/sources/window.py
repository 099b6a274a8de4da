"""A window that moves over a text that comes in pieces, and does not grow with the text. Pure."""

from __future__ import annotations

from collections.abc import Iterable

# The largest record of a real file, a paper with 3,000 authors, has 300 kB.
RECORD_LIMIT = 8 * 1024**2
# How much of what was read may stay, in characters.
_KEPT = 256 * 1024


class Window:
    """The part of a text that is looked at; `at` is where the next record is looked for.

    Args:
        chunks: The text in pieces of any size.
    """

    def __init__(self, chunks: Iterable[str]) -> None:
        self._chunks = iter(chunks)
        self._line = 1
        self._counted = 0
        self.text = ""
        self.at = 0

    def grow(self) -> bool:
        """Read on for as much again, so that looking at a record anew takes linear time.

        False at the end of the text, and where the record is longer than any is.
        """
        wanted = max(1, len(self.text) - self.at)
        if wanted > RECORD_LIMIT:
            return False
        parts = [self.text]
        got = 0
        for chunk in self._chunks:
            parts.append(chunk)
            got += len(chunk)
            if got >= wanted:
                break
        self.text = "".join(parts)
        return got > 0

    def move_on(self) -> bool:
        """Leave behind what was read, and read on; False at the end."""
        self._forget()
        return self.grow()

    def tidy(self) -> None:
        """Leave behind what was read, if it is much. Offsets into the text from before no longer hold."""
        if self.at > _KEPT:
            self._forget()

    def line(self) -> int:
        """The line, counted from 1, that `at` is in; `at` may only move on."""
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._line

    def drain(self) -> None:
        """Read the rest without keeping it."""
        for _ in self._chunks:
            pass

    def _forget(self) -> None:
        self.line()
        self.text, self.at, self._counted = self.text[self.at :], 0, 0
