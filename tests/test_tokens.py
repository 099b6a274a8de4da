from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.tokens import TokenCounter, bound, counter_for


@given(st.text(), st.text())
def test_the_bound_of_two_texts_is_at_most_the_sum_of_theirs_and_never_less_than_either(
    a: str, b: str
) -> None:
    assert max(bound(a), bound(b)) <= bound(a + b) <= bound(a) + bound(b)


@given(st.text(alphabet=st.characters(min_codepoint=128)))
def test_what_is_not_ascii_counts_by_its_bytes(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    assert bound(text) == len(text.encode())


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("   \n\t", 0), ("attention", 2), ("12345", 2), ("82.1%", 4), ("a-b_c", 5), ("Über", 3)],
)
def test_the_bound_counts_pieces_of_words_digits_and_signs(text: str, tokens: int) -> None:
    assert bound(text) == tokens


def test_without_a_cached_vocabulary_the_bound_serves_and_nothing_is_fetched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    # Sockets are closed in tests: a download would raise.
    counter = counter_for("gpt-4o-mini", cache=tmp_path / "ours")
    assert not counter.exact
    assert counter.count("attention") == bound("attention")
    assert list(tmp_path.iterdir()) == []


def test_a_model_without_a_known_vocabulary_gets_the_bound() -> None:
    assert not counter_for("llama3").exact


def _letters() -> TokenCounter:
    import tiktoken

    ranks = {bytes([value]): value for value in range(256)}
    return TokenCounter(
        tiktoken.Encoding("letters", pat_str=r"[\s\S]", mergeable_ranks=ranks, special_tokens={})
    )


def test_a_vocabulary_counts_exactly_and_takes_special_tokens_for_words() -> None:
    counter = _letters()
    assert counter.exact
    assert counter.count("<|endoftext|>") == 13


def test_a_very_long_run_is_bounded_instead_of_overflowing_the_tokeniser() -> None:
    assert _letters().count(" " * 2_000) == bound(" " * 2_000) == 0
