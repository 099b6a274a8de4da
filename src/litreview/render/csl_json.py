"""CSL-JSON: `dump(papers) -> str`, for pandoc, Zotero and `litreview add`. Pure.

What the schema has no field for goes to `custom.litreview`; so do authors and tags where the schema's own
fields would not give them back as they stand ("Given Family"; a semicolon within a tag). It is there in every
item: it tells the reader that texts are ours and hold no markup.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from litreview.papers import Paper

from .fields import Kind, authors_note, key_of, kind_of, name_parts, organisation_in

_TYPES: dict[Kind, str] = {
    "journal": "article-journal",
    "conference": "paper-conference",
    "preprint": "article",
    "other": "document",
}


def dump(papers: Iterable[Paper]) -> str:
    """Return papers with keys as one JSON list of items, ended by a newline.

    Raises:
        ValueError: A paper has no key.
    """
    return json.dumps([_item(paper) for paper in papers], ensure_ascii=False, indent=2) + "\n"


def _item(paper: Paper) -> dict[str, Any]:
    """Return the item of one paper; what is unknown is left out."""
    names = [_name(author) for author in paper.authors]
    item: dict[str, Any] = {
        "id": key_of(paper),
        "type": _TYPES[kind_of(paper)],
        "title": paper.title,
        "author": names,
        "issued": _issued(paper.published),
        "container-title": paper.venue,
        "DOI": paper.doi,
        "archive": "arXiv" if paper.arxiv_id else None,
        "archive_location": paper.arxiv_id,
        "URL": paper.url,
        "abstract": paper.abstract,
        "keyword": "; ".join(paper.tags),
        "note": authors_note(paper),
        "custom": _custom(paper, names),
    }
    return {field: value for field, value in item.items() if value}


def _name(author: str) -> dict[str, str]:
    organisation = organisation_in(author)
    if organisation is not None:
        return {"literal": organisation}
    family, given = name_parts(author)
    return {"family": family, "given": given} if family and given else {"family": family or given}


def _issued(published: str | None) -> dict[str, list[list[int]]] | None:
    return {"date-parts": [[int(part) for part in published.split("-")]]} if published else None


def _custom(paper: Paper, names: list[dict[str, str]]) -> dict[str, dict[str, Any]]:
    """Return what only litreview reads."""
    own: dict[str, Any] = {
        "author_count": paper.author_count,
        "organisation": paper.organisation,
        "comments": paper.comments,
    }
    if tuple(map(_read_back, names)) != paper.authors:
        own["authors"] = list(paper.authors)
    if any(";" in tag for tag in paper.tags):
        own["tags"] = list(paper.tags)
    return {"litreview": {field: value for field, value in own.items() if value is not None}}


def _read_back(name: dict[str, str]) -> str:
    """The author that a name of the schema stands for when `litreview add` reads it."""
    if "literal" in name:
        return f"{{{name['literal']}}}"
    return ", ".join(filter(None, (name["family"], name.get("given"))))
