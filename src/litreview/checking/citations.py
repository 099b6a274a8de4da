r"""Citations in Markdown: Pandoc's `[@a; @b, p. 3]` and `@a`, LaTeX's `\cite{a,b}`, notes `[^1]`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

# "aside" stands beside the sentence, "spoken" is a word of it ("@lee2020 shows …"), "note" leads to a
# footnote.
MarkKind = Literal["aside", "spoken", "note"]

# Pandoc: letters, digits and "_", with single signs of these within.
_KEY = re.compile(r"(?<![\w\\.])@(?:\{(?P<braced>[^{}]+)\}|(?P<plain>\w+(?:[:.#$%&+?<>~/-]\w+)*))")
# Cross-references of pandoc-crossref and Quarto are written like citations.
_CROSS_REFERENCE = re.compile(
    r"(?:fig|tbl|tab|eq|sec|lst|thm|lem|cor|prp|cnj|def|exm|exr|alg)[:-]", re.IGNORECASE
)
_LOCATOR = r"(?:\s?\[(?!\^)[^\[\]@]*\])?"
_MARK = re.compile(
    r"\[\^(?P<note>[^\[\]\s]+)\](?!:)"
    r"|(?P<aside>\[(?!\^)[^\[\]]*\])"
    r"|\\(?P<command>[A-Za-z]+)\*?\s*(?:\[[^\[\]]*\]\s*){0,2}\{(?P<keys>[^{}]*)\}"
    rf"|(?P<spoken>-?(?<![\w\\.])@(?:\{{[^{{}}]+\}}|\w+(?:[:.#$%&+?<>~/-]\w+)*)){_LOCATOR}",
    re.IGNORECASE,
)
_SPOKEN_COMMANDS = frozenset({"citet", "textcite", "citeauthor", "citealt", "citetitle"})


class Mark(NamedTuple):
    """A citation: `text[start:end]`, the keys it names (for a note: its label), each once."""

    start: int
    end: int
    kind: MarkKind
    keys: tuple[str, ...]


def find_marks(text: str) -> Iterator[Mark]:
    r"""Yield the citations of a text in order.

    E-mail addresses, escaped "\@" and cross-references ("@fig:one") are none.

    >>> [(mark.kind, mark.keys) for mark in find_marks(r"@a says so [see @b, p. 3; -@c] \cite{d}, x@y.org")]
    [('spoken', ('a',)), ('aside', ('b', 'c')), ('aside', ('d',))]
    """
    at = 0
    while match := _MARK.search(text, at):
        mark = _read(match)
        if mark is not None:
            yield mark
        # What is no citation itself may hold one ("\\emph{@a}").
        at = match.end() if mark else match.start() + 1


def _read(match: re.Match[str]) -> Mark | None:
    if match["note"]:
        return Mark(*match.span(), "note", (match["note"],))
    if match["command"]:
        name = match["command"].lower()
        keys = dict.fromkeys(key.strip() for key in match["keys"].split(","))
        keys.pop("", None)
        if not keys or "cite" not in name or name == "nocite":
            return None
        return Mark(*match.span(), "spoken" if name in _SPOKEN_COMMANDS else "aside", tuple(keys))
    found = tuple(dict.fromkeys(_keys(match[0])))
    # "hits @10" is no citation, "[@10]" is one.
    if not found or (match["spoken"] and found[0].isdigit()):
        return None
    return Mark(*match.span(), "aside" if match["aside"] else "spoken", found)


def _keys(text: str) -> Iterator[str]:
    for match in _KEY.finditer(text):
        key = (match["braced"] or match["plain"]).strip()
        if key and not (match["plain"] and _CROSS_REFERENCE.match(key)):
            yield key
