"""A question as concepts: what must be found, in which spellings, and how much each weighs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from litreview.text.acronyms import long_key, short_key
from litreview.text.words import ASKING_WORDS, STOP_WORDS, compounds, parts, stem, tokens

from .types import Defined

# A pasted page is searched by this many of its rarest words; an OR of more only costs time.
MAX_CONCEPTS = 48
_MAX_TOKENS = 1_000
_LONGEST_EXPANSION = 6

# Half the weight of a word for a part of a name written in one: "MLP" of "RaftMLP".
_PART_WEIGHT = 0.5
_ASKING_WEIGHT = 0.3

# An expansion counts when at least this share of the papers that define its acronym mean it.
_LEAST_SHARE = 0.3
# A word in small letters is an acronym only if its definitions explain this share of its papers ("mlp", not
# "map").
_LEAST_DEFINED = 0.1


@dataclass(frozen=True)
class Concept:
    """One thing a question names: tokens any of which satisfies it, and phrases that do.

    `words` and the phrases are folded tokens, not stems. `weight` is in (0, 1]; `asking` marks a word of
    asking, `part` a part of a name written in one; `place` counts the words of the question, so that
    neighbours can be found again.
    """

    words: tuple[str, ...]
    place: int
    weight: float = 1.0
    asking: bool = False
    part: bool = False
    phrases: tuple[tuple[str, ...], ...] = ()

    @property
    def is_subject(self) -> bool:
        """Whether the question is about this, rather than asks with it or only holds it as part of a name."""
        return not self.asking and not self.part

    @property
    def stems(self) -> frozenset[str]:
        """The stems that satisfy this concept alone."""
        return frozenset(map(stem, self.words))

    @property
    def stemmed_phrases(self) -> frozenset[tuple[str, ...]]:
        """The phrases that satisfy this concept, stemmed."""
        return frozenset(tuple(map(stem, phrase)) for phrase in self.phrases)


def read_question(question: str) -> tuple[Concept, ...]:
    """The concepts of a question as it stands, words of asking marked; no index is needed yet.

    A question of nothing but words of asking, or of nothing but light words, is taken at its word: then these
    are its subject. An empty tuple means that it has no letter or digit at all.
    """
    found: dict[str, Concept] = {}
    light: dict[str, Concept] = {}
    place = 0
    for elements in compounds(question):
        joined = tokens("".join(elements)) if 1 < len(elements) <= 3 else []
        for element in elements:
            for token in tokens(element):
                place += 1
                if token in STOP_WORDS:
                    light.setdefault(token, Concept((token,), place))
                else:
                    found.setdefault(stem(token), _concept(token, joined, place))
            for name, concept in _parted(element, place):
                found[name] = concept if concept.phrases else found.get(name, concept)
        if place >= _MAX_TOKENS:
            break
    concepts = tuple(found.values()) or tuple(light.values())
    if all(concept.asking for concept in concepts):
        return tuple(replace(concept, asking=False, weight=1.0) for concept in concepts)
    return concepts


def _concept(token: str, joined: Sequence[str], place: int) -> Concept:
    """The concept of one word; as an element of a hyphenated word, that word in one satisfies it too."""
    asking = token in ASKING_WORDS and not joined
    words = tuple(dict.fromkeys((token, *joined)))
    return Concept(words, place, weight=_ASKING_WEIGHT if asking else 1.0, asking=asking)


def _parted(name: str, place: int) -> list[tuple[str, Concept]]:
    """A name written in one as a concept its parts satisfy side by side, and each part at half weight."""
    pieces = parts(name)
    if not pieces:
        return []
    whole = tokens(name)[0]
    phrases = (pieces,) if len(pieces) > 1 else ()
    parted = [(stem(whole), Concept((whole,), place, phrases=phrases))]
    return parted + [
        (stem(piece), Concept((piece,), place, weight=_PART_WEIGHT, part=True)) for piece in pieces
    ]


def definition_keys(question: str) -> tuple[list[str], list[str]]:
    """Keys under which the library may know acronyms of the question: of acronyms, and of expansions."""
    names = [token for elements in compounds(question) for token in _element_tokens(elements)][:_MAX_TOKENS]
    shorts = {short_key(name) for name in names if 2 <= len(name) <= 12 and name.lower() not in STOP_WORDS}
    longs = {long_key(" ".join(names[i:j])) for i, j in _spans(len(names))}
    return sorted(shorts), sorted(longs)


def _element_tokens(elements: Sequence[str]) -> list[str]:
    return [element for element in elements if tokens(element)]


def _spans(length: int) -> Iterable[tuple[int, int]]:
    for start in range(length):
        for end in range(start + 1, min(start + _LONGEST_EXPANSION, length) + 1):
            yield start, end


def acronyms_of(defined: Iterable[Defined]) -> list[str]:
    """The stems of the acronyms among these definitions, as `expand` wants their document frequencies."""
    return sorted({stem(entry.short_key) for entry in defined})


def expand(
    question: str, concepts: Sequence[Concept], defined: Sequence[Defined], frequencies: Mapping[str, int]
) -> tuple[Concept, ...]:
    """Add what the library's own acronyms say: the acronym to each word of its expansion, and the reverse.

    An acronym in the question is satisfied by its expansion as a phrase; each word of an expansion in the
    question is satisfied by the acronym. Nothing is counted twice, since no concept is added.

    Args:
        question: The question the concepts were read from.
        concepts: As from `read_question`.
        defined: Everything the library defines under the question's keys, and under the acronyms found so.
        frequencies: Document frequencies of `acronyms_of(defined)`.
    """
    names = [name for elements in compounds(question) for name in _element_tokens(elements)][:_MAX_TOKENS]
    written = {short_key(name) for name in names if sum(c.isupper() for c in name) > 1}
    spelled = _spelled(names)
    phrases: dict[str, list[tuple[str, ...]]] = {}
    shorts: dict[str, list[str]] = {}
    for short, meanings in _meanings(defined).items():
        known = sum(entry.papers for entries in meanings.values() for entry in entries)
        sure = short in written or known >= _LEAST_DEFINED * frequencies.get(stem(short), 0)
        for key, entries in meanings.items():
            if sum(entry.papers for entry in entries) < _LEAST_SHARE * known:
                continue
            if sure:
                phrases.setdefault(stem(short), []).extend(_spellings(entry.long for entry in entries))
            for word in spelled.get(key, ()):
                shorts.setdefault(word, []).append(short)
    return tuple(_widened(concept, shorts, phrases) for concept in concepts)


def _meanings(defined: Iterable[Defined]) -> dict[str, dict[str, list[Defined]]]:
    """Definitions by acronym, then by what it stands for."""
    found: dict[str, dict[str, list[Defined]]] = {}
    for entry in sorted(defined):
        found.setdefault(entry.short_key, {}).setdefault(entry.long_key, []).append(entry)
    return found


def _spelled(names: Sequence[str]) -> dict[str, set[str]]:
    """Every run of words in the question by its key, with the stems of the words that carry meaning."""
    found: dict[str, set[str]] = {}
    for i, j in _spans(len(names)):
        words = {stem(t) for name in names[i:j] for t in tokens(name) if t not in STOP_WORDS}
        found.setdefault(long_key(" ".join(names[i:j])), set()).update(words)
    return found


def _widened(
    concept: Concept, shorts: Mapping[str, list[str]], phrases: Mapping[str, list[tuple[str, ...]]]
) -> Concept:
    own = stem(concept.words[0])
    return replace(
        concept,
        words=tuple(dict.fromkeys((*concept.words, *shorts.get(own, ())))),
        phrases=tuple(dict.fromkeys((*concept.phrases, *phrases.get(own, ())))),
    )


def _spellings(longs: Iterable[str]) -> list[tuple[str, ...]]:
    """Each expansion as tokens, and once more with its hyphenated words joined."""
    found: dict[tuple[str, ...], None] = {}
    for long in longs:
        found[tuple(tokens(long))] = None
        found[tuple(token for elements in compounds(long) for token in tokens("".join(elements)))] = None
    return [phrase for phrase in found if len(phrase) > 1]


def match_expression(concepts: Iterable[Concept]) -> str:
    """An FTS5 expression that finds any of the concepts; every token is quoted, so nothing is syntax.

    >>> match_expression([Concept(("mlp",), 1, phrases=(("multilayer", "perceptron"),))])
    '"mlp" OR "multilayer perceptron"'
    """
    terms = [
        " ".join(words)
        for concept in concepts
        for words in (*((word,) for word in concept.words), *concept.phrases)
    ]
    return " OR ".join(f'"{term}"' for term in dict.fromkeys(terms))


def neighbours(concepts: Sequence[Concept]) -> list[tuple[int, int]]:
    """Positions of concepts whose words stand side by side in the question, light words aside."""
    order = sorted(range(len(concepts)), key=lambda i: concepts[i].place)
    return [(a, b) for a, b in pairwise(order) if concepts[b].place - concepts[a].place <= 2]
