"""From the fields of a foreign record to a `Paper`: what every format has to do alike. Pure.

An identifier or a date that cannot be read never costs the paper: it is left out, and a note says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from litreview.papers import Paper, Source, check_partial_date, normalise_arxiv_id, normalise_doi
from litreview.sources.batch import quoted
from litreview.text.cleaning import clean_text, strip_controls

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_YEAR = re.compile(r"(?<!\d)(1[4-9]\d\d|20\d\d)(?!\d)")
_ISO = re.compile(r"(?<!\d)(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?!\d)")
_MONTH_NAME = re.compile(rf"\b({'|'.join(_MONTHS)})[a-z]*\b", re.IGNORECASE)
_DAY = re.compile(r"(?<![\d:])(\d{1,2})(?:st|nd|rd|th)?(?![\d:])")
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>]+")
_ARXIV = re.compile(
    r"(?:arxiv(?:\.org/(?:abs|pdf|html)/|[.:]\s*))((?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?)",
    re.IGNORECASE,
)
_KEY = re.compile(r"[^\s,{}()\"'=#%~\\@]+")
_ARXIV_DOI = re.compile(r"^10\.48550/arxiv\.(.+)$", re.IGNORECASE)
_CHECKS: Mapping[str, Callable[[str], str]] = {
    "doi": normalise_doi,
    "arxiv_id": normalise_arxiv_id,
    "published": check_partial_date,
}
_TEXTS = ("organisation", "venue", "url", "key")


def make_paper(fields: Mapping[str, Any], *, source: Source, notes: list[str]) -> Paper:
    """Return the paper of a record whose texts stand as its source had them.

    Args:
        fields: Fields of `Paper` but for `sources`; None and empty texts are unknown. Titles and abstracts
            are cleaned, other texts lose what cannot be seen.
        source: Where the record stands; its line or position is named in notes.
        notes: Is told what was left out.

    Raises:
        ValueError: There is no title, or a value is of a wrong kind (pydantic's ValidationError is one).
    """
    known = {name: value for name, value in fields.items() if value not in (None, "", (), [])}
    kept = known_identifiers(known, source=source, notes=notes)
    originals: dict[str, str] = {}
    for name in ("title", "abstract"):
        value = kept.get(name)
        if isinstance(value, str):
            kept[name] = clean_text(value)
            # White space is no part of what a source says: files are wrapped.
            if kept[name] != " ".join(value.split()):
                originals[f"original_{name}"] = value.encode("utf-8", "replace").decode("utf-8")
    if not kept.get("title"):
        raise ValueError("it has no title")
    for name in _TEXTS:
        if isinstance(kept.get(name), str):
            kept[name] = strip_controls(kept[name])
    for name in ("authors", "tags"):
        kept[name] = _plain_texts(kept.get(name, ()))
    return Paper.model_validate({**kept, "sources": (source.model_copy(update=originals),)})


def known_identifiers(fields: Mapping[str, Any], *, source: Source, notes: list[str]) -> dict[str, Any]:
    """Return the fields without the identifiers and dates that cannot be read; a note names each of them."""
    kept = dict(fields)
    doi = kept.get("doi")
    if isinstance(doi, str) and (own := _ARXIV_DOI.match(_found_doi(doi) or "")):
        kept.setdefault("arxiv_id", own[1])
        del kept["doi"]
    for name, check in _CHECKS.items():
        value = kept.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        try:
            if not isinstance(value, str):
                raise ValueError(f"{value!r} is no text")
            kept[name] = check(strip_controls(value))
        except ValueError as error:
            del kept[name]
            where = source.line or source.position
            notes.append(f"{source.name}:{where}: {name} left out: {str(error)[:200]}")
    return kept


def doi_in(text: str) -> str:
    """Return the DOI that a field holds among other things, or the text as it is.

    >>> doi_in("doi: https://doi.org/10.1000/182 (accessed 2024)")
    '10.1000/182'
    """
    return _found_doi(text) or text


def arxiv_id_in(*texts: str | None) -> str | None:
    """Return the first arXiv id that is named as one ("arXiv:2108.04384", an address), or None."""
    for text in texts:
        if text and (found := _ARXIV.search(text)):
            return found[1]
    return None


def date_in(text: str) -> str | None:
    """Return the date of a text in the precision it is sure of, or None where there is no year in it.

    Read are ISO dates and times, "2020/6/9", "2020 Jun 9", "Jun 9, 2020", "9 June 2020" and bare years. Of
    "03/04/2020" only the year is sure.

    >>> date_in("9 June 2020"), date_in("2020-06-09T12:00:00Z"), date_in("03/04/2020"), date_in("Spring 2019")
    ('2020-06-09', '2020-06-09', '2020', '2019')
    """
    text = text.strip()
    iso = _ISO.match(text)
    if iso and iso[2]:
        return _valid(iso[1], int(iso[2]), int(iso[3] or 0))
    year = _YEAR.search(text)
    if year is None:
        return None
    name = _MONTH_NAME.search(text)
    if name is None:
        return year[1]
    day = _DAY.search(text[: year.start()] + " " + text[year.end() :])
    return _valid(year[1], _MONTHS.index(name[1].lower()) + 1, int(day[1]) if day else 0)


def text_of(value: Any) -> str:
    """Return a text or a number as a text, anything else as an empty one."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def count_of(value: Any, *, least: int) -> int | None:
    """Return a whole number that is at least so much, also where it is written as a text, or None."""
    text = text_of(value)
    return int(text) if text.isdecimal() and len(text) < 10 and int(text) >= least else None


def key_in(value: Any) -> str | None:
    """Return a text that can be cited as a key, in BibTeX too, or None."""
    key = text_of(value)
    return key if _KEY.fullmatch(key) and key.isprintable() else None


def further_on(lines: int) -> str:
    """Return where something is, counted from the line that is named already."""
    return (
        "in its first line"
        if not lines
        else "1 line further on"
        if lines == 1
        else f"{lines} lines further on"
    )


def organisation_author(name: str) -> str:
    """Return an organisation as the author of a paper: in braces."""
    return f"{{{name.strip('{}')}}}"


def surprise(value: object, wanted: str) -> ValueError:
    """Return the error for a record that is not of the kind it should be."""
    return ValueError(f"it should be {wanted}, this is {quoted(value)}")


def _found_doi(text: str) -> str | None:
    try:
        return normalise_doi(text)  # A DOI may hold any sign: "10.1002/(sici)…<1661::aid-sim968>3.0.co;2-2".
    except ValueError:
        found = _DOI.search(text)
    # A full stop or bracket behind it belongs to the sentence, unless the bracket was opened within.
    doi = found[0].rstrip(".,;") if found else None
    return doi[:-1] if doi and doi.endswith(")") and "(" not in doi else doi


def _valid(year: str, month: int, day: int) -> str:
    for text in (f"{year}-{month:02}-{day:02}", f"{year}-{month:02}"):
        try:
            return check_partial_date(text)
        except ValueError:
            continue
    return year


def _plain_texts(values: Iterable[str]) -> tuple[str, ...]:
    """Texts without what cannot be seen; empty ones are left out."""
    return tuple(filter(None, map(strip_controls, values)))
