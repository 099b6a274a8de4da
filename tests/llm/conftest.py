"""A small form of a reply, the prompt that asks for it, and a way to run `complete` against a script."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from litreview.llm import Completion, OnText, Parameters, Prompt, ReplySchema, Server, ServerModel

KEY = "planted-key-4f9aZq7x"


class Answer(BaseModel):
    """The form that most tests ask for."""

    model_config = ConfigDict(extra="forbid")

    title: str
    points: list[str]


SCHEMA = ReplySchema(
    name="answer",
    wire={
        "type": "object",
        "properties": {"title": {"type": "string"}, "points": {"type": "array", "items": {"type": "string"}}},
        "required": ["title", "points"],
        "additionalProperties": False,
    },
    model=Answer,
)
PROMPT = Prompt(name="test", system="Answer in JSON.", user="What is known?")
GOOD = '{"title": "Reefs", "points": ["one", "two, with {braces}"]}'
VALUE = Answer(title="Reefs", points=["one", "two, with {braces}"])

Ask = Callable[..., tuple[Answer, Completion]]


def ask(
    url: str | None,
    *,
    key: str | None = KEY,
    parameters: dict[str, Any] | None = None,
    on_text: OnText | None = None,
    prompt: Prompt = PROMPT,
    **options: Any,
) -> tuple[Answer, Completion]:
    """One `complete` in an event loop of its own; the pauses between retries are short."""

    async def run() -> tuple[Answer, Completion]:
        settings = Parameters(**{"model": "tiny", **(parameters or {})})
        async with ServerModel(Server(url, key), settings, **{"pause": 0.01, **options}) as model:
            return await model.complete(prompt, SCHEMA, on_text=on_text)

    return asyncio.run(run())


@pytest.fixture(autouse=True)
def _no_proxy_or_key_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
