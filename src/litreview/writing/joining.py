"""Joining what was written on parts: checked claims go into one more prompt and come back regrouped.

The reply names claims by their ids, so no quote is copied a second time: a joined claim stands on the
evidence of all claims it names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from litreview.answers import Claim, DraftAnswer, DraftClaim, DraftEvidence, DraftGroup, JoinedAnswer
from litreview.checking import Checked
from litreview.llm.types import Prompt, ReplySchema
from litreview.prompting import Prompts, joined_schema
from litreview.tokens import bound

from .planning import Budget, Plan


@dataclass(frozen=True)
class Joining:
    """A call that joins, and what is needed to read its reply.

    Attributes:
        prompt: None where there is nothing to join.
        schema: The form of the reply.
        pieces: The claims that are in the prompt, by their ids.
        unjoined: What did not fit into the prompt, as it was written, and the gaps of all parts.
    """

    prompt: Prompt | None
    schema: ReplySchema[JoinedAnswer]
    pieces: Mapping[str, DraftClaim]
    unjoined: DraftAnswer

    def draft_of(self, joined: JoinedAnswer) -> DraftAnswer:
        """The joined answer as a draft like any other; an id that no claim has adds no evidence."""
        groups = tuple(
            DraftGroup(
                heading=group.heading,
                claims=tuple(
                    DraftClaim(text=c.text, evidence=self._evidence(c.claims)) for c in group.claims
                ),
            )
            for group in joined.groups
        )
        return DraftAnswer(groups=groups + self.unjoined.groups, gaps=joined.gaps)

    def _evidence(self, ids: Iterable[str]) -> tuple[DraftEvidence, ...]:
        named = (self.pieces[id] for id in ids if id in self.pieces)
        return tuple(dict.fromkeys(piece for claim in named for piece in claim.evidence))


class Joiner:
    """Prepares the call that joins, within a budget.

    Args:
        prompts: The prompts in use.
        budget: What the call may take.
    """

    def __init__(self, prompts: Prompts, budget: Budget) -> None:
        self._template = prompts["join"]
        self._room = budget.context - budget.reply - bound(self._template.system + self._template.user)

    def prepare(self, plan: Plan, parts: Sequence[Checked], gaps: Sequence[str]) -> Joining:
        """Put the claims that stood their check into one prompt, in the order of the parts."""
        ids = {paper.key or "": id for id, paper in plan.papers.items()}
        groups = [group for part in parts for group in part.groups]
        claims = [(group.heading, _draft(claim, ids)) for group in groups for claim in group.claims]
        noted = [json.dumps({"gap": gap}, ensure_ascii=False) for gap in gaps]
        lines: list[str] = []
        pieces: dict[str, DraftClaim] = {}
        unjoined: list[DraftGroup] = []
        room = self._room - sum(map(bound, noted))
        for number, (heading, claim) in enumerate(claims, start=1):
            line = _line(f"C{number}", heading, claim)
            room -= bound(line) + bound(f"C{number}")
            if room < 0:
                unjoined.append(DraftGroup(heading=heading, claims=(claim,)))
                continue
            lines.append(line)
            pieces[f"C{number}"] = claim
        inputs = {"question": plan.question, "claims": "\n".join(lines), "gaps": "\n".join(noted)}
        return Joining(
            prompt=self._template.render(label="", **inputs) if pieces else None,
            schema=joined_schema(list(pieces)),
            pieces=pieces,
            unjoined=DraftAnswer(groups=tuple(unjoined), gaps=tuple(gaps)),
        )


def _draft(claim: Claim, ids: Mapping[str, str]) -> DraftClaim:
    evidence = (DraftEvidence(paper=ids[piece.key], quote=piece.quote) for piece in claim.evidence)
    return DraftClaim(text=claim.text, evidence=tuple(evidence))


def _line(id: str, heading: str, claim: DraftClaim) -> str:
    papers = list(dict.fromkeys(piece.paper for piece in claim.evidence))
    return json.dumps(
        {"id": id, "heading": heading, "text": claim.text, "papers": papers}, ensure_ascii=False
    )
