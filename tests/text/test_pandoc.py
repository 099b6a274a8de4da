from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from litreview.text.pandoc import cited, escape_markdown, escape_pandoc

HOSTILE = [
    "(i) the first",
    "A. Author says",
    "iv) fourth",
    "(@) example",
    ": definition",
    "::: {.div}",
    "% title",
    "@lee2020 says [@kim] and -@x",
    "10^5^ and H~2~O",
    "$x_1$ and \\alpha",
    "<b>bold</b> &amp; <!-- gone -->",
    "![image](http://x.y/z.png)",
    "[^1]: note",
    "| a | b |",
    "# heading",
    "1. one",
    "- item",
    "*a* _b_ `c` ~~d~~ ==e==",
    "mail me@example.org or www.example.org or https://example.org",
    "{#id .class}",
    "...",
    "=====",
]
_TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=60)


@pytest.mark.parametrize("text", HOSTILE)
def test_commonmark_shows_exactly_the_text(text: str) -> None:
    for escape in (escape_markdown, escape_pandoc):
        assert _shown(escape(text)) == text


@given(_TEXT.map(lambda text: " ".join(text.split())).filter(bool))
@example("A. b")
@example("\\@")
def test_commonmark_shows_any_text(text: str) -> None:
    assert _shown(escape_pandoc(text)) == text


def _shown(markdown: str) -> str:
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    children = tokens[1].children or []
    assert {child.type for child in children} <= {"text", "text_special"}
    return "".join(child.content for child in children)


@pytest.mark.skipif(shutil.which("pandoc") is None, reason="pandoc is not installed")
def test_pandoc_shows_exactly_the_text_and_takes_nothing_for_a_citation() -> None:
    document = "\n\n".join(escape_pandoc(text) for text in HOSTILE)
    ran = subprocess.run(
        ["pandoc", "-f", "markdown-smart", "-t", "json"],
        input=document,
        capture_output=True,
        text=True,
        check=True,
    )
    blocks = json.loads(ran.stdout)["blocks"]
    assert [block["t"] for block in blocks] == ["Para"] * len(HOSTILE)
    shown = ["".join(" " if i["t"] == "Space" else i["c"] for i in block["c"]) for block in blocks]
    assert shown == HOSTILE


@pytest.mark.parametrize(
    ("text", "keys", "written"),
    [
        ("Depth helps.", ["lee2020"], "Depth helps [@lee2020]."),
        ("Depth helps", ["a1", "b2"], "Depth helps [@a1; @b2]."),
        ("Does it?", ["a1"], "Does it [@a1]?"),
        ("It helps (much).", ["a1"], "It helps (much) [@a1]."),
        ("It helps.", ["smith:2020-x"], "It helps [@smith:2020-x]."),
        ("It helps.", ["a--b"], "It helps [@{a--b}]."),
        ("It helps.", [], "It helps."),
    ],
)
def test_citations_stand_before_the_full_stop(text: str, keys: list[str], written: str) -> None:
    assert cited(text, keys) == written
