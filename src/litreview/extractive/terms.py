"""A text as terms: stems of the words that carry meaning, with acronyms and their expansions made to meet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from litreview.text.acronyms import find_definitions, short_key
from litreview.text.words import STOP_WORDS, parts, stem

_WORD = re.compile(r"[^\W_]+")
_LONGEST_EXPANSION = 7  # words; the longest expansion that is looked for in running text
_PREFIX = 3  # letters; enough to pass over nearly every word that opens no expansion


@dataclass(frozen=True)
class Vocabulary:
    """The acronyms that a set of abstracts defines.

    Attributes:
        shorts: For the key of an expansion ("multilayerperceptron"), its acronym ("mlp").
        longs: For an acronym, the stems of all its expansions.
        openings: The first letters of all keys of expansions.
    """

    shorts: Mapping[str, str]
    longs: Mapping[str, frozenset[str]]
    openings: frozenset[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Vocabulary:
        """Collect the definitions ("multilayer perceptron (MLP)") that stand in these texts."""
        shorts: dict[str, str] = {}
        longs: dict[str, set[str]] = {}
        for definition in (d for text in texts for d in find_definitions(text)):
            words, short = words_of(definition.long), definition.short_key
            if len(words) > 1:
                shorts.setdefault(definition.long_key, short)
                longs.setdefault(short, set()).update(stem(w) for w in words if w not in STOP_WORDS)
        openings = frozenset(key[:_PREFIX] for key in shorts)
        return cls(shorts, {short: frozenset(stems) for short, stems in longs.items()}, openings)

    def flow(self, words: Sequence[str]) -> list[str]:
        """Return the stems of words in order, each expansion of an acronym replaced by the acronym."""
        found: list[str] = []
        at = 0
        while at < len(words):
            width, short = self._expansion(words, at)
            found.append(short or stem(words[at]))
            at += width
        return found

    def terms(self, text: str) -> list[str]:
        """Return the terms of a text: "Strip-MLPs" gives "strip" and "mlp", "RaftMLP" also its parts.

        What defines an acronym gives the acronym too, and an acronym the stems of its expansions, so that a
        text with either shares terms with a text that has the other.
        """
        found = [part for word in _WORD.findall(text) for part in _part_stems(word)]
        words = words_of(text)
        found.extend(stem(word) for word in words if word not in STOP_WORDS)
        for short in self.flow(words):
            if short in self.longs:
                found.extend((short, *sorted(self.longs[short])))
        return found

    def _expansion(self, words: Sequence[str], at: int) -> tuple[int, str | None]:
        """How many words from `at` are an expansion, and its acronym; (1, None) where there is none."""
        first = words[at]
        opening = first[:_PREFIX] if len(first) >= _PREFIX else "".join(words[at : at + 3])[:_PREFIX]
        if opening in self.openings:
            for width in range(min(_LONGEST_EXPANSION, len(words) - at), 1, -1):
                short = self.shorts.get(_key(words[at : at + width]))
                if short is not None:
                    return width, short
        return 1, None


def words_of(text: str) -> list[str]:
    """The words of a text in order, folded, hyphens split and plural acronyms in the singular."""
    return [_folded(word) for word in _WORD.findall(text)]


@lru_cache(maxsize=100_000)
def _folded(word: str) -> str:
    return short_key(word)


@lru_cache(maxsize=100_000)
def _part_stems(word: str) -> tuple[str, ...]:
    return tuple(stem(part) for part in parts(word))


def _key(words: Sequence[str]) -> str:
    """One key for "multi-layer perceptrons" and "multilayer perceptron", as `acronyms.long_key` makes it."""
    return stem("".join(words))
