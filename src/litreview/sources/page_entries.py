"""Where one entry of a saved page ends and the next one begins. Pure, and knows nothing of papers.

An entry normally ends with a mark, its line of authors and date. Where the mark is missing the next title
follows the abstract, and only its shape tells that it is one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from litreview.sources.page_dates import PrintedDate, read_date

_AUTHORS = re.compile(r"\s*(?:[•∙*-]\s*)?(\d{1,3}(?:,?\d{3})*)\s+authors?\s*")
_AUTHORS_CUT_OFF = re.compile(r"\s*•\s*(?:\d+\s*)?([a-z]*)")
_ORGANISATION_LIMIT = 100
# The longest title of 108 real ones has 159 characters, the shortest abstract 1,372.
_TITLE_LIMIT = 300
_ABSTRACT_SIZE = 400

_SENTENCE_END = re.compile(r"""(?:[.!?…][)\]"'”’]*|https?://\S+)$""")
_URL = re.compile(r"https?://|www\.")
_LIST_ITEM = re.compile(r"[•*–-]\s|\(?\d{1,2}[.)]\s|\([a-z]\)\s")
_SECTION = re.compile(
    r"(?:abstract|introduction|background|motivation|objectives?|aims?|methods?|results?|findings"
    r"|conclusions?|contributions?|availability|keywords)\.?",
    re.IGNORECASE,
)
# How sentences of an abstract begin, and titles with a full stop at their end rarely do.
_SENTENCE_START = re.compile(
    r"(?:we|our|the|this|these|that|in|it|its|here|however|finally|moreover|furthermore|additionally|also|code"
    r"|data|extensive|experiments?|results?|to)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A line that is not blank; `opens` tells that it begins a paragraph."""

    number: int
    text: str
    opens: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """The lines that close an entry. `when` is the date as printed, `date` what could be read of it."""

    line: int
    author_count: int | None = None
    organisation: str | None = None
    organisation_handle: str | None = None
    when: str | None = None
    date: PrintedDate | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """The paragraphs before a mark. Without a mark it is the last run, and the page may be cut off in it."""

    paragraphs: tuple[tuple[Row, ...], ...]
    mark: Mark | None
    last_line: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a page, raw. `problem` says why it cannot be kept, `remark` what the user should know."""

    line: int
    title: str
    abstract: str | None
    mark: Mark | None
    problem: str | None = None
    remark: str | None = None


def rows_of(text: str) -> list[Row]:
    """Return the lines of a text that are not blank, whatever its line ends, numbered from 1."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    rows = []
    opens = True
    for number, line in enumerate(lines, start=1):
        if line.strip():
            rows.append(Row(number, line.rstrip(), opens))
        opens = not line.strip()
    return rows


def runs_of(rows: Sequence[Row]) -> list[Run]:
    """Return the paragraphs of a page, cut after each mark."""
    runs: list[Run] = []
    text: list[Row] = []
    at = 0
    while at < len(rows):
        found = _mark_of_authors(rows, at) or _mark_of_organisation(rows, at, text)
        if found is None:
            text.append(rows[at])
            at += 1
            continue
        mark, at = found
        above = [row for row in text if row.number < mark.line]
        runs.append(Run(_paragraphs(above), mark, rows[at - 1].number))
        text = []
    if text:
        cut_off = _mark_cut_off(text[-1])
        above = text[:-1] if cut_off else text
        runs.append(Run(_paragraphs(above), cut_off, text[-1].number))
    return runs


def entries_of(run: Run) -> list[Entry]:
    """Return the entries of a run: one, unless a mark is missing between two of them."""
    paragraphs = run.paragraphs
    if len(paragraphs) == 1 and len(paragraphs[0]) > 1 and len(paragraphs[0][0].text) <= _TITLE_LIMIT:
        # The blank line between title and abstract got lost.
        paragraphs = (paragraphs[0][:1], paragraphs[0][1:])
    if not paragraphs:
        line = run.mark.line if run.mark else 1
        return [Entry(line, "", None, run.mark, "a line of authors and date without a title above it")]
    starts = _title_positions([_text(p) for p in paragraphs], cut=run.mark is None)
    entries = []
    for start, end in zip(starts, [*starts[1:], len(paragraphs)], strict=True):
        mark = run.mark if end == len(paragraphs) else None
        cut = run.mark is None and end == len(paragraphs)
        title = _text(paragraphs[start])
        abstract = "\n\n".join(map(_text, paragraphs[start + 1 : end])) or None
        problem, remark = _judge(title, abstract, marked=mark is not None, cut=cut)
        entries.append(Entry(paragraphs[start][0].number, title, abstract, mark, problem, remark))
    return entries


def _mark_of_authors(rows: Sequence[Row], at: int) -> tuple[Mark, int] | None:
    """Read "• N authors", the dot and the date; dot and date may be missing where a page is cut off."""
    match = _AUTHORS.fullmatch(rows[at].text)
    if not match:
        return None
    following = at + 1
    dotted = following < len(rows) and _is_dot(rows[following])
    following += dotted
    when = None
    if following < len(rows):
        row = rows[following]
        if read_date(row.text) or (dotted and not row.opens):
            when = row.text.strip()
            following += 1
    # "0 authors" means that nobody knows.
    number = int(match[1].replace(",", "")) or None
    return Mark(rows[at].number, number, when=when, date=read_date(when or "")), following


def _mark_cut_off(row: Row) -> Mark | None:
    """Read "• 5 auth", where a page was cut off; its number may lack digits."""
    match = _AUTHORS_CUT_OFF.fullmatch(row.text)
    return Mark(row.number) if match and "authors".startswith(match[1]) else None


def _mark_of_organisation(rows: Sequence[Row], at: int, text: Sequence[Row]) -> tuple[Mark, int] | None:
    """Read the dot and the date, with the organisation's line before them where there is one."""
    if not _is_dot(rows[at]):
        return None
    row = rows[at]
    date_row = rows[at + 1] if at + 1 < len(rows) else None
    when = date_row.text.strip() if date_row and (read_date(date_row.text) or not date_row.opens) else None
    found = read_date(when or "")
    if found is None and row.opens:
        return None
    who = text[-1] if text and _is_organisation(text, row) else None
    if found is None and who is None:
        return None
    line = who.number if who else row.number
    handle, _, name = who.text.strip().partition(" ") if who else ("", "", "")
    mark = Mark(line, None, name.strip() or handle or None, handle or None, when, found)
    return mark, at + 1 + (when is not None)


def _is_dot(row: Row) -> bool:
    return row.text.strip() == "·"


def _is_organisation(text: Sequence[Row], dot: Row) -> bool:
    """Tell whether the line before a dot names an organisation rather than ending an abstract."""
    row = text[-1]
    if len(row.text) > _ORGANISATION_LIMIT or (not row.opens and len(text) > 1):
        return False
    if not dot.opens:
        return True
    return sum(r.opens for r in text) > 2 and not _SENTENCE_END.search(row.text)


def _paragraphs(rows: Sequence[Row]) -> tuple[tuple[Row, ...], ...]:
    paragraphs: list[list[Row]] = []
    for row in rows:
        if row.opens or not paragraphs:
            paragraphs.append([])
        paragraphs[-1].append(row)
    return tuple(map(tuple, paragraphs))


def _text(paragraph: Sequence[Row]) -> str:
    return "\n".join(row.text.strip() for row in paragraph)


def _title_positions(texts: Sequence[str], *, cut: bool) -> list[int]:
    starts = [0]
    for at in range(1, len(texts)):
        following = texts[at + 1] if at + 1 < len(texts) else None
        first = at == starts[-1] + 1
        ends_page = cut and at + 2 >= len(texts)
        if not _has_title_shape(texts[at]):
            continue
        if first:
            # A title right below a title: the upper one lost its abstract.
            begins = bool(following) and len(following or "") >= _ABSTRACT_SIZE and texts[at][-1] not in ".!?"
        elif ends_page:
            begins = bool(_SENTENCE_END.search(texts[at - 1]))
        else:
            begins = following is not None and _has_abstract_shape(following, texts[at])
        if begins:
            starts.append(at)
    return starts


def _has_title_shape(text: str) -> bool:
    if "\n" in text or len(text) > _TITLE_LIMIT or text[-1] in ":;,":
        return False
    if _URL.search(text) or _LIST_ITEM.match(text) or _SECTION.fullmatch(text):
        return False
    return text[-1] != "." or (len(text.split()) <= 16 and not _SENTENCE_START.match(text))


def _has_abstract_shape(text: str, title: str) -> bool:
    return len(text) > len(title) and (len(text) >= _ABSTRACT_SIZE or bool(_SENTENCE_END.search(text)))


def _judge(title: str, abstract: str | None, *, marked: bool, cut: bool) -> tuple[str | None, str | None]:
    """Return why an entry cannot be kept, or what to say about keeping it."""
    if abstract is None and len(title) > _TITLE_LIMIT:
        return "an abstract without a title above it", None
    if cut and abstract is None:
        return "the page ends after this title", None
    if cut and not _SENTENCE_END.search(abstract or ""):
        return "the page ends in the middle of this abstract", None
    if cut:
        return None, "the page ends before the line of authors and date; its date is unknown"
    if abstract is None:
        return None, "has no abstract on this page"
    return None, None if marked else "has no line of authors and date on this page; its date is unknown"
