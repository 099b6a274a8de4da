r"""A text as the pieces that quoting must preserve, each with its place in the original.

A quote and an abstract are compared without what copying changes: case, Unicode form (NFKC), accents, runs of
white space, the style of quotes and dashes, hyphens within a word or at the end of a line, punctuation, and
remains of TeX. What carries meaning is kept: letters, digits with their decimal points, and signs like %,
<, ± or a minus. Pure; offsets count code points of the text as it was given.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple

from litreview.text.tex_commands import ACCENTS, DRESS, LETTERS, SYMBOLS

# What stands between two pieces. "none": nothing, they are one word. "soft": a hyphen, which spellings may
# drop, or a sign. "hard": white space or punctuation. "cut": an ellipsis.
Gap = Literal["none", "soft", "hard", "cut"]

_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_PIECE = re.compile(
    r"(?P<ascii>[A-Za-z]+)(?![^\W\d_]|[\u0300-\u036f])"
    r"|(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,/]*\d)|\d+(?:[.,/]\d+)*)"
    rf"|(?P<raised>[⁺⁻]?[{_SUPERSCRIPTS}]+)"
    rf"|(?P<word>(?:[^\W\d_{_SUPERSCRIPTS}][\u0300-\u036f]*)+)"
    r"|\\(?P<command>[A-Za-z]+)\*?"
    r"|(?P<plusminus>\+/-|\+-|±)"
    r"|(?P<minus>(?<![\w)\]%])[-−–‐‑](?=\.?\d))"
    r"|(?P<power>\^(?=\{?[-−]?\d))"
    r"|(?P<sign>\\?[%‰+<>=≤≥≠×÷#@£€¥°∞])"
)
# Groups, accents written before their letter, soft hyphens and characters that cannot be seen.
_IGNORED = re.compile(
    r"\\['\"`^~=.](?=[A-Za-z{\\]|$)|\\[-/!@()\[\]]|[{}$^\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]"
)
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?\s?")
# From its first letter or digit to the next white space: a word of whatever signs.
_WORDED = re.compile(r"[^\W_]\S*")
_LETTERS = re.compile("[a-z]+")
_HYPHEN = re.compile(r"(?:[-‐‑–−_]|[-‐‑]\s+|[–−]\s*\n\s*)")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_ELLIPSIS = re.compile(r"\.\s?\.\s?\.|…|⋯")
_APOSTROPHES = frozenset("'’‘ʼ`´′")
_ACCENT = re.compile(r"(?<=[a-zα-ω])[\u0300-\u036f]+")
_SIGN_KINDS = frozenset({"sign", "minus", "plusminus", "power", "raised"})


class Piece(NamedTuple):
    """A folded word, number or sign: `text[start:end]` of the original, and what stands before it."""

    folded: str
    start: int
    end: int
    gap: Gap
    is_sign: bool = False
    attached: bool = False


@dataclass(frozen=True)
class Folded:
    """A text and its pieces, in order."""

    text: str
    pieces: tuple[Piece, ...]

    @cached_property
    def squeezed(self) -> str:
        """All pieces without anything between them."""
        return "".join(piece.folded for piece in self.pieces)

    @cached_property
    def says_something(self) -> bool:
        """Whether there is a letter or a digit in it."""
        return any(any(map(str.isalnum, piece.folded)) for piece in self.pieces)

    @cached_property
    def longest_letters(self) -> str:
        """The longest run of the letters a to z in `squeezed`."""
        return max(_LETTERS.findall(self.squeezed), key=len, default="")

    @cached_property
    def numbers(self) -> dict[int, int]:
        """Offset into `squeezed` to the number of the piece that begins there; the end of it all, too."""
        found: dict[int, int] = {}
        at = 0
        for number, piece in enumerate(self.pieces):
            found[at] = number
            at += len(piece.folded)
        found[at] = len(self.pieces)
        return found

    @cached_property
    def words(self) -> tuple[tuple[str, int, int], ...]:
        """Words with their offsets into the text, parted at hyphens, with the signs that cling: "82.1%"."""
        found: list[tuple[str, int, int]] = []
        sign_before = False
        for piece in self.pieces:
            clings = piece.gap == "none" or (piece.attached and (piece.is_sign or sign_before))
            if found and clings:
                word, start, _ = found[-1]
                found[-1] = (word + piece.folded, start, piece.end)
            elif piece.folded != "|":
                found.append((piece.folded, piece.start, piece.end))
            sign_before = piece.is_sign
        return tuple(found)

    def opens_word(self, number: int) -> bool:
        """Whether a quotation may begin with this piece: at a word's start, and not between "-" and "5"."""
        piece = self.pieces[number]
        return number == 0 or (
            piece.gap != "none" and not (piece.attached and self.pieces[number - 1].is_sign)
        )

    def closes_word(self, number: int) -> bool:
        """Whether a quotation may end before this piece: at a word's end, and not between "5" and "%"."""
        if number == len(self.pieces):
            return True
        piece = self.pieces[number]
        return piece.gap != "none" and not (piece.attached and piece.is_sign)


@lru_cache(maxsize=4096)
def fold(text: str) -> Folded:
    r"""Return the pieces of a text.

    >>> [piece.folded for piece in fold("A 48.4\\% speed-up").pieces]
    ['a', '48.4', '%', 'speed', 'up']
    """
    pieces: list[Piece] = []
    end = 0
    number_before = sign_before = False
    for match in _PIECE.finditer(text):
        kind = match.lastgroup or ""
        form = match[0].lower() if kind == "ascii" else _form(kind, match[kind])
        if not form:  # a command that is an accent, a font or a space: part of the gap
            continue
        start = match.start()
        between = text[end:start]
        is_sign = kind in _SIGN_KINDS or (kind == "command" and not SYMBOLS.get(match[kind], "x").isalnum())
        gap: Gap = "hard" if between == " " else _gap(between)
        if kind == "number" and number_before and gap != "none":
            pieces.append(Piece("|", start, start, gap))  # "5-10" is not "510"
        if (is_sign or sign_before) and gap != "cut":
            gap = "soft"
        end = match.end()
        pieces.append(Piece(form, start, end, gap, is_sign, not between))
        number_before, sign_before = kind == "number", is_sign
    return Folded(text, tuple(pieces))


def count_words(text: str) -> int:
    """The words of a text: runs between white space that hold a letter or a digit."""
    return len(_WORDED.findall(text))


def _form(kind: str, found: str) -> str:
    """The form under which a piece is compared; empty for a command that writes nothing of weight."""
    if kind == "number":
        plain = unicodedata.normalize("NFKC", found)
        return plain.replace(",", "") if _THOUSANDS.fullmatch(plain) else plain
    if kind == "raised":
        return "^" + unicodedata.normalize("NFKC", found).replace("−", "-")
    if kind == "command":
        return _command(found)
    if kind == "minus":
        return "-"
    if kind == "plusminus":
        return "±"
    return _plain(found.lstrip("\\"))


def _command(name: str) -> str:
    if name in LETTERS:
        return _plain(LETTERS[name])
    if name in DRESS or name in ACCENTS:
        return ""
    sign = SYMBOLS.get(name, name)
    return _plain(sign) if any(map(str.isalnum, sign)) or sign in "×±<>≤≥≠÷∞°‰" else ""


@lru_cache(maxsize=50_000)
def _plain(word: str) -> str:
    if word == "×":
        return "x"
    if word.isascii():
        return word.lower()
    lowered = unicodedata.normalize("NFKC", word).casefold()
    return unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFD", lowered)))


@lru_cache(maxsize=10_000)
def _gap(between: str) -> Gap:
    if "\\" in between:
        between = _COMMAND.sub(_gap_of_command, between).replace("\\ ", " ").replace("\\\\", " ")
    left = _IGNORED.sub("", between)
    if not left or left in _APOSTROPHES:
        return "none"
    if _ELLIPSIS.search(left):
        return "cut"
    return "soft" if _HYPHEN.fullmatch(left) else "hard"


def _gap_of_command(match: re.Match[str]) -> str:
    name = match[1]
    return "" if name in DRESS or name in ACCENTS else SYMBOLS.get(name, " ")
