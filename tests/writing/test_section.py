from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from litreview.errors import ProviderError, ReplyUnreadable
from litreview.llm import read_reply
from litreview.llm.types import Completion, OnText, Prompt, ReplySchema
from litreview.papers import Paper
from litreview.prompting import Prompts
from litreview.related_work import OutlineTheme, Style
from litreview.testing import scripted_reply
from litreview.writing import Budget, Workshop
from litreview.writing.section import WrittenSection, compose_section
from litreview.writing.themes import Brief

_SUBJECTS = "mixing pruning gating pooling shifting scaling filtering hashing routing folding".split()


def _papers(count: int) -> dict[str, Paper]:
    return {
        f"P{number}": Paper(
            key=f"key{number}",
            title=f"Paper {number}",
            abstract=f"We study {_SUBJECTS[number % 10]} of tokens in networks of kind {number},"
            f" and find that it helps by {number + 20} percent.",
            published="2024",
        )
        for number in range(1, count + 1)
    }


def _brief(count: int, *, outline: tuple[OutlineTheme, ...] = (), style: Style | None = None) -> Brief:
    return Brief("what helps?", _papers(count), style or Style(themes=8), outline, Prompts(), Budget())


class _Model:
    """A scripted model some of whose replies are given, by the first word of the prompt's name."""

    def __init__(self, *, delay: float = 0.0, **replies: Any) -> None:
        self.identity = {"server": "scripted", "model": "scripted"}
        self._delay = delay
        self._given = replies
        self.prompts: list[Prompt] = []
        self.running = self.most = 0

    async def complete(
        self, prompt: Prompt, schema: ReplySchema[Any], *, on_text: OnText | None = None
    ) -> tuple[Any, Completion]:
        self.prompts.append(prompt)
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(self._delay)
        self.running -= 1
        given = self._given.get(prompt.name.split()[0])
        if isinstance(given, Exception):
            raise given
        text = scripted_reply(prompt.user, schema.name) if given is None else json.dumps(given)
        return read_reply(text, schema), Completion(text=text, model="scripted", mode="json_schema")


def _compose(brief: Brief, model: _Model, *, table: bool = False, deadline: float = 30) -> WrittenSection:
    return asyncio.run(compose_section(brief, Workshop(model, Prompts(), deadline), table=table))


def _names(model: _Model) -> list[str]:
    return [prompt.name for prompt in model.prompts]


def test_forty_papers_take_one_call_that_plans_one_a_theme_and_one_that_connects() -> None:
    model = _Model(delay=0.02)
    written = _compose(_brief(40), model)
    themes = [name for name in _names(model) if name.startswith("theme ")]
    assert _names(model) == ["themes", *themes, "connect"]
    assert len(themes) == len(written.themes) == 5
    assert model.most == 5
    cited = {key for theme in written.themes for claim in theme.claims for key in claim.citations}
    assert cited == {f"key{number}" for number in range(1, 41)}
    assert written.omitted == {}


def test_a_theme_call_holds_the_records_of_its_own_papers_and_the_names_of_the_others() -> None:
    model = _Model()
    _compose(_brief(10), model)
    first = next(prompt for prompt in model.prompts if prompt.name.startswith("theme "))
    held = [json.loads(line) for line in first.user.splitlines() if line.startswith("{")]
    assert held[0] == {"theme": "Theme 1", "focus": "What differs."}
    assert held[1] == {"written elsewhere": ["Theme 2"]}
    assert [record["id"] for record in held[2:]] == ["P1", "P3", "P5", "P7", "P9"]
    assert "About 300 words" in first.system
    assert 'no "we"' in first.system


def test_every_paper_is_in_a_theme_or_omitted_with_a_reason() -> None:
    plan = {
        "themes": [
            {"heading": "Mixing", "focus": "", "papers": ["P1", "P2", "P99"]},
            {"heading": " mixing ", "focus": "", "papers": ["P3", "P1"]},
            {"heading": "Nothing", "focus": "", "papers": []},
        ],
        "left_out": [{"paper": "P4", "reason": "About fish."}, {"paper": "P88", "reason": "?"}],
    }
    written = _compose(_brief(5), _Model(themes=plan))
    assert [(theme.heading, theme.papers) for theme in written.planned] == [("Mixing", ("P1", "P2", "P3"))]
    assert written.omitted == {"P4": "About fish.", "P5": "the plan assigned it to no theme"}


def test_no_more_themes_are_written_than_were_asked_for() -> None:
    model = _Model()
    written = _compose(_brief(12, style=Style(themes=2)), model)
    assert [theme.heading for theme in written.planned] == ["Theme 1", "Theme 2"]
    assert set(written.omitted.values()) == {"the plan had more themes than were asked for"}


def test_an_outline_gives_the_themes_their_order_and_their_focus() -> None:
    outline = (
        OutlineTheme(heading="Second first", focus="Costs."),
        OutlineTheme(heading="Empty"),
        OutlineTheme(heading="First second"),
    )
    plan = {
        "themes": [
            {"heading": "first  second", "focus": "Gains.", "papers": ["P1"]},
            {"heading": "Second first", "focus": "Something else.", "papers": ["P2"]},
            {"heading": "Invented", "focus": "", "papers": ["P3"]},
        ],
        "left_out": [],
    }
    written = _compose(_brief(3, outline=outline), _Model(themes=plan))
    assert [(theme.heading, theme.focus) for theme in written.planned] == [
        ("Second first", "Costs."),
        ("First second", "Gains."),
    ]
    assert list(written.omitted) == ["P3"]


def test_a_theme_that_was_written_by_hand_gets_papers_and_no_call() -> None:
    outline = (OutlineTheme(heading="Mine", kept=True), OutlineTheme(heading="Yours"))
    model = _Model()
    written = _compose(_brief(6, outline=outline), model)
    assert [name for name in _names(model) if name.startswith("theme ")] == ["theme 1 of 1"]
    assert [theme.heading for theme in written.themes] == ["Yours"]
    assert [theme.heading for theme in written.planned] == ["Mine", "Yours"]


def test_connecting_reorders_and_rewords_but_changes_no_claim() -> None:
    papers = _papers(4)
    first, second = (papers[name].abstract or "" for name in ("P1", "P2"))
    connected = {
        "themes": [
            {
                "id": "T1",
                "opening": "What helps differs by kind.",
                "sentences": [
                    {"id": "S2", "text": f"By contrast, {second[0].lower()}{second[1:]}"},
                    {"id": "S1", "text": first.replace("21 percent", "91 percent")},
                    {"id": "S2", "text": "Twice."},
                    {"id": "S77", "text": "Invented."},
                ],
            },
        ]
    }
    theme = {"claims": [_claim(papers, f"P{number}") for number in (1, 2, 3)]}
    (only,) = _compose(_brief(3), _Model(themes=_one_theme(3), theme=theme, connect=connected)).themes
    assert only.opening == "What helps differs by kind."
    assert [claim.citations for claim in only.claims] == [("key2",), ("key1",), ("key3",)]
    assert only.claims[0].text.startswith("By contrast, we study")
    assert "91" not in only.claims[1].text
    assert only.claims[1].text == first


@pytest.mark.parametrize(
    "opening",
    [
        "Depth improves accuracy everywhere.",
        "Three of 5 agree.",
        "See [@lee2020].",
        "word " * 41,
        "P2 leads.",
    ],
)
def test_an_opening_that_claims_something_is_left_out(opening: str) -> None:
    connected = {"themes": [{"id": "T1", "opening": opening, "sentences": []}]}
    (only,) = _compose(_brief(3), _Model(themes=_one_theme(3), connect=connected)).themes
    assert only.opening == ""
    assert len(only.claims) == 3


def test_themes_change_places_only_where_the_user_gave_no_order() -> None:
    connected = {"themes": [{"id": "T2", "sentences": []}, {"id": "T1", "sentences": []}]}
    free = _compose(_brief(10), _Model(connect=connected))
    assert [theme.heading for theme in free.themes] == ["Theme 2", "Theme 1"]
    outline = (OutlineTheme(heading="One"), OutlineTheme(heading="Two"))
    given = _compose(_brief(10, outline=outline), _Model(connect=connected))
    assert [theme.heading for theme in given.themes] == ["One", "Two"]


def test_a_sentence_that_two_themes_hold_stays_once_in_each() -> None:
    papers = _papers(2)
    plan = {
        "themes": [{"heading": name, "focus": "", "papers": [id]} for name, id in (("A", "P1"), ("B", "P2"))],
        "left_out": [],
    }
    model = _Model(themes=plan, theme={"claims": [_claim(papers, "P1")]})
    written = _compose(_brief(2), model)
    assert [[claim.citations for claim in theme.claims] for theme in written.themes] == [[("key1",)]] * 2


def test_a_connection_that_fails_leaves_the_paragraphs_as_they_were_written() -> None:
    written = _compose(_brief(4), _Model(connect=ProviderError("down")))
    assert [len(theme.claims) for theme in written.themes] == [4]


def test_what_fails_its_check_is_mended_by_one_call_and_the_rest_removed() -> None:
    papers = _papers(3)
    wrong = {"text": "It helps by 77 percent.", "evidence": _claim(papers, "P1")["evidence"]}
    theme = {"claims": [wrong, _claim(papers, "P2"), {"text": "Nobody knows.", "evidence": []}]}
    model = _Model(themes=_one_theme(3), theme=theme)
    written = _compose(_brief(3), model)
    assert _names(model) == ["themes", "theme 1 of 1", "repair", "connect"]
    assert [repair.before.text for repair in written.repaired] == ["It helps by 77 percent."]
    assert [claim.reasons for claim in written.removed] == [("uncited",)]


def test_a_plan_without_a_theme_is_an_error() -> None:
    with pytest.raises(ReplyUnreadable, match="planned no theme"):
        _compose(_brief(3), _Model(themes={"themes": [], "left_out": []}))


def test_a_model_that_is_too_slow_is_given_up() -> None:
    with pytest.raises(ProviderError, match="after 0 seconds"):
        _compose(_brief(3), _Model(delay=0.2), deadline=0.1)


def test_abstracts_are_cut_for_the_plan_and_left_out_of_a_theme_where_they_do_not_fit() -> None:
    papers = {
        id: paper.model_copy(update={"abstract": f"{paper.abstract} {'More of it. ' * 400}"})
        for id, paper in _papers(6).items()
    }
    brief = _brief(6)._replace(papers=papers, budget=Budget(context=9_000, reply=1_000))
    model = _Model(themes=_one_theme(6))
    written = _compose(brief, model)
    planned = [json.loads(line) for line in model.prompts[0].user.splitlines() if line.startswith("{")]
    assert len(planned) == 6
    assert all(len(record["abstract"]) < 1_300 for record in planned)
    assert set(written.omitted.values()) == {"its abstract did not fit into the call for its theme"}
    assert 0 < len(written.omitted) < 6


def test_a_table_quotes_or_says_that_nothing_is_stated() -> None:
    papers = _papers(2)
    invented = {"aspect": "result", "quote": "it helps by at least 99 percent of all"}
    real = {"aspect": "method", "quote": "We study pruning of tokens in networks"}
    reply = {"rows": [{"paper": "P1", "cells": [real, invented]}, {"paper": "P9", "cells": [real]}]}
    model = _Model(table=reply)
    written = _compose(_brief(2), model, table=True)
    assert [row.key for row in written.table] == ["key1", "key2"]
    cells = {cell.aspect: cell for cell in written.table[0].cells}
    found = cells["method"]
    assert (papers["P1"].abstract or "")[found.start : found.end] == found.quote == real["quote"]
    assert [cells[aspect].quote for aspect in ("data", "result", "limits")] == [None] * 3
    assert [cell.quote for cell in written.table[1].cells] == [None] * 4


def _one_theme(count: int) -> dict[str, Any]:
    papers = [f"P{number}" for number in range(1, count + 1)]
    return {"themes": [{"heading": "All", "focus": "What differs.", "papers": papers}], "left_out": []}


def _claim(papers: dict[str, Paper], id: str) -> dict[str, Any]:
    abstract = papers[id].abstract or ""
    return {"text": abstract, "evidence": [{"paper": id, "quote": abstract}]}
