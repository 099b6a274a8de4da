"""Keys are in nothing that is printed or written, and files are written below the given paths only."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from litreview.library import Library
from litreview.papers import Paper
from litreview.testing import scripted_reply
from tests.conftest import EXAMPLES
from tests.llm.fault_server import Exchange, FaultServer, reply
from tests.services.service_server import Exchange as ServiceExchange
from tests.services.service_server import ServiceServer

from .session import ALL_SECRETS, CLI, PASSWORD, PLANTED, TOKEN, Session

QUESTION = "how do MLPs compete with attention?"


def _echo(exchange: Exchange) -> None:
    """A careless server: what it was sent comes back in its error."""
    sent = dict(exchange.request.headers)
    exchange.send(400, {"error": {"message": f"denied: {sent} {exchange.request.path}"}})


def _answers(exchange: Exchange) -> None:
    if "fails" in str(exchange.request.body.get("model")):
        _echo(exchange)
    else:
        reply(scripted_reply(exchange.request.body["messages"][-1]["content"]))(exchange)


def _echo_of_service(exchange: ServiceExchange) -> None:
    sent = {**exchange.asked.headers, **exchange.asked.params}
    exchange.send(400, json.dumps({"message": f"api key {sent} is wrong", "error": str(sent)}).encode())


def _with_password(url: str) -> str:
    return url.replace("http://", f"http://someone:{PASSWORD}@")


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[FaultServer, ServiceServer]]:
    with ExitStack() as stack:
        yield stack.enter_context(FaultServer(_answers)), stack.enter_context(ServiceServer())


def _session(folder: Path, servers: tuple[FaultServer, ServiceServer]) -> Session:
    chat, services = servers
    names = ("arxiv", "hf", "openalex", "s2", "pubmed", "crossref", "zotero")
    urls = {f"LITREVIEW_{name.upper()}_URL": services.url for name in names}
    return Session(folder, OPENAI_BASE_URL=chat.url, LITREVIEW_MODEL="scripted", **urls)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory, servers: tuple[FaultServer, ServiceServer]) -> Session:
    """The commands by which keys travel: to a model that answers, to one that fails, to a service."""
    session = _session(tmp_path_factory.mktemp("short"), servers)
    given = session.given
    session.run("add", EXAMPLES)
    session.run("ask", QUESTION, "-o", given / "answer.md")
    session.run("ask", QUESTION, "--model", "fails", "--json")
    servers[1].next(_echo_of_service)
    session.run("fetch", "s2", "mlp", "--limit", "3")
    session.run("search", "mlp", OPENAI_BASE_URL=_with_password(servers[0].url), LITREVIEW_MAX_COST="banana")
    return session


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory, servers: tuple[FaultServer, ServiceServer]) -> Session:
    """Every command, those that fail too."""
    session = _session(tmp_path_factory.mktemp("long"), servers)
    given, run = session.given, session.run
    run("add", EXAMPLES, "--rejects", given / "rejects.bib")
    key, other = (paper["key"] for paper in json.loads(run("list", "--json").output)["papers"][:2])
    for arguments in (
        ("search", "mlp", "--json"),
        ("ask", QUESTION, "--json"),
        ("ask", QUESTION, "-o", given / "answer.html"),
        ("ask", QUESTION, "--dry-run"),
        ("draft", QUESTION, "-o", given / "draft.md"),
        ("runs", "--json"),
        ("replay", "last", "--json"),
        ("show", key),
        ("duplicates",),
        ("export", "-o", given / "papers.bib"),
        ("check", given / "draft.md"),
        ("doctor",),
        ("doctor", "--json", "--repair"),
        ("schema", "ask"),
        ("backup", given / "library.backup"),
        ("restore", given / "library.backup", "--library", given / "restored"),
        ("fetch", "openalex", "mlp", "--limit", "2"),
        ("fetch", "pubmed", "mlp", "--limit", "2", "--json"),
        ("fetch", "s2", "mlp", "--limit", "2"),
        # Of two papers: each service is asked at its own pace.
        ("enrich", "--keys", f"{key},{other}"),
        ("remove", key),
        ("ask", QUESTION, "--model", "fails"),
        ("ask", QUESTION, "--model", "fails", "--json"),
        ("replay", "nosuch", "--json"),
        ("add", "nosuch"),
        ("nosuch",),
    ):
        run(*arguments)
    for service in ("openalex", "pubmed", "s2"):
        servers[1].next(_echo_of_service)
        run("fetch", service, "other", "--no-cache")
    password = _with_password(servers[0].url)
    run("ask", QUESTION, OPENAI_BASE_URL=password, OPENAI_API_KEY="")
    run("ask", QUESTION, "--model", "fails", OPENAI_BASE_URL=password)
    run("doctor", OPENAI_BASE_URL=password.replace("/v1", "/nowhere?key=" + PASSWORD))
    run("search", "mlp", LITREVIEW_LIBRARY=str(EXAMPLES))
    run("search", "mlp", LITREVIEW_TIMEOUT="banana")
    run("reembed", "--yes", LITREVIEW_EMBEDDING="openai:fails")
    run("mcp", LITREVIEW_MCP_TOKEN=TOKEN)
    return session


def _holds_no_secret(session: Session) -> None:
    leaks = [
        (secret, place)
        for place, content in session.everything()
        for secret in ALL_SECRETS
        if secret.encode() in content
    ]
    assert leaks == []


def _wrote_where_it_was_told(session: Session) -> None:
    for ended in session.ended:
        allowed = [Path(argument) for argument in ended.arguments if argument.startswith(str(session.given))]
        allowed += [
            path.with_suffix(suffix)
            for path in allowed
            for suffix in (".bib", ".evidence.json", ".evidence.md")
        ]
        allowed += [session.given / "library", session.given / "restored", session.cache]
        astray = {path for path in ended.written if not any(path.is_relative_to(place) for place in allowed)}
        assert astray == set(), ended.arguments
    assert list(session.cwd.iterdir()) == []
    assert list((session.folder / "tmp").iterdir()) == []


def test_a_key_that_is_used_is_neither_printed_nor_written(
    short: Session, servers: tuple[FaultServer, ServiceServer]
) -> None:
    assert [ended.code for ended in short.ended] == [0, 0, 1, 5, 1], [e.errors for e in short.ended]
    assert servers[0].chats[0].headers["authorization"] == f"Bearer {PLANTED['api_key']}"
    assert PLANTED["s2_key"] in {asked.headers.get("x-api-key") for asked in servers[1].asked}
    _holds_no_secret(short)


def test_a_command_writes_below_the_given_paths_and_its_own_cache_only(short: Session) -> None:
    assert any(ended.written for ended in short.ended)
    _wrote_where_it_was_told(short)


@pytest.mark.slow
def test_no_command_prints_or_writes_a_key(long: Session) -> None:
    assert {ended.code for ended in long.ended} >= {0, 1, 2, 5}, [(e.arguments, e.code) for e in long.ended]
    _holds_no_secret(long)


@pytest.mark.slow
def test_no_command_writes_anywhere_else(long: Session) -> None:
    _wrote_where_it_was_told(long)


def test_the_search_for_keys_finds_one_wherever_it_is(tmp_path: Path) -> None:
    session = Session(tmp_path)
    (session.cwd / "note").write_text(f"key: {TOKEN}")
    with pytest.raises(AssertionError, match="note"):
        _holds_no_secret(session)
    with pytest.raises(AssertionError):
        _wrote_where_it_was_told(session)


def test_what_lies_in_the_working_directory_is_not_imported(tmp_path: Path) -> None:
    session = Session(tmp_path, OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    harm = f"open({str(tmp_path / 'harm')!r}, 'a').write(__name__ + '\\n')\nraise SystemExit(3)\n"
    for name in ("numpy", "litreview", "tiktoken", "json", "sqlite3", "chromadb", "sitecustomize"):
        (session.cwd / f"{name}.py").write_text(harm)
    assert session.run("add", EXAMPLES).code == 0
    session.run("doctor", "--fetch-vocabulary")
    session.run("doctor")
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("linked", [False, True])
def test_a_file_that_somebody_put_in_the_way_is_not_written_through(tmp_path: Path, linked: bool) -> None:
    victim, place, folder = tmp_path / "victim", tmp_path / "papers.json", tmp_path / "library"
    victim.write_text("mine")
    if linked:
        place.symlink_to(victim)
    with Library(folder) as library:
        library.add([Paper(title="Mixing tokens")])
    # The name of the file that is written first can be guessed: it holds the number of the process.
    code = (
        "import os, sys\nfrom litreview.cli import main\n"
        f"os.symlink({str(victim)!r}, f'{tmp_path}/.papers.json.{{os.getpid()}}')\n"
        f"sys.argv[1:] = ['export', '--json', '-o', {str(place)!r}, '--library', {str(folder)!r}]\n"
        "main()"
    )
    done = subprocess.run([CLI[0], "-P", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Mixing tokens" in place.read_text()
    assert not place.is_symlink()
    assert victim.read_text() == "mine"
