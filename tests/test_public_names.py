"""The public names: listed, sorted, imported late, each explained with an example that runs."""

from __future__ import annotations

import ast
import doctest
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import litreview
from tests.conftest import ROOT

DOCS = ROOT / "docs" / "api.md"


def test_the_names_are_sorted_unique_and_there() -> None:
    assert litreview.__all__ == sorted(set(litreview.__all__))
    for name in litreview.__all__:
        assert getattr(litreview, name).__name__ == name
    assert set(litreview.__all__) <= set(dir(litreview))
    with pytest.raises(AttributeError, match="'nosuch'"):
        litreview.nosuch  # noqa: B018


def test_what_a_type_checker_sees_is_what_is_imported() -> None:
    """The imports under TYPE_CHECKING name each name of `__all__` once, from the module it comes from."""
    (checked,) = (
        node
        for node in ast.parse(Path(litreview.__file__).read_text(encoding="utf-8")).body
        if isinstance(node, ast.If)
    )
    seen = {
        alias.name: node.module
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    listed = {name: module for module, names in litreview._MODULES.items() for name in names.split()}
    assert seen == listed
    assert sorted(listed) == litreview.__all__


@pytest.mark.parametrize("name", litreview.__all__)
def test_every_name_has_a_docstring_and_an_example(name: str) -> None:
    value = getattr(litreview, name)
    assert inspect.cleandoc(value.__doc__ or "").strip()
    sections = re.split(r"^### ", DOCS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (section,) = (section for section in sections if section.startswith(f"`{name}`\n"))
    examples = doctest.DocTestParser().get_examples(section.partition("\n## ")[0])
    assert any(re.search(rf"\b{name}\b", example.source) for example in examples)


@pytest.mark.parametrize("method", [m for m in vars(litreview.Library) if not m.startswith("_")])
def test_every_method_of_the_library_is_explained(method: str) -> None:
    assert inspect.getdoc(getattr(litreview.Library, method))


def test_the_examples_of_the_reference_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = doctest.testfile(str(DOCS), module_relative=False, encoding="utf-8")
    assert found.attempted > 80
    assert found.failed == 0


@pytest.mark.parametrize("code", ["import litreview", "from litreview import Library"])
def test_importing_imports_nothing_heavy(code: str) -> None:
    script = f"import sys; {code}; print(*sorted(sys.modules))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (
        set(result.stdout.split()) & {"pydantic", "numpy", "sqlite3", "asyncio", "litreview.library"} == set()
    )


def test_what_is_public_is_typed() -> None:
    assert (Path(litreview.__file__).parent / "py.typed").exists()
