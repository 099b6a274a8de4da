"""Doubles for programs that use litreview: a model that answers from its prompt, an embedder of words."""

from __future__ import annotations

import asyncio
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from .llm.types import Completion, OnText, Prompt, ReplySchema, TokenUsage
from .related_work import ASPECTS
from .tokens import bound

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

T = TypeVar("T", bound=BaseModel)

_WORDS = 12
_PER_GROUP = 6
_PER_THEME, _MOST_THEMES = 5, 5


def scripted_reply(user: str, form: str = "") -> str:
    """A sound reply to one of our prompts: for each paper a claim that is a span of its abstract.

    Args:
        user: The user message as it was sent; its records are the lines that are JSON objects.
        form: The name of the reply's schema; where it is not known, the records tell what is asked for.

    Returns:
        The reply as JSON. A prompt that joins or connects gets every claim as it was, one that mends a claim
        from the first abstract it cites, one that plans themes of five papers each, a second reader's a "yes"
        to everything.
    """
    records = list(_records(user))
    reply = _FORMS[form if form in _FORMS else _form_of(records)](records)
    return json.dumps(reply, ensure_ascii=False)


def _form_of(records: Sequence[Mapping[str, Any]]) -> str:
    if any("quotes" in record for record in records):
        return "judged"
    if any("found" in record for record in records):
        return "repaired"
    return "joined" if any("text" in record for record in records) else "answer"


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
        text = scripted_reply(prompt.user, schema.name)
        if self._replies:
            text = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if on_text is not None:
            on_text(text)
        usage = TokenUsage(
            prompt_tokens=bound(prompt.system) + bound(prompt.user), completion_tokens=bound(text)
        )
        completion = Completion(text=text, model="scripted", mode="json_schema", usage=usage)
        return read_reply(text, schema), completion


class HashedEmbedder:
    """An `Embedder` without a model: a bag of words, each hashed to a dimension. The same on any machine.

    Args:
        dimensions: Of the vectors; words that meet in one are taken for the same.
    """

    provider = "hashed"

    def __init__(self, *, dimensions: int = 64) -> None:
        self.model = f"words-{dimensions}"
        self._dimensions = dimensions

    def embed_papers(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimensions); zeros for a text without a word."""
        import numpy as np

        vectors = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.casefold()):
                vectors[row, zlib.crc32(word.encode()) % self._dimensions] += 1
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)

    embed_questions = embed_papers


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


def _answered(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return _grouped([_claim(record) for record in records if record.get("abstract")])


def _joined(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    claims = [record for record in records if "text" in record]
    return _grouped([{"text": claim["text"], "claims": [claim["id"]]} for claim in claims])


def _repaired(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    abstracts = {record["id"]: record for record in records if "abstract" in record}
    return {"claims": [_mended(record, abstracts) for record in records if "found" in record]}


def _judged(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"verdicts": [{"id": record["id"], "entailed": "yes"} for record in records]}


def _themes(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    ids = [record["id"] for record in records if "id" in record]
    headings = [record["heading"] for record in records if "heading" in record]
    if not headings:
        count = min(_MOST_THEMES, max(1, -(-len(ids) // _PER_THEME)))
        headings = [f"Theme {number}" for number in range(1, count + 1)]
    papers = {heading: ids[place :: len(headings)] for place, heading in enumerate(headings)}
    themes = [
        {"heading": heading, "focus": "What differs.", "papers": own} for heading, own in papers.items()
    ]
    return {"themes": themes, "left_out": []}


def _theme(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"claims": [_claim(record) for record in records if record.get("abstract")]}


def _connected(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    sentences = [record for record in records if "text" in record]
    return {
        "themes": [
            {
                "id": record["theme"],
                "opening": "",
                "sentences": [
                    {"id": sentence["id"], "text": sentence["text"]}
                    for sentence in sentences
                    if sentence["theme"] == record["theme"]
                ],
            }
            for record in records
            if "heading" in record
        ]
    }


def _table(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    def cells(record: Mapping[str, Any]) -> list[dict[str, Any]]:
        quotes = {"method": _claim(record)["text"]}
        return [{"aspect": aspect, "quote": quotes.get(aspect, "")} for aspect in ASPECTS]

    return {"rows": [{"paper": record["id"], "cells": cells(record)} for record in records]}


def _mended(claim: Mapping[str, Any], abstracts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    named = [piece["paper"] for piece in claim["evidence"] if piece["paper"] in abstracts]
    return {"id": claim["id"], **_claim(abstracts[named[0] if named else next(iter(abstracts))])}


def _grouped(claims: list[dict[str, Any]]) -> dict[str, Any]:
    groups = [
        {"heading": f"Findings of part {number}", "claims": claims[start : start + _PER_GROUP]}
        for number, start in enumerate(range(0, len(claims), _PER_GROUP), start=1)
    ]
    return {"groups": groups, "gaps": ["What these abstracts do not say."]}


_FORMS: Mapping[str, Callable[[Sequence[Mapping[str, Any]]], dict[str, Any]]] = MappingProxyType(
    {
        "answer": _answered,
        "joined": _joined,
        "repaired": _repaired,
        "judged": _judged,
        "themes": _themes,
        "theme": _theme,
        "connected": _connected,
        "table": _table,
    }
)
