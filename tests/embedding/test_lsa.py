from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litreview.embedding import paper_text
from litreview.embedding.lsa import LsaModel, embed_papers, embed_terms, fit, fit_and_embed, terms_of

TEXTS = [
    paper_text("Token mixing", "A perceptron mixes tokens of an image without attention."),
    paper_text("Self-attention", "Attention relates every token of a sentence to every other token."),
    paper_text("Convolutions", "A convolution filters an image locally; attention filters it globally."),
    paper_text("Forecasting", "A perceptron forecasts a series in the frequency domain."),
    paper_text("Spectra", "The frequency domain of a series shows its seasons."),
]


def embed_few(model: LsaModel, texts: list[str]) -> np.ndarray:
    rows = dict(zip(model.terms, model.rows, strict=True))
    wanted = {term: rows[term] for term in terms_of(texts) if term in rows}
    return embed_terms(texts, wanted, dimensions=model.dimensions)


def test_vectors_of_papers_have_unit_length() -> None:
    vectors = embed_papers(fit(TEXTS), TEXTS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_the_model_does_not_depend_on_the_order_of_the_papers() -> None:
    one, other = fit(TEXTS), fit(TEXTS[::-1])
    assert one.terms == other.terms
    np.testing.assert_array_equal(one.rows, other.rows)


def test_a_few_texts_get_the_vectors_that_many_get() -> None:
    model = fit(TEXTS)
    np.testing.assert_allclose(embed_few(model, TEXTS), embed_papers(model, TEXTS), atol=1e-5)


def test_fitting_gives_the_vectors_in_the_order_of_the_texts() -> None:
    model, vectors = fit_and_embed(TEXTS[::-1])
    np.testing.assert_allclose(vectors, embed_papers(model, TEXTS[::-1]), atol=1e-5)


def test_a_question_is_closest_to_the_paper_it_is_about() -> None:
    model = fit(TEXTS)
    cosines = embed_papers(model, TEXTS) @ embed_few(model, ["frequency of a series"])[0]
    assert set(np.argsort(-cosines)[:2]) == {3, 4}


def test_the_title_counts_twice() -> None:
    model = fit(TEXTS)
    title_first = embed_few(model, [paper_text("attention", "perceptron")])[0]
    attention, perceptron = embed_few(model, ["attention", "perceptron"])
    assert title_first @ attention > embed_few(model, ["attention perceptron"])[0] @ attention
    assert title_first @ perceptron < title_first @ attention


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_small_libraries_have_a_model(size: int) -> None:
    model = fit(TEXTS[:size])
    assert 1 <= model.dimensions <= size
    assert embed_papers(model, TEXTS[:size]).shape == (size, model.dimensions)


def test_a_text_of_unknown_words_is_zeros() -> None:
    model = fit(TEXTS)
    assert not embed_few(model, ["malaria"]).any()
    assert not embed_papers(model, ["malaria", ""]).any()


def test_no_papers_and_no_words_give_an_empty_model() -> None:
    for texts in ([], ["", "\n"], ["the of", "and"]):
        model = fit(texts)
        assert model.terms == ()
        assert embed_papers(model, ["anything"]).tolist() == [[0.0]]


def test_dimensions_and_terms_are_bounded() -> None:
    model = fit(TEXTS * 20, dimensions=3, max_terms=10)
    assert model.dimensions == 3
    assert len(model.terms) == 10


def test_a_bound_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        fit(TEXTS, dimensions=0)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.text(max_size=60), max_size=6))
def test_any_texts_can_be_fitted(texts: list[str]) -> None:
    model = fit(texts)
    assert np.isfinite(embed_papers(model, texts)).all()


def test_the_text_of_a_paper_has_its_title_on_the_first_line() -> None:
    assert paper_text("A\ntitle", None) == "A title"
    assert paper_text("A title", "One.\nTwo.") == "A title\nOne.\nTwo."
