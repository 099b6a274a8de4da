"""What programs call: the arguments and results of each tool, and errors, as pydantic models.

`litreview schema` prints their JSON Schemas; the MCP server takes its tools from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from .answers import RetrievedEntry, Review
from .checking.findings import DocumentReport
from .importing import ImportReport
from .library import Filters
from .papers import Paper
from .related_work import RelatedWork


class _Value(BaseModel):
    """A frozen value that takes no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class _Filtered(_Value):
    """Arguments that say which papers may be considered at all."""

    since: int | None = Field(default=None, description="Only papers of this year or later.")
    until: int | None = Field(default=None, description="Only papers of this year or earlier.")
    venue: str | None = Field(default=None, description="Only papers of this venue.")
    source: str | None = Field(default=None, description="Only papers from this file or format.")
    tags: tuple[str, ...] = Field(default=(), description="Only papers with all of these tags.")

    @property
    def filters(self) -> Filters:
        """The same as the library takes them."""
        return Filters(
            since=self.since, until=self.until, venue=self.venue, source=self.source, tags=self.tags
        )


class SearchPapers(_Filtered):
    """Rank the papers of the library that bear on a query, the closest first."""

    query: str = Field(min_length=1, description="What to look for, in plain words.")
    limit: int = Field(default=10, ge=1, le=100, description="How many papers at most.")


class GetPaper(_Value):
    """Read one paper of the library: title, abstract, authors, date, identifiers and sources."""

    key: str = Field(min_length=1, description="Its citation key, as search_papers gives it.")


class AddPapers(_Value):
    """Import papers from files: BibTeX, RIS, CSL-JSON, PubMed, CSV, JSONL and others, told by content."""

    paths: tuple[str, ...] = Field(min_length=1, description="Files and folders.")


class Ask(_Filtered):
    """Answer a question from the library: grouped claims, each with the words of an abstract it rests on."""

    question: str = Field(min_length=1, description="The question, in plain words.")
    limit: int = Field(default=30, ge=1, le=200, description="How many papers to consider at most.")
    engine: Literal["auto", "llm", "extractive"] = Field(
        default="auto",
        description="Who answers: llm writes, extractive quotes and needs no model, auto writes where a model"
        " is set up.",
    )


class DraftRelatedWork(Ask):
    """Write a related-work section from the library: themes of checked sentences, each with its citations."""

    limit: int = Field(default=40, ge=1, le=200, description="How many papers to consider at most.")
    words: int = Field(default=600, ge=100, le=10_000, description="About how long, in words.")
    themes: int = Field(default=5, ge=1, le=12, description="How many themes at most.")
    table: bool = Field(default=False, description="Add a table of method, data, result and limits.")


class CheckText(_Value):
    """Check every cited sentence of a Markdown text against the abstracts of the papers it cites."""

    text: str = Field(description="Markdown with citations as in Pandoc ([@key]) or LaTeX (\\cite{key}).")


class ListSources(_Value):
    """List the files and services that the library's papers came from, and how many from each."""


class SearchResults(_Value):
    """What a search found, the closest first."""

    results: tuple[RetrievedEntry, ...]


class SourceEntry(_Value):
    """A file or service, its format, and how many papers of the library came from it."""

    name: str
    format: str
    papers: int


class SourceList(_Value):
    """Where a library's papers came from, by name."""

    papers: int
    sources: tuple[SourceEntry, ...]


class ErrorDetail(_Value):
    """What stopped a command: its kind (a class of `litreview.errors`), what happened, what to do next.

    Exit codes: 1 error, 2 usage, 3 nothing relevant, 4 a check failed, 5 a provider could not be reached, 130
    interrupted.
    """

    type: str
    message: str
    hint: str
    exit_code: int


class ErrorReport(_Value):
    """What a command with --json prints where it fails and has no result to print."""

    error: ErrorDetail


@dataclass(frozen=True)
class Tool:
    """One tool: its arguments, whose docstring describes it, its result, and whether it changes nothing."""

    name: str
    arguments: type[BaseModel]
    result: type[BaseModel]
    read_only: bool = True

    @property
    def description(self) -> str:
        """One sentence that says what it does."""
        return (self.arguments.__doc__ or "").strip()


TOOLS: Mapping[str, Tool] = MappingProxyType(
    {
        tool.name: tool
        for tool in (
            Tool("add_papers", AddPapers, ImportReport, read_only=False),
            Tool("ask", Ask, Review),
            Tool("check_text", CheckText, DocumentReport),
            Tool("draft_related_work", DraftRelatedWork, RelatedWork),
            Tool("get_paper", GetPaper, Paper),
            Tool("list_sources", ListSources, SourceList),
            Tool("search_papers", SearchPapers, SearchResults),
        )
    }
)
# What the commands print with --json.
RESULTS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        "document-report": DocumentReport,
        "error": ErrorReport,
        "import-report": ImportReport,
        "paper": Paper,
        "related-work": RelatedWork,
        "review": Review,
        "search-results": SearchResults,
        "source-list": SourceList,
    }
)


def result_schema(result: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a result as it is printed."""
    return result.model_json_schema(mode="serialization")


def openai_tool(tool: Tool) -> dict[str, Any]:
    """A tool as OpenAI's chat completions take it (`tools`), with strict arguments."""
    parameters = strict(tool.arguments.model_json_schema())
    function = {
        "name": tool.name,
        "description": parameters.pop("description"),
        "parameters": parameters,
        "strict": True,
    }
    return {"type": "function", "function": function}


def strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON Schema in the form that strict function calling asks for.

    Every field of an object is required and no other allowed; a field that may be left out takes null
    instead, and `without_nulls` takes it out again. Defaults and titles are left out: the description says
    what a null means.
    """
    found = {name: value for name, value in schema.items() if name not in ("title", "default")}
    if "$defs" in found:
        found["$defs"] = {name: strict(value) for name, value in found["$defs"].items()}
    for name in ("anyOf", "oneOf", "allOf"):
        if name in found:
            found[name] = [strict(value) for value in found[name]]
    if isinstance(found.get("items"), Mapping):
        found["items"] = strict(found["items"])
    if found.get("type") == "object":
        fields = found.get("properties", {})
        needed = set(found.get("required", ()))
        found["properties"] = {
            name: strict(value) if name in needed else _nullable(value) for name, value in fields.items()
        }
        found["required"] = list(fields)
        found["additionalProperties"] = False
    return found


def _nullable(field: Mapping[str, Any]) -> dict[str, Any]:
    """A field that may be left out, as one that may be null; what null stands for is said in words."""
    plain = strict(field)
    default = field.get("default")
    said = plain.pop("description", "")
    if default not in (None, [], ""):
        said = f"{said} Null means {default!r}.".strip()
    options = plain.get("anyOf", [plain])
    if {"type": "null"} not in options:
        options = [*options, {"type": "null"}]
    return {"anyOf": options, **({"description": said} if said else {})}


def without_nulls(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a strict call as a tool's model takes them: null is the same as left out."""
    return {name: value for name, value in arguments.items() if value is not None}
