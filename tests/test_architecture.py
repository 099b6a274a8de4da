"""The import rules of the design: modules import only what stands above them, and heavy libraries late."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import litreview

PACKAGE = Path(litreview.__file__).parent

# From the bottom to the top: a module imports only from groups before its own, or from its own.
LAYERS = [
    {"errors", "child", "formats", "plugins"},
    {"llm"},
    {"tokens", "prices"},
    {"text"},
    {"identity"},
    {"papers"},
    {"sources"},
    {"services"},
    {"embedding"},
    {"library"},
    {"retrieval"},
    {"relevance"},
    {"answers", "related_work"},
    {"extractive", "checking"},
    {"prompting"},
    {"writing"},
    {"runs"},
    {"answering"},
    {"drafting"},
    {
        "duplicates",
        "importing",
        "documents",
        "review",
        "evaluation",
        "diagnosis",
        "testing",
        "mapping",
        "fetching",
        "enriching",
    },
    {"render"},
    {"drafts", "pages"},
    {"settings"},
    {"configured", "tools"},
    {"results"},
    {"api"},
    {"pieces"},
    {"cli", "mcp_server"},
]
LEVEL = {name: number for number, names in enumerate(LAYERS) for name in names}
# The only place each vendor's library may be imported.
VENDORS = {
    "chromadb": "library/vectors.py",
    "openai": "llm/",
    "httpx2": ("llm/", "embedding/openai.py", "services/http.py", "library/remote/http.py"),
    "jinja2": ("prompting/", "render/html/"),
    "mcp": ("mcp_server/", "cli/serving.py"),
    "typer": "cli/",
}
HEAVY = {"chromadb", "openai", "httpx2", "numpy", "scipy", "pydantic", "sqlite3"}


def _modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def _group(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    parts = ["litreview", *path.relative_to(PACKAGE).with_suffix("").parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = parts[: len(parts) - node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found |= {f"{module}.{alias.name}" for alias in node.names} | {module}
    return found


@pytest.mark.parametrize("path", _modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_what_stands_above_it(path: Path) -> None:
    level = LEVEL[_group(path)]
    for name in _imports(path):
        if name.startswith("litreview."):
            other = name.split(".")[1]
            if other in LEVEL:
                assert LEVEL[other] <= level, f"{path.name} imports {name}"


def test_the_groups_are_the_ones_that_exist() -> None:
    assert {_group(path) for path in _modules()} == set(LEVEL)


@pytest.mark.parametrize(("vendor", "home"), VENDORS.items())
def test_a_vendors_library_is_imported_in_one_place(vendor: str, home: str | tuple[str, ...]) -> None:
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in _modules()
        if any(name.split(".")[0] == vendor for name in _imports(path))
    }
    assert users
    assert {user for user in users if not user.startswith(home)} == set()


def _modules_loaded_by(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint(*sorted(sys.modules))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(result.stdout.splitlines()[-1].split())


def _loaded_by(code: str) -> set[str]:
    return {name.split(".")[0] for name in _modules_loaded_by(code)}


def test_help_imports_nothing_heavy() -> None:
    code = "from litreview.cli import main\nsys.argv[1:] = ['--help']\ntry: main()\nexcept SystemExit: pass"
    assert _loaded_by(code) & HEAVY == set()


def test_searching_imports_neither_chromadb_nor_scipy() -> None:
    code = "import litreview.library, litreview.retrieval, litreview.settings"
    assert _loaded_by(code) & {"chromadb", "openai", "scipy"} == set()


def test_checking_a_document_against_a_library_imports_no_numpy(tmp_path: Path) -> None:
    code = (
        "from litreview.documents import check_files\nfrom litreview.library import Library\n"
        f"with Library({str(tmp_path)!r}) as library:\n"
        "    library.keys(), library.papers_by_key(['a']), check_files([], library=library)"
    )
    assert _loaded_by(code) & {"numpy", "chromadb", "scipy"} == set()


def test_a_search_imports_nothing_that_answers() -> None:
    loaded = _modules_loaded_by("import litreview.relevance, litreview.retrieval.ranking")
    assert "litreview.retrieval.ranking" in loaded
    assert not any(name.startswith(("litreview.checking", "litreview.extractive")) for name in loaded)


def test_parsing_imports_no_numpy() -> None:
    loaded = _loaded_by("import litreview.sources.reading")
    assert loaded & {"numpy", "chromadb", "scipy", "sqlite3"} == set()
