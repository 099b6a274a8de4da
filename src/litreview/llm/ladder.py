"""How a request is put, and how it is put differently when a server refuses it.

Servers differ in what they accept. Each refusal takes one step: to a looser mode of output (a schema that the
server enforces, any JSON object, plain text), to the other name of a parameter, or to leaving it out. A
`Dialect` only ever gets simpler, so there is an end to it. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .endpoint import Parameters, Server
from .types import Mode, Prompt, ReplySchema

_NEXT: Mapping[Mode, Mode] = {"json_schema": "json_object", "json_object": "text"}

# 404: OpenRouter has no provider that can do it; 500: llama-cpp-python's grammar compiler.
_REFUSALS = {400, 404, 415, 422, 500, 501}
_ABOUT_MODE = re.compile(
    r"response_?format|json_?\s?schema|json_?\s?object|json mode|structured.?outputs?|guided|grammar|"
    r"(?:invalid|unsupported|unknown) schema",
    re.IGNORECASE,
)
_ABOUT_SUPPORT = re.compile(
    r"unsupported|not (?:support|permit|allow)|n.t support|no longer support|deprecated|incompatible|"
    r"unrecogni[sz]ed|unknown|unexpected|extra (?:inputs|fields)|must be (?:one of|1\b)|only the default",
    re.IGNORECASE,
)
_LIMITS = ("max_tokens", "max_completion_tokens")


@dataclass(frozen=True)
class Refusal:
    """A server's words on why it turned a request down.

    Args:
        status: The HTTP status.
        words: Its message and codes, in one string.
        parameter: The parameter it names in a field of its own, or empty.
    """

    status: int
    words: str
    parameter: str = ""


@dataclass(frozen=True)
class Dialect:
    """What one server and model accept.

    Args:
        mode: How the form of the reply is asked for.
        limit: The name of the parameter that limits the reply's tokens.
        stream: Whether the reply is asked for piece by piece.
        dropped: Parameters that were refused and are no longer sent.
        swapped: Whether `limit` is already the second name that was tried.
    """

    mode: Mode = "json_schema"
    limit: str = "max_tokens"
    stream: bool = True
    dropped: frozenset[str] = frozenset()
    swapped: bool = False

    def body(
        self, parameters: Parameters, messages: list[dict[str, str]], schema: ReplySchema[Any]
    ) -> dict[str, Any]:
        """The JSON body of a request."""
        body: dict[str, Any] = {"messages": messages, **parameters.given}
        if "max_reply_tokens" in body:
            body[self.limit] = body.pop("max_reply_tokens")
        if self.mode == "json_schema":
            form = {"name": schema.name, "strict": True, "schema": schema.wire}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        elif self.mode == "json_object":
            body["response_format"] = {"type": "json_object"}
        if self.stream:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        return {name: value for name, value in body.items() if name not in self.dropped}

    def messages(self, prompt: Prompt, schema: ReplySchema[Any]) -> list[dict[str, str]]:
        """The prompt's two messages; where no server enforces the schema, the model is told it."""
        system = prompt.system
        if self.mode != "json_schema":
            form = json.dumps(schema.wire, ensure_ascii=False, separators=(",", ":"))
            system += (
                f"\n\nReply with one JSON object and nothing else, valid under this JSON schema:\n{form}"
            )
        return [{"role": "system", "content": system}, {"role": "user", "content": prompt.user}]

    def looser(self) -> Dialect:
        """The next mode, or the same dialect where there is none."""
        return replace(self, mode=_NEXT.get(self.mode, self.mode))

    def after(self, refusal: Refusal, parameters: Parameters) -> Dialect | None:
        """The dialect to try after a refusal; None where the refusal is about something else."""
        if refusal.status not in _REFUSALS:
            return None
        parameter = self._refused(refusal, parameters)
        if parameter == "stream":
            return replace(self, stream=False)
        if parameter == self.limit and not self.swapped:
            # The other name is tried once; where it is refused too, none is sent.
            return replace(self, limit=_LIMITS[1 - _LIMITS.index(self.limit)], swapped=True)
        if parameter:
            return replace(self, dropped=self.dropped | {parameter})
        if self.mode != "text" and _ABOUT_MODE.search(f"{refusal.parameter} {refusal.words}"):
            return self.looser()
        return None

    def _refused(self, refusal: Refusal, parameters: Parameters) -> str:
        """Which of the parameters that were sent is refused, or an empty string."""
        sent = [*parameters.given, "stream_options", "stream"] if self.stream else [*parameters.given]
        sent = [self.limit if name == "max_reply_tokens" else name for name in sent if name != "model"]
        if not _ABOUT_SUPPORT.search(refusal.words):
            return ""
        for name in sent:
            if name in self.dropped:
                continue
            if refusal.parameter.split(".")[0] == name:
                return name
            # Only what was sent is looked for: a message often names what to use in its place.
            if not refusal.parameter and re.search(rf"\b{name}\b", refusal.words):
                return name
        return ""


def first_dialect(server: Server, *, mode: Mode | None, stream: bool) -> Dialect:
    """The dialect to begin with; OpenAI's own server has given up `max_tokens`, others know nothing else."""
    limit = "max_completion_tokens" if server.is_openai else "max_tokens"
    return Dialect(mode=mode or "json_schema", limit=limit, stream=stream)
