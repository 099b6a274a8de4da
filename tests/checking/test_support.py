"""How much of a claim its words cover."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.checking import WordWeights, best_sentence
from litreview.checking.support import coverage
from litreview.checking.terms import Acronyms, claim_terms
from litreview.papers import Paper

PAPERS = [
    Paper(
        title="Token mixing",
        abstract="A multi-layer perceptron (MLP) mixes tokens. Induction heads appear late.",
    ),
    Paper(title="Reefs", abstract="Corals bleach in warm water. Fish leave the reef."),
    Paper(title="Tides", abstract="Tides rise near the reef. Buoys measure the water."),
]
WEIGHTS = WordWeights.of(PAPERS)


def covered(claim: str, text: str) -> float:
    return coverage(claim_terms(claim), Acronyms.of([p.text for p in PAPERS]).terms(text), WEIGHTS)


def test_a_claim_covers_itself_and_nothing_of_another_subject() -> None:
    assert covered("Corals bleach in warm water.", "Corals bleach in warm water.") == pytest.approx(1)
    assert covered("Corals bleach in warm water.", "Buoys measure tides.") == 0


def test_rare_words_count_more() -> None:
    assert covered("Corals of the reef", "corals") > covered("Corals of the reef", "reef")


def test_other_forms_and_acronyms_count() -> None:
    assert covered("inductive heads", "induction heads") > 0.7
    assert covered("the MLP", "multi-layer perceptrons") == pytest.approx(1)
    assert covered("multilayer perceptron", "the multi-layer perceptron") > 0.9


def test_a_claim_of_light_words_is_covered_by_nothing() -> None:
    assert covered("It is so.", "It is so.") == 0


@given(st.text(max_size=60), st.text(max_size=60))
def test_coverage_is_a_share(claim: str, text: str) -> None:
    assert 0 <= covered(claim, text) <= 1 + 1e-9


def test_the_best_sentence_is_the_one_that_covers_most() -> None:
    found = best_sentence("Fish leave reefs.", PAPERS[1], WEIGHTS)
    assert found is not None
    (start, end), share = found
    assert (PAPERS[1].abstract or "")[start:end] == "Fish leave the reef."
    assert share > 0.9
    assert best_sentence("Fish leave reefs.", Paper(title="Fish"), WEIGHTS) is None
