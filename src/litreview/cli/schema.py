"""`litreview schema`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from litreview.errors import UsageError

from .options import JsonOption
from .shell import guarded, print_json


@guarded
def schema(
    name: Annotated[
        str | None, typer.Argument(help="A tool or a result; all of them by default.", show_default=False)
    ] = None,
    *,
    openai: Annotated[
        bool, typer.Option("--openai", help="The tools as OpenAI's function calling takes them, strict.")
    ] = False,
    json: JsonOption = False,  # noqa: ARG001 - every command takes it, and this one prints nothing else
) -> None:
    """Print the JSON Schemas of tools and of results, from the models that make them.

    Examples:

        litreview schema review

        litreview schema --openai > tools.json
    """
    from litreview.tools import RESULTS, TOOLS, openai_tool, result_schema

    names = list(TOOLS) if openai else sorted([*TOOLS, *RESULTS])
    if name is not None and name not in names:
        raise UsageError(f"there is no schema {name!r}", hint=f"litreview schema {'|'.join(names)}")
    found: dict[str, Any]
    if openai:
        found = {"tools": [openai_tool(tool) for tool in TOOLS.values() if name in (None, tool.name)]}
    elif name is not None:
        found = result_schema(RESULTS[name]) if name in RESULTS else TOOLS[name].arguments.model_json_schema()
    else:
        found = {
            "tools": {
                tool.name: {
                    "description": tool.description,
                    "arguments": tool.arguments.model_json_schema(),
                    "result": result_schema(tool.result),
                }
                for tool in TOOLS.values()
            },
            "results": {name: result_schema(result) for name, result in RESULTS.items()},
        }
    print_json(found)
