"""Noun phrases of a text, found without a tagger: runs of words between light words, verbs and punctuation.

The idea is RAKE's (Rose et al. 2010, "Automatic keyword extraction from individual documents"), with the
verbs of academic prose as further delimiters and a check that the last word can be a noun.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from litreview.text.words import STOP_WORDS

from .wordlists import (
    EMPTY,
    HEADS,
    IRREGULAR_FORMS,
    MODIFYING,
    NOUNS_IN_ING,
    NOUNS_LIKE_VERBS,
    PREPOSITIONS,
    VERBS,
    WEAK,
)

LINKS = frozenset("of for without in with between from against on".split())

_TOKEN = re.compile(r"[^\W_](?:[^\W_]|[-'’/+](?=[^\W_]))*|[^\w\s]")
_ADJECTIVE = re.compile(
    r"(?:ly|ous|able|ible|ful|less|ish|ary|ive|ical|ial|ual|onal|ural|eral|ent|ant|ic|ed|ingly|est|wise|based|aware"
    r"|driven|free|like|level|shot|term|specific|agnostic|scale)$"
)
_LONGEST = 4  # words in a run
_FEWEST_LETTERS = 3


def _forms(verb: str) -> set[str]:
    if verb.endswith("e"):
        return {verb, verb + "s", verb + "d", verb[:-1] + "ing"}
    return {verb, verb + "s", verb + "es", verb + "ed", verb + "ing"}


_VERB_FORMS = (IRREGULAR_FORMS | {form for verb in VERBS for form in _forms(verb)}) - NOUNS_LIKE_VERBS


@dataclass(frozen=True)
class Run:
    """Consecutive words that nothing separates: `words[i]` stands at `offsets[i]` of the text."""

    words: tuple[str, ...]
    offsets: tuple[int, ...]

    @property
    def end(self) -> int:
        """Offset behind the last word."""
        return self.offsets[-1] + len(self.words[-1])


def noun_phrases(text: str) -> list[tuple[str, ...]]:
    """Return the noun phrases of a text as tuples of words, also pairs of them joined by a preposition.

    A phrase ends where its run ends: English puts the head last, and a run cut short ("transformer-based
    language" of "transformer-based language models") names something else.
    """
    runs = _runs(text)
    found = [run.words[i:] for run in runs for i in range(max(0, len(run.words) - _LONGEST), len(run.words))]
    return [*filter(_is_noun_phrase, found), *_linked(text, runs)]


def _runs(text: str) -> list[Run]:
    runs: list[Run] = []
    words: list[str] = []
    offsets: list[int] = []
    for match in [*_TOKEN.finditer(text), None]:
        if match is not None and not _delimits(match.group()):
            words.append(match.group())
            offsets.append(match.start())
        elif words:
            runs.append(Run(tuple(words), tuple(offsets)))
            words, offsets = [], []
    return runs


def _delimits(word: str) -> bool:
    low = word.lower()
    return (
        not word[0].isalnum()
        or not any(c.isalpha() for c in word)
        or low in STOP_WORDS
        or low in LINKS
        or low in PREPOSITIONS
        or low in _VERB_FORMS
        or (low.endswith("ly") and low not in HEADS)
    )


def _is_noun_phrase(words: tuple[str, ...]) -> bool:
    lower = [word.lower() for word in words]
    first, last = lower[0], lower[-1]
    if len(last) < _FEWEST_LETTERS or any(w in WEAK for w in lower) or all(w in EMPTY for w in lower):
        return False
    if first in EMPTY and first not in MODIFYING:
        return False
    if len(words) == 1:
        return can_be_head(last) and "-" not in last and not any(c.isdigit() for c in last)
    if first.endswith("ing") and "-" not in first and first not in NOUNS_IN_ING:
        return False  # "extracting features" is something done, "training data" is a thing
    return can_be_head(words[-1])


def can_be_head(word: str) -> bool:
    """Whether a word can be the noun a phrase ends in, judged by its ending.

    >>> can_be_head("attention"), can_be_head("hierarchical"), can_be_head("few-shot")
    (True, False, False)
    """
    low = word.lower()
    if low in HEADS or low.removesuffix("s") in HEADS or low.endswith("ss") or word.isupper():
        return True
    return _ADJECTIVE.search(low if low.endswith("us") else low.removesuffix("s")) is None


def _linked(text: str, runs: list[Run]) -> list[tuple[str, ...]]:
    """Phrases such as "pruning of attention heads": two runs and nothing but a preposition between."""
    found = []
    for left, right in itertools.pairwise(runs):
        gap = text[left.end : right.offsets[0]].strip().lower()
        if gap in LINKS and len(right.words) <= _LONGEST - 1 and _is_noun_phrase(right.words):
            for one in (left.words[-2:], left.words[-1:]):
                if _is_noun_phrase(one):
                    found.append((*one, gap, *right.words))
    return found
