from __future__ import annotations

import pytest

from litreview.extractive.leaning import dangles, lead_in
from litreview.extractive.moves import is_boilerplate, weight_of_move
from litreview.extractive.question import Question
from litreview.extractive.selection import Passage, choose_diverse, passages
from litreview.extractive.terms import Vocabulary
from litreview.papers import Paper

NOTHING_DEFINED = Vocabulary.of([])
DEPTH = Question({"depth": 2.0, "error": 1.0})


def best(abstract: str, question: Question = DEPTH) -> str:
    found = passages(Paper(title="A study", abstract=abstract), question, NOTHING_DEFINED)
    return found[0].text if found else ""


@pytest.mark.parametrize(
    "sentence",
    [
        "However, it fails.",
        "This reduces the error by a third.",
        "These results suggest that depth helps.",
        "It also runs faster than before.",
        "In contrast, shallow networks fail on all of them.",
        "To address this, we add a gate.",
        "In this case, accuracy drops to zero.",
        "While it is fast, the network forgets.",
        "(2) The second network is wider.",
        "One of them is the loss of detail.",
        "The former is faster than the rest.",
        "We confirm these through experiments on three sets.",
    ],
)
def test_a_sentence_that_leans_on_others_dangles(sentence: str) -> None:
    assert dangles(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "This paper studies depth.",
        "In this work, we study depth.",
        "It is known that depth helps.",
        "Our results show that depth helps.",
        "Both depth and width matter.",
        "Here, we show that depth helps.",
        "Although depth helps, width does not.",
        "Button layouts matter.",
    ],
)
def test_a_sentence_that_says_what_it_speaks_of_stands_alone(sentence: str) -> None:
    assert not dangles(sentence)


@pytest.mark.parametrize(
    ("sentence", "rest"),
    [
        ("Moreover, we show that depth reduces the error.", "we show that depth reduces the error."),
        ("To address this issue, we make networks much deeper.", "we make networks much deeper."),
        ("These results show that depth reduces the error by half.", "depth reduces the error by half."),
        ("Thus, to meet this need, networks grow deeper now.", "networks grow deeper now."),
    ],
)
def test_an_opening_that_only_connects_is_left_out(sentence: str, rest: str) -> None:
    assert sentence[lead_in(sentence) :] == rest


@pytest.mark.parametrize(
    "sentence",
    [
        "These results suggest that depth reduces the error.",
        "Under this assumption, depth reduces the error.",
        "Without these layers, the error grows by a third.",
        "Otherwise, the error grows by more than a third.",
        "To reduce the error, networks grow deeper each year.",
    ],
)
def test_hedges_and_conditions_are_never_cut_away(sentence: str) -> None:
    assert lead_in(sentence) == 0


@pytest.mark.parametrize(
    "sentence",
    [
        "Code is available at example.org/code.",
        "Our models and data are publicly released.",
        "We release the code under a free licence.",
        "We hope that others follow.",
        "See https://example.org for more.",
    ],
)
def test_boilerplate_is_recognised(sentence: str) -> None:
    assert is_boilerplate(sentence)


@pytest.mark.parametrize(
    "sentence", ["The model encodes data in one pass.", "Public opinion shifts.", "We make networks deeper."]
)
def test_plain_sentences_are_no_boilerplate(sentence: str) -> None:
    assert not is_boilerplate(sentence)


def test_findings_come_before_method_and_motivation() -> None:
    finding = weight_of_move("We find that depth reduces the error by 12.5% compared to width.")
    method = weight_of_move("We propose a deep network.")
    motivation = weight_of_move("Depth has attracted much attention in recent years.")
    question = weight_of_move("Does depth help?")
    assert finding > 0.5
    assert 0 > method > motivation > question


def test_the_sentence_that_reports_is_chosen_over_the_one_that_announces() -> None:
    abstract = (
        "Depth and error are important. We propose to study depth and error in networks. "
        "We find that depth reduces the error by 12%. We hope this helps."
    )
    assert best(abstract) == "We find that depth reduces the error by 12%."


def test_the_question_decides_between_two_findings() -> None:
    abstract = (
        "We find that width saves much time and memory. We find that depth reduces the error of networks."
    )
    assert best(abstract) == "We find that depth reduces the error of networks."
    assert best(abstract, Question({"width": 2.0, "memori": 1.0})).endswith("much time and memory.")


def test_a_finding_that_leans_on_the_sentence_before_is_quoted_with_it() -> None:
    abstract = "Depth is varied from two to ten layers. This reduces the error by 40% compared to width."
    assert best(abstract) == abstract


def test_a_finding_that_leans_on_nothing_quotable_is_left_out() -> None:
    assert best("It is deep. This reduces the error by 40% compared to width.") == ""


def test_a_sentence_with_a_hole_is_not_quoted() -> None:
    assert best("Compared to , depth reduces the error. Depth is varied in all networks.").startswith(
        "Depth is"
    )


def test_neighbours_of_boilerplate_are_not_joined_over_it() -> None:
    abstract = (
        "Depth is varied from two to ten layers. Code is at https://example.org. This cuts the error by 40%."
    )
    assert best(abstract) == "Depth is varied from two to ten layers."


def test_a_finding_that_points_back_gives_way_to_one_that_does_not() -> None:
    abstract = "Depth is varied. We find that this depth reduces error. We find that depth reduces the error."
    assert best(abstract) == "We find that depth reduces the error."


def test_an_abstract_of_boilerplate_has_no_passage() -> None:
    assert best("Code and data are available at https://example.org.") == ""


def test_passages_are_spans_of_the_abstract() -> None:
    abstract = (
        "Depth matters in networks. Moreover, we find that depth reduces the error. It does so by half."
    )
    for passage in passages(Paper(title="A study", abstract=abstract), DEPTH, NOTHING_DEFINED):
        assert abstract[passage.start : passage.end] == passage.text


def test_a_passage_that_repeats_an_earlier_one_gives_way_to_another() -> None:
    def passage(text: str, score: float) -> Passage:
        return Passage(0, len(text), text, 0.5, score, frozenset(text.split()))

    first = [passage("depth reduces the error", 1.0)]
    second = [passage("depth reduces the error", 0.9), passage("width saves memory", 0.7)]
    assert [p.text for p in choose_diverse([first, second])] == [
        "depth reduces the error",
        "width saves memory",
    ]
    assert [p.text for p in choose_diverse([first, second], redundancy=0.1)] == [
        "depth reduces the error"
    ] * 2


def test_a_title_earns_half_of_a_word_that_the_sentence_lacks() -> None:
    paper = Paper(title="Depth", abstract="Networks reduce the error on all sets of images.")
    bare = Paper(title="Networks", abstract=paper.abstract)
    (titled,) = passages(paper, DEPTH, NOTHING_DEFINED)
    (untitled,) = passages(bare, DEPTH, NOTHING_DEFINED)
    assert titled.relevance == pytest.approx(untitled.relevance + 0.5 * 2 / 3)
