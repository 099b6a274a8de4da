"""A review as Markdown (CommonMark). All text from papers is escaped: it shows as it is, and does nothing."""

from __future__ import annotations

from collections.abc import Iterator

from litreview.answers import Claim, Reference, Review
from litreview.text.pandoc import escape_markdown as escape

from .common import (
    EXTRACTED,
    FLAGGED,
    HOW_TO_WRITE,
    WRITTEN,
    authors_of,
    judgement_line,
    locator_of,
    quotation,
    short_title,
    titles_of,
    usage_line,
    visible,
)


def render_markdown(review: Review) -> str:
    """Render a review as a Markdown document that ends with a newline."""
    return "\n".join(_lines(visible(review))).rstrip("\n") + "\n"


def _lines(review: Review) -> Iterator[str]:
    titles = titles_of(review)
    yield f"# {escape(review.question)}"
    yield ""
    yield escape(review.summary)
    for group in review.groups:
        yield ""
        yield f"## {escape(group.heading)}"
        yield ""
        for claim in group.claims:
            yield _claim(claim, titles, extracted=review.engine == "extractive")
    if review.gaps:
        yield from ("", "## Not addressed", "")
        yield from (f"- {escape(gap)}" for gap in review.gaps)
    if review.uncited:
        yield from ("", "## Also retrieved, on the edge of the question", "")
        yield from (f"- {escape(titles[key])} [{key}]" for key in review.uncited)
    if review.left_out:
        yield from ("", "## Not given to the model: no abstract, or too long", "")
        yield from (f"- {escape(titles[key])} [{key}]" for key in review.left_out)
    if review.flagged:
        yield from ("", f"## {FLAGGED}", "")
        yield from (f"- {escape(titles[key])} [{key}]" for key in review.flagged)
    if review.repaired:
        yield from ("", "## Mended: the claim as it was, and why it failed", "")
        before = (repair.before for repair in review.repaired)
        yield from (f"- {escape(claim.text)} ({', '.join(claim.reasons)})" for claim in before)
    if review.removed:
        yield from ("", "## Removed: not supported by the abstracts", "")
        yield from (f"- {escape(claim.text)} ({', '.join(claim.reasons)})" for claim in review.removed)
    yield from ("", "## References", "")
    yield from (f"- [{reference.key}] {_reference(reference)}" for reference in review.references)
    if review.engine == "extractive":
        yield ""
        yield f"*{EXTRACTED} {HOW_TO_WRITE}*"
    else:
        yield ""
        second = f" {escape(judgement_line(review.judgement))}" if review.judgement else ""
        yield f"*{WRITTEN} {escape(usage_line(review))}{second}*"


def _claim(claim: Claim, titles: dict[str, str], *, extracted: bool) -> str:
    keys = ", ".join(claim.citations)
    if extracted:
        names = ", ".join(escape(short_title(titles[key])) for key in claim.citations)
        return f"- **{names}**: “{escape(quotation(claim.text))}” [{keys}]"
    weak = " (weak)" if claim.verdict == "weak" else ""
    return f"- {escape(claim.text)} [{keys}]{weak}"


def _reference(reference: Reference) -> str:
    year = reference.year or "n.d."
    parts = [f"{escape(authors_of(reference))} ({year}). *{escape(reference.title)}*."]
    if reference.venue:
        parts.append(f"{escape(reference.venue)}.")
    if locator := locator_of(reference):
        parts.append(escape(locator))
    return " ".join(parts)
