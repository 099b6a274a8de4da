"""Mending what failed: only the claims that failed their check go back, once, with the reasons."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from litreview.answers import DraftAnswer, DraftClaim, Repair, RepairedClaims
from litreview.checking import Checked, Failure, PreparedPapers, check, check_claim
from litreview.llm.types import Prompt, ReplySchema
from litreview.papers import Paper
from litreview.prompting import Prompts, record_of, repaired_schema
from litreview.tokens import bound

from .planning import Budget


@dataclass(frozen=True)
class Mended:
    """A draft after its repair: checked anew, with what was replaced by what."""

    checked: Checked
    repaired: tuple[Repair, ...]


@dataclass(frozen=True)
class Repairing:
    """A call that mends, and what is needed to read its reply."""

    prompt: Prompt
    schema: ReplySchema[RepairedClaims]
    failures: Mapping[str, Failure]

    def mend(self, draft: DraftAnswer, reply: RepairedClaims, papers: PreparedPapers) -> Mended:
        """Put the corrections that stand their check into the places of the claims they correct.

        A claim without such a correction stays as it was, and so among the removed ones, with its reasons.
        """
        before = {failure.draft: failure.claim for failure in self.failures.values()}
        corrected: dict[DraftClaim, DraftClaim] = {}
        repaired: list[Repair] = []
        for claim in reply.claims:
            if claim.id not in self.failures:
                continue
            old = self.failures[claim.id].draft
            new = DraftClaim(text=claim.text, evidence=claim.evidence)
            after = check_claim(new, papers)
            if after.verdict != "unsupported" and old not in corrected:
                corrected[old] = new
                repaired.append(Repair(before=before[old], after=after))
        groups = tuple(
            group.model_copy(update={"claims": tuple(corrected.get(claim, claim) for claim in group.claims)})
            for group in draft.groups
        )
        checked = check(draft.model_copy(update={"groups": groups}), papers)
        return Mended(checked, tuple(repaired))


def prepare_repair(
    question: str,
    failures: Sequence[Failure],
    papers: Mapping[str, Paper],
    *,
    prompts: Prompts,
    budget: Budget,
) -> Repairing | None:
    """Put the failed claims, what was found and the abstracts they cite into one prompt.

    Args:
        question: The question of the answer.
        failures: What the check found.
        papers: Paper by its id in the draft.
        prompts: The prompts in use.
        budget: What the call may take; a claim that does not fit, with its abstracts, is not sent.

    Returns:
        None where nothing can be sent.
    """
    template = prompts["repair"]
    room = budget.context - budget.reply - bound(template.system + template.user + question)
    chosen: dict[str, Failure] = {}
    lines: list[str] = []
    records: dict[str, str] = {}
    for failure in failures:
        # Where a quotation is of another paper, the finding names it: its abstract is needed too. A claim
        # that names no paper cannot be mended from an abstract.
        named = [paper for paper in papers if _names(failure, paper)]
        line = _line(f"F{len(chosen) + 1}", failure)
        new = {paper: record_of(paper, papers[paper]).line for paper in named if paper not in records}
        size = bound(line) + sum(map(bound, new.values()))
        if not named or size > room:
            continue
        room -= size
        chosen[f"F{len(chosen) + 1}"] = failure
        lines.append(line)
        records |= new
    if not chosen:
        return None
    prompt = template.render(question=question, claims="\n".join(lines), papers="\n".join(records.values()))
    return Repairing(prompt, repaired_schema(list(chosen), list(records)), chosen)


def _names(failure: Failure, paper: str) -> bool:
    if any(evidence.paper.strip() == paper for evidence in failure.draft.evidence):
        return True
    words = {word.strip(".,:;()'\"") for text in failure.explanations for word in text.split()}
    return paper in words


def _line(id: str, failure: Failure) -> str:
    record = {
        "id": id,
        "text": failure.draft.text,
        "evidence": [evidence.model_dump() for evidence in failure.draft.evidence],
        "found": list(failure.explanations),
    }
    return json.dumps(record, ensure_ascii=False)
