"""The sentences of a Markdown document, each with its place, its citations and its quotations. No I/O."""

from __future__ import annotations

import html
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from litreview.text.cleaning import clean_text, strip_controls
from litreview.text.sentences import Span, split_sentences

from .citations import Mark, find_marks
from .folding import count_words
from .markdown import Block, BlockKind, Place, read_blocks
from .quotes import LEAST_WORDS

# Stands for "@lee2020" while sentences are split: a sentence begins with a word.
_SPOKEN = "Authors"
_UNREADABLE = "\ufffc"
# Marks of emphasis: next to a word, and not within one.
_EMPHASIS = re.compile(r"\*+(?=\S)|(?<=\S)\*+|(?<![\w])_+(?=\S)|(?<=\S)_+(?![\w])")
_QUOTATION = re.compile(
    r"“([^“”]{1,2000})”|(?<![\w\"])\"(?=\S)([^\"]{1,2000})(?<=\S)\"(?!\w)|«([^«»]{1,2000})»"
)
_OPENING_QUOTES = ("“", '"', "«")
_CUT = re.compile(r"\s*(?:\[\s*(?:…|\.\s?\.\s?\.)\s*\]|…|\.\s?\.\s?\.)\s*")
_CLOSING = frozenset(".,;:!?)")


@dataclass(frozen=True)
class Passage:
    """A sentence, or a row of a table.

    Attributes:
        kind: What it is a part of.
        place: Where it begins in the file.
        text: As a reader sees it, citations included, on one line.
        prose: The same without citations and code.
        keys: The keys it cites, each once, those of its footnotes included.
        quotations: What it quotes verbatim, at least five words each; an ellipsis parts quotations.
        follows_cited: Whether the sentence before it in its paragraph cites something.
    """

    kind: BlockKind
    place: Place
    text: str
    prose: str
    keys: tuple[str, ...]
    quotations: tuple[str, ...] = ()
    follows_cited: bool = False


def read_passages(text: str) -> list[Passage]:
    """The sentences of a document in order; any text is a document, nothing is raised."""
    parsed = [_Parsed.of(block) for block in read_blocks(text)]
    notes: dict[str, tuple[str, ...]] = {}
    for item in parsed:
        if item.block.label:
            notes[item.block.label] = (*notes.get(item.block.label, ()), *_named(item.marks))
    used = {key for item in parsed for mark in item.marks if mark.kind == "note" for key in mark.keys}
    found: list[Passage] = []
    for row, items in groupby(parsed, key=lambda item: item.block.row if item.block.kind == "row" else 0):
        if row:
            found.extend(_row([passage for item in items for passage in item.passages(notes)]))
            continue
        for item in items:
            passages = item.passages(notes)
            # "[^1]: [@lee2020]." says nothing but whom the sentence with the mark cites.
            bare = item.block.label in used and not any(_says_something(passage) for passage in passages)
            found.extend(() if bare else passages)
    return found


def _says_something(passage: Passage) -> bool:
    return count_words(passage.prose) > 3


def _named(marks: Iterable[Mark]) -> Iterator[str]:
    return (key for mark in marks if mark.kind != "note" for key in mark.keys)


def _row(cells: Sequence[Passage]) -> Iterator[Passage]:
    """A row with a citation as one passage: what a cell says is about the paper another cell cites."""
    # Imported here, for few documents have tables, and its many models take a while to make.
    from litreview.related_work import NOT_STATED

    keys = dict.fromkeys(key for cell in cells for key in cell.keys)
    if keys:
        quotations = tuple(quotation for cell in cells for quotation in cell.quotations)
        text = " | ".join(cell.text for cell in cells)
        # A cell that says that nothing is said denies nothing of what its neighbours say.
        said = (cell.prose for cell in cells if cell.prose.strip(" .*_").lower() != NOT_STATED)
        prose = " | ".join(filter(None, said))
        yield Passage("row", cells[0].place, text, prose, tuple(keys), quotations)


@dataclass(frozen=True)
class _Parsed:
    """A block with its citations.

    Attributes:
        shown: What each character of the block's content is to a reader, mostly itself.
        plain: The prose to split into sentences, without citations.
        origin: For each character of `plain` its offset into the content.
        spoken: Places in `plain` where a word stands for a citation.
        where: For each mark the length of `plain` before it.
    """

    block: Block
    marks: tuple[Mark, ...]
    shown: Sequence[str]
    plain: str
    origin: Sequence[int]
    spoken: Sequence[Span]
    where: Sequence[int]

    @classmethod
    def of(cls, block: Block) -> _Parsed:
        pairs = list(zip(block.content, block.kinds, strict=True))
        # Most characters are prose and stand for themselves; the functions are for the others.
        masked = "".join([c if k == "text" and c != "\n" else _masked(c, k) for c, k in pairs])
        marks = tuple(find_marks(masked))
        shown = [c if k == "text" and c != "\n" else _shown(c, k) for c, k in pairs]
        for match in _EMPHASIS.finditer(masked) if "*" in masked or "_" in masked else ():
            shown[match.start() : match.end()] = [""] * len(match[0])
        for found in marks:
            shown[found.start : found.end] = block.content[found.start : found.end]
        plain: list[str] = []
        origin: list[int] = []
        spoken: list[Span] = []
        where: list[int] = []
        at = 0
        for start, end, mark in _pieces(marks, len(block.content)):
            kept = [n for n in range(at, start) if shown[n] and block.kinds[n] != "code"]
            if kept and shown[kept[0]] in _CLOSING and where and where[-1] == len(plain):
                while plain and plain[-1] == " ":  # "They win [@a]." has no space before its stop.
                    plain.pop()
                    origin.pop()
                where[-1] = len(plain)
            plain.extend([shown[n] for n in kept])
            origin.extend(kept)
            if mark:
                where.append(len(plain))
                if mark.kind == "spoken":
                    spoken.append(Span(len(plain), len(plain) + len(_SPOKEN)))
                    plain.extend(_SPOKEN)
                    origin.extend([start] * len(_SPOKEN))
            at = end
        return cls(block, marks, shown, "".join(plain), origin, spoken, where)

    def passages(self, notes: Mapping[str, tuple[str, ...]]) -> list[Passage]:
        """The sentences of the block."""
        spans = _whole_quotations(split_sentences(self.plain), self.plain)
        marks: list[list[Mark]] = [[] for _ in spans or (0,)]
        starts = [span.start for span in spans]
        for mark, at in zip(self.marks, self.where, strict=True):
            # "They win. [@a]" is about what stands before the mark, "They win. @a loses." about what follows.
            before = bisect_right(starts, at) if mark.kind == "spoken" else bisect_left(starts, at)
            marks[max(before - 1, 0)].append(mark)
        found: list[Passage] = []
        if not spans and not self.marks:
            return found
        for span, cited in zip(spans or (Span(0, 0),), marks, strict=True):
            found.append(self._passage(span, cited, notes, follows_cited=bool(found and found[-1].keys)))
        return found

    def _passage(
        self, span: Span, marks: Sequence[Mark], notes: Mapping[str, tuple[str, ...]], *, follows_cited: bool
    ) -> Passage:
        starts = [mark.start for mark in marks]
        ends = [mark.end for mark in marks]
        if span.end > span.start:
            starts.append(self.origin[span.start])
            ends.append(self.origin[span.end - 1] + 1)
        keys = dict.fromkeys(
            key
            for mark in marks
            for key in (notes.get(mark.keys[0], ()) if mark.kind == "note" else mark.keys)
        )
        prose = self._prose(span)
        return Passage(
            kind=self.block.kind,
            place=self.block.place(min(starts)),
            text=strip_controls(html.unescape("".join(self.shown[min(starts) : max(ends)]))),
            prose=prose,
            keys=tuple(strip_controls(key) for key in keys),
            quotations=tuple(_quotations(prose)),
            follows_cited=follows_cited,
        )

    def _prose(self, span: Span) -> str:
        """The words of a sentence, without the words that stand for citations."""
        pieces, at = [], span.start
        first, last = bisect_left(self.spoken, (span.start,)), bisect_left(self.spoken, (span.end,))
        for word in self.spoken[first:last]:
            pieces.append(self.plain[at : word.start])
            at = word.end
        return clean_text(html.unescape("".join([*pieces, self.plain[at : span.end]])))


def _pieces(marks: Sequence[Mark], end: int) -> Iterator[tuple[int, int, Mark | None]]:
    """Start and end of every mark, and at last the end of the text."""
    yield from ((mark.start, mark.end, mark) for mark in marks)
    yield end, end, None


def _masked(character: str, kind: str) -> str:
    """What citations may be read from: prose as it is, a line end as a space, nothing else."""
    if kind == "text":
        return " " if character == "\n" else character
    return " " if kind == "space" else _UNREADABLE


def _shown(character: str, kind: str) -> str:
    if kind == "hidden":
        return ""
    return " " if character == "\n" or kind == "space" else character


def _whole_quotations(spans: Sequence[Span], text: str) -> list[Span]:
    """Sentences joined where a quotation goes on from one to the next."""
    inside = [match.span() for match in _quoted(text)]
    starts = [start for start, _ in inside]
    found: list[Span] = []
    for span in spans:
        last = bisect_left(starts, found[-1].end) - 1 if found else -1
        if last >= 0 and span.start < inside[last][1]:
            found[-1] = Span(found[-1].start, span.end)
        else:
            found.append(span)
    return found


def _quoted(text: str) -> Iterator[re.Match[str]]:
    # Most texts quote nothing, which is seen faster than the pattern is tried at each of their places.
    return _QUOTATION.finditer(text) if any(map(text.__contains__, _OPENING_QUOTES)) else iter(())


def _quotations(prose: str) -> Iterator[str]:
    for match in _quoted(prose):
        quoted = match[1] or match[2] or match[3]
        yield from (part for part in _CUT.split(quoted) if count_words(part) >= LEAST_WORDS)
