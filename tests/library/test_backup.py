"""Backups: whole while others write, and trusted by nobody who restores one."""

from __future__ import annotations

import json
import random
import sqlite3
import struct
import threading
from contextlib import closing
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from typer.testing import CliRunner

from litreview.cli.app import app
from litreview.errors import BackupError, LibraryError, LibraryVersionError
from litreview.library import Filters, Library, RunEntry
from litreview.library.backup import MANIFEST, Manifest, back_up
from litreview.library.catalogue import CATALOGUE
from litreview.library.restoring import restore
from litreview.papers import Paper


def _silent(_stage: str, _done: int, _total: int) -> None:
    return


@pytest.fixture
def folder(tmp_path: Path, papers: list[Paper]) -> Path:
    with Library(tmp_path / "library") as library:
        library.add(papers)
        library.sync()
        library.archive.put_run(RunEntry("r1", "2026-01-01", "why?", "extractive", None, None), "{}")
        library.archive.put_reply("d1", "kept", server="s", model="m", mode="text")
    return tmp_path / "library"


@pytest.fixture
def backup(folder: Path, tmp_path: Path) -> Path:
    back_up(folder, tmp_path / "b.backup", progress=_silent)
    return tmp_path / "b.backup"


def _search(folder: Path) -> list[tuple[str, float]]:
    with Library(folder, create=False) as library:
        (vector,) = library.embed(["monitoring coral reefs"])
        titles = dict(library.titles())
        return [(titles[row], cosine) for row, cosine in library.nearest(vector, limit=8, filters=Filters())]


def _rewrite(backup: Path, **changes: bytes | dict[str, object]) -> Path:
    """The same backup with another catalogue or other fields of the manifest."""
    with ZipFile(backup) as archive:
        manifest = json.loads(archive.read(MANIFEST))
        catalogue = archive.read(CATALOGUE)
    if isinstance(other := changes.get("catalogue"), bytes):
        catalogue = other
    if isinstance(fields := changes.get("manifest"), dict):
        manifest |= fields
    with ZipFile(backup, "w", ZIP_DEFLATED) as archive:
        archive.writestr(CATALOGUE, catalogue)
        archive.writestr(MANIFEST, json.dumps(manifest))
    return backup


def _with_catalogue(backup: Path, content: bytes) -> Path:
    """A backup whose manifest fits a catalogue that somebody has changed."""
    import hashlib

    digest = hashlib.blake2b(content, digest_size=32).hexdigest()
    return _rewrite(backup, catalogue=content, manifest={"digest": digest, "size": len(content)})


def test_a_restored_library_is_the_same_with_its_runs_and_replies(
    folder: Path, backup: Path, tmp_path: Path
) -> None:
    restored = restore(backup, tmp_path / "new", progress=_silent)
    assert (restored.kept, restored.manifest.papers, restored.manifest.runs) == (None, 8, 1)
    with Library(tmp_path / "new") as new, Library(folder) as old:
        new.sync()
        assert new.all_papers() == old.all_papers()
        assert (new.archive.run("r1"), new.archive.reply("d1")) == ("{}", "kept")
        assert new.state().health.state == "ok"
        assert new.probe_index().state == "ok"
    assert _search(tmp_path / "new") == _search(folder)


def test_a_backup_is_one_moment_of_a_library_that_is_being_written(tmp_path: Path) -> None:
    """Every batch is there whole or not at all, and no paper that was there before is missing."""
    batch, folder = 25, tmp_path / "library"
    written, stop = [0], threading.Event()

    def write() -> None:
        with Library(folder) as library:
            for number in range(200):
                if stop.is_set():
                    return
                library.add(
                    [Paper(title=f"Paper {number}-{n}", abstract=f"Words {n} " * 40) for n in range(batch)]
                )
                written[0] = number + 1

    Library(folder).close()
    writer = threading.Thread(target=write)
    writer.start()
    moments = []
    try:
        for number in range(4):
            while written[0] < 3 * number:
                assert writer.is_alive()
            before = written[0]
            manifest = back_up(folder, tmp_path / f"{number}.backup", progress=lambda *_: stop.wait(0.002))
            moments.append((before, manifest.papers, written[0]))
    finally:
        stop.set()
        writer.join()
    for number, (before, found, _) in enumerate(moments):
        restore(tmp_path / f"{number}.backup", tmp_path / f"new-{number}", progress=_silent)
        with Library(tmp_path / f"new-{number}") as library:
            assert library.check_catalogue() == "ok"
            titles = {title for _, title in library.titles()}
        assert titles == {f"Paper {b}-{n}" for b in range(found // batch) for n in range(batch)}
        assert found >= before * batch
    assert any(after > before for before, _, after in moments), "nobody wrote meanwhile"


def test_a_backup_that_exists_is_not_overwritten_unasked(folder: Path, backup: Path) -> None:
    content = backup.read_bytes()
    with pytest.raises(BackupError, match="exists already") as error:
        back_up(folder, backup, progress=_silent)
    assert "--force" in error.value.hint
    assert backup.read_bytes() == content
    back_up(folder, backup, force=True, progress=_silent)


def test_a_damaged_catalogue_is_not_backed_up_and_the_last_backup_stays(folder: Path, backup: Path) -> None:
    content = backup.read_bytes()
    catalogue = bytearray((folder / CATALOGUE).read_bytes())
    with closing(sqlite3.connect(folder / CATALOGUE)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'tags'").fetchone()
    catalogue[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    (folder / CATALOGUE).write_bytes(catalogue)
    with pytest.raises(LibraryError, match=r"damaged|cannot be read"):
        back_up(folder, backup, force=True, progress=_silent)
    assert backup.read_bytes() == content
    assert sorted(path.name for path in backup.parent.iterdir() if path.name.startswith(".b")) == []


def test_no_room_for_a_backup_is_said_before_it_begins(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("U", (), {"free": 1000})())
    with pytest.raises(BackupError, match="MB free"):
        back_up(folder, tmp_path / "b", progress=_silent)
    assert not (tmp_path / "b").exists()


def test_a_library_that_is_there_is_kept_when_another_is_restored(
    folder: Path, backup: Path, papers: list[Paper]
) -> None:
    with pytest.raises(LibraryError, match="there is a library") as error:
        restore(backup, folder, progress=_silent)
    assert "--force" in error.value.hint
    with Library(folder) as library:
        library.add([Paper(title="Added since")])
    kept = restore(backup, folder, force=True, progress=_silent).kept
    assert kept is not None
    with Library(kept, create=False) as library:
        assert len(library) == len(papers) + 1
    with Library(folder, create=False) as library:
        assert len(library) == len(papers)


def test_who_has_a_library_open_that_is_replaced_is_told_instead_of_writing_into_the_old(
    folder: Path, backup: Path
) -> None:
    with Library(folder) as library:
        restore(backup, folder, force=True, progress=_silent)
        with pytest.raises(LibraryError, match="removed or replaced"):
            library.add([Paper(title="Would be lost")])


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_of_something_else_is_never_moved(backup: Path, tmp_path: Path, force: bool) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").write_bytes(b"x")
    with pytest.raises(LibraryError, match="something else"):
        restore(backup, tmp_path / "photos", force=force, progress=_silent)
    assert (tmp_path / "photos" / "one.jpg").exists()
    (tmp_path / "link").symlink_to(tmp_path / "photos")
    with pytest.raises(LibraryError, match="is a link"):
        restore(backup, tmp_path / "link", force=force, progress=_silent)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_backup_that_was_cut_off_is_refused(backup: Path, tmp_path: Path, share: float) -> None:
    content = backup.read_bytes()
    backup.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(BackupError):
        restore(backup, tmp_path / "new", progress=_silent)
    assert not (tmp_path / "new").exists()
    assert not list(tmp_path.glob(".new*"))


def test_a_flipped_bit_is_noticed_or_changes_nothing(folder: Path, backup: Path, tmp_path: Path) -> None:
    content, chooser, refused = backup.read_bytes(), random.Random(5), 0
    with Library(folder) as library:
        wanted = library.all_papers()
    for number in range(60):
        flipped = bytearray(content)
        # Half of them in the two directories at the end, which are small.
        start = len(content) - 400 if number % 2 else 0
        flipped[chooser.randrange(start, len(content))] ^= 1 << chooser.randrange(8)
        backup.write_bytes(flipped)
        try:
            restore(backup, tmp_path / f"new-{number}", progress=_silent)
        except LibraryError:
            refused += 1
            assert not (tmp_path / f"new-{number}").exists()
            continue
        with Library(tmp_path / f"new-{number}", create=False) as library:
            assert library.all_papers() == wanted
    assert refused > 30


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "chroma/../../x", "catalogue.sqlite3/x", "C:\\x"]
)
def test_an_archive_with_other_paths_is_refused(backup: Path, tmp_path: Path, name: str) -> None:
    with ZipFile(backup, "a") as archive:
        archive.writestr(name, "harm")
    with pytest.raises(BackupError, match="is no backup"):
        restore(backup, tmp_path / "new", progress=_silent)
    assert not (tmp_path / "outside").exists()
    assert not (tmp_path / "new").exists()


def test_an_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no archive")
    with ZipFile(tmp_path / "zip", "w") as archive:
        archive.writestr("a.txt", "a")
    for name in ("text", "zip"):
        with pytest.raises(BackupError):
            restore(tmp_path / name, tmp_path / "new", progress=_silent)


def test_a_bomb_is_refused_before_it_is_unpacked(backup: Path, tmp_path: Path) -> None:
    content = bytes(20_000_000)
    _with_catalogue(backup, content)
    with pytest.raises(BackupError, match="would unpack"):
        restore(backup, tmp_path / "new", progress=_silent)


def test_a_catalogue_longer_than_the_directory_says_is_cut_off(backup: Path, tmp_path: Path) -> None:
    with ZipFile(backup) as archive:
        true = archive.getinfo(CATALOGUE).file_size
    _rewrite(backup, manifest={"size": 4096})
    content = backup.read_bytes().replace(struct.pack("<L", true), struct.pack("<L", 4096))
    backup.write_bytes(content)
    with pytest.raises(BackupError):
        restore(backup, tmp_path / "new", progress=_silent)


@pytest.mark.parametrize("fields", [{"version": 2}, {"schema_version": 99}])
def test_a_backup_of_a_newer_version_is_refused_with_the_way_out(
    backup: Path, tmp_path: Path, fields: dict[str, object]
) -> None:
    _rewrite(backup, manifest=fields)
    with pytest.raises(LibraryVersionError) as error:
        restore(backup, tmp_path / "new", progress=_silent)
    assert "pip install --upgrade" in error.value.hint


@pytest.mark.parametrize("fields", [{"digest": "0" * 64}, {"size": 5}, {"papers": 9}, {"format": "other"}])
def test_a_manifest_that_does_not_fit_is_refused(
    backup: Path, tmp_path: Path, fields: dict[str, object]
) -> None:
    _rewrite(backup, manifest=fields)
    with pytest.raises(BackupError):
        restore(backup, tmp_path / "new", progress=_silent)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER harm AFTER INSERT ON papers BEGIN DELETE FROM papers; END",
        "CREATE VIEW harm AS SELECT 1",
        "DROP TABLE tags",
        "PRAGMA application_id = 7",
        "PRAGMA user_version = 0",
    ],
)
def test_a_catalogue_whose_schema_is_not_ours_is_refused(
    folder: Path, backup: Path, tmp_path: Path, statement: str
) -> None:
    with closing(sqlite3.connect(folder / CATALOGUE)) as connection:
        connection.execute(statement)
        connection.commit()
        connection.execute("PRAGMA journal_mode = DELETE")
    _with_catalogue(backup, (folder / CATALOGUE).read_bytes())
    with pytest.raises(BackupError, match=r"schema|catalogue"):
        restore(backup, tmp_path / "new", progress=_silent)


def test_the_commands_say_what_they_did(folder: Path, tmp_path: Path) -> None:
    def run(*arguments: object) -> dict[str, object]:
        result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
        assert result.exit_code == 0, result.stderr
        return dict(json.loads(result.stdout))

    written = run("backup", tmp_path / "b", "--library", folder)
    assert (written["papers"], written["runs"], written["replies"]) == (8, 1, 1)
    restored = run("restore", tmp_path / "b", "--library", folder, "--force")
    assert Path(str(restored["kept"])).is_dir()
    assert run("doctor", "--library", folder)["index"] == "ok"
    with ZipFile(tmp_path / "b") as archive:
        assert Manifest.model_validate_json(archive.read(MANIFEST)).papers == 8
    refused = CliRunner().invoke(app, ["restore", str(tmp_path / "nosuch"), "--library", str(folder)])
    assert refused.exit_code == 1
    assert "Traceback" not in refused.stderr
