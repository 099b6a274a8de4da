"""Many questions at once: each is a task of its own, and at most eight of them ask the model at a time.

python examples/many_questions.py
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from litreview import Library, NothingRelevant
from litreview.testing import ScriptedModel

PAGES = Path(__file__).parent / "pages"
QUESTIONS = [
    "how do MLPs compete with attention?",
    "which layers of language models can be pruned?",
    "does frequency domain forecasting work?",
    "when were the pyramids of Giza built?",
]


async def answer(library: Library, question: str) -> str:
    """One line on one question."""
    try:
        # A double that answers from its prompt; leave `model` out to ask the one of your settings.
        review = await library.aask(question, limit=12, model=ScriptedModel(delay=0.1))
    except NothingRelevant:
        return f"{question} Nothing in this library."
    claims = sum(len(group.claims) for group in review.groups)
    return f"{question} {claims} claims from {len(review.references)} papers."


async def main() -> None:
    """Print one line for each question, in their order."""
    with Library.temporary() as library:
        library.add(PAGES)
        for line in await asyncio.gather(*(answer(library, question) for question in QUESTIONS)):
            print(line)


if __name__ == "__main__":
    asyncio.run(main())
