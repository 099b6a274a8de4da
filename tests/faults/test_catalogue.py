"""A catalogue with flipped bits, of an older and of a newer version, and one whose clock went back."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from litreview.cli.app import app
from litreview.errors import LibraryError
from litreview.library import Filters, Library, RunEntry
from litreview.library.catalogue import CATALOGUE
from litreview.library.schema import MIGRATIONS
from litreview.papers import Paper

from .checks import assert_readable, assert_whole
from .conftest import BASE
from .driver import papers

KNOWN = {paper.title for paper in papers(range(BASE))}


def flip(file: Path, places: list[int], chooser: random.Random) -> None:
    content = bytearray(file.read_bytes())
    for place in places:
        content[place] ^= 1 << chooser.randrange(8)
    file.write_bytes(content)


def pages_of(file: Path, table: str) -> Iterator[int]:
    """The pages of a table or index, counted from 0."""
    with closing(sqlite3.connect(file)) as connection:
        if connection.execute(
            "SELECT 1 FROM pragma_compile_options WHERE compile_options = 'ENABLE_DBSTAT_VTAB'"
        ).fetchone():
            yield from (
                page - 1
                for (page,) in connection.execute("SELECT pageno FROM dbstat WHERE name = ?", (table,))
            )
        else:
            (root,) = connection.execute(
                "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
            ).fetchone()
            yield root - 1


def mangle(file: Path, table: str, *, pages: slice = slice(None)) -> None:
    """Overwrite the middle of the pages of a table or index."""
    content = bytearray(file.read_bytes())
    for page in list(pages_of(file, table))[pages]:
        content[page * 4096 + 8 : page * 4096 + 2048] = bytes(2040)
    file.write_bytes(content)


@pytest.mark.parametrize(
    "seed", [*range(4), *(pytest.param(n, marks=pytest.mark.slow) for n in range(4, 150))]
)
def test_flipped_bits_are_told_or_mended_and_never_a_traceback(
    base: Path, tmp_path: Path, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is damaged: a clear error, or all papers under their keys, or those named that are gone."""
    folder, chooser = Path(shutil.copytree(base, tmp_path / "library")), random.Random(seed)
    size = (folder / CATALOGUE).stat().st_size
    flip(folder / CATALOGUE, [chooser.randrange(size) for _ in range(chooser.choice([1, 4, 40]))], chooser)
    with Library(base, create=False) as library:
        keys = {paper.key or "" for paper in library.all_papers()}
    told: list[str] = []
    hints: list[str] = []
    for repair in (False, True):
        try:
            with Library(folder, create=False) as library:
                if repair:
                    salvaged = library.repair()
                    assert library.check_catalogue() == "ok"
                    left = {paper.key or "" for paper in library.all_papers()}
                    named = " ".join([*caplog.messages, *(salvaged.lost if salvaged else ())])
                    told.append(named)
                    untold = {key for key in keys - left if key not in named}
                    assert not untold or (salvaged and "papers" in salvaged.damaged)
                    assert library.state().pending == 0
                else:
                    told.append(library.check_catalogue())
                    library.match("tides", limit=5, filters=Filters())
                    library.titles()
        except LibraryError as error:
            told.append(error.message)
            hints.append(error.hint)
    assert all("litreview" in hint for hint in hints)
    print(f"seed {seed}: {told}")


@pytest.mark.parametrize(
    "table",
    [
        "sqlite_autoindex_papers_1",
        "papers_year",
        "embeddings_paper",
    ],
)
def test_what_can_be_made_anew_from_the_papers_is(folder: Path, table: str) -> None:
    mangle(folder / CATALOGUE, table)
    with Library(folder, create=False) as library:
        assert library.check_catalogue() != "ok"
        library.repair()
        assert library.check_catalogue() == "ok"
    assert_readable(folder, surely=KNOWN)
    assert_whole(folder)


def test_a_damaged_vector_is_noticed_and_made_again(folder: Path) -> None:
    with Library(folder) as library:
        before = library.vectors([3])[0]
        connection = library._catalogue.connection
        damaged = bytearray(before.astype("<f4").tobytes())
        damaged[3] ^= 0x40
        connection.execute("UPDATE embeddings SET vector = ? WHERE paper = 3", (bytes(damaged),))
        assert library.check_catalogue() == "1 vectors are damaged"
        library.repair()
        assert library.check_catalogue() == "ok"
        assert np.allclose(library.vectors([3])[0], before, atol=1e-3)
    assert_whole(folder)


def damaged(folder: Path, *line: str) -> str:
    """What a command says of a damaged library."""
    ended = CliRunner().invoke(app, [*line, "--library", str(folder)])
    assert ended.exit_code == 1, line
    assert "unexpected" not in ended.stderr
    assert "next: " in ended.stderr
    return ended.stdout + ended.stderr


def test_damaged_papers_are_named_and_the_others_are_read_out(folder: Path) -> None:
    with Library(folder) as library:
        library.archive.put_run(RunEntry("r", "2026", "why?", "extractive", None, None), "{}")
        keys = [paper.key for paper in library.all_papers()]
    mangle(folder / CATALOGUE, "papers", pages=slice(2, 4))
    assert "doctor --repair" in damaged(folder, "list")
    assert "damaged" in damaged(folder, "backup", str(folder.with_name("b")))
    damaged(folder, "doctor")
    told = damaged(folder, "doctor", "--repair")
    assert "restore BACKUP" in told
    with Library(folder, create=False) as library:
        left = [paper.key for paper in library.all_papers()]
        assert library.archive.run("r") == "{}"
    assert len(keys) / 2 < len(left) < len(keys)
    assert all(key in told for key in keys if key not in left and key)
    assert list(folder.glob("catalogue.sqlite3.damaged-*"))
    assert CliRunner().invoke(app, ["doctor", "--library", str(folder)]).exit_code == 0
    assert_whole(folder)


@pytest.mark.parametrize("table", ["search_data", "lsa_terms", "embeddings", "identities"])
def test_damage_beside_the_papers_costs_no_paper(folder: Path, table: str) -> None:
    mangle(folder / CATALOGUE, table)
    with Library(folder, create=False) as library:
        salvaged = library.repair()
        assert salvaged is not None
        assert (salvaged.papers, salvaged.lost) == (BASE, ())
    assert_readable(folder, surely=KNOWN)
    assert_whole(folder)


def test_a_file_that_is_no_catalogue_any_more_is_told_with_the_way_back(folder: Path) -> None:
    (folder / CATALOGUE).write_bytes(b"\x00" * 8192)
    ended = CliRunner().invoke(app, ["doctor", "--repair", "--library", str(folder)])
    assert ended.exit_code == 1
    assert "restore BACKUP" in ended.stderr


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_a_library_of_an_older_version_is_migrated_with_all_it_holds(folder: Path, version: int) -> None:
    later = ["remote", "remote_read", "remote_papers", "unsent", "unsent_vectors"]
    later += ["records", "separations", "former_keys", "replies", "runs", "embedded_texts"]
    with closing(sqlite3.connect(folder / CATALOGUE)) as connection:
        for table in later[: {1: 11, 2: 8, 3: 5}[version]]:
            connection.execute(f"DROP TABLE {table}")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.commit()
    assert_readable(folder, surely=KNOWN)
    with Library(folder) as library:
        library.add([Paper(title="Study since")])
        library.sync()
        library.archive.put_run(RunEntry("r", "2026", "why?", "extractive", None, None), "{}")
    assert_readable(folder, surely=KNOWN | {"Study since"})
    assert_whole(folder)


def test_a_library_of_a_newer_version_is_left_as_it_is(folder: Path) -> None:
    with closing(sqlite3.connect(folder / CATALOGUE)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = (folder / CATALOGUE).read_bytes()
    for line in (
        ["search", "tides"],
        ["add", "x.bib"],
        ["doctor", "--repair"],
        ["backup", str(folder / "b")],
    ):
        ended = CliRunner().invoke(app, [*line, "--library", str(folder)])
        assert ended.exit_code == 1
        assert "newer litreview" in ended.stderr
        assert "next: pip install --upgrade litreview" in ended.stderr
    assert (folder / CATALOGUE).read_bytes() == content


def test_a_clock_that_was_set_back_loses_no_run_and_no_paper(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os
    import time

    with Library(folder) as library:
        library.archive.put_run(
            RunEntry("20261121-1", "2026-11-21T10:00", "first?", "extractive", None, None), "1"
        )
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 86_400 * 400)
    with Library(folder) as library:
        library.archive.put_run(
            RunEntry("20251017-1", "2025-10-17T10:00", "second?", "extractive", None, None), "2"
        )
        assert [library.archive.run(entry.id) for entry in library.archive.runs(limit=9)] == ["1", "2"]
        library.add([Paper(title="Study before it was there")])
        library.sync()
    # Files that were written in what is now the future.
    for file in folder.rglob("*"):
        os.utime(file, (real() + 86_400 * 400,) * 2)
    with Library(folder) as library:
        assert library.state().health.state == "ok"
        library.add([Paper(title="Study after")])
        library.sync()
    assert_readable(folder, surely=KNOWN | {"Study before it was there", "Study after"})
    assert_whole(folder)
