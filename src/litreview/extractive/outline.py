"""Papers under headings that somebody else chose: each under the one it shares most with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .question import read_question

if TYPE_CHECKING:
    from litreview.retrieval import RetrievedPaper, SearchIndex

    from .terms import Vocabulary

# Share of the weight of a heading's terms that a paper must hold to stand under it. A heading of three terms
# with one of them rare is met by that one.
_LEAST = 0.25
# Words of the title count besides those of title and abstract together: a paper is about what it is called.
_TITLE = 0.5


def assigned(
    papers: Sequence[RetrievedPaper],
    outline: Mapping[str, str],
    *,
    index: SearchIndex,
    vocabulary: Vocabulary,
) -> list[tuple[str, list[RetrievedPaper]]]:
    """Papers by heading, in the order of the outline; headings without a paper are left out.

    Args:
        papers: Best first; the order stays.
        outline: What each heading is about, by heading.
        index: It says how rare words are.
        vocabulary: It knows acronyms.
    """
    asked = {
        heading: read_question(f"{heading} {focus}", index=index, vocabulary=vocabulary)
        for heading, focus in outline.items()
    }
    groups: dict[str, list[RetrievedPaper]] = {heading: [] for heading in outline}
    for item in papers:
        title = frozenset(vocabulary.terms(item.paper.title))
        text = title.union(vocabulary.terms(item.paper.abstract or ""))
        covered = {heading: question.coverage(text) for heading, question in asked.items()}
        # Of two headings that are covered alike the earlier one wins.
        fit = {heading: covered[heading] + _TITLE * asked[heading].coverage(title) for heading in covered}
        best = max(fit, key=fit.__getitem__)
        if covered[best] >= _LEAST:
            groups[best].append(item)
    return [(heading, own) for heading, own in groups.items() if own]
