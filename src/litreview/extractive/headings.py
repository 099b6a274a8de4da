"""A heading for each group: a noun phrase its papers share, and neither the others nor the question."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .candidates import Candidate, collect_candidates, singular_stem
from .casing import Casing
from .phrases import LINKS
from .terms import Vocabulary, words_of
from .wordlists import MEASURES

if TYPE_CHECKING:
    import numpy.typing as npt

    from litreview.papers import Paper
    from litreview.retrieval import SearchIndex

# By number of words: one word seldom names a line of work, five are a title.
_BY_LENGTH = {1: 0.2, 2: 1.0, 3: 1.1, 4: 0.9, 5: 0.75}
# By eye on 22 questions: below _POOR a phrase that two papers share is chance ("query", "nuanced
# understanding"), below MIXED so is what several share ("learning in transformers").
_POOR, MIXED = 0.27, 0.15
# A phrase whose words stand in the titles of a group names it better than one from its abstracts.
_UNTITLED, _TITLED = 0.55, 0.9
OTHER = "Other approaches"
# Named in every second abstract of a field, so that they set no group apart.
_COMMONPLACE = frozenset(
    "computer vision|neural network|language model|natural language|large language model|deep learning"
    "|machine learning|deep neural network|artificial intelligence|natural language processing|vision task"
    "|computer vision task|downstream task|future research|llm|nlp|computational cost|feature extraction"
    "|training data|ablation study|model size|real-world dataset|language processing|deep model"
    "|previous work|tiny model|small model|base model|large model|pretrained model|prediction model".split(
        "|"
    )
)


class Headings:
    """Names groups of papers with the noun phrases of their titles and abstracts."""

    def __init__(
        self, papers: Sequence[Paper], *, vocabulary: Vocabulary, question: frozenset[str], index: SearchIndex
    ) -> None:
        self._count = len(papers)
        self._question = question
        self._full_titles = [paper.title for paper in papers]
        self._casing = Casing(paper.abstract or "" for paper in papers)
        self._candidates = collect_candidates(papers, vocabulary)
        self._fitness = _fitness(self._candidates, index)
        self._titles = [
            frozenset(map(singular_stem, vocabulary.flow(words_of(paper.title)))) for paper in papers
        ]

    def best(
        self, group: Sequence[int], taken: Sequence[frozenset[str]] = ()
    ) -> tuple[Candidate | None, float]:
        """Return the phrase that names a group best and how well, in [0, about 1.3]."""
        rows = frozenset(group)
        scored = [
            (self._score(c, rows) * _fresh_words(c, taken), c)
            for c in self._candidates
            if c.loose & rows and not any(_nearly_same(frozenset(c.stems), t) for t in taken)
        ]
        if not scored:
            return None, 0.0
        score, candidate = min(scored, key=lambda pair: (-pair[0], pair[1].stems))
        return candidate, score

    def name(self, groups: Sequence[Sequence[int]]) -> list[str]:
        """Return a heading per group, no two alike, the largest group choosing first.

        A mixed group that no phrase names is `OTHER`, once.
        """
        taken: list[frozenset[str]] = []
        names: dict[int, str] = {}
        for number in sorted(range(len(groups)), key=lambda g: (-len(groups[g]), groups[g])):
            phrases = self._phrases(
                groups[number], taken, mixed=len(groups) > 1 and OTHER not in names.values()
            )
            taken.extend(frozenset(phrase.stems) for phrase in phrases)
            options = (
                self._casing.heading([phrase.words for phrase in phrases]) or OTHER,
                self._full_titles[groups[number][0]],
                f"{OTHER} ({len(names)})",
            )
            used = {name.casefold() for name in names.values()}
            names[number] = next(option for option in options if option.casefold() not in used)
        return [names[g] for g in range(len(groups))]

    def _phrases(
        self, group: Sequence[int], taken: Sequence[frozenset[str]], *, mixed: bool
    ) -> list[Candidate]:
        """The best phrase; one each for two papers that share none; none if the group may be `mixed`."""
        candidate, score = self.best(group, taken)
        if candidate is None:
            return []
        # Without regard to the other headings' words it may be better named; a lone word never is.
        nameless = score < MIXED and (len(candidate.words) == 1 or self.best(group)[1] < MIXED)
        if mixed and len(group) > 2 and nameless:
            return []
        if score >= _POOR or len(group) != 2:
            return [candidate]
        own: list[Candidate] = []
        for row in group:
            one, _ = self.best([row], [*taken, *(frozenset(c.stems) for c in own)])
            own.extend([one] if one else [])
        return own

    def incidence(self) -> npt.NDArray[np.float64]:
        """Which papers hold which phrase of several words, weighted by rarity: shape (papers, phrases)."""
        shared = [
            c for c in self._candidates if 2 <= len(c.loose) <= max(2, self._count // 2) and len(c.stems) > 1
        ]
        rows = np.zeros((self._count, max(1, len(shared))))
        for column, candidate in enumerate(shared):
            rarity = math.log(self._count / len(candidate.loose)) * self._fitness[candidate.stems]
            for row in candidate.loose:
                rows[row, column] = rarity * candidate.support(frozenset((row,)))
        return rows

    def _score(self, candidate: Candidate, group: frozenset[int]) -> float:
        """Share of the group that holds the phrase, times how much of its use is here, times its fitness."""
        inside, outside = len(group), max(1, self._count - len(group))
        share = candidate.support(group) / inside
        other = candidate.support(candidate.loose - group) / outside
        asked = sum(s in self._question for s in candidate.stems) / len(candidate.stems)
        fresh = 1.0 if inside == self._count else 0.4 if asked == 1 else 1 - 0.25 * asked
        titled = (
            sum(s in self._titles[r] for s in candidate.stems for r in group) / len(candidate.stems) / inside
        )
        if len(candidate.loose & group) * 2 < inside or (inside > 1 and len(candidate.loose & group) < 2):
            fresh *= 0.4
        fitness = fresh * self._fitness[candidate.stems] * min(1.25, _UNTITLED + _TITLED * titled)
        return share * share / (share + other) * fitness


def _fitness(candidates: Sequence[Candidate], index: SearchIndex) -> dict[tuple[str, ...], float]:
    """How much each phrase says by itself, in [0, 1.1]: its length, words and rarity in the library."""
    frequencies = index.document_frequencies(sorted({s for c in candidates for s in c.stems}))
    size = len(index) + 1
    out = {}
    for candidate in candidates:
        rarity = [math.log(size / (1 + frequencies.get(s, 0))) / math.log(size) for s in candidate.stems]
        rare = min(1.0, sum(rarity) / len(rarity) / 0.4)
        length = _BY_LENGTH.get(sum(w not in LINKS for w in candidate.words), 0.5)
        out[candidate.stems] = length * _specific(candidate) * (0.4 + 0.6 * rare)
    return out


def _specific(candidate: Candidate) -> float:
    """How much a phrase says, in [0, 1], judged by its words alone."""
    plain = " ".join(w.lower() for w in candidate.words)
    if plain in _COMMONPLACE or plain.removesuffix("s") in _COMMONPLACE:
        return 0.3
    if candidate.words[-1].lower() in MEASURES:
        return 0.5
    if any(w in LINKS for w in candidate.words):
        return 0.8  # "hops of relations": often a phrase by chance
    return 0.6 if any(c.isdigit() for c in plain) else 1.0


def _fresh_words(candidate: Candidate, taken: Sequence[frozenset[str]]) -> float:
    """Less for a phrase with words of other headings: "global attention" beside "visual attention"."""
    used = frozenset(stem for stems in taken for stem in stems)
    return 1 - 0.4 * sum(s in used for s in candidate.stems) / len(candidate.stems)


def _nearly_same(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) * 2 > min(len(one), len(other))
