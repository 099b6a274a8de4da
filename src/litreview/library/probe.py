"""Reading a Chroma index in a process of its own: a damaged one may end the process that opens it.

    python -m litreview.library.probe LIBRARY COLLECTION

Prints what is wrong, or nothing. Any other end than exit 0 means that the index cannot be used.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np

from litreview.errors import IndexUnusable

from .health import IndexHealth, store_folder
from .vectors import open_index

_PATIENCE = 120
# All vectors of a small library; of a large one enough to notice a damaged stretch.
_COMPARED = 5_000


def probe(library: Path, collection: str) -> IndexHealth:
    """Open the index in a child process and compare it with the catalogue, vector by vector.

    The caller holds the index lock. At most 5,000 vectors are compared.
    """
    # -P keeps the working directory off the path: what lies there is none of ours.
    command = [sys.executable, "-P", "-m", "litreview.library.probe", str(library), collection]
    try:
        child = subprocess.run(  # noqa: S603 - our own module, no shell
            command, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return IndexHealth("damaged", f"Chroma did not open it within {_PATIENCE} seconds")
    if child.returncode != 0:
        last = child.stderr.strip().splitlines()[-1:] or [f"exit {child.returncode}"]
        return IndexHealth("damaged", f"Chroma cannot use it: {last[0]}")
    fault = child.stdout.strip()
    return IndexHealth("damaged", fault) if fault else IndexHealth("ok")


def find_fault(library: Path, collection: str) -> str:
    """Compare the vectors in the index with those of the catalogue; an empty string where all agree.

    Raises:
        IndexUnusable: Chroma cannot open or read the index.
    """
    with closing(sqlite3.connect(library / "catalogue.sqlite3")) as connection:
        known = connection.execute(
            "SELECT key, vector FROM papers JOIN embeddings ON embeddings.paper = papers.id"
            " WHERE in_index = 1 ORDER BY key"
        ).fetchall()
    step = max(1, len(known) // _COMPARED)
    compared = known[::step]
    with open_index(store_folder(library), collection) as index:
        if index.count() != len(known):
            return f"it holds {index.count()} papers, the catalogue {len(known)}"
        found = index.vectors([key for key, _ in compared])
        if known and not index.nearest(np.frombuffer(known[0][1], dtype="<f4"), limit=1):
            return "a query finds nothing"
    missing = [key for key, _ in compared if key not in found]
    if missing:
        return f"{len(missing)} papers are missing, the first is {missing[0]!r}"
    changed = [
        key
        for key, vector in compared
        if not np.allclose(found[key], np.frombuffer(vector, "<f4"), atol=1e-4)
    ]
    return f"{len(changed)} vectors were changed, the first is that of {changed[0]!r}" if changed else ""


if __name__ == "__main__":
    try:
        print(find_fault(Path(sys.argv[1]), sys.argv[2]))
    except IndexUnusable as error:
        sys.exit(error.message)
