"""Terms of texts: what is remembered of a run of characters is what the whole text would give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.checking.terms import Acronyms, claim_terms, stem_set
from litreview.text.words import STOP_WORDS, stem, stems, tokens

NO_ACRONYMS = Acronyms.of([])


@given(st.text(max_size=80))
def test_stems_of_runs_are_the_stems_of_the_text(text: str) -> None:
    assert stem_set(text) == frozenset(stems(text))


@given(st.text(max_size=80))
def test_all_words_that_carry_meaning_are_terms(text: str) -> None:
    meant = {stem(token) for token in tokens(text) if token not in STOP_WORDS}
    assert meant <= NO_ACRONYMS.terms(text)
    assert frozenset(claim_terms(text)) == meant


@given(st.text(max_size=40), st.text(max_size=40))
def test_words_never_reach_over_a_space(left: str, right: str) -> None:
    assert NO_ACRONYMS.terms(f"{left} {right}") == NO_ACRONYMS.terms(left) | NO_ACRONYMS.terms(right)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("The corals, bleached.", {"coral", "bleach"}),
        ("RaftMLP", {"raftmlp", "raft", "mlp"}),
        ("multi-layer mixing", {"multi", "layer", "multilay", "mix"}),
        ("As is.", set()),
    ],
)
def test_parts_of_compounds_and_joined_words_are_terms(text: str, terms: set[str]) -> None:
    assert NO_ACRONYMS.terms(text) == terms


def test_both_forms_of_an_acronym_are_terms_of_either() -> None:
    acronyms = Acronyms.of(["A multi-layer perceptron (MLP) mixes tokens."])
    assert {"mlp", "perceptron"} <= acronyms.terms("MLPs win")
    assert "mlp" in acronyms.terms("Multilayer perceptrons win")
