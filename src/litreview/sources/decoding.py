"""From bytes to text: encodings are recognised, and what cannot be text is told from what can.

UTF-8 is never guessed at: text that decodes as UTF-8 is UTF-8, line by line. Only for the lines that do not
is another encoding looked for, once in a file, and named in a note.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator

from litreview.sources.batch import Rejected, SourceBatch
from litreview.sources.streams import HEAD_SIZE, STREAM_ERRORS, Converted, Opened, TooLarge

# What is read as a whole (a saved page, a .bib file) takes nine times its size in memory; 48,281 abstracts as
# BibTeX have 69 MB.
WHOLE_LIMIT = 256 * 1024**2
# One paper on one line; the longest of 148,000 real records has 13 kB.
LINE_LIMIT = 8 * 1024**2

_SIGNATURES = (
    (b"%PDF", "a PDF; litreview reads lists of abstracts, so export those as text"),
    (b"PK\x03\x04", "a ZIP archive, which is not looked into; unpack it and name the files in it"),
    (b"\xff\xfe", "UTF-16 text; convert it with: iconv -f UTF-16 -t UTF-8"),
    (b"\xfe\xff", "UTF-16 text; convert it with: iconv -f UTF-16 -t UTF-8"),
    (b"SQLite format 3\x00", "an SQLite database; export what it holds as text"),
)
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HIGH = re.compile(rb"[\x80-\xff]+")
# What charset-normalizer may choose from. Left to itself it takes short Western texts for Big5 or cp1125.
_LATIN = ["cp1252", "cp1250", "mac_roman"]
_OTHERS = ["cp1251", "koi8_r", "cp1253", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr"]
_WESTERN = "cp1252"
# So many different bytes above ASCII are needed for a choice: fewer are as good in any encoding.
_TELLING = 3


def binary_reason(head: bytes) -> str | None:
    """Return what to say about a file that is no UTF-8 text, or None where it may be."""
    for signature, reason in _SIGNATURES:
        if head.startswith(signature):
            return reason
    if b"\x00" in head:
        return "a binary file, not text; export what it holds as text"
    return None


class TextStream:
    r"""The text of a byte stream, in pieces or in lines, with "\n" at the end of every line.

    What went wrong on the way is kept for `closing`: an encoding that had to be guessed, lines too long to
    be a paper, the place where the stream broke off. Read it once.

    Args:
        opened: The stream with its head.
        encoding: What it is encoded in, where somebody said so; what is not in it is UTF-8 or guessed.
    """

    def __init__(self, opened: Opened, *, encoding: str | None = None) -> None:
        wide = None if encoding else _wide_encoding(opened.head)
        self._stream, head = _plain(opened, encoding if _is_wide(encoding) else wide)
        self.head = head.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
        self.binary = binary_reason(head)
        self._sample = head
        self._other = None if _is_wide(encoding) else encoding
        self._told = encoding is not None
        self._line = 1
        self._failure: Exception | None = None
        self._notes: list[str] = []
        self._rejected: list[Rejected] = []

    def declare(self, encoding: str) -> None:
        """Name the encoding a file claims for itself, for what in it is not UTF-8."""
        if self._other is None and is_text_encoding(encoding) and not _is_wide(encoding):
            self._other = encoding

    def chunks(self) -> Iterator[str]:
        """Yield the text in pieces of about 64 kB that mostly end where a line ends."""
        pending = b""
        first = True
        while True:
            chunk = self._read()
            if first and chunk:
                chunk = chunk.removeprefix(codecs.BOM_UTF8)
                first = False
            data = pending + chunk
            if not chunk:
                break
            cut = data.rfind(b"\n") + 1 or (_whole_characters(data) if len(data) >= HEAD_SIZE else 0)
            pending = data[cut:]
            if cut:
                yield self._decode(data[:cut])
        if data:
            yield self._decode(data, last=True)

    def lines(self) -> Iterator[str]:
        """Yield line by line; one of more than `LINE_LIMIT` bytes is kept as rejected and left blank."""
        number, size = 1, 0
        parts: list[str] = []
        for chunk in self.chunks():
            for part in io.StringIO(chunk, newline="\n"):
                size += len(part)
                parts.append(part if size <= LINE_LIMIT else part[-1:])
                if part.endswith("\n"):
                    yield self._line_of(parts, number, size)
                    parts, size, number = [], 0, number + 1
                elif size > LINE_LIMIT:
                    parts = ["".join(parts)[:1000]]
        if parts:
            yield self._line_of(parts, number, size)

    def whole(self) -> str | None:
        """Return all of it, or None where that is too much to be read at once."""
        parts: list[str] = []
        size = 0
        for chunk in self.chunks():
            parts.append(chunk)
            size += len(chunk)
            if size > WHOLE_LIMIT:
                reason = f"it holds more than {WHOLE_LIMIT:,} bytes, which no such file does; split it"
                self._rejected.append(Rejected(path="", reason=reason))
                return None
        return "".join(parts)

    def closing(self) -> SourceBatch:
        """Return what there is to say once all was read."""
        rejected = list(self._rejected)
        if self._failure is not None:
            what = str(self._failure) or type(self._failure).__name__
            told = what if isinstance(self._failure, TooLarge) else f"it breaks off here ({what})"
            rejected.append(Rejected(path="", line=self._line, reason=f"{told}; what came before was read"))
        return SourceBatch(rejected=tuple(rejected), notes=tuple(self._notes))

    def _read(self) -> bytes:
        try:
            return self._stream.read1(HEAD_SIZE)
        except STREAM_ERRORS as error:
            self._failure = error
            return b""

    def _decode(self, data: bytes, *, last: bool = False) -> str:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            if last and error.reason == "unexpected end of data" and not self._other:
                # Cut off within a character: what is there before it counts.
                text = data[: error.start].decode("utf-8")
            else:
                text = "".join(map(self._decode_line, data.splitlines(keepends=True)))
        else:
            self._line += data.count(b"\n")
        return text.replace("\r\n", "\n") if "\r" in text else text

    def _decode_line(self, data: bytes) -> str:
        line = self._line
        self._line += data.endswith(b"\n")
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            if self._other is None:
                self._other = guess_encoding(self._sample if _is_broken(self._sample) else data)
            if not self._told:
                self._told = True
                self._notes.append(
                    f"line {line} is not UTF-8 (byte {data[error.start]:#04x}); such lines are read as"
                    f" {self._other}. If letters come out wrong, name another one with --encoding"
                )
        try:
            return data.decode(self._other)
        except UnicodeDecodeError:
            return data.decode("latin-1" if self._other == _WESTERN else self._other, "replace")

    def _line_of(self, parts: list[str], number: int, size: int) -> str:
        text = "".join(parts)
        if size <= LINE_LIMIT:
            return text
        reason = f"a line of more than {LINE_LIMIT:,} bytes is no paper"
        self._rejected.append(Rejected(path="", line=number, reason=reason))
        return "\n" if text.endswith("\n") else ""


def is_text_encoding(name: str) -> bool:
    """Tell whether Python knows an encoding of this name that bytes become text by."""
    try:
        b"a".decode(name)
    except LookupError:
        return False
    except UnicodeError:
        return True
    return True


def guess_encoding(sample: bytes) -> str:
    """Return the likeliest encoding of text that is not UTF-8.

    Latin letters with marks stand alone among ASCII letters, letters of other scripts stand in runs: that
    decides between two lists, and charset-normalizer chooses from the list. Where it finds Windows-1252 as
    good as another, or has too little to go by, that is taken: most exports that are not UTF-8 are written
    in it.
    """
    from charset_normalizer import from_bytes

    sample = b"".join(line for line in sample.splitlines(keepends=True) if _is_broken(line))
    runs = _HIGH.findall(sample)
    if len(set(b"".join(runs))) < _TELLING:
        return _WESTERN
    alone = sum(len(run) == 1 for run in runs)
    latin = 2 * alone >= len(runs)
    found = from_bytes(sample[:HEAD_SIZE], cp_isolation=_LATIN if latin else _OTHERS)
    best = found.best()
    if best is None:
        return _WESTERN
    equal = {name for match in found if match.chaos <= best.chaos for name in match.could_be_from_charset}
    return _WESTERN if _WESTERN in equal else best.encoding


def _plain(opened: Opened, wide: str | None) -> tuple[io.BufferedReader, bytes]:
    r"""The stream, and its head, as UTF-8 (or whatever 8-bit encoding it has) with "\n" between lines."""
    if wide:
        decoder = codecs.getincrementaldecoder(wide)(errors="replace")

        def convert(chunk: bytes, final: bool) -> bytes:
            return decoder.decode(chunk, final).encode("utf-8", "replace")

        head = opened.head.decode(wide, "replace").encode("utf-8", "replace")
    elif b"\r" in opened.head and b"\n" not in opened.head:
        # Line ends of the first Macintosh, which EndNote wrote for long.
        def convert(chunk: bytes, final: bool) -> bytes:  # noqa: ARG001 - the other kind needs it
            return chunk.replace(b"\r", b"\n")

        head = convert(opened.head, False)
    else:
        return opened.stream, opened.head
    return io.BufferedReader(Converted(opened.stream, convert), HEAD_SIZE), head


def _wide_encoding(head: bytes) -> str | None:
    """UTF-16 and UTF-32 by their mark; UTF-16 without one by the zero bytes of its ASCII letters."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    start = head[:400]
    zeros = (start[::2].count(0), start[1::2].count(0))
    if len(start) >= 20 and max(zeros) > 0.7 * len(start) / 2 and min(zeros) == 0:
        return "utf-16-be" if zeros[0] else "utf-16-le"
    return None


def _is_wide(encoding: str | None) -> bool:
    return encoding is not None and codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))


def _whole_characters(data: bytes) -> int:
    """How much of it to decode: all but a last UTF-8 character, or line end, that may go on."""
    for back in range(1, 4):
        if data[-back] >= 0xC0:
            return len(data) - back
        if data[-back] < 0x80:
            break
    return len(data) - data.endswith(b"\r")


def _is_broken(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason != "unexpected end of data"
    return False
