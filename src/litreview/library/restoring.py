"""A library from a backup file. The file is not trusted: it may be cut off, damaged, or made to do harm.

Nothing is unpacked by the names in the archive: its one catalogue goes to a path of ours, so that no `..`,
link or absolute path means anything. What is unpacked is bounded by what the manifest says, compared with its
digest, and checked page by page before it takes its place; a folder that was there is kept beside it.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import struct
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile, ZipInfo

from pydantic import ValidationError

from litreview.errors import BackupError, LibraryError, LibraryVersionError

from .backup import MANIFEST, VERSION, Manifest, copy_with_digest
from .catalogue import CATALOGUE, Catalogue
from .embeddings import Progress
from .locks import writer_lock
from .schema import MIGRATIONS, check_schema

# A manifest is some 300 bytes.
_MANIFEST_LIMIT = 64_000
# Text of real catalogues packs 3 : 1, a new one with empty pages 30 : 1; deflate itself ends near 1,030 : 1.
_RATIO_LIMIT = 200
_ANY_RATIO = 10_000_000
_ENCRYPTED = 0x1
_OURS = (CATALOGUE, "chroma", "index.json", "index.lock", "writer.lock", "filling.lock")


class Restored(NamedTuple):
    """What was restored: the backup's manifest, and where the folder that was there is kept."""

    manifest: Manifest
    kept: Path | None


def restore(file: Path, folder: Path, *, force: bool = False, progress: Progress) -> Restored:
    """Make a folder the library that a backup holds. Its index is left to `Library.sync`.

    Args:
        file: As `back_up` wrote it.
        folder: The library's folder to be: new, empty, or a library, which `force` moves out of the way.
        force: Whether a library that is there may be put aside; it is kept under another name.
        progress: Called with a stage, how many bytes are done, and how many there are.

    Raises:
        BackupError: It is no backup, is damaged, holds something else, or there is no room for it.
        LibraryVersionError: It was made by a newer litreview.
        LibraryError: The folder is in use or cannot be written.
    """
    _check_folder(folder, file, force=force)
    # Beside the folder, so that taking its place is one renaming.
    fresh = folder.with_name(f".{folder.name}.restoring-{os.getpid()}")
    try:
        with _archive(file) as archive:
            manifest = _read_manifest(archive, file)
            folder.parent.mkdir(parents=True, exist_ok=True)
            _check_room(manifest, folder.parent)
            fresh.mkdir()
            _unpack(archive, manifest, fresh / CATALOGUE, file, progress)
        _check_catalogue(fresh / CATALOGUE, manifest, file)
        kept = _swap(fresh, folder, file, force=force)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return Restored(manifest, kept)


def _check_folder(folder: Path, file: Path, *, force: bool) -> None:
    """See that a library may come here: nothing that is no library is ever moved."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise LibraryError(
            f"{str(folder)!r} is a {'link' if folder.is_symlink() else 'file'}, not a folder",
            hint=f"litreview restore {file} --library NEW_FOLDER",
        )
    names = [path.name for path in folder.iterdir()] if folder.exists() else []
    if not names:
        return
    if CATALOGUE not in names and not all(name.startswith(_OURS) for name in names):
        raise LibraryError(
            f"the folder {str(folder)!r} holds something else than a library",
            hint=f"litreview restore {file} --library NEW_FOLDER",
        )
    if not force:
        raise LibraryError(
            f"there is a library at {str(folder)!r} already",
            hint=f"litreview restore {file} --library NEW_FOLDER, or add --force: the library that is there"
            " is then kept beside it",
        )


@contextmanager
def _archive(file: Path) -> Iterator[ZipFile]:
    try:
        with ZipFile(file) as archive:
            yield archive
    except (BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OverflowError, struct.error) as error:
        raise _damaged(file, str(error)) from error
    except OSError as error:
        # A damaged offset leads before the beginning of the file; errors of the disk are told as they are.
        if error.errno not in (None, errno.EINVAL):
            raise
        raise _damaged(file, str(error)) from error


def _read_manifest(archive: ZipFile, file: Path) -> Manifest:
    members = archive.infolist()
    if sorted(member.filename for member in members) != sorted((CATALOGUE, MANIFEST)):
        raise BackupError(
            f"{str(file)!r} is no backup of a library: it holds {_names(members)}",
            hint="litreview restore FILE, with a FILE that litreview backup wrote",
        )
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise _damaged(file, "it is encrypted")
    with archive.open(MANIFEST) as member:
        text = member.read(_MANIFEST_LIMIT + 1)
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        raise _damaged(file, f"{MANIFEST} cannot be read: {error.errors()[0]['msg']}") from error
    if manifest.version > VERSION or manifest.schema_version > len(MIGRATIONS):
        raise LibraryVersionError(
            f"the backup {str(file)!r} was made by a newer litreview (schema {manifest.schema_version}; this"
            f" one knows up to {len(MIGRATIONS)})",
            hint="pip install --upgrade litreview",
        )
    packed = archive.getinfo(CATALOGUE)
    if packed.file_size != manifest.size:
        raise _damaged(file, f"its catalogue has {packed.file_size:,} bytes, not {manifest.size:,}")
    if manifest.size > max(_ANY_RATIO, _RATIO_LIMIT * file.stat().st_size):
        raise _damaged(file, f"it would unpack to {manifest.size:,} bytes, as no catalogue does")
    return manifest


def _names(members: list[ZipInfo]) -> str:
    names = [repr(member.filename) for member in members[:3]]
    return ", ".join(names) + (" …" if len(members) > len(names) else "") if names else "nothing"


def _check_room(manifest: Manifest, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < manifest.size:
        raise BackupError(
            f"the library takes {manifest.size // 1_000_000 + 1:,} MB, and {str(folder)!r} has"
            f" {free // 1_000_000:,} MB free",
            hint="free some space, or name a folder on another disk with --library",
        )


def _unpack(archive: ZipFile, manifest: Manifest, target: Path, file: Path, progress: Progress) -> None:
    with archive.open(CATALOGUE) as source, target.open("xb") as written:
        digest = copy_with_digest(source, written, limit=manifest.size, progress=progress)
    if digest != manifest.digest:
        raise _damaged(file, "its catalogue is not the one that was backed up")


def _check_catalogue(path: Path, manifest: Manifest, file: Path) -> None:
    """See that it is a catalogue of ours, whole, without a statement of somebody else's in its schema."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            fault = check_schema(connection)
        if fault:
            raise _damaged(file, fault)
        with closing(Catalogue(path, create=False)) as catalogue:
            fault = catalogue.check()
            if fault != "ok" or len(catalogue) != manifest.papers:
                raise _damaged(file, f"its catalogue holds {len(catalogue)} papers, check: {fault}")
    except sqlite3.DatabaseError as error:
        raise _damaged(file, str(error)) from error


def _swap(fresh: Path, folder: Path, file: Path, *, force: bool) -> Path | None:
    """Let the new folder take its place, and give where the old one is kept."""
    _check_folder(folder, file, force=force)
    if not folder.exists() or not any(folder.iterdir()):
        if folder.exists():
            folder.rmdir()
        fresh.rename(folder)
        return None
    kept = _free_name(folder)
    # Whoever is writing ends first; whoever has it open is told so at the next write (`Catalogue`).
    with writer_lock(folder):
        folder.rename(kept)
        try:
            fresh.rename(folder)
        except BaseException:
            kept.rename(folder)
            raise
    return kept


def _free_name(folder: Path) -> Path:
    stem = f"{folder.name}-before-restore-{datetime.now():%Y%m%d-%H%M%S}"
    names = [stem, *(f"{stem}-{number}" for number in range(2, 100))]
    return next(path for name in names if not (path := folder.with_name(name)).exists())


def _damaged(file: Path, reason: str) -> BackupError:
    return BackupError(
        f"the backup {str(file)!r} cannot be used ({reason})", hint="litreview restore another backup"
    )
