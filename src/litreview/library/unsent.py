"""Noting, in the transaction that changes a paper, that a shared library's server does not have it yet.

The triggers belong to a connection and not to the file: a library that is not shared has none, and one that
is keeps its notes also while it is used without its server.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

# In the temporary schema; a row in it silences the triggers, and is rolled back with what it was set for.
_SILENCED = "CREATE TEMP TABLE IF NOT EXISTS silenced (yes INTEGER)"
_MARK = "INSERT OR IGNORE INTO unsent"
_MARK_VECTOR = "INSERT OR IGNORE INTO unsent_vectors"
_TRIGGERS = {
    "AFTER INSERT ON main.papers": f"{_MARK} VALUES (new.key);",
    "AFTER UPDATE OF key, title, abstract, record ON main.papers": (
        f"{_MARK} VALUES (old.key), (new.key); {_MARK_VECTOR} VALUES (old.key), (new.key);"
    ),
    "AFTER DELETE ON main.papers": f"{_MARK} VALUES (old.key); {_MARK_VECTOR} VALUES (old.key);",
    "AFTER INSERT ON main.embeddings": f"{_MARK_VECTOR} SELECT key FROM papers WHERE id = new.paper;",
    "AFTER INSERT ON main.former_keys": f"{_MARK} VALUES (new.key);",
    "AFTER UPDATE ON main.former_keys": f"{_MARK} VALUES (new.key);",
    "AFTER DELETE ON main.former_keys": f"{_MARK} VALUES (old.key);",
}
for _table in ("sources", "records", "separations"):
    _TRIGGERS |= {
        f"AFTER INSERT ON main.{_table}": f"{_MARK} SELECT key FROM papers WHERE id = new.paper;",
        f"AFTER UPDATE ON main.{_table}": (
            f"{_MARK} SELECT key FROM papers WHERE id IN (old.paper, new.paper);"
        ),
        f"AFTER DELETE ON main.{_table}": f"{_MARK} SELECT key FROM papers WHERE id = old.paper;",
    }


def watch_shared(connection: sqlite3.Connection) -> None:
    """Have changes noted from now on, if the library is shared."""
    if connection.execute("SELECT 1 FROM remote").fetchone():
        watch(connection)


def watch(connection: sqlite3.Connection) -> None:
    """Have changes noted from now on. To be called once a connection, or more often."""
    connection.execute(_SILENCED)
    for number, (event, action) in enumerate(_TRIGGERS.items()):
        connection.execute(
            f"CREATE TEMP TRIGGER IF NOT EXISTS unsent_{number} {event}"
            f" WHEN NOT EXISTS (SELECT 1 FROM temp.silenced) BEGIN {action} END"
        )


@contextmanager
def silenced(connection: sqlite3.Connection) -> Iterator[None]:
    """A block, inside a transaction, whose changes come from the server and are not noted."""
    connection.execute("INSERT INTO temp.silenced VALUES (1)")
    yield
    connection.execute("DELETE FROM temp.silenced")
