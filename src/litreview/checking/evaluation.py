"""How good the check is: true claims, false ones made of them by rule, and judged pairs, counted."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from litreview.answers import Claim, DraftAnswer, DraftClaim, DraftEvidence, DraftGroup, Reason
from litreview.errors import SourceError
from litreview.papers import Paper

from . import corruptions as rules
from .cases import Collection, Pair, corpus_file, extractive_cases, judged_cases, read_collection, read_pairs
from .checker import check, examine
from .corruptions import Case, Rule
from .folding import fold
from .prepared import PreparedPapers
from .quantities import quantities
from .support import best_sentence, coverage, support
from .terms import Acronyms, claim_terms

Caught = Literal["unsupported", "flagged"]
Progress = Callable[[str, int, int], None]

_COLLECTION = 6000  # papers of the corpus of abstracts
_TRUE_CLAIMS = 600  # extractive ones among the true claims
_TIMED = (40, 30)  # claims and papers of the answer whose check is timed


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Row(_Value):
    """One kind of false claim.

    Attributes:
        kind: What was done to true claims.
        made: How many were made.
        caught: How many the check found: `unsupported`, or weak as well where `counts` is "flagged".
        weak: How many came out as weak.
        fitting: How many gave a reason that names the fault; None where any reason will do.
        judged_made: How many of them were made of SciFact's claims, which are not sentences of the paper.
        judged_caught: How many of these were caught.
        target: The least share that is to be caught.
    """

    kind: str
    counts: Caught
    made: int
    caught: int
    weak: int
    fitting: int | None
    judged_made: int
    judged_caught: int
    target: float

    @property
    def share(self) -> float:
        """Share caught, in [0, 1]."""
        return self.caught / self.made if self.made else 0.0


class Alarm(_Value):
    """A true claim that did not come out as supported."""

    source: str
    claim: str
    verdict: str
    explanations: tuple[str, ...]


class Point(_Value):
    """What one threshold for weak claims would do: shares of claims that stand lower, in [0, 1]."""

    threshold: float
    true_claims: float
    other_paper: float


class CitationReport(_Value):
    """The check, measured. Shares are in [0, 1].

    Attributes:
        rows: The kinds of false claims.
        true_claims: How many true claims were checked.
        unsupported: Share of these that came out as unsupported.
        weak: Share of these that came out as weak.
        alarms: The true claims that did not come out as supported, the unsupported ones first.
        auroc: SciFact's SUPPORT against NOT_ENOUGH_INFO by the support score.
        best_sentence: Share of SciFact's pairs with a rationale in which the best sentence belongs to it.
        contradictions: Shares of SciFact's CONTRADICT pairs, quoting their rationales, by verdict.
        curve: Thresholds for weak claims.
        milliseconds: Processor time to check 40 claims against 30 papers, the papers prepared anew; the best
            of five. Single words are known from before (`benchmarks/run.py checking` has a first check).
    """

    seed: int
    rows: tuple[Row, ...]
    true_claims: int
    unsupported: float
    weak: float
    alarms: tuple[Alarm, ...]
    auroc: float
    best_sentence: float
    contradictions: dict[str, float]
    curve: tuple[Point, ...]
    milliseconds: float

    def as_table(self) -> str:
        """The report as plain text."""
        lines = [f"{'what was done to true claims':44} {'made':>5} {'caught':>7} {'target':>7}  of SciFact"]
        for row in self.rows:
            kind = row.kind if row.counts == "unsupported" else f"{row.kind} (or weak)"
            judged = f"{row.judged_caught} of {row.judged_made}" if row.judged_made else "-"
            lines.append(f"{kind:44} {row.made:5} {row.share:7.1%} {row.target:7.0%}  {judged}")
        lines += [
            "",
            f"true claims: {self.true_claims}, of them unsupported {self.unsupported:.1%} (at most 2%),"
            f" weak {self.weak:.1%} (at most 10%)",
            f"SUPPORT against NOT_ENOUGH_INFO: AUROC {self.auroc:.3f} (at least 0.90)",
            f"best sentence is a rationale: {self.best_sentence:.3f} (at least 0.60)",
            "CONTRADICT: "
            + ", ".join(f"{share:.0%} {verdict}" for verdict, share in self.contradictions.items()),
            f"40 claims against 30 papers: {self.milliseconds:.0f} ms (at most 50)",
        ]
        return "\n".join(lines)


class _Kind(_Value):
    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    name: str
    rules: tuple[Rule, ...]
    target: float
    counts: Caught = "unsupported"
    reasons: frozenset[Reason] = frozenset()
    holding: tuple[re.Pattern[str], ...] = ()


_NOT_THERE: frozenset[Reason] = frozenset({"quote-not-found", "altered-quote"})
_KINDS = (
    _Kind(name="unknown id", rules=(rules.unknown_id,), target=1, reasons=frozenset({"unknown-paper"})),
    _Kind(name="empty quote", rules=(rules.empty_quote,), target=1, reasons=_NOT_THERE),
    _Kind(name="short quote", rules=(rules.short_quote,), target=1, reasons=frozenset({"short-quote"})),
    _Kind(name="fabricated quote", rules=(rules.fabricated_quote,), target=1, reasons=_NOT_THERE),
    _Kind(
        name="quote of another paper",
        rules=(rules.quote_of_another,),
        target=1,
        reasons=frozenset({"wrong-paper"}),
    ),
    _Kind(name="one word of the quote changed", rules=(rules.changed_word,), target=1, reasons=_NOT_THERE),
    _Kind(name="quote stitched together", rules=(rules.stitched_quote,), target=1, reasons=_NOT_THERE),
    _Kind(
        name="number changed: figure",
        rules=(rules.changed_figure,),
        holding=(rules.FIGURE,),
        target=0.99,
        reasons=frozenset({"number-mismatch"}),
    ),
    _Kind(
        name="number changed: words, sizes, factors",
        rules=(rules.changed_count, rules.changed_size, rules.changed_fold, rules.changed_half),
        holding=(rules.COUNT, rules.SIZE, rules.FOLD, rules.HALF),
        target=0.99,
        reasons=frozenset({"number-mismatch"}),
    ),
    _Kind(
        name="citation swapped, quote kept",
        rules=(rules.swapped_citation,),
        target=1,
        reasons=frozenset({"wrong-paper"}),
    ),
    _Kind(
        name="citation swapped, quote from there", rules=(rules.other_paper,), target=0.95, counts="flagged"
    ),
    _Kind(name="direction: negated", rules=(rules.negated,), target=0.75, counts="flagged"),
    _Kind(name="direction: opposite word", rules=(rules.antonym,), target=0.75, counts="flagged"),
    _Kind(
        name="direction: operands swapped",
        rules=(rules.swapped_operands,),
        holding=(rules.PIVOT,),
        target=0.75,
        counts="flagged",
    ),
)


def evaluate_citations(
    folder: Path,
    *,
    corpus: Path | None = None,
    seed: int = 0,
    limit: int = 500,
    progress: Progress | None = None,
) -> CitationReport:
    """Measure the check on SciFact and on claims made of it by rule.

    Args:
        folder: SciFact: corpus.jsonl(.gz) and verify_pairs.jsonl.
        corpus: A corpus.jsonl(.gz) of abstracts whose sentences serve as further true claims; without it they
            come from SciFact's abstracts.
        seed: Of all random choices.
        limit: How many claims of each kind are made, where there are enough to make them of.
        progress: Called with a stage, the steps done and the steps in all.

    Raises:
        SourceError: A file is missing or malformed, or no true claim can be made of it.
    """
    judged = read_collection(corpus_file(folder))
    pairs = read_pairs(folder)
    further = read_collection(corpus, limit=_COLLECTION) if corpus else judged
    pick = random.Random(seed)  # noqa: S311 - a measurement that can be repeated
    cases = judged_cases(judged, pairs, pick)
    true_claims = [*cases, *islice(extractive_cases(further, pick), min(_TRUE_CLAIMS, limit))]
    if not cases:
        raise SourceError(
            f"{str(folder)!r} has no SUPPORT pair with a rationale and a paper",
            hint="do verify_pairs.jsonl and the corpus share their ids?",
        )
    alarms = [alarm for case in true_claims for alarm in _alarm(case)]
    rows = []
    for number, kind in enumerate(_KINDS):
        if progress:
            progress(kind.name, number, len(_KINDS))
        rows.append(_row(kind, cases, further, seed, limit))
    return CitationReport(
        seed=seed,
        rows=tuple(rows),
        true_claims=len(true_claims),
        unsupported=sum(alarm.verdict == "unsupported" for alarm in alarms) / len(true_claims),
        weak=sum(alarm.verdict == "weak" for alarm in alarms) / len(true_claims),
        alarms=tuple(sorted(alarms, key=lambda alarm: alarm.verdict)),
        auroc=_auroc(judged, pairs),
        best_sentence=_best_sentences(judged, pairs),
        contradictions=_contradictions(judged, pairs),
        curve=_curve(true_claims, random.Random(seed)),  # noqa: S311 - as above
        milliseconds=_milliseconds(true_claims),
    )


def _row(kind: _Kind, cases: Sequence[Case], further: Collection, seed: int, limit: int) -> Row:
    pick = random.Random(f"{seed} {kind.name}")  # noqa: S311 - repeatable, as above
    made = caught = weak = fitting = judged_made = judged_caught = 0
    for case in chain(cases, extractive_cases(further, pick, holding=kind.holding)):
        if made >= limit:
            break
        applicable = [draft for rule in kind.rules if (draft := rule(case, pick))]
        if not applicable:
            continue
        claim = _examined(case, pick.choice(applicable))
        is_caught = claim.verdict == "unsupported" or (kind.counts == "flagged" and claim.verdict == "weak")
        made += 1
        caught += is_caught
        weak += claim.verdict == "weak"
        fitting += bool(kind.reasons & set(claim.reasons))
        judged_made += case.source == "scifact"
        judged_caught += is_caught and case.source == "scifact"
    return Row(
        kind=kind.name,
        counts=kind.counts,
        made=made,
        caught=caught,
        weak=weak,
        fitting=fitting if kind.reasons else None,
        judged_made=judged_made,
        judged_caught=judged_caught,
        target=kind.target,
    )


def _examined(case: Case, draft: DraftClaim) -> Claim:
    return examine(draft, PreparedPapers.of(case.papers)).claim


def _alarm(case: Case) -> Iterator[Alarm]:
    claim, explanations, _ = examine(case.claim, PreparedPapers.of(case.papers))
    if claim.verdict != "supported":
        yield Alarm(source=case.source, claim=claim.text, verdict=claim.verdict, explanations=explanations)


def _auroc(collection: Collection, pairs: Sequence[Pair]) -> float:
    """How often a SUPPORT pair scores higher than a NOT_ENOUGH_INFO pair; ties count half."""
    scores: dict[str, list[float]] = {"SUPPORT": [], "NOT_ENOUGH_INFO": []}
    for pair in pairs:
        if pair.label in scores and pair.paper in collection.papers:
            scores[pair.label].append(_support_of(pair, collection))
    wins = [(a > b) + (a == b) / 2 for a in scores["SUPPORT"] for b in scores["NOT_ENOUGH_INFO"]]
    return sum(wins) / len(wins) if wins else 0.0


def _support_of(pair: Pair, collection: Collection) -> float:
    """The support score of a claim whose quote is the best sentence, as `litreview check` takes it."""
    paper = collection.papers[pair.paper]
    best = best_sentence(pair.claim, paper, collection.weights)
    held = Acronyms.of([paper.text, pair.claim]).terms(paper.text)
    in_paper = coverage(claim_terms(pair.claim), held, collection.weights)
    return support(best[1] if best else 0.0, in_paper)


def _best_sentences(collection: Collection, pairs: Sequence[Pair]) -> float:
    """How often the best sentence touches a sentence of a gold rationale."""
    hits = []
    for pair in pairs:
        if pair.rationales and pair.paper in collection.papers:
            paper = collection.papers[pair.paper]
            best = best_sentence(pair.claim, paper, collection.weights)
            gold = {collection.sentences[pair.paper][at] for rationale in pair.rationales for at in rationale}
            found = (paper.abstract or "")[slice(*best[0])] if best else ""
            hits.append(any(sentence in found or found in sentence for sentence in gold))
    return sum(hits) / len(hits) if hits else 0.0


def _contradictions(collection: Collection, pairs: Sequence[Pair]) -> dict[str, float]:
    counts: Counter[str] = Counter()
    for pair in pairs:
        if pair.label == "CONTRADICT" and pair.rationales and pair.paper in collection.papers:
            quotes = [collection.sentences[pair.paper][at] for at in pair.rationales[0]]
            evidence = tuple(DraftEvidence(paper="P1", quote=quote) for quote in quotes)
            papers = PreparedPapers.of({"P1": collection.papers[pair.paper]}, weights=collection.weights)
            counts[examine(DraftClaim(text=pair.claim, evidence=evidence), papers).claim.verdict] += 1
    total = counts.total() or 1
    return {verdict: counts[verdict] / total for verdict in ("unsupported", "weak", "supported")}


def _curve(cases: Sequence[Case], pick: random.Random) -> tuple[Point, ...]:
    """Shares under each threshold, of true claims and of claims that quote another retrieved paper."""
    true_scores = [examine(case.claim, PreparedPapers.of(case.papers)).standing for case in cases]
    drafts = [(case, rules.other_paper(case, pick)) for case in cases]
    scores = [examine(draft, PreparedPapers.of(case.papers)).standing for case, draft in drafts if draft]
    return tuple(
        Point(
            threshold=at / 100,
            true_claims=_under(true_scores, at / 100),
            other_paper=_under(scores, at / 100),
        )
        for at in range(10, 65, 5)
    )


def _under(scores: Sequence[float], threshold: float) -> float:
    return sum(score < threshold for score in scores) / len(scores) if scores else 0.0


def _milliseconds(cases: Sequence[Case]) -> float:
    """Time to check an answer over papers of several cases; nothing is kept from an earlier check."""
    claims, papers = _TIMED
    pool = [paper for case in cases for paper in case.papers.values()]
    best = float("inf")
    for turn in range(5):
        at = turn * papers % len(pool)
        chosen = list({paper.key: paper for paper in pool[at:] + pool[:at]}.values())[:papers]
        ids = {f"P{number}": paper for number, paper in enumerate(chosen, start=1)}
        drafts = [_first_sentences(name, paper) for name, paper in ids.items()]
        written = (drafts * 2)[:claims]
        draft = DraftAnswer(groups=(DraftGroup(heading="", claims=tuple(written)),))
        fold.cache_clear()
        quantities.cache_clear()
        start = time.process_time()
        check(draft, ids)
        best = min(best, 1000 * (time.process_time() - start))
    return best


def _first_sentences(name: str, paper: Paper) -> DraftClaim:
    """A claim of some thirty words on the abstract's first and last words."""
    words = (paper.abstract or paper.title).split()
    quotes = [" ".join(words[:20]), " ".join(words[-20:])]
    text = " ".join([*words[4:18], "and", *words[-18:-4]])
    return DraftClaim(text=text, evidence=tuple(DraftEvidence(paper=name, quote=quote) for quote in quotes))
