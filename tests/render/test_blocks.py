from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.render.blocks import Block, Dialect, framed, parse_blocks, replaced

_DIALECTS: tuple[Dialect, ...] = ("markdown", "latex")
_PARAGRAPH = Block("paragraph", "Depth & cost -- 100 %", "## Depth\n\nDeep nets help.\n")


def _file(dialect: Dialect, *blocks: Block) -> str:
    return "Mine above.\n\n" + "\nMine between.\n\n".join(framed(block, dialect) for block in blocks)


@pytest.mark.parametrize("dialect", _DIALECTS)
def test_blocks_are_found_again_with_their_names_and_what_stands_between(dialect: Dialect) -> None:
    other = Block("table", "", "| a |\n")
    parts = parse_blocks(_file(dialect, _PARAGRAPH, other), dialect)
    assert parts == ["Mine above.\n\n", _PARAGRAPH, "\nMine between.\n\n", other]


@pytest.mark.parametrize("dialect", _DIALECTS)
def test_an_edited_block_is_known_and_stays_byte_for_byte(dialect: Dialect) -> None:
    text = _file(dialect, _PARAGRAPH).replace("Deep nets help.", "Deep nets help\tme.  ")
    (before, block) = parse_blocks(text, dialect)
    assert isinstance(block, Block)
    assert block.edited
    assert block.name == _PARAGRAPH.name
    new = Block("paragraph", _PARAGRAPH.name, "## Depth\n\nOther words.\n")
    assert replaced([before, block], [new], dialect) == text


def test_spaces_at_line_ends_and_windows_line_ends_are_no_edit() -> None:
    text = _file("markdown", _PARAGRAPH).replace("help.\n", "help.  \r\n")
    (_, block) = parse_blocks(text, "markdown")
    assert isinstance(block, Block)
    assert not block.edited


def test_an_untouched_block_gives_way_to_the_new_one_of_its_name() -> None:
    parts = parse_blocks(_file("markdown", _PARAGRAPH), "markdown")
    new = Block("paragraph", _PARAGRAPH.name, "## Depth\n\nNew words.\n")
    made = Block("made", "", "<!-- made anew -->\n")
    text = replaced(parts, [new, made], "markdown")
    assert text == f"Mine above.\n\n{framed(new, 'markdown')}\n{framed(made, 'markdown')}"


def test_a_block_for_which_nothing_new_was_written_stays_and_a_new_theme_finds_no_place() -> None:
    text = _file("markdown", _PARAGRAPH)
    other = Block("paragraph", "Another theme", "## Another\n")
    assert replaced(parse_blocks(text, "markdown"), [other], "markdown") == text


@pytest.mark.parametrize(
    "text",
    [
        "<!-- litreview:begin paragraph 0123456789abcdef Name -->\nno end\n",
        "<!-- litreview:end -->\n",
        "<!-- litreview:begin novel 0123456789abcdef Name -->\nx\n<!-- litreview:end -->\n",
    ],
)
def test_comments_that_do_not_pair_are_text(text: str) -> None:
    assert parse_blocks(text, "markdown") == [text]


@given(
    st.lists(
        st.one_of(
            st.text(max_size=20),
            st.sampled_from(
                ["<!-- litreview:end -->\n", "<!-- litreview:begin paragraph 0123456789abcdef X -->\n", "\n"]
            ),
        )
    ).map("".join)
)
def test_any_text_comes_back_when_nothing_is_new(text: str) -> None:
    assert replaced(parse_blocks(text, "markdown"), [], "markdown") == text


@given(
    st.text(min_size=1, max_size=40).filter(lambda name: name.strip() == name),
    st.lists(st.text(max_size=40), max_size=5),
)
def test_any_name_and_body_come_back(name: str, lines: list[str]) -> None:
    body = "".join(f"{' '.join(line.split())}\n" for line in lines).replace("litreview:", "")
    block = Block("paragraph", name, body)
    for dialect in _DIALECTS:
        assert parse_blocks(framed(block, dialect), dialect) == [block]
