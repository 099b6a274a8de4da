"""What of a Markdown document is prose, where it stands, and what it cites."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.checking.citations import find_marks
from litreview.checking.markdown import read_blocks
from litreview.checking.passages import Passage, read_passages

MARKDOWN = st.text(alphabet=st.sampled_from("ab1 .@[]()^:{}\\`*_-#>|!<&;$~\n\t\r“”\"'é\u200b\0")) | st.text()


def cited(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(passage.text, passage.keys) for passage in read_passages(text) if passage.keys]


def only(text: str) -> Passage:
    (passage,) = read_passages(text)
    return passage


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Nets win [@a].", ("a",)),
        ("Nets win [@a; @b, p. 3].", ("a", "b")),
        ("Nets win [see @a, pp. 3-4 and passim].", ("a",)),
        ("Nets win [-@a].", ("a",)),
        ("Nets win, says -@a here.", ("a",)),
        ("@a says nets win.", ("a",)),
        ("@a [p. 3] says nets win.", ("a",)),
        ("Nets (as @a says) win.", ("a",)),
        ("Nets win [@{weird:key, one}].", ("weird:key, one",)),
        ("@{weird:key}.", ("weird:key",)),
        ("Nets win [@doe:2020-a_b/c].", ("doe:2020-a_b/c",)),
        ("Nets win [@1234].", ("1234",)),
        ("We ask @lee2020. And then.", ("lee2020",)),
        ("Nets win \\cite{a,b}.", ("a", "b")),
        ("Nets win \\citep[p. 3]{a}.", ("a",)),
        ("Nets win \\citep[see][p. 3]{a_b}.", ("a_b",)),
        ("\\citet*{a} says nets win \\parencite{b}.", ("a", "b")),
        ("Nets win [@a; @a].", ("a",)),
        ("Nets win.[^1]\n\n[^1]: See @a.", ("a",)),
        ("Nets win^[as in @a].", ("a",)),
        ("*Nets* **win [@a]**.", ("a",)),
        ("Nets [win](http://x.org/@no) [@a].", ("a",)),
    ],
)
def test_citations_are_found_in_every_form(text: str, keys: tuple[str, ...]) -> None:
    assert [passage.keys for passage in read_passages(text) if passage.keys] == [keys]


@pytest.mark.parametrize(
    "text",
    [
        "Mail me@example.org or [me@example.org].",
        "Mail <me@example.org>.",
        "An escaped \\@a is none.",
        "Code `[@a]` and ``x @a`` are left alone.",
        "See https://example.org/@a for more.",
        'A [link](https://example.org/@a "by @a") and ![@a](b.png).',
        "Recall @10 and hits @5.",
        "See @fig:one and [@tbl-two] and \\ref{a}.",
        "\\nocite{*} and \\cite{}.",
        "Text <span title='@a'>here</span>.",
        "<!-- [@a] -->",
        "```\n[@a]\n```",
        "    [@a]",
        "---\ntitle: '[@a]'\n---\n",
        "+++\nx = '@a'\n+++\n\nText.",
        "A note[^1] that is not there, or [^1]: is not one.",
        "::: {.box @a}",
    ],
)
def test_what_only_looks_like_a_citation_is_none(text: str) -> None:
    assert cited(text) == []


def test_marks_know_how_they_stand_in_the_sentence() -> None:
    marks = list(find_marks("@a wins [@b], x[^1], \\citet{c}"))
    assert [(mark.kind, mark.keys) for mark in marks] == [
        ("spoken", ("a",)),
        ("aside", ("b",)),
        ("note", ("1",)),
        ("spoken", ("c",)),
    ]


def test_prose_is_without_citations_code_and_markup() -> None:
    passage = only(
        "@lee2020 [p. 3] *show* `x=1` that **deep** nets\nreach 5\\% [see @b, p. 99] &amp; win [@c]."
    )
    assert passage.prose == "show that deep nets reach 5% & win."
    assert passage.text == "@lee2020 [p. 3] show `x=1` that deep nets reach 5% [see @b, p. 99] & win [@c]."


def test_each_citation_belongs_to_its_sentence() -> None:
    text = "Nets win [@a]. They lose. [@b] It is hard.[@c] @d says otherwise. So be it\n[@e]."
    assert cited(text) == [
        ("Nets win [@a].", ("a",)),
        ("They lose. [@b]", ("b",)),
        ("It is hard.[@c]", ("c",)),
        ("@d says otherwise.", ("d",)),
        ("So be it [@e].", ("e",)),
    ]


def test_blocks_of_every_kind_are_read_with_line_and_column() -> None:
    text = (
        "# Head [@h]\n\nOne [@a]. Two\n[@b].\n\n- item [@c]\n  - inner [@d]\n\n> quoted\n> > nested [@e]\n\n"
        "| x | y |\n|---|---|\n| Deep | no |\n| Wide [@f] | 5% |\n\n1. first [@g]\n\n"
        "[^n]: A note of its own says this [@i].\n"
    )
    found = [(p.kind, p.keys[0], tuple(p.place)) for p in read_passages(text) if p.keys]
    assert found == [
        ("heading", "h", (1, 3)),
        ("prose", "a", (3, 1)),
        ("prose", "b", (3, 11)),
        ("prose", "c", (6, 3)),
        ("prose", "d", (7, 5)),
        ("prose", "e", (10, 5)),
        ("row", "f", (15, 3)),
        ("prose", "g", (17, 4)),
        ("note", "i", (19, 7)),
    ]


def test_a_row_is_one_passage_with_all_its_cells() -> None:
    (row,) = [
        passage
        for passage in read_passages("|a|b|\n|-|-|\n|Wide [@f]|5%|\n|Deep|6%|\n")
        if passage.kind == "row"
    ]
    assert (row.text, row.prose, row.keys) == ("Wide [@f] | 5%", "Wide | 5%", ("f",))


def test_a_footnote_that_only_cites_is_part_of_the_sentence_that_leads_to_it() -> None:
    notes = "[^1]: See [@a].\n[^2]: Lee says that they lose always [@b].\n\n    And more of it [@c].\n"
    text = f"Nets win.[^1] They lose.[^2]\n\n{notes}"
    assert [keys for _, keys in cited(text)] == [("a",), ("b", "c"), ("b",), ("c",)]


def test_lines_are_counted_whatever_ends_them() -> None:
    for end in ("\n", "\r\n", "\r"):
        passages = read_passages(f"\ufeff---{end}a: 1{end}---{end}{end}Nets{end}win [@a].{end}")
        assert [tuple(passage.place) for passage in passages] == [(5, 1)]


@pytest.mark.parametrize(
    ("text", "quotations"),
    [
        ("Lee says “nets win on all the tasks” [@a].", ("nets win on all the tasks",)),
        ('Lee says "nets win on all the tasks" [@a].', ("nets win on all the tasks",)),
        ("So-called “deep nets” win [@a].", ()),
        ("“They win on many hard tasks. They lose on some easy ones” [@a].", None),
        ("“they win on many hard tasks […] they lose on some easy ones” [@a].", None),
        ('A 5" screen and a 7" screen win by much [@a].', ()),
    ],
)
def test_quotations_of_five_words_are_taken_out_whole(text: str, quotations: tuple[str, ...] | None) -> None:
    passage = only(text)
    if quotations is None:
        assert len(passage.quotations) == (2 if "[…]" in text else 1)
    else:
        assert passage.quotations == quotations


@given(MARKDOWN)
def test_any_text_is_a_document_and_every_place_points_at_its_passage(text: str) -> None:
    lines = (
        text.removeprefix("\ufeff")
        .replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("\0", "\ufffd")
        .split("\n")
    )
    for block in read_blocks(text):
        if "|" in block.content:
            continue  # A cell's "\|" is one character less in its content.
        for offset, character in enumerate(block.content):
            if character not in "\n\t ":
                line, column = block.place(offset)
                assert lines[line - 1][column - 1] == character
    for passage in read_passages(text):
        line, column = passage.place
        assert 1 <= line <= len(lines)
        assert 1 <= column <= len(lines[line - 1]) + 1
        assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs") for character in passage.text)


@given(MARKDOWN)
def test_code_blocks_are_never_read(text: str) -> None:
    inside = "\n".join(f"    {line} SECRET [@secret]" for line in text.replace("\r", "\n").split("\n"))
    shown = "".join(passage.text for passage in read_passages(f"Text.\n\n{inside}\n\nMore [@a]."))
    assert "SECRET" not in shown
    fenced = text.replace("\r", "\n").replace("~", "")
    found = read_passages(f"Text.\n\n~~~~\n{fenced} SECRET [@secret]\n~~~~\n\nMore [@a].")
    assert [(passage.text, passage.place.line) for passage in found] == [
        ("Text.", 1),
        ("More [@a].", 7 + fenced.count("\n")),
    ]


@pytest.mark.parametrize(
    "piece",
    [
        "[@",
        "@a ",
        "[",
        "\\cite[",
        "[x@y ",
        "*a ",
        "_",
        "“",
        '"a ',
        "[^1]: ",
        "> ",
        "`",
        "![",
        "Nets win [@a]. ",
    ],
)
def test_long_documents_are_read_in_linear_time(piece: str) -> None:
    started = time.perf_counter()
    read_passages(piece * 10_000)
    assert time.perf_counter() - started < 10
