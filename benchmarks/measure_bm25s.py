"""Titles as queries over abstracts in bm25s: seconds to index, and milliseconds a query; prints JSON.

usage: python measure_bm25s.py ABSTRACTS.jsonl [QUESTIONS]      # runs in an environment that has bm25s
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from pathlib import Path

import bm25s

records = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
QUESTIONS = int(sys.argv[2]) if len(sys.argv) > 2 else 30

started = time.perf_counter()
texts = [f"{record['title']}\n{record['abstract']}" for record in records]
index = bm25s.BM25()
index.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)
indexed = time.perf_counter() - started

times = []
for record in random.Random(7).sample(records, QUESTIONS + 3):
    started = time.perf_counter()
    words = bm25s.tokenize([record["title"]], stopwords="en", show_progress=False)
    found, _ = index.retrieve(words, k=20, show_progress=False)
    shown = [texts[place] for place in found[0]]
    times.append((time.perf_counter() - started) * 1000)
    assert len(shown) == 20
print(json.dumps({"index": indexed, "query": statistics.median(times[3:])}))
