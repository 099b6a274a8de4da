"""Packing abstracts by rank into a budget of tokens. An abstract goes in whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from litreview.papers import Paper
from litreview.retrieval import Retrieved
from litreview.text.cleaning import strip_controls
from litreview.tokens import TokenCounter

# A model weighs some forty abstracts against each other; of more it overlooks those in the middle
# (Liu et al. 2024, "Lost in the Middle"). It is also what one planned call is meant for.
MOST_PER_CALL = 40


class Record(BaseModel):
    """A paper as a prompt carries it: under a short id, as one line of JSON."""

    model_config = ConfigDict(frozen=True)

    id: str
    paper: Paper
    line: str


class Pack(BaseModel):
    """Records for each call, and the keys of papers that fit into none."""

    model_config = ConfigDict(frozen=True)

    parts: tuple[tuple[Record, ...], ...]
    left_out: tuple[str, ...] = ()


def pack(retrieved: Retrieved, *, counter: TokenCounter, budget: int) -> Pack:
    """Divide the retrieved papers, by rank, into as few parts as fit, of about the same size.

    Args:
        retrieved: Papers of a library, best first. Those without an abstract have nothing to quote and are
            left out.
        counter: How tokens are counted.
        budget: Tokens for the records of one call. A paper larger than that is left out.
    """
    sized = []
    left_out = []
    for number, item in enumerate(retrieved.papers, start=1):
        record = record_of(f"P{number}", item.paper)
        size = counter.count(record.line) + 1
        if size <= budget and item.paper.abstract:
            sized.append((record, size))
        else:
            left_out.append(item.paper.key or "")
    fewest = max(-(-sum(size for _, size in sized) // max(budget, 1)), -(-len(sized) // MOST_PER_CALL))
    for count in range(fewest, len(sized) + 1):
        parts = _divided(sized, parts=count, budget=budget)
        if parts is not None:
            return Pack(parts=parts, left_out=tuple(left_out))
    return Pack(parts=(), left_out=tuple(left_out))


def _divided(
    sized: Sequence[tuple[Record, int]], *, parts: int, budget: int
) -> tuple[tuple[Record, ...], ...] | None:
    """Neighbours in rank stay together; None if some part would be too large."""
    if not parts:
        return ()
    divided = []
    for number in range(parts):
        part = sized[len(sized) * number // parts : len(sized) * (number + 1) // parts]
        if sum(size for _, size in part) > budget or len(part) > MOST_PER_CALL:
            return None
        divided.append(tuple(record for record, _ in part))
    return tuple(divided)


def record_of(id: str, paper: Paper) -> Record:
    """A paper as a prompt carries it. What steers a terminal or cannot be seen is not passed on."""
    fields = {
        "id": id,
        "title": strip_controls(paper.title),
        "year": paper.year,
        "abstract": strip_controls(paper.abstract or ""),
    }
    known = {name: value for name, value in fields.items() if value is not None}
    return Record(id=id, paper=paper, line=json.dumps(known, ensure_ascii=False))
