"""SKILL.md and AGENTS.md say what is so: commands, exit codes, fields, places."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from litreview import errors
from litreview.answers import Reason
from litreview.cli.app import app
from litreview.tools import RESULTS
from tests.conftest import ROOT

SKILL = ROOT / "SKILL.md"
DOCS = [SKILL, ROOT / "AGENTS.md", ROOT / "docs" / "agents.md"]


def test_the_skill_has_the_front_matter_that_agents_load() -> None:
    _, front, body = SKILL.read_text(encoding="utf-8").split("---\n", 2)
    found = yaml.safe_load(front)
    assert set(found) == {"name", "description"}
    assert re.fullmatch(r"[a-z0-9-]{1,64}", found["name"])
    assert 50 < len(found["description"]) <= 1024
    assert "<" not in found["description"]
    assert len(body.splitlines()) < 500


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_command_and_option_that_is_shown_exists(path: Path) -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    known_anywhere = {"--quiet", "--help", "--version"}
    shown = re.findall(r"litreview ([a-z]+)([^`|\n#]*)", path.read_text(encoding="utf-8"))
    for name, rest in shown:
        if name not in commands:
            continue
        options = {option for parameter in commands[name].params for option in parameter.opts}
        used = set(re.findall(r"(?<=\s)--?[a-z][a-z-]*", rest))
        assert used <= options | known_anywhere, (name, used - options)
    code = [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.lstrip("$ ").startswith("litreview ")
    ]
    for line in code:
        assert shlex.split(line.lstrip("$ "), comments=True)[1] in commands, line


def test_the_exit_codes_are_those_of_the_errors() -> None:
    table = SKILL.read_text(encoding="utf-8").partition("## Exit codes")[2].partition("\n## ")[0]
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    raised = {
        error.exit_code
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.LitreviewError)
    }
    assert codes == raised | {0, 130}


def test_the_fields_and_reasons_that_are_named_exist() -> None:
    text = SKILL.read_text(encoding="utf-8")
    for reason in Reason.__args__:  # type: ignore[attr-defined]
        assert f"`{reason}`" in text
    for result, command in {"import-report": "add", "review": "ask", "document-report": "check"}.items():
        (row,) = re.findall(rf"^\| `{command}` \| (.*) \|$", text, re.MULTILINE)
        schema = str(RESULTS[result].model_json_schema(mode="serialization"))
        for field in re.findall(r"`([a-z_]+)(?:\[\])?`", row):
            assert f"'{field}'" in schema, (command, field)
    agents = DOCS[2].read_text(encoding="utf-8")
    for name in RESULTS:
        assert f"| `{name}` |" in agents


def test_the_places_that_are_named_exist() -> None:
    text = (ROOT / "AGENTS.md").read_text(encoding="utf-8")
    layout = text.partition("## Layout")[2].partition("## Rules")[0]
    for cell in re.findall(r"^\| (`.*?`) \|", layout, re.MULTILINE):
        base = ""
        for name in re.findall(r"`([^`]+)`", cell):
            place = ROOT / name
            if not place.exists():
                place = ROOT / base / name
            assert place.exists(), name
            base = base or str(Path(name.rstrip("/")).parent)
