from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litreview.errors import UsageError
from litreview.papers import Paper
from litreview.retrieval import Filters, retrieve
from litreview.retrieval.ranking import Weights, rank
from tests.memory_index import MemoryIndex

MIXER = "A multi-layer perceptron (MLP) mixes the tokens of an image."
ATTEND = "Attention relates the words of a sentence. MLPs are left behind."
SOLAR = "The treatment of perovskite films decides how long solar cells live."
ABSTRACTS = {
    "mixer2021": ("Mixing tokens with perceptrons", MIXER),
    "raft2021": ("RaftMLP: images by rows", "Rows of an image are mixed in turn, without attention."),
    "attend2017": ("Attention for translation", ATTEND),
    "compare2022": ("Do MLPs need attention?", "We compare an MLP with self-attention on images and text."),
    "layer2019": ("Multilayer perceptrons revisited", "Multilayer perceptrons fit tables well."),
    "solar2020": ("Solar cells", SOLAR),
    "prune2023": ("Pruning language models", "Layers of language models are pruned after training."),
    "series2023": (
        "Forecasting in the frequency domain",
        "A series is forecast by its frequency components.",
    ),
}


def papers() -> list[Paper]:
    return [
        Paper(key=key, title=title, abstract=abstract, published=key[-4:], venue="V" + key[0])
        for key, (title, abstract) in ABSTRACTS.items()
    ]


@pytest.fixture(scope="module")
def index() -> MemoryIndex:
    return MemoryIndex(papers())


def keys(index: MemoryIndex, question: str, **options: object) -> list[str | None]:
    return [found.paper.key for found in retrieve(index, question, **options).papers]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "question",
    ["MLPs", "MLP", "mlp", "multi-layer perceptron", "multilayer perceptron", "Multilayer perceptrons"],
)
def test_every_spelling_of_an_acronym_finds_the_same_papers(index: MemoryIndex, question: str) -> None:
    found = keys(index, question)
    assert {"mixer2021", "compare2022", "layer2019", "attend2017", "raft2021"} <= set(found)
    assert found[0] in {"mixer2021", "layer2019", "compare2022"}


def test_a_compound_name_is_found_first_and_its_kin_after_it(index: MemoryIndex) -> None:
    found = keys(index, "RaftMLP")
    assert found[0] == "raft2021"
    assert "compare2022" in found


def test_words_of_asking_do_not_outweigh_the_subject(index: MemoryIndex) -> None:
    assert keys(index, "how do MLPs compete with attention?")[0] == "compare2022"
    assert keys(index, "which papers compare language models?")[0] == "prune2023"


def test_a_subject_unknown_to_the_library_finds_nothing(index: MemoryIndex) -> None:
    result = retrieve(index, "what is the best treatment for malaria?")
    assert result.papers == ()
    assert len(result.nearest) == 3
    assert result.nearest[0].key == "solar2020"


def test_a_question_without_a_known_word_names_the_titles_spelled_most_like_it(index: MemoryIndex) -> None:
    result = retrieve(index, "prunning langauge modles")
    assert result.papers == ()
    assert len(result.nearest) == 3
    assert result.nearest[0].title == "Pruning language models"


def test_papers_that_share_nothing_with_the_question_are_left_out(index: MemoryIndex) -> None:
    found = keys(index, "forecasting a series by frequency")
    assert found[0] == "series2023"
    assert "prune2023" not in found
    assert "solar2020" not in found


def test_scores_are_shares_in_descending_order(index: MemoryIndex) -> None:
    scores = [found.score for found in retrieve(index, "attention and MLPs on images").papers]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_limit_bounds_the_papers(index: MemoryIndex) -> None:
    assert len(keys(index, "MLP attention", limit=2)) == 2
    with pytest.raises(UsageError, match="limit"):
        retrieve(index, "MLP", limit=0)


def test_filters_hold_for_words_and_vectors(index: MemoryIndex) -> None:
    found = retrieve(index, "MLP attention", filters=Filters(since=2021, until=2021)).papers
    assert {paper.paper.key for paper in found} == {"mixer2021", "raft2021"}
    assert keys(index, "MLP attention", filters=Filters(venue="Va")) == ["attend2017"]


def test_the_order_of_the_import_does_not_matter() -> None:
    shuffled = papers()
    random.Random(3).shuffle(shuffled)
    one, other = MemoryIndex(papers()), MemoryIndex(shuffled)
    for question in ("MLPs and attention", "images", "language models", "multilayer perceptron"):
        first, second = rank(one, question), rank(other, question)
        assert first.keys == second.keys
        assert first.scores == pytest.approx(second.scores)


def test_papers_alike_in_everything_are_ordered_by_key() -> None:
    twins = [Paper(key=key, title="Token mixing", abstract="Tokens are mixed.") for key in ("c1", "a1", "b1")]
    assert keys(MemoryIndex(twins), "token mixing") == ["a1", "b1", "c1"]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_small_libraries_answer(size: int) -> None:
    index = MemoryIndex(papers()[:size])
    assert keys(index, "mixing tokens of an image")[0] == "mixer2021"


def test_a_neural_embedding_is_mixed_half_and_half() -> None:
    index = MemoryIndex(papers(), embedder="openai")
    plain = rank(index, "MLP attention", weights=Weights(first=0.5, second=0.5, feedback=False))
    assert rank(index, "MLP attention").scores.tolist() == plain.scores.tolist()


@pytest.mark.parametrize("question", ["", "   ", "?!", "🙂", "\x00", '"" * ()'])
def test_a_question_without_words_is_a_usage_error(index: MemoryIndex, question: str) -> None:
    with pytest.raises(UsageError, match="holds no word"):
        retrieve(index, question)


HOSTILE = [
    'title:"MLP" AND NOT (x OR y) NEAR/2 *',
    "AND OR NOT NEAR",
    "-MLP +attention ^x {a b} col:",
    "'; DROP TABLE papers; --",
    "MLP " * 10_000,
    " ".join(f"word{i}" for i in range(10_000)),
    "внимание и трансформеры",
    "注意力机制",
    "½ ² ⅷ",
    "\ud800 MLP",
]


@pytest.mark.parametrize("question", HOSTILE)
def test_nothing_in_a_question_is_syntax(index: MemoryIndex, question: str) -> None:
    retrieve(index, question)


SYNTAX = st.sampled_from(
    ["MLP", "AND", "OR", "NOT", "NEAR(", '"', "*", "the", "multi-layer", "-", ":", "^", "🙂"]
)
QUESTIONS = st.text(alphabet=st.characters(), max_size=60) | st.lists(SYNTAX).map(" ".join)


@settings(deadline=None, max_examples=150)
@given(QUESTIONS)
def test_any_question_gives_papers_or_a_usage_error(index: MemoryIndex, question: str) -> None:
    try:
        found = retrieve(index, question)
    except UsageError:
        return
    assert len(found.papers) <= 20
