"""The objects of a JSON list one by one, in memory that does not grow with the list. Pure.

An item that is no valid JSON costs itself only: the next place where an object can be read that is an item by
the format's own test is where reading goes on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from pydantic import ValidationError

from litreview.papers import Paper, Source
from litreview.sources.batch import Rejected, explain, quoted
from litreview.sources.records import further_on
from litreview.sources.window import Window

# How much may be read in vain, over a whole file, to find where undamaged items begin: a second's work.
_SEARCH_LIMIT = 128 * 1024**2
# The longest word of JSON is "-Infinity", the longest escape "\ud83d\ude00": cut off, they are misread.
_LONGEST_TOKEN = 12
# Lists in a row, or one in another, count as one list. In an object a list has its end.
_BETWEEN = re.compile(r"[\s,\[\]]*")
_WITHIN = re.compile(r"[\s,\[]*")
# What lists of records are called where an object holds them.
_LIST = re.compile(r'"(?:items|papers|references|results|records|entries|data)"\s*:\s*\[(?=\s*[{\]])')
# Where an item may begin: an object with a first key that is not itself the value of a key.
_BEGINNING = re.compile(r'[^:\s]\s*(\{)(?=\s*")')
_DECODER = json.JSONDecoder(strict=False)

Make = Callable[[dict[str, Any], Source, list[str]], Paper | None]


class _Item(NamedTuple):
    """One element of the list: its value, or the reason why there is none; `line` counts from 1."""

    line: int
    raw: str
    value: Any = None
    reason: str = ""


def read_items(
    chunks: Iterable[str], make: Make, *, is_item: Callable[[dict[str, Any]], bool], source: Source
) -> Iterator[Paper | Rejected | str]:
    """Yield the paper of each item of a list, or the reason why it has none, and notes.

    The list may stand in an object ({"items": [...]}); a single object, or several in a row, count as a list.

    Args:
        chunks: The text in pieces of any size.
        make: Makes a paper of an item, given its source and the notes; None for what is no record at all.
            Raises ValueError for what cannot be one.
        is_item: Tells an item from the objects within an item.
        source: The format and the name of the file; line and position are added.
    """
    notes: list[str] = []
    for position, item in enumerate(_items(chunks, is_item), start=1):
        reason = item.reason
        if not reason and not isinstance(item.value, dict):
            reason = f"an item must be an object, this is {quoted(item.value)}"
        if not reason:
            try:
                at = source.model_copy(update={"line": item.line, "position": position})
                paper = make(item.value, at, notes)
                if paper is not None:
                    yield paper
            except ValidationError as error:
                reason = explain(error)
            except ValueError as error:
                reason = str(error)
            yield from notes
            notes.clear()
        if reason:
            yield Rejected(path=source.name, line=item.line, reason=reason, raw=item.raw)


def _items(chunks: Iterable[str], is_item: Callable[[dict[str, Any]], bool]) -> Iterator[_Item]:
    scan = _Scanner(chunks, is_item)
    scan.enter()
    while (item := scan.next_item()) is not None:
        yield item


class _Broken(ValueError):
    """What stands at a place is no JSON; `end` is how far it was read."""

    def __init__(self, reason: str, end: int) -> None:
        super().__init__(reason)
        self.end = end


class _Scanner:
    """Goes from item to item through a text that comes in pieces."""

    def __init__(self, chunks: Iterable[str], is_item: Callable[[dict[str, Any]], bool]) -> None:
        self._window = Window(chunks)
        self._is_item = is_item
        self._separators = _BETWEEN
        self._search_left = _SEARCH_LIMIT

    def enter(self) -> None:
        """Go to the first item; where an object holds a list, to that of the list."""
        window = self._window
        window.grow()
        window.at = len(window.text) - len(window.text.lstrip("\ufeff \t\r\n"))
        for found, _ in zip(_LIST.finditer(window.text), range(20), strict=False):
            before = window.text[window.at : found.start()].rstrip().rstrip(",")
            if _is_object(before + "}"):
                window.at = found.end()
                self._separators = _WITHIN
                return

    def next_item(self) -> _Item | None:
        """Return the next item, or None at the end."""
        window = self._window
        window.tidy()
        while (at := _end(self._separators, window.text, window.at)) == len(window.text):
            window.at = at
            if not window.move_on():
                return None
        window.at = at
        if window.text[at] in "]}":
            # The end of the list in an object, unless a bracket too many stands within the list.
            beginning = self._search(at + 1)
            if beginning is None:
                return None
            window.at = at = beginning
        line = window.line()
        try:
            value, end = self._decode(at)
        except _Broken as error:
            return self._damaged(line, str(error))
        if not isinstance(value, dict) and not self._ends_at(end):
            # A quote too many makes a text of what stands between the items.
            return self._damaged(line, "it is no object")
        window.at = end
        return _Item(line, window.text[at:end], value)

    def _ends_at(self, end: int) -> bool:
        """Whether an item can end there: at a comma or at the end of the list or the text."""
        rest = self._window.text[end : end + 100].lstrip()
        return not rest or rest[0] in ",]"

    def _damaged(self, line: int, reason: str) -> _Item:
        window = self._window
        beginning = self._search(window.at + 1)
        end = len(window.text) if beginning is None else beginning
        raw = window.text[window.at : end].rstrip().rstrip(",").rstrip()
        if beginning is None:
            raw = raw.removesuffix("]").rstrip()
        window.at = end
        return _Item(line, raw, reason=f"not valid JSON: {reason}")

    def _decode(self, start: int) -> tuple[Any, int]:
        """Decode what begins at `start`; the window may grow, and does not move."""
        window = self._window
        while True:
            try:
                return _DECODER.raw_decode(window.text, start)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or error.pos > len(window.text) - _LONGEST_TOKEN
                if not cut or not window.grow():
                    where = further_on(window.text.count("\n", start, error.pos))
                    what = f"{error.msg.removesuffix(' at')} at column {error.colno} ({where})"
                    raise _Broken(what, error.pos) from None
            except RecursionError:
                raise _Broken("nested too deeply", start + 1000) from None
            except ValueError as error:  # A number of thousands of digits.
                raise _Broken(str(error)[:100], start + 4300) from None

    def _search(self, start: int) -> int | None:
        """Return where the next undamaged item begins, or None; all the text up to there is in the window."""
        window = self._window
        while self._search_left > 0:
            found = _BEGINNING.search(window.text, max(start - 1, 0))
            if found is None:
                start = max(start, len(window.text) - 1)
                if not window.grow():
                    return None
                continue
            start = found.start(1)
            try:
                value, _ = self._decode(start)
                if isinstance(value, dict) and self._is_item(value):
                    return start
            except _Broken as error:
                self._search_left -= error.end - start
            start += 1
        window.drain()
        return None


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
