"""A user's program, never run: it passes `mypy --strict` and pyright as it stands."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, assert_type

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

from litreview import (
    Answer,
    ChatModel,
    Checked,
    Claim,
    Commission,
    Completion,
    DocumentReport,
    DraftAnswer,
    Embedder,
    Filters,
    ImportReport,
    Library,
    LitreviewError,
    NothingRelevant,
    OutlineTheme,
    Paper,
    Parser,
    Prompt,
    RelatedWork,
    ReplySchema,
    Retrieved,
    RetrievedEntry,
    Review,
    SourceBatch,
    Style,
    check_answer,
    load_settings,
    parse_reply,
    render_prompt,
    reply_schema,
    retrieve,
)

T = TypeVar("T", bound=BaseModel)


class MyModel:
    """Somebody's own adapter."""

    @property
    def identity(self) -> Mapping[str, Any]:
        return {"server": "mine", "model": "mine"}

    async def complete(
        self, prompt: Prompt, schema: ReplySchema[T], *, on_text: object = None
    ) -> tuple[T, Completion]:
        text = '{"groups": [], "gaps": []}'
        return schema.model.model_validate_json(text), Completion(text=text, model="mine", mode="text")


class MyEmbedder:
    """Somebody's own vectors."""

    @property
    def provider(self) -> str:
        return "mine"

    @property
    def model(self) -> str:
        return "zeros"

    def embed_papers(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return np.zeros((len(texts), 2), dtype=np.float32)

    def embed_questions(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return self.embed_papers(texts)


def parse(text: str, *, name: str) -> SourceBatch:
    """Somebody's own format."""
    return SourceBatch(papers=(Paper(title=text),), notes=(name,))


def told(stage: str, done: int, total: int) -> None:
    """Progress."""
    print(stage, done, total)


def main(folder: Path) -> None:
    """Everything a program does with a library."""
    model: ChatModel = MyModel()
    embedder: Embedder = MyEmbedder()
    parser: Parser = parse
    with Library.open(folder, settings=load_settings(engine="llm"), embedder=embedder) as library:
        assert_type(library.add(["refs.bib", Path("more"), Paper(title="A")], progress=told), ImportReport)
        library.add("notes.txt", format=parser)
        found = library.search("attention", limit=5, filters=Filters(since=2020, tags=("vision",)))
        assert_type(found, list[RetrievedEntry])
        review = library.ask("how?", model=model, engine="llm", judge=True)
        assert_type(review, Review)
        assert_type(review.answer, Answer)
        claim = review.answer.groups[0].claims[0]
        assert_type(claim, Claim)
        start: int | None = claim.evidence[0].start
        verdict: str = claim.verdict
        print(start, verdict, review.to_markdown(), review.to_html(), library.get(found[0].key).abstract)
        commission = Commission(style=Style(words=400), outline=(OutlineTheme(heading="Speed"),), table=True)
        work = library.draft("how?", commission=commission, model="gpt-6-luna")
        assert_type(work, RelatedWork)
        print(work.to_latex(citations="biblatex"), library.export("bib", keys=work.cited))
        assert_type(library.check("Text [@key]."), DocumentReport)
        again = library.replay("last")
        if isinstance(again, Review):
            print(again.usage.cost)
        assert_type(again, Review | RelatedWork)


def own_flow(library: Library) -> Checked:
    """The steps one by one."""
    found = retrieve(library, "how?")
    assert_type(found, Retrieved)
    prompt = render_prompt(found.question, found)
    print(prompt.system, reply_schema(found).wire)
    draft = parse_reply("{}")
    assert_type(draft, DraftAnswer)
    return check_answer(draft, [item.paper for item in found.papers])


async def many(library: Library, questions: Sequence[str]) -> list[Review]:
    """Many at once."""
    try:
        return list(await asyncio.gather(*(library.aask(question) for question in questions)))
    except NothingRelevant as error:
        print(error.hint)
    except LitreviewError as error:
        print(error.exit_code)
    return []
