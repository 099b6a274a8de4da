"""The port to a language model: what goes in, what comes out, and the one method between them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

T = TypeVar("T", bound=BaseModel)

# How a reply is asked for, the strictest first: a schema the server enforces, any JSON object, plain text.
Mode = Literal["json_schema", "json_object", "text"]

OnText = Callable[[str], None]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Prompt(_Value):
    """A rendered prompt. `delimiter` is the random word around its data; it has no part in `digest`."""

    name: str
    system: str
    user: str
    delimiter: str = ""

    @property
    def digest(self) -> str:
        """A hash of what is asked, the same for the same question over the same papers."""
        text = f"{self.system}\0{self.user}"
        if self.delimiter:
            text = text.replace(self.delimiter, "")
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@dataclass(frozen=True)
class ReplySchema(Generic[T]):
    """The form of a reply: what the server is told (`wire`), and what a reply is read with (`model`).

    `wire` is a JSON schema in which every field is required and no other is allowed. `model` may be more
    lenient: an id that no paper has must not cost the whole reply, the check of that claim reports it.
    """

    name: str
    wire: Mapping[str, Any]
    model: type[T]


class TokenUsage(_Value):
    """What the server says a call took, in tokens; `cached_tokens` are those of the prompt it had seen."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: TokenUsage) -> TokenUsage:
        return TokenUsage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
        )


class Completion(_Value):
    """A reply that could be read: `text` as it came, how it was asked for, and what it took.

    `calls` counts requests the server answered with a reply, so 2 where the first could not be read;
    `seconds` is the time from the first request to the end of the last reply.
    """

    text: str
    model: str
    mode: Mode
    usage: TokenUsage = TokenUsage()
    calls: int = 1
    seconds: float = 0.0


class ChatModel(Protocol):
    """Anything that can complete a prompt."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """Server, model and parameters: all that a reply depends on besides the prompt. Never a key."""

    async def complete(
        self, prompt: Prompt, schema: ReplySchema[T], *, on_text: OnText | None = None
    ) -> tuple[T, Completion]:
        """Ask, and read the reply.

        Args:
            prompt: What is sent.
            schema: The form of the reply.
            on_text: Called with all of the reply so far, whenever more of it has come.

        Raises:
            ProviderError: The server could not be reached, or cannot serve now.
            ModelError: It was reached and the request cannot succeed as it is; see its subclasses.
        """
