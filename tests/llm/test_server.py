"""The adapter over a real socket: what it sends and reads, and how it finds out what a server accepts."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from itertools import pairwise

import pytest

from litreview.errors import (
    ModelRefused,
    ProviderError,
    ReplyCutOff,
    ReplyDeclined,
    ReplyEmpty,
    ReplyTruncated,
    ReplyUnreadable,
)
from litreview.llm import Parameters, Server, ServerModel, TokenUsage, list_models

from .conftest import GOOD, KEY, PROMPT, SCHEMA, VALUE, ask
from .fault_server import Exchange, FaultServer, begins, body, chunk, refuses, reply, status


@pytest.mark.parametrize("stream", [True, False])
def test_a_reply_is_read_with_its_usage(stream: bool) -> None:
    with FaultServer(reply(GOOD)) as server:
        value, completion = ask(server.url, stream=stream)
    assert value == VALUE
    assert completion.text == GOOD
    assert completion.usage == TokenUsage(prompt_tokens=120, cached_tokens=20, completion_tokens=30)
    assert (completion.calls, completion.mode, completion.model) == (1, "json_schema", "tiny")
    assert 0 < completion.seconds < 10


def test_progress_grows_to_the_whole_reply() -> None:
    seen: list[str] = []
    with FaultServer(reply(GOOD, size=5, pause=0.005)) as server:
        ask(server.url, on_text=seen.append)
    assert len(seen) > 5
    assert seen[-1] == GOOD
    assert all(later.startswith(earlier) for earlier, later in pairwise(seen))


def test_what_is_not_set_is_not_sent() -> None:
    with FaultServer(reply(GOOD)) as server:
        ask(server.url, stream=False)
    request = server.chats[0]
    assert set(request.body) == {"model", "messages", "response_format"}
    assert request.body["messages"] == [
        {"role": "system", "content": PROMPT.system},
        {"role": "user", "content": PROMPT.user},
    ]
    assert request.body["response_format"]["json_schema"] == {
        "name": "answer",
        "strict": True,
        "schema": SCHEMA.wire,
    }
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_what_is_set_is_sent() -> None:
    given = {"temperature": 0.0, "seed": 7, "top_p": 0.5, "reasoning_effort": "low", "max_reply_tokens": 99}
    with FaultServer(reply(GOOD)) as server:
        ask(server.url, parameters=given)
    sent = server.chats[0].body
    assert {name: sent[name] for name in ("temperature", "seed", "top_p", "reasoning_effort")} == {
        name: given[name] for name in ("temperature", "seed", "top_p", "reasoning_effort")
    }
    assert sent["max_tokens"] == 99
    assert "max_reply_tokens" not in sent
    assert sent["stream_options"] == {"include_usage": True}


def test_organisation_and_project_of_an_openai_account_go_to_no_other_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    monkeypatch.setenv("OPENAI_API_KEY", "the-key-of-the-account")
    with FaultServer(reply(GOOD)) as server:
        ask(server.url, key=None)
    sent = json.dumps(dict(server.chats[0].headers))
    assert "org-1" not in sent
    assert "proj-1" not in sent
    assert "the-key-of-the-account" not in sent


def test_openais_own_server_is_not_asked_without_a_key() -> None:
    with pytest.raises(ModelRefused, match="needs a key") as caught:
        ask("", key=" ")
    assert "OPENAI_API_KEY" in caught.value.hint


def test_a_plain_body_in_answer_to_a_streaming_request_is_read() -> None:
    with FaultServer(reply(GOOD, stream=False)) as server:
        value, completion = ask(server.url)
    assert value == VALUE
    assert completion.usage.prompt_tokens == 120


def test_events_in_answer_to_a_plain_request_are_read() -> None:
    with FaultServer(reply(GOOD, stream=True, content_type="text/plain")) as server:
        assert ask(server.url, stream=False)[0] == VALUE


def test_missing_usage_counts_as_nothing() -> None:
    with FaultServer(reply(GOOD, usage=None)) as server:
        assert ask(server.url)[1].usage == TokenUsage()


def test_thoughts_in_a_field_of_their_own_are_no_part_of_the_reply() -> None:
    with FaultServer(reply(GOOD, thoughts="Let me see {…}")) as server:
        assert ask(server.url)[1].text == GOOD


@pytest.mark.parametrize("code", [400, 404, 422, 500])
def test_a_refused_schema_leads_to_json_and_then_to_text(code: int) -> None:
    words = "response_format is not implemented"
    with FaultServer(refuses("response_format", reply(GOOD), code=code, message=words)) as server:
        value, completion = ask(server.url)
    assert value == VALUE
    assert (completion.mode, completion.calls) == ("text", 1)
    assert [request.body.get("response_format", {}).get("type") for request in server.chats] == [
        "json_schema",
        "json_object",
        None,
    ]
    for request in server.chats[1:]:
        assert '"additionalProperties":false' in request.body["messages"][0]["content"]


def test_the_mode_that_worked_is_remembered_and_can_be_passed_on() -> None:
    async def run(url: str) -> str | None:
        async with ServerModel(Server(url), Parameters(model="tiny")) as model:
            await model.complete(PROMPT, SCHEMA)
            await model.complete(PROMPT, SCHEMA)
            return model.mode

    with FaultServer(refuses("response_format.type=json_schema", reply(GOOD))) as server:
        assert asyncio.run(run(server.url)) == "json_object"
        assert len(server.chats) == 3
        ask(server.url, mode="json_object")
        assert len(server.chats) == 4


def test_a_schema_that_is_accepted_and_ignored_leads_to_one_more_request() -> None:
    with FaultServer(reply("Reefs are well known."), reply(f"```json\n{GOOD}\n```")) as server:
        value, completion = ask(server.url)
    assert value == VALUE
    assert (completion.mode, completion.calls) == ("json_object", 2)
    assert completion.usage.prompt_tokens == 240


def test_the_second_request_shows_the_reply_and_says_what_is_wrong_with_it() -> None:
    wrong = '{"title": "Reefs", "points": 3}'
    with FaultServer(reply(wrong), reply(GOOD)) as server:
        _, completion = ask(server.url)
    said, asked = server.chats[1].body["messages"][-2:]
    assert said == {"role": "assistant", "content": wrong}
    assert asked["role"] == "user"
    assert "points: Input should be a valid" in asked["content"]
    # The fields are those of the schema, so the server keeps to it: nothing is gained by a looser mode.
    assert completion.mode == "json_schema"


def test_a_reply_that_cannot_be_read_twice_is_an_error_with_the_last_one() -> None:
    with FaultServer(reply("No."), reply('{"titel": "x"}'), reply(GOOD)) as server:
        with pytest.raises(ReplyUnreadable, match="title: Field required") as caught:
            ask(server.url)
        assert len(server.chats) == 2
    assert caught.value.raw == '{"titel": "x"}'
    assert caught.value.hint


def test_where_asking_again_is_refused_the_first_reply_is_what_is_reported() -> None:
    too_long = status(400, "too long", code="context_length_exceeded")
    with (
        FaultServer(reply("No."), too_long) as server,
        pytest.raises(ReplyUnreadable, match="no JSON object") as caught,
    ):
        ask(server.url)
    assert caught.value.raw == "No."


@pytest.mark.parametrize(
    ("behaviour", "error", "words", "calls"),
    [
        (reply("", finish="stop"), ReplyEmpty, "an empty reply", 2),
        (reply("", thoughts="Hm."), ReplyEmpty, "nothing but thoughts", 2),
        (reply("<think>Hm.</think>"), ReplyEmpty, "empty", 2),
        (reply(GOOD[:20], finish="length"), ReplyTruncated, "limit of tokens", 1),
        (reply("", thoughts="Hm.", finish="length"), ReplyTruncated, "on thoughts", 1),
        (reply("", refusal="I cannot help."), ReplyDeclined, "I cannot help", 1),
        (reply("", finish="content_filter"), ReplyDeclined, "content filter", 1),
        (reply(GOOD, finish=None), ReplyCutOff, "without an end", 2),
        (reply(GOOD[:30]), ReplyCutOff, "in the middle of its JSON", 2),
        (body(""), ReplyEmpty, "nothing in reply", 2),
    ],
)
@pytest.mark.parametrize("stream", [True, False])
def test_a_reply_that_cannot_be_used_has_an_error_of_its_own(
    behaviour, error, words: str, calls: int, stream: bool
) -> None:
    with FaultServer(behaviour) as server:
        with pytest.raises(error, match=words) as caught:
            ask(server.url, stream=stream)
        assert len(server.chats) == calls
    assert caught.value.raw in GOOD or caught.value.raw.startswith("<think>")
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_an_empty_reply_is_asked_for_once_more_in_the_same_words() -> None:
    with FaultServer(reply(""), reply(GOOD)) as server:
        _, completion = ask(server.url)
    assert completion.calls == 2
    assert completion.mode == "json_schema"
    assert server.chats[0].body == server.chats[1].body


def test_a_break_after_the_last_word_costs_nothing() -> None:
    def then(exchange) -> None:
        exchange.event(chunk({}, finish="stop"))
        exchange.cut()

    with FaultServer(begins(GOOD, then)) as server:
        assert ask(server.url)[0] == VALUE
        assert len(server.chats) == 1


@pytest.mark.parametrize(
    ("refused", "given", "left"),
    [
        ("max_tokens", {"max_reply_tokens": 50}, {"max_completion_tokens": 50}),
        ("temperature", {"temperature": 0.2}, {}),
        ("seed", {"seed": 1, "top_p": 0.9}, {"top_p": 0.9}),
        ("stream_options", {}, {"stream": True}),
    ],
)
def test_a_refused_parameter_is_swapped_or_left_out_and_stays_so(refused, given, left) -> None:
    async def run(url: str) -> None:
        async with ServerModel(Server(url), Parameters(model="tiny", **given)) as model:
            await model.complete(PROMPT, SCHEMA)
            await model.complete(PROMPT, SCHEMA)

    with FaultServer(refuses(refused, reply(GOOD))) as server:
        asyncio.run(run(server.url))
    assert [refused in request.body for request in server.chats] == [True, False, False]
    assert server.chats[1].body.items() >= left.items()
    assert server.chats[1].body["response_format"]["type"] == "json_schema"


def test_a_server_that_takes_neither_name_of_the_limit_gets_none() -> None:
    inner = refuses("max_completion_tokens", reply(GOOD))
    with FaultServer(refuses("max_tokens", inner)) as server:
        ask(server.url, parameters={"max_reply_tokens": 5})
    assert len(server.chats) == 3
    assert not {"max_tokens", "max_completion_tokens"} & set(server.chats[2].body)


def test_an_instance_may_be_entered_again_in_another_event_loop() -> None:
    async def run() -> object:
        async with model:
            return (await model.complete(PROMPT, SCHEMA))[0]

    with FaultServer(reply(GOOD, stream=False)) as server:
        model = ServerModel(Server(server.url), Parameters(model="tiny"))
        assert [asyncio.run(run()) for _ in range(3)] == [VALUE] * 3
    gc.collect()  # a connection left open would be reported here


def test_requests_at_the_same_time_share_what_was_found_out() -> None:
    async def run(url: str) -> tuple[float, list[str]]:
        async with ServerModel(Server(url), Parameters(model="tiny"), mode="text") as model:
            started = time.monotonic()
            answers = await asyncio.gather(*(model.complete(PROMPT, SCHEMA) for _ in range(4)))
            return time.monotonic() - started, [completion.mode for _, completion in answers]

    with FaultServer(reply(GOOD), delay=0.4) as server:
        seconds, modes = asyncio.run(run(server.url))
    assert modes == ["text"] * 4
    assert seconds < 1.5


def test_the_identity_names_server_model_and_parameters_and_no_key() -> None:
    server = Server("http://user:password@localhost:1234/v1?token=abc", KEY)
    model = ServerModel(server, Parameters(model="tiny", seed=3))
    assert model.identity == {"server": "http://localhost:1234/v1", "model": "tiny", "seed": 3}
    assert KEY not in repr(model)
    assert "password" not in repr(model)


def test_a_mistake_in_the_callers_own_code_is_not_dressed_up_as_a_failure_of_the_server() -> None:
    def broken(_: str) -> None:
        raise OSError("the terminal is gone")

    with FaultServer(reply(GOOD)) as server, pytest.raises(OSError, match="terminal"):
        ask(server.url, on_text=broken)


def test_the_models_of_a_server_are_listed() -> None:
    with FaultServer(models=["b", "a"]) as server:
        assert asyncio.run(list_models(Server(server.url))) == ["b", "a"]


def test_a_server_without_a_list_of_models_says_so() -> None:
    with FaultServer(models=None) as server, pytest.raises(ModelRefused, match="/models"):
        asyncio.run(list_models(Server(server.url)))


def test_a_list_of_models_in_another_form_is_none() -> None:
    def strange(exchange: Exchange) -> None:
        exchange.send(200, {"models": ["a"]})

    with FaultServer(models=strange) as server, pytest.raises(ModelRefused, match="gives no list"):
        asyncio.run(list_models(Server(server.url)))


def test_a_deadline_is_over_everything() -> None:
    with FaultServer(reply(GOOD, size=1, pause=0.05)) as server:
        started = time.monotonic()
        with pytest.raises(ProviderError, match=r"did not finish within 0\.5 s, with") as caught:
            ask(server.url, deadline=0.5)
        assert time.monotonic() - started < 2.0
    assert caught.value.exit_code == 5
