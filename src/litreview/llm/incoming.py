"""A chat completion as it comes in, byte by byte: server-sent events, or one JSON body. Pure, no I/O.

Which of the two it is, the first bytes say, not what was asked for and not the content type: servers answer a
streaming request with a plain body, and send events as text/plain.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from litreview.errors import (
    LitreviewError,
    ModelRefused,
    ProviderError,
    ReplyCutOff,
    ReplyDeclined,
    ReplyEmpty,
    ReplyTruncated,
)

from .refusals import Asked, without_secrets
from .replies import MAX_CHARACTERS
from .types import TokenUsage

# "other" is anything that no chat server sends: a web page, a sign-in form, plain words.
Kind = Literal["unknown", "events", "body", "other"]

_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b"error:", b":")
_MARK = b"\xef\xbb\xbf"  # the byte order mark
# One event or one body: what is longer than all text that may come, escaped, is not meant to be read.
_MAX_BUFFER = 8 * MAX_CHARACTERS
# As much of something that is no reply as is needed to say what it is, in bytes.
_ENOUGH = 2000


class Incoming:
    """What has come of one reply. Feed it the bytes of the response's body, then `close` it.

    Attributes:
        kind: What the body is.
        text: All content so far.
        reasoned: Whether thoughts came in a field of their own.
        finish_reason: Why the model stopped; None where the server has not said.
        refusal: The words in which the model declined, or empty.
        usage: The tokens of the call; zeros where the server does not say.
        error: The error the server sent in place of (the rest of) a reply.
        trouble: What broke it off, in words; empty while nothing did.
        done: Whether the server said that nothing more will come.
        size: The number of bytes so far.
    """

    def __init__(self) -> None:
        self.kind: Kind = "unknown"
        self.text = ""
        self.reasoned = False
        self.finish_reason: str | None = None
        self.refusal = ""
        self.usage = TokenUsage()
        self.error: Mapping[str, Any] | None = None
        self.trouble = ""
        self.done = False
        self.size = 0
        self._buffer = bytearray()

    def feed(self, data: bytes) -> bool:
        """Take in some bytes; True when `text` has grown."""
        before = len(self.text)
        self.size += len(data)
        self._buffer += data
        if self.kind == "unknown":
            self.kind = _kind(self._buffer)
            data = bytes(self._buffer)
        if self.kind == "events" and b"\n" in data:
            self._take_lines()
        if len(self.text) > MAX_CHARACTERS or len(self._buffer) > _MAX_BUFFER:
            self.trouble, self.done = "it does not end", True
        elif self.kind == "other" and self.size > _ENOUGH:
            self.done = True
        return len(self.text) > before

    def close(self) -> bool:
        """There is no more; True when `text` has grown."""
        before = len(self.text)
        if self.kind == "events":
            self._buffer += b"\n"
            self._take_lines()
        elif self.kind == "body":
            self._take(bytes(self._buffer))
        self._join_surrogates()
        return len(self.text) > before

    @property
    def head(self) -> str:
        """The first bytes of a body that is not a reply, for a message."""
        return bytes(self._buffer[:_ENOUGH]).decode("utf-8", "replace") if self.kind == "other" else ""

    def _take_lines(self) -> None:
        # Only line feeds end a line here: str.splitlines would also split at U+2028 inside a string.
        *lines, rest = self._buffer.split(b"\n")
        self._buffer = bytearray(rest)
        for line in lines:
            name, _, value = bytes(line).strip().removeprefix(_MARK).partition(b":")
            if self.done or name not in {b"data", b"error"} or not value.strip():
                continue
            if value.strip() == b"[DONE]":
                self.done = True
            else:
                self._take(value, error=name == b"error")

    def _take(self, data: bytes, *, error: bool = False) -> None:
        try:
            item = json.loads(data)
        except (ValueError, RecursionError):
            self.trouble, self.done = "a piece of it is no JSON", True
            return
        if not isinstance(item, Mapping):
            return
        if error or item.get("error"):
            found = item.get("error", item)
            self.error = found if isinstance(found, Mapping) else {"message": str(found)}
            self.done = True
            return
        self.usage = _usage(item.get("usage")) or self.usage
        choices = item.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], Mapping):
            self._take_choice(choices[0])
        elif not isinstance(choices, list) and self.kind == "body":
            self.kind = "other"

    def _take_choice(self, choice: Mapping[str, Any]) -> None:
        said = choice.get("delta") or choice.get("message")
        if isinstance(said, Mapping):
            self.text += _content(said.get("content"))
            self.refusal += _content(said.get("refusal"))
            self.reasoned |= any(said.get(name) for name in ("reasoning_content", "reasoning"))
        if choice.get("finish_reason"):
            self.finish_reason = str(choice["finish_reason"])

    def _join_surrogates(self) -> None:
        """Put characters together again whose two escapes came in different events."""
        if any("\ud800" <= character <= "\udfff" for character in self.text):
            self.text = self.text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def unusable(incoming: Incoming, asked: Asked) -> LitreviewError | None:
    """Why what came cannot be read as a reply; None where it can. Errors that a server sent are not here."""
    name, model, raw = asked.server.name, f"model {asked.model!r}", incoming.text
    again = "ask again, or ask another model"
    problem: LitreviewError | None = None
    if incoming.kind == "other":
        problem = _no_completion(incoming, asked)
    elif incoming.refusal or incoming.finish_reason == "content_filter":
        words = without_secrets(incoming.refusal, asked.server) or "kept back by a content filter"
        hint = "rephrase the question, or ask another model"
        problem = ReplyDeclined(f"{model} declined to answer: {words}", hint=hint, raw=raw)
    elif incoming.finish_reason == "length":
        spent = ", all of them on thoughts" if incoming.reasoned and not raw.strip() else ""
        hint = "allow more tokens for the reply, or take fewer papers (-k)"
        problem = ReplyTruncated(
            f"the reply of {model} reached its limit of tokens{spent}", hint=hint, raw=raw
        )
    elif not incoming.size:
        problem = ReplyEmpty(f"{name} sent nothing in reply", hint=again)
    elif not incoming.finish_reason:
        how = incoming.trouble or "it came without an end"
        problem = ReplyCutOff(f"the reply of {model} was cut off: {how}", hint="ask again", raw=raw)
    elif not raw.strip():
        only = "nothing but thoughts" if incoming.reasoned else "an empty reply"
        problem = ReplyEmpty(f"{model} gave {only}", hint=again, raw=raw)
    return problem


def _no_completion(incoming: Incoming, asked: Asked) -> LitreviewError:
    said = without_secrets(incoming.head, asked.server, limit=80)
    hint = "check OPENAI_BASE_URL (most end in /v1), and whether this network asks to sign in first"
    if said.startswith("<"):
        # Somebody else answered in the server's place: it was not reached.
        message = (
            f"{asked.server.name} answered with a web page (HTML), and not with a chat completion: {said}"
        )
        return ProviderError(message, hint=hint)
    return ModelRefused(
        f"{asked.server.name} answered with something else, and not with a chat completion: {said}", hint=hint
    )


def _kind(buffer: bytearray) -> Kind:
    start = bytes(buffer[:64]).removeprefix(_MARK).lstrip()
    if start.startswith(b"{"):
        return "body"
    if start.startswith(_FIELDS):
        return "events"
    if any(name.startswith(start) for name in (_MARK, *_FIELDS)):
        return "unknown"
    return "other"


def _content(value: object) -> str:
    """The text of a message's content: a string, or a list of parts of which only text counts."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        parts = [part for part in value if isinstance(part, Mapping) and part.get("type", "text") == "text"]
        return "".join(str(part.get("text") or "") for part in parts)
    return ""


def _usage(value: object) -> TokenUsage | None:
    if not isinstance(value, Mapping):
        return None
    details = value.get("prompt_tokens_details")
    cached = value.get("prompt_cache_hit_tokens")  # DeepSeek's name for it
    return TokenUsage(
        prompt_tokens=_count(value.get("prompt_tokens")),
        cached_tokens=_count(details.get("cached_tokens") if isinstance(details, Mapping) else cached),
        completion_tokens=_count(value.get("completion_tokens")),
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
