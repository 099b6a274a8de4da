from __future__ import annotations

import asyncio
import json

import pytest

from litreview.answers import Group
from litreview.errors import LitreviewError, ProviderError, ReplyUnreadable, UsageError
from litreview.papers import Paper
from litreview.prompting import Prompts
from litreview.retrieval import Retrieved, RetrievedPaper
from litreview.testing import ScriptedModel
from litreview.writing import Budget, Plan, Workshop, Written, compose, plan

_SUBJECTS = "mixing pruning gating pooling shifting scaling filtering hashing routing folding".split()


def _retrieved(count: int) -> Retrieved:
    papers = (
        Paper(
            key=f"key{number}",
            title=f"Paper {number}",
            abstract=f"We study {_SUBJECTS[number % 10]} of tokens in networks of kind {number},"
            " and find that it helps.",
            published="2024",
        )
        for number in range(1, count + 1)
    )
    return Retrieved(question="what helps?", papers=tuple(RetrievedPaper(paper=p, score=0.5) for p in papers))


class _Watch:
    def __init__(self) -> None:
        self.stages: list[str] = []
        self.groups: list[Group] = []

    def stage(self, name: str) -> None:
        self.stages.append(name)

    def text(self, part: str, text: str) -> None:
        assert part
        assert text

    def group(self, group: Group) -> None:
        self.groups.append(group)


def _compose(
    planned: Plan,
    model: ScriptedModel,
    *,
    deadline: float = 30,
    budget: Budget | None = None,
    judged: bool = False,
    watch: _Watch | None = None,
) -> Written:
    return asyncio.run(
        compose(
            planned.model_copy(update={"budget": budget}) if budget else planned,
            Workshop(model, Prompts(), deadline, judged, watch),
        )
    )


def _plan(count: int, **budget: int) -> Plan:
    return plan(_retrieved(count), prompts=Prompts(), budget=Budget(**budget))


def test_twenty_papers_take_exactly_one_call() -> None:
    planned, model = _plan(20), ScriptedModel()
    written = _compose(planned, model)
    assert planned.calls == len(model.prompts) == 1
    claims = [claim for group in written.checked.groups for claim in group.claims]
    assert [claim.citations for claim in claims] == [(f"key{number}",) for number in range(1, 21)]
    assert written.checked.removed == ()
    assert written.gaps == ("What these abstracts do not say.",)


def test_more_papers_than_fit_are_asked_for_in_parts_and_joined() -> None:
    planned, model = _plan(90), ScriptedModel()
    written = _compose(planned, model)
    assert planned.calls == len(model.prompts) == 4
    assert [prompt.name for prompt in model.prompts][-1] == "join"
    keys = {key for group in written.checked.groups for claim in group.claims for key in claim.citations}
    assert keys == {f"key{number}" for number in range(1, 91)}


def test_parts_are_asked_for_at_the_same_time_but_at_most_four() -> None:
    class Counts(ScriptedModel):
        running = most = 0

        async def complete(self, prompt, schema, *, on_text=None):  # type: ignore[no-untyped-def]
            self.running += 1
            self.most = max(self.most, self.running)
            try:
                return await super().complete(prompt, schema, on_text=on_text)
            finally:
                self.running -= 1

    planned, model = _plan(200), Counts(delay=0.02)
    assert len(planned.parts) == 5
    _compose(planned, model)
    assert model.most == 4


def test_a_joined_claim_stands_on_the_evidence_of_all_it_names_and_unknown_ids_add_none() -> None:
    parts = _plan(90)
    joined = {
        "groups": [
            {
                "heading": "Both",
                "claims": [
                    {
                        "text": "We study pruning and gating of tokens in networks.",
                        "claims": ["C1", "C2", "C99999"],
                    },
                    {"text": "We study something that nobody named.", "claims": ["C0"]},
                ],
            }
        ],
        "gaps": [],
    }

    class Joins(ScriptedModel):
        async def complete(self, prompt, schema, *, on_text=None):  # type: ignore[no-untyped-def]
            if prompt.name == "join":
                self._replies = [json.dumps(joined)]
            return await super().complete(prompt, schema, on_text=on_text)

    written = _compose(parts, Joins())
    (group,) = written.checked.groups
    assert [claim.citations for claim in group.claims] == [("key1", "key2")]
    assert [claim.reasons for claim in written.checked.removed] == [("uncited",)]


def test_a_claim_of_a_part_that_fails_its_check_is_not_passed_on_and_is_listed() -> None:
    invented = "nobody ever wrote these words in any abstract"
    reply = json.dumps(
        {
            "groups": [
                {"heading": "H", "claims": [{"text": "x", "evidence": [{"paper": "P1", "quote": invented}]}]}
            ],
            "gaps": ["g"],
        }
    )
    written = _compose(_plan(90), ScriptedModel(reply))
    assert written.checked.groups == ()
    # The same words of three parts; the paper they name is one of the first part only.
    assert [claim.reasons for claim in written.checked.removed] == [("quote-not-found",)] * 3


def test_what_does_not_fit_into_the_call_that_joins_stays_as_it_was_written() -> None:
    planned = plan(_retrieved(60), prompts=Prompts(), budget=Budget(context=3_400, reply=1_000))
    model = ScriptedModel()
    written = _compose(planned, model, budget=Budget(context=3_000, reply=1_000))
    assert len(planned.parts) > 1
    keys = {key for group in written.checked.groups for claim in group.claims for key in claim.citations}
    assert keys == {f"key{number}" for number in range(1, 61)}
    in_prompt = sum(line.startswith('{"id"') for line in model.prompts[-1].user.splitlines())
    assert 0 < in_prompt < 60


def test_the_deadline_holds_over_all_calls() -> None:
    with pytest.raises(ProviderError, match="after 0 seconds"):
        _compose(_plan(200), ScriptedModel(delay=5), deadline=0.2)


def test_the_first_failure_ends_the_other_calls() -> None:
    with pytest.raises(ReplyUnreadable) as caught:
        _compose(_plan(90), ScriptedModel("no JSON at all"))
    assert isinstance(caught.value, LitreviewError)
    assert caught.value.raw == "no JSON at all"


def test_groups_are_given_away_as_they_are_complete_and_checked() -> None:
    class Streams(ScriptedModel):
        async def complete(self, prompt, schema, *, on_text=None):  # type: ignore[no-untyped-def]
            value, completion = await super().complete(prompt, schema)
            for end in range(0, len(completion.text) + 1, 50):
                if end:
                    on_text(completion.text[:end])
            return value, completion

    watch = _Watch()
    written = _compose(_plan(20), Streams(), watch=watch)
    assert watch.stages == ["asking", "checking"]
    # The last group is complete only with the whole reply.
    assert tuple(watch.groups) == written.checked.groups[:-1]


def test_a_context_that_holds_no_abstract_is_refused_with_the_way_out() -> None:
    with pytest.raises(UsageError, match="not one abstract fits") as caught:
        _plan(3, context=1_000, reply=900)
    assert "--max-context" in caught.value.hint


def _answer(*claims: tuple[str, str, str]) -> str:
    """A reply of one group: text, paper and quote of each claim."""
    return json.dumps(
        {
            "groups": [
                {
                    "heading": "H",
                    "claims": [
                        {"text": text, "evidence": [{"paper": paper, "quote": quote}]}
                        for text, paper, quote in claims
                    ],
                }
            ],
            "gaps": [],
        }
    )


SOUND = ("Gating of tokens helps.", "P2", "We study gating of tokens in networks of kind 2")
FAULTY = ("Pruning of tokens never helps.", "P1", "pruning of tokens was never seen to help anybody")


def test_only_what_failed_goes_back_once_with_the_reasons_and_takes_its_old_place() -> None:
    mended = {
        "id": "F1",
        "text": "Pruning of tokens helps.",
        "evidence": [
            {
                "paper": "P1",
                "quote": "We study pruning of tokens in networks of kind 1 and find that it helps",
            }
        ],
    }
    model = ScriptedModel(_answer(FAULTY, SOUND), json.dumps({"claims": [mended]}))
    written = _compose(_plan(3), model)
    assert [prompt.name for prompt in model.prompts] == ["answer", "repair"]
    sent = [json.loads(line) for line in model.prompts[1].user.splitlines() if line.startswith("{")]
    assert [record["id"] for record in sent] == ["F1", "P1"]
    assert "quote-not-found" in sent[0]["found"][0]
    (group,) = written.checked.groups
    assert [claim.text for claim in group.claims] == ["Pruning of tokens helps.", SOUND[0]]
    assert [(repair.before.text, repair.after.text) for repair in written.repaired] == [
        (FAULTY[0], "Pruning of tokens helps.")
    ]
    assert written.checked.removed == ()


@pytest.mark.parametrize(
    "reply",
    [
        {"claims": []},
        {"claims": [{"id": "F1", "text": "Still wrong.", "evidence": [{"paper": "P1", "quote": FAULTY[2]}]}]},
        {"claims": [{"id": "F99", "text": "Of no claim.", "evidence": []}]},
    ],
)
def test_what_still_fails_is_removed_with_its_reasons(reply: dict[str, object]) -> None:
    model = ScriptedModel(_answer(FAULTY, SOUND), json.dumps(reply))
    written = _compose(_plan(3), model)
    assert len(model.prompts) == 2
    assert [claim.text for group in written.checked.groups for claim in group.claims] == [SOUND[0]]
    # As it was written at first: that is what a reader of the reasons has to see.
    assert [(claim.text, claim.reasons) for claim in written.checked.removed] == [
        (FAULTY[0], ("quote-not-found",))
    ]
    assert written.repaired == ()


def test_a_repair_that_fails_leaves_the_rest_of_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    written = _compose(_plan(3), ScriptedModel(_answer(FAULTY, SOUND), "no JSON"))
    assert [claim.text for group in written.checked.groups for claim in group.claims] == [SOUND[0]]
    assert len(written.checked.removed) == 1
    assert "could not be mended" in caplog.text


def test_a_second_reader_gives_figures_and_makes_what_it_doubts_weak() -> None:
    both = json.loads(
        _answer(SOUND, ("We study mixing of tokens.", "P10", "We study mixing of tokens in networks"))
    )
    both["groups"][0]["claims"][0]["evidence"].append(
        {"paper": "P3", "quote": "We study pooling of tokens in networks"}
    )

    class Reads(ScriptedModel):
        async def complete(self, prompt, schema, *, on_text=None):  # type: ignore[no-untyped-def]
            if prompt.name == "judge":
                items = [json.loads(line) for line in prompt.user.splitlines() if line.startswith("{")]
                # J1 is the first claim whole; J2 to J5 its papers alone and left out; J6 the second claim.
                assert [len(item["quotes"]) for item in items] == [2, 1, 1, 1, 1, 1]
                yes = {"J1": "yes", "J2": "yes", "J5": "yes"}
                verdicts = [{"id": i["id"], "entailed": yes.get(i["id"], "no")} for i in items]
                self._replies = [json.dumps({"verdicts": verdicts})]
            return await super().complete(prompt, schema, on_text=on_text)

    written = _compose(_plan(10), Reads(json.dumps(both)), judged=True)
    assert written.judgement is not None
    # One claim of two is entailed. Of three citations one is needed: P2 carries its claim alone, without P3
    # the claim still stands, and the second claim does not stand at all.
    assert (written.judgement.recall, written.judgement.precision) == (0.5, pytest.approx(1 / 3, abs=1e-4))
    (group,) = written.checked.groups
    assert group.claims[1].verdict == "weak"


def test_a_second_reader_who_fails_costs_the_figures_and_not_the_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    written = _compose(_plan(3), ScriptedModel(_answer(SOUND), "no JSON"), judged=True)
    assert [claim.text for group in written.checked.groups for claim in group.claims] == [SOUND[0]]
    assert written.judgement is None
    assert "second reader gave no verdict" in caplog.text
