"""From a question to the papers it may be answered from: retrieval, and an error where there are none."""

from __future__ import annotations

from .errors import NothingRelevant, UsageError
from .library import Filters, Library, empty_library
from .papers import Paper
from .retrieval import Retrieved, retrieve


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
        raise empty_library(str(library.folder), shared=library.is_shared)
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
