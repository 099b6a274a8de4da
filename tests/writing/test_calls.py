from __future__ import annotations

import asyncio
import json

import pytest

from litreview.answers import DraftAnswer
from litreview.errors import CostLimit, ReplyUnreadable, RunNotFound
from litreview.llm.types import Completion, Prompt
from litreview.prices import Price
from litreview.prompting import answer_schema
from litreview.testing import ScriptedModel
from litreview.writing import Cached, Metered, Recorded, Replayed, StoredReply

_REPLY = json.dumps({"groups": [], "gaps": ["none"]})
_PROMPT = Prompt(name="answer", system="s", user="u D1", delimiter="D1")
_SCHEMA = answer_schema(["P1"])


class _Store:
    def __init__(self) -> None:
        self.kept: dict[str, Completion] = {}

    def reply(self, digest: str) -> Completion | None:
        return self.kept.get(digest)

    def keep_reply(self, digest: str, completion: Completion, *, server: str, model: str) -> None:
        assert (server, model) == ("scripted", "scripted")
        self.kept[digest] = completion


def _ask(model: Cached | Metered | Recorded | Replayed, prompt: Prompt = _PROMPT) -> DraftAnswer:
    return asyncio.run(model.complete(prompt, _SCHEMA))[0]


def test_the_same_prompt_is_asked_once_whatever_its_delimiter() -> None:
    model, store = ScriptedModel(_REPLY), _Store()
    first = _ask(Cached(model, store))
    again = Cached(model, store)
    assert _ask(again, Prompt(name="answer", system="s", user="u D2", delimiter="D2")) == first
    assert len(model.prompts) == 1
    assert again.hits == {"answer"}


@pytest.mark.parametrize("change", ["prompt", "schema", "identity"])
def test_another_prompt_form_or_model_is_asked_anew(change: str) -> None:
    model, store = ScriptedModel(_REPLY), _Store()
    _ask(Cached(model, store))
    prompt = _PROMPT.model_copy(update={"user": "other"}) if change == "prompt" else _PROMPT
    schema = answer_schema(["P1", "P2"]) if change == "schema" else _SCHEMA
    if change == "identity":

        class Warm(ScriptedModel):
            identity = {"server": "scripted", "model": "scripted", "temperature": 1.0}  # noqa: RUF012

        model = Warm(_REPLY)
        asyncio.run(Cached(model, store).complete(prompt, schema))
        assert len(model.prompts) == 1
        return
    asyncio.run(Cached(model, store).complete(prompt, schema))
    assert len(model.prompts) == 2


def test_a_kept_reply_that_can_no_longer_be_read_is_asked_for_again() -> None:
    model, store = ScriptedModel(_REPLY), _Store()
    _ask(Cached(model, store))
    for digest, completion in store.kept.items():
        store.kept[digest] = completion.model_copy(update={"text": "broken"})
    _ask(Cached(model, store))
    assert len(model.prompts) == 2


def test_the_call_that_could_pass_the_limit_is_not_made() -> None:
    price = Price(input=1_000, output=1_000)
    model = ScriptedModel(_REPLY)
    # A prompt of some 100 tokens and a reply of up to 1,000 cost up to about 1.1 dollars.
    metered = Metered(model, price, limit=1.5, reply_tokens=1_000)
    _ask(metered)
    _ask(metered)
    with pytest.raises(CostLimit, match=r"limit of \$1.0000"):
        _ask(Metered(model, price, limit=1.0, reply_tokens=1_000))
    assert len(model.prompts) == 2


def test_calls_at_the_same_time_cannot_pass_the_limit_together() -> None:
    model = ScriptedModel(_REPLY, delay=0.05)
    metered = Metered(model, Price(input=0, output=1_000), limit=1.5, reply_tokens=1_000)

    async def both() -> list[object]:
        return await asyncio.gather(
            *(metered.complete(_PROMPT, _SCHEMA) for _ in range(2)), return_exceptions=True
        )

    assert sorted(type(result).__name__ for result in asyncio.run(both())) == ["CostLimit", "tuple"]


def test_a_record_holds_replies_and_failures_with_what_came() -> None:
    recorded = Recorded(ScriptedModel(_REPLY, "garbage"))
    _ask(recorded)
    with pytest.raises(ReplyUnreadable):
        _ask(recorded)
    assert [(bool(reply.completion), reply.raw) for reply in recorded.replies] == [
        (True, ""),
        (False, "garbage"),
    ]
    assert len(recorded.made) == 1


def test_replies_from_the_cache_are_recorded_and_cost_nothing() -> None:
    model, store = ScriptedModel(_REPLY), _Store()
    _ask(Cached(model, store))
    cache = Cached(model, store)
    recorded = Recorded(cache, cache=cache)
    _ask(recorded)
    assert [reply.from_cache for reply in recorded.replies] == [True]
    assert recorded.made == []


def test_with_a_model_to_ask_a_kept_reply_counts_only_for_the_very_same_prompt() -> None:
    kept = StoredReply(prompt=_PROMPT, completion=Completion(text=_REPLY, model="m", mode="text"))
    other = _PROMPT.model_copy(update={"user": "other papers under the same name"})
    model = ScriptedModel(json.dumps({"groups": [], "gaps": ["asked anew"]}))
    assert _ask(Replayed([kept], model), other).gaps == ("asked anew",)
    assert _ask(Replayed([kept], model)).gaps == ("none",)
    assert _ask(Replayed([kept]), other).gaps == ("none",)


def test_a_replay_reads_what_was_kept_and_asks_only_for_what_is_missing() -> None:
    kept = StoredReply(prompt=_PROMPT, completion=Completion(text=_REPLY, model="m", mode="text"))
    assert _ask(Replayed([kept])).gaps == ("none",)
    missing = _PROMPT.model_copy(update={"name": "join"})
    with pytest.raises(RunNotFound, match="'join'"):
        _ask(Replayed([kept]), missing)
    model = ScriptedModel(_REPLY)
    assert _ask(Replayed([kept], model), missing).gaps == ("none",)
    assert len(model.prompts) == 1
