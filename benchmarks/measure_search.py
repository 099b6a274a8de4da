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


connection = sqlite3.connect(folder / "catalogue.sqlite3")


def bare_words(expression: str) -> list[tuple[str, str, float]]:
    """What FTS5 finds, with its text."""
    return connection.execute(BARE, (expression, CANDIDATES)).fetchall()


with Library(folder, create=False) as library:
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
    years = [
        year for (year,) in connection.execute("SELECT year FROM papers WHERE year IS NOT NULL ORDER BY year")
    ]
    filters = {}
    for share in (0.001, 0.01, 0.1, 0.5, 1.0):
        since = years[min(len(years) - 1, int(len(years) * (1 - share)))]
        passes = sum(year >= since for year in years) / papers
        filters[f"{passes:.2%} since {since}"] = Filters(since=since)
    times: dict[str, list[float]] = {name: [] for name in ("litreview", "fts5", "chroma", *filters)}
    for number, question in enumerate(questions):
        concepts, _ = understand(library, question)
        expression = match_expression(concept for concept in concepts if not concept.asking)
        vector = embedded_question(library, question, concepts).tolist()
        found = {
            "litreview": timed(partial(retrieve, library, question, limit=20)),
            "fts5": timed(partial(bare_words, expression)),
            "chroma": timed(
                partial(
                    collection.query,
                    query_embeddings=[vector],
                    n_results=min(CANDIDATES, papers),
                    include=["documents", "distances"],
                )
            ),
        }
        found |= {
            name: timed(partial(retrieve, library, question, limit=20, filters=chosen))
            for name, chosen in filters.items()
        }
        if number >= 3:  # The first ones fill caches.
            for name, milliseconds in found.items():
                times[name].append(milliseconds)
    client.close()
medians = {name: statistics.median(values) for name, values in times.items()}
print(
    json.dumps(
        {
            "papers": papers,
            **{name: medians[name] for name in ("litreview", "fts5", "chroma")},
            "filtered": {name: medians[name] for name in filters},
        }
    )
)
