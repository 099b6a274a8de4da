"""A small SearchIndex in memory over real FTS5 and a real LSA, for tests of retrieval and evaluation."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import numpy.typing as npt

from litreview.embedding import paper_text
from litreview.embedding.lsa import LsaModel, embed_papers, embed_terms, fit, terms_of
from litreview.papers import Paper
from litreview.retrieval import Defined, Filters, IndexedText
from litreview.text.acronyms import find_definitions
from litreview.text.words import aliases

_SCHEMA = """
CREATE TABLE papers(id INTEGER PRIMARY KEY, key, title, abstract, aliases, year INTEGER, venue);
CREATE TABLE definitions(paper INTEGER, short, long, short_key, long_key);
CREATE INDEX by_short ON definitions(short_key);
CREATE INDEX by_long ON definitions(long_key);
CREATE VIRTUAL TABLE fts USING fts5(title, abstract, aliases, content='papers', content_rowid='id',
    tokenize='porter unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE vocab USING fts5vocab(fts, 'row');
"""


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


class MemoryIndex:
    """Everything `SearchIndex` asks for; rows are numbered from 1 in the order of the papers."""

    def __init__(self, papers: Sequence[Paper], *, embedder: str = "lsa", dimensions: int = 256) -> None:
        self.embedder = embedder
        self._papers = list(papers)
        self._db = sqlite3.connect(":memory:")
        self._db.executescript(_SCHEMA)
        for row, paper in enumerate(self._papers, start=1):
            abstract = paper.abstract or ""
            self._db.execute(
                "INSERT INTO papers VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    row,
                    paper.key,
                    paper.title,
                    abstract,
                    aliases(paper.title, abstract),
                    paper.year,
                    paper.venue,
                ),
            )
            self._db.executemany(
                "INSERT INTO definitions VALUES (?, ?, ?, ?, ?)",
                [
                    (row, d.short, d.long, d.short_key, d.long_key)
                    for d in find_definitions(paper_text(paper.title, abstract))
                ],
            )
        self._db.execute("INSERT INTO fts(fts) VALUES ('rebuild')")
        texts = [paper_text(paper.title, paper.abstract) for paper in self._papers]
        self.model: LsaModel = fit(texts, dimensions=dimensions)
        self._rows = dict(zip(self.model.terms, self.model.rows, strict=True))
        self._vectors = embed_papers(self.model, texts)

    def snapshot(self) -> AbstractContextManager[None]:
        return nullcontext()

    def __len__(self) -> int:
        return len(self._papers)

    def _allowed(self, filters: Filters) -> npt.NDArray[np.bool_]:
        return np.array(
            [
                (filters.since is None or (p.year is not None and p.year >= filters.since))
                and (filters.until is None or (p.year is not None and p.year <= filters.until))
                and (filters.venue is None or p.venue == filters.venue)
                for p in self._papers
            ],
            dtype=bool,
        )

    def match(self, expression: str, *, limit: int, filters: Filters) -> list[tuple[int, float]]:
        allowed = self._allowed(filters)
        found = self._db.execute(
            "SELECT rowid, -bm25(fts, 2.0, 1.0, 1.0) AS score FROM fts WHERE fts MATCH ?"
            " ORDER BY score DESC, rowid",
            (expression,),
        )
        return [(row, score) for row, score in found if allowed[row - 1]][:limit]

    def document_frequencies(self, stems: Sequence[str]) -> dict[str, int]:
        return dict(
            self._db.execute(f"SELECT term, doc FROM vocab WHERE term IN ({_marks(stems)})", list(stems))
        )

    def nearest(
        self, vector: npt.NDArray[np.float32], *, limit: int, filters: Filters
    ) -> list[tuple[int, float]]:
        cosines = np.where(self._allowed(filters), self._vectors @ vector, -np.inf)
        best = np.argsort(-cosines, kind="stable")[:limit]
        return [(int(i) + 1, float(cosines[i])) for i in best if np.isfinite(cosines[i])]

    def vectors(self, rows: Sequence[int]) -> npt.NDArray[np.float32]:
        return self._vectors[np.array(rows, dtype=int) - 1]

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        rows = {term: self._rows[term] for term in terms_of(texts) if term in self._rows}
        return embed_terms(texts, rows, dimensions=self.model.dimensions)

    def definitions(self, short_keys: Sequence[str], long_keys: Sequence[str]) -> list[Defined]:
        found = self._db.execute(
            "SELECT short_key, long_key, lower(long), count(DISTINCT paper) FROM definitions"
            f" WHERE short_key IN ({_marks(short_keys)}) OR long_key IN ({_marks(long_keys)})"
            " GROUP BY short_key, long_key, lower(long)",
            [*short_keys, *long_keys],
        )
        return [Defined(*row) for row in found]

    def texts(self, rows: Sequence[int]) -> list[IndexedText]:
        return [
            IndexedText(
                *self._db.execute(
                    "SELECT key, title, abstract, aliases FROM papers WHERE id = ?", (r,)
                ).fetchone()
            )
            for r in rows
        ]

    def titles(self) -> list[tuple[int, str]]:
        return [(row, paper.title) for row, paper in enumerate(self._papers, start=1)]

    def papers(self, rows: Sequence[int]) -> list[Paper]:
        return [self._papers[row - 1] for row in rows]
