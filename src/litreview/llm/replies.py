"""From the text of a reply to a value: fences, prose and thoughts around the JSON are passed over.

Nothing is mended except a comma before a closing bracket: what a model left out is not guessed, and a reply
that ends too early is never read as a shorter answer. Pure.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from litreview.errors import ReplyCutOff, ReplyEmpty, ReplyUnreadable

from .types import ReplySchema

T = TypeVar("T", bound=BaseModel)

# A written answer over 40 abstracts is some 20 kB; a hundred times that is a server gone wrong.
MAX_CHARACTERS = 2_000_000

# One is asked for; some models write a draft or two before it.
_MOST_OBJECTS = 200

_AGAIN = "ask again, or ask another model"

# How models mark thoughts: DeepSeek, Qwen and others; Magistral in square brackets; Kimi's triangles.
_WORD = r"(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflection|scratchpad)"
_OPEN = rf"<{_WORD}>|\[{_WORD}\]|◁{_WORD}▷|<\|channel\|>analysis<\|message\|>"
_CLOSE = rf"</{_WORD}>|\[/{_WORD}\]|◁/{_WORD}▷|<\|channel\|>final<\|message\|>"
_CLOSING = re.compile(_CLOSE, re.IGNORECASE)

# An object starts with a brace before a quotation mark or its own end; any other brace belongs to prose.
_MARK = re.compile(rf'(?P<close>{_CLOSE})|(?P<open>{_OPEN})|\{{(?=\s*["}}])', re.IGNORECASE)
_STRING = r'"(?:[^"\\]++|\\.)*+"'
_BRACKET = re.compile(rf'{_STRING}|["{{}}\[\]]', re.DOTALL)
_TRAILING_COMMA = re.compile(rf"({_STRING})|,(?=\s*[}}\]])", re.DOTALL)


@dataclass(frozen=True)
class _Found:
    """An object in a text: `value` is None where it is no JSON, `complete` is False where it never ends."""

    start: int
    text: str
    value: Any = None
    complete: bool = True


def read_reply(text: str, schema: ReplySchema[T]) -> T:
    """Read a whole reply.

    Args:
        text: As the model wrote it. Of several JSON objects outside its thoughts the last that fits is taken.
        schema: The form it was asked for; `schema.model` validates.

    Raises:
        ReplyEmpty: There is no text, or nothing but thoughts.
        ReplyCutOff: The JSON ends before it is complete.
        ReplyUnreadable: There is no JSON object, or it does not fit; the message says what is wrong with it.
    """
    if len(text) > MAX_CHARACTERS:
        size = f"{len(text):,} characters, more than {MAX_CHARACTERS:,}"
        raise ReplyUnreadable(f"the reply has {size}", hint=_AGAIN, raw=text[:MAX_CHARACTERS])
    found = _objects(text)
    if len(found) > _MOST_OBJECTS:
        raise ReplyUnreadable(f"the reply holds more than {_MOST_OBJECTS} objects", hint=_AGAIN, raw=text)
    if found and not found[-1].complete:
        raise ReplyCutOff("the reply ends in the middle of its JSON", hint=_AGAIN, raw=text)
    problem = ""
    for candidate in reversed(found):
        try:
            if candidate.value is not None:
                return schema.model.model_validate_json(json.dumps(candidate.value))
        except ValidationError as error:
            problem = problem or _problem(error)
    raise _unreadable(text, found, problem)


def partial_value(text: str) -> Any | None:
    """What a reply says so far: the JSON that has come, without a string that is still being written.

    None while there is none, or while the model is still thinking. Meant for showing progress: the last
    members of the value are incomplete, and only `read_reply` says whether it is an answer at all.
    """
    from jiter import from_json

    found = _objects(text, thinking=True)
    if not found or found[-1].complete:
        return found[-1].value if found else None
    so_far = _without_trailing_commas(found[-1].text).encode("utf-8", "replace")
    try:
        return from_json(so_far, partial_mode=True)
    except ValueError:
        return None


def json_object(text: str) -> Any | None:
    """The last complete JSON object of a reply, whatever is in it; None where there is none."""
    values = [found.value for found in _objects(text) if found.value is not None]
    return values[-1] if values else None


def _objects(text: str, *, thinking: bool = False) -> list[_Found]:
    """The outermost objects outside thoughts, in order; only the last can be incomplete.

    A closing mark without an opening one ends thoughts whose beginning stood in the prompt, so what was
    found before it is dropped. An opening mark that is never closed is passed over, or with `thinking`, for a
    text that is still growing, taken to reach the end.
    """
    found: list[_Found] = []
    # Looked up once: a hostile text of two million characters must not be searched at every brace.
    closings = [(match.start(), match.end()) for match in _CLOSING.finditer(text)]
    position = 0
    while len(found) <= _MOST_OBJECTS and (mark := _MARK.search(text, position)):
        position = mark.end()
        index = bisect_left(closings, (mark.start(), 0))
        closing = closings[index] if index < len(closings) else None
        if mark["close"]:
            found.clear()
        elif mark["open"]:
            if closing:
                position = closing[1]
            elif thinking:
                break
        else:
            item = _object_at(text, mark.start())
            position = mark.start() + len(item.text)
            if item.value is None and closing and closing[0] < position:
                position = closing[0]  # thoughts that sketch an object, not the object itself
            else:
                found.append(item)
    return found


def _object_at(text: str, start: int) -> _Found:
    """The object that begins at `start`, up to its own closing bracket or the end of the text."""
    depth = 0
    for token in _BRACKET.finditer(text, start):
        sign = token[0]
        if sign == '"':
            break  # a string that never ends
        depth += (sign in "{[") - (sign in "}]")
        if depth == 0:
            whole = text[start : token.end()]
            return _Found(start, whole, _parse(whole))
    return _Found(start, text[start:], complete=False)


def _parse(text: str) -> Any | None:
    # The text as it is comes first: only what is no JSON is searched for commas too many.
    for mend in (str, _without_trailing_commas):
        try:
            # strict=False lets line breaks stand inside strings, as many models write them.
            return json.loads(mend(text), strict=False, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            continue
    return None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _without_trailing_commas(text: str) -> str:
    return _TRAILING_COMMA.sub(lambda match: match[1] or "", text)


def _problem(error: ValidationError) -> str:
    """What does not fit, the first three places of it, without the values."""
    places = [
        f"{'.'.join(str(part) for part in item['loc']) or 'the object'}: {item['msg']}"
        for item in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    more = f" (and {len(places) - 3} more)" if len(places) > 3 else ""
    return "; ".join(places[:3]) + more


def _unreadable(text: str, found: list[_Found], problem: str) -> ReplyEmpty | ReplyUnreadable:
    if problem:
        return ReplyUnreadable(
            f"the reply's JSON does not have the form asked for: {problem}", hint=_AGAIN, raw=text
        )
    if found:
        return ReplyUnreadable("the reply's JSON has a syntax error", hint=_AGAIN, raw=text)
    if not _visible(text):
        return ReplyEmpty("the reply is empty", hint=_AGAIN, raw=text)
    return ReplyUnreadable("there is no JSON object in the reply", hint=_AGAIN, raw=text)


def _visible(text: str) -> str:
    """The text without its thoughts; those that are never closed go to the end."""
    text = re.sub(rf"^.*(?:{_CLOSE})", "", text, flags=re.IGNORECASE | re.DOTALL)
    return re.sub(rf"(?:{_OPEN}).*$", "", text, flags=re.IGNORECASE | re.DOTALL).strip("\ufeff \t\r\n")
