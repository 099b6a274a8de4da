"""Text as Markdown that shows exactly that text, for CommonMark and for Pandoc's dialect. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

# What can open a construct inside a line: code, emphasis, links, HTML, entities, tables, TeX math.
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~$&])")
# Besides, in Pandoc's: citations and superscripts.
_SPECIAL_PANDOC = re.compile(r"([\\`*_\[\]<>|~$&@^])")
# What GitHub's Markdown makes a link of without any mark: an address or a mail address.
_AUTOLINK = re.compile(r"((?<=\w)(?=://)|\bwww(?=\.)|(?<=[\w.+-])(?=@\w))", re.IGNORECASE)
# What can open a block at the start of a line: headings, lists, quotes, rules, fences.
_BLOCK = re.compile(r"^(\s*)([#+=>-]|\d{1,9}(?=[.)]))")
# Besides, in Pandoc's: lists of letters, Roman numbers and numbers in parentheses, definitions, title blocks.
_BLOCK_PANDOC = re.compile(r"^(\s*)([:%(]|[A-Za-z](?=[.)]\s)|[ivxlcdmIVXLCDM]{1,8}(?=[.)]\s))")
# A mark at the end of a sentence, with a closing quotation mark or parenthesis behind it.
_END = re.compile(r"[.!?]$")


def escape_markdown(text: str) -> str:
    r"""Return one line of text such that CommonMark shows exactly that text.

    >>> escape_markdown("a*b <script> 95 %")
    'a\\*b \\<script\\> 95 %'
    """
    return _guarded(_AUTOLINK.sub(r"\1\\", _SPECIAL.sub(r"\\\1", " ".join(text.split()))), _BLOCK)


def escape_pandoc(text: str) -> str:
    r"""Return one line of text such that Pandoc's Markdown shows exactly that text, as CommonMark does.

    >>> escape_pandoc("(i) @lee says 10^5")
    '\\(i) \\@lee says 10\\^5'
    """
    line = _SPECIAL_PANDOC.sub(r"\\\1", " ".join(text.split()))
    line = _AUTOLINK.sub(r"\1\\", line.replace(r"\@", "\0")).replace("\0", r"\@")
    return _guarded(_guarded(line, _BLOCK), _BLOCK_PANDOC)


def cited(text: str, keys: Sequence[str]) -> str:
    r"""A sentence with its citations as Pandoc writes them, before the full stop.

    >>> cited("Depth helps.", ["lee2020", "kim2021"])
    'Depth helps [@lee2020; @kim2021].'
    """
    marks = "; ".join(f"@{key}" if _is_plain(key) else f"@{{{key}}}" for key in keys)
    line, end = escape_pandoc(text), ""
    if _END.search(line):
        line, end = line[:-1].rstrip(), line[-1]
    return f"{line} [{marks}]{end or '.'}" if keys else f"{line}{end}"


def _is_plain(key: str) -> bool:
    """Whether Pandoc reads a key without braces to its end."""
    return re.fullmatch(r"\w(?:[\w]|[:.#$%&+?<>~/-](?=\w))*", key) is not None


def _guarded(line: str, opening: re.Pattern[str]) -> str:
    block = opening.match(line)
    if block is None:
        return line
    # A number or letter is escaped behind itself ("1\."), a sign before itself ("\#").
    at = block.end() if block[2].isalnum() else block.start(2)
    return f"{line[:at]}\\{line[at:]}"
