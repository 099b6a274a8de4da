"""RIS files, as reference managers and databases write them: `parse` and, line by line, `read`. No I/O.

Writers differ in what they put where: EndNote has `T2` for journals, keywords on untagged lines and a comma
behind an organisation; Embase and Scopus repeat titles and abstracts under other tags; some leave out `ER`,
wrap lines, or put one blank before the hyphen. All of that is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from litreview.sources.batch import SourceBatch, as_one, in_batches
from litreview.sources.people import inverted_name, organisation
from litreview.sources.records import arxiv_id_in, count_of, date_in, doi_in
from litreview.sources.tagged import Dialect, Record, papers_of, read_records

FORMAT = "ris"

_TAGS = (
    "A[1-4] AB AD AN AU AV BT C[1-8] CA CN CP CT CY DA DB DI DO DP ED EP ER ET ID IS J[12A] JF JO KW L[1-4]"
    " LA LB LK M[1-3] N[12V] OP PB PP PY RI RN RP SE SN SO SP ST T[1-4AIT] TY U[1-9] UR VL VO Y[12]"
).replace(" ", "|")
_LIKE = re.compile(r"^(?:[^\S\n]|\ufeff)*TY\s{0,4}-\s{0,4}[A-Z]{3,8}[^\S\n]*$", re.MULTILINE)
_STRICT = re.compile(r"[ \t\ufeff]*([A-Z][A-Z0-9])  -(?: |$)")
_LIMIT = re.compile(r"[ \t\ufeff]*(TY(?=\s{0,4}-\s*[A-Za-z]{2,8}$)|ER(?=\s{0,4}-$))\s{0,4}-")
_LOOSE = re.compile(rf"[ \t\ufeff]*({_TAGS})(?:\s{{1,4}}-|-(?=\s))")
_DIALECT = Dialect(
    first="TY",
    before=frozenset({"ID"}),
    once=frozenset({"TY"}),
    end="ER",
    long=frozenset({"AB", "N2"}),
)

_TITLES = ("TI", "T1", "CT", "BT", "TT", "ST")
_VENUES = ("T2", "JF", "JO", "BT", "JA", "J2", "C3", "PB")
_ARXIV_PLACES = ("AN", "M1", "C1", "C2", "C3", "C7", "SP", "JO", "T2", "UR")
_ADDRESSES = ("UR", "LK", "L2")
_KEY = re.compile(r"[^\s,{}()\"'=#%~\\@]+")
_WHOLE_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:?\s*)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
_RIS_DATE = re.compile(r"\s*(\d{4})\s*/\s*(\d{0,2})\s*/?\s*(\d{0,2})")
_SEVERAL = re.compile(r"\s*;\s*")


def looks_like(text: str) -> bool:
    """Tell whether the beginning of a file reads like RIS: some line names the type of a reference."""
    return _LIKE.search(text) is not None


def parse(text: str, *, name: str) -> SourceBatch:
    """Return the papers of a whole RIS text; see `read` for long files."""
    return as_one(read(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), name=name))


def read(lines: Iterable[str], *, name: str) -> Iterator[SourceBatch]:
    """Yield the papers of a RIS file in batches of at most 1,000, in constant memory.

    Args:
        lines: Its lines, with or without their ends.
        name: Its name, for sources and messages.
    """
    records = read_records(lines, _Lines(), _DIALECT)
    return in_batches(papers_of(records, _fields, format=FORMAT, name=name))


class _Lines:
    """Tells tags from text. How a file writes its tags is learnt from where a record begins.

    An abstract may be wrapped before "AB - the arm …", so where two blanks are the habit one makes no tag.
    """

    def __init__(self) -> None:
        self._loose = False

    def __call__(self, line: str) -> tuple[str, str] | None:
        strict = _STRICT.match(line)
        found = strict or _LIMIT.match(line) or (_LOOSE.match(line) if self._loose else None)
        if found is None:
            return None
        if found[1] == "TY":
            self._loose = strict is None
        return found[1], line[found.end() :].strip()


def _fields(record: Record) -> dict[str, Any]:
    title_tag = next((tag for tag in _TITLES if record.first(tag)), "")
    user = dict(_user_fields(record))
    return {
        "key": _key(record.first("ID")),
        "title": record.first(*_TITLES),
        "abstract": _abstract(record),
        "authors": _authors(record),
        "author_count": count_of(user.get("authorcount"), least=1),
        "organisation": user.get("organisation"),
        "published": _published(record),
        "venue": record.first(*(tag for tag in _VENUES if tag != title_tag)),
        "doi": _doi(record),
        "arxiv_id": arxiv_id_in(*record.all(*_ARXIV_PLACES)),
        "url": record.first(*_ADDRESSES),
        "comments": count_of(user.get("comments"), least=0),
        "tags": record.lines("KW"),
    }


def _doi(record: Record) -> str | None:
    """The DOI, else one that stands alone in another field: within a text it may be that of another paper."""
    if given := record.first("DO", "DI"):
        return doi_in(given)
    found = (_WHOLE_DOI.fullmatch(text) for text in record.all("L3", "M3", "N1", "UR", "LK"))
    return next((match[1] for match in found if match), None)


def _key(text: str) -> str | None:
    """The citation key; EndNote numbers its records in the same place, and a number cites nothing."""
    return text if _KEY.fullmatch(text) and not text.isdigit() else None


def _user_fields(record: Record) -> Iterator[tuple[str, str]]:
    """What our own export writes for what RIS has no tags for: "authorcount: 5"."""
    for tag, name in (("U1", "authorcount"), ("U2", "organisation"), ("U3", "comments")):
        for value in record.all(tag):
            if value.startswith(f"{name}: "):
                yield name, value.removeprefix(f"{name}: ")


def _abstract(record: Record) -> str:
    """The abstract; parts of one under several tags of a kind are joined, repetitions left out."""
    kinds = [" ".join(dict.fromkeys(record.all(tag))) for tag in ("AB", "N2")]
    return max(kinds, key=len)


def _authors(record: Record) -> list[str]:
    names: list[str] = []
    for value in record.all("AU") or record.all("A1"):
        whole = value.startswith("{") or ";" not in value
        names.extend(_author(part) for part in ([value] if whole else _SEVERAL.split(value)))
    return list(filter(None, names))


def _author(name: str) -> str:
    """A person, or an organisation: it has a comma behind it, and its own commas twice."""
    if ",," in name:
        return organisation(name.rstrip(", ").replace(",,", ","))
    if name.endswith(",") and "," not in name[:-1]:
        return organisation(name[:-1])
    return "" if name.lower().rstrip(".") == "et al" else inverted_name(name)


def _published(record: Record) -> str | None:
    """The finest date of the year of publication; what is no date as it stands, to be complained about."""
    given = record.all("PY", "Y1", "DA")
    dates = [date for date in map(_date, given) if date]
    if not dates:
        return given[0] if given else None
    return max((date for date in dates if date[:4] == dates[0][:4]), key=len)


def _date(text: str) -> str | None:
    found = _RIS_DATE.match(text)
    if found is None:
        return date_in(text)
    year, month, day = found.groups()
    return date_in("-".join((year, month, day) if month and day else (year, month) if month else (year,)))
