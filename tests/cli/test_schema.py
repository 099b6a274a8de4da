"""`litreview schema`: what is printed fits its schema, and the tools are in OpenAI's strict form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from typer.testing import CliRunner, Result

from litreview.cli.app import app
from litreview.tools import RESULTS, TOOLS, strict, without_nulls
from tests.conftest import EXAMPLES

QUESTION = "how do MLPs compete with attention?"
STRICT_ASK = jsonschema.Draft202012Validator(strict(TOOLS["ask"].arguments.model_json_schema()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("schema") / "library"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)))


def schema(*arguments: str) -> dict[str, Any]:
    result = run("schema", *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_what_commands_print_fits_its_schema(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LITREVIEW_LIBRARY", str(folder))
    Path("text.md").write_text("All is solved [@nobody1999].\n", encoding="utf-8")
    printed = {
        "import-report": run("add", EXAMPLES, "nosuch.bib", "--json"),
        "search-results": run("search", "token mixing", "--json"),
        "review": run("ask", QUESTION, "--json"),
        "related-work": run("draft", QUESTION, "--table", "--json"),
        "document-report": run("check", "text.md", "--json"),
        "paper": run("show", "payattention2021", "--json"),
        "error": run("show", "nosuch", "--json"),
    }
    for name, result in printed.items():
        jsonschema.validate(
            json.loads(result.stdout), schema(name), format_checker=jsonschema.FormatChecker()
        )
    assert set(printed) == set(RESULTS) - {"source-list"}


def test_a_value_that_does_not_fit_is_noticed() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"error": {"type": "UsageError"}}, schema("error"))


def test_all_of_them_are_printed_by_default_in_a_stable_order() -> None:
    found = schema()
    assert list(found["tools"]) == sorted(TOOLS)
    assert list(found["results"]) == sorted(RESULTS)
    assert schema("--json") == found
    for tool in found["tools"].values():
        for part in ("arguments", "result"):
            jsonschema.Draft202012Validator.check_schema(tool[part])


def test_an_unknown_name_is_quoted_with_those_there_are() -> None:
    result = run("schema", "nosuch")
    assert result.exit_code == 2
    assert "'nosuch'" in result.stderr
    assert "review" in result.stderr


def objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if value.get("type") == "object":
            yield value
        for item in value.values():
            yield from objects(item)
    elif isinstance(value, list):
        for item in value:
            yield from objects(item)


def test_openai_tools_are_strict() -> None:
    tools = schema("--openai")["tools"]
    assert [tool["function"]["name"] for tool in tools] == sorted(TOOLS)
    assert schema("--openai", "ask")["tools"] == [tools[1]]
    for tool in tools:
        assert tool["type"] == "function"
        function = tool["function"]
        assert function["strict"] is True
        assert function["description"]
        assert "default" not in json.dumps(function["parameters"])
        found = list(objects(function["parameters"]))
        assert found
        for item in found:
            assert item["additionalProperties"] is False
            assert item["required"] == list(item["properties"])


def test_the_strict_form_is_the_one_that_openais_own_package_makes() -> None:
    """Compared where both go the same way: required fields, references and nesting."""
    pydantic = pytest.importorskip("openai.lib._pydantic")

    class Inner(BaseModel):
        """An object in it."""

        words: list[str]

    class Outer(BaseModel):
        """An object."""

        name: str = Field(description="A name.")
        inner: Inner
        maybe: int | None

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(item) for name, item in value.items() if name != "title"}
        return [plain(item) for item in value] if isinstance(value, list) else value

    theirs = plain(pydantic.to_strict_json_schema(Outer))
    assert plain(strict(Outer.model_json_schema())) == theirs


@given(
    st.fixed_dictionaries(
        {
            "question": st.text(min_size=1),
            "limit": st.none() | st.integers(1, 200),
            "since": st.none() | st.integers(1900, 2100),
            "until": st.none(),
            "venue": st.none() | st.text(),
            "source": st.none(),
            "tags": st.none() | st.lists(st.text()),
            "engine": st.none() | st.sampled_from(["auto", "llm", "extractive"]),
        }
    )
)
def test_the_arguments_of_a_strict_call_are_taken(arguments: dict[str, Any]) -> None:
    STRICT_ASK.validate(arguments)
    taken = TOOLS["ask"].arguments.model_validate(without_nulls(arguments))
    for name, value in arguments.items():
        given_or_default = getattr(taken, name)
        if value is not None:
            assert given_or_default == (tuple(value) if isinstance(value, list) else value)


def test_every_argument_is_described() -> None:
    for tool in TOOLS.values():
        assert tool.description
        for name, field in tool.arguments.model_fields.items():
            assert field.description, f"{tool.name}.{name}"
