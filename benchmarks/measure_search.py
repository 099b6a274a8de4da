"""Searches in one process, beside the same questions put to bare FTS5 and bare Chroma; prints JSON.

usage: python measure_search.py LIBRARY [QUESTIONS]

The questions are titles of the library's own papers. Each is asked of litreview (20 papers with abstracts),
of FTS5 and of Chroma (as many candidates as litreview takes of each, with their texts), in turn, so that all
three see the same load. Then again with filters on the year, from one that passes few papers to one that
passes all.
"""

from __future__ import annotations

import json
import random
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import chromadb

from litreview.library import Filters, Library
from litreview.library.health import store_folder
from litreview.retrieval import retrieve
from litreview.retrieval.query import match_expression
from litreview.retrieval.ranking import embedded_question, understand

folder = Path(sys.argv[1])
QUESTIONS = int(sys.argv[2]) if len(sys.argv) > 2 else 30
CANDIDATES = 100
BARE = """
    SELECT p.title, p.abstract, bm25(search, 2.0, 1.0, 1.0) AS score FROM search JOIN papers p
    ON p.id = search.rowid WHERE search MATCH ? ORDER BY score LIMIT ?
"""


def timed(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


with Library(folder, create=False) as library:
    connection = sqlite3.connect(folder / "catalogue.sqlite3")
    papers = len(library)
    rows = [
        row for (row,) in connection.execute("SELECT id FROM papers WHERE abstract IS NOT NULL ORDER BY id")
    ]
    chosen = random.Random(7).sample(rows, QUESTIONS + 3)
    questions = [paper.title for paper in library.papers(chosen)]
    client = chromadb.PersistentClient(
        str(store_folder(folder)), settings=chromadb.Settings(anonymized_telemetry=False)
    )
    collection = client.get_collection(
        next(one.name for one in client.list_collections()), embedding_function=None
    )
    times: dict[str, list[float]] = {"litreview": [], "fts5": [], "chroma": []}
    for number, question in enumerate(questions):
        concepts, _ = understand(library, question)
        expression = match_expression(concept for concept in concepts if not concept.asking)
        vector = embedded_question(library, question, concepts).tolist()
        found = {
            "litreview": timed(lambda question=question: retrieve(library, question, limit=20)),
            "fts5": timed(
                lambda expression=expression: connection.execute(BARE, (expression, CANDIDATES)).fetchall()
            ),
            "chroma": timed(
                lambda vector=vector: collection.query(
                    query_embeddings=[vector],
                    n_results=min(CANDIDATES, papers),
                    include=["documents", "distances"],
                )
            ),
        }
        if number >= 3:  # The first ones fill caches.
            for name, milliseconds in found.items():
                times[name].append(milliseconds)
    years = [
        year for (year,) in connection.execute("SELECT year FROM papers WHERE year IS NOT NULL ORDER BY year")
    ]
    filtered: dict[str, list[float]] = {}
    for share in (0.001, 0.01, 0.1, 0.5, 1.0):
        since = years[min(len(years) - 1, int(len(years) * (1 - share)))] if years else None
        passes = sum(year >= since for year in years) / papers if years else 0
        name = f"{passes:.2%} since {since}"
        filters = Filters(since=since)
        filtered[name] = [
            timed(partial(retrieve, library, question, limit=20, filters=filters))
            for question in questions[3:]
        ]
    client.close()
print(
    json.dumps(
        {
            "papers": papers,
            **{name: statistics.median(values) for name, values in times.items()},
            "filtered": {name: statistics.median(values) for name, values in filtered.items()},
        }
    )
)
