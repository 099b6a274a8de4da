"""Marks that do not belong into the prose of a claim: citations, links, images, HTML, Markdown, TeX.

The model writes no citations and no references: those are rendered from our own records, and whatever looks
like one in the prose was made up. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from litreview.text.cleaning import is_hidden, may_hide

# "[0, 1]" and "in the range [1, 5]" are intervals.
_NUMBERS = r"\[\s*(?:[Pp]?[1-9]\d{0,2})(?:\s*[,;–-]\s*[Pp]?[1-9]\d{0,2})*\s*\]"
_NAME = r"[A-Z][^\W\d_]*[a-z][\w'’-]*"
_YEAR = r"(?:19|20)\d\d[a-z]?"
_SEE = r"(?:see |e\.g\.,? |cf\. )?"
_NOT_NAMES = (
    r"(?!(?:January|February|March|April|May|June|July|August|September|October|November|December|Spring|Summer"
    r"|Autumn|Fall|Winter|Version|Release|Figure|Table|Section)\b)"
)
_TAGS = (
    "a|abbr|b|base|big|blockquote|body|br|button|center|code|del|details|div|em|embed|font|form|h[1-6]|head|hr|html"
    "|i|iframe|img|input|ins|kbd|li|link|mark|meta|object|ol|p|pre|script|small|span|strong|style|sub|summary|sup"
    "|svg|table|tbody|td|th|thead|tr|tt|ul|video|audio|source|textarea|select|option|math"
)


class _Mark(NamedTuple):
    """A kind of mark: its pattern, and what a text must hold, in lower case, for the pattern to match.

    The patterns bound what may stand between two brackets: a text of brackets alone must not take seconds.
    """

    kind: str
    signs: tuple[str, ...]
    pattern: re.Pattern[str]


_MARKS = (
    _Mark(
        "a citation mark",
        ("[", "(", "【", "@", "\\"),
        re.compile(
            rf"(?<!range )(?<!interval )(?<!in )(?<!within )(?<!\w){_NUMBERS}|\w{_NUMBERS}"
            r"|\(\s*P\d{1,2}(?:\s*[,;–-]\s*P\d{1,2})*\s*\)|【[^【】]{0,200}】|\[\^[^\]\s]+\]|\[\s?\d+†[^\[\]]{0,200}\]"
            r"|\[[^\[\]]{0,200}(?<!\w)-?@[^\[\]]{1,200}\]|(?<![\w.@])@[A-Za-z][\w:.#$%&+?<>~/-]*\d[\w-]*"
            r"|\\[A-Za-z]*cite[A-Za-z]*\*?\s?(?:\[[^\[\]]{0,200}\]\s?){0,2}\{[^{}]{0,500}\}"
            rf"|\({_SEE}{_NAME}(?:\s+et\s+al\.?,?|,?\s+(?:and|&)\s+{_NAME},?)\s*\(?{_YEAR}[^()]*\)"
            rf"|\({_SEE}{_NOT_NAMES}{_NAME},?\s+{_YEAR}(?:\s*[;,][^()]*)?\)"
            rf"|\[{_NAME}[^\[\]]{{0,200}}\b{_YEAR}\]"
        ),
    ),
    _Mark("a citation mark", ("et al",), re.compile(rf"\bet\s+al\.?,?\s*(?:\(\s*{_YEAR}|\[|{_YEAR})")),
    _Mark(
        "a link",
        (":", "www.", "](", "] (", "][", "<", "10."),
        re.compile(
            r"\b(?:https?|ftp|file|data|javascript)\s?:\s?//?\S+|\b(?:javascript|vbscript):|\bdata:\w+/\w"
            r"|\bwww\.\w|\]\s?\(\s*[^)\s]+[^)]*\)"
            r"|<[^\s<>@]+@[^\s<>]+>|\]\[[^\[\]]{0,200}\]|\bdoi:\s?10\.|\b10\.\d{4,9}/\S+|\barXiv:\s?\d{4}\.\d{4,5}",
            re.IGNORECASE,
        ),
    ),
    _Mark("an image", ("![",), re.compile(r"!\[")),
    _Mark(
        "HTML",
        ("<", "&"),
        re.compile(
            rf"</?(?:{_TAGS})(?:\s[^<>]*)?/?>|<[a-z]+\s+[\w-]+\s*=[^<>]*>|<!--|<!doctype"
            r"|&(?:#\d+|#x[0-9a-f]+|[a-z]{2,8});",
            re.IGNORECASE,
        ),
    ),
    _Mark(
        "a heading or a list",
        ("#", "- ", "* ", "+ ", "> ", ". ", ") ", "===", "---"),
        re.compile(r"(?:^|\n)\s*(?:#{1,6}\s|[-*+]\s|>\s|\d{1,2}[.)]\s)|\n\s*(?:={3,}|-{3,})"),
    ),
    _Mark(
        "emphasis",
        ("*", "_", "~~", "\\"),
        re.compile(
            r"\*\*[^\s*]|__[^\s_][^\n]*?__|(?<![\w*\\])\*[^\s*](?:[^*\n]*[^\s*])?\*(?![\w*])"
            r"|(?<![\w\\])_[^\s_](?:[^_\n]*[^\s_])?_(?!\w)|~~[^\s~]|\\(?:textbf|textit|emph|texttt|section)\*?\{"
        ),
    ),
    _Mark(
        "a TeX command",
        ("\\",),
        re.compile(
            r"\\(?:input|include|includegraphics|write18|immediate|openout|href|url|catcode|def)(?![A-Za-z])"
        ),
    ),
    _Mark("code", ("`", "~~~"), re.compile(r"`[^`\n]+`|```|~~~")),
)
_BARE_ID = re.compile(r"(?<![\w-])P\d{1,3}(?![\w-])")


def stray_marks(text: str, *, ids: Iterable[str] = (), sources: Iterable[str] = ()) -> tuple[str, ...]:
    """What stands in a claim's prose and should not, as "a citation mark '[3]'", in order of kind.

    Args:
        text: The prose of a claim, a heading or a gap.
        ids: The ids of papers in the prompt: "P3" in running text is a mark too.
        sources: Texts of the papers; an id that stands in them is a name of the field ("P3" the amplitude).

    >>> stray_marks("Depth helps [3] **a lot**.")
    ("a citation mark '[3]'", "emphasis '**a'")
    """
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    spaced = " ".join(plain.lower().split()) + " "
    marks: dict[str, str] = {}
    for kind, signs, pattern in _MARKS:
        if kind not in marks and any(map(spaced.__contains__, signs)) and (match := pattern.search(plain)):
            marks[kind] = match[0].strip()
    found = [f"{kind} {mark!r}" for kind, mark in marks.items()]
    if "a citation mark" not in marks:
        known = set(ids)
        for match in _BARE_ID.finditer(plain) if "P" in plain else ():
            name = match[0]
            if name in known and not any(re.search(rf"\b{name}\b", source) for source in sources):
                found.insert(0, f"a citation mark {name!r}")
                break
    return tuple(found)


def hidden_characters(text: str) -> str:
    r"""What a text holds that cannot be seen or that steers a terminal, as "U+202E, U+200B"; "" if nothing.

    White space of any kind is no fault. Zero-width joiners between letters of scripts that need them are one
    all the same: the abstracts in a prompt hold none either.

    >>> hidden_characters("fast\u200b \x1b[31mred")
    'U+200B, U+001B'
    """
    if not may_hide(text):
        return ""
    found = dict.fromkeys(filter(is_hidden, text))
    return ", ".join(f"U+{ord(character):04X}" for character in list(found)[:5])
