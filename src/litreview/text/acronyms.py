"""Acronyms that a text defines itself: "multi-layer perceptron (MLP)", "MLP (multi-layer perceptron)".

After A. S. Schwartz and M. A. Hearst, "A simple algorithm for identifying abbreviation definitions in
biomedical text", PSB 2003. Pure; nothing is known beforehand about any acronym.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .words import fold, stem

_BRACKETED = re.compile(r"\(([^()]{2,120})\)")
_SHORT = re.compile(r"^(?=.{2,12}$)(?=[^\W_])(?=.*[^\W\d_])[^\W_]+(?:[-/.&][^\W_]+)*$")
_SENTENCE_END = re.compile(r"[.!?;]\s+(?=[A-Z(])|\n")
_ALTERNATIVE = re.compile(r"[,;:]\s|\s(?:or|i\.e\.)\s")
_WORD = re.compile(r"[^\W_]+")
_WORD_START = re.compile(r"(?<![^\W_])[^\W_]")
_PLURAL = re.compile(r"(?<=[A-Z])s$")
_NOT_ALNUM = re.compile(r"[\W_]+")


class Definition(NamedTuple):
    """An acronym and its words as they stand in the text, and the keys under which spellings meet."""

    short: str
    long: str

    @property
    def short_key(self) -> str:
        """The acronym folded and singular: "MLPs" and "MLP" are `mlp`."""
        return short_key(self.short)

    @property
    def long_key(self) -> str:
        """The words folded, joined and stemmed: "multi-layer perceptrons" is `multilayerperceptron`."""
        return long_key(self.long)


def short_key(short: str) -> str:
    """The key of an acronym: folded, singular, letters and digits only."""
    if short.isascii() and short.isalnum():
        # As most, which the patterns would leave as they are but for the plural.
        is_plural = short.endswith("s") and short[-2:-1].isupper()
        return (short[:-1] if is_plural else short).lower()
    return _NOT_ALNUM.sub("", fold(_PLURAL.sub("", short)))


def long_key(long: str) -> str:
    """The key of an expansion: folded, without spaces and hyphens, its end stemmed."""
    return stem(_NOT_ALNUM.sub("", fold(long)))


def find_definitions(text: str) -> tuple[Definition, ...]:
    """The acronyms that `text` defines, in order, each pair of keys once.

    >>> find_definitions("We pit multi-layer perceptrons (MLPs) against Vision Transformers (ViT).")
    (Definition(short='MLPs', long='multi-layer perceptrons'), Definition(short='ViT', long='Vision
    Transformers'))
    """
    found: dict[tuple[str, str], Definition] = {}
    for match in _BRACKETED.finditer(text):
        before = _SENTENCE_END.split(text[max(0, match.start() - 200) : match.start()])[-1].rstrip()
        definition = _define(before, _ALTERNATIVE.split(match[1])[0].strip())
        if definition:
            found.setdefault((definition.short_key, definition.long_key), definition)
    return tuple(found.values())


def _define(before: str, inside: str) -> Definition | None:
    """The definition made by `before (inside)`, in either direction."""
    if _is_short(inside):
        words = before.split()
        # The paper's bound on the length of an expansion: min(|A| + 5, 2 |A|) words.
        bound = min(len(inside) + 5, 2 * len(inside))
        long = _best_long(inside, " ".join(words[-bound:]))
        return Definition(inside, long) if long else None
    short = before.rsplit(maxsplit=1)[-1] if before else ""
    if _is_short(short) and len(inside.split()) <= min(len(short) + 5, 2 * len(short)):
        long = _best_long(short, inside)
        return Definition(short, inside) if long == inside else None
    return None


def _is_short(text: str) -> bool:
    """Whether this can be an acronym: two to twelve characters, a capital somewhere, no plain word."""
    if not _SHORT.match(text):
        return False
    capitals = sum(c.isupper() for c in text)
    return capitals >= 2 or (capitals == 1 and (len(text) <= 3 or any(c.isdigit() for c in text)))


def _best_long(short: str, text: str) -> str | None:
    """The shortest end of `text` that holds the letters of `short` in order, its first at a word's start."""
    letters = [c for c in fold(_PLURAL.sub("", short)) if c.isalnum()]
    folded = text.lower()
    if len(folded) != len(text):  # a few letters change length when lowered; offsets would be wrong
        return None
    end = len(folded)
    for index in range(len(letters) - 1, -1, -1):
        end = folded.rfind(letters[index], 0, end)
        while index == 0 and end > 0 and folded[end - 1].isalnum():
            end = folded.rfind(letters[0], 0, end)
        if end < 0:
            return None
    long = text[end:].strip()
    return long if _plausible(short, long) else None


def _plausible(short: str, long: str) -> bool:
    """Longer than the acronym, not containing it, of more than one word or element, its brackets closed."""
    words = _WORD.findall(long)
    if len(words) < 2 or len(long) <= len(short) or long.count("(") != long.count(")"):
        return False
    return short_key(short) not in {short_key(word) for word in words}
