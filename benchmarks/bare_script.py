"""What a careful person writes in an hour: chromadb finds 20 abstracts, openai answers in one call.

usage: python bare_script.py CHROMA_FOLDER VECTORS.npy QUESTION       # the floor for `litreview ask`

The collection and the question's vector are there already, as litreview's library is; OPENAI_BASE_URL says
where to ask.
"""

from __future__ import annotations

import sys

import chromadb
import numpy as np
from openai import OpenAI

folder, vectors, question = sys.argv[1:]
client = chromadb.PersistentClient(folder, settings=chromadb.Settings(anonymized_telemetry=False))
collection = client.get_collection("papers-1", embedding_function=None)
found = collection.query(query_embeddings=np.load(vectors), n_results=20, include=["documents"])
abstracts = "\n\n".join(f"[{number}] {text}" for number, text in enumerate(found["documents"][0], start=1))
reply = OpenAI(api_key="none").chat.completions.create(
    model="scripted",
    messages=[
        {"role": "system", "content": "Answer from the abstracts, and cite them by their numbers."},
        {"role": "user", "content": f"Question: {question}\n\n{abstracts}"},
    ],
)
print(reply.choices[0].message.content)
