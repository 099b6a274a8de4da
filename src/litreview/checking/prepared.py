"""The papers of one prompt, made ready once for the check of all its claims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from litreview.papers import Paper

from .terms import Acronyms, stem_set
from .weights import WordWeights


@dataclass(frozen=True)
class PreparedPapers:
    """Papers under the ids that the prompt gave them ("P1" to "Pn").

    Attributes:
        papers: Id to paper; ids must match exactly.
        given_weights: How much words say, counted over a whole library; None counts these papers alone.
    """

    papers: Mapping[str, Paper]
    given_weights: WordWeights | None = None

    @classmethod
    def of(
        cls, papers: Mapping[str, Paper] | PreparedPapers, *, weights: WordWeights | None = None
    ) -> PreparedPapers:
        """Prepare papers; what is prepared already comes back as it is."""
        return papers if isinstance(papers, PreparedPapers) else cls(dict(papers), weights)

    def get(self, name: str) -> Paper | None:
        """The paper of an id. Only ASCII white space around an id is forgiven: "Ｐ1" is unknown."""
        return self.papers.get(name.strip(" \t\r\n"))

    def others(self, name: str) -> Iterator[tuple[str, Paper]]:
        """All papers but this one, with their ids."""
        mine = name.strip(" \t\r\n")
        return ((other, paper) for other, paper in self.papers.items() if other != mine)

    @cached_property
    def weights(self) -> WordWeights:
        """How much words say."""
        if self.given_weights:
            return self.given_weights
        return WordWeights(len(self.papers), {term: len(names) for term, names in self.holders.items()})

    @cached_property
    def stems(self) -> Mapping[str, frozenset[str]]:
        """Id to the stems of the paper."""
        return {name: stem_set(paper.text) for name, paper in self.papers.items()}

    @cached_property
    def acronyms(self) -> Acronyms:
        """The acronyms that the papers define."""
        return Acronyms.of(paper.text for paper in self.papers.values())

    @cached_property
    def holders(self) -> Mapping[str, Sequence[str]]:
        """Stem to the ids of the papers that hold it, in their order."""
        found: dict[str, list[str]] = {}
        for name, stems in self.stems.items():
            for term in stems:
                found.setdefault(term, []).append(name)
        return found

    def terms(self, text: str) -> frozenset[str]:
        """The terms of a text, its acronyms understood; each text is read once."""
        found = self._terms.get(text)
        if found is None:
            found = self._terms[text] = self.acronyms.terms(text)
        return found

    @cached_property
    def _terms(self) -> dict[str, frozenset[str]]:
        return {}
