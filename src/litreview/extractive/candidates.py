"""The phrases that may head a group, and in which papers each of them stands."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from litreview.text.sentences import split_sentences

from .phrases import LINKS, noun_phrases
from .terms import Vocabulary, words_of

if TYPE_CHECKING:
    from litreview.papers import Paper


@dataclass(frozen=True)
class Candidate:
    """A phrase and where it stands (row numbers of papers).

    Attributes:
        stems: What makes two spellings the same phrase.
        words: Its most frequent spelling.
        titles: Papers with it in the title.
        exact: Papers that hold it word by word.
        loose: Papers with all its words in one sentence.
    """

    stems: tuple[str, ...]
    words: tuple[str, ...]
    titles: frozenset[int]
    exact: frozenset[int]
    loose: frozenset[int]

    def support(self, group: frozenset[int]) -> float:
        """In how many papers of a group it stands: 1 for a title, 0.8 word by word, 0.5 its words apart."""
        return 0.2 * len(self.titles & group) + 0.3 * len(self.exact & group) + 0.5 * len(self.loose & group)


def collect_candidates(papers: Sequence[Paper], vocabulary: Vocabulary) -> list[Candidate]:
    """All phrases that stand in a title or, in one way or another, in two papers."""
    titles: dict[tuple[str, ...], set[int]] = defaultdict(set)
    spellings: dict[tuple[str, ...], Counter[tuple[str, ...]]] = defaultdict(Counter)
    for row, paper in enumerate(papers):
        for words in noun_phrases(paper.title):
            stems = _stems(words, vocabulary)
            titles[stems].add(row)
            spellings[stems][tuple(w if w[1:] != w[1:].lower() else w.lower() for w in words)] += 1
        for words in noun_phrases(paper.abstract or ""):
            spellings[_stems(words, vocabulary)][words] += 1
    flows = [_flows(paper, vocabulary) for paper in papers]
    holding: dict[str, set[int]] = defaultdict(set)
    for row, own in enumerate(flows):
        for flow in own:
            for stem in flow.strip().split():
                holding[stem].add(row)
    found = []
    for stems, forms in sorted(spellings.items()):
        able = set.intersection(*(holding[s] for s in stems)) | titles[stems]
        if len(able) < 2 and not titles[stems]:
            continue
        words = _spelling(forms)
        exact, loose = _occurrences(stems, able, flows)
        found.append(
            Candidate(stems, words, frozenset(titles[stems]), exact | titles[stems], loose | titles[stems])
        )
    return found


def _spelling(forms: Counter[tuple[str, ...]]) -> tuple[str, ...]:
    """The most frequent spelling, or a plural nearly as frequent: groups are about kinds of things."""
    ranked = sorted(forms.items(), key=lambda item: (-item[1], item[0]))
    plural = (
        f
        for f, n in ranked
        if f[-1].endswith("s") and f[-1][-2:] not in {"ss", "is", "us"} and 3 * n >= ranked[0][1]
    )
    return next(plural, ranked[0][0])


def _stems(words: Sequence[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    return tuple(
        singular_stem(s) for s in vocabulary.flow(words_of(" ".join(w for w in words if w not in LINKS)))
    )


def singular_stem(stem: str) -> str:
    """Porter leaves "bia" of "bias" and "bias" of "biases"; here they are one."""
    return stem[:-1] if stem.endswith("s") and not stem.endswith("ss") else stem


def _flows(paper: Paper, vocabulary: Vocabulary) -> list[str]:
    """The stems of the title and of each sentence, each between two spaces."""
    abstract = paper.abstract or ""
    texts = [paper.title, *(abstract[a:b] for a, b in split_sentences(abstract))]
    return [f" {' '.join(map(singular_stem, vocabulary.flow(words_of(text))))} " for text in texts]


def _occurrences(
    stems: tuple[str, ...], rows: set[int], flows: Sequence[Sequence[str]]
) -> tuple[frozenset[int], frozenset[int]]:
    """The papers that hold the stems in a row, and those that hold them all in one sentence."""
    phrase, each = f" {' '.join(stems)} ", [f" {s} " for s in stems]
    exact = frozenset(r for r in rows if any(phrase in flow for flow in flows[r]))
    loose = frozenset(r for r in rows - exact if any(all(s in flow for s in each) for flow in flows[r]))
    return exact, exact | loose
