"""A Markdown document as its blocks of prose, with the place of every character in the file. No I/O.

markdown-it-py parses; what it does not tell, the columns, is found again from what its rules consumed. Code,
front matter, HTML, images, link targets and addresses are left out. Pandoc's footnotes are understood.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

BlockKind = Literal["prose", "heading", "row", "note"]

# What a character of a block is: prose as it stands, a line end, an escaped sign (prose, but no mark), code,
# or markup that no reader sees.
Kind = Literal["text", "space", "escape", "code", "hidden"]

_FRONT_MATTER = re.compile(r"\A(---|\+\+\+)[ \t]*\n(?:.*\n)*?(?:\1|\.\.\.)[ \t]*(?:\n|\Z)")
_NOTE = re.compile(r"\[\^(?P<label>[^\]\s]+)\]:")
_DIVISION = re.compile(r"^\s*:{3,}.*$")
_ADDRESS = re.compile(r"(?:\b[a-z][a-z0-9+.-]{0,30}://|\bwww\.)[^\s<>]*[^\s<>.,;:!?)\]'\"]", re.IGNORECASE)
_KINDS: dict[str, Kind] = {
    "text": "text",
    "newline": "space",
    "escape": "escape",
    "entity": "escape",
    "backticks": "code",
    "emphasis": "text",
    "image": "hidden",
    "autolink": "hidden",
    "html_inline": "hidden",
    "link": "hidden",
}


class Place(NamedTuple):
    """Where something stands in a file; both count from 1, columns in code points."""

    line: int
    column: int


@dataclass(frozen=True)
class Block:
    """One paragraph, heading, cell or the like.

    Attributes:
        kind: "row" is a cell of a table's body, "note" a paragraph of a footnote.
        content: Its Markdown, without what marks it as a list item or a quotation.
        kinds: What each character of `content` is.
        lines: For each line of `content` its line in the file and the column where it begins, from 1.
        label: The label of its footnote, or empty.
        row: The same number for all cells of a row of a table; 0 outside of tables.
    """

    kind: BlockKind
    content: str
    kinds: Sequence[Kind]
    lines: Sequence[Place]
    label: str = ""
    row: int = 0

    def place(self, offset: int) -> Place:
        """Where a character of `content` stands in the file."""
        number = bisect_right(self._starts, offset) - 1
        first = self.lines[number]
        return Place(first.line, first.column + offset - self._starts[number])

    @cached_property
    def _starts(self) -> Sequence[int]:
        """Where each line of `content` begins."""
        return [0, *(match.end() for match in re.finditer("\n", self.content))]


def read_blocks(text: str) -> Iterator[Block]:
    """Yield the blocks of a document that hold prose, in order. Any text is a document; nothing is raised.

    Args:
        text: The document; lines may end in any way.
    """
    source = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    source = _FRONT_MATTER.sub(lambda found: "\n" * found[0].count("\n"), source, count=1)
    parser = _parser()
    env: dict[str, Any] = {}
    lines = source.split("\n")
    context = _Context(lines)
    for token in parser.parse(source, env):
        context.enter(token)
        if token.type == "inline" and token.content.strip() and token.map:
            kinds = _kinds(parser, token.content, env)
            yield Block(context.kind, token.content, kinds, context.places(token), context.label, context.row)


class _Context:
    """What the blocks around a token tell: footnote, heading, table; and how far its line was read."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._open: list[str] = []
        self._cursor = Place(1, 1)
        self.label = ""
        self.row = 0

    @property
    def kind(self) -> BlockKind:
        if "heading" in self._open or "th" in self._open:
            return "heading"
        if "td" in self._open:
            return "row"
        return "note" if self.label else "prose"

    def enter(self, token: Token) -> None:
        if token.type == "footnote_open":
            self.label = str(token.meta["label"])
        elif token.type == "footnote_close":
            self.label = ""
        elif token.nesting == 1:
            self._open.append(token.type.removesuffix("_open"))
            self.row += token.type == "tr_open"
        elif token.nesting == -1 and self._open:
            self._open.pop()
        if token.type == "table_close":
            self.row += 1

    def places(self, token: Token) -> list[Place]:
        """Where each line of a block's content begins: the parser took off what stands before it."""
        first = token.map[0] if token.map else 0
        found = []
        for number, line in enumerate(token.content.split("\n"), start=first):
            source = self._lines[number] if number < len(self._lines) else ""
            if self._open[-1:] in (["td"], ["th"]):
                # Cells of a row follow each other on one line.
                start = self._cursor.column - 1 if self._cursor.line == number + 1 else 0
                at = max(source.find(line, start), source.find(line.replace("|", "\\|"), start), 0)
                self._cursor = Place(number + 1, at + len(line) + 1)
            elif source.rstrip().endswith(line.rstrip()):
                at = len(source.rstrip()) - len(line.rstrip())
            else:
                at = max(source.find(line), 0)
            found.append(Place(number + 1, at + 1))
        return found


def _kinds(parser: MarkdownIt, content: str, env: dict[str, Any]) -> list[Kind]:
    """What each character of a block's content is, by the inline rule that consumed it."""
    kinds: list[Kind | None] = [None] * len(content)
    parser.inline.parse(content, parser, {**env, "kinds": kinds, "content": content}, [])
    found: list[Kind] = [kind or "text" for kind in kinds]
    for match in _ADDRESS.finditer(content):
        found[match.start() : match.end()] = ["hidden"] * len(match[0])
    if _DIVISION.match(content) and "\n" not in content:
        return ["hidden"] * len(content)
    return found


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    """CommonMark with tables and footnotes, whose inline rules note what they consume."""
    from markdown_it import MarkdownIt, rules_inline

    parser = MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])
    parser.block.ruler.before("reference", "footnote", _footnote, {"alt": ["paragraph", "reference"]})
    rules = {
        "text": rules_inline.text,
        "newline": rules_inline.newline,
        "escape": rules_inline.escape,
        "backticks": rules_inline.backtick,
        "emphasis": rules_inline.emphasis.tokenize,
        "link": rules_inline.link,
        "image": rules_inline.image,
        "autolink": rules_inline.autolink,
        "html_inline": rules_inline.html_inline,
        "entity": rules_inline.entity,
    }
    for name, rule in rules.items():
        parser.inline.ruler.at(name, _noting(name, rule))
    return parser


def _noting(name: str, rule: Any) -> Any:
    """The same inline rule, which also notes in `env` what it consumed."""
    kind = _KINDS[name]

    def run(state: Any, silent: bool) -> bool:
        start = state.pos
        if not rule(state, silent):
            return False
        if not silent and state.src is state.env["content"]:
            _note(state.env["kinds"], name, kind, state.src[start : state.pos], start)
        return True

    return run


def _note(kinds: list[Kind | None], name: str, kind: Kind, consumed: str, start: int) -> None:
    if name == "escape" and consumed[1:2].isalpha():
        kind = "text"  # The beginning of a TeX command.
    end = start + len(consumed)
    # A link's text was noted before the link; what is left of it is brackets and target.
    kinds[start:end] = (
        [known or kind for known in kinds[start:end]] if name == "link" else [kind] * len(consumed)
    )
    if name == "escape" and kind == "escape":
        kinds[start] = "space" if consumed[1:2] == "\n" else "hidden"
        if consumed[1:2] == "\n":
            kinds[start + 1] = "space"


def _footnote(state: StateBlock, line: int, last: int, silent: bool) -> bool:
    """Block rule for a footnote's text: "[^1]: See …", further paragraphs indented."""
    from markdown_it.token import Token

    start = state.bMarks[line] + state.tShift[line]
    found = _NOTE.match(state.src, start, state.eMarks[line])
    if found is None or state.is_code_block(line) or state.parentType == "footnote":
        return False
    if silent:
        return True
    state.tokens.append(Token("footnote_open", "", 0, meta={"label": found["label"]}, hidden=True))
    kept = state.bMarks[line], state.tShift[line], state.sCount[line], state.parentType
    indent = state.sCount[line]
    text = found.end()
    while text < state.eMarks[line] and state.src[text] in " \t":
        text += 1
    state.bMarks[line], state.tShift[line] = text, 0
    state.sCount[line] = indent + 4
    state.blkIndent += 4
    state.level += 1  # The parser stops where blocks are nested too deeply.
    state.parentType = "footnote"
    state.md.block.tokenize(state, line, last)
    state.level -= 1
    state.blkIndent -= 4
    state.bMarks[line], state.tShift[line], state.sCount[line], state.parentType = kept
    state.tokens.append(Token("footnote_close", "", 0, hidden=True))
    return True
