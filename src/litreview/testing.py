"""Doubles for programs that use litreview: a model that answers from the prompt, without a server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from .llm.types import Completion, OnText, Prompt, ReplySchema, TokenUsage
from .tokens import bound

T = TypeVar("T", bound=BaseModel)

_WORDS = 12
_PER_GROUP = 6


def scripted_reply(user: str) -> str:
    """A sound reply to one of our prompts: for each paper a claim that is a span of its abstract.

    Args:
        user: The user message as it was sent; its records are the lines that are JSON objects.

    Returns:
        The reply as JSON. A prompt that joins gets every claim as it was, one that mends a claim from the
        first abstract it cites, a second reader's a "yes" to everything.
    """
    records = list(_records(user))
    claims = [record for record in records if "text" in record]
    reply: dict[str, Any]
    if any("quotes" in record for record in records):
        reply = {"verdicts": [{"id": record["id"], "entailed": "yes"} for record in records]}
    elif any("found" in record for record in claims):
        abstracts = {record["id"]: record for record in records if "abstract" in record}
        reply = {"claims": [_mended(claim, abstracts) for claim in claims]}
    elif claims:
        reply = _grouped([{"text": claim["text"], "claims": [claim["id"]]} for claim in claims])
    else:
        reply = _grouped([_claim(record) for record in records if record.get("abstract")])
    return json.dumps(reply, ensure_ascii=False)


class ScriptedModel:
    """A `ChatModel` that gives `scripted_reply`, or the texts it was given, and keeps the prompts it got.

    Args:
        *replies: Texts to give instead, one a call; the last one stays.
        delay: Seconds a call takes.
    """

    def __init__(self, *replies: str, delay: float = 0.0) -> None:
        self._replies = list(replies)
        self._delay = delay
        self.prompts: list[Prompt] = []

    @property
    def identity(self) -> Mapping[str, Any]:
        """Always the same."""
        return {"server": "scripted", "model": "scripted"}

    async def complete(
        self, prompt: Prompt, schema: ReplySchema[T], *, on_text: OnText | None = None
    ) -> tuple[T, Completion]:
        """Answer in one piece."""
        from .llm import read_reply

        self.prompts.append(prompt)
        await asyncio.sleep(self._delay)
        text = scripted_reply(prompt.user)
        if self._replies:
            text = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if on_text is not None:
            on_text(text)
        usage = TokenUsage(
            prompt_tokens=bound(prompt.system) + bound(prompt.user), completion_tokens=bound(text)
        )
        completion = Completion(text=text, model="scripted", mode="json_schema", usage=usage)
        return read_reply(text, schema), completion


def _records(user: str) -> Iterator[dict[str, Any]]:
    for line in user.splitlines():
        if line.startswith("{"):
            try:
                yield json.loads(line)
            except ValueError:
                continue


def _claim(record: Mapping[str, Any]) -> dict[str, Any]:
    words = str(record["abstract"]).split(" ")
    quote = " ".join(words[: max(_WORDS, 5)])
    return {"text": quote, "evidence": [{"paper": record["id"], "quote": quote}]}


def _mended(claim: Mapping[str, Any], abstracts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    named = [piece["paper"] for piece in claim["evidence"] if piece["paper"] in abstracts]
    return {"id": claim["id"], **_claim(abstracts[named[0] if named else next(iter(abstracts))])}


def _grouped(claims: list[dict[str, Any]]) -> dict[str, Any]:
    groups = [
        {"heading": f"Findings of part {number}", "claims": claims[start : start + _PER_GROUP]}
        for number, start in enumerate(range(0, len(claims), _PER_GROUP), start=1)
    ]
    return {"groups": groups, "gaps": ["What these abstracts do not say."]}
