"""The floor of a cold search: import chromadb, open a store, query it once, and print the titles.

usage: python cold_chroma.py CHROMA VECTOR.npy
"""

from __future__ import annotations

import sys

import chromadb
import numpy as np

client = chromadb.PersistentClient(sys.argv[1], settings=chromadb.Settings(anonymized_telemetry=False))
collection = client.get_collection(client.list_collections()[0].name, embedding_function=None)
found = collection.query(query_embeddings=np.load(sys.argv[2])[:1], n_results=10, include=["documents"])
for document in found["documents"][0]:
    print(document.splitlines()[0])
client.close()
