from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from litreview.retrieval import Defined
from litreview.retrieval.query import (
    Concept,
    definition_keys,
    expand,
    match_expression,
    neighbours,
    read_question,
)

MLP = [
    Defined("mlp", "multilayerperceptron", "multi-layer perceptron", 5),
    Defined("mlp", "multilayerperceptron", "multilayer perceptrons", 2),
]


def subject(question: str) -> list[str]:
    return [c.words[0] for c in read_question(question) if not c.asking]


def test_words_of_asking_are_marked_and_light() -> None:
    concepts = {c.words[0]: c for c in read_question("Which papers compare MLPs with attention?")}
    assert [word for word, c in concepts.items() if not c.asking] == ["mlps", "attention"]
    assert concepts["compare"].weight < concepts["mlps"].weight


def test_a_question_of_only_asking_words_is_taken_at_its_word() -> None:
    assert subject("what is best?") == ["best"]


def test_a_question_of_only_light_words_is_taken_at_its_word() -> None:
    assert subject("To be or not to be") == ["to", "be", "or", "not"]


def test_a_question_without_a_letter_has_no_concepts() -> None:
    assert read_question("?! … 🙂 \x00") == ()


def test_a_word_counts_once_however_it_is_inflected() -> None:
    assert subject("network networks Networks") == ["network"]


def test_a_hyphenated_word_is_met_by_its_joined_spelling() -> None:
    multi, layer = read_question("multi-layer")
    assert multi.words == ("multi", "multilayer")
    assert layer.words == ("layer", "multilayer")


def test_a_name_in_one_is_met_by_its_parts() -> None:
    whole, raft, mlp = read_question("RaftMLP")
    assert whole.words == ("raftmlp",)
    assert whole.phrases == (("raft", "mlp"),)
    assert raft.weight == mlp.weight < whole.weight


def test_an_acronym_is_met_by_its_expansion() -> None:
    (mlp,) = expand("MLPs", read_question("MLPs"), MLP, {"mlp": 60})
    assert ("multilayer", "perceptron") in mlp.phrases
    assert ("multi", "layer", "perceptron") in mlp.phrases


def test_each_word_of_an_expansion_is_met_by_the_acronym() -> None:
    question = "multi-layer perceptrons"
    assert definition_keys(question)[1].count("multilayerperceptron") == 1
    for concept in expand(question, read_question(question), MLP, {"mlp": 60}):
        assert "mlp" in concept.words


def test_a_plain_word_is_no_acronym_where_hardly_a_paper_defines_it() -> None:
    defined = [Defined("map", "maximumaposteriori", "maximum a posteriori", 3)]
    plain = expand("a map", read_question("a map"), defined, {"map": 500})
    assert plain[0].phrases == ()
    written = expand("a MAP", read_question("a MAP"), defined, {"map": 500})
    assert written[0].phrases == (("maximum", "a", "posteriori"),)


def test_a_rare_meaning_of_an_acronym_is_passed_over() -> None:
    defined = [*MLP, Defined("mlp", "majorlatexprotein", "major latex protein", 1)]
    (mlp,) = expand("MLP", read_question("MLP"), defined, {"mlp": 60})
    assert ("major", "latex", "protein") not in mlp.phrases


def test_expression_quotes_every_term() -> None:
    concepts = [Concept(("or",), 1), Concept(("near", "mlp"), 2, phrases=(("a", "b"),))]
    assert match_expression(concepts) == '"or" OR "near" OR "mlp" OR "a b"'


def test_neighbours_stand_side_by_side_light_words_aside() -> None:
    concepts = read_question("mixing of tokens in deep vision networks")
    names = [c.words[0] for c in concepts]
    assert [(names[a], names[b]) for a, b in neighbours(concepts)] == [
        ("mixing", "tokens"), ("tokens", "deep"), ("deep", "vision"), ("vision", "networks"),
    ]  # fmt: skip


@given(st.text(max_size=300))
def test_any_text_can_be_read(question: str) -> None:
    concepts = read_question(question)
    definition_keys(question)
    assert all('"' not in word for concept in concepts for word in concept.words)
