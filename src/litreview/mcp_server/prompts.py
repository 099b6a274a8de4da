"""Prompts for the model behind a client: it writes from the library's abstracts and has the text checked.

So a written answer needs no key of the user's own. The files are `prompts/host-*.md`; like all prompts they
can be replaced by files of the user.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from litreview.errors import UsageError
from litreview.library import Filters
from litreview.prompting import Prompts, record_of
from litreview.relevance import relevant

from .tools import Desk
from .workers import Job

# A model weighs some forty abstracts against each other (`prompting.packing.MOST_PER_CALL`).
_MOST = 40
_EVERYTHING = Filters()


@dataclass(frozen=True)
class Argument:
    """An argument of a prompt; without a default it has to be given. Numbers lie between 1 and `most`."""

    name: str
    description: str
    default: int | None = None
    most: int = 0


@dataclass(frozen=True)
class HostPrompt:
    """A prompt as clients see it, and the file it is made from."""

    title: str
    file: str
    description: str
    arguments: tuple[Argument, ...]


_QUESTION = Argument("question", "The question, in plain words.")
_LIMIT = Argument("limit", f"How many papers at most, up to {_MOST}.", default=20, most=_MOST)
_WORDS = Argument("words", "About how long, in words.", default=600, most=10_000)

PROMPTS: Mapping[str, HostPrompt] = MappingProxyType(
    {
        "ask": HostPrompt(
            "Ask the library",
            "host-answer",
            "Answer a question from the abstracts of the library, with citations, and have it checked.",
            (_QUESTION, _LIMIT),
        ),
        "draft": HostPrompt(
            "Draft related work",
            "host-section",
            "Write a related-work section from the abstracts of the library, and have it checked.",
            (_QUESTION, _LIMIT, _WORDS),
        ),
    }
)


def render_prompt(desk: Desk, name: str, given: Mapping[str, str], _job: Job) -> str:
    """A prompt with the papers that bear on its question, each under its citation key.

    Raises:
        UsageError: There is no such prompt, or an argument is missing, unknown or out of range.
        NothingRelevant: Nothing in the library bears on the question.
    """
    if name not in PROMPTS:
        raise UsageError(f"there is no prompt {name!r}", hint=f"use one of {', '.join(PROMPTS)}")
    prompt = PROMPTS[name]
    names = [argument.name for argument in prompt.arguments]
    for unknown in given.keys() - set(names):
        raise UsageError(f"the prompt {name!r} has no argument {unknown!r}", hint=f"use {', '.join(names)}")
    numbers = {one.name: _number(one, given) for one in prompt.arguments if one.default is not None}
    question = " ".join(given.get("question", "").split())
    with desk.opened() as library:
        found = relevant(library.store, question, limit=numbers.pop("limit"), filters=_EVERYTHING)
    lines = [record_of(item.paper.key or "", item.paper).line for item in found.papers if item.paper.abstract]
    template = Prompts(desk.settings.prompts)[prompt.file]
    others = {name: str(number) for name, number in numbers.items()}
    rendered = template.render(question=found.question, papers="\n".join(lines), **others)
    return f"{rendered.system}\n\n{rendered.user}"


def _number(argument: Argument, given: Mapping[str, str]) -> int:
    """A number that a client sends as text."""
    text = given.get(argument.name, "").strip() or str(argument.default)
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= argument.most):
        raise UsageError(
            f"the argument {argument.name!r} cannot be {text[:40]!r}",
            hint=f"give a number from 1 to {argument.most}",
        )
    return int(text)
