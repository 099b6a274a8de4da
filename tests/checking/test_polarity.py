"""Direction: claims that turn their quotes around, and those that only look like it."""

from __future__ import annotations

import pytest

from litreview.checking.polarity import conflicts


def outcome(claim: str, *quotes: str) -> str:
    found = {conflict.certainty for conflict in conflicts(claim, quotes)}
    return "sure" if "sure" in found else "doubt" if found else "-"


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("Pruning attention layers increases the perplexity of the model.",
         "Pruning attention layers decreases the perplexity of the model."),
        ("Deep networks with gating reach higher accuracy on ImageNet.",
         "Deep networks with gating reach lower accuracy on ImageNet."),
        ("The method does not improve accuracy on small data sets.",
         "The method improves accuracy on small data sets."),
        ("The method improves accuracy on small data sets.",
         "The method does not improve accuracy on small data sets."),
        ("Layers can be pruned without degrading performance on MMLU.",
         "Layers cannot be pruned without degrading performance on MMLU."),
        ("The treatment inhibits growth of tumour cells in mice.",
         "The treatment promotes growth of tumour cells in mice."),
        ("Training with noisy labels is stable for large models.",
         "Training with noisy labels is unstable for large models."),
        ("Our parser outperforms all baselines on long sentences.",
         "Our parser underperforms all baselines on long sentences."),
    ],
)  # fmt: skip
def test_a_copy_that_points_the_other_way_is_a_mismatch(claim: str, quote: str) -> None:
    assert outcome(claim, quote) == "sure"
    assert outcome(quote, quote) == "-"


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("Convolutions outperform attention on small sets.",
         "Attention outperforms convolutions on small sets."),
        ("CHEK2 is not tied to cancer.", "CHEK2 variants raise cancer risk in a large cohort."),
        ("Training with sparse retrieval works on long documents in practice for many models here.",
         "Training with neural retrieval works on long documents in practice for many models here."),
    ],
)  # fmt: skip
def test_what_may_point_the_other_way_is_a_doubt(claim: str, quote: str) -> None:
    assert outcome(claim, quote) == "doubt"


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("Layers can be removed without harm to accuracy.",
         "layers can be pruned without degrading performance"),
        ("It needs fewer parameters and is more accurate.",
         "improve the accuracy while reducing its parameters"),
        ("Attention is outperformed by convolutions on images.",
         "convolutions outperform attention on images"),
        ("It does not only save time but also memory.", "It saves both time and memory in all settings."),
        ("Width pruning hurts knowledge while instruction following improves.",
         "parametric knowledge degrades predictably, instruction-following capabilities improve greatly"),
        ("The error falls when depth rises.", "increasing depth reduces the error of all models"),
        ("Wide nets need more memory and less time.", "They need more memory and less time than deep nets."),
    ],
)  # fmt: skip
def test_other_words_for_the_same_are_left_alone(claim: str, quote: str) -> None:
    assert outcome(claim, quote) == "-"


def test_a_second_quote_that_agrees_settles_it() -> None:
    claim = "Depth increases accuracy on images."
    assert outcome(claim, "Depth lowers accuracy on images of faces.") != "-"
    assert (
        outcome(claim, "Depth lowers accuracy on images of faces.", "Depth increases accuracy on images.")
        == "-"
    )


def test_nothing_to_compare_is_no_conflict() -> None:
    assert outcome("", "Depth helps.") == "-"
    assert outcome("Depth helps.", "…") == "-"
