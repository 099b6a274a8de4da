from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.text.acronyms import find_definitions, long_key, short_key


def pairs(text: str) -> list[tuple[str, str]]:
    return [(d.short, d.long) for d in find_definitions(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We use a multi-layer perceptron (MLP) here.", [("MLP", "multi-layer perceptron")]),
        ("Multilayer perceptrons (MLPs) mix tokens.", [("MLPs", "Multilayer perceptrons")]),
        ("the KAN (Kolmogorov-Arnold network) fits", [("KAN", "Kolmogorov-Arnold network")]),
        ("natural language processing (NLP, for short)", [("NLP", "natural language processing")]),
        ("as interleukin-6 (IL-6) rises", [("IL-6", "interleukin-6")]),
        ("Vision Transformers (ViT) and mixture-of-experts (MoE)",
         [("ViT", "Vision Transformers"), ("MoE", "mixture-of-experts")]),
    ],
)  # fmt: skip
def test_definitions_are_found_in_either_direction(text: str, expected: list[tuple[str, str]]) -> None:
    assert pairs(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "accuracy rises (Table 3) again",
        "three datasets (see below)",
        "a large gain (p < 0.05)",
        "we found this (2019) and that (a)",
        "our model (MLP)",
        "Nothing fits. (MLP)",
        "an unclosed (MLP",
        "",
    ],
)
def test_brackets_that_define_nothing_are_left_alone(text: str) -> None:
    assert pairs(text) == []


def test_a_definition_does_not_reach_over_the_end_of_a_sentence() -> None:
    assert pairs("Models learn. Patterns (MLP) are rare.") == []


def test_a_pair_is_given_once_however_it_is_spelled() -> None:
    text = "A multi-layer perceptron (MLP). Later multi-layer perceptrons (MLPs)."
    assert len(find_definitions(text)) == 1


def test_spellings_of_one_thing_share_their_keys() -> None:
    assert short_key("MLPs") == short_key("MLP") == "mlp"
    assert long_key("Multi-Layer Perceptrons") == long_key("multilayer perceptron")
    assert short_key("GNN") != short_key("GNNS2")


@given(st.text(alphabet="aAbBcC ().,-\n3é", max_size=80))
def test_any_text_gives_definitions_that_stand_in_it(text: str) -> None:
    for definition in find_definitions(text):
        assert definition.short in text
        assert len(definition.long) > len(definition.short)
        assert definition.short_key
        assert definition.long_key


@given(st.text())
def test_nothing_raises(text: str) -> None:
    find_definitions(text)
