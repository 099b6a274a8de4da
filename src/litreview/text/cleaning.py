"""`clean_text`: titles and abstracts as a person would read them. Pure.

Abstracts come from strangers and end up on terminals, in databases and in prompts. So what cannot be seen is
removed (terminal escapes, text direction overrides, zero-width and tag characters), and what is left of TeX
is written plainly. No word is lost on the way: checks compare quotations with this text.
"""

from __future__ import annotations

import re
import unicodedata

from litreview.text.tex import decode_tex

# One layer of markup can uncover another ("\\$x\\$"). Real abstracts settle in two passes.
_MAX_PASSES = 4

_ESCAPE_SEQUENCE = re.compile(
    "\x1b(?:\\[[0-?]*[ -/]*[@-~]"  # colours and cursor moves
    "|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)"  # titles and links
    "|[PX^_][^\x1b]*\x1b\\\\)"  # device control strings
)
# Invisible though neither Cc nor Cf: joiners, fillers and variation selectors. Text can be hidden in
# selectors; without them an emoji only loses its preferred style.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
# What may not be for a terminal; a carriage return alone goes back to the beginning of the line. The joiners
# steer nothing, and words of Persian and Hindi need them.
_UNUSUAL = re.compile(r"[^ -~\n\t\r\u200c\u200d]|\r(?!\n)")
_SIGNS = ("\\", "{", "}", "$", "~", "`", "''", "--")
_MARKUP = re.compile("|".join(map(re.escape, _SIGNS)))

# Every alternative begins with a plain sign and looks behind only then, which makes the search five times as
# fast. In turn: addresses, which stay; opening and closing quotation marks; single ones; dashes; ties.
_TYPOGRAPHY = re.compile(
    r"https?://[^\s'`\"{}$]+|www\.[^\s'`\"{}$]+"
    r"|``(?<!```)(?!`)|''|\"(?<=\S\")"
    r"|`(?<![\w`]`)(?=[^\s`'])[^`']{1,80}'(?![\w'])"
    r"|---(?<!----)(?!-)|--(?<![-<]--)(?![->])|~"
)
_ASCII_SIGNS = re.compile(r"[`~]|''|--")
_KEEPS_TILDE = frozenset(" ([{/<>=≤≥≈|\"'“‘+±–—")
_DEGREE = re.compile(r"\^ ?[∘°]")
_HARD = str.maketrans(dict.fromkeys("\\{}$~`", " "))


def clean_text(text: str) -> str:
    r"""Return `text` on one line, in NFC, without invisible characters and without remains of TeX.

    Quotation marks become “…” rather than "…": that is what ``…'' stands for, the opening and the closing
    one stay apart for whoever splits sentences, and a model can quote them in JSON without escaping.
    `~` is a tie and becomes a space, but stays where it means "about" or a range ("~10%", "2~3"). A bare
    `%` is never a comment. Idempotent, linear in the length of the text, never raises.

    >>> clean_text(r"It is~faster by ~10\% than ``GPT--2'' \emph{and} {\'E}clair.")
    'It is faster by ~10% than “GPT–2” and Éclair.'
    """
    text = strip_controls(text)
    for _ in range(_MAX_PASSES):
        cleaned = _clean_once(text)
        if cleaned == text:
            return text
        text = cleaned
    # Still changing: not written by people. Without the signs below a pass has nothing left to change.
    return strip_controls(_MARKUP.sub(" ", text.translate(_HARD)))


def may_hide(text: str) -> bool:
    """Whether a text may hold what cannot be seen; a look at all of it before one at each character."""
    return not text.isprintable() or (not text.isascii() and _INVISIBLE.search(text) is not None)


def strip_controls(text: str) -> str:
    r"""Return `text` on one line, in NFC, without characters that cannot be seen or that steer a terminal.

    For names and other fields where braces and backslashes may be meant. Lone surrogates become U+FFFD, so
    that the result can always be encoded.

    >>> strip_controls("two\n lines, \x1b[31mred\u202e\u200b")
    'two lines, red'
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()  # Most texts; no pattern is as fast.
    text = " ".join(text.split())
    if text.isascii() and text.isprintable():
        return text
    if not text.isprintable():
        text = "".join(map(_visible, _ESCAPE_SEQUENCE.sub("", text)))
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return " ".join(text.split())


def shown(text: str) -> str:
    r"""Return text of any number of lines as a terminal may have it: what would steer it is spelled out.

    For messages and names that are told as they are; tabs and line breaks stay.

    >>> shown("no file \x1b[31m'a.bib'")
    "no file \\x1b[31m'a.bib'"
    """
    return _UNUSUAL.sub(_spelled, text)


def is_hidden(character: str) -> bool:
    """Whether a character cannot be seen or steers a terminal; white space of any kind is not hidden."""
    printable = character.isprintable() or character.isspace()
    return not printable or _INVISIBLE.match(character) is not None


def _spelled(found: re.Match[str]) -> str:
    character = found[0]
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode("ascii")


def _visible(character: str) -> str:
    if character.isprintable() or character.isspace():
        return character
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"
    if "\x80" <= character <= "\x9f":
        # Windows-1252 read as Latin-1: these are quotes and dashes.
        return bytes([ord(character)]).decode("cp1252", errors="ignore")
    return "" if category in ("Cc", "Cf") else character


def _clean_once(text: str) -> str:
    if not any(sign in text for sign in _SIGNS):
        return text
    if "\\" in text or "{" in text or "}" in text or "$" in text:
        text = decode_tex(text)
    if _ASCII_SIGNS.search(text):
        text = _typeset(text)
    return strip_controls(_DEGREE.sub("°", text) if "^" in text else text)


def _typeset(text: str) -> str:
    """Write ties, dashes and quotation marks made of ASCII characters as what they stand for."""
    depth = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal depth
        found = match[0]
        if found == "``":
            depth += 1
            return "“"
        if found in ("''", '"'):
            closes = depth > 0
            depth -= closes
            return "”" if closes else found
        if found == "~":
            return "~" if _is_tilde(text, match.start()) else " "
        if found == "--":
            return found if _is_option(text, match.start()) else "–"
        if found[0] == "`":
            return f"‘{found[1:-1]}’"
        return "—" if found == "---" else found

    return _TYPOGRAPHY.sub(replace, text)


def _is_tilde(text: str, at: int) -> bool:
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return not before or before in _KEEPS_TILDE or (before.isdigit() and after.isdigit())


def _is_option(text: str, at: int) -> bool:
    """Tell `--verbose` from a dash."""
    before, after = text[at - 1 : at], text[at + 2 : at + 3]
    return (not before or before in " (") and after.isalpha()
