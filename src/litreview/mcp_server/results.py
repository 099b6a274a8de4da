"""Results and errors as clients get them: as JSON text, and as the same value for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcp_types import CallToolResult, TextContent
from pydantic import BaseModel, ValidationError

from litreview.errors import (
    LitreviewError,
    NothingRelevant,
    NothingSupported,
    PaperNotFound,
    ProviderError,
    RunNotFound,
    UsageError,
    error_report,
)
from litreview.render.json import render_json
from litreview.text.cleaning import is_hidden

# The hints of errors name commands of a shell, and a client has tools instead.
_HINTS: Mapping[type[LitreviewError], str] = {
    PaperNotFound: "find keys with search_papers",
    RunNotFound: "list the resources: the newest runs come first",
    NothingRelevant: "ask in other words, or see with list_sources what the library holds",
    NothingSupported: 'call it again with "engine": "extractive"',
    ProviderError: 'call it again later, or with "engine": "extractive"',
}
_SCHEMA = "see the tool's input schema"
_MOST_PROBLEMS = 5
# Messages quote what they are about, and a client may send much.
_LONGEST_MESSAGE = 2_000


def success(result: BaseModel) -> CallToolResult:
    """A result: its text is what --json prints; of the structured value what cannot be seen is taken out."""
    value = result.model_dump(mode="json")
    return CallToolResult(
        content=[TextContent(type="text", text=render_json(value))], structured_content=seen(value)
    )


def failure(error: LitreviewError) -> CallToolResult:
    """An error of a tool, which the model behind a client can read and act on."""
    report = seen(report_of(error))
    said = report["error"]
    text = f"{said['message']}\nnext: {said['hint']}" if said["hint"] else said["message"]
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=report, is_error=True
    )


def report_of(error: LitreviewError) -> dict[str, Any]:
    """An error as --json prints it, with a hint that a client can follow."""
    hint = next((_HINTS[kind] for kind in type(error).__mro__ if kind in _HINTS), error.hint)
    if isinstance(error, UsageError) and hint.startswith("litreview "):
        hint = _SCHEMA
    message = error.message
    if len(message) > _LONGEST_MESSAGE:
        message = f"{message[:_LONGEST_MESSAGE]}…"
    report: dict[str, Any] = {"error": {**error_report(error)["error"], "message": message, "hint": hint}}
    return report


def misfit(error: ValidationError) -> UsageError:
    """What is wrong with the arguments of a call, each with its name and value."""
    problems = error.errors(include_url=False, include_context=False)
    said = [_problem(".".join(map(str, one["loc"])), one) for one in problems[:_MOST_PROBLEMS]]
    return UsageError("; ".join(said), hint=_SCHEMA)


def _problem(name: str, problem: Mapping[str, Any]) -> str:
    if problem["type"] == "missing":
        return f"the argument {name!r} is missing"
    if problem["type"] == "extra_forbidden":
        return f"there is no argument {name!r}"
    value = repr(problem["input"])
    shown = value if len(value) <= 80 else f"{value[:79]}…"
    return f"the argument {name!r} cannot be {shown}: {problem['msg']}"


def seen(value: Any) -> Any:
    """The same plain value without the characters in its texts that nobody sees.

    A person who reads JSON sees their escapes; a model that is handed the value might take orders from them.
    """
    if isinstance(value, str):
        return value if value.isascii() and value.isprintable() else _seen(value)
    if isinstance(value, dict):
        return {name: seen(part) for name, part in value.items()}
    return [seen(part) for part in value] if isinstance(value, list) else value


def _seen(text: str) -> str:
    return "".join(character for character in text if not is_hidden(character))
