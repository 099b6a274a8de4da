r"""The syntax of BibTeX: `read_entries(text)` tells entries apart and reads their fields as they stand. Pure.

An entry that cannot be read is `Damaged` and ends where the next one begins, so that it costs itself alone.
Braces count as BibTeX counts them, escaped or not; where that leads nowhere, escaped ones are taken for text.
Read are "@string", values joined by "#", round brackets, missing commas, empty values and a brace too many at
the end of a field. A "%" is no comment, but an entry behind one in its line is commented out. Linear in time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from litreview.sources.batch import quoted

MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()

_OPENING = re.compile(r"@[ \t]*(?P<kind>[A-Za-z]+)\s*(?P<open>[{(])")
_KEY = re.compile(r"\s*(?P<key>[^\s,{}\"=]*(?:[ \t]+[^\s,{}\"=]+)*)\s*(?P<end>[,}])")
_KEY_IN_ROUND = re.compile(r"\s*(?P<key>[^\s,{}()\"=]*)\s*(?P<end>[,)])")
# Between fields a "%" does begin a comment: for BibTeX that is an error, for biber and people it is none.
_GAP = r"(?:[\s,]++|%[^\n]*+)*+"
_NAME = re.compile(rf"{_GAP}(?P<name>[A-Za-z][\w:.+/-]*)\s*=\s*")
_BEFORE_CLOSING = re.compile(_GAP)
_BARE = re.compile(r"[^\s,#{}()\"=]+")
_EMPTY = re.compile(r"\s*(?=[,})])")
_JOIN = re.compile(r"\s*#\s*")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_BRACE_OR_QUOTE = re.compile(r"\\.|[{}\"]", re.DOTALL)
_STRAY_BRACE = re.compile(r"[ \t]*[})](?=[ \t]*,\s*[A-Za-z][\w:.+/-]*\s*=)")
_LEFT_OVER = re.compile(r"[ \t]*[^\s@%][^@]{0,300}?[,}]\s*[A-Za-z]+\s*=\s*[{\"\d]")
_CLOSING = {"{": "}", "(": ")"}
_NO_ENTRIES = frozenset({"comment", "preamble"})
# How far before an "@" a "%" is looked for in its line.
_LOOK_BACK = 200


class Entry(NamedTuple):
    """An entry as it stands; kind and field names in lower case, the first of several fields of a name.

    `line` counts from 1; the entry is `text[start:end]`.
    """

    kind: str
    key: str
    fields: dict[str, str]
    line: int
    start: int
    end: int


class Damaged(NamedTuple):
    """An entry that cannot be read, and why."""

    line: int
    reason: str
    raw: str


class _Unreadable(ValueError):
    """`at` is the offset of what is wrong."""

    def __init__(self, reason: str, at: int) -> None:
        super().__init__(reason)
        self.at = at


class _Start(NamedTuple):
    """Where an entry may begin. `sure`: at the beginning of a line, with a key and the name of a field."""

    at: int
    body: int
    kind: str
    closing: str
    sure: bool


class _Block(NamedTuple):
    """A start with the offsets of the next one (`near`) and of the next one that is sure (`far`)."""

    start: _Start
    near: int
    far: int


def read_entries(text: str) -> Iterator[Entry | Damaged]:
    r"""Yield the entries of a .bib file in their order. Lines end in "\n"."""
    blocks = _blocks(text)
    macros = {month: month for month in MONTHS}
    line, counted, taken = 1, 0, 0
    for block in blocks:
        start = block.start
        if start.at < taken:
            continue  # Within a value of an entry that could be read.
        line += text.count("\n", counted, start.at)
        counted = start.at
        try:
            reader, fields = _read(text, block, macros)
        except _Unreadable as error:
            wrong = line + text.count("\n", start.at, error.at)
            where = f" (line {wrong})" if wrong > line else ""
            yield Damaged(line, f"{error}{where}", text[start.at : block.near].strip())
            continue
        taken = reader.at
        if start.kind == "string":
            macros.update(fields)
        elif _LEFT_OVER.match(text, taken):
            rest = quoted(text[taken : taken + 40])
            reason = f"its braces do not match: {rest} stands behind the one that closes it"
            yield Damaged(line, reason, text[start.at : block.near].strip())
        else:
            yield Entry(start.kind, reader.key, fields, line, start.at, taken)


def entry_key(raw: str) -> str:
    """The key of an entry by its text as it stands, or an empty string."""
    opened = _OPENING.match(raw)
    found = _KEY.match(raw, opened.end()) if opened else None
    return found["key"] if found else ""


def is_whole(value: str) -> bool:
    """Whether the brace that a value begins with is closed by its last sign."""
    if not (value.startswith("{") and value.endswith("}")):
        return False
    depth = 0
    for match in _BRACE.finditer(value):
        depth += (match[0] == "{") - (match[0] == "}")
        if depth == 0:
            return match.end() == len(value)
    return False


def without_braces(value: str) -> str:
    """A value without the braces around all of it, which only keep its capitals.

    >>> without_braces("{{A} and {B}}"), without_braces("{A} and {B}")
    ('{A} and {B}', '{A} and {B}')
    """
    value = value.strip()
    for _ in range(4):  # Two pairs are common; nobody means more.
        if not is_whole(value):
            break
        value = value[1:-1].strip()
    return value


def _starts(text: str) -> Iterator[_Start]:
    """Everything that may begin an entry. What stands within a line must look like nothing else."""
    for opened in _OPENING.finditer(text):
        kind = opened["kind"].lower()
        if kind in _NO_ENTRIES:
            continue
        before = text[max(0, opened.start() - _LOOK_BACK) : opened.start()]
        first = before.rstrip(" \t")[-1:] in ("", "\n", "}", ")")
        formed = _is_formed(text, opened, kind)
        if first or (formed and "%" not in before.rpartition("\n")[2]):
            closing = _CLOSING[opened["open"]]
            yield _Start(opened.start(), opened.end(), kind, closing, first and formed)


def _is_formed(text: str, opened: re.Match[str], kind: str) -> bool:
    """Whether a key and a first field follow, or the name of a macro."""
    if kind == "string":
        return _NAME.match(text, opened.end()) is not None
    key = (_KEY if opened["open"] == "{" else _KEY_IN_ROUND).match(text, opened.end())
    return key is not None and key["end"] == "," and _NAME.match(text, key.end()) is not None


def _blocks(text: str) -> list[_Block]:
    blocks = []
    near = far = len(text)
    for start in reversed(list(_starts(text))):
        blocks.append(_Block(start, near, far if start.sure else near))
        near = start.at
        far = near if start.sure else far
    return blocks[::-1]


def _read(text: str, block: _Block, macros: Mapping[str, str]) -> tuple[_Reader, dict[str, str]]:
    """Read an entry up to the next sure one, else up to the next possible one, else with escapes as text.

    Whatever is not sure may stand in an abstract ("@home (now)" at the beginning of a line). That a sure one
    is never swallowed keeps neighbours safe, and the time linear.
    """
    attempts = [(block.far, False)] if block.far != block.near else []
    error: _Unreadable | None = None
    for end, escapes in (*attempts, (block.near, False), (block.near, True)):
        reader = _Reader(text, block.start, end, escapes, macros)
        try:
            return reader, reader.read()
        except _Unreadable as failure:
            # What is said is about the second reading, as BibTeX would see the entry alone.
            error = failure if error is None or not escapes else error
    raise error or _Unreadable("it cannot be read", block.start.at)


class _Reader:
    """Reads one block, from behind its opening bracket to the bracket that closes it."""

    def __init__(self, text: str, start: _Start, end: int, escapes: bool, macros: Mapping[str, str]) -> None:
        self.key = ""
        self.field = ""
        self.at = start.body
        self._text = text
        self._start = start
        self._end = end
        self._escapes = escapes
        self._macros = macros

    def read(self) -> dict[str, str]:
        """Return the fields and leave `at` behind the block."""
        fields: dict[str, str] = {}
        if self._start.kind != "string":
            found = (_KEY if self._start.closing == "}" else _KEY_IN_ROUND).match(
                self._text, self.at, self._end
            )
            if found is None:
                raise _Unreadable("it has no key before its first comma", self.at)
            self.key, self.at = found["key"], found.end()
            if found["end"] != ",":
                return fields
        while found := _NAME.match(self._text, self.at, self._end):
            self.field, self.at = found["name"].lower(), found.end()
            value = self._value()
            fields.setdefault(self.field, value)
            if stray := _STRAY_BRACE.match(self._text, self.at, self._end):
                self.at = stray.end()
        self._close()
        return fields

    def _close(self) -> None:
        gap = _BEFORE_CLOSING.match(self._text, self.at, self._end)
        at = gap.end() if gap else self.at
        rest = self._text[at : min(at + 30, self._end)]
        if not rest.startswith(self._start.closing):
            closing = repr(self._start.closing)
            said = f"{quoted(rest)} stands where a field or {closing} should" if rest else ""
            raise _Unreadable(said or f"it is not closed with {closing}", at if rest else self.at)
        self.at = at + 1

    def _value(self) -> str:
        """One value, or several joined by "#"; an empty one where nothing stands behind the "="."""
        parts = [self._piece()]
        while joined := _JOIN.match(self._text, self.at, self._end):
            self.at = joined.end()
            parts.append(self._piece())
        return parts[0] if len(parts) == 1 else "".join(parts)

    def _piece(self) -> str:
        opening = self._text[self.at : min(self.at + 1, self._end)]
        if opening == "{" and not self._escapes:
            return self._braced()
        if opening in ("{", '"') and opening:
            return self._enclosed(opening)
        found = _BARE.match(self._text, self.at, self._end) or _EMPTY.match(self._text, self.at, self._end)
        if found is None:
            raise _Unreadable(f"the field {self.field!r} has no value", self.at)
        self.at = found.end()
        return self._macros.get(found[0].lower(), found[0])

    def _braced(self) -> str:
        """A value in braces, all of which count."""
        start = at = self.at + 1
        depth = 1
        while depth:
            closing = self._text.find("}", at, self._end)
            if closing < 0:
                raise _Unreadable(f"the value of {self.field!r} is not closed", start)
            depth += self._text.count("{", at, closing) - 1
            at = closing + 1
        self.at = at
        return self._text[start : at - 1]

    def _enclosed(self, opening: str) -> str:
        """A value in braces or quotes; escaped signs do not count, nor do quotes within braces."""
        start, depth = self.at + 1, 0
        pattern = _BRACE if opening == "{" else _BRACE_OR_QUOTE
        for match in pattern.finditer(self._text, start, self._end):
            sign = match[0]
            if depth == 0 and sign == ("}" if opening == "{" else '"'):
                self.at = match.end()
                return self._text[start : match.start()]
            depth += (sign == "{") - (sign == "}")
        raise _Unreadable(f"the value of {self.field!r} is not closed", start)
