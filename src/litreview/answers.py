"""What an answer is made of: frozen values from the model's draft to the review a person reads.

The JSON of `litreview ask --json` is `Review.model_dump(mode="json")`, unchanged.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from .papers import Paper

Engine = Literal["llm", "extractive"]

Verdict = Literal["supported", "weak", "unsupported"]

Reason = Literal[
    "unknown-paper",
    "quote-not-found",
    "short-quote",
    "wrong-paper",
    "altered-quote",
    "number-mismatch",
    "polarity-mismatch",
    "uncited",
    "stray-citation",
    "hidden-character",
]


class _Reply(BaseModel):
    """A part of a model's reply: frozen; fields that nobody asked for are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class DraftEvidence(_Reply):
    """A quote as a model gives it, and the id (P1 … Pn) of the paper it says the quote is from."""

    paper: str
    quote: str


class DraftClaim(_Reply):
    """One sentence as a model wrote it, nothing checked."""

    text: str
    evidence: tuple[DraftEvidence, ...] = ()


class DraftGroup(_Reply):
    """Claims under a heading as a model wrote them."""

    heading: str
    claims: tuple[DraftClaim, ...]


class DraftAnswer(_Reply):
    """A model's reply to a question over papers P1 … Pn, before any of it is checked."""

    groups: tuple[DraftGroup, ...]
    gaps: tuple[str, ...] = ()


class JoinedClaim(_Reply):
    """One sentence that joins claims of several parts; `claims` are their ids (C1 … Cn)."""

    text: str
    claims: tuple[str, ...] = ()


class JoinedGroup(_Reply):
    """Joined claims under a heading."""

    heading: str
    claims: tuple[JoinedClaim, ...]


class JoinedAnswer(_Reply):
    """A model's reply to the claims of several parts."""

    groups: tuple[JoinedGroup, ...]
    gaps: tuple[str, ...] = ()


class RepairedClaim(_Reply):
    """A correction of the failed claim with this id (F1 … Fn)."""

    id: str
    text: str
    evidence: tuple[DraftEvidence, ...] = ()


class RepairedClaims(_Reply):
    """A model's reply to claims that failed their check; what cannot be corrected is left out."""

    claims: tuple[RepairedClaim, ...]


class JudgedItem(_Reply):
    """A second reader's verdict on the item with this id (J1 … Jn)."""

    id: str
    entailed: Literal["yes", "no"]


class JudgedItems(_Reply):
    """A second reader's reply."""

    verdicts: tuple[JudgedItem, ...]


class _Value(BaseModel):
    """A frozen value that takes no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Evidence(_Value):
    """Words of one paper that a claim rests on.

    Where `start` and `end` are known, `text[start:end] == quote` holds for that part of paper `key`; offsets
    count Unicode code points from 0. They are None only in claims that failed their check: the quote, given
    as the model wrote it, stands nowhere. Then `key` may be an id that no paper has.
    """

    key: str
    quote: str
    part: Literal["abstract", "title"] = "abstract"
    start: int | None = Field(default=None, ge=0)
    end: int | None = Field(default=None, ge=0)


class Claim(_Value):
    """One sentence of an answer, the papers it cites, the words it rests on and what the check found."""

    text: str
    citations: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()


class Group(_Value):
    """Claims under one heading, the most relevant first."""

    heading: str
    claims: tuple[Claim, ...]


class Answer(_Value):
    """What an engine says to a question: an opening line, groups of claims, and what is missing.

    `uncited` are keys of retrieved papers that no claim cites: on the edge of the question.
    """

    summary: str
    groups: tuple[Group, ...]
    gaps: tuple[str, ...] = ()
    uncited: tuple[str, ...] = ()


class Repair(_Value):
    """A claim that failed its check, and what stands in the answer in its place."""

    before: Claim
    after: Claim


class Judgement(_Value):
    """What a second reader found, as figures of the answer in [0, 1], higher is better.

    `recall` is the share of claims that their quotations together entail. `precision` is the share of
    citations that are needed: those that entail their claim alone, or without which the others do not. After
    T. Gao et al., "Enabling large language models to generate text with citations" (ALCE), EMNLP 2023.
    """

    model: str
    recall: float
    precision: float


class RetrievedEntry(_Value):
    """One retrieved paper as an answer reports it; `score` is in [0, 1], higher is closer."""

    key: str
    title: str
    year: int | None
    score: float

    @classmethod
    def of(cls, paper: Paper, score: float) -> RetrievedEntry:
        """The entry of a paper of a library."""
        return cls(key=paper.key or "", title=paper.title, year=paper.year, score=round(score, 4))


class Reference(_Value):
    """A cited paper, from our own records only; an unknown field is None and is never invented."""

    key: str
    title: str
    authors: tuple[str, ...] = ()
    author_count: int | None = None
    organisation: str | None = None
    year: int | None = None
    venue: str | None = None
    doi: str | None = None
    arxiv_id: str | None = None
    url: str | None = None

    @classmethod
    def of(cls, paper: Paper) -> Reference:
        """What is known of a paper of a library, and nothing else."""
        return cls(
            key=paper.key or "",
            title=paper.title,
            authors=paper.authors,
            author_count=paper.author_count,
            organisation=paper.organisation,
            year=paper.year,
            venue=paper.venue,
            doi=paper.doi,
            arxiv_id=paper.arxiv_id,
            url=paper.url,
        )


class Usage(_Value):
    """What an answer cost: calls to a model, tokens, and money in US dollars where a price is known."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None


class Review(_Value):
    """A checked answer with everything a reader needs to check it again.

    `left_out` are keys of retrieved papers the model was not given: without an abstract, or too long.
    `flagged` are keys of retrieved papers whose title or abstract reads like instructions to a model.
    """

    question: str
    engine: Engine
    model: str | None = None
    summary: str
    groups: tuple[Group, ...]
    removed: tuple[Claim, ...] = ()
    repaired: tuple[Repair, ...] = ()
    judgement: Judgement | None = None
    gaps: tuple[str, ...] = ()
    retrieved: tuple[RetrievedEntry, ...]
    uncited: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    flagged: tuple[str, ...] = ()
    references: tuple[Reference, ...]
    usage: Usage = Usage()
    run: str | None = None
