r"""Remains of TeX in titles and abstracts, turned into plain Unicode without dropping a word. Pure.

This is no TeX engine: sources hand out abstracts in which some markup was resolved and some was not, often
unbalanced. So a bare `%` is a per cent sign and never a comment, an unknown command stays as its name
(`\method` is a word of the sentence), and a brace that has no partner becomes a space.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from itertools import pairwise

from litreview.text.tex_commands import ACCENTS, ARITY, DRESS, LETTERS, NOTHING, SYMBOLS

# Commands waiting for arguments at one place: more are not an abstract either.
_MAX_WAITING = 8
# Deeper nesting than this is not an abstract; the braces beyond it count as spaces, which keeps time linear.
_MAX_DEPTH = 40

_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\(?:.|$)|[{}]|[\^_](?=\{)|[^\\{}^_]+|[\^_]", re.DOTALL)
_SET = re.compile(r"[^\s,]{1,20}(?:,\s?[^\s,]{1,20})+")
_ATOM = re.compile(r"[^\W_]|[+-]?\d+|[+*′∗∘°-]")
_ORDINAL = re.compile(r"(?<=\d)\^?(?:st|nd|rd|th)")
# "don\'t" is an escaped apostrophe, "Poincar\'e" an accent.
_APOSTROPHE = re.compile(r"(?<=[A-Za-z])\\'(?=(?:s|t|m|d|re|ll|ve)\b)")
_DOLLAR = re.compile(r"\$")
_ENDS_IN_NAME = re.compile(r"\\[A-Za-z]+$")
_MATH_SIGN = re.compile(r"[\\^_=<>+*/|{}]")
_AMOUNT = re.compile(r"\s*\d(?=.*\s[a-z]{2,}\b)", re.DOTALL)

# A word like these before a brace is a command that lost its backslash on the way: "mathcal{O}".
_BARE_COMMAND = re.compile(
    r"(?<![^\W_])(?:math(?:cal|bb|bf|rm|sf|tt|it|frak|scr)|(?:wide)?tilde|(?:wide)?hat|bar|vec|sqrt|frac"
    r"|text(?:bf|it|tt|rm|sf|sc)?|emph|operatorname|boldsymbol|overline|underline)$"
)
_BARE_ENDS = tuple(
    "cal bb bf rm sf tt it frak scr tilde hat bar vec sqrt frac text sc emph name symbol line".split()
)
_SIGNS = frozenset("\\{}^_")


@dataclass(slots=True)
class _Call:
    """A command still waiting for arguments."""

    name: str
    wanted: int
    arguments: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Group:
    """What stands between two braces; the outermost one is the whole text."""

    script: str = ""  # "^" or "_" where the group is raised or lowered
    is_argument: bool = False
    spaced: bool = False  # the word before it must not run into it
    parts: list[str] = field(default_factory=list)
    calls: list[_Call] = field(default_factory=list)

    def last(self) -> str:
        return self.parts[-1][-1:] if self.parts else ""


def decode_tex(text: str) -> str:
    r"""Return `text` with commands, accents, grouping braces and inline maths written plainly.

    Dashes, ties and quotes made of ASCII characters are left to the caller. Linear in the length of the
    text; never raises.

    >>> decode_tex(r"G{\"o}del: 40\% of {\em all} $\mathcal{O}(n^{k+1})$ proofs by \method")
    'Gödel: 40% of all O(n^(k+1)) proofs by method'
    """
    text = _unwrap_maths(text)
    return _Decoder().run(_APOSTROPHE.sub("'", text) if "\\'" in text else text)


def _unwrap_maths(text: str) -> str:
    """Drop the dollar signs around maths and leave those before an amount of money."""
    text = text.replace("$$", "$")
    at = [m.start() for m in _DOLLAR.finditer(text) if text[m.start() - 1 : m.start()] != "\\"]
    dropped: list[int] = []
    i = 0
    while i + 1 < len(at):
        if _is_maths(text[at[i] + 1 : at[i + 1]], text[at[i + 1] + 1 : at[i + 1] + 2]):
            dropped += (at[i], at[i + 1])
            i += 2
        else:
            i += 1
    bounds = [-1, *dropped, len(text)]
    pieces = [text[start + 1 : end] for start, end in pairwise(bounds)]
    # "$^\circ$C": the dollar sign ended a command's name, so something else has to.
    return "".join(f"{piece}{{}}" if _ENDS_IN_NAME.search(piece[-30:]) else piece for piece in pieces)


def _is_maths(inner: str, following: str) -> bool:
    tight = bool(inner) and not inner[0].isspace() and not inner[-1].isspace()
    if _AMOUNT.match(inner) or (inner[:1].isdigit() and not tight):
        return False
    if _MATH_SIGN.search(inner):
        return True
    return tight and not following.isdigit()


class _Decoder:
    """One pass over the tokens with an explicit stack of groups."""

    def __init__(self) -> None:
        self._stack = [_Group()]
        self._too_deep = 0
        self._swallow_space = False
        self._after_name = False

    def run(self, text: str) -> str:
        script = ""
        stack = self._stack
        for piece in _TOKEN.findall(text):
            if piece[0] not in _SIGNS and not (script or self._swallow_space or stack[-1].calls):
                # Most pieces are plain text, so they take the shortest way.
                self._after_name = self._after_name and piece.isspace()
                stack[-1].parts.append(piece)
            elif piece == "{":
                self._open(script)
                script = ""
            elif script:
                # It was but a sign.
                self._text(script)
                self._read(piece)
                script = ""
            elif piece in "^_" and not stack[-1].calls:
                # Only "^{" makes a raised group; the sign is written when its group closes or does not come.
                script = piece
            else:
                self._read(piece)
        self._text(script)
        while len(self._stack) > 1:
            self._spill()
        self._finish_calls()
        return "".join(self._stack[0].parts)

    def _read(self, piece: str) -> None:
        """Take a closing brace, a command or plain text."""
        swallow, self._swallow_space = self._swallow_space, False
        after_name, self._after_name = self._after_name, False
        if piece == "}":
            self._close()
        elif piece[0] == "\\":
            self._command(piece[1:].rstrip("*") or piece[1:])
        else:
            piece = piece.lstrip() if swallow else piece
            self._after_name = after_name and piece.isspace()
            self._text(piece)

    def _text(self, text: str) -> None:
        """Write plain text, after giving waiting commands their one-character arguments."""
        group = self._stack[-1]
        while group.calls and text.strip():
            text = text.lstrip()
            self._emit(text[0])
            text = text[1:]
        if text and not group.calls:
            group.parts.append(text)

    def _command(self, name: str) -> None:
        group = self._stack[-1]
        if (name in ACCENTS or name in ARITY) and len(group.calls) < _MAX_WAITING:
            group.calls.append(_Call(name, ARITY.get(name, 1)))
        elif name in DRESS:
            self._swallow_space = True
        elif name in ("{", "}"):
            self._open("") if name == "{" else self._close()
        elif name in NOTHING:
            pass
        elif name in LETTERS:
            self._swallow_space = True
            self._emit(LETTERS[name])
        elif name == "sim":
            # "about" where nothing stands before it, else a relation between two things
            self._emit(" ~" if group.last().strip() else "~")
        elif name in SYMBOLS:
            self._emit(SYMBOLS[name])
        else:
            self._after_name = name.isalpha()
            self._emit(f" {name}" if self._after_name and group.last().isalnum() else name)

    def _open(self, script: str) -> None:
        parent = self._stack[-1]
        if len(self._stack) > _MAX_DEPTH:
            self._too_deep += 1
            self._emit(" ")
            return
        before = parent.parts[-1] if parent.parts and not script else ""
        # The ends of the names come first because they are found faster than by the pattern.
        bare = before.endswith(_BARE_ENDS) and _BARE_COMMAND.search(before[-20:]) is not None
        self._stack.append(_Group(script, bool(parent.calls), self._after_name or bare))
        self._after_name = self._swallow_space = False

    def _close(self) -> None:
        if self._too_deep or len(self._stack) == 1:
            self._too_deep = max(0, self._too_deep - 1)
            self._emit(" ")
            return
        if self._stack[-1].calls:
            self._finish_calls()
        group = self._stack.pop()
        content = group.parts[0] if len(group.parts) == 1 else "".join(group.parts)
        parent = self._stack[-1]
        if group.is_argument:
            self._emit(content)
        elif group.script:
            self._emit(_script(group.script, content, parent.last()))
        elif "," in content and _SET.fullmatch(content):
            self._emit(f"{{{content}}}")
        else:
            apart = content and parent.last().isalnum() and (group.spaced or content.startswith("http"))
            self._emit(f" {content}" if apart else content)

    def _spill(self) -> None:
        """Give up on a group that never closes: its brace was a stray one."""
        self._finish_calls()
        group = self._stack.pop()
        self._emit(f"{group.script} {''.join(group.parts)}")

    def _emit(self, piece: str) -> None:
        group = self._stack[-1]
        if group.calls:
            call = group.calls[-1]
            call.arguments.append(piece)
            if len(call.arguments) == call.wanted:
                group.calls.pop()
                self._emit(_render(call, group.last()))
        elif piece:
            group.parts.append(piece)

    def _finish_calls(self) -> None:
        """Write commands whose arguments never came with what they have."""
        group = self._stack[-1]
        while group.calls:
            call = group.calls.pop()
            self._emit(_render(call, group.last()))


def _script(sign: str, content: str, before: str) -> str:
    content = content.strip()
    if not content:
        return ""
    if content in ("∘", "°"):
        return "°"
    if sign == "^" and before.isdigit() and content in ("st", "nd", "rd", "th"):
        return content
    plain = _ATOM.fullmatch(content) or (sign == "_" and content.isalnum())
    return f"{sign}{content}" if plain else f"{sign}({content})"


def _render(call: _Call, before: str) -> str:
    """Write a command with the arguments that came, which may be fewer than it wants."""
    if call.name in ACCENTS:
        return _accented(call.name, call.arguments[0] if call.arguments else "")
    arguments = [argument.strip() for argument in call.arguments]
    first = arguments[0] if arguments else ""
    match call.name:
        case "begin" | "end":
            written = " "
        case "footnote":
            written = f" ({first})" if first else ""
        case "not":
            written = _negated(first)
        case "sqrt":
            written = f"√{_bracketed(first)}"
        case "href":
            label = arguments[1] if len(arguments) > 1 else ""
            written = f"{label} ({first})" if label and label != first else first
        case "binom":
            written = f"{' ' if before.isalnum() else ''}binom({', '.join(arguments)})"
        case _:
            written = "/".join(_bracketed(argument) for argument in arguments)
    return written


def _negated(sign: str) -> str:
    composed = unicodedata.normalize("NFC", f"{sign}\u0338")
    return composed if sign and len(composed) == 1 else f"not {sign}"


def _bracketed(text: str) -> str:
    return text if len(text) <= 1 or text.isalnum() else f"({text})"


def _accented(accent: str, argument: str) -> str:
    """Put an accent on the first letter of its argument, or write it as the sign it then must have been."""
    base = argument[:1].replace("ı", "i").replace("ȷ", "j")
    composed = unicodedata.normalize("NFC", base + ACCENTS[accent])
    if base and len(composed) == 1:
        return composed + argument[1:]
    # An escaped quotation mark, or a tilde that is meant as one.
    return accent + argument if accent in ("'", '"', "`") or (accent in "~^" and not base) else argument
