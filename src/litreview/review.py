"""The whole flow, from a question to a review a person can check: one call a stage."""

from __future__ import annotations

from .answers import Answer, Reference, RetrievedEntry, Review
from .errors import NothingRelevant, UsageError
from .extractive import extract
from .library import Filters, Library, empty_library
from .papers import Paper
from .retrieval import Retrieved, retrieve

DEFAULT_LIMIT = 30
_EVERYTHING = Filters()


def ask(
    library: Library, question: str, *, limit: int = DEFAULT_LIMIT, filters: Filters = _EVERYTHING
) -> Review:
    """Answer a question from the papers of a library, grouped, every claim citing the words it rests on.

    Args:
        library: Where to look.
        question: In plain words.
        limit: How many papers to consider at most; at least 1.
        filters: Which papers may be considered at all.

    Raises:
        UsageError: The question is empty, or `limit` is below 1.
        NothingRelevant: The library is empty, or nothing in it bears on the question.
    """
    question = check_question(question)
    retrieved = relevant(library, question, limit=limit, filters=filters)
    answer = extract(retrieved, index=library)
    return assemble(answer, retrieved)


def relevant(library: Library, question: str, *, limit: int, filters: Filters) -> Retrieved:
    """Retrieve, and raise where nothing is found: no answer is better than one from unrelated papers.

    Raises:
        UsageError: The question is empty, or `limit` is below 1.
        NothingRelevant: The library is empty, or nothing in it bears on the question.
    """
    if limit < 1:
        raise UsageError(
            f"the number of papers must be at least 1, not {limit!r}", hint="litreview ask --help"
        )
    question = check_question(question)
    if not len(library):
        raise empty_library(str(library.folder))
    retrieved = retrieve(library, question, limit=limit, filters=filters)
    if not retrieved.papers:
        raise NothingRelevant(_nothing(question, retrieved.nearest, filters), hint="litreview list")
    return retrieved


def check_question(question: str) -> str:
    """Return the question without outer and double spaces.

    Raises:
        UsageError: Nothing is left of it.
    """
    words = " ".join(question.split())
    if not any(character.isalnum() for character in words):
        raise UsageError(
            f"the question {question!r} has no words in it",
            hint='litreview ask "how do MLPs compete with attention?"',
        )
    return words


def _nothing(question: str, nearest: tuple[Paper, ...], filters: Filters) -> str:
    among = f" among the papers that pass the filter ({_described(filters)})" if filters else ""
    titles = "".join(f"\n  {paper.title} [{paper.key}]" for paper in nearest)
    closest = f"\nthe nearest titles:{titles}" if titles else ""
    return f"nothing in this library addresses {question!r}{among}{closest}"


def _described(filters: Filters) -> str:
    return ", ".join(f"{name} {value}" for name, value in filters if value not in (None, ()))


def assemble(answer: Answer, retrieved: Retrieved) -> Review:
    """Put an answer and the papers it was made from together as a review.

    References come from our own records and in the order of their first citation.
    """
    papers = {item.paper.key: item.paper for item in retrieved.papers}
    cited = dict.fromkeys(key for group in answer.groups for claim in group.claims for key in claim.citations)
    return Review(
        question=retrieved.question,
        engine="extractive",
        summary=answer.summary,
        groups=answer.groups,
        gaps=answer.gaps,
        retrieved=tuple(RetrievedEntry.of(item.paper, item.score) for item in retrieved.papers),
        uncited=answer.uncited,
        references=tuple(Reference.of(papers[key]) for key in cited),
    )
