"""The catalogue's SQLite schema, its versions, and opening the file with errors a person can act on."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from litreview.errors import LibraryError, LibraryVersionError

# "litr": lets a wrong SQLite file be told from ours before a single table is read.
APPLICATION_ID = 0x6C697472

# With less space than this SQLite cannot make the files it shares between processes (32 kB and more).
_FULL = 1_000_000

# One entry a version: the statements that lead from the version before to this one. Never edited once
# released; a change of schema is a new entry. `PRAGMA user_version` counts the entries applied.
MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE papers (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL,
        abstract TEXT,
        aliases TEXT NOT NULL,
        year INTEGER,
        venue TEXT,
        record TEXT NOT NULL,
        in_index INTEGER NOT NULL DEFAULT 0 CHECK (in_index IN (0, 1, 2))
    );
    CREATE INDEX papers_year ON papers (year);
    CREATE INDEX papers_pending ON papers (in_index) WHERE in_index <> 1;

    CREATE TABLE identities (
        kind TEXT NOT NULL CHECK (kind IN ('doi', 'arxiv', 'title')),
        value TEXT NOT NULL,
        paper INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
        PRIMARY KEY (kind, value, paper)
    ) WITHOUT ROWID;
    CREATE INDEX identities_paper ON identities (paper);

    CREATE TABLE sources (
        paper INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
        format TEXT NOT NULL,
        name TEXT NOT NULL,
        record TEXT NOT NULL,
        PRIMARY KEY (paper, record)
    );
    CREATE INDEX sources_name ON sources (name, format);

    CREATE TABLE tags (
        paper INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
        tag TEXT NOT NULL,
        PRIMARY KEY (paper, tag)
    ) WITHOUT ROWID;
    CREATE INDEX tags_tag ON tags (tag);

    CREATE TABLE definitions (
        paper INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
        short TEXT NOT NULL,
        long TEXT NOT NULL,
        short_key TEXT NOT NULL,
        long_key TEXT NOT NULL,
        PRIMARY KEY (paper, short_key, long_key)
    );
    CREATE INDEX definitions_short ON definitions (short_key);
    CREATE INDEX definitions_long ON definitions (long_key);

    CREATE VIRTUAL TABLE search USING fts5 (
        title, abstract, aliases,
        content='papers', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2'
    );
    -- Words are gathered in 16 MB of memory, not in the 1 MB of the default: fewer merges in a bulk import.
    INSERT INTO search (search, rank) VALUES ('hashsize', 16777216);
    CREATE VIRTUAL TABLE search_words USING fts5vocab ('search', 'row');
    CREATE TRIGGER papers_insert AFTER INSERT ON papers BEGIN
        INSERT INTO search (rowid, title, abstract, aliases)
        VALUES (new.id, new.title, new.abstract, new.aliases);
    END;
    CREATE TRIGGER papers_delete AFTER DELETE ON papers BEGIN
        INSERT INTO search (search, rowid, title, abstract, aliases)
        VALUES ('delete', old.id, old.title, old.abstract, old.aliases);
    END;
    CREATE TRIGGER papers_update AFTER UPDATE OF title, abstract, aliases ON papers BEGIN
        INSERT INTO search (search, rowid, title, abstract, aliases)
        VALUES ('delete', old.id, old.title, old.abstract, old.aliases);
        INSERT INTO search (rowid, title, abstract, aliases)
        VALUES (new.id, new.title, new.abstract, new.aliases);
    END;

    CREATE TABLE generations (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        dimensions INTEGER NOT NULL,
        parameters TEXT NOT NULL,
        fitted_on INTEGER NOT NULL,
        is_current INTEGER NOT NULL DEFAULT 0
    );
    CREATE UNIQUE INDEX generations_current ON generations (is_current) WHERE is_current = 1;
    CREATE TABLE embeddings (
        paper INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
        generation INTEGER NOT NULL REFERENCES generations ON DELETE CASCADE,
        vector BLOB NOT NULL,
        PRIMARY KEY (generation, paper)
    );
    CREATE INDEX embeddings_paper ON embeddings (paper);
    CREATE TABLE lsa_terms (
        generation INTEGER NOT NULL REFERENCES generations ON DELETE CASCADE,
        term TEXT NOT NULL,
        row BLOB NOT NULL,
        PRIMARY KEY (generation, term)
    );

    CREATE TABLE index_removals (key TEXT PRIMARY KEY) WITHOUT ROWID;
    """,
    """
    CREATE TABLE replies (
        digest TEXT PRIMARY KEY,
        created TEXT NOT NULL,
        server TEXT NOT NULL,
        model TEXT NOT NULL,
        mode TEXT NOT NULL,
        record TEXT NOT NULL
    );
    CREATE INDEX replies_model ON replies (server, model, created);

    CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        created TEXT NOT NULL,
        question TEXT NOT NULL,
        engine TEXT NOT NULL,
        model TEXT,
        error TEXT,
        record BLOB NOT NULL
    );

    CREATE TABLE embedded_texts (
        embedding TEXT NOT NULL,
        digest BLOB NOT NULL,
        vector BLOB NOT NULL,
        PRIMARY KEY (embedding, digest)
    );
    """,
    """
    -- The records a paper was merged from, in the order they came; a paper of one record has none here.
    CREATE TABLE records (
        id INTEGER PRIMARY KEY,
        paper INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
        digest BLOB NOT NULL,
        key TEXT,
        composite INTEGER NOT NULL DEFAULT 0,
        record TEXT NOT NULL,
        UNIQUE (paper, digest)
    );
    -- Pairs of papers that are not one, each in both directions.
    CREATE TABLE separations (
        paper INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
        other INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE,
        PRIMARY KEY (paper, other)
    ) WITHOUT ROWID;
    CREATE INDEX separations_other ON separations (other);
    -- Keys of papers that were merged into another on request.
    CREATE TABLE former_keys (
        key TEXT PRIMARY KEY,
        paper INTEGER NOT NULL REFERENCES papers ON DELETE CASCADE
    ) WITHOUT ROWID;
    CREATE INDEX former_keys_paper ON former_keys (paper);
    """,
    """
    -- The Chroma server this library is shared on, if any: who we are there, and what we know of it.
    CREATE TABLE remote (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        writer TEXT NOT NULL,
        place TEXT NOT NULL,
        seq INTEGER NOT NULL DEFAULT 0,
        records TEXT NOT NULL,
        state TEXT NOT NULL,
        vectors TEXT,
        number INTEGER NOT NULL DEFAULT 0,
        token TEXT,
        generation INTEGER,
        synced TEXT
    );
    -- How far the records of each writer were read.
    CREATE TABLE remote_read (writer TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
    -- What the server holds under each key, as far as we have seen or written it.
    CREATE TABLE remote_papers (
        key TEXT PRIMARY KEY,
        kind TEXT NOT NULL CHECK (kind IN ('paper', 'removed', 'merged')),
        digest TEXT NOT NULL,
        born TEXT NOT NULL,
        successor TEXT NOT NULL,
        mine INTEGER NOT NULL,
        claimed INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX remote_papers_merged ON remote_papers (successor) WHERE successor <> '';
    -- Keys whose record, or whose vector, has changed here since it was sent.
    CREATE TABLE unsent (key TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE unsent_vectors (key TEXT PRIMARY KEY) WITHOUT ROWID;
    """,
)


def open_database(path: Path, *, create: bool) -> sqlite3.Connection:
    """Open the catalogue in WAL mode, migrated to this version.

    Args:
        path: The SQLite file; its folder must exist.
        create: Whether to make a new catalogue where there is none.

    Raises:
        LibraryError: It is no catalogue of ours, is damaged, or cannot be opened or written.
        LibraryVersionError: It was made by a newer litreview.
    """
    if not create and not path.exists():
        raise LibraryError(f"there is no library at {str(path.parent)!r}", hint="litreview add FILE…")
    try:
        try:
            return _open(path)
        except sqlite3.DatabaseError as error:
            if create or not _is_unwritable(error):
                raise
            return _open_to_read(path)
    except UnicodeDecodeError as error:
        # SQLite's message quotes what is damaged, which need not be text.
        raise database_error(path, sqlite3.DatabaseError("malformed database schema")) from error
    except sqlite3.DatabaseError as error:
        raise database_error(path, error) from error


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        _check_is_ours(connection, path)
        # A damaged page is told when it is read, where SQLite would else leave out what it cannot make out.
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA cache_size = -32000")
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _open_to_read(path: Path) -> sqlite3.Connection:
    """Open a catalogue on a read-only or full disk, where SQLite cannot make the files it shares with others.

    It is read without locks, as it lies there: if another user writes meanwhile, the next command sees that.
    Not where its log holds what is not in it yet.
    """
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        raise LibraryError(
            f"the library at {str(path.parent)!r} was not closed cleanly, and can only be completed where it"
            " can be written",
            hint="free some space, or copy the folder to where it can be written",
        )
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", uri=True, isolation_level=None)
    try:
        _check_is_ours(connection, path)
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_unwritable(error: sqlite3.Error) -> bool:
    return _named(error, "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR")


def _named(error: sqlite3.Error, *names: str) -> bool:
    return getattr(error, "sqlite_errorname", "").startswith(names)


def check_schema(connection: sqlite3.Connection) -> str:
    """Compare the tables, indexes and triggers of a catalogue from elsewhere with those of its version.

    Returns:
        What is wrong, or an empty string. A trigger or view of somebody else's would run with our statements.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID or not 1 <= version <= len(MIGRATIONS):
        return f"it is no catalogue of a version from 1 to {len(MIGRATIONS)}"
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        _apply(made, upto=version)
        wanted, found = _objects(made), _objects(connection)
    differing = sorted({name for _, name, _ in wanted ^ found})
    return f"its schema is not ours: {', '.join(map(repr, differing[:3]))}" if differing else ""


def _objects(connection: sqlite3.Connection) -> set[tuple[str, str, str]]:
    # What SQLite makes itself (statistics, indexes of keys) has no statement of its own or is named so.
    return set(
        connection.execute(
            "SELECT type, name, coalesce(sql, '') FROM sqlite_master WHERE substr(name, 1, 7) <> 'sqlite_'"
        )
    )


def database_error(path: Path, error: sqlite3.Error) -> LibraryError:
    """Translate an error of SQLite into one that names the file and the way out."""
    reason, library = str(error), str(path.parent)
    full = shutil.disk_usage(path.parent).free < _FULL if path.parent.exists() else False
    if _named(error, "SQLITE_FULL", "SQLITE_IOERR") or (full and _is_unwritable(error)):
        return LibraryError(
            f"the disk of the library at {library!r} is full or fails ({reason}); what was added before"
            " stays",
            hint="free some space, then run the same command again",
        )
    if _is_unwritable(error):
        return LibraryError(
            f"the library at {library!r} cannot be written ({reason})",
            hint="litreview --library ANOTHER_FOLDER …",
        )
    if _named(error, "SQLITE_NOTADB"):
        return LibraryError(
            f"the catalogue {str(path)!r} cannot be read: it is no longer one ({reason})",
            hint=f"litreview restore BACKUP --library {library!r} --force",
        )
    return LibraryError(
        f"the catalogue {str(path)!r} cannot be read ({reason})",
        hint=f"litreview doctor --repair --library {library!r}",
    )


def _check_is_ours(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and tables:
        raise LibraryError(
            f"{str(path)!r} is a SQLite file of another program, not a litreview catalogue",
            hint="litreview --library ANOTHER_FOLDER …",
        )
    if version > len(MIGRATIONS):
        raise LibraryVersionError(
            f"the library at {str(path.parent)!r} was made by a newer litreview (schema {version}; this one"
            f" knows up to {len(MIGRATIONS)})",
            hint="pip install --upgrade litreview",
        )


def _migrate(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have migrated while we waited for the lock.
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        _apply(connection, after=version)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _apply(connection: sqlite3.Connection, *, after: int = 0, upto: int = len(MIGRATIONS)) -> None:
    for number, script in enumerate(MIGRATIONS[after:upto], start=after + 1):
        for statement in _statements(script):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")


def _statements(script: str) -> list[str]:
    """Split a script into statements. `executescript` would commit the transaction we are in."""
    statements, pending = [], ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            statements.append(pending)
            pending = ""
    return statements
