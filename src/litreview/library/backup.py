"""A library in one file: a consistent copy of its catalogue, taken while others write, with its digest.

A backup is a ZIP archive of two members, the catalogue and a manifest. The vector index is left out: it is
made again from the catalogue. Papers, vectors, runs and kept replies are all in the catalogue.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Literal, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pydantic import BaseModel, ConfigDict, Field

from litreview.errors import BackupError, LibraryError

from .catalogue import CATALOGUE
from .embeddings import Progress
from .schema import database_error, open_database

MANIFEST = "manifest.json"
VERSION = 1
CHUNK = 1 << 20
# Between two steps of 1,024 pages (4 MB) progress is told and Ctrl-C is heard.
_PAGES = 1_024
# The fastest: most of a catalogue are vectors, which no level makes smaller.
_LEVEL = 1


class Manifest(BaseModel):
    """What a backup says of itself; `digest` is BLAKE2b (256 bits, hexadecimal) of the catalogue's bytes."""

    model_config = ConfigDict(frozen=True)

    format: Literal["litreview-backup"] = "litreview-backup"
    version: int = Field(VERSION, ge=1)
    created: str
    schema_version: int = Field(ge=1)
    papers: int = Field(ge=0)
    runs: int = Field(ge=0)
    replies: int = Field(ge=0)
    size: int = Field(gt=0)
    digest: str = Field(pattern="^[0-9a-f]{64}$")


class _Counts(NamedTuple):
    schema_version: int
    papers: int
    runs: int
    replies: int


def back_up(library: Path, file: Path, *, force: bool = False, progress: Progress) -> Manifest:
    """Write the library in a folder to one file, as it is at one moment; writers are not held up.

    The file appears whole or not at all.

    Args:
        library: The library's folder.
        file: Where the backup goes; its folder must exist.
        force: Whether a file that is there may be replaced.
        progress: Called with a stage, how much is done, and how much there is (pages, then bytes).

    Raises:
        BackupError: The file exists, or there is no room for it.
        LibraryError: There is no library in the folder, or its catalogue is damaged: such a copy would be
            no backup.
    """
    _check_target(file, force=force)
    source = library / CATALOGUE
    connection = open_database(source, create=False)
    with closing(connection), TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as folder:
        _check_room(source, file.parent)
        copy = Path(folder) / CATALOGUE
        try:
            counts = _copy(connection, copy, progress)
        except sqlite3.Error as error:
            raise database_error(source, error) from error
        packed = Path(folder) / "packed.zip"
        manifest = _pack(copy, packed, counts, progress)
        _check_target(file, force=force)
        packed.replace(file)
    _sync_folder(file.parent)
    return manifest


def copy_with_digest(source: IO[bytes], target: IO[bytes], *, limit: int, progress: Progress) -> str:
    """Copy at most `limit` bytes and give their digest; one byte more than that is an error.

    Raises:
        BackupError: There is more to copy.
    """
    digest, done = hashlib.blake2b(digest_size=32), 0
    while chunk := source.read(CHUNK):
        done += len(chunk)
        if done > limit:
            raise BackupError(f"the backup unpacks to more than the {limit:,} bytes it says")
        digest.update(chunk)
        target.write(chunk)
        progress("writing", done, limit)
    return digest.hexdigest()


def _check_target(file: Path, *, force: bool) -> None:
    if file.is_dir():
        raise BackupError(f"{str(file)!r} is a folder", hint=f"litreview backup {file / 'library.backup'}")
    if file.exists() and not force:
        raise BackupError(
            f"{str(file)!r} exists already", hint="add --force to replace it, or name another file"
        )


def _check_room(source: Path, folder: Path) -> None:
    wal = source.with_name(f"{source.name}-wal")
    # The copy, and the archive of it, which is no larger.
    needed = 2 * (source.stat().st_size + (wal.stat().st_size if wal.exists() else 0))
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BackupError(
            f"the backup takes up to {_megabytes(needed)} MB while it is made, and {str(folder)!r} has"
            f" {_megabytes(free)} MB free",
            hint="name a file on another disk",
        )


def _copy(connection: sqlite3.Connection, target: Path, progress: Progress) -> _Counts:
    """Copy the catalogue as it is now, page by page, and see that the copy is whole."""
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        # A read transaction pins one moment: without it SQLite would begin anew whenever somebody writes.
        connection.execute("BEGIN")
        counts = _count(connection)
        connection.backup(
            copy, pages=_PAGES, progress=lambda _, left, total: progress("copying", total - left, total)
        )
        connection.execute("ROLLBACK")
        # One file, without a log beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
        (verdict,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok" or _count(copy) != counts:
            raise LibraryError(
                f"the catalogue is damaged ({verdict}), so a copy of it would be no backup",
                hint="litreview doctor --repair, or litreview restore an earlier backup",
            )
    return counts


def _count(connection: sqlite3.Connection) -> _Counts:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    papers, runs, replies = connection.execute(
        "SELECT (SELECT count(*) FROM papers), (SELECT count(*) FROM runs), (SELECT count(*) FROM replies)"
    ).fetchone()
    return _Counts(version, papers, runs, replies)


def _pack(copy: Path, target: Path, counts: _Counts, progress: Progress) -> Manifest:
    size = copy.stat().st_size
    with target.open("xb") as file:
        with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
            with copy.open("rb") as source, archive.open(CATALOGUE, "w", force_zip64=True) as member:
                digest = copy_with_digest(source, member, limit=size, progress=progress)
            manifest = Manifest(
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                size=size,
                digest=digest,
                **counts._asdict(),
            )
            archive.writestr(ZipInfo(MANIFEST), manifest.model_dump_json(indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return manifest


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where folders can be synced (not on Windows)."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _megabytes(size: int) -> str:
    return f"{-(-size // 1_000_000):,}"
