"""Blocks of a draft between comments, so that what a person edited can be told from what was written.

A block begins with a comment that holds its kind, its name and a hash of its text, and ends with another.
Text with another hash than its comment was edited. What stands outside of blocks is the person's own. Pure.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Literal, NamedTuple
from urllib.parse import quote, unquote

Dialect = Literal["markdown", "latex"]
Kind = Literal["paragraph", "table", "made"]

_BEGIN = r"litreview:begin (?P<kind>paragraph|table|made) (?P<digest>[0-9a-f]{16})(?: (?P<name>[^\s>]+))?"
_END = "litreview:end"
_LINES = {
    "markdown": (re.compile(rf"<!-- {_BEGIN} -->\s*"), re.compile(rf"<!-- {_END} -->\s*"), "<!-- {} -->"),
    "latex": (re.compile(rf"% {_BEGIN}\s*"), re.compile(rf"% {_END}\s*"), "% {}"),
}


class Block(NamedTuple):
    """A block as it is in a file, or is to be: `name` is the heading of a paragraph."""

    kind: Kind
    name: str
    body: str
    edited: bool = False


def framed(block: Block, dialect: Dialect) -> str:
    """A block between its comments; the body ends with a newline."""
    comment = _LINES[dialect][2]
    name = f" {quote(block.name, safe='')}" if block.name else ""
    begin = comment.format(f"litreview:begin {block.kind} {_digest(block.body)}{name}")
    return f"{begin}\n{block.body}{comment.format(_END)}\n"


def parse_blocks(text: str, dialect: Dialect) -> list[Block | str]:
    """A file as blocks and what stands between them, in order: joined again they are the file.

    A beginning without an end, or with another beginning before it, is text like any other.
    """
    begins, ends, _ = _LINES[dialect]
    parts: list[Block | str] = []
    lines = text.splitlines(keepends=True)
    at = 0
    while at < len(lines):
        begin = begins.fullmatch(lines[at])
        end = _end_of(lines, at, begins, ends) if begin else None
        if begin is None or end is None:
            if parts and isinstance(parts[-1], str):
                parts[-1] += lines[at]
            else:
                parts.append(lines[at])
            at += 1
            continue
        body = "".join(lines[at + 1 : end])
        kind: Kind = (
            "table" if begin["kind"] == "table" else "made" if begin["kind"] == "made" else "paragraph"
        )
        # The comments are part of what must come back byte for byte, so an edited block keeps all of it.
        edited = begin["digest"] != _digest(body)
        whole = "".join(lines[at : end + 1])
        parts.append(Block(kind, unquote(begin["name"] or ""), whole if edited else body, edited))
        at = end + 1
    return parts


def replaced(parts: Sequence[Block | str], new: Sequence[Block], dialect: Dialect) -> str:
    """A file with its untouched blocks replaced by the new ones of the same kind and name.

    Edited blocks and all that stands between blocks stay byte for byte; an untouched block without a new one
    stays, too. What the file has no place for is put at its end: only notes of how it was made.
    """
    fresh = {(block.kind, block.name): block for block in new}
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
        elif part.edited:
            text += part.body
        else:
            text += framed(fresh.get((part.kind, part.name), part), dialect)
    had = {part.kind for part in parts if isinstance(part, Block)}
    for block in new:
        if block.kind != "paragraph" and block.kind not in had:
            text += f"\n{framed(block, dialect)}"
    return text


def _end_of(lines: Sequence[str], begin: int, begins: re.Pattern[str], ends: re.Pattern[str]) -> int | None:
    for at in range(begin + 1, len(lines)):
        if ends.fullmatch(lines[at]):
            return at
        if begins.fullmatch(lines[at]):
            return None
    return None


def _digest(body: str) -> str:
    """A hash of a text as it reads: line ends and spaces at line ends, which editors change, do not count."""
    plain = "\n".join(line.rstrip() for line in body.splitlines())
    return hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
