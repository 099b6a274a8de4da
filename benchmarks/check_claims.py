"""Check an answer of 40 claims against 30 papers once; print the milliseconds it took, imports left out.

usage: python check_claims.py FILE

FILE is JSONL with one paper a line. The clock stands still while other programs run: it is that of the
processor, for this machine is shared.
"""

from __future__ import annotations

import sys
import time
from itertools import islice
from pathlib import Path

import rapidfuzz.distance
import rapidfuzz.fuzz  # noqa: F401 - loaded before the clock starts

from litreview.answers import DraftAnswer, DraftClaim, DraftEvidence, DraftGroup
from litreview.checking import check
from litreview.papers import Paper
from litreview.sources.jsonl import parse_lines

CLAIMS, PAPERS = 40, 30


def claim(number: int, name: str, paper: Paper) -> DraftClaim:
    """One of thirty words with two quotes; every tenth quote has a word that the abstract has not."""
    words = (paper.abstract or "").split()
    first, last = words[:20], words[-20:]
    if number % 10 == 0:
        first[7] = "zebra"
    evidence = (DraftEvidence(paper=name, quote=" ".join(quote)) for quote in (first, last))
    return DraftClaim(text=" ".join([*words[4:18], "and", *words[-18:-4]]), evidence=tuple(evidence))


with Path(sys.argv[1]).open(encoding="utf-8") as file:
    papers = [paper for paper in islice(parse_lines(file, name="bench"), PAPERS) if isinstance(paper, Paper)]
ids = {f"P{number}": paper for number, paper in enumerate(papers, start=1)}
claims = [claim(number, name, paper) for number, (name, paper) in enumerate(ids.items(), start=1)]
further = [
    made.model_copy(update={"text": " ".join(made.text.split()[::2])})
    for made in claims[: CLAIMS - len(claims)]
]
draft = DraftAnswer(groups=(DraftGroup(heading="All", claims=(*claims, *further)),))
started = time.process_time()
checked = check(draft, ids)
took = time.process_time() - started
assert len(checked.groups[0].claims) + len(checked.removed) == CLAIMS
print(1000 * took)
