from __future__ import annotations

from pathlib import Path

import pytest

from litreview.errors import PromptError
from litreview.prompting import Prompts

_GOOD = """---
name: answer
version: 3
description: Mine.
inputs:
  question: q
  papers: p
  delimiter: d
output: answer
---
# System

Mine, between {{ delimiter }}.

# User

{{ question }} {{ papers }}
"""


def _own(tmp_path: Path, text: str) -> Path:
    (tmp_path / "answer.md").write_text(text, encoding="utf-8")
    return tmp_path


def test_our_prompts_are_all_usable_and_name_themselves() -> None:
    ours = {"answer", "join", "repair", "judge", "themes", "theme", "connect", "table"}
    for_hosts = {"host-answer", "host-section"}
    assert {prompt.name for prompt in Prompts()} == ours | for_hosts


def test_a_file_of_the_user_stands_in_for_ours_and_the_others_stay(tmp_path: Path) -> None:
    prompts = Prompts(_own(tmp_path, _GOOD))
    assert prompts["answer"].version == 3
    assert prompts["answer"].digest != Prompts()["answer"].digest
    assert prompts["join"] == Prompts()["join"]


def test_rendering_fills_in_the_inputs_as_they_are() -> None:
    prompt = Prompts()["answer"].render(label="1 of 2", question="a < b & {{ c }}?", papers='{"id": "P1"}')
    assert prompt.name == "answer 1 of 2"
    assert "Question: a < b & {{ c }}?" in prompt.user
    assert prompt.user.count(prompt.delimiter) == 2
    assert prompt.delimiter in prompt.system


def test_the_delimiter_is_new_each_time_and_has_no_part_in_the_digest() -> None:
    first, second = (Prompts()["answer"].render(question="q", papers="p") for _ in range(2))
    assert first.delimiter != second.delimiter
    assert first.digest == second.digest
    assert first.digest != Prompts()["answer"].render(question="q", papers="other").digest


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("{{ question }}", "{{ qestion }}", 17, "'qestion'"),
        ("Mine, between", "{% if %}", 13, "Expected an expression"),
        ("Mine, between", "{{ papers | shout }}", 13, "shout"),
        ("  papers: p\n", "", 16, "'papers'"),
        ("  papers: p\n", "  papers: p\n  mood: m\n", 1, "'mood' is not one of"),
        ("Mine, between {{ delimiter }}.", "Mine.", 1, "'delimiter' is named and never used"),
        ("version: 3", "version: new", 1, "version"),
        ("inputs:", "inputs: ]", 5, "no YAML"),
        ("name: answer", "name: reply", 1, "'reply'"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    with pytest.raises(PromptError) as caught:
        Prompts(_own(tmp_path, _GOOD.replace(old, new)))
    assert f"answer.md':{line}:" in caught.value.message
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no front matter", "front matter"),
        (_GOOD.replace("# User", "User"), "# User"),
        ("x" * 200_000, "larger than"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(PromptError, match=said):
        Prompts(_own(tmp_path, text))


def test_bytes_that_are_no_utf8_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "answer.md").write_bytes(b"\xff\xfe---")
    with pytest.raises(PromptError, match="cannot be read"):
        Prompts(tmp_path)
    with pytest.raises(PromptError, match="no prompts folder"):
        Prompts(tmp_path / "nowhere")


def test_a_template_cannot_reach_python(tmp_path: Path) -> None:
    reaching = "{{ question.__class__.__mro__ }}"
    template = Prompts(_own(tmp_path, _GOOD.replace("{{ question }}", reaching)))["answer"]
    with pytest.raises(PromptError, match="unsafe"):
        template.render(question="q", papers="p")
