"""What the source code does nowhere: read by its syntax tree, so that new code is held to it as well."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import litreview
from litreview.library import Filters, Library
from litreview.papers import Paper
from litreview.relevance import relevant

PACKAGE = Path(litreview.__file__).parent
_MODULES = sorted(PACKAGE.rglob("*.py"))
# What may be put into the text of an SQL statement: "?" marks, names of our tables and columns, constants.
_IN_SQL = {
    "action",
    "column",
    "event",
    "insert",
    "marks",
    "name",
    "names",
    "number",
    "order",
    "query",
    "row",
    "self._query",
    "statement",
    "table",
    "target",
    "where",
    "_ENTRIES.format(marks=','.join('?' * len(batch)))",
}
_EXECUTE = {"execute", "executemany", "executescript"}
_UNPICKLERS = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _name(node: ast.expr) -> str:
    return ast.unparse(node)


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def unpickling(tree: ast.Module) -> Iterator[str]:
    """Ways to make objects of bytes that can run code."""
    yield from _UNPICKLERS & set(_imported(tree))
    for call in _calls(tree):
        name = _name(call.func)
        if name in {"np.load", "numpy.load", "torch.load"}:
            given = {word.arg: _name(word.value) for word in call.keywords}
            if given.get("allow_pickle") != "False":
                yield name
        elif name.startswith("yaml.") and name not in {"yaml.safe_load", "yaml.safe_dump"}:
            yield name


def evaluating(tree: ast.Module) -> Iterator[str]:
    """Ways to run text as code."""
    for call in _calls(tree):
        name = _name(call.func)
        if name.removeprefix("builtins.") in {"eval", "exec", "compile", "__import__"} or name in {
            "runpy.run_path",
            "importlib.import_module",
        }:
            yield name


def shells(tree: ast.Module) -> Iterator[str]:
    """Ways to reach a shell, and processes other than our own interpreter without the working directory."""
    lists = {
        _name(target): node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(node.value, ast.List)
    }
    for call in _calls(tree):
        name = _name(call.func)
        if name in {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"} or (
            name.startswith(("os.exec", "os.spawn", "os.posix_spawn", "pty."))
        ):
            yield name
        if any(word.arg == "shell" for word in call.keywords):
            yield f"{name}(shell=…)"
        if name in {f"subprocess.{kind}" for kind in ("run", "Popen", "call", "check_call", "check_output")}:
            command = lists.get(_name(call.args[0]), call.args[0])
            begins = [_name(word) for word in command.elts[:2]] if isinstance(command, ast.List) else []
            if begins != ["sys.executable", "'-P'"]:
                yield f"{name}({_name(call.args[0])})"


def unpacking(tree: ast.Module) -> Iterator[str]:
    """Ways to let an archive say where its files go, and to turn the checks of certificates off."""
    yield from {"tarfile"} & set(_imported(tree))
    for call in _calls(tree):
        name = _name(call.func)
        if name.rpartition(".")[2] in {"extractall", "unpack_archive", "_create_unverified_context"}:
            yield name
        if any(word.arg == "verify" and _name(word.value) == "False" for word in call.keywords):
            yield f"{name}(verify=False)"
        if name.endswith("mktemp"):
            yield name


def unbound_sql(tree: ast.Module) -> Iterator[str]:
    """Statements that hold anything but our own names and marks."""
    for call in _calls(tree):
        if _name(call.func).rpartition(".")[2] not in _EXECUTE or not call.args:
            continue
        query = call.args[0]
        if isinstance(query, ast.Constant):
            continue
        parts = query.values if isinstance(query, ast.JoinedStr) else [query]
        for part in parts:
            inside = part.value if isinstance(part, ast.FormattedValue) else part
            ours = _name(inside) in _IN_SQL or (isinstance(inside, ast.Name) and inside.id.isupper())
            if not isinstance(inside, ast.Constant) and not ours:
                yield _name(query)


_RULES = (unpickling, evaluating, shells, unpacking, unbound_sql)
Rule = Callable[[ast.Module], Iterator[str]]


@pytest.mark.parametrize("rule", _RULES)
def test_no_module_does_it(rule: Rule) -> None:
    found = {str(path.relative_to(PACKAGE)): list(rule(_parsed(path))) for path in _MODULES}
    assert {path: what for path, what in found.items() if what} == {}


def _parses_xml(tree: ast.Module) -> bool:
    calls = [_name(call.func) for call in _calls(tree)]
    names = {name.rpartition(".")[2] for name in calls if not name.startswith("np.")}
    return bool(names & {"fromstring", "XML", "iterparse", "XMLParser", "ParserCreate", "parseString"})


def test_xml_is_parsed_in_the_one_place_that_refuses_entities() -> None:
    users = {path.relative_to(PACKAGE).as_posix() for path in _MODULES if _parses_xml(_parsed(path))}
    assert users == {"sources/xml_records.py"}


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (unpickling, "import pickle"),
        (unpickling, "np.load(file, allow_pickle=True)"),
        (unpickling, "np.load(file)"),
        (unpickling, "yaml.load(text)"),
        (evaluating, "eval(text)"),
        (evaluating, "__import__(name)"),
        (shells, "subprocess.run('ls', shell=True)"),
        (shells, "subprocess.run(['ls'])"),
        (shells, "subprocess.run([sys.executable, '-m', 'json'])"),
        (shells, "os.system('ls')"),
        (unpacking, "archive.extractall()"),
        (unpacking, "httpx2.Client(verify=False)"),
        (unbound_sql, "c.execute(f'SELECT {title}')"),
        (unbound_sql, "c.execute('SELECT ' + title)"),
        (unbound_sql, "c.execute('SELECT %s' % title)"),
    ],
)
def test_each_rule_finds_what_it_is_for(rule: Rule, code: str) -> None:
    assert list(rule(ast.parse(code)))


_SQL = "'; DROP TABLE papers; --\" OR 1=1 %s ? ?1 :a \\"


def test_sql_in_every_text_is_only_text(library: Library) -> None:
    texts = {"venue": _SQL, "tags": (_SQL,), "authors": (_SQL,)}
    library.add(
        [Paper(title=f"Mixing {_SQL}", abstract=f"We mix {_SQL}.", **texts), Paper(title="Reef fish")]
    )
    filters = Filters(venue=_SQL, tags=(_SQL,))
    (found,) = relevant(library, f"mixing {_SQL}", limit=5, filters=filters).papers
    key = found.paper.key or ""
    assert library.paper(key).venue == _SQL
    assert len(library.papers_by_key([_SQL, f"{_SQL}2"])) == 0
    assert library.archive.run(_SQL) is None
    assert library.archive.reply(_SQL) is None
    assert [paper.key for paper in library.remove([key])] == [key]
    assert len(library) == 1
