"""Bytes become a reply in the same way however they are split, and whatever comes nothing is raised."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litreview.llm import Server, TokenUsage
from litreview.llm.incoming import Incoming, unusable
from litreview.llm.refusals import Asked

from .fault_server import USAGE, chunk

ASKED = Asked(Server("http://localhost/v1"), "tiny")


def _events(*items: object, end: str = "\n\n") -> bytes:
    lines = [
        item if isinstance(item, str) else "data: " + json.dumps(item, ensure_ascii=False) for item in items
    ]
    return "".join(line + end for line in lines).encode()


STREAM = _events(
    ": keep-alive",
    chunk({"role": "assistant", "content": ""}),
    chunk({"content": "één\u2028\x85 "}),
    chunk({"content": None, "reasoning_content": "hm"}),
    "event: message",
    chunk({"content": [{"type": "thinking", "thinking": "no"}, {"type": "text", "text": "two 😀"}]}),
    chunk({}, finish="stop"),
    {"choices": [], "usage": USAGE},
    "data: [DONE]",
    chunk({"content": "never read"}),
)
TEXT = "één\u2028\x85 two 😀"


def _take(*pieces: bytes) -> Incoming:
    incoming = Incoming()
    for piece in pieces:
        incoming.feed(piece)
    incoming.close()
    return incoming


@settings(deadline=None)
@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_a_stream_may_be_split_anywhere(cuts: list[int]) -> None:
    at = [0, *sorted(cuts), len(STREAM)]
    incoming = _take(*(STREAM[start:end] for start, end in pairwise(at)))
    assert (incoming.kind, incoming.text, incoming.finish_reason) == ("events", TEXT, "stop")
    assert (incoming.reasoned, incoming.done, incoming.trouble) == (True, True, "")
    assert incoming.usage == TokenUsage(prompt_tokens=120, cached_tokens=20, completion_tokens=30)
    assert unusable(incoming, ASKED) is None


@pytest.mark.parametrize("end", ["\n\n", "\r\n\r\n", "\n"])
def test_lines_may_end_in_either_way(end: str) -> None:
    assert (
        _take(_events(chunk({"content": "a"}), chunk({"content": "b"}, finish="stop"), end=end)).text == "ab"
    )


def test_the_last_event_needs_no_line_end() -> None:
    assert _take(_events(chunk({"content": "a"}, finish="stop"), end="")).finish_reason == "stop"


def test_a_character_whose_halves_come_apart_is_put_together() -> None:
    halves = [b'data: {"choices":[{"delta":{"content":"\\u%s"}}]}\n' % half for half in (b"d83d", b"de00")]
    assert _take(*halves).text == "😀"
    assert _take(halves[0]).text == "\ufffd"


def test_the_other_names_of_usage_are_known() -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": None, "prompt_cache_hit_tokens": 4, "total_tokens": "x"}
    body = {"choices": [{"message": {"content": "a"}, "finish_reason": "stop"}], "usage": usage}
    assert _take(json.dumps(body).encode()).usage == TokenUsage(prompt_tokens=9, cached_tokens=4)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xef\xbb\xbf  {}", "other"),
        (b'{"choices": []}', "body"),
        (b"<!doctype html>", "other"),
        (b"ok", "other"),
        (b"[]", "other"),
        (b"dat", "unknown"),
        (b"", "unknown"),
        (b"\xef\xbb\xbfdata: {}", "events"),
    ],
)
def test_what_it_is_shows_in_the_first_bytes(data: bytes, kind: str) -> None:
    incoming = _take(*(data[i : i + 1] for i in range(len(data))))
    assert incoming.kind == kind
    assert unusable(incoming, ASKED) is not None


def test_an_endless_page_is_not_read_to_its_end() -> None:
    incoming = Incoming()
    incoming.feed(b"<html>" + b"x" * 5000)
    assert incoming.done


@pytest.mark.parametrize("piece", [b"data: " + b"x" * 100_000, _events(chunk({"content": "x" * 100_000}))])
def test_an_endless_reply_is_not_read_to_its_end(piece: bytes) -> None:
    incoming = Incoming()
    for _ in range(1000):
        incoming.feed(piece.replace(b"\n", b"") if b"content" not in piece else piece)
        if incoming.done:
            break
    assert "does not end" in incoming.trouble


@settings(deadline=None)
@given(st.binary(max_size=80) | st.text(alphabet='data: {}[]"choies,delt\n0', max_size=80).map(str.encode))
def test_any_bytes_are_taken_in(data: bytes) -> None:
    unusable(_take(data), ASKED)


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "choices",
                        "delta",
                        "message",
                        "content",
                        "usage",
                        "error",
                        "prompt_tokens",
                        "finish_reason",
                    ]
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_taken_in(item: object) -> None:
    data = json.dumps(item).encode()
    unusable(_take(data), ASKED)
    unusable(_take(b"data: " + data), ASKED)
