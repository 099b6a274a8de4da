"""Numbers: what is one, what is a name, and when two are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.checking.numbers import check_numbers
from litreview.checking.quantities import quantities
from litreview.papers import Paper


def read(text: str) -> list[tuple[str, str]]:
    return [(f"{q.value:f}", q.unit) for q in quantities(text)]


@pytest.mark.parametrize(
    "text",
    ["Llama-3.2", "GPT-4", "ImageNet-1K", "ViT-B/16", "on COCO 2017", "a P100 GPU", "the top-1 accuracy",
     "IL-10", "p53 and CD33", "Recall@20", "MEK 1/2", "Smc5/6", "with Mistral 7B", "PI(3,4)P2",
     "a 3D model", "type 2",
     "double-strand breaks", "the second half", "H3K27", "COVID-19", "ResMLP-B24", "CIFAR10", "version 3.1"],
)  # fmt: skip
def test_names_with_digits_are_no_numbers(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("82.1% top-1", [("82.1", "%")]),
        (r"about 40 \%", [("40", "%")]),
        ("5 percent", [("5", "%")]),
        ("7 per cent", [("7", "%")]),
        ("1.8x and 40× less", [("1.8", "x"), ("40", "x")]),
        ("3-fold, twofold and 2.5 times", [("3", "x"), ("2", "x"), ("2.5", "x")]),
        ("85 million", [("85000000", "")]),
        ("1.5M steps", [("1500000", "")]),
        ("340M-parameter", [("340000000", "")]),
        ("20k and 7B", [("20000", ""), ("7000000000", "")]),
        ("1,500 hours", [("1500", "h")]),
        ("p < .05", [("0.05", "")]),
        ("10⁻⁵ and 3.2×10^5", [("0.00001", ""), ("320000", "")]),
        ("twelve layers", [("12", "")]),
        ("twenty-five layers", [("25", "")]),
        ("it halves the cost", [("0.5", "fraction")]),
        ("a third of them", [("0.333", "fraction")]),
        ("two thirds of them", [("0.666", "fraction")]),
        ("a 12-month trial", [("12", "mo")]),
        ("5 mg and 5 g", [("5", "mg"), ("5", "g")]),
        ("images of 224x224", [("224", ""), ("224", "")]),
        ("a BLEU of 28.4 and BLEU 28.4", [("28.4", ""), ("28.4", "")]),
        ("DeiT-B by 0.3%/1.1%", [("0.3", "%"), ("1.1", "%")]),
        ("-5% and −5%", [("5", "%"), ("5", "%")]),
    ],
)
def test_numbers_are_read_with_their_units(text: str, expected: list[tuple[str, str]]) -> None:
    assert read(text) == expected


def outcome(claim: str, abstract: str, *, quote: str | None = None, year: str | None = None) -> str:
    paper = Paper(title="A title", abstract=abstract, published=year)
    found = list(check_numbers(claim, [("P1", paper)], [abstract if quote is None else quote], []))
    return "wrong" if any(finding.sure for finding in found) else "doubt" if found else "right"


@pytest.mark.parametrize(
    ("claim", "abstract"),
    [
        ("About 40% are lost.", r"We lose roughly 40 \% of them."),
        ("It needs 1500 hours.", "It needs 1,500 hours."),
        ("Five layers do.", "We use 5 layers."),
        ("It uses 5 layers.", "We use five layers."),
        ("It has 1.5 million users.", "There are 1,500,000 users."),
        ("It is 40x cheaper.", r"It is $40\times$ cheaper."),
        ("It halves the cost.", "The cost falls by 50%."),
        ("It needs half the data.", "It needs 2x less data."),
        ("It is twofold faster.", "It is 2 times faster."),
        ("It lies between 5 and 10%.", "It lies at 5–10 %."),
        ("It gains 2.4 points.", "A gain of 2.4%."),
        ("The value is 0.5.", "The value is 0.50."),
        ("A third is lost.", "We lose 33% of it."),
        ("The drop of 5% is small.", "It changes by -5%."),
        ("At 70B it works.", "Llama3-70B works."),
        ("In 2021 it was shown.", "It was shown in 2021."),
        ("Two papers agree on it.", "It is so."),
        ("One of them works.", "It works."),
    ],
)
def test_a_number_that_stands_there_in_another_form_is_right(claim: str, abstract: str) -> None:
    assert outcome(claim, abstract) == "right"


@pytest.mark.parametrize(
    ("claim", "abstract"),
    [
        ("It has 500000 pairs.", "It has 5000000 pairs."),
        ("It gains 1.5 points.", "It gains 15 points."),
        ("It gains 15 points.", "It gains 1.5 points."),
        ("It reaches 82.1%.", "It reaches 81.2%."),
        ("It needs 2.4x less.", "It needs 2.4% less."),
        ("It has 85 million parameters.", "It has 85 billion parameters."),
        ("It has 85M parameters.", "It has 85 parameters."),
        ("It takes 5 mg.", "It takes 5 g."),
        ("It takes 12 months.", "It takes 12 weeks."),
        ("Five layers do.", "We use six layers."),
        ("It halves the cost.", "The cost falls by 40%."),
        ("It triples the cost.", "It doubles the cost."),
        ("It was shown in 2020.", "It was shown."),
        ("It is twofold faster.", "It is 3 times faster."),
        ("Some 40% are lost.", "We lose 46% of them."),
    ],
)
def test_a_number_that_does_not_stand_there_is_wrong(claim: str, abstract: str) -> None:
    assert outcome(claim, abstract) == "wrong"


def test_a_year_may_be_the_papers_own() -> None:
    assert outcome("In 2020 it was shown.", "It was shown.", year="2020-03-01") == "right"


def test_a_rounded_number_is_a_doubt_and_only_behind_about() -> None:
    assert outcome("About 40% are lost.", "We lose 39.6% of them.") == "doubt"
    assert outcome("So 40% are lost.", "We lose 39.6% of them.") == "wrong"


def test_a_number_from_elsewhere_in_the_abstract_is_wrong_where_the_quote_has_another() -> None:
    abstract = "We keep 99% of it at 42% less. Elsewhere we keep 95% of it in all runs."
    quote = "We keep 99% of it at 42% less"
    assert outcome("It keeps 95% at 42% less.", abstract, quote=quote) == "wrong"
    assert outcome("It keeps 99% at 42% less.", abstract, quote=quote) == "right"


def test_a_number_outside_of_the_quote_is_a_doubt() -> None:
    abstract = "We use 12 layers here. The model is very good at all of it."
    assert (
        outcome("A model of 12 layers is good.", abstract, quote="The model is very good at all of it")
        == "doubt"
    )


def test_a_missing_number_is_told_where_it_stands() -> None:
    cited = [("P1", Paper(title="T", abstract="Nothing."))]
    others = [("P2", Paper(title="T", abstract="It reaches 83.8%."))]
    (finding,) = check_numbers("It reaches 83.8%.", cited, [], others)
    assert finding.text == "'83.8%' stands nowhere in P1; it stands in P2"


@given(
    st.integers(2, 10**7), st.integers(2, 10**7), st.sampled_from(["{}", "{:,}", "{}%", "{} layers", "{}x"])
)
def test_other_digits_are_never_the_same_number(ours: int, theirs: int, form: str) -> None:
    expected = "right" if ours == theirs else "wrong"
    assert outcome(f"It has {form.format(ours)} there.", f"We have {form.format(theirs)} there.") == expected


@given(st.text(max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    quantities(text)
