"""Is the vector index whole? Told without importing chromadb, from what its last clean close wrote down.

A writer takes the note (`index.json`) away before it opens Chroma and writes it again after Chroma is closed:
a missing note is an unclean exit. The note holds each file's size, time and digest. A file whose size and
time agree is as it was; one whose time moved is compared by digest. `chroma.sqlite3` is the exception: even
a reader that opens Chroma adds a row to it, so there SQLite's own check and a digest of the rows that matter
decide. While all vectors still wait in that database (fewer than `sync_threshold`), Chroma also writes the
files beside it anew whenever it is opened; the count of openings in the database tells that from damage.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

IndexState = Literal["ok", "missing", "unclean", "stale", "damaged"]

STORE = "chroma"
_DATABASE = "chroma.sqlite3"
_NOTE = "index.json"
# Reading every row of chroma.sqlite3 for its digest takes 0.1 s here; above it, the count of rows must do.
_DIGEST_LIMIT = 64_000_000
# All that Chroma answers from; the rest are its own full-text index, its migrations and its write counter.
_TABLES = ("collections", "segments", "embeddings", "embedding_metadata", "embeddings_queue", "max_seq_id")


class IndexHealth(NamedTuple):
    """The state of the vector index and, unless it is whole, the reason in words."""

    state: IndexState
    reason: str = ""

    def __bool__(self) -> bool:
        return self.state == "ok"


class _File(BaseModel):
    model_config = ConfigDict(frozen=True)

    size: int
    time: int
    digest: str | None


class _Note(BaseModel):
    model_config = ConfigDict(frozen=True)

    collection: str
    count: int
    openings: int
    files: dict[str, _File]


def store_folder(library: Path) -> Path:
    """The folder of a library that Chroma keeps its files in."""
    return library / STORE


def fresh_folder(library: Path) -> Path:
    """The folder of a library where an index stands that is about to take the place of the one in use."""
    return library / f"{STORE}.new"


def filling_folder(library: Path) -> Path:
    """The folder of a library where a process of its own (`filling`) fills an index."""
    return library / f"{STORE}.filling"


def mark_open(library: Path) -> None:
    """Note that a writer has the index open: until `mark_closed`, it counts as not whole."""
    (library / _NOTE).unlink(missing_ok=True)


def mark_closed(library: Path, *, collection: str, count: int) -> None:
    """Write down what a whole index looks like, after Chroma was closed."""
    store = store_folder(library)
    note = _Note(collection=collection, count=count, openings=_openings(store), files=_describe(store))
    _write_note(library, note)


def refresh(library: Path) -> None:
    """Note what a reader's opening of Chroma changed, so that nobody has to look into it again.

    To be called while the reader's lock is still held, and only if the index was whole before.
    """
    try:
        note = _Note.model_validate_json((library / _NOTE).read_bytes())
        store = store_folder(library)
        files = {
            name: _file(store, name, known.digest if name == _DATABASE else _digest(store / name))
            if name == _DATABASE or _is_unsynced(store, name)
            else known
            for name, known in note.files.items()
        }
        _write_note(library, note.model_copy(update={"files": files, "openings": _openings(store)}))
    except (OSError, sqlite3.Error, ValidationError):
        return  # A note that is not refreshed costs the next reader one check, nothing else.


def check_index(library: Path, *, collection: str, count: int) -> IndexHealth:
    """Compare the index with its note and with what the catalogue expects of it.

    Args:
        library: The library's folder.
        collection: The collection of the current generation.
        count: How many papers the index should hold.
    """
    store = store_folder(library)
    database = store / _DATABASE
    if not database.exists() or not database.stat().st_size:
        return IndexHealth("missing", f"{STORE}/ is missing or empty")
    try:
        note = _Note.model_validate_json((library / _NOTE).read_bytes())
    except FileNotFoundError:
        return IndexHealth("unclean", "the last write to it did not end cleanly")
    except (OSError, ValidationError, json.JSONDecodeError):
        return IndexHealth("damaged", f"{_NOTE} cannot be read")
    if (note.collection, note.count) != (collection, count):
        return IndexHealth(
            "stale", f"it holds {note.count} papers as {note.collection}, not {count} as {collection}"
        )
    health = _check_files(store, note)
    if health:
        _note_times(library, note)
    return health


def _write_note(library: Path, note: _Note) -> None:
    temporary = library / f"{_NOTE}.{os.getpid()}"
    temporary.write_text(note.model_dump_json(), encoding="utf-8")
    temporary.replace(library / _NOTE)


def _note_times(library: Path, note: _Note) -> None:
    """After a whole index was copied or touched: note its files' times, so that nobody reads them again."""
    store = store_folder(library)
    try:
        files = {name: _file(store, name, known.digest) for name, known in note.files.items()}
        if files == note.files:
            return
        if _openings(store) > note.openings:
            # What Chroma wrote anew when it was opened was not compared.
            files |= {name: known for name, known in note.files.items() if _is_unsynced(store, name)}
            files[_DATABASE] = _file(store, _DATABASE, note.files[_DATABASE].digest)
        _write_note(library, note.model_copy(update={"files": files}))
    except OSError:
        return  # Of a folder that cannot be written, every reader looks at the files itself.


def _check_files(store: Path, note: _Note) -> IndexHealth:
    for name, known in note.files.items():
        path = store / name
        try:
            status = path.stat()
        except OSError:
            return IndexHealth("damaged", f"{STORE}/{name} is missing")
        if (status.st_size, status.st_mtime_ns) == (known.size, known.time):
            continue
        if name == _DATABASE:
            reason = _database_fault(path, note, known)
            if reason:
                return IndexHealth("damaged", f"{STORE}/{name}: {reason}")
        elif _is_unsynced(store, name) and _openings(store) > note.openings:
            continue
        elif status.st_size != known.size or _digest(path) != known.digest:
            return IndexHealth("damaged", f"{STORE}/{name} was changed")
    return IndexHealth("ok")


def _database_fault(path: Path, note: _Note, known: _File) -> str:
    """What is wrong with Chroma's own SQLite file, or an empty string."""
    query = """
        SELECT count(*) FROM embeddings JOIN segments ON segments.id = embeddings.segment_id
        JOIN collections ON collections.id = segments.collection WHERE collections.name = ?
    """
    try:
        with closing(_read_only(path)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != b"ok":
                return "its pages are damaged"
            (count,) = connection.execute(query, (note.collection,)).fetchone()
            if count != note.count:
                return f"it lists {count} papers, not {note.count}"
            if known.digest is not None and _content_digest(connection) != known.digest:
                return "its rows were changed"
    except (sqlite3.Error, UnicodeError) as error:
        return str(error)
    return ""


def _read_only(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    connection.text_factory = bytes
    return connection


def _content_digest(connection: sqlite3.Connection) -> str:
    digest = hashlib.blake2b()
    for table in _TABLES:
        for row in connection.execute(f"SELECT * FROM {table} ORDER BY rowid"):
            digest.update(repr(row).encode())
    return digest.hexdigest()


def _is_unsynced(store: Path, name: str) -> bool:
    """Whether a file belongs to a segment that Chroma has not written yet; its content means nothing."""
    return not (store / name).with_name("index_metadata.pickle").exists()


def _openings(store: Path) -> int:
    """How often Chroma has been opened on this store: it adds a row each time."""
    try:
        with closing(_read_only(store / _DATABASE)) as connection:
            (count,) = connection.execute("SELECT max(id) FROM acquire_write").fetchone()
    except sqlite3.Error:
        return 0
    return int(count or 0)


def _describe(store: Path) -> dict[str, _File]:
    names = [path.relative_to(store).as_posix() for path in sorted(store.rglob("*")) if path.is_file()]
    lasting = [name for name in names if not name.endswith(("-journal", "-wal", "-shm"))]
    return {
        name: _file(store, name, (_database_digest if name == _DATABASE else _digest)(store / name))
        for name in lasting
    }


def _file(store: Path, name: str, digest: str | None) -> _File:
    status = (store / name).stat()
    return _File(size=status.st_size, time=status.st_mtime_ns, digest=digest)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()


def _database_digest(path: Path) -> str | None:
    if path.stat().st_size > _DIGEST_LIMIT:
        return None
    with closing(_read_only(path)) as connection:
        return _content_digest(connection)
