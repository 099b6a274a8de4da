"""Files of strangers: links in folders and archives, texts that unfold, bodies without end."""

from __future__ import annotations

import gzip
import stat
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import pytest

from litreview.embedding.openai import OpenAIEmbedder
from litreview.errors import BackupError, LibraryError, LitreviewError
from litreview.library import Library, RunEntry, archive
from litreview.library.backup import back_up
from litreview.library.restoring import restore
from litreview.llm import Server, client
from litreview.papers import Paper
from litreview.sources import read_sources
from litreview.sources.readers import READERS
from tests.llm.fault_server import Exchange, FaultServer

OUTSIDE = '{"title": "A secret of mine"}\n'


def _silent(_stage: str, _done: int, _total: int) -> None:
    pass


def _titles(folder: Path) -> tuple[list[str], list[str]]:
    batches = list(read_sources([folder]))
    titles = [paper.title for batch in batches for paper in batch.papers]
    return titles, [rejected.reason for batch in batches for rejected in batch.rejected]


@pytest.mark.parametrize("relative", [False, True])
def test_links_in_a_folder_do_not_lead_out_of_it(tmp_path: Path, relative: bool) -> None:
    folder = tmp_path / "unpacked"
    (folder / "inner").mkdir(parents=True)
    (tmp_path / "secret.jsonl").write_text(OUTSIDE)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "more.jsonl").write_text(OUTSIDE)
    (folder / "own.jsonl").write_text('{"title": "An open one"}\n')
    (folder / "inner" / "again.jsonl").symlink_to(folder / "own.jsonl")
    (folder / "file.jsonl").symlink_to("../secret.jsonl" if relative else tmp_path / "secret.jsonl")
    (folder / "folder").symlink_to("../secrets" if relative else tmp_path / "secrets")
    (folder / "twice.jsonl").symlink_to(folder / "file.jsonl")
    titles, reasons = _titles(folder)
    assert titles == ["An open one"] * 2
    assert len([reason for reason in reasons if "not followed" in reason]) == 3


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    with Library(tmp_path / "library") as library:
        library.add([Paper(title="Mixing tokens")])
        library.sync()
    back_up(tmp_path / "library", tmp_path / "backup", progress=_silent)
    return tmp_path / "backup"


def _as_link(backup: Path, target: str) -> None:
    """The same archive with a catalogue that is a symbolic link, as unpackers understand it."""
    with ZipFile(backup) as packed:
        manifest = packed.read("manifest.json")
    with ZipFile(backup, "w") as packed:
        link = ZipInfo("catalogue.sqlite3")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, target)
        packed.writestr("manifest.json", manifest)


def test_a_link_in_an_archive_becomes_no_link(backup: Path, tmp_path: Path) -> None:
    before = (tmp_path / "library" / "catalogue.sqlite3").read_bytes()
    _as_link(backup, str(tmp_path / "library" / "catalogue.sqlite3"))
    with pytest.raises(BackupError):
        restore(backup, tmp_path / "new", progress=_silent)
    assert not (tmp_path / "new").exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_symlink()]
    assert (tmp_path / "library" / "catalogue.sqlite3").read_bytes() == before


def test_a_backup_is_not_restored_through_a_link(backup: Path, tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "new").symlink_to(tmp_path / "target")
    with pytest.raises(LibraryError, match="is a link"):
        restore(backup, tmp_path / "new", progress=_silent)
    assert list((tmp_path / "target").iterdir()) == []


def test_a_run_that_would_unpack_without_end_is_refused(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_MOST_RUN", 100_000)
    library.archive.put_run(RunEntry("small", "2026", "q", "llm", None, None), "x" * 90_000)
    library.archive.put_run(RunEntry("bomb", "2026", "q", "llm", None, None), "x" * 10_000_000)
    assert library.archive.run("small") == "x" * 90_000
    with pytest.raises(LibraryError, match="cannot be read"):
        library.archive.run("bomb")


_BOMBS = {
    "nested lists": "[" * 200_000,
    "nested objects": '{"a":' * 100_000,
    "nested in a record": '[{"title": "T", "custom": ' + "[" * 100_000 + "]" * 100_000 + "}]",
    "a number of many digits": '[{"title": "T", "year": ' + "9" * 10_000 + "}]",
    "nested braces": "@misc{a, title={" + "{" * 100_000,
    "nested commands": "@misc{a, title={" + "\\emph{" * 50_000 + "}" * 50_000 + "}}",
    "nested elements": "<feed><entry>" + "<a>" * 100_000,
    "entities": '<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]><feed><entry><title>&c;</title></entry>',
    "one cell": '"title\n' + "x" * 1_000_000,
    "nothing": "\n" * 65_536,
    "zeros": "\x00" * 100_000,
}


@pytest.mark.parametrize("bomb", _BOMBS)
def test_what_nests_or_unfolds_is_rejected_in_every_format(tmp_path: Path, bomb: str) -> None:
    (tmp_path / "file").write_text(_BOMBS[bomb])
    for form in (None, *READERS):
        for batch in read_sources([tmp_path / "file"], format=form):
            assert all(len(paper.title) < 2_000_000 for paper in batch.papers)


Send = Callable[[Exchange], None]


def _large(code: int) -> Send:
    return lambda exchange: exchange.send(code, {"data": "x" * 3_000_000})


def _packed(code: int) -> Send:
    def send(exchange: Exchange) -> None:
        body = gzip.compress(b" " * 5_000_000)
        exchange.handler.send_response(code)
        exchange.handler.send_header("Content-Encoding", "gzip")
        exchange.handler.send_header("Content-Length", str(len(body)))
        exchange.handler.end_headers()
        exchange.handler.wfile.write(body)

    return send


@pytest.mark.parametrize("code", [200, 400, 500])
@pytest.mark.parametrize(("make", "said"), [(_large, "more than 1 MB"), (_packed, "is packed")])
def test_the_body_of_a_models_server_is_capped_whatever_its_status(
    make: Callable[[int], Send], said: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_MOST_BYTES", 1_000_000)
    with FaultServer(make(code)) as server, pytest.raises(LitreviewError, match=said):
        OpenAIEmbedder(Server(server.url, "key"), "m", retries=0).embed_papers(["a text"])


def test_a_body_below_the_cap_is_read() -> None:
    vectors = {"data": [{"index": 0, "embedding": [3.0, 4.0], "object": "embedding"}], "model": "m"}
    with FaultServer(lambda exchange: exchange.send(200, vectors)) as server:
        found = OpenAIEmbedder(Server(server.url, "key"), "m", retries=0).embed_papers(["a text"])
        assert server.requests[0].headers["accept-encoding"] == "identity"
    assert found.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)]]
