from __future__ import annotations

from pathlib import PurePath

import pytest
from markdown_it import MarkdownIt

from litreview.answers import Claim, Evidence
from litreview.drafts import (
    DraftPaths,
    EarlierDraft,
    cited_keys,
    draft_files,
    draft_of,
    is_our_bibliography,
    read_outline,
)
from litreview.errors import UsageError
from litreview.papers import Paper
from litreview.related_work import ASPECTS, Cell, Omission, RelatedWork, Row, Theme

PAPERS = {
    "lee2020": Paper(
        key="lee2020", title="Deep nets", abstract="Depth helps by 50% & costs $3.", authors=("Kim Lee",)
    ),
    "kim2021": Paper(key="kim2021", title="Wide nets", abstract="Width helps a_lot."),
}
MARKDOWN = DraftPaths.of(PurePath("work/related.md"))
LATEX = DraftPaths.of(PurePath("related.tex"))


def _claim(key: str, text: str) -> Claim:
    evidence = Evidence(key=key, quote=text, start=0, end=len(text))
    return Claim(text=text, citations=(key,), evidence=(evidence,), verdict="supported")


def _section(**changes: object) -> RelatedWork:
    first = Theme(
        heading="Depth & width_1",
        opening="What helps is disputed.",
        claims=(_claim("lee2020", "Depth helps by 50% & costs $3."), _claim("kim2021", "Width helps a_lot.")),
    )
    section = RelatedWork(
        question='what "helps"?',
        engine="llm",
        model="scripted",
        themes=(first,),
        retrieved=(),
        omitted=(Omission(key="fish2022", reason="About fish --> <b>"),),
        references=(),
        run="20261121-101010-abcd",
    )
    return section.model_copy(update=changes)


def test_a_draft_is_markdown_with_one_sentence_a_line_and_says_what_it_left_out() -> None:
    text = draft_of(_section(), MARKDOWN).text
    assert text.splitlines()[:7] == [
        "---",
        r'title: "Related work: what \"helps\"?"',
        'bibliography: "related.bib"',
        "link-citations: true",
        "reference-section-title: References",
        "---",
        "",
    ]
    assert "\n## Depth \\& width\\_1\n\nWhat helps is disputed.\n" in text
    assert "\nDepth helps by 50% \\& costs \\$3 [@lee2020].\nWidth helps a\\_lot [@kim2021].\n" in text
    assert "run 20261121-101010-abcd" in text
    assert text.count("-->") == text.count("<!--")
    assert "fish2022: About fish" in text


def test_latex_cites_as_the_package_does_and_escapes_its_signs() -> None:
    text = draft_of(_section(), LATEX).text
    assert r"\paragraph{Depth \& width\_1}" in text
    assert "Depth helps by 50\\% \\& costs \\$3~\\citep{lee2020}.\n" in text
    other = draft_of(_section(), LATEX, citations="biblatex").text
    assert r"~\autocite{kim2021}." in other
    assert r"\addbibresource{related.bib}" in other


def test_the_bibliography_holds_exactly_what_the_text_cites() -> None:
    section = _section()
    files = draft_files(section, draft_of(section, MARKDOWN), PAPERS | {"spare": Paper(title="Spare")})
    assert cited_keys(files.draft) == ["lee2020", "kim2021"]
    assert files.bibliography.count("@misc{") == 2
    assert is_our_bibliography(files.bibliography)
    assert not is_our_bibliography("@article{lee2020,")
    assert RelatedWork.model_validate_json(files.evidence) == section


@pytest.mark.parametrize("paths", [MARKDOWN, LATEX])
def test_an_update_rewrites_what_nobody_edited_and_keeps_the_rest_byte_for_byte(paths: DraftPaths) -> None:
    second = Theme(heading="Cost", claims=(_claim("lee2020", "It costs $3."),))
    section = _section(themes=(*_section().themes, second))
    text = draft_files(section, draft_of(section, paths), PAPERS).draft
    mine = text.replace("What helps is disputed.", "What helps is MY question.") + "\nMy last words.\n"
    earlier = EarlierDraft.read(mine, paths.dialect)
    assert earlier.edited == ["Depth & width_1"]
    assert [(theme.heading, theme.kept) for theme in earlier.outline] == [
        ("Depth & width_1", True),
        ("Cost", False),
    ]
    new = _section(themes=(Theme(heading="Cost", claims=(_claim("kim2021", "Width is cheap."),)),))
    updated = draft_files(new, draft_of(new, paths), PAPERS, earlier=earlier)
    begin = mine.index("litreview:begin paragraph")
    assert mine[begin : mine.index("litreview:end", begin)] in updated.draft
    assert "Width is cheap" in updated.draft
    assert "It costs" not in updated.draft
    assert updated.draft.endswith("\nMy last words.\n")
    assert {"lee2020", "kim2021"} <= set(cited_keys(updated.draft))
    assert updated.bibliography.count("@misc{") == 2


def test_a_table_says_where_nothing_is_stated() -> None:
    quoted = Cell(aspect="method", quote="Depth helps | so", start=0, end=16)
    cells = (quoted, *(Cell(aspect=aspect) for aspect in ASPECTS[1:]))
    section = _section(table=(Row(key="lee2020", cells=cells),))
    text = draft_of(section, MARKDOWN).text
    assert "| @lee2020 | “Depth helps \\| so” [@lee2020] | *not stated in the abstract* |" in text
    assert "``Depth helps | so'' &" in draft_of(section, LATEX).text


@pytest.mark.parametrize("name", ["related.txt", "related", "related.bib"])
def test_a_draft_is_named_as_one(name: str) -> None:
    with pytest.raises(UsageError, match=r"ends with \.md or \.tex"):
        DraftPaths.of(PurePath(name))


def test_the_files_go_beside_the_draft() -> None:
    assert [str(path) for path in MARKDOWN] == [
        "work/related.md",
        "work/related.bib",
        "work/related.evidence.json",
    ]


@pytest.mark.parametrize(
    ("text", "themes"),
    [
        ("## One\nabout *this*\nand that\n\n## Two\n", [("One", "about this and that"), ("Two", "")]),
        ("# My themes\n\n## One\n\n### Detail\nx\n\n## Two ##\n", [("One", "Detail x"), ("Two", "")]),
        ("# Only\nnotes\n", [("Only", "notes")]),
        ("- One: costs\n- Two\n  more of it\n", [("One", "costs"), ("Two", "more of it")]),
        ("1. One\n2) Two\n", [("One", ""), ("Two", "")]),
    ],
)
def test_an_outline_is_headings_or_a_list(text: str, themes: list[tuple[str, str]]) -> None:
    assert [(theme.heading, theme.focus) for theme in read_outline(text)] == themes


@pytest.mark.parametrize(("text", "problem"), [("just words\n", "no themes"), ("# A\n# a\n", "twice")])
def test_an_outline_that_cannot_be_used_is_refused(text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        read_outline(text)


_HOSTILE = (
    "x --> <script>alert(1)</script> <!-- litreview:end -->\n<!-- litreview:end -->\n\\input{/etc/passwd} %"
)


@pytest.mark.parametrize("paths", [MARKDOWN, LATEX])
def test_what_a_model_writes_ends_no_comment_and_opens_no_markup(paths: DraftPaths) -> None:
    theme = Theme(heading=_HOSTILE, opening=_HOSTILE, claims=(_claim("lee2020", _HOSTILE),))
    section = _section(
        question=_HOSTILE,
        themes=(theme,),
        omitted=(Omission(key="fish2022", reason=_HOSTILE),),
        unfilled=(_HOSTILE,),
    )
    text = draft_files(section, draft_of(section, paths), PAPERS).draft
    earlier = EarlierDraft.read(text, paths.dialect)
    assert not earlier.edited
    assert len(earlier.outline) == 1
    if paths is LATEX:
        commands = [line for line in text.splitlines() if not line.startswith("%")]
        assert not any("\\input" in line for line in commands)
        assert not any(line.startswith("<!--") for line in commands)
        return
    # Pandoc takes the front matter out before it reads Markdown.
    tokens = MarkdownIt("commonmark").parse(text.split("\n---\n", 1)[1])
    html = [token.content for token in tokens if token.type == "html_block"]
    assert all(block.startswith("<!--") for block in html)
    assert not any("<script" in block.split("-->", 1)[1] for block in html)
    inline = [child for token in tokens for child in token.children or ()]
    assert not any(child.type == "html_inline" for child in inline)
