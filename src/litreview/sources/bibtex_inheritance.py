"""`crossref` and `xdata` of BibTeX and BibLaTeX: what an entry takes over from others. Pure.

From the whole it appeared in, a part takes what it does not have itself: the venue (of a book or of
proceedings: their title), the date and the authors. Identifiers, abstracts and keywords belong to one entry
alone. `xdata` are fields written once for several entries, so all of them count. `related` and `xref` only
name entries, in BibLaTeX too.
"""

from __future__ import annotations

from collections.abc import Iterable

from litreview.sources.bibtex_entries import Entry

CONTAINERS = ("journal", "journaltitle", "booktitle")
_DATES = ("date", "year", "month", "day")
_ALIKE = ("author", "publisher", "institution", "school")
# How many entries one entry may take from: BibLaTeX's manual shows two; a loop ends here.
_MOST_PARENTS = 20


class Inheritance:
    """Looks parents up by key, wherever in the file they stand."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries: dict[str, Entry] = {}
        for entry in entries:
            self._entries.setdefault(entry.key.casefold(), entry)

    def fields_of(self, entry: Entry) -> tuple[dict[str, str], list[str]]:
        """Return the fields of an entry with those it inherits, and the keys that lead nowhere."""
        if "crossref" not in entry.fields and "xdata" not in entry.fields:
            return entry.fields, []
        missing: list[str] = []
        return self._resolved(entry, {entry.key.casefold()}, missing), missing

    def _resolved(self, entry: Entry, seen: set[str], missing: list[str]) -> dict[str, str]:
        fields = dict(entry.fields)
        for key in entry.fields.get("xdata", "").split(","):
            for name, value in self._parent(key, seen, missing).items():
                fields.setdefault(name, value)
        _add_from_whole(fields, self._parent(fields.get("crossref", ""), seen, missing))
        return fields

    def _parent(self, key: str, seen: set[str], missing: list[str]) -> dict[str, str]:
        """The fields of a parent with all that it inherits itself; none where it is missing or in a loop."""
        name = key.strip().casefold()
        if not name or name in seen or len(seen) > _MOST_PARENTS:
            return {}
        parent = self._entries.get(name)
        if parent is None:
            missing.append(key.strip())
            return {}
        seen.add(name)
        return self._resolved(parent, seen, missing)


def _add_from_whole(fields: dict[str, str], whole: dict[str, str]) -> None:
    for name in _ALIKE:
        if name in whole:
            fields.setdefault(name, whole[name])
    if not any(name in fields for name in ("date", "year")):
        fields.update((name, whole[name]) for name in _DATES if name in whole)
    if not any(fields.get(name) for name in CONTAINERS):
        venue = next((whole[name] for name in CONTAINERS if whole.get(name)), whole.get("title"))
        if venue:
            fields["booktitle"] = venue
