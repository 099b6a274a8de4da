"""Where the sentences of an abstract begin and end, as offsets into the text.

The boundaries come from sentencex. Two things are done around it: quotes and brackets are hidden from it (an
apostrophe it takes for an opening quote swallows every boundary up to the next one), and splits that cannot
be right are undone. docs/decisions.md has the comparison with other libraries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import sentencex

_OPENERS = "([{\"'`“‘«‹"
_CLOSERS = ")]}\"'”’»›"
_HIDE = str.maketrans(dict.fromkeys(_OPENERS + _CLOSERS + "„‚", " "))

# Abbreviations after which a capital or a figure follows in running text; sentencex knows only some of them.
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[/])(?:al|approx|ca|cf|[Cc]hap|eds?|e\.g|[Ee]qs?|ex|[Ff]igs?|i\.e|incl|max|min|[Nn]os?|pp|[Rr]efs?"
    r"|resp|[Ss]ect?|St|[Tt]ab|viz|[Vv]ol|vs|w\.r\.t|Dr|Mrs?|Ms|Prof|[A-Z](?:\.-?[A-Z])*)\.$"
)
_PIECE = 10_000
_ALNUM = re.compile(r"[^\W_]")
_NUMBERED_ITEM = re.compile(r"(?:^|[:;,]\s+)\(?(?:\d{1,2}|[ivx]{1,4})\.$")
_LONGEST_ITEM = len("(viii.")
_NEW_SENTENCE_WITHOUT_SPACE = re.compile(r"[“\"(]?(?:[A-Z][a-z]+|[AI])[\s,]|[A-Z]{2,}\s")
_LOWERCASE_WORD = re.compile(r"[^\w\s]*[a-zà-öø-ÿ]+(?=[\s,.;:)]|$)")
_CAPITAL_END = re.compile(r"(?:^|\s)[A-Z]\.$")
_COMMON_OPENING = re.compile(
    r"(?:The|This|These|That|Those|We|Our|It|Its|In|On|At|By|For|From|To|With|As|An?|However|Moreover|Finally"
    r"|Furthermore|Here|There|They|Results|Experiments)\b"
)


class Span(NamedTuple):
    """A half-open range of code points: `text[start:end]`."""

    start: int
    end: int


def split_sentences(text: str) -> tuple[Span, ...]:
    """Return the sentences of `text` in order, without the white space around them.

    The spans do not overlap, and nothing but white space lies between them.

    >>> [(a, b) for a, b in split_sentences("Lee et al. win. So do we.")]
    [(0, 15), (16, 25)]
    """
    starts = _starts(text)
    spans: list[Span] = []
    worded = False  # Whether the last span holds a word or a number; looked at once a piece, not once a span.
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        span = _trimmed(text, start, end)
        if span.start == span.end:
            continue
        has_word = _ALNUM.search(text, span.start, span.end) is not None
        if spans and (not (worded and has_word) or _belongs_together(text, spans[-1], span)):
            spans[-1] = Span(spans[-1].start, span.end)
            worded = worded or has_word
        else:
            spans.append(span)
            worded = has_word
    return tuple(spans)


def _starts(text: str) -> list[int]:
    """Offsets where a sentence may begin, the first being 0."""
    hidden = text.translate(_HIDE)
    starts, reached = [0], 0
    for boundary in _boundaries(hidden):
        if boundary < reached:
            continue  # One of many boundaries in the same white space.
        start = boundary
        while start < len(hidden) and hidden[start].isspace():
            start += 1
        reached = start
        # An opening bracket was hidden: it goes with the sentence it opens, not with the one before.
        while start > starts[-1] and text[start - 1] in _OPENERS and _opens(text, start - 1):
            start -= 1
        if start > starts[-1]:
            starts.append(start)
    return starts


def _boundaries(text: str) -> Iterator[int]:
    """Where sentencex sees sentences begin; a text longer than any abstract is given to it in pieces.

    Its time grows with the square of the exclamation marks.
    """
    at = 0
    while at < len(text):
        end = len(text)
        if end - at > _PIECE:
            space = text.rfind(" ", at + 1, at + _PIECE)
            end = space if space > 0 else at + _PIECE
        for boundary in sentencex.get_sentence_boundaries("en", text[at:end]):
            start: int = boundary["start_index"]
            if start or not at:
                yield at + start
        at = end


def _opens(text: str, offset: int) -> bool:
    """Whether the bracket or quote at `offset` opens: only space or another opener stands before it."""
    return offset == 0 or text[offset - 1].isspace() or text[offset - 1] in _OPENERS


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    return Span(start + left, max(start + left, start + len(piece.rstrip())))


def _belongs_together(text: str, before: Span, after: Span) -> bool:
    """Whether a split between two neighbours is wrong; both hold words or numbers."""
    left, right = text[before.start : before.end], text[after.start : after.end]
    bare = left.rstrip(_CLOSERS)
    last = len(left.rsplit(maxsplit=1)[-1])
    # Sought from the space before the last word: a pattern is tried at every place of what it is given.
    if bare == left and _ABBREVIATION.search(left, max(0, len(left) - last - 1)):
        return not (_CAPITAL_END.search(left, max(0, len(left) - 3)) and _COMMON_OPENING.match(right))
    if (
        last <= _LONGEST_ITEM and _NUMBERED_ITEM.search(left, _before_last_word(left, last))
    ) or _inside_brackets(left, right):
        return True
    if before.end == after.start and text[before.end - 1] == ".":
        return not _NEW_SENTENCE_WITHOUT_SPACE.match(right)
    return _continues(bare, left, right)


def _before_last_word(left: str, last: int) -> int:
    """Where the sign before the last word stands, or 0."""
    return max(0, len(left[: len(left) - last].rstrip()) - 1)


def _continues(bare: str, left: str, right: str) -> bool:
    """Whether `right` goes on in lower case after a stop that a quotation or an abbreviation may own."""
    if not _LOWERCASE_WORD.match(right):
        return False
    # "jiant implements …" opens a sentence; "(is X better than Y?) in natural language" does not.
    return bare != left or not bare.endswith(".") or len(bare.rsplit(maxsplit=1)[-1]) <= 5


def _inside_brackets(left: str, right: str) -> bool:
    """Whether a bracket opened in `left` is closed in `right` before another one opens."""
    if left.count("(") <= left.count(")"):
        return False
    close = right.find(")")
    opened = right.find("(")
    return close >= 0 and (opened < 0 or close < opened)
