"""What a check of documents finds: frozen values, whose dump is the JSON of `litreview check`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from litreview.answers import Evidence, Reason, Verdict


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DocumentClaim(_Value):
    """A sentence of a document that cites something, or states a finding and cites nothing.

    Attributes:
        path: The file, as it was named.
        line: Where the sentence begins, from 1.
        column: Where it begins on that line, in code points, from 1.
        text: The sentence as a reader sees it, with its citations, on one line.
        citations: The keys it cites, in order, as the document writes them.
        verdict: As for a claim of an answer. A sentence that cites nothing is at most `weak`.
        reasons: Why it is unsupported, or `uncited`.
        evidence: For each cited paper with an abstract, its sentence that bears most on this one.
        explanations: One line a finding or doubt.
    """

    path: str
    line: int = Field(ge=1)
    column: int = Field(ge=1)
    text: str
    citations: tuple[str, ...] = ()
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    explanations: tuple[str, ...] = ()


class DocumentSummary(_Value):
    """How much was checked, and what came of it.

    Attributes:
        files: How many documents were read.
        citations: How often a key is cited.
        papers: How many different keys are cited.
        uncited: How many of the weak claims cite nothing.
    """

    files: int
    citations: int
    papers: int
    supported: int
    weak: int
    unsupported: int
    uncited: int


class DocumentReport(_Value):
    """What the check of some documents found; claims by file and place.

    Attributes:
        notes: What else there is to say: documents without citations, entries of a .bib file that cannot be
            read.
    """

    claims: tuple[DocumentClaim, ...]
    summary: DocumentSummary
    notes: tuple[str, ...] = ()
