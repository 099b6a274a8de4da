"""From a service's JSON to papers: what the services that speak it have in common. Pure."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from litreview.papers import Paper, Source, check_partial_date
from litreview.sources import Rejected, SourceBatch
from litreview.sources.batch import explain
from litreview.sources.records import make_paper

from .types import Drift

# Titles and abstracts of publishers come in HTML, JATS or MathML; "a < b" is none of these and stays.
_TAG = re.compile(r"</?(?:jats:|mml:)?[a-zA-Z][a-zA-Z0-9-]*(?:\s[^<>]{0,500})?/?>")
_HEADING = re.compile(r"<jats:title>\s*(?:abstract|summary)\s*[.:]?\s*</jats:title>", re.IGNORECASE)
_BLOCK = re.compile(r"</?(?:jats:)?(?:p|title|sec|list|list-item|br|div)\b[^<>]{0,500}>", re.IGNORECASE)
# TeX that publishers put beside the MathML of the same formula.
_TEX_COPY = re.compile(r"<(jats:tex-math|mml:annotation)\b.{0,2000}?</\1>", re.DOTALL)

Record = Mapping[str, Any]


def parse_json(text: str) -> Any:
    """The value of an answer.

    Raises:
        Drift: It is no JSON.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Drift(f"no JSON ({type(error).__name__})") from error


def member(value: Any, name: str, kind: type[Any], *, where: str = "the answer") -> Any:
    """A member that must be there and of a kind.

    Raises:
        Drift: It is missing or of another kind.
    """
    if not isinstance(value, dict) or name not in value:
        raise Drift(f"{where} has no {name!r}")
    found = value[name]
    if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
        raise Drift(f"{name!r} of {where} is {type(found).__name__}, not {kind.__name__}")
    return found


def read_records(
    items: Iterable[Any], fields_of: Callable[[Record], Record], *, format: str, name: str
) -> SourceBatch:
    """Papers of a list of records; one that cannot be read is rejected, and its neighbours are kept.

    Args:
        items: The records as they came.
        fields_of: What a record says, by the fields of `Paper`; unknown values are None.
        format: The format's name for the source of each paper.
        name: The service's name for it.
    """
    papers: list[Paper] = []
    rejected: list[Rejected] = []
    notes: list[str] = []
    for position, item in enumerate(items, start=1):
        source = Source(format=format, name=name, position=position)
        try:
            if not isinstance(item, dict):
                raise TypeError("a record that is no object")
            papers.append(make_paper(_plain_fields(fields_of(item)), source=source, notes=notes))
        except ValidationError as error:
            rejected.append(_rejected(item, name, explain(error)))
        except ValueError as error:
            rejected.append(_rejected(item, name, str(error)))
        except (TypeError, AttributeError, KeyError, IndexError) as error:
            rejected.append(_rejected(item, name, f"a record of another form than usual ({error})"))
    return SourceBatch(papers=tuple(papers), rejected=tuple(rejected), notes=tuple(notes))


def _rejected(item: Any, name: str, reason: str) -> Rejected:
    return Rejected(path=name, reason=reason, raw=json.dumps(item, ensure_ascii=False))


def _plain_fields(fields: Record) -> dict[str, Any]:
    known = {field: plain(value) if isinstance(value, str) else value for field, value in fields.items()}
    known["authors"] = tuple(author for author in known.get("authors") or () if isinstance(author, str))
    return known


def plain(markup: str) -> str:
    """Text without the elements and entities of HTML, JATS and MathML.

    >>> plain("<jats:title>Abstract</jats:title><jats:p>If a &lt; b, <jats:sub>x</jats:sub> is 2.</jats:p>")
    'If a < b, x is 2.'
    """
    if "<" in markup:
        markup = _HEADING.sub("", _TEX_COPY.sub("", markup))
        markup = _TAG.sub("", _BLOCK.sub(" ", markup))
    return html.unescape(markup).strip() if "&" in markup else markup.strip()


def partial_date(parts: Any) -> str | None:
    """A date of numbers, [2025], [2025, 8] or [2025, 8, 3], in our form; None where it is none.

    >>> partial_date([2025, 8]), partial_date([None])
    ('2025-08', None)
    """
    numbers = [part for part in parts if isinstance(part, int)] if isinstance(parts, list) else []
    if not numbers or len(numbers) != len(parts) or not 1000 <= numbers[0] <= 9999:
        return None
    while numbers:
        date = "-".join((f"{numbers[0]:04d}", *(f"{number:02d}" for number in numbers[1:3])))
        try:
            return check_partial_date(date)
        except ValueError:
            numbers.pop()
    return None
