from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from litreview.answers import Claim, Evidence, Group, Reference, RetrievedEntry, Review
from litreview.render.common import authors_of, short_title
from litreview.render.markdown import render_markdown
from litreview.text.pandoc import escape_markdown as escape

lines = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=60)


def _shown(markdown: str) -> str:
    """The text a reader sees, from CommonMark's own parser; anything but text counts as not shown."""
    (_, inline, _) = MarkdownIt("commonmark", {"html": False}).parse(markdown) or (None, None, None)
    assert inline is not None
    assert {child.type for child in inline.children} <= {"text", "text_special"}
    return "".join(child.content for child in inline.children)


@given(lines.filter(lambda text: text.strip()))
def test_escaped_text_is_shown_as_it_is_and_does_nothing(text: str) -> None:
    assert _shown(escape(text)) == " ".join(text.split())


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "![x](http://example.org/x.png)",
        "[a](javascript:x)",
        "1. not a list",
        "# no heading",
        "--- no rule",
        "&lt; stays",
        "a_b_c and `code`",
        "+ plus",
        "===",
        "> quote",
    ],
)
def test_what_would_be_markup_is_text(text: str) -> None:
    assert _shown(escape(text)) == text


def _review(**changes: object) -> Review:
    quote = "It reaches 81 % [of] <b>what</b> is known."
    return Review(
        question="What is known?",
        engine="extractive",
        summary="One paper of 2021.",
        groups=(
            Group(
                heading="Known *things*",
                claims=(
                    Claim(
                        text=quote,
                        citations=("mix2021",),
                        evidence=(Evidence(key="mix2021", quote=quote, start=0, end=len(quote)),),
                        verdict="supported",
                    ),
                ),
            ),
        ),
        retrieved=(
            RetrievedEntry(key="mix2021", title="MixNet: Mixing", year=2021, score=0.9),
            RetrievedEntry(key="edge2020", title="Edge_case", year=2020, score=0.1),
        ),
        uncited=("edge2020",),
        references=(Reference(key="mix2021", title="MixNet: Mixing", year=2021, author_count=3),),
    ).model_copy(update=changes)


def test_a_review_has_its_parts_in_order() -> None:
    text = render_markdown(_review())
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings == [
        "# What is known?",
        "## Known \\*things\\*",
        "## Also retrieved, on the edge of the question",
        "## References",
    ]
    assert "- **MixNet**: “It reaches 81 % \\[of\\] \\<b\\>what\\</b\\> is known.” [mix2021]" in text
    assert "- [mix2021] 3 authors (2021). *MixNet: Mixing*." in text
    assert text.endswith("ask again.*\n")


def test_an_extracted_answer_says_so() -> None:
    assert "Extracted, not written" in render_markdown(_review())
    assert "Extracted" not in render_markdown(_review(engine="llm"))


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({}, "authors unknown"),
        ({"author_count": 1}, "1 author"),
        ({"author_count": 4, "organisation": "Apple"}, "Apple"),
        ({"authors": ("Lovelace, Ada",)}, "Ada Lovelace"),
        ({"authors": ("A B", "C D")}, "A B and C D"),
        ({"authors": ("A B", "C D", "{OpenAI}")}, "A B, C D and OpenAI"),
        ({"authors": ("A B", "C D", "E F", "G H")}, "A B et al."),
    ],
)
def test_authors_are_named_as_far_as_they_are_known(known: dict[str, object], said: str) -> None:
    assert authors_of(Reference(key="k", title="T", **known)) == said


def test_a_long_title_is_shortened_at_a_word() -> None:
    assert short_title("one two three four five six seven eight nine ten") == (
        "one two three four five six seven eight nine …"
    )
