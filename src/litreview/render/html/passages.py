"""Abstracts cut into pieces, those that a claim quotes marked. Offsets count code points, as Python does."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from litreview.answers import Evidence
from litreview.text.cleaning import is_hidden


class Piece(NamedTuple):
    """A part of a text, and whether it is quoted."""

    text: str
    quoted: bool


class Passage(NamedTuple):
    """Title and abstract of one paper with what is quoted of them.

    `elsewhere` are quotations that stand in neither as they are known now: the paper has been changed since
    the answer was checked, or is gone.
    """

    title: tuple[Piece, ...]
    abstract: tuple[Piece, ...]
    elsewhere: tuple[str, ...]


def passage_of(title: str, abstract: str | None, evidence: Iterable[Evidence]) -> Passage:
    """Mark the evidence in the texts of the paper it was taken from."""
    texts = {"title": title, "abstract": abstract or ""}
    spans: dict[str, list[tuple[int, int]]] = {"title": [], "abstract": []}
    elsewhere = []
    for piece in evidence:
        span = _span(texts[piece.part], piece)
        if span:
            spans[piece.part].append(span)
        else:
            elsewhere.append(plain(piece.quote))
    marked = {part: _pieces(text, spans[part]) for part, text in texts.items()}
    return Passage(marked["title"], marked["abstract"], tuple(dict.fromkeys(elsewhere)))


def plain(text: str) -> str:
    """Without what cannot be seen; only what did not go through the import can hold such characters.

    Signs that this Python does not know yet, or that a font of its own has, are no hidden ones.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(character for character in text if not _drops(character))


def _drops(character: str) -> bool:
    return is_hidden(character) and unicodedata.category(character) not in ("Cn", "Co")


def _span(text: str, evidence: Evidence) -> tuple[int, int] | None:
    start, end = evidence.start, evidence.end
    if start is not None and end is not None and text[start:end] == evidence.quote:
        return start, end
    found = text.find(evidence.quote) if evidence.quote else -1
    return (found, found + len(evidence.quote)) if found >= 0 else None


def _pieces(text: str, spans: list[tuple[int, int]]) -> tuple[Piece, ...]:
    """Cut a text at its spans; those that overlap or touch are one."""
    pieces, at = [], 0
    for start, end in _merged(spans):
        pieces += [Piece(plain(text[at:start]), False), Piece(plain(text[start:end]), True)]
        at = end
    pieces.append(Piece(plain(text[at:]), False))
    return tuple(piece for piece in pieces if piece.text)


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
