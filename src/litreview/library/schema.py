"""The catalogue's SQLite schema, its versions, and opening the file with errors a person can act on."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from litreview.errors import LibraryError, LibraryVersionError

# "litr": lets a wrong SQLite file be told from ours before a single table is read.
APPLICATION_ID = 0x6C697472

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
        connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        try:
            _check_is_ours(connection, path)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA cache_size = -32000")
            _migrate(connection)
        except BaseException:
            connection.close()
            raise
    except sqlite3.DatabaseError as error:
        raise database_error(path, error) from error
    return connection


def database_error(path: Path, error: sqlite3.Error) -> LibraryError:
    """Translate an error of SQLite into one that names the file and the way out."""
    reason = str(error)
    if "readonly" in reason or "unable to open" in reason:
        return LibraryError(
            f"the library at {str(path.parent)!r} cannot be written ({reason})",
            hint="litreview --library ANOTHER_FOLDER …",
        )
    return LibraryError(
        f"the catalogue {str(path)!r} cannot be read ({reason})",
        hint=f"litreview doctor --library {str(path.parent)!r}",
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
        for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _statements(script: str) -> list[str]:
    """Split a script into statements. `executescript` would commit the transaction we are in."""
    statements, pending = [], ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            statements.append(pending)
            pending = ""
    return statements
