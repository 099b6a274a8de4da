"""Ask PaperQA2, as a library, a question over abstracts; print the seconds it took, import and all.

usage: python paperqa_ask.py ABSTRACTS.jsonl QUESTION      # runs in an environment that has paper-qa

OPENAI_BASE_URL names the server. Its sparse embedding is used, so that only the model is asked, and each
abstract is added as a text of its own with its citation given, so that no call goes into metadata.
"""

from __future__ import annotations

import time

STARTED = time.perf_counter()

import asyncio  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

from paperqa import Doc, Docs, Settings, Text  # noqa: E402

MODEL = "openai/scripted"


async def main(path: str, question: str) -> None:
    settings = Settings(llm=MODEL, summary_llm=MODEL, embedding="sparse")
    settings.agent.agent_llm = MODEL
    settings.parsing.use_doc_details = False
    docs = Docs()
    with Path(path).open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            record = json.loads(line)
            doc = Doc(docname=f"doc{number}", citation=record["title"], dockey=f"doc{number}")
            text = Text(text=record["abstract"], name=f"doc{number}", doc=doc)
            await docs.aadd_texts([text], doc, settings=settings)
    session = await docs.aquery(question, settings=settings)
    if not session.answer:
        raise SystemExit("no answer")


os.environ.setdefault("OPENAI_API_KEY", "none")
asyncio.run(main(*sys.argv[1:]))
print(time.perf_counter() - STARTED)
