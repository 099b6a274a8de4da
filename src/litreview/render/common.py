"""What every rendering says in the same words: short titles, references and the note on extracted answers."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel

from litreview.answers import Judgement, Reference, Review
from litreview.related_work import RelatedWork
from litreview.text.cleaning import strip_controls

_Model = TypeVar("_Model", bound=BaseModel)

_SHORT_TITLE_WORDS = 9

# An extracted answer must not pass for a written one.
EXTRACTED = (
    "Extracted, not written: these are sentences of the abstracts, word for word, chosen and grouped without"
    " a language model. That they stand in the abstracts is checked; whether they are right is not."
)
HOW_TO_WRITE = (
    "For a written answer set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own, and ask again."
)
WRITTEN = (
    "Written by a language model from the abstracts alone. That every claim's quotations stand in the"
    " abstracts it cites is checked; whether the claims are right is not."
)


FLAGGED = "Reads like instructions to a model; shown as data only"


def short_title(title: str) -> str:
    """The part of a title that names the paper: what stands before its colon, or its first nine words.

    >>> short_title("RaftMLP: How Much Can Be Done Without Attention and with Less Spatial Locality?")
    'RaftMLP'
    """
    name, colon, _ = title.partition(": ")
    words = (name if colon else title).split()
    return (
        " ".join(words) if len(words) <= _SHORT_TITLE_WORDS else " ".join(words[:_SHORT_TITLE_WORDS]) + " …"
    )


def quotation(quote: str) -> str:
    """A quotation as it is shown: behind an ellipsis where it begins within its sentence.

    >>> quotation("when dropping 31 layers, it still works.")
    '… when dropping 31 layers, it still works.'
    """
    return f"… {quote}" if quote[:1].islower() else quote


def authors_of(reference: Reference) -> str:
    """Who wrote a paper, as far as we know: names, an organisation, or how many there are. Never a guess."""
    names = [_given_first(name) for name in reference.authors]
    if len(names) > 3:
        return f"{names[0]} et al."
    if names:
        return " and ".join(names) if len(names) <= 2 else f"{names[0]}, {names[1]} and {names[2]}"
    if reference.organisation:
        return reference.organisation
    if reference.author_count:
        return f"{reference.author_count} author{'s' if reference.author_count > 1 else ''}"
    return "authors unknown"


def _given_first(author: str) -> str:
    if author.startswith("{") and author.endswith("}"):
        return author[1:-1]
    family, comma, given = author.partition(",")
    return f"{given.strip()} {family.strip()}" if comma else author


def locator_of(reference: Reference) -> str:
    """Where a paper can be had: its DOI, arXiv id or address, or an empty string."""
    if reference.doi:
        return f"https://doi.org/{reference.doi}"
    if reference.arxiv_id:
        return f"https://arxiv.org/abs/{reference.arxiv_id}"
    return reference.url or ""


def usage_line(review: Review | RelatedWork) -> str:
    """What an answer took, in a few words: model, calls, tokens, price, and the run that repeats it."""
    usage = review.usage
    parts = [review.model or "unknown model", f"{usage.calls} {'call' if usage.calls == 1 else 'calls'}"]
    if usage.calls:
        parts.append(f"{usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens")
    parts.append("price unknown" if usage.cost is None else f"${usage.cost:.4f}")
    if review.run:
        parts.append(f"run {review.run}")
    return f"({' · '.join(parts)})"


def judgement_line(judgement: Judgement) -> str:
    """What the second reader found, in one sentence."""
    return (
        f"A second reader ({judgement.model}) finds {judgement.recall:.0%} of the claims entailed by their"
        f" quotations and {judgement.precision:.0%} of the citations needed."
    )


def visible(value: _Model) -> _Model:
    """The same value with all its texts on one line and without what cannot be seen or steers a terminal.

    Claims, headings and gaps come from a model and are kept as it wrote them, so this is done wherever they
    are shown. Texts of papers were cleaned when they were imported and stay as they are.
    """
    return type(value).model_validate(_visible(value.model_dump()))


def _visible(value: object) -> object:
    if isinstance(value, str):
        return strip_controls(value)
    if isinstance(value, dict):
        return {name: _visible(part) for name, part in value.items()}
    return [_visible(part) for part in value] if isinstance(value, list | tuple) else value


def titles_of(review: Review) -> dict[str, str]:
    """Titles of the retrieved papers by key."""
    return {entry.key: entry.title for entry in review.retrieved}
