from __future__ import annotations

import numpy as np
import pytest

from litreview.extractive.casing import Casing
from litreview.extractive.grouping import MOST_GROUPS, best_cut, features
from litreview.extractive.headings import Headings
from litreview.extractive.phrases import noun_phrases
from litreview.extractive.question import read_question
from litreview.extractive.summary import opening_line
from litreview.extractive.terms import Vocabulary
from litreview.papers import Paper
from tests.memory_index import MemoryIndex

MLP = Vocabulary.of(["A multi-layer perceptron (MLP) is plain."])


def phrases(text: str) -> set[str]:
    return {" ".join(words) for words in noun_phrases(text)}


def test_noun_phrases_end_at_verbs_light_words_and_punctuation() -> None:
    assert phrases("Token mixing improves the vision backbone, and attention heads remain.") >= {
        "Token mixing",
        "vision backbone",
        "attention heads",
    }


def test_a_phrase_is_never_cut_before_its_head() -> None:
    found = phrases("transformer-based language models of speech")
    assert "transformer-based language models" in found
    assert "transformer-based language" not in found


@pytest.mark.parametrize(
    "text", ["novel method", "significant", "hierarchical", "extracting features", "three"]
)
def test_praise_adjectives_and_actions_name_nothing(text: str) -> None:
    assert phrases(f"the {text}.") == phrases(f"the {text}.") - {text}


def test_a_preposition_may_join_two_phrases() -> None:
    assert "pruning of attention heads" in phrases("the pruning of attention heads")


@pytest.mark.parametrize("text", ["MLPs", "multilayer perceptron", "Multi-Layer Perceptrons", "DeepMLP"])
def test_an_acronym_and_its_expansion_share_terms(text: str) -> None:
    assert {"mlp"} <= set(MLP.terms(text))


def test_an_acronym_gives_the_words_it_stands_for() -> None:
    assert {"perceptron", "layer"} <= set(MLP.terms("We use an MLP."))


def test_an_expansion_is_one_step_of_the_flow() -> None:
    assert MLP.flow(["deep", "multi", "layer", "perceptrons", "win"]) == ["deep", "mlp", "win"]


def test_the_subject_of_a_question_outweighs_its_words_of_asking() -> None:
    papers = [
        Paper(key=f"k{i}", title=t) for i, t in enumerate(["MLPs", "MLPs and heads", "Trees", "Rivers"])
    ]
    question = read_question("how do MLPs compete with heads?", index=MemoryIndex(papers), vocabulary=MLP)
    assert set(question.weights) == {"mlp", "head"}
    assert question.weights["head"] > question.weights["mlp"] > 0
    assert question.coverage({"head", "mlp", "tree"}) == pytest.approx(1.0)


def test_casing_follows_the_abstracts_and_not_the_titles() -> None:
    casing = Casing(
        ["We use token mixing in an MLP after Gaussian noise, and Gaussian noise in Gated Units (GU)."]
    )
    assert casing.heading([("Token", "Mixing")]) == "Token mixing"
    assert casing.heading([("gaussian", "mlp")]) == "Gaussian MLP"
    assert casing.heading([("mBERT", "Heads")]) == "mBERT heads"
    assert casing.heading([("Gated", "Units")]) == "Gated units"
    assert casing.heading([]) == ""


def headings(papers: list[Paper], question: frozenset[str] = frozenset()) -> Headings:
    return Headings(papers, vocabulary=MLP, question=question, index=MemoryIndex(papers))


PAPERS = [
    Paper(key="a", title="Token Mixing", abstract="We study token mixing in sparse networks."),
    Paper(key="b", title="Fast Images", abstract="Our token mixing is fast on images of rivers."),
    Paper(key="c", title="Layer Pruning", abstract="We study layer pruning in sparse networks."),
    Paper(key="d", title="Less Is Less", abstract="The layer pruning of trees is old."),
]


def test_a_heading_names_what_a_group_shares_and_others_lack() -> None:
    assert headings(PAPERS).name([[0, 1], [2, 3]]) == ["Token mixing", "Layer pruning"]


def test_a_heading_says_more_than_the_question_where_it_can() -> None:
    papers = [
        p.model_copy(update={"abstract": f"{p.abstract} It needs wavelet filters."}) for p in PAPERS[:2]
    ]
    names = headings([*papers, *PAPERS[2:]], frozenset({"token", "mix"})).name([[0, 1], [2, 3]])
    assert names[0] == "Wavelet filters"


def test_two_papers_that_share_no_phrase_are_named_after_both() -> None:
    papers = [
        Paper(key="a", title="Wavelet Filters", abstract="They are old."),
        Paper(key="b", title="River Deltas", abstract="Some grow."),
        *PAPERS[2:],
    ]
    assert headings(papers).name([[0, 1], [2, 3]])[0] == "Wavelet filters and river deltas"


def test_no_two_groups_have_the_same_heading() -> None:
    twins = [Paper(key=str(i), title="Token Mixing", abstract="Token mixing.") for i in range(6)]
    names = headings(twins).name([[0, 1], [2, 3], [4, 5]])
    assert len({name.casefold() for name in names}) == 3


def test_the_tree_is_cut_into_the_groups_worth_most() -> None:
    rows = np.repeat(np.eye(3), 3, axis=0) + 0.01 * np.arange(27).reshape(9, 3) / 27
    assert sorted(best_cut(rows, value=lambda g: float(len(g) == 3), at_least=2)) == [
        [0, 1, 2],
        [3, 4, 5],
        [6, 7, 8],
    ]


def test_a_paper_alone_joins_the_nearest_group() -> None:
    rows = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0.6, 0.8]])
    groups = best_cut(rows, value=lambda g: float(len(g) == 2), at_least=2)
    assert sorted(groups) == [[0, 1], [2, 3, 4]]


def test_there_are_never_more_than_six_groups() -> None:
    rows = np.repeat(np.eye(9), 2, axis=0)
    groups = best_cut(rows, value=lambda g: float(len(g) == 2), at_least=2)
    assert len(groups) == MOST_GROUPS
    assert sorted(i for g in groups for i in g) == list(range(18))


def test_features_leave_out_what_all_papers_share() -> None:
    texts = [["shared", "river", "river"], ["shared", "river"], ["shared", "tree"], ["shared", "tree"]]
    rows = features(texts, np.zeros((4, 1)), np.zeros((4, 1)))
    assert rows[0] @ rows[1] == pytest.approx(1.0)
    assert rows[0] @ rows[2] == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("years", "groups", "line"),
    [
        (
            ["2021", "2023-05"],
            [("MLP pruning", 1), ("Vision", 1)],
            "Two papers (2021 to 2023) bear on this question, in two groups: MLP pruning (1) and vision (1).",
        ),
        ([None], [("Vision", 1)], "One paper bears on this question: vision."),
        (
            ["2024"] * 13,
            [("Trees", 5), ("Rivers", 8)],
            "13 papers (2024) bear on this question, in two groups: trees (5) and rivers (8).",
        ),
    ],
)
def test_the_opening_line(years: list[str | None], groups: list[tuple[str, int]], line: str) -> None:
    assert opening_line([Paper(title="T", published=y) for y in years], groups) == line
