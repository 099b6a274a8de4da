"""Rejected records as a file that can be mended and read again. Pure.

Records of one format are written in it; those of several as JSONL, each with its `path`, `line`, `reason`,
`format` and `raw`, the text to mend.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from litreview.sources.batch import Rejected

_OPENINGS = {
    "csl-json": ("[\n", ",\n", "\n]\n"),
    "hf-papers": ("[\n", ",\n", "\n]\n"),
    "endnote-xml": ("<xml><records>\n", "\n", "\n</records></xml>\n"),
    "arxiv-atom": ('<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">\n',
                   "\n", "\n</feed>\n"),
    "jsonl": ("", "\n", "\n"),
    "bibtex": ("", "\n\n", "\n"),
    "ris": ("", "\n\n", "\n"),
    "nbib": ("", "\n\n", "\n"),
    "csv": ("", "", ""),
}  # fmt: skip
_START = re.compile(r'\{"path": (?:"(?:[^"\\]|\\.)*"), "line": ')


class Kept(NamedTuple):
    """A rejected record as it was kept: the file's name, its format where it is known, and its text."""

    name: str
    format: str | None
    raw: str


def dump(rejected: Iterable[Rejected]) -> str:
    """Return a file of what was rejected; whole files, which have no text to mend, are left out."""
    kept = [record for record in rejected if record.raw.strip()]
    formats = {record.format for record in kept}
    if len(formats) == 1 and (form := formats.pop()) in _OPENINGS:
        if form == "csv":
            return _table(kept) or _jsonl(kept)
        before, between, after = _OPENINGS[form or ""]
        return before + between.join(record.raw.strip("\r\n") for record in kept) + after
    return _jsonl(kept)


def looks_like(text: str) -> bool:
    """Tell whether a file begins like rejected records of several formats."""
    return _START.match(text) is not None


def parse_line(line: str) -> Kept | str | None:
    """Return the record of a line, what is wrong with it, or None where it is blank."""
    if not line.strip():
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"not valid JSON: {error}"
    raw = record.get("raw") if isinstance(record, dict) else None
    if not isinstance(raw, str) or not raw.strip():
        return "it has no 'raw', the text of a record"
    form = record.get("format")
    name = re.split(r"[/\\]", str(record.get("path") or "rejects"))[-1]
    return Kept(name, form if isinstance(form, str) else None, raw)


def _jsonl(kept: Iterable[Rejected]) -> str:
    return "".join(
        json.dumps({name: getattr(record, name) for name in ("path", "line", "reason", "format", "raw")},
                   ensure_ascii=False) + "\n"
        for record in kept
    )  # fmt: skip


def _table(kept: Sequence[Rejected]) -> str:
    """Rows below the header they have in common; empty where they have several."""
    header = kept[0].raw.split("\n", 1)[0] + "\n"
    if not all(record.raw.startswith(header) for record in kept):
        return ""
    rows = (record.raw.removeprefix(header).rstrip("\n") + "\n" for record in kept)
    return header + "".join(rows)
