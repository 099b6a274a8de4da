from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.text.sentences import Span, split_sentences


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


def test_spans_are_offsets_without_the_white_space_around() -> None:
    assert split_sentences("  One is here.  Two is there.\n") == (Span(2, 14), Span(16, 29))


def test_offsets_count_code_points_beyond_the_basic_plane() -> None:
    assert sentences("We study 𝛼-nets 😀. They learn é fast.") == [
        "We study 𝛼-nets 😀.",
        "They learn é fast.",
    ]


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_a_text_of_white_space_has_no_sentence(text: str) -> None:
    assert split_sentences(text) == ()


@pytest.mark.parametrize(
    "sentence",
    [
        "Lee et al. Also found that it holds for Roe et al. (2019) and others.",
        "Mixers, i.e. stacks of layers, win over e.g. Transformers here.",
        "As Fig. 3 and Eq. (2) of Sec. 4 show, it is faster vs. all others, cf. Tab. 1.",
        "It gains 0.5 points and runs 1.5x faster than Llama-3.2 does.",
        "In the U.S. Dr. Smith and J. R. Roe tested it.",
        "We ask (Is it better?) in plain words.",
        "The reply “I love dogs.” contradicts the rest.",
        "It has three parts: (1) a mixer, (2) a gate, and (3) a head.",
        "We find 1) that depth helps and 2) that width does not.",
        "Variant H2A.Z replaces the other one.",
        "The gain is 12.5\\% on set $X_{1.5}$.",
    ],
)
def test_a_stop_within_a_sentence_does_not_break_it(sentence: str) -> None:
    assert sentences(f"{sentence} The rest follows.") == [sentence, "The rest follows."]


@pytest.mark.parametrize(
    "text",
    [
        "The layers' inputs matter. Others' do not. Here is more.",
        "The token ``Rome'' stands out. It is 'complex' to see. We show why.",
        "Is it better? It is! We show why.",
        "It has (some of) them. (2) The rest is new. And so on.",
        "We use multilayer perceptrons (MLP).It is fast. They are small.",
    ],
)
def test_quotes_brackets_and_missing_spaces_hide_no_boundary(text: str) -> None:
    assert len(sentences(text)) == 3


def test_an_opening_bracket_goes_with_the_sentence_it_opens() -> None:
    assert sentences("It is new. (It was old.) It works.") == ["It is new.", "(It was old.)", "It works."]


def test_a_name_in_lower_case_opens_a_sentence() -> None:
    assert sentences("We present a toolkit for everyone. toolbert is fast.")[1] == "toolbert is fast."


@given(
    st.text(
        alphabet=st.sampled_from(list("aB.?! \n()[]\"'“”1é😀-:;,")) | st.characters(codec="utf-8"),
        max_size=200,
    )
)
def test_spans_are_ordered_and_leave_out_nothing_but_white_space(text: str) -> None:
    position = 0
    for start, end in split_sentences(text):
        assert position <= start < end <= len(text)
        assert not text[position:start].strip()
        assert not text[start].isspace()
        assert not text[end - 1].isspace()
        position = end
    assert not text[position:].strip()
