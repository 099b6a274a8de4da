"""Where a quote stands: found whatever copying did to its form, not found when a word was changed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.checking.folding import fold
from litreview.checking.quotes import locate, nearest
from litreview.papers import Paper

ABSTRACT = (
    "We study multi-layer perceptrons (MLPs) — with “token mixing” and the model's state-of-the-art parts. "
    "On ImageNet-1K it reaches 82.1% top-1 accuracy, surpassing DeiT-B/ResMLP-B24 by 0.3%/1.1% with p < 0.05."
    " However, the naïve baseline of Škoda et al. needs 1,500 GPU hours, 2.5× more than ours; pre- and "
    "post-norm differ. Nothing else was changed in 5–10 runs on C++ code."
)
PAPER = Paper(key="raft", title="RaftMLP: How Much Can Be Done Without Attention?", abstract=ABSTRACT)
WORDS = [(match.start(), match.end()) for match in re.finditer(r"\S+", ABSTRACT)]


def quoted(quote: str, paper: Paper = PAPER) -> str | None:
    place = locate(quote, paper)
    if place is None:
        return None
    text = paper.title if place.part == "title" else paper.abstract or ""
    return text[place.start : place.end]


def letters(text: str) -> str:
    return "".join(piece.folded for piece in fold(text).pieces)


SPANS = st.tuples(st.integers(0, len(WORDS) - 7), st.integers(5, 25)).map(
    lambda pair: (WORDS[pair[0]][0], WORDS[min(pair[0] + pair[1], len(WORDS) - 1)][1])
)


def perturbed(text: str, pick: st.DataObject) -> str:
    """The same words in another form, chosen by hypothesis."""
    if pick.draw(st.booleans(), "upper case"):
        text = text.upper() if "×" not in text else text
    if pick.draw(st.booleans(), "ASCII quotes"):
        text = text.translate(str.maketrans("“”’", '""\''))
    if pick.draw(st.booleans(), "curly quotes"):
        text = text.replace("'", "’")
    hyphen = pick.draw(st.sampled_from(["-", "‐", "‑", "–", "-\n", "−"]), "hyphen")
    text = re.sub(r"(?<=[a-zA-Z])-(?=[a-zA-Z])", hyphen, text)
    space = pick.draw(st.sampled_from([" ", "  ", "\n", "\u00a0", "\t", " \u2009"]), "space")
    text = text.replace(" ", space)
    if pick.draw(st.booleans(), "TeX"):
        text = text.replace("%", "\\%")
    return pick.draw(st.sampled_from(["{}", "“{}”", '"{}."', " {}, ", "…{}…"]), "dress").format(text)


@given(SPANS, st.data())
def test_words_of_an_abstract_are_found_in_any_form_at_their_place(
    span: tuple[int, int], pick: st.DataObject
) -> None:
    start, end = span
    place = locate(perturbed(ABSTRACT[start:end], pick), PAPER)
    assert place is not None
    assert place.part == "abstract"
    # Punctuation at either end is no part of a quote.
    assert start <= place.start
    assert place.end <= end
    assert letters(ABSTRACT[place.start : place.end]) == letters(ABSTRACT[start:end])


@given(SPANS, st.data())
def test_one_changed_word_is_never_found(span: tuple[int, int], pick: st.DataObject) -> None:
    quote = ABSTRACT[slice(*span)]
    words = list(re.finditer(r"[^\W_]+(?:[.,]\d+)?", quote))
    word = pick.draw(st.sampled_from(words))
    other = pick.draw(
        st.sampled_from(["other", "not", "7", "x", "81.2", "MLP", "un" + word[0], word[0] + "s"])
    )
    if letters(other) == letters(word[0]):
        return
    assert locate(quote[: word.start()] + other + quote[word.end() :], PAPER) is None


@given(SPANS, st.data())
def test_a_left_out_or_added_word_is_never_found(span: tuple[int, int], pick: st.DataObject) -> None:
    chunks = [chunk for chunk in ABSTRACT[slice(*span)].split() if any(map(str.isalnum, chunk))]
    at = pick.draw(st.integers(1, len(chunks) - 2))
    assert locate(" ".join([*chunks[:at], "also", *chunks[at:]]), PAPER) is None
    assert locate(" ".join([*chunks[:at], *chunks[at + 1 :]]), PAPER) is None


@given(SPANS, st.integers(1, 30), st.sampled_from([" … ", " ... ", " [...] ", "… "]))
def test_pieces_put_together_are_not_found(span: tuple[int, int], cut: int, ellipsis: str) -> None:
    chunks = [chunk for chunk in ABSTRACT[slice(*span)].split() if any(map(str.isalnum, chunk))]
    at = 1 + cut % (len(chunks) - 1)
    stitched = " ".join(chunks[:at]) + ellipsis + " ".join(chunks[at:])
    assert locate(stitched, PAPER) is None


@pytest.mark.parametrize(
    "quote",
    ["", "   ", "…", '""', "82.1%", "token mixing", "the naïve baseline of", ".", "\u200b", "–"],
)
def test_empty_and_short_quotes_show_nothing(quote: str) -> None:
    assert locate(quote, PAPER) is None


@pytest.mark.parametrize(
    ("quote", "paper"),
    [
        ("We win.", Paper(title="T", abstract="It is fast. We win. So there.")),
        ("we win", Paper(title="T", abstract="It is fast. We win.")),
        ("Pointer Networks", Paper(title="Pointer Networks", abstract="A new architecture.")),
        ("Attention", Paper(title="Attention")),
    ],
)
def test_a_whole_sentence_or_title_may_be_short(quote: str, paper: Paper) -> None:
    assert locate(quote, paper) is not None


def test_words_of_the_title_are_found_there() -> None:
    place = locate("how much can be done without attention", PAPER)
    assert place is not None
    assert (place.part, PAPER.title[place.start : place.end]) == (
        "title",
        "How Much Can Be Done Without Attention",
    )


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("gains were notable on every set", "gains were not able on every set"),
        ("it reaches 1.5 points on every set", "it reaches 15 points on every set"),
        ("between 5-10 points on every set", "between 510 points on every set"),
        ("between 5-10 points on every set", "between 5 10points on every set"),
        ("a cost of 10⁵ steps per run", "a cost of 105 steps per run"),
        ("a cost of $10^5$ steps per run", "a cost of 105 steps per run"),
        ("values with p < 0.05 were kept", "values with p > 0.05 were kept"),
        ("a change of -5 points on all sets", "a change of 5 points on all sets"),
        ("the accuracy of it reaches 82.1% here", "the accuracy of it reaches 82.1"),
        ("we write all of it in C++ code", "we write all of it in C"),
        ("they use an unlabelled set of images", "labelled set of images"),
        ("its accuracies are shown for all sets", "its accuracies are shown for all se"),
        ("used 500000 pairs of these sentences", "used 5000000 pairs of these sentences"),
    ],
)
def test_what_changes_the_meaning_is_not_found(text: str, quote: str) -> None:
    paper = Paper(title="T", abstract=f"Here {text}. More.")
    assert locate(text, paper) is not None
    assert locate(quote, paper) is None


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        (
            r"Llama achieved a 48.4\% speedup {\em with} only a 2.4\% drop",
            "48.4% speedup with only a 2.4% drop",
        ),
        ("the 48.4% speedup with a 2.4% drop", r"the 48.4\% speedup with a 2.4\% drop"),
        (r"by Poincar{\'e} and \v{S}koda for $40\times$ less", "by Poincaré and Škoda for 40× less"),
        ("by Poincaré and Škoda for 40x less", r"by Poincar\'e and \v{S}koda for 40× less"),
        ("a large trans-\nformer with ﬁve layers", "a large transformer with five layers"),
        ("the multilayer perceptron is all we need", "the multi-layer perceptron is all we need"),
        ("it is the model’s own ``loss'' that counts", 'it is the model\'s own "loss" that counts'),
        ("scores of 1,500 and 0.05 at α = 2", r"scores of 1500 and 0.05 at \alpha=2"),
        ("left—right and up–down in all cases", "left — right and up-down in all cases"),
        ("we need\u200b a good deal of\u00ad ten\u00adsors", "we need a good deal of tensors"),
        ("we wait … and then some more steps", "we wait ... and then some more steps"),
    ],
)
def test_forms_of_the_same_words_meet(text: str, quote: str) -> None:
    paper = Paper(title="T", abstract=f"Before it. {text}. After.")
    found = quoted(quote, paper)
    assert found is not None
    assert found in text


def test_a_copied_quote_with_other_words_is_near_and_the_words_are_named() -> None:
    near = nearest("surpassing DeiT-B/ResMLP-B24 by 0.3%/1.4% with p < 0.05", PAPER)
    assert near is not None
    assert (near.theirs, near.ours) == ("1.1%", "1.4%")


def test_an_invented_quote_is_near_to_nothing() -> None:
    assert nearest("transformers learn key-value memories in their feed-forward layers", PAPER) is None


@given(st.text(max_size=80))
def test_any_text_is_folded_with_offsets_in_order(text: str) -> None:
    end = 0
    for piece in fold(text).pieces:
        assert end <= piece.start <= piece.end <= len(text)
        end = piece.end


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_quote_breaks_the_search(quote: str, abstract: str) -> None:
    paper = Paper(title="T", abstract=abstract or None)
    place = locate(quote, paper)
    if place is not None and place.part == "abstract":
        assert abstract[place.start : place.end].strip()
    nearest(quote, paper)
