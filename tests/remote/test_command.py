"""`litreview sync`, and what other commands say of the server a library is shared on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from litreview.cli.app import app
from litreview.library.remote import ServerAddress
from tests.conftest import EXAMPLES

from .conftest import RunningChroma

_PAGES = [str(path) for path in sorted(EXAMPLES.glob("*.txt"))]


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch, chroma: RunningChroma, address: ServerAddress) -> CliRunner:
    monkeypatch.setenv("LITREVIEW_CHROMA_URL", chroma.url)
    monkeypatch.setenv("LITREVIEW_CHROMA_COLLECTION", address.prefix)
    return CliRunner()


def test_a_second_machine_is_told_of_news_and_gets_them(runner: CliRunner, tmp_path: Path) -> None:
    one, two = (["--library", str(tmp_path / name)] for name in ("a", "b"))
    nothing = runner.invoke(app, ["search", "token mixing", *two])
    assert (nothing.exit_code, "next: litreview sync" in nothing.stderr) == (3, True)
    assert runner.invoke(app, ["add", *_PAGES, *one]).exit_code == 0
    synced = runner.invoke(app, ["sync", *two])
    assert synced.exit_code == 0, synced.stderr
    assert "47 papers, the same as on http://127.0.0.1" in synced.stdout
    listed = [runner.invoke(app, ["list", "--json", *machine]).stdout for machine in (one, two)]
    assert listed[0] == listed[1]
    found = [runner.invoke(app, ["search", "token mixing", "--json", *machine]) for machine in (one, two)]
    assert found[0].stdout == found[1].stdout
    assert found[0].stderr == ""
    assert runner.invoke(app, ["remove", "raftmlp2021", *two]).exit_code == 0
    told = runner.invoke(app, ["search", "token mixing", *one])
    assert "has news of other machines: litreview sync" in told.stderr
    report = json.loads(runner.invoke(app, ["sync", "--json", *one]).stdout)
    assert (report["received"], report["sent"], report["papers"], report["renamed"]) == (1, 0, 46, {})
    doctor = json.loads(runner.invoke(app, ["doctor", "--json", *one]).stdout)
    assert doctor["shared_on"].endswith("nothing new")
    assert (doctor["index"], doctor["pending"]) == ("ok", 0)


def test_a_server_that_is_down_lets_search_go_on_and_a_write_end_with_5(
    runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = ["--library", str(tmp_path / "a")]
    assert runner.invoke(app, ["add", _PAGES[0], *library]).exit_code == 0
    monkeypatch.setenv("LITREVIEW_CHROMA_URL", "http://127.0.0.1:9")
    answered = runner.invoke(app, ["ask", "how do MLPs compete with attention?", *library])
    assert answered.exit_code == 0
    assert answered.stderr.count("warning: the Chroma server at http://127.0.0.1:9 does not answer") == 1
    added = runner.invoke(app, ["add", _PAGES[1], "--json", *library])
    assert added.exit_code == 5
    error = json.loads(added.stdout)["error"]
    assert (error["type"], error["exit_code"]) == ("ServerUnavailable", 5)
    assert "papers wait here to be sent, nothing is lost" in error["message"]
    assert runner.invoke(app, ["list", *library]).stdout.count("\n") == 47
    assert "does not answer" in runner.invoke(app, ["doctor", *library]).stdout


def test_without_a_server_there_is_nothing_to_sync(tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["sync", "--library", str(tmp_path / "a")])
    assert (ended.exit_code, "next: export LITREVIEW_CHROMA_URL" in ended.stderr) == (2, True)


def test_a_wrong_address_is_told_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LITREVIEW_CHROMA_URL", "http://user:s3cret@chroma.example.org")
    ended = CliRunner().invoke(app, ["list", "--library", str(tmp_path / "a")])
    assert ended.exit_code == 1
    assert "in the clear" in ended.stderr
    assert "s3cret" not in ended.output
