"""The steps between a question and a checked answer, for programs that ask their model themselves.

    found = retrieve(library, "how do MLPs compete with attention?")
    prompt = render_prompt(found.question, found)
    reply = my_model(prompt.system, prompt.user)
    checked = check_answer(parse_reply(reply), found)

Papers are known to a model as P1 to Pn, in the order in which they are given: give all steps the same ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .answers import DraftAnswer
from .api import Library
from .checking import Checked, check
from .errors import UsageError
from .library import Filters
from .llm import Prompt, ReplySchema, read_reply
from .papers import Paper
from .prompting import Prompts, answer_schema, record_of
from .relevance import check_question
from .retrieval import Retrieved, SearchIndex
from .retrieval import retrieve as retrieve_from


def retrieve(
    library: Library | SearchIndex, question: str, *, limit: int = 20, filters: Filters | None = None
) -> Retrieved:
    """The papers that bear on a question, best first.

    Args:
        library: An open library.
        question: Any text; nothing in it is search syntax.
        limit: The most papers to return, at least 1.
        filters: Which papers may be found at all.

    Returns:
        The papers with their scores; none where the library has nothing, with the nearest titles instead.

    Raises:
        UsageError: The question holds no word, or `limit` is less than 1.
    """
    index = library.store if isinstance(library, Library) else library
    return retrieve_from(index, question, limit=limit, filters=filters)


def render_prompt(
    question: str, papers: Retrieved | Iterable[Paper], *, prompts: Path | None = None
) -> Prompt:
    """What a model is asked: the question, and the papers that have an abstract, as records P1 to Pn.

    Args:
        question: In plain words.
        papers: At most some forty; a model overlooks those in the middle of more.
        prompts: A folder with prompt files of one's own.

    Raises:
        UsageError: The question is empty, or no paper has an abstract.
        PromptError: A prompt file cannot be used.
    """
    records = [record_of(id, paper).line for id, paper in numbered(papers).items() if paper.abstract]
    if not records:
        raise UsageError("there is no abstract to quote, so there is nothing to ask", hint="litreview enrich")
    template = Prompts(prompts)["answer"]
    return template.render(question=check_question(question), papers="\n".join(records))


def reply_schema(papers: Retrieved | Iterable[Paper]) -> ReplySchema[DraftAnswer]:
    """The form of the reply: `wire` is its JSON Schema, for models whose output can be held to one."""
    return answer_schema([id for id, paper in numbered(papers).items() if paper.abstract])


def parse_reply(text: str) -> DraftAnswer:
    """Read a model's reply: the JSON in it, whatever stands around it.

    Raises:
        ReplyError: There is no JSON object, or not the whole of one, or not of this form; see its subclasses.
    """
    return read_reply(text, ReplySchema("answer", {}, DraftAnswer))


def check_answer(draft: DraftAnswer, papers: Retrieved | Iterable[Paper]) -> Checked:
    """Check every claim of a draft against the words it quotes; never edits any.

    Args:
        draft: As `parse_reply` gives it, or made by hand.
        papers: The papers that its P1 to Pn stand for.
    """
    return check(draft, numbered(papers))


def numbered(papers: Retrieved | Iterable[Paper]) -> dict[str, Paper]:
    """Papers by the ids that a prompt gives them."""
    found = [item.paper for item in papers.papers] if isinstance(papers, Retrieved) else papers
    return {f"P{number}": paper for number, paper in enumerate(found, start=1)}
