from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from litreview.answers import Claim, Group, Review
from litreview.render.terminal import print_group, print_question, print_review
from litreview.text.cleaning import strip_controls

from .reviews import written

STYLE = re.compile(r"\x1b\[[0-9;]*m")
REVIEW = written().review
WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=30)


def printed(review: Review, width: int, *, colour: bool = False) -> str:
    """What stands on a terminal of this width."""
    file = io.StringIO()
    system = "truecolor" if colour else None
    console = Console(file=file, width=width, force_terminal=colour, color_system=system, no_color=not colour)
    print_review(review, console)
    return file.getvalue()


def texts(value: object) -> Iterator[str]:
    """Every text of a dumped review that a reader is to see, quotations and scores aside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        hidden = {"evidence", "after", "engine", "verdict", "retrieved", "doi", "arxiv_id", "url", "authors"}
        for name, part in value.items():
            if name not in hidden:
                yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal_or_a_page_and_nothing_is_lost(width: int, colour: bool) -> None:
    text = printed(REVIEW, width, colour=colour)
    plain = STYLE.sub("", text)
    assert (text != plain) == colour
    lines = plain.splitlines()
    assert max(map(cell_len, lines)) <= min(width, 100)
    assert not any(line.endswith(" ") for line in lines)
    # Where a word is longer than a line it is broken, so compare without spaces.
    joined = "".join(plain.split())
    for said in texts(REVIEW.model_dump(mode="json")):
        assert "".join(said.split()) in joined


@pytest.mark.parametrize("width", [60, 200])
def test_colour_changes_no_letter(width: int) -> None:
    assert STYLE.sub("", printed(REVIEW, width, colour=True)) == printed(REVIEW, width)


@pytest.mark.parametrize("width", [60, 200])
def test_keys_and_addresses_are_never_broken(width: int) -> None:
    lines = printed(REVIEW, width).splitlines()
    for whole in [e.key for e in REVIEW.retrieved] + ["https://arxiv.org/abs/1901.00001", "(weak)"]:
        assert any(whole in line for line in lines)


def test_lines_hang_below_the_first_word_of_what_they_continue() -> None:
    lines = printed(REVIEW, 60).splitlines()
    at = lines.index("  • Urchins ate 41% of young kelp, and where they are few it")
    assert lines[at + 1] == "    comes back in three years. [hull2021kelp, sund2019]"
    at = lines.index("  [hull2021kelp] Ada Hull and Nils Öberg (2021). Kelp")
    assert lines[at + 1].startswith("      <b>forests</b> & their grazers.")


def test_headings_stand_alone_at_the_margin_and_all_else_of_a_part_is_indented() -> None:
    for width in (60, 200):
        lines = printed(REVIEW, width).splitlines()
        for group in REVIEW.groups:
            at = lines.index(group.heading)
            assert lines[at - 1] == ""
            assert lines[at + 1].startswith("  • ")


def test_what_was_shown_before_is_not_shown_again() -> None:
    file = io.StringIO()
    console = Console(file=file, width=60, no_color=True)
    print_question(REVIEW.question, console)
    print_group(REVIEW.groups[0], console)
    print_review(REVIEW, console, shown=REVIEW.groups[:1])
    text = file.getvalue()
    assert text.count("Otters protect kelp.") == 1
    assert text.count("Grazing by urchins") == 1
    assert text.index("Water & <temperature>") < text.index(REVIEW.summary)
    assert text.startswith(REVIEW.question)


@given(st.lists(WORDS, min_size=1, max_size=30), st.integers(min_value=10, max_value=70))
def test_any_words_are_wrapped_without_loss(words: list[str], width: int) -> None:
    claim = Claim(text=" ".join(words), citations=("key2020",), verdict="weak")
    file = io.StringIO()
    print_group(Group(heading="H", claims=(claim,)), Console(file=file, width=width, no_color=True))
    assert all(cell_len(line) <= width for line in file.getvalue().splitlines())
    said = strip_controls(claim.text)
    assert "".join(file.getvalue().split()) == "".join(f"H•{said}[key2020](weak)".split())
