"""`check`: every claim of a draft against the words it cites. Deterministic, and never edits a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from litreview.answers import Claim, DraftAnswer, DraftClaim, Group, Verdict
from litreview.papers import Paper

from .evidence import Finding, Located, check_evidence, short
from .numbers import check_numbers
from .polarity import conflicts
from .prepared import PreparedPapers
from .results import Checked, Failure
from .structure import hidden_characters, stray_marks
from .support import coverage, support
from .terms import claim_terms
from .weights import WordWeights

# A claim of which its quotes and papers cover less is weak. Calibrated on SciFact (docs/checking.md).
LEAST_SUPPORT = 0.3
# What it counts for or against a claim that its papers cover more or less of it than the best other paper
# does.
_LEAD = 0.5


class Examined(NamedTuple):
    """A checked claim, a line for each finding or doubt, and its standing (0 where a quote is not there)."""

    claim: Claim
    explanations: tuple[str, ...]
    standing: float


def check(
    draft: DraftAnswer,
    papers: Mapping[str, Paper] | PreparedPapers,
    *,
    weights: WordWeights | None = None,
    least_support: float = LEAST_SUPPORT,
) -> Checked:
    """Check every claim of a draft.

    Args:
        draft: What a model or a person wrote.
        papers: Paper by its id in the draft (P1 to Pn); a paper of a library has its key set.
        weights: How much words say, counted over a library; by default over these papers.
        least_support: Claims that stand lower are weak: the support score in [0, 1], raised or lowered by how
            far the cited papers are ahead of the others.

    Returns:
        The claims that stand, the removed ones, and what explains each verdict but "supported".
    """
    ready = PreparedPapers.of(papers, weights=weights)
    groups: list[Group] = []
    found: list[Failure] = []
    for group in draft.groups:
        kept: list[Claim] = []
        for written in group.claims:
            claim, explanations, _ = examine(written, ready, least_support=least_support)
            if claim.verdict != "unsupported":
                kept.append(claim)
            if claim.verdict != "supported":
                failure = Failure(
                    heading=group.heading, draft=written, claim=claim, explanations=explanations
                )
                found.append(failure)
        if kept:
            groups.append(Group(heading=group.heading, claims=tuple(kept)))
    failures = tuple(failure for failure in found if failure.claim.verdict == "unsupported")
    return Checked(
        groups=tuple(groups),
        removed=tuple(failure.claim for failure in failures),
        failures=failures,
        doubts=tuple(failure for failure in found if failure.claim.verdict == "weak"),
        notes=tuple(_notes(draft, ready)),
    )


def _notes(draft: DraftAnswer, papers: PreparedPapers) -> Iterator[str]:
    """What headings and gaps hold that is no prose. They claim nothing, so nothing is removed for it."""
    for kind, texts in (("heading", [group.heading for group in draft.groups]), ("gap", draft.gaps)):
        for text in texts:
            marks = list(stray_marks(text, ids=papers.papers))
            if hidden := hidden_characters(text):
                marks.append(hidden)
            if marks:
                yield f"the {kind} {short(text)} holds {' and '.join(marks)}"


def check_claim(
    claim: DraftClaim,
    papers: Mapping[str, Paper] | PreparedPapers,
    *,
    weights: WordWeights | None = None,
    least_support: float = LEAST_SUPPORT,
) -> Claim:
    """Check one claim; `examine` also says why."""
    return examine(claim, PreparedPapers.of(papers, weights=weights), least_support=least_support).claim


def examine(draft: DraftClaim, papers: PreparedPapers, *, least_support: float = LEAST_SUPPORT) -> Examined:
    """Check one claim and explain the verdict, one line a finding.

    A claim with any finding is unsupported, whatever else it quotes rightly: which words rest on the bad
    evidence cannot be told. Numbers and direction are asked only where the quotes stand.
    """
    located = [check_evidence(evidence, papers) for evidence in draft.evidence]
    findings = _structure(draft, located, papers)
    findings += [piece.finding for piece in located if piece.finding]
    doubts: list[str] = []
    score = 0.0
    if located and not any(piece.finding for piece in located):
        found, doubts = _contents(draft, located, papers)
        findings += found
        score, rival = _standing(draft, located, papers)
        if score < least_support:
            note = f", and {rival} covers more of it" if rival else ""
            doubts.append(f"doubt: the quotes and their papers cover little of what the claim says{note}")
    verdict: Verdict = "unsupported" if findings else "weak" if doubts else "supported"
    claim = Claim(
        text=draft.text,
        citations=tuple(dict.fromkeys(piece.evidence.key for piece in located if piece.paper is not None)),
        evidence=tuple(piece.evidence for piece in located),
        verdict=verdict,
        reasons=tuple(dict.fromkeys(finding.reason for finding in findings)),
    )
    return Examined(claim, tuple(dict.fromkeys([*map(str, findings), *doubts])), score)


def _structure(draft: DraftClaim, located: Sequence[Located], papers: PreparedPapers) -> list[Finding]:
    """What is wrong with the form of a claim, whatever its quotes say."""
    if not any(map(str.isalnum, draft.text)):
        return [Finding("uncited", "the claim says nothing")]
    found = []
    if not draft.evidence:
        found.append(Finding("uncited", "the claim has no evidence"))
    sources = [piece.paper.text for piece in located if piece.paper]
    marks = stray_marks(draft.text, ids=papers.papers, sources=sources)
    found += [Finding("stray-citation", f"the claim holds {mark}") for mark in marks]
    hidden = hidden_characters(draft.text)
    return found + ([Finding("hidden-character", f"the claim holds {hidden}")] if hidden else [])


def _contents(
    draft: DraftClaim, located: Sequence[Located], papers: PreparedPapers
) -> tuple[list[Finding], list[str]]:
    """Numbers and direction of a claim against what it quotes: findings, and doubts."""
    findings: list[Finding] = []
    doubts: list[str] = []
    names = {
        written.paper.strip(): piece.paper for written, piece in zip(draft.evidence, located, strict=True)
    }
    cited = [(name, paper) for name, paper in names.items() if paper]
    others = ((name, paper) for name, paper in papers.papers.items() if name not in names)
    quotes = [piece.evidence.quote for piece in located]
    for number in check_numbers(draft.text, cited, quotes, others):
        if number.sure:
            findings.append(Finding("number-mismatch", number.text))
        else:
            doubts.append(f"doubt: {number.text}")
    for conflict in conflicts(draft.text, quotes):
        if conflict.certainty == "sure":
            findings.append(Finding("polarity-mismatch", conflict.text))
        else:
            doubts.append(f"doubt: {conflict.text}")
    return findings, doubts


def _standing(draft: DraftClaim, located: Sequence[Located], papers: PreparedPapers) -> tuple[float, str]:
    """How well a claim stands whose quotes are all there, and the id of a paper that fits it better, or "".

    The support score, and how far the cited papers are ahead of the others in plain coverage: a claim under
    the wrong one of several papers on its subject is covered in part, but better by the right one.
    """
    weights = {term: papers.weights(term) for term in claim_terms(draft.text)}
    total = sum(weights.values())
    cited = {
        written.paper.strip(): piece.paper for written, piece in zip(draft.evidence, located, strict=True)
    }
    quoted = frozenset[str]().union(*(papers.terms(piece.evidence.quote) for piece in located))
    held = quoted.union(*(papers.terms(paper.text) for paper in cited.values() if paper))
    asked, weigh = tuple(weights), weights.__getitem__
    score = support(coverage(asked, quoted, weigh), coverage(asked, held, weigh))
    rivals = {name: 0.0 for name in papers.papers if name not in cited}
    if not rivals or not total:
        return score, ""
    for term, weight in weights.items():
        for name in papers.holders.get(term, ()):
            if name in rivals:
                rivals[name] += weight
    best = max(rivals, key=rivals.__getitem__)
    lead = (sum(weight for term, weight in weights.items() if term in held) - rivals[best]) / total
    return score + _LEAD * lead, best if lead < 0 else ""
