"""What is written for other programs makes none of them do anything."""

from __future__ import annotations

import re

import pytest

from litreview.papers import Paper
from litreview.render.bibliography import dump
from litreview.render.bibtex import escape
from litreview.render.related_work import Citations, latex_draft
from tests.test_drafts import _section as a_section

COMMANDS = [
    r"\input{/etc/passwd}",
    r"\include{secret}",
    r"\write18{touch harm}",
    r"\immediate\write18{touch harm}",
    r"\openout5=harm",
    r"\csname input\endcsname{/etc/passwd}",
    r"\catcode`\%=12",
    r"^^5cinput{/etc/passwd}",
    r"\\input{/etc/passwd}",
    "\\\ninput{x}",
    r"}\input{x}{",
    r"$\input{x}$",
    r"% \input{x}" + "\n" + r"\input{x}",
    r"@preamble{ {\write18{x}} }",
]
# A command that TeX would follow: behind an even number of backslashes, or spelled with "^^".
_FOLLOWED = re.compile(
    r"(?<!\\)(?:\\\\)*\\(?:input|include|write|immediate|openout|csname|catcode)|(?<!\\)\^\^|^\s*@preamble\s*[{(]",
    re.MULTILINE | re.IGNORECASE,
)


@pytest.mark.parametrize("command", COMMANDS)
def test_tex_commands_in_what_a_paper_says_are_text(command: str) -> None:
    paper = Paper(key="a", title=f"Mixing {command}", abstract=command, venue=command, authors=(command,))
    for written in (escape(command), dump([paper], "bib")):
        assert not _FOLLOWED.search(written), written


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("citations", ["natbib", "biblatex"])
def test_tex_commands_in_what_a_model_writes_are_text(command: str, citations: Citations) -> None:
    section = a_section()
    themes = tuple(
        theme.model_copy(
            update={
                "heading": command,
                "opening": command,
                "claims": tuple(
                    claim.model_copy(update={"text": f"Nets {command}."}) for claim in theme.claims
                ),
            }
        )
        for theme in section.themes
    )
    hostile = section.model_copy(update={"themes": themes, "question": command})
    draft = latex_draft(hostile, bibliography="a.bib", citations=citations)
    written = draft.head + "".join(block.body for block in draft.blocks)
    assert len(themes) > 0
    assert not _FOLLOWED.search(written), written


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_is_not_escaped_is_noticed(command: str) -> None:
    assert _FOLLOWED.search(" ".join(command.replace("\\\\", "\\").replace("\\\n", "\\").split()))
