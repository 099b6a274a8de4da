"""A request is put differently after a refusal, one step at a time, and there is an end to it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litreview.llm import Parameters, Server
from litreview.llm.ladder import Dialect, Refusal, first_dialect

from .conftest import PROMPT, SCHEMA

ALL = Parameters(
    model="tiny", temperature=0.1, seed=1, top_p=0.5, max_reply_tokens=100, reasoning_effort="low"
)
FIRST = Dialect()


def test_openais_own_server_gets_the_name_of_the_limit_that_it_documents() -> None:
    assert first_dialect(Server(), mode=None, stream=True).limit == "max_completion_tokens"
    assert first_dialect(Server("http://localhost/v1"), mode="text", stream=False) == Dialect(
        mode="text", limit="max_tokens", stream=False
    )


def test_the_schema_is_told_to_the_model_only_where_no_server_enforces_it() -> None:
    for mode in ("json_schema", "json_object", "text"):
        system, user = Dialect(mode=mode).messages(PROMPT, SCHEMA)
        assert user == {"role": "user", "content": PROMPT.user}
        assert system["content"].startswith(PROMPT.system)
        assert ('"required":["title","points"]' in system["content"]) == (mode != "json_schema")
        assert ("JSON" in system["content"].removeprefix(PROMPT.system)) == (mode != "json_schema")


@pytest.mark.parametrize(
    "words",
    [
        "'response_format' of type 'json_schema' is not supported",
        "Failed to parse grammar",
        "json_schema: invalid schema for response_format 'answer'",
        "Structured Outputs are not available for this model",
        "guided decoding failed",
    ],
)
@pytest.mark.parametrize("status", [400, 404, 422, 500])
def test_a_refused_form_leads_to_the_next_one(words: str, status: int) -> None:
    second = FIRST.after(Refusal(status, words), ALL)
    assert second == Dialect(mode="json_object")
    third = second.after(Refusal(status, words), ALL)
    assert third == Dialect(mode="text")
    assert third.after(Refusal(status, words), ALL) is None


@pytest.mark.parametrize(
    ("words", "parameter", "changed"),
    [
        (
            "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens'.",
            "max_tokens",
            Dialect(limit="max_completion_tokens", swapped=True),
        ),
        (
            "Unsupported value: 'temperature' does not support 0.1 with this model.",
            "temperature",
            Dialect(dropped=frozenset({"temperature"})),
        ),
        ("extra inputs are not permitted: seed", "", Dialect(dropped=frozenset({"seed"}))),
        ("Unrecognized argument: stream_options", "", Dialect(dropped=frozenset({"stream_options"}))),
        ("Unknown field 'reasoning_effort'", "", Dialect(dropped=frozenset({"reasoning_effort"}))),
        ("your organization must be verified to stream: unsupported", "stream", Dialect(stream=False)),
    ],
)
def test_a_refused_parameter_is_left_out_or_renamed(words: str, parameter: str, changed: Dialect) -> None:
    assert FIRST.after(Refusal(400, words, parameter), ALL) == changed


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(400, "messages: too odd"),
        Refusal(401, "response_format"),
        Refusal(429, "json_schema"),
        Refusal(400, "unsupported country"),
        Refusal(400, "temperature must be a number", "temperature"),
        Refusal(400, "logit_bias is not supported", "logit_bias"),
        Refusal(500, "CUDA error"),
    ],
    ids=lambda refusal: refusal.words,
)
def test_a_refusal_of_something_else_changes_nothing(refusal: Refusal) -> None:
    assert FIRST.after(refusal, ALL) is None


def test_only_what_was_sent_can_be_refused() -> None:
    assert FIRST.after(Refusal(400, "temperature is not supported"), Parameters(model="tiny")) is None


@settings(deadline=None)
@given(
    st.lists(
        st.builds(
            Refusal,
            status=st.sampled_from([400, 422, 500]),
            words=st.sampled_from(
                [
                    "unsupported: response_format",
                    "unsupported max_tokens, max_completion_tokens, seed, stream",
                    "unknown temperature",
                    "stream_options not supported",
                    "unexpected top_p and reasoning_effort",
                ]
            ),
            parameter=st.sampled_from(["", "", "max_tokens", "max_completion_tokens", "seed", "stream"]),
        ),
        min_size=20,
        max_size=30,
    )
)
def test_refusals_come_to_an_end(refusals: list[Refusal]) -> None:
    dialect, steps = FIRST, 0
    for refusal in refusals:
        changed = dialect.after(refusal, ALL)
        if changed is not None:
            assert changed != dialect
            dialect, steps = changed, steps + 1
    # Two modes, the limit's two names, streaming, and five other parameters.
    assert steps <= 10
    body = dialect.body(ALL, dialect.messages(PROMPT, SCHEMA), SCHEMA)
    assert {"model", "messages"} <= set(body)
