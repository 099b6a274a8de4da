"""Where a document's keys lead: the papers of a .bib file, of a library, or of both. No I/O of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from litreview.papers import Paper, same_paper

from .weights import WordWeights

# Support was calibrated on 16 papers (docs/checking.md); over fewer, words that no paper has would weigh too
# much.
_LEAST_PAPERS = 16
_MOST_COUNTED = 2_000
_AT_ONCE = 900
_LEAST_LIKENESS = 60  # of 100; a key less like it is no hint


class LibraryOfPapers(Protocol):
    """What a check asks of a library."""

    def __len__(self) -> int: ...

    def papers_by_key(self, keys: Sequence[str]) -> Mapping[str, Paper]:
        """The papers that have these keys."""

    def keys(self) -> list[str]:
        """Every key."""

    def document_frequencies(self, stems: Sequence[str]) -> dict[str, int]:
        """In how many papers each stem stands."""


@dataclass(frozen=True)
class Shelf:
    """The papers a document may cite.

    Attributes:
        entries: The papers of .bib files by key; asked first.
        library: Asked for what they do not have, and for abstracts they lack.
        unreadable: Keys of entries that could not be read, with what is wrong with them.
    """

    entries: Mapping[str, Paper] = field(default_factory=dict)
    library: LibraryOfPapers | None = None
    unreadable: Mapping[str, str] = field(default_factory=dict)

    def find(self, keys: Iterable[str]) -> dict[str, Paper]:
        """The papers of exactly these keys, under them and in their order; without those that nobody has.

        Of two records of one paper it is the one with an abstract.
        """
        entries = {key: self.entries.get(key) for key in keys}
        asked = [key for key, entry in entries.items() if entry is None or not entry.abstract]
        known = self.library.papers_by_key(asked) if self.library is not None else {}
        found: dict[str, Paper] = {}
        for key, entry in entries.items():
            other = known.get(key)
            paper = other if other and (entry is None or same_paper(entry, other)) else entry
            if paper is not None:
                found[key] = paper
        return found

    def nearest(self, key: str) -> str | None:
        """The key spelled most like this one, for a hint; None where none comes near."""
        from rapidfuzz import fuzz, process

        found = process.extractOne(key, self._keys, scorer=fuzz.ratio, score_cutoff=_LEAST_LIKENESS)
        return str(found[0]) if found else None

    def weights(self, stems: Collection[str], cited: Collection[Paper]) -> WordWeights:
        """How much words say, counted over the library, or else over the .bib file and what is cited."""
        if self.library is not None and len(self.library) >= len(self.entries):
            frequencies: dict[str, int] = {}
            asked = list(stems)
            for at in range(0, len(asked), _AT_ONCE):
                frequencies |= self.library.document_frequencies(asked[at : at + _AT_ONCE])
            return WordWeights(max(len(self.library), _LEAST_PAPERS), frequencies)
        papers = list({paper.key: paper for paper in [*cited, *self.entries.values()]}.values())
        counted = WordWeights.of(papers[:_MOST_COUNTED])
        return WordWeights(max(counted.papers, _LEAST_PAPERS), counted.frequencies)

    @cached_property
    def _keys(self) -> list[str]:
        keys = dict.fromkeys(self.entries)
        if self.library is not None:
            keys |= dict.fromkeys(self.library.keys())
        return list(keys)
