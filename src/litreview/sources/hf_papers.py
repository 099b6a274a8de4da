"""Papers as the API of Hugging Face gives them: `parse(text, *, name) -> SourceBatch`. No I/O.

A list (daily, trending, search) holds {"paper": {...}} or the papers themselves; one paper is an object. The
id of a paper there is its arXiv id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from litreview.papers import Paper, Source
from litreview.sources.batch import SourceBatch, as_one, in_batches
from litreview.sources.json_items import read_items
from litreview.sources.records import count_of, date_in, make_paper, text_of

FORMAT = "hf-papers"

_START = re.compile(r'\[\s*\{\s*"|\{\s*"')
_MARK = re.compile(
    r'"(?:publishedAt|upvotes|ai_summary|submittedOnDailyAt|submittedOnDailyBy)"\s*:|"paper"\s*:\s*\{'
)
_NAMED = re.compile(r'"(?:paper|summary)"\s*:')


def looks_like(text: str) -> bool:
    """Tell whether the beginning of a file reads like an answer of that API."""
    start = text.lstrip("\ufeff \t\r\n")
    return bool(_START.match(start) and _MARK.search(start) and _NAMED.search(start))


def parse(text: str, *, name: str) -> SourceBatch:
    """Return the papers of a whole answer; see `read` for long ones."""
    return as_one(read([text], name=name))


def read(chunks: Iterable[str], *, name: str) -> Iterator[SourceBatch]:
    """Yield the papers of a list, at most 1,000 records at a time, in constant memory.

    Args:
        chunks: The text in pieces of any size.
        name: The file's or the service's name, for sources and messages.
    """
    return in_batches(read_items(chunks, _paper, is_item=_is_item, source=Source(format=FORMAT, name=name)))


def _is_item(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("paper"), dict) or {"title", "id"} <= value.keys()


def _paper(item: dict[str, Any], source: Source, notes: list[str]) -> Paper:
    inner = item.get("paper")
    paper = inner if isinstance(inner, dict) else {}

    def either(field: str) -> Any:
        return paper.get(field) or item.get(field)

    organisation = either("organization")
    organisation = organisation if isinstance(organisation, dict) else {}
    authors = either("authors")
    published = text_of(either("publishedAt"))
    comments = item.get("numComments", paper.get("numComments"))
    handle = text_of(organisation.get("name"))
    return make_paper(
        {
            "title": text_of(either("title")),
            "abstract": text_of(either("summary")),
            "authors": tuple(filter(None, map(_name, authors if isinstance(authors, list) else ()))),
            "organisation": text_of(organisation.get("fullname")) or handle,
            "published": date_in(published) or published,
            "arxiv_id": text_of(either("id")),
            "comments": count_of(comments, least=0),
        },
        source=source.model_copy(update={"organisation_handle": handle or None}),
        notes=notes,
    )


def _name(author: Any) -> str:
    return text_of(author.get("name")) if isinstance(author, dict) else text_of(author)
