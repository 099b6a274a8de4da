"""A value as JSON for people and programs: what cannot be seen is escaped, and the value stays the same."""

from __future__ import annotations

import json
import re
from typing import Any

from litreview.text.cleaning import is_hidden

_PLAIN = re.compile(r"[ -~\n]*")


def render_json(value: Any) -> str:
    r"""Render a plain value as indented JSON that ends with a newline and does nothing to a terminal.

    >>> render_json({"text": "caf\u00e9 \u202etxt"})
    '{\n  "text": "café \\u202etxt"\n}\n'
    """
    return escape_unseen(json.dumps(value, indent=2, ensure_ascii=False)) + "\n"


def escape_unseen(text: str) -> str:
    """The same JSON with what cannot be seen, or would steer a terminal, as escapes."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(c if _is_seen(c) else _escaped(c) for c in text)


def _is_seen(character: str) -> bool:
    return character == "\n" or (character.isprintable() and not is_hidden(character))


def _escaped(character: str) -> str:
    return json.dumps(character)[1:-1]
