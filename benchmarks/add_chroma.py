"""Add a library's vectors, documents and metadata to a bare Chroma collection; print the seconds it took.

usage: python add_chroma.py LIBRARY FOLDER
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import time
from pathlib import Path

import chromadb
import numpy as np

library, folder = Path(sys.argv[1]), Path(sys.argv[2])
# Ten thousand rows in the batches that are fastest for bare Chroma here (2,000; 5,000 is slower).
BATCH = 2_000

rows = (
    sqlite3.connect(library / "catalogue.sqlite3")
    .execute(
        "SELECT p.key, p.title || char(10) || p.abstract, p.year, p.venue,"
        " (SELECT value FROM identities WHERE paper = p.id AND kind = 'doi'), e.vector"
        " FROM papers p JOIN embeddings e ON e.paper = p.id ORDER BY p.id"
    )
    .fetchall()
)
vectors = np.frombuffer(b"".join(row[5] for row in rows), dtype="<f4").reshape(len(rows), -1)
metadata = [
    {
        name: value
        for name, value in zip(("key", "year", "venue", "doi"), (r[0], *r[2:5]), strict=True)
        if value
    }
    for r in rows
]
shutil.rmtree(folder, ignore_errors=True)
started = time.perf_counter()
client = chromadb.PersistentClient(str(folder), settings=chromadb.Settings(anonymized_telemetry=False))
collection = client.create_collection(
    "papers", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
)
for start in range(0, len(rows), BATCH):
    collection.add(
        ids=[row[0] for row in rows[start : start + BATCH]],
        documents=[row[1] for row in rows[start : start + BATCH]],
        embeddings=vectors[start : start + BATCH],
        metadatas=metadata[start : start + BATCH],
    )
client.close()
print(time.perf_counter() - started)
