"""A second reader: asked of every claim, blind to who wrote it, whether its quotations entail it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from litreview.answers import Claim, Group, JudgedItems, Judgement
from litreview.llm.types import ChatModel
from litreview.prompting import Prompts, judged_schema


class Judged(NamedTuple):
    """An answer's groups after the second reading, and the figures of the answer."""

    groups: tuple[Group, ...]
    judgement: Judgement


class _Item(NamedTuple):
    """A claim with some of its quotations: all (`key` None), those of one paper, or those of the others."""

    claim: Claim
    key: str | None
    alone: bool

    @property
    def quotes(self) -> list[str]:
        return [
            piece.quote
            for piece in self.claim.evidence
            if self.key is None or (piece.key == self.key) == self.alone
        ]


async def judge(groups: Sequence[Group], model: ChatModel, *, prompts: Prompts) -> Judged:
    """Ask of every claim whether its quotations entail it, all in one call.

    A claim that they do not entail becomes `weak`: what two readers see differently is doubtful, no more. A
    verdict that is missing in the reply counts as "no".

    Raises:
        ProviderError: The server could not be reached, or cannot serve now.
        ModelError: The call cannot succeed as it is.
    """
    items = {f"J{number}": item for number, item in enumerate(_items(groups), start=1)}
    lines = (
        json.dumps({"id": id, "claim": item.claim.text, "quotes": item.quotes}, ensure_ascii=False)
        for id, item in items.items()
    )
    prompt = prompts["judge"].render(items="\n".join(lines))
    reply, completion = await model.complete(prompt, judged_schema(list(items)))
    entailed = {items[id] for id in _entailed(reply) if id in items}
    whole = [item for item in items.values() if item.key is None]
    needed = [_is_needed(item.claim, key, entailed) for item in whole for key in item.claim.citations]
    return Judged(
        groups=tuple(
            group.model_copy(update={"claims": tuple(_read_again(claim, entailed) for claim in group.claims)})
            for group in groups
        ),
        judgement=Judgement(
            model=completion.model,
            recall=round(sum(item in entailed for item in whole) / max(len(whole), 1), 4),
            precision=round(sum(needed) / max(len(needed), 1), 4),
        ),
    )


def _items(groups: Sequence[Group]) -> Iterator[_Item]:
    for group in groups:
        for claim in group.claims:
            yield _Item(claim, None, alone=True)
            if len(claim.citations) > 1:
                for key in claim.citations:
                    yield _Item(claim, key, alone=True)
                    yield _Item(claim, key, alone=False)


def _entailed(reply: JudgedItems) -> set[str]:
    return {item.id for item in reply.verdicts if item.entailed == "yes"}


def _is_needed(claim: Claim, key: str, entailed: set[_Item]) -> bool:
    """ALCE's precision of one citation: the claim is entailed, and not by the others where not by it."""
    if _Item(claim, None, alone=True) not in entailed:
        return False
    if len(claim.citations) == 1:
        return True
    return _Item(claim, key, alone=True) in entailed or _Item(claim, key, alone=False) not in entailed


def _read_again(claim: Claim, entailed: set[_Item]) -> Claim:
    if _Item(claim, None, alone=True) in entailed:
        return claim
    return claim.model_copy(update={"verdict": "weak"})
