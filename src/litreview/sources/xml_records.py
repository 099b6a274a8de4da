"""The records of an XML file one by one, in memory that does not grow with the file. Pure.

A file is cut into its records before it is parsed, so that one that is not well-formed costs itself only.
What stands before the first record is not parsed, and a document that declares entities is not read at all.
So nothing is ever parsed that could unfold: entities are declared before the first element (XML 1.0, section
2.8), and each record is parsed as the inside of one. That is why the standard library's parser will do.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator
from html.entities import html5
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.parsers.expat import errors

from pydantic import ValidationError

from litreview.papers import Paper, Source
from litreview.sources.batch import Rejected, explain
from litreview.sources.records import further_on
from litreview.sources.window import Window

_DECLARES = re.compile(r"<!ENTITY\b", re.IGNORECASE)
_PREFIX = re.compile(r"(?:</?|\s)([A-Za-z_][\w.-]*):[A-Za-z_]")
_REFERENCE = re.compile(r"&(#\d{1,7};|#x[0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]*;|)")
# What no tag begins with: "z < 3".
_LESS_THAN = re.compile(r"<(?![A-Za-z_/!?])")
_BEFORE_NAME = re.compile(r"</?(?:[\w.-]+:)?")
_OWN_NAMES = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
# What XML 1.0 does not allow, escaped or not (section 2.2).
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# The longest start tag of a record that is waited for at the end of a piece.
_TAG_LENGTH = 200

Make = Callable[[Element, Source, list[str]], Paper]


def read_records(
    chunks: Iterable[str], make: Make, *, tag: str, source: Source
) -> Iterator[Paper | Rejected | str]:
    """Yield the paper of each element named `tag`, or the reason why it has none, and notes.

    Args:
        chunks: The text in pieces of any size.
        make: Makes a paper of an element, given its source and the notes. Raises ValueError for what cannot
            be one. Names in the element carry no namespaces.
        tag: The name of the elements, without a prefix.
        source: The format and the name of the file; line and position are added.
    """
    notes: list[str] = []
    for position, (line, raw) in enumerate(_fragments(chunks, tag), start=1):
        if position == 1 and not line:
            yield Rejected(path=source.name, reason=raw)
            return
        try:
            at = source.model_copy(update={"line": line, "position": position})
            yield make(_element(raw, tag), at, notes)
        except ValidationError as error:
            yield Rejected(path=source.name, line=line, reason=explain(error), raw=raw)
        except ValueError as error:
            yield Rejected(path=source.name, line=line, reason=str(error), raw=raw)
        yield from notes
        notes.clear()


def text_in(element: Element | None) -> str:
    """Return all the text in an element, as it stands."""
    return "" if element is None else "".join(element.itertext()).strip()


def _fragments(chunks: Iterable[str], tag: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each element; one ends at the latest where the next one begins.

    Line 0 stands for a reason not to read the file at all.
    """
    name = re.compile(rf"{tag}(?=[\s>])")
    window = Window(chunks)
    first = True
    while True:
        window.tidy()
        found = _next_tag(name, window.text, window.at, closing=False)
        before = window.text[window.at : found[0] if found else len(window.text)]
        if first and _DECLARES.search(before):
            yield 0, "it declares entities of its own, which can unfold without end; remove its <!DOCTYPE …>"
            return
        if found is None:
            window.at = max(window.at, len(window.text) - _TAG_LENGTH)
            if not window.move_on():
                return
            continue
        first = False
        window.at, behind = found
        line = window.line()
        while (end := _end_of(name, window.text, behind)) is None and window.grow():
            pass
        begun, window.at = window.at, len(window.text) if end is None else end
        yield line, window.text[begun : window.at].rstrip()


def _next_tag(name: re.Pattern[str], text: str, at: int, *, closing: bool | None) -> tuple[int, int] | None:
    """Where the next tag of this name begins and its name ends: an opening or a closing one, or either."""
    # A name is found faster than the sign that many tags begin with.
    for found in name.finditer(text, at):
        begun = text.rfind("<", max(at, found.start() - _TAG_LENGTH), found.start())
        is_tag = begun >= 0 and _BEFORE_NAME.fullmatch(text, begun, found.start())
        if is_tag and closing in (None, text[begun + 1] == "/"):
            return begun, found.end()
    return None


def _end_of(name: re.Pattern[str], text: str, at: int) -> int | None:
    """Where the element ends that begins before `at`, or None where that is not in the text yet."""
    found = _next_tag(name, text, at, closing=None)
    if found is None:
        return None
    begun, behind = found
    if text[begun + 1] != "/":
        return begun
    while text[behind : behind + 1].isspace():
        behind += 1
    if text.startswith(">", behind):
        return behind + 1
    # A closing tag that is not closed itself ends the element all the same.
    return behind if behind < len(text) else None


def _element(raw: str, tag: str) -> Element:
    """Parse one element; raises ValueError where it is not well-formed."""
    body = _FORBIDDEN.sub("", _REFERENCE.sub(_reference, raw) if "&" in raw else raw)
    body = _LESS_THAN.sub("&lt;", body)
    try:
        root = _parsed(body, "")
        if root is None:
            names = sorted({*_PREFIX.findall(raw)} - {"xml", "xmlns"})
            root = _parsed(body, "".join(f' xmlns:{name}="urn:{name}"' for name in names))
    except ParseError as error:
        problem, _, _ = str(error).partition(":")
        where = further_on(error.position[0] - 1)
        raise ValueError(f"not well-formed: {problem} ({where}); is </{tag}> missing?") from None
    if root is None:
        raise ValueError("not well-formed: a name has a prefix that cannot be one")
    element = root[0]
    for inner in element.iter():
        if isinstance(inner.tag, str) and "}" in inner.tag:
            inner.tag = inner.tag.rpartition("}")[2]
    return element


def _parsed(body: str, prefixes: str) -> Element | None:
    """The element around the body, or None where a prefix in it is not declared."""
    try:
        return fromstring(f"<r{prefixes}>{body}</r>")  # noqa: S314 - nothing can unfold here, see above
    except ParseError as error:
        if error.code == errors.codes[errors.XML_ERROR_UNBOUND_PREFIX]:
            return None
        raise


def _reference(found: re.Match[str]) -> str:
    """A reference as XML knows it: a bare "&" means itself, names of HTML mean their characters."""
    name = found[1]
    if name in _OWN_NAMES:
        return found[0]
    if name.startswith("#"):
        character = html.unescape(found[0])
        return html.escape(_FORBIDDEN.sub("", character))
    return html.escape(html5[name]) if name in html5 else f"&amp;{name}"
