"""From retrieved papers to an answer in their own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from litreview.answers import Answer, Claim, Evidence, Group

from .grouping import best_cut, features
from .headings import MIXED, OTHER, Headings
from .outline import assigned
from .question import Question, read_question
from .selection import Passage, choose_diverse, passages
from .summary import opening_line
from .terms import Vocabulary

if TYPE_CHECKING:
    import numpy.typing as npt

    from litreview.papers import Paper
    from litreview.retrieval import Retrieved, RetrievedPaper, SearchIndex

# The longest abstract among those of ACL and arXiv at hand has 12,694 characters. A megabyte of text is none,
# and looking for phrases in it takes the better part of a minute.
_LONGEST = 20_000
# Fewer papers than this are one group: dividing three says nothing.
_FEWEST_TO_DIVIDE = 4
# What a group costs against its value, (fitness of the heading + mean cosine) a paper: by eye on 22
# questions, and by the adjusted Rand index against arXiv categories (docs/decisions.md).
_PRICE, _PRICE_OF_TWO, _PRICE_OF_MIXED, _FEW = 0.5, 0.4, 0.6, 5
# A paper scored below this share of the best is on the edge; the next holds if hardly any are above.
_EDGES = (0.5, 0.4, 0.3)
# Share of the question's weight that a passage must cover, its title counted half.
_BEARS = 0.2


def extract(
    retrieved: Retrieved, *, index: SearchIndex, outline: Mapping[str, str] = MappingProxyType({})
) -> Answer:
    """Answer a question in the words of the retrieved abstracts.

    Args:
        retrieved: The question and the papers found for it, best first, each with its key.
        index: The library they come from; it says how rare words are and embeds the papers.
        outline: Headings to group under, in their order, with what each is about; by default groups and
            headings are found. A paper that shares little with every heading is cited under none.

    Returns:
        Groups of quotations under headings, one quotation per paper, the largest and most relevant group
        first. Papers on the edge of the question, or without an abstract to quote, are in `uncited`.
    """
    with index.snapshot():
        return _extracted(retrieved, index, outline)


def _extracted(retrieved: Retrieved, index: SearchIndex, outline: Mapping[str, str]) -> Answer:
    retrieved = retrieved.model_copy(update={"papers": tuple(map(_readable, retrieved.papers))})
    vocabulary = Vocabulary.of(f"{p.paper.title}\n{p.paper.abstract or ''}" for p in retrieved.papers)
    question = read_question(retrieved.question, index=index, vocabulary=vocabulary)
    options = {key_of(p): _bearing(p.paper, question, vocabulary) for p in retrieved.papers}
    central = _central(retrieved.papers, options)
    if outline:
        groups = assigned(central, outline, index=index, vocabulary=vocabulary)
    else:
        groups = _grouped(central, question, vocabulary, index)
    cited = {key_of(p) for _, own in groups for p in own}
    return Answer(
        summary=opening_line(
            [p.paper for _, own in groups for p in own], [(h, len(own)) for h, own in groups]
        ),
        groups=tuple(_quoted(heading, own, options) for heading, own in groups),
        uncited=tuple(key for p in retrieved.papers if (key := key_of(p)) not in cited),
    )


def _readable(retrieved: RetrievedPaper) -> RetrievedPaper:
    """A paper whose abstract is no longer than abstracts are; the beginning keeps all offsets as they are."""
    paper = retrieved.paper
    if len(paper.abstract or "") <= _LONGEST:
        return retrieved
    cut = paper.model_copy(update={"abstract": (paper.abstract or "")[:_LONGEST].rsplit(" ", 1)[0]})
    return retrieved.model_copy(update={"paper": cut})


def key_of(retrieved: RetrievedPaper) -> str:
    """The citation key of a paper; only papers of a library have one."""
    if retrieved.paper.key is None:
        raise ValueError(f"{retrieved.paper.title!r} has no key; only papers of a library can be cited")
    return retrieved.paper.key


def _bearing(paper: Paper, question: Question, vocabulary: Vocabulary) -> list[Passage]:
    """The passages of a paper that bear on the question, best first."""
    return [p for p in passages(paper, question, vocabulary) if p.relevance >= _BEARS]


def _central(papers: Sequence[RetrievedPaper], options: dict[str, list[Passage]]) -> list[RetrievedPaper]:
    """The papers that bear on the question: close to the best of them, and with a sentence to quote."""
    quotable = [p for p in papers if options[key_of(p)]]
    best = max((p.score for p in quotable), default=0.0)
    tries = ([p for p in quotable if p.score >= edge * best] for edge in _EDGES)
    central: list[RetrievedPaper] = []
    for central in tries:
        if len(central) >= _FEWEST_TO_DIVIDE:
            break
    return central


def _grouped(
    papers: Sequence[RetrievedPaper], question: Question, vocabulary: Vocabulary, index: SearchIndex
) -> list[tuple[str, list[RetrievedPaper]]]:
    """Papers under headings, the groups with the greatest sum of scores first, what has no name last."""
    if not papers:
        return []
    headings = Headings(
        [p.paper for p in papers], vocabulary=vocabulary, question=frozenset(question.weights), index=index
    )
    groups = [list(range(len(papers)))]
    if len(papers) >= _FEWEST_TO_DIVIDE:
        groups = _divided([p.paper for p in papers], headings, vocabulary, index)
    named = zip(headings.name(groups), groups, strict=True)
    divided = [(heading, [papers[row] for row in group]) for heading, group in named]
    return sorted(divided, key=lambda named: (named[0] == OTHER, -sum(p.score for p in named[1]), named[0]))


def _divided(
    papers: Sequence[Paper], headings: Headings, vocabulary: Vocabulary, index: SearchIndex
) -> list[list[int]]:
    texts = [f"{p.title}\n{p.abstract or ''}" for p in papers]
    vectors = _vectors(texts, index)
    terms = [vocabulary.terms(f"{p.title}\n{text}") for p, text in zip(papers, texts, strict=True)]
    rows = features(terms, headings.incidence(), vectors)

    def value(group: list[int]) -> float:
        """How well a group can be named and how close its papers are, less a price for each group."""
        _, named = headings.best(group)
        centre = rows[group].sum(axis=0)
        alike = (float(centre @ centre) - len(group)) / (len(group) * (len(group) - 1))
        price = _PRICE
        if len(group) == 2:
            price += _PRICE_OF_TWO if len(papers) > _FEW else 0.0
        elif named < MIXED:
            price += _PRICE_OF_MIXED
        return len(group) * (named + alike) - price

    return best_cut(rows, value=value, at_least=2)


def _vectors(texts: Sequence[str], index: SearchIndex) -> npt.NDArray[np.float64]:
    """The papers' vectors about their mean; none where embedding them would mean a model or a network."""
    if index.embedder != "lsa":
        return np.zeros((len(texts), 1))
    vectors = index.embed(texts).astype(np.float64)
    return np.asarray(vectors - vectors.mean(axis=0))


def _quoted(heading: str, papers: Sequence[RetrievedPaper], options: dict[str, list[Passage]]) -> Group:
    chosen = choose_diverse(options[key_of(p)] for p in papers)
    return Group(
        heading=heading,
        claims=tuple(_claim(key_of(p), passage) for p, passage in zip(papers, chosen, strict=True)),
    )


def _claim(key: str, passage: Passage) -> Claim:
    evidence = Evidence(key=key, quote=passage.text, start=passage.start, end=passage.end)
    return Claim(text=passage.text, citations=(key,), evidence=(evidence,), verdict="supported")
