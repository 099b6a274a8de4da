"""`check_documents`: every cited sentence of Markdown documents against the abstracts of what it cites.

A document gives keys and no quotes. So numbers and direction are compared with the whole abstract and its
best sentence, and what only that sentence contradicts is a doubt. Deterministic; no I/O but the shelf's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from litreview.answers import Evidence, Reason, Verdict
from litreview.papers import Paper
from litreview.text.cleaning import strip_controls
from litreview.text.sentences import Span, split_sentences

from .checker import LEAST_SUPPORT
from .evidence import Finding
from .factual import states_finding
from .findings import DocumentClaim, DocumentReport, DocumentSummary
from .numbers import check_numbers
from .passages import Passage, read_passages
from .polarity import conflicts
from .prepared import PreparedPapers
from .quantities import quantities
from .quotes import locate, nearest
from .shelf import Shelf
from .support import best_of, coverage, support
from .terms import Acronyms, claim_terms

# What covers less of a sentence than this is not what it is about, so that nothing in it contradicts it.
_ABOUT = 0.5
# Fewer words of weight than this claim nothing: "See [@lee2020] for details."
_LEAST_TERMS = 3
_LEAD = 0.5  # as for the claims of an answer (checker.py)
_SHOWN = 80
_TITLE_PARTS = re.compile(r"(?<=[:?!])\s+|:\s*|\s[–—-]\s")
_LEAST_TITLE_WORDS = 3  # fewer may be words of the sentence itself
_DIGITS = re.compile(r"\d+")


class Document(NamedTuple):
    """A Markdown text, and the path it is reported under."""

    path: str
    text: str


class _Best(NamedTuple):
    """The sentence of an abstract that bears most on a claim, and how much of it that covers."""

    evidence: Evidence
    terms: frozenset[str]
    coverage: float


class _Reading(NamedTuple):
    """The sentences of an abstract, what terms each holds, and what the whole paper holds.

    Its own acronyms are understood; those of hundreds of other papers would only slow it down.
    """

    spans: Sequence[Span]
    sentences: Sequence[frozenset[str]]
    terms: frozenset[str]

    @classmethod
    def of(cls, paper: Paper) -> _Reading:
        acronyms = Acronyms.of([paper.text])
        abstract = paper.abstract or ""
        spans = split_sentences(abstract)
        sentences = [acronyms.terms(abstract[start:end]) for start, end in spans]
        return cls(spans, sentences, acronyms.terms(paper.title).union(*sentences))


def check_documents(
    documents: Iterable[Document], shelf: Shelf, *, notes: Sequence[str] = ()
) -> DocumentReport:
    """Check every sentence that cites something, and name findings that cite nothing.

    A document without a single citation has no claims; a note says so.

    Args:
        documents: What to check, in the order of the report.
        shelf: Where their keys lead.
        notes: What the report should say besides.
    """
    read = [(document.path, read_passages(document.text)) for document in documents]
    papers = shelf.find(key for _, passages in read for passage in passages for key in passage.keys)
    terms = {term for _, passages in read for passage in passages for term in claim_terms(passage.prose)}
    ready = PreparedPapers.of(papers, weights=shelf.weights(sorted(terms), list(papers.values())))
    checker = _Checker(ready, shelf)
    said, claims = list(notes), []
    for path, passages in read:
        if not any(passage.keys for passage in passages):
            said.append(f"{path}: no citations, so there is nothing to check")
            continue
        claims += [claim for passage in passages if (claim := checker.check(path, passage)) is not None]
    return DocumentReport(claims=tuple(claims), summary=_summary(len(read), claims), notes=tuple(said))


def _summary(files: int, claims: Sequence[DocumentClaim]) -> DocumentSummary:
    verdicts = [claim.verdict for claim in claims]
    return DocumentSummary(
        files=files,
        citations=sum(len(claim.citations) for claim in claims),
        papers=len({key for claim in claims for key in claim.citations}),
        supported=verdicts.count("supported"),
        weak=verdicts.count("weak"),
        unsupported=verdicts.count("unsupported"),
        uncited=sum("uncited" in claim.reasons for claim in claims),
    )


class _Checker:
    """Checks passages against the papers that all documents cite together."""

    def __init__(self, papers: PreparedPapers, shelf: Shelf) -> None:
        self._papers = papers
        self._shelf = shelf
        self._read: dict[str, _Reading] = {}

    def check(self, path: str, passage: Passage) -> DocumentClaim | None:
        """The claim of a passage; None for one that cites nothing and states no finding."""
        findings: list[Finding] = []
        doubts: list[str] = []
        best: list[_Best] = []
        if not passage.keys:
            if not states_finding(passage):
                return None
            doubts.append("uncited: it states a finding and cites nothing")
        else:
            findings, doubts, best = self._compare(passage)
        verdict: Verdict = "unsupported" if findings else "weak" if doubts else "supported"
        reasons: list[Reason] = [finding.reason for finding in findings]
        explanations = dict.fromkeys(strip_controls(line) for line in (*map(str, findings), *doubts))
        return DocumentClaim(
            path=path,
            line=passage.place.line,
            column=passage.place.column,
            text=passage.text,
            citations=passage.keys,
            verdict=verdict,
            reasons=tuple(dict.fromkeys(reasons)) if passage.keys else ("uncited",),
            evidence=tuple(found.evidence for found in best),
            explanations=tuple(explanations),
        )

    def _compare(self, passage: Passage) -> tuple[list[Finding], list[str], list[_Best]]:
        """A cited passage with its papers: findings, doubts, and the sentences it was compared with."""
        findings = [self._unknown(key) for key in passage.keys if self._papers.get(key) is None]
        cited = [(key, paper) for key in passage.keys if (paper := self._papers.get(key)) is not None]
        bare = [key for key, paper in cited if not paper.abstract]
        best = list(self._best(passage, cited))
        doubts = [f"cannot be checked: {key} has no abstract" for key in bare]
        if findings or not cited:
            return findings, doubts, best
        wrong, unsure = self._numbers(passage, cited, best)
        found = [*self._quotations(passage, cited), *wrong]
        if bare:
            # What the other papers do not say may stand in this one.
            return [], [*doubts, *(f"doubt: {finding.text}" for finding in found)], best
        doubts += unsure
        said = _without_titles(passage.prose, [paper for _, paper in cited])
        for conflict in conflicts(said, [piece.evidence.quote for piece in best]) if best else ():
            if conflict.certainty == "sure":
                found.append(Finding("polarity-mismatch", conflict.text))
            else:
                doubts.append(f"doubt: {conflict.text}")
        return found, [*doubts, *self._support(passage, cited, best)], best

    def _unknown(self, key: str) -> Finding:
        if key in self._shelf.unreadable:
            problem = f"the entry of {key!r} cannot be read: {self._shelf.unreadable[key]}"
            return Finding("unknown-paper", problem)
        near = self._shelf.nearest(key)
        hint = f"; the nearest key is {near!r}" if near else ""
        return Finding("unknown-paper", f"no paper has the key {key!r}{hint}")

    def _best(self, passage: Passage, cited: Sequence[tuple[str, Paper]]) -> Iterator[_Best]:
        asked = claim_terms(passage.prose)
        for key, paper in cited:
            read = self._reading(key)
            if paper.abstract and read.spans:
                at, covered = best_of(asked, read.sentences, self._papers.weights)
                start, end = read.spans[at]
                quote = paper.abstract[start:end]
                evidence = Evidence(key=key, quote=quote, start=start, end=end)
                yield _Best(evidence, read.sentences[at], covered)

    def _reading(self, key: str) -> _Reading:
        if key not in self._read:
            self._read[key] = _Reading.of(self._papers.papers[key])
        return self._read[key]

    def _quotations(self, passage: Passage, cited: Sequence[tuple[str, Paper]]) -> Iterator[Finding]:
        """What stands between quotation marks and in none of the cited papers."""
        names = " and ".join(key for key, _ in cited)
        for quotation in passage.quotations:
            if any(locate(quotation, paper) for _, paper in cited):
                continue
            shown = repr(quotation if len(quotation) <= _SHOWN else f"{quotation[: _SHOWN - 1]}…")
            others = ((key, paper) for key, paper in self._papers.papers.items() if key not in passage.keys)
            place = next((key for key, paper in others if locate(quotation, paper)), None)
            if place:
                yield Finding("wrong-paper", f"{shown} does not stand in {names} but in {place}")
                continue
            near = [(key, found) for key, paper in cited if (found := nearest(quotation, paper))]
            if near:
                key, words = max(near, key=lambda item: item[1].likeness)
                said = f"{key} says {words.theirs!r}, the quotation {words.ours!r}"
                yield Finding(
                    "altered-quote", said if words.theirs or words.ours else f"{key}: {words.words!r}"
                )
            else:
                yield Finding("quote-not-found", f"{shown} does not stand in the abstract of {names}")

    def _numbers(
        self, passage: Passage, cited: Sequence[tuple[str, Paper]], best: Sequence[_Best]
    ) -> tuple[list[Finding], list[str]]:
        """Numbers that no cited paper has; doubts about others.

        It is a doubt where a number stands there without its unit, or where the best sentence, if the passage
        is about that, has another number of its kind.
        """
        if not quantities(passage.prose):
            return [], []
        # Where a number stands instead is a hint: papers without its digits need not be read for it.
        digits = _DIGITS.findall(passage.prose)
        others = (
            (key, paper)
            for key, paper in self._papers.papers.items()
            if key not in passage.keys and any(map(paper.text.__contains__, digits))
        )
        texts = [paper.text for _, paper in cited]
        found = list(check_numbers(passage.prose, cited, texts, others))
        findings = [Finding("number-mismatch", number.text) for number in found if number.sure]
        doubts = [number.text for number in found if not number.sure]
        about = [piece.evidence.quote for piece in best if piece.coverage >= _ABOUT]
        if about and not findings:
            doubts += [
                number.text for number in check_numbers(passage.prose, cited, about, ()) if number.sure
            ]
        return findings, [f"doubt: {doubt}" for doubt in doubts]

    def _support(
        self, passage: Passage, cited: Sequence[tuple[str, Paper]], best: Sequence[_Best]
    ) -> Iterator[str]:
        """A doubt where the cited papers cover little of a passage, or another cited paper covers more."""
        asked = claim_terms(passage.prose)
        if len(asked) < _LEAST_TERMS or passage.kind in ("row", "heading"):
            return
        weights = {term: self._papers.weights(term) for term in asked}
        total = sum(weights.values())
        quoted = frozenset[str]().union(*(piece.terms for piece in best))
        held = quoted.union(*(self._reading(key).terms for key, _ in cited))
        weigh = weights.__getitem__
        score = support(coverage(asked, quoted, weigh), coverage(asked, held, weigh))
        ours = sum(weight for term, weight in weights.items() if term in held)
        # However well another paper fits, it cannot hold more than all.
        if not total or score + _LEAD * (ours - total) / total >= LEAST_SUPPORT:
            return
        rival, theirs = self._rival(weights, passage.keys)
        if score + _LEAD * ((ours - theirs) / total if rival else 0) < LEAST_SUPPORT:
            note = f", and {rival} covers more of it" if theirs > ours else ""
            what = "abstract covers" if len(cited) == 1 else "abstracts cover"
            yield f"doubt: the cited {what} little of what it says{note}"

    @cached_property
    def _holders(self) -> Mapping[str, Sequence[str]]:
        """Term to the keys of the cited papers that hold it."""
        found: dict[str, list[str]] = {}
        for key in self._papers.papers:
            for term in self._reading(key).terms:
                found.setdefault(term, []).append(key)
        return found

    def _rival(self, weights: Mapping[str, float], keys: Sequence[str]) -> tuple[str, float]:
        """The other paper that holds most of the words of a passage, and how much weight it holds."""
        totals: dict[str, float] = {}
        for term, weight in weights.items():
            for name in self._holders.get(term, ()):
                totals[name] = totals.get(name, 0.0) + weight
        others = {name: total for name, total in totals.items() if name not in keys}
        best = max(others, key=others.__getitem__, default="")
        return best, others.get(best, 0.0)


def _without_titles(prose: str, cited: Sequence[Paper]) -> str:
    """A passage without the titles of what it cites: "Attention is not all you need" denies nothing there."""
    for paper in cited:
        # A title may be cited whole, or by what stands before or behind its colon or question mark.
        for name in (paper.title, *_TITLE_PARTS.split(paper.title)):
            if len(name.split()) >= _LEAST_TITLE_WORDS and _may_hold(prose, name.strip()):
                prose = re.sub(re.escape(name.strip()), " ", prose, flags=re.IGNORECASE)
    return prose


def _may_hold(prose: str, name: str) -> bool:
    """Whether a name may stand in a text, in any case; a look before a pattern is compiled for it."""
    # Only the pattern takes "ı" and "İ" for an "i".
    return name.casefold() in prose.casefold() or any(letter in prose + name for letter in "ıİ")
