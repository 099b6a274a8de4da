from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from litreview.answers import Answer
from litreview.extractive import extract
from litreview.extractive.leaning import dangles
from litreview.papers import Paper
from litreview.retrieval import Retrieved, RetrievedPaper
from tests.memory_index import MemoryIndex

MIXING = [
    Paper(
        key="ada2021mixer",
        title="GridMixer: Token Mixing for Vision with MLPs",
        abstract="Vision backbones rely on attention. "
        "We present GridMixer, a stack of MLPs with token mixing. "
        "GridMixer with its MLPs is 2.1% more accurate than attention at half the cost.",
        published="2021",
    ),
    Paper(
        key="bo2022shift",
        title="Shifted Token Mixing in Vision MLPs",
        abstract="Attention is costly in vision. We shift tokens before token mixing. "
        "However, it needs care. Shifted MLPs match attention on three image sets. "
        "Code is available at example.org.",
        published="2022",
    ),
    Paper(
        key="cy2023strip",
        title="Strips of Tokens for Image Recognition",
        abstract="Token mixing along strips lets multilayer perceptrons (MLPs) see whole rows of an image. "
        "Without attention, our vision MLPs outperform transformers by 1.3 points.",
        published="2023-04",
    ),
]
PRUNING = [
    Paper(
        key="di2024prune",
        title="Structured Pruning of Language Models",
        abstract="Large models are slow. Structured pruning removes MLPs and attention heads alike. "
        "We find that pruning attention costs less accuracy than pruning MLPs in language models.",
        published="2024",
    ),
    Paper(
        key="ed2024heads",
        title="Which Attention Heads Can Go? Structured Pruning Revisited",
        abstract="We revisit structured pruning of attention heads and MLPs in language models. "
        "Half of all attention heads can be removed without loss, whereas MLPs cannot.",
        published="2024",
    ),
    Paper(
        key="fay2025layers",
        title="Pruning Whole Layers",
        abstract="Structured pruning of language models is often done by layer. "
        "Results show that attention layers are redundant while MLPs keep knowledge.",
        published="2025",
    ),
]
FAR = [
    Paper(key="gus2020tax", title="A Tax on Carbon", abstract="We study a tax on carbon in small economies."),
    Paper(key="hal2020note", title="MLPs and Attention: a Note", abstract=None),
]
QUESTION = "how do MLPs compete with attention?"


def retrieved(papers: list[Paper], question: str = QUESTION, scores: list[float] | None = None) -> Retrieved:
    graded = scores or [1.0 - 0.01 * i for i in range(len(papers))]
    pairs = tuple(RetrievedPaper(paper=p, score=s) for p, s in zip(papers, graded, strict=True))
    return Retrieved(question=question, papers=pairs)


@pytest.fixture(scope="module")
def index() -> MemoryIndex:
    return MemoryIndex(MIXING + PRUNING + FAR)


@pytest.fixture(scope="module")
def answer(index: MemoryIndex) -> Answer:
    return extract(retrieved(MIXING + PRUNING + FAR), index=index)


def cited(answer: Answer) -> list[str]:
    return [key for group in answer.groups for claim in group.claims for key in claim.citations]


def test_papers_are_grouped_by_what_they_study(answer: Answer) -> None:
    groups = {frozenset(c.citations[0] for c in g.claims) for g in answer.groups}
    assert groups == {frozenset(p.key for p in MIXING), frozenset(p.key for p in PRUNING)}


def test_headings_are_noun_phrases_the_group_shares(answer: Answer) -> None:
    assert {g.heading for g in answer.groups} == {"Token mixing", "Structured pruning"}


def test_every_claim_is_a_verbatim_span_of_the_abstract_it_cites(answer: Answer) -> None:
    abstracts = {p.key: p.abstract for p in MIXING + PRUNING}
    for claim in itertools.chain.from_iterable(g.claims for g in answer.groups):
        (evidence,) = claim.evidence
        assert claim.citations == (evidence.key,)
        assert abstracts[evidence.key][evidence.start : evidence.end] == evidence.quote == claim.text
        assert claim.verdict == "supported"


def test_what_is_quoted_reports_and_stands_alone(answer: Answer) -> None:
    quotes = {c.citations[0]: c.text for g in answer.groups for c in g.claims}
    assert quotes["ada2021mixer"].startswith("GridMixer with its MLPs is 2.1% more accurate")
    assert quotes["bo2022shift"] == "Shifted MLPs match attention on three image sets."
    assert quotes["di2024prune"].startswith("We find that pruning attention")
    assert not any(dangles(text) for text in quotes.values())


def test_papers_that_do_not_bear_on_the_question_are_listed_and_not_forced_in(answer: Answer) -> None:
    assert answer.uncited == ("gus2020tax", "hal2020note")


def test_no_paper_is_quoted_twice(answer: Answer) -> None:
    assert len(cited(answer)) == len(set(cited(answer)))


def test_the_opening_line_counts_papers_years_and_groups(answer: Answer) -> None:
    assert answer.summary.startswith("Six papers (2021 to 2025) bear on this question, in two groups: ")
    assert "token mixing (3)" in answer.summary


def test_a_paper_scored_far_below_the_best_is_on_the_edge(index: MemoryIndex) -> None:
    found = extract(retrieved(MIXING + PRUNING, scores=[1.0, 0.9, 0.8, 0.8, 0.7, 0.2]), index=index)
    assert found.uncited == ("fay2025layers",)


def test_the_group_with_the_greatest_sum_of_scores_comes_first(index: MemoryIndex) -> None:
    found = extract(retrieved(PRUNING + MIXING, scores=[1.0, 1.0, 1.0, 0.6, 0.6, 0.6]), index=index)
    assert found.groups[0].heading == "Structured pruning"


def test_three_papers_are_one_group(index: MemoryIndex) -> None:
    assert len(extract(retrieved(MIXING), index=index).groups) == 1


def test_the_same_input_gives_the_same_answer(index: MemoryIndex, answer: Answer) -> None:
    assert extract(retrieved(MIXING + PRUNING + FAR), index=index) == answer


def test_no_paper_gives_an_empty_answer_that_says_so(index: MemoryIndex) -> None:
    found = extract(retrieved([]), index=index)
    assert (found.groups, found.uncited) == ((), ())
    assert "No paper" in found.summary


def test_a_question_of_nothing_but_light_words_quotes_nothing(index: MemoryIndex) -> None:
    found = extract(retrieved(MIXING, question="the of and?"), index=index)
    assert found.groups == ()
    assert found.uncited == tuple(p.key for p in MIXING)


def test_a_paper_without_a_key_is_an_error(index: MemoryIndex) -> None:
    with pytest.raises(ValueError, match="has no key"):
        extract(retrieved([Paper(title="Nameless")]), index=index)


def test_a_neural_embedding_is_not_called(index: MemoryIndex) -> None:
    class Neural(MemoryIndex):
        def embed(self, texts):  # type: ignore[no-untyped-def]
            raise AssertionError("the embedded engine must not call a model")

    papers = MIXING + PRUNING
    found = extract(retrieved(papers), index=Neural(papers, embedder="openai"))
    assert len(cited(found)) == len(papers)


_TEXT = st.lists(
    st.sampled_from(
        "MLPs attention (MLP) We show that outperform 3.5% . . However, it This of for learning U.S. vision"
        " é 😀 ( ) “ model networks multilayer perceptron ? frequency 1) https://x.org".split(" ")
    ),
    min_size=1,
    max_size=60,
).map(" ".join)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(_TEXT, _TEXT), min_size=1, max_size=9), st.sampled_from([QUESTION, "3.5%", "vision é"])
)
def test_any_papers_are_each_quoted_verbatim_or_listed(texts: list[tuple[str, str]], question: str) -> None:
    papers = [Paper(key=f"k{i}", title=title, abstract=text) for i, (title, text) in enumerate(texts)]
    found = extract(retrieved(papers, question=question), index=MemoryIndex(papers))
    assert sorted([*cited(found), *found.uncited]) == sorted(p.key for p in papers if p.key)
    assert len(found.groups) <= 6
    headings = [g.heading for g in found.groups]
    assert all(headings)
    assert len(set(headings)) == len(headings)
    for group in found.groups:
        for claim in group.claims:
            (evidence,) = claim.evidence
            abstract = papers[int(evidence.key[1:])].abstract or ""
            assert abstract[evidence.start : evidence.end] == claim.text
