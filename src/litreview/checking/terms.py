"""What a text says as terms: stems of its words, of the parts of its compounds, both forms of its acronyms.

Texts repeat most of their words, and a paper is read several times: whole, by sentence, in what quotes it. So
what stands between two spaces is read once and remembered; words never reach over a space. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from litreview.text.acronyms import find_definitions, short_key
from litreview.text.words import STOP_WORDS, content_stems, fold, parts, stem, tokens

_WORD = re.compile(r"[^\W_]+")
_HYPHEN = re.compile("[-‐‑]")
_HYPHENATED = re.compile(r"(?<![^\W_])[^\W_]+[-‐‑][^\W_]+(?:[-‐‑][^\W_]+)?(?![-‐‑\w])")
_PUNCTUATION = ".,;:()"


# What characters between two spaces add to a text, each joined by spaces: the stems of all their words; those
# of words that carry meaning, of the parts of compounds and of hyphenated words joined; their words in the
# form in which acronyms are looked up. Strings, for Python's search for cycles passes over tuples of these.
_Run = tuple[str, str, str]


# A paper is read for its stems, and again for its terms.
@lru_cache(maxsize=1024)
def _read(text: str) -> tuple[_Run, ...]:
    return tuple(map(_read_run, text.split()))


@lru_cache(maxsize=200_000)
def _read_run(run: str) -> _Run:
    word = run.strip(_PUNCTUATION)
    if word.isascii() and word.isalpha() and (word.islower() or (len(word) > 2 and word[1:].islower())):
        # A plain word, as most: the rest would come to the same.
        word = word.lower()
        stemmed = stem(word)
        return stemmed, "" if word in STOP_WORDS else stemmed, word
    words = _WORD.findall(run)
    folded = list(map(str.lower, words)) if run.isascii() else tokens(run)
    stems = list(map(stem, folded))
    terms = [stemmed for token, stemmed in zip(folded, stems, strict=True) if token not in STOP_WORDS]
    if _HYPHEN.search(run):
        terms += [stem(fold(_HYPHEN.sub("", found))) for found in _HYPHENATED.findall(run)]
    for word in words:
        if not word.islower() and not word[1:].islower():
            terms += map(stem, parts(word))
    return " ".join(stems), " ".join(terms), " ".join(map(_key, words))


def _key(word: str) -> str:
    return word if word.isascii() and word.islower() else short_key(word)


def stem_set(text: str) -> frozenset[str]:
    """The stems of a text."""
    return frozenset(" ".join([stems for stems, _, _ in _read(text)]).split())


@lru_cache(maxsize=4096)
def claim_terms(claim: str) -> tuple[str, ...]:
    """The stems of a claim that carry meaning, each once."""
    return tuple(dict.fromkeys(content_stems(claim)))


@dataclass(frozen=True)
class Acronyms:
    """The acronyms that some texts define.

    Attributes:
        shorts: Key of an expansion to its acronym: "multilayerperceptron" to "mlp".
        longs: Acronym to the stems of its expansions.
    """

    shorts: Mapping[str, str]
    longs: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Acronyms:
        """Collect definitions like "multi-layer perceptron (MLP)"."""
        shorts: dict[str, str] = {}
        longs: dict[str, frozenset[str]] = {}
        for definition in (d for text in texts for d in find_definitions(text)):
            shorts.setdefault(definition.long_key, definition.short_key)
            expanded = frozenset(content_stems(definition.long))
            longs[definition.short_key] = longs.get(definition.short_key, frozenset()) | expanded
        return cls(shorts, longs)

    def terms(self, text: str) -> frozenset[str]:
        """Stems of a text, of the parts of its compounds, and both forms of its acronyms."""
        runs = _read(text)
        found = set(" ".join([terms for _, terms, _ in runs]).split())
        if self.longs:
            keys = " ".join([keys for _, _, keys in runs]).split()
            for key in self.longs.keys() & set(keys):
                found.add(key)
                found |= self.longs[key]
            squeezed = "".join(keys)
            found.update([short for long, short in self.shorts.items() if long in squeezed])
        return frozenset(found)
