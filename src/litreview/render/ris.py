"""RIS: `dump(papers) -> str`, for reference managers and `litreview add`. Pure.

One tag a line, plain text in UTF-8. Authors stand one a line as the record has them, organisations as EndNote
tells them from people. What no tag is made for goes to the user fields U1 to U3 as "name: value". What the
format cannot carry: a person whose name ends in a comma, who comes back as an organisation, and a key of
digits alone, which would be the number of a record in a database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from litreview.papers import Paper
from litreview.text.cleaning import strip_controls

from .fields import Kind, authors_note, key_of, kind_of, organisation_in

_TYPES: dict[Kind, str] = {"journal": "JOUR", "conference": "CPAPER", "preprint": "UNPB", "other": "GEN"}


def dump(papers: Iterable[Paper]) -> str:
    """Return papers with keys as RIS, one record each, a blank line between; an empty string for none.

    Raises:
        ValueError: A paper has no key.
    """
    return "\n".join(_record(paper) for paper in papers)


def _record(paper: Paper) -> str:
    lines = [f"{tag}  - {strip_controls(value)}\n" for tag, value in _tags(paper) if value]
    return f"TY  - {_TYPES[kind_of(paper)]}\n{''.join(lines)}ER  - \n"


def _tags(paper: Paper) -> Iterator[tuple[str, str | None]]:
    yield "ID", key_of(paper)
    yield "TI", paper.title
    yield from (("AU", _author(author)) for author in paper.authors)
    if paper.published:
        yield "PY", paper.published[:4]
        yield "DA", _date(paper.published)
    yield "T2", paper.venue
    yield "DO", paper.doi
    yield "AN", f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else None
    yield "UR", paper.url
    yield "AB", paper.abstract
    yield from (("KW", tag) for tag in paper.tags)
    yield "N1", authors_note(paper)
    yield "U1", f"authorcount: {paper.author_count}" if paper.author_count is not None else None
    yield "U2", f"organisation: {paper.organisation}" if paper.organisation else None
    yield "U3", f"comments: {paper.comments}" if paper.comments is not None else None


def _author(name: str) -> str:
    """A person as the record has it, an organisation as EndNote does: a comma behind it, or its own doubled.

    >>> _author("Lee, Ann"), _author("{Ocean Lab}"), _author("{Barnes and Noble, Inc.}")
    ('Lee, Ann', 'Ocean Lab,', 'Barnes and Noble,, Inc.')
    """
    organisation = organisation_in(name)
    if organisation is None:
        return name
    return organisation.replace(",", ",,") if "," in organisation else f"{organisation},"


def _date(published: str) -> str:
    """Return a date as RIS writes it: always three slashes, unknown parts empty.

    >>> _date("2021-05-03"), _date("2021-05"), _date("2021")
    ('2021/05/03/', '2021/05//', '2021///')
    """
    year, month, day = [*published.split("-"), "", ""][:3]
    return f"{year}/{month}/{day}/"
