"""`litreview draft` as a person uses it, against a chat server on loopback."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from bibtexparser import parse_file  # type: ignore[attr-defined]

from litreview.testing import scripted_reply
from tests.cli.test_writing import QUESTION, Run, filled, run
from tests.llm.fault_server import Exchange, FaultServer, reply, status

__all__ = ["filled", "run"]

needs_pandoc = pytest.mark.skipif(shutil.which("pandoc") is None, reason="pandoc is not installed")


def scripted(exchange: Exchange) -> None:
    """A server that answers soundly, in the form that is asked for."""
    body = exchange.request.body
    form = body.get("response_format", {}).get("json_schema", {}).get("name", "")
    reply(scripted_reply(body["messages"][-1]["content"], form))(exchange)


@pytest.fixture(params=["llm", "extractive"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both engines, the model scripted."""
    with FaultServer(scripted) as server:
        if request.param == "llm":
            monkeypatch.setenv("OPENAI_BASE_URL", server.url)
            monkeypatch.setenv("LITREVIEW_MODEL", "scripted")
        yield request.param


def _evidence(folder: Path) -> dict[str, object]:
    return json.loads((folder / "related-work.evidence.json").read_text(encoding="utf-8"))


def test_a_draft_has_as_many_entries_as_citations_and_passes_its_own_check(
    run: Run, engine: str, tmp_path: Path
) -> None:
    result = run("draft", QUESTION, "--engine", engine, "--table")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    work = _evidence(tmp_path)
    assert work["engine"] == engine
    cited = {key for theme in work["themes"] for claim in theme["claims"] for key in claim["citations"]}
    parsed = parse_file(str(tmp_path / "related-work.bib"))
    assert not parsed.failed_blocks
    assert {entry.key for entry in parsed.entries} == cited
    omitted = {omission["key"]: omission["reason"] for omission in work["omitted"]}
    assert {entry["key"] for entry in work["retrieved"]} == cited | set(omitted)
    assert all(omitted.values())
    checked = run("check", "related-work.md")
    assert checked.exit_code == 0, checked.stdout
    against_bib = run("check", "related-work.md", "--bib", "related-work.bib")
    assert against_bib.exit_code == 0, against_bib.stdout


@needs_pandoc
@pytest.mark.parametrize("to", ["docx", "latex"])
def test_pandoc_takes_a_draft_without_a_warning(run: Run, engine: str, tmp_path: Path, to: str) -> None:
    assert run("draft", QUESTION, "--engine", engine, "--table").exit_code == 0
    command = ["pandoc", "--citeproc", "--fail-if-warnings", "related-work.md", "-t", to, "-o", f"out.{to}"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (tmp_path / f"out.{to}").stat().st_size > 1_000


def test_an_update_keeps_two_edited_paragraphs_byte_for_byte(run: Run, engine: str, tmp_path: Path) -> None:
    assert run("draft", QUESTION, "--engine", engine).exit_code == 0
    file = tmp_path / "related-work.md"
    blocks = file.read_text(encoding="utf-8").split("<!-- litreview:begin paragraph ")
    assert len(blocks) >= 4
    blocks[1] = blocks[1].replace("\n\n", "\n\nI say: ", 1)
    blocks[3] = (
        blocks[3].replace("].", "]  ;\t", 1).replace("<!-- litreview:end", "\r\nMine.\n<!-- litreview:end")
    )
    edited = "<!-- litreview:begin paragraph ".join(blocks)
    file.write_bytes(edited.encode())
    refused = run("draft", QUESTION, "--engine", engine)
    assert refused.exit_code == 2
    assert "was edited" in refused.stderr
    assert "--update" in refused.stderr
    assert file.read_bytes() == edited.encode()
    updated = run("draft", QUESTION, "--engine", engine, "--update")
    assert updated.exit_code == 0, updated.stderr
    assert updated.stderr.count("kept as you edited it") == 2
    now = file.read_bytes().decode().split("<!-- litreview:begin paragraph ")
    assert [now[1], now[3]] == [blocks[1], blocks[3]]
    assert now[0] == blocks[0]


def test_a_draft_nobody_touched_is_written_anew(run: Run, tmp_path: Path) -> None:
    assert run("draft", QUESTION, "--engine", "extractive").exit_code == 0
    first = (tmp_path / "related-work.md").read_bytes()
    assert run("draft", QUESTION, "--engine", "extractive").exit_code == 0
    assert (tmp_path / "related-work.md").read_bytes() == first


@pytest.mark.parametrize("name", ["related-work.md", "related-work.bib"])
def test_a_file_of_ones_own_is_not_written_over(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("Mine.\n")
    result = run("draft", QUESTION, "--engine", "extractive")
    assert result.exit_code == 2
    assert "of your own" in result.stderr
    assert (tmp_path / name).read_text() == "Mine.\n"
    assert run("draft", QUESTION, "--engine", "extractive", "--force").exit_code == 0


def test_the_users_themes_stand_in_the_users_order(run: Run, engine: str, tmp_path: Path) -> None:
    (tmp_path / "themes.md").write_text("## Language models\n\n## Image recognition\n\n## Deep-sea fishing\n")
    result = run("draft", QUESTION, "--engine", engine, "--outline", "themes.md")
    assert result.exit_code == 0, result.stderr
    headings = [theme["heading"] for theme in _evidence(tmp_path)["themes"]]
    assert headings[:2] == ["Language models", "Image recognition"]
    if engine == "extractive":
        assert "no paper was found for the theme 'Deep-sea fishing'" in result.stderr


def test_latex_cites_what_its_bibliography_holds(run: Run, tmp_path: Path) -> None:
    result = run("draft", QUESTION, "--engine", "extractive", "-o", "r.tex", "--citations", "biblatex")
    assert result.exit_code == 0
    text = (tmp_path / "r.tex").read_text(encoding="utf-8")
    assert text.count(r"\autocite{") >= 10
    assert r"\section{Related work}" in text


def test_a_dry_run_writes_and_sends_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer(scripted) as server:
        result = run("draft", QUESTION, "--dry-run", OPENAI_BASE_URL=server.url, LITREVIEW_MODEL="scripted")
        assert result.exit_code == 0, result.stderr
        assert server.chats == []
    assert "----- themes: system -----" in result.stdout
    assert "nothing was sent. scripted" in result.stderr
    assert not (tmp_path / "related-work.md").exists()


def test_the_same_draft_again_costs_no_call(run: Run) -> None:
    with FaultServer(scripted) as server:
        environment = {"OPENAI_BASE_URL": server.url, "LITREVIEW_MODEL": "scripted"}
        first = run("draft", QUESTION, "--json", **environment)
        calls = len(server.chats)
        again = run("draft", QUESTION, "--json", **environment)
        assert len(server.chats) == calls
    one, two = json.loads(first.stdout), json.loads(again.stdout)
    assert one["usage"]["calls"] == calls
    assert two["usage"]["calls"] == 0
    assert one["themes"] == two["themes"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("-o", "x.docx"), 2, "ends with .md or .tex"),
        (("-o", "nowhere/x.md"), 2, "no folder 'nowhere'"),
        (("--update",), 2, "no draft 'related-work.md' to update"),
        (("--outline", "missing.md"), 1, "no file 'missing.md'"),
        (("--since", "2999"), 3, "nothing in this library addresses"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_exit_code(
    run: Run, arguments: tuple[str, ...], code: int, says: str
) -> None:
    result = run("draft", QUESTION, "--engine", "extractive", *arguments)
    assert result.exit_code == code
    assert says in result.stderr
    assert "next: " in result.stderr


def test_a_draft_is_replayed_from_its_replies_offline(run: Run, engine: str, tmp_path: Path) -> None:
    first = json.loads(run("draft", QUESTION, "--engine", engine, "--table", "--json").stdout)
    again = run("replay", "last", "--offline", "--json", OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    assert again.exit_code == 0, again.stderr
    assert json.loads(again.stdout) == first
    shown = run("replay", "last", "--offline")
    assert shown.stdout.startswith("---\ntitle:")
    assert run("replay", "last", "--offline", "-o", "again.md").exit_code == 0
    drafted, replayed = (tmp_path / name for name in ("related-work.md", "again.md"))
    assert replayed.read_text() == drafted.read_text().replace("related-work.bib", "again.bib")


def test_a_draft_that_broke_off_goes_on_from_its_replies(run: Run, tmp_path: Path) -> None:
    def breaks(exchange: Exchange) -> None:
        if "paragraph on the theme" in exchange.request.body["messages"][-1]["content"]:
            status(401)(exchange)
        else:
            scripted(exchange)

    with FaultServer(breaks) as server:
        broken = run("draft", QUESTION, OPENAI_BASE_URL=server.url, LITREVIEW_MODEL="scripted")
        assert broken.exit_code in (1, 5)
    with FaultServer(scripted) as server:
        going_on = run("replay", "last", "-o", "r.md", OPENAI_BASE_URL=server.url, LITREVIEW_MODEL="scripted")
        assert going_on.exit_code == 0, going_on.stderr
        asked = [exchange.body["response_format"]["json_schema"]["name"] for exchange in server.chats]
    assert "themes" not in asked
    assert "theme" in asked
    assert (tmp_path / "r.md").exists()
