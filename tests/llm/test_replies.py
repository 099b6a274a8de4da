"""Replies as models write them are read, or refused with the right error; never half."""

from __future__ import annotations

import json
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from litreview.errors import ReplyCutOff, ReplyEmpty, ReplyError, ReplyUnreadable
from litreview.llm import ReplySchema, partial_value, read_reply
from litreview.llm.replies import MAX_CHARACTERS
from tests.conftest import SHARED

from .conftest import GOOD, SCHEMA, VALUE, Answer

REPLIES = SHARED / "replies"


class _Evidence(BaseModel):
    paper: str
    quote: str


class _Claim(BaseModel):
    text: str
    evidence: list[_Evidence]


class _Group(BaseModel):
    heading: str
    claims: list[_Claim]


class Grouped(BaseModel):
    groups: list[_Group]
    gaps: list[str]


GROUPED = ReplySchema("grouped", {}, Grouped)


class Lenient(BaseModel):
    """Every field has a default, so any object at all is valid: the worst case for reading by halves."""

    title: str = ""
    points: list[object] = []


LENIENT = ReplySchema("lenient", {}, Lenient)


def _reply(name: str) -> str:
    path = REPLIES / name
    if not path.exists():
        pytest.skip("the replies of ../shared/replies are not here")
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["q1.fenced.txt", "q3.think.txt"])
def test_a_wrapped_reply_is_read_as_what_it_wraps(name: str) -> None:
    plain = json.loads(_reply(f"{name[:2]}.careful.json"))
    assert read_reply(_reply(name), GROUPED).model_dump() == Grouped.model_validate(plain).model_dump()


def test_a_reply_that_was_cut_off_is_not_read_as_a_shorter_one() -> None:
    text = _reply("q2.truncated.txt")
    for schema in (GROUPED, LENIENT):
        with pytest.raises(ReplyCutOff) as caught:
            read_reply(text, schema)
        assert caught.value.raw == text
    assert len(partial_value(text)["groups"]) >= 1


@pytest.mark.parametrize("name", ["q1.careful.json", "q2.careful.json", "q3.careful.json", "q1.sloppy.json"])
def test_no_beginning_of_a_reply_is_read_as_the_whole(name: str) -> None:
    text = _reply(name).rstrip()
    for end in range(0, len(text), 97):
        with pytest.raises(ReplyError):
            read_reply(text[:end], LENIENT)


WRAPPED = {
    "plain": GOOD,
    "byte order mark": f"\ufeff{GOOD}",
    "fenced": f"```json\n{GOOD}\n```",
    "fenced without a language": f"```\n{GOOD}\n```",
    "fence never closed": f"```json\n{GOOD}",
    "prose around": f"Sure! Here it is:\n\n{GOOD}\n\nLet me know {{if}} you need more.",
    "prose with a quotation mark": f'He said "yes. {GOOD}',
    "prose with braces": f"I fill the set {{a, b}} and {{x: y}} now: {GOOD}",
    "an empty object before": f"{{}} is not enough, so: {GOOD}",
    "a sketch before": f'The form is {{"title": ..., "points": [...]}}. Now: {GOOD}',
    "thoughts": f"<think>Shall I say {GOOD.replace('Reefs', 'Draft')}?</think>{GOOD}",
    "thoughts of another name": f"<thinking>Hm {{</thinking>\n{GOOD}",
    "thoughts in brackets": f'[THINK]Hm {{"a": "[/THINK]{GOOD}',
    "thoughts without a beginning": f'The user wants {{"title": and so on.\n</think>\n\n{GOOD}',
    "thoughts without an end": f"<think>Let me see. {GOOD}",
    "thoughts with a broken sketch": f'<think>{{"title": "a" "b}}</think>{GOOD}',
    "thoughts of gpt-oss": f'<|channel|>analysis<|message|>{{"title"<|end|><|channel|>final<|message|>{GOOD}',
    "trailing commas": '{"title": "Reefs", "points": ["one", "two, with {braces}", ], }',
    "two drafts, the last counts": GOOD.replace("Reefs", "Draft") + "\nBetter:\n" + GOOD,
    "a valid one before an invalid one": GOOD + '\nChecked: {"ok": true}',
    "line breaks": json.dumps(json.loads(GOOD), indent=4).replace("\n", "\r\n"),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_a_reply_is_found_in_what_surrounds_it(name: str) -> None:
    assert read_reply(WRAPPED[name], SCHEMA) == VALUE


@pytest.mark.parametrize(
    "text",
    [
        'ends in } and ] and "quotes" and \\ back\\"slash',
        "```json\n{}\n```",
        "<think>not a thought</think>",
        "commas ,] and ,} stay",
        "a line\nbreak\tand a tab",
        "\u2028 \x85 é 漢 😀",
    ],
)
def test_strings_may_hold_anything(text: str) -> None:
    value = Answer(title=text, points=[text])
    for wrapped in (
        value.model_dump_json(),
        f"Here:\n```json\n{value.model_dump_json(indent=1)}\n```\nDone.",
    ):
        assert read_reply(wrapped, SCHEMA) == value
    trailing = f'{{"title": {json.dumps(text)}, "points": [{json.dumps(text)},],}}'
    assert read_reply(trailing, SCHEMA) == value


def test_a_line_break_inside_a_string_is_taken_as_it_is() -> None:
    assert read_reply('{"title": "two\nlines", "points": []}', SCHEMA).title == "two\nlines"


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("", ReplyEmpty, "empty"),
        (" \n\ufeff", ReplyEmpty, "empty"),
        ("<think>only thoughts</think>", ReplyEmpty, "empty"),
        ("<think>only thoughts", ReplyEmpty, "empty"),
        ("I cannot find anything.", ReplyUnreadable, "no JSON object"),
        ("[1, 2]", ReplyUnreadable, "no JSON object"),
        ('{"title": "Reefs"}', ReplyUnreadable, "points: Field required"),
        ('{"title": "Reefs", "points": [1]}', ReplyUnreadable, r"points\.0: Input should be a valid string"),
        ('{"title": "a" "b", "points": []}', ReplyUnreadable, "syntax error"),
        ('{"title": "Reefs", "points": NaN}', ReplyUnreadable, "syntax error"),
        ("{'title': 'Reefs', 'points': []}", ReplyUnreadable, "no JSON object"),
        (GOOD[:-1], ReplyCutOff, "in the middle"),
        ('{"title": "Ree', ReplyCutOff, "in the middle"),
        (f"{GOOD}\nBetter:\n{GOOD[:30]}", ReplyCutOff, "in the middle"),
        ('{"title": "\\ud800", "points": []}', ReplyUnreadable, "form asked for"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, ReplyUnreadable, "syntax error"),
        (GOOD * 201, ReplyUnreadable, "more than 200 objects"),
        ("x" * (MAX_CHARACTERS + 1), ReplyUnreadable, "more than 2,000,000"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_cannot_be_read_says_why_and_keeps_the_text(
    text: str, error: type[ReplyError], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        read_reply(text, SCHEMA)
    assert text.startswith(caught.value.raw)
    assert len(caught.value.raw) == min(len(text), MAX_CHARACTERS)
    assert caught.value.hint


@pytest.mark.parametrize(
    "piece", ['{"a"}', '{"', "<think>", "</think>", '{"a":1}', '","', "{ ", '{"a":"<think>",]}']
)
def test_a_hostile_reply_takes_no_more_than_its_length(piece: str) -> None:
    text = piece * (500_000 // len(piece))
    started = time.perf_counter()
    with pytest.raises(ReplyError):
        read_reply(text, SCHEMA)
    partial_value(text)
    assert time.perf_counter() - started < 5


@settings(deadline=None)
@given(st.text(alphabet='{}[]",:\\ atrue1<>/hink`\n', max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ReplyError):
        read_reply(text, SCHEMA)
    partial_value(text)


@settings(deadline=None)
@given(
    st.builds(Answer, title=st.text(), points=st.lists(st.text(), max_size=3)),
    st.text(alphabet=st.characters(exclude_characters="{", exclude_categories=["Cs"])),
    st.sampled_from(["", "```json\n", "<think>{\"a</think>", "</think>"]),
    st.booleans(),
)  # fmt: skip
def test_any_answer_is_found_in_any_prose(value: Answer, prose: str, opening: str, ascii_only: bool) -> None:
    text = f"{prose}{opening}{json.dumps(value.model_dump(), ensure_ascii=ascii_only)}\n{prose}"
    assert read_reply(text, SCHEMA) == value


@settings(deadline=None)
@given(st.data())
def test_no_beginning_of_any_answer_is_read(data: st.DataObject) -> None:
    value = data.draw(
        st.builds(Lenient, title=st.text(), points=st.lists(st.text() | st.integers(), min_size=1))
    )
    text = value.model_dump_json()
    end = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(ReplyError):
        read_reply(text[:end], LENIENT)


def test_what_has_come_so_far_grows_to_the_whole() -> None:
    text = f"<think>{{}} hm</think>\n```json\n{GOOD}\n```"
    seen = [partial_value(text[:end]) for end in range(len(text) + 1)]
    values = [value for value in seen if value is not None]
    assert seen[: text.index("{", 20)] == [None] * text.index("{", 20)
    assert values[-1] == VALUE.model_dump()
    assert {"title": "Reefs", "points": ["one"]} in values
    sizes = [len(json.dumps(value)) for value in values]
    assert sizes == sorted(sizes)


def test_while_the_model_thinks_there_is_nothing_to_show() -> None:
    assert partial_value(f"<think>Perhaps {GOOD}") is None
    assert partial_value("Well, ") is None


def test_a_beginning_that_is_no_json_shows_nothing() -> None:
    assert partial_value('{"title": nope, "poi') is None
