from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.text.words import (
    ASKING_WORDS,
    STOP_WORDS,
    aliases,
    compounds,
    content_stems,
    fold,
    parts,
    stem,
    stems,
    tokens,
)

LIKE_FTS5 = (
    "perceptrons", "MLPs", "generalization", "biology", "ontologies", "assembly", "responsibly", "doubly",
    "ties", "as", "is", "Pré-trained", "naïve", "черный", "attention's", "H2O", "snake_case", "über", "ﬁne",
)  # fmt: skip


@pytest.fixture(scope="module")
def fts5() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIRTUAL TABLE t USING fts5(x, tokenize='porter unicode61 remove_diacritics 2')"
    )
    connection.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, 'row')")
    return connection


@pytest.mark.parametrize("word", LIKE_FTS5)
def test_stems_are_those_of_the_lexical_index(fts5: sqlite3.Connection, word: str) -> None:
    fts5.execute("DELETE FROM t")
    fts5.execute("INSERT INTO t VALUES (?)", (word,))
    assert {term for (term,) in fts5.execute("SELECT term FROM v")} == set(stems(word))


@given(st.from_regex(r"[a-z]{1,14}", fullmatch=True))
def test_stems_of_any_small_word_are_those_of_the_lexical_index(fts5: sqlite3.Connection, word: str) -> None:
    fts5.execute("DELETE FROM t")
    fts5.execute("INSERT INTO t VALUES (?)", (word,))
    (indexed,) = fts5.execute("SELECT term FROM v").fetchone()
    # Words that end in -logi, which English does not have but plurals of -logy give, are the known exception.
    assert indexed == stem(word) or "log" in word


@given(st.text())
def test_tokens_are_folded_letters_and_digits_only(text: str) -> None:
    for token in tokens(text):
        assert token
        assert "_" not in token
        assert not token.isspace()
        assert tokens(token) == [token]


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_ascii_gives_the_tokens_it_gives_among_other_letters(text: str) -> None:
    assert [*tokens(text), "й"] == tokens(f"{text} й")


@given(st.text(st.characters(categories=["L", "N"]), min_size=1))
def test_a_stem_begins_as_its_word_does(text: str) -> None:
    for token in tokens(text):
        assert stem(token)[0] == token[0]


def test_folding_keeps_letters_that_only_look_accented() -> None:
    assert fold("Čapek İ Ångström") == "capek i angstrom"
    assert fold("чёрный") == "чёрный"


def test_light_words_are_left_out_of_content() -> None:
    assert content_stems("How do the MLPs compete with attention?") == ["mlp", "compet", "attent"]


def test_word_lists_do_not_overlap_on_what_a_question_is_about() -> None:
    assert not {"mlp", "attention", "treatment", "network", "model", "learning"} & (STOP_WORDS | ASKING_WORDS)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("RaftMLP", ("raft", "mlp")),
        ("TransTEE", ("trans", "tee")),
        ("MobileNetV2", ("mobile", "net")),
        ("MetaFormer", ("meta", "former")),
        ("GPT4", ("gpt",)),
        ("MLPs", ()),
        ("ReLU", ()),
        ("mRNA", ()),
        ("LLaVA", ()),
        ("3D", ()),
        ("2023", ()),
        ("Transformer", ()),
        ("BERT", ()),
    ],
)
def test_names_written_in_one_are_parted(name: str, expected: tuple[str, ...]) -> None:
    assert parts(name) == expected


def test_aliases_hold_the_other_spelling_once() -> None:
    text = "StripMLP and multi-layer nets; a multi‑layer net beats state-of-the-art nets."
    assert aliases("StripMLP", text) == "strip mlp multilayer"


def test_a_plain_paper_has_no_aliases() -> None:
    assert aliases("Pointer networks", "A network that points (MLPs do not).") == ""


def test_compounds_keep_the_elements_of_a_hyphenated_word() -> None:
    assert list(compounds("a multi-layer net")) == [("a",), ("multi", "layer"), ("net",)]


@given(st.text(), st.text())
def test_aliases_are_tokens_the_index_reads_as_they_stand(title: str, abstract: str) -> None:
    assert all(tokens(alias) for alias in aliases(title, abstract).split())
