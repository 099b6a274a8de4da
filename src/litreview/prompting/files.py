"""Prompt files: Markdown with YAML front matter, checked when they are read, rendered in a sandbox."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from litreview.errors import PromptError
from litreview.llm.types import Prompt

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

# What the program hands to each prompt besides the delimiter. A file has to name and use all of it.
_INPUTS: Mapping[str, frozenset[str]] = {
    "answer": frozenset({"question", "papers"}),
    "join": frozenset({"question", "claims", "gaps"}),
    "repair": frozenset({"question", "claims", "papers"}),
    "judge": frozenset({"items"}),
    "themes": frozenset({"question", "papers", "outline", "most"}),
    "theme": frozenset({"question", "theme", "others", "words", "tense", "person", "papers"}),
    "connect": frozenset({"question", "sentences", "fixed", "tense", "person"}),
    "table": frozenset({"question", "papers"}),
    "host-answer": frozenset({"question", "papers"}),
    "host-section": frozenset({"question", "papers", "words"}),
}
_FENCE = "---"
_SYSTEM, _USER = "# System", "# User"
# A prompt file is a page or two; whatever is larger is another file.
_LARGEST = 100_000


class _FrontMatter(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: int
    description: str
    inputs: dict[str, str]
    output: Literal["answer", "joined", "repaired", "judged", "themes", "theme", "connected", "table", "text"]


class PromptTemplate(BaseModel):
    """A prompt file as it was read: its front matter, its two parts, and a hash of the whole file."""

    model_config = ConfigDict(frozen=True)

    name: str
    version: int
    description: str
    inputs: tuple[str, ...]
    path: Path
    digest: str
    system: str
    user: str

    def render(self, *, label: str = "", **inputs: str) -> Prompt:
        """Fill in the inputs; the delimiter around the data is random and new each time.

        Args:
            label: Told apart from other prompts of the same file by this ("2 of 5").
            **inputs: Every input the file names, as text.

        Raises:
            PromptError: The template fails; the message names file and line.
        """
        delimiter = f"RECORDS-{secrets.token_hex(8)}"
        values = {**inputs, "delimiter": delimiter}
        name = f"{self.name} {label}".strip()
        system, user = (self._fill(part, values) for part in (self.system, self.user))
        return Prompt(name=name, system=system, user=user, delimiter=delimiter)

    def _fill(self, part: str, values: Mapping[str, str]) -> str:
        from jinja2 import TemplateError

        try:
            return _environment().from_string(part).render(values).strip()
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise PromptError(
                f"the prompt {str(self.path)!r} cannot be rendered: {error}", hint=_HINT
            ) from error


_HINT = "mend the file, or take it out of your prompts folder to use ours"


class Prompts:
    """The prompts in use: ours, and those of a user's own folder in place of them, file by file.

    Args:
        own: The user's folder, or None.

    Raises:
        PromptError: The folder does not exist, or a file of it cannot be used. All files are checked at once.
    """

    def __init__(self, own: Path | None = None) -> None:
        if own is not None and not own.is_dir():
            raise PromptError(f"there is no prompts folder {str(own)!r}", hint="litreview ask --help")
        self._templates = {name: self._read(name, own) for name in _INPUTS}

    def __getitem__(self, name: str) -> PromptTemplate:
        return self._templates[name]

    def __iter__(self) -> Iterator[PromptTemplate]:
        return iter(self._templates.values())

    @staticmethod
    def _read(name: str, own: Path | None) -> PromptTemplate:
        file = f"{name}.md"
        path = own / file if own is not None and (own / file).exists() else _our_folder() / file
        return read_template(path, expected=name)


def read_template(path: Path, *, expected: str) -> PromptTemplate:
    """Read one prompt file and check it.

    Raises:
        PromptError: It cannot be read, lacks a part, or uses a variable that it may not use.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise PromptError(f"the prompt {str(path)!r} is larger than {_LARGEST:,} bytes", hint=_HINT)
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"the prompt {str(path)!r} cannot be read ({error})", hint=_HINT) from error
    matter, body, first_line = _split(text, path)
    if matter.name != expected:
        raise PromptError(f"{str(path)!r}:1: its name is {matter.name!r}, not {expected!r}", hint=_HINT)
    _check_variables(body, path, first_line=first_line, declared=set(matter.inputs), expected=expected)
    system, user = _parts(body, path)
    return PromptTemplate(
        name=matter.name,
        version=matter.version,
        description=matter.description,
        inputs=tuple(matter.inputs),
        path=path,
        digest=hashlib.blake2b(text.encode(), digest_size=16).hexdigest(),
        system=system,
        user=user,
    )


def _our_folder() -> Path:
    """Where our own prompts are: in the package when it was installed, beside src/ in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "prompts"
    return installed if installed.is_dir() else package.parents[1] / "prompts"


def _split(text: str, path: Path) -> tuple[_FrontMatter, str, int]:
    """Front matter, body, and the line of the file (from 1) at which the body begins."""
    import yaml

    lines = text.splitlines()
    if not lines or lines[0].strip() != _FENCE or _FENCE not in (line.strip() for line in lines[1:]):
        raise PromptError(f"{str(path)!r}:1: front matter between two lines of --- is missing", hint=_HINT)
    end = next(number for number, line in enumerate(lines[1:], start=1) if line.strip() == _FENCE)
    try:
        matter = _FrontMatter.model_validate(yaml.safe_load("\n".join(lines[1:end])))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        problem = getattr(error, "problem", None) or type(error).__name__
        raise PromptError(
            f"{str(path)!r}:{line}: the front matter is no YAML ({problem})", hint=_HINT
        ) from error
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        name = ".".join(map(str, problem["loc"])) or "it"
        raise PromptError(f"{str(path)!r}:1: front matter, {name}: {problem['msg']}", hint=_HINT) from error
    return matter, "\n".join(lines[end + 1 :]), end + 2


def _parts(body: str, path: Path) -> tuple[str, str]:
    lines = body.splitlines()
    try:
        system, user = lines.index(_SYSTEM), lines.index(_USER)
    except ValueError:
        system, user = 1, 0
    if user < system:
        raise PromptError(f"{str(path)!r}: it needs a part {_SYSTEM!r} and then a part {_USER!r}", hint=_HINT)
    return "\n".join(lines[system + 1 : user]), "\n".join(lines[user + 1 :])


def _check_variables(body: str, path: Path, *, first_line: int, declared: set[str], expected: str) -> None:
    from jinja2 import TemplateSyntaxError, nodes

    # Compiling finds what parsing does not: filters and tests that do not exist.
    known = _INPUTS[expected] | {"delimiter"}
    try:
        tree = _environment().parse(body)
        _environment().from_string(body)
    except TemplateSyntaxError as error:
        raise PromptError(
            f"{str(path)!r}:{first_line + error.lineno - 1}: {error.message}", hint=_HINT
        ) from error
    local = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "store"}
    used = {
        node.name: node.lineno for node in reversed(list(tree.find_all(nodes.Name))) if node.ctx == "load"
    }
    for name, line in used.items():
        if name not in declared | local:
            raise PromptError(
                f"{str(path)!r}:{first_line + line - 1}: the variable {name!r} is not among the file's inputs"
                f" ({', '.join(sorted(declared))})",
                hint=_HINT,
            )
    for name in sorted(declared - known):
        raise PromptError(
            f"{str(path)!r}:1: the input {name!r} is not one of {', '.join(sorted(known))}", hint=_HINT
        )
    for name in sorted(declared - set(used)):
        raise PromptError(f"{str(path)!r}:1: the input {name!r} is named and never used", hint=_HINT)
    for name in sorted(known - declared):
        raise PromptError(f"{str(path)!r}:1: the input {name!r} is missing", hint=_HINT)


def _environment() -> ImmutableSandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    # A prompt is plain text for a model, not HTML for a browser: escaping would alter the abstracts.
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
