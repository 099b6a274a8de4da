"""A related-work section as files: the draft, its .bib and its evidence; what a person edited stays. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import NamedTuple

from .checking.passages import read_passages
from .errors import UsageError
from .papers import Paper
from .related_work import OutlineTheme, RelatedWork
from .render.bibtex import dump
from .render.blocks import Block, Dialect, parse_blocks, replaced
from .render.json import render_json
from .render.related_work import Citations, Draft, latex_draft, markdown_draft

# The first line of our .bib files: a file without it is somebody else's and is not written over.
_OURS = "% The papers that a litreview draft cites; written anew with it."


class DraftFiles(NamedTuple):
    """The texts of the three files."""

    draft: str
    bibliography: str
    evidence: str


class DraftPaths(NamedTuple):
    """Where the three files go: beside one another, under one name."""

    draft: PurePath
    bibliography: PurePath
    evidence: PurePath

    @classmethod
    def of(cls, draft: PurePath) -> DraftPaths:
        """The paths that go with a draft's own.

        Raises:
            UsageError: The draft is named like one of the files beside it.
        """
        if draft.suffix.lower() not in {".md", ".markdown", ".tex"}:
            raise UsageError(
                f"a draft is Markdown or LaTeX, so its name ends with .md or .tex, not {draft.name!r}",
                hint='litreview draft "…" -o related-work.md',
            )
        return cls(draft, draft.with_suffix(".bib"), draft.with_suffix(".evidence.json"))

    @property
    def dialect(self) -> Dialect:
        """What the draft is written in."""
        return "latex" if self.draft.suffix.lower() == ".tex" else "markdown"


class EarlierDraft(NamedTuple):
    """A draft that is there already, in its blocks and what stands between them."""

    parts: tuple[Block | str, ...]
    dialect: Dialect

    @classmethod
    def read(cls, text: str, dialect: Dialect) -> EarlierDraft:
        """Find the blocks of a draft; any text is one, if perhaps without blocks."""
        return cls(tuple(parse_blocks(text, dialect)), dialect)

    @property
    def edited(self) -> list[str]:
        """Names of the blocks that a person edited."""
        return [block.name or block.kind for block in self._blocks if block.edited]

    @property
    def outline(self) -> tuple[OutlineTheme, ...]:
        """Its paragraphs as themes; those that were edited are kept."""
        found = (block for block in self._blocks if block.kind == "paragraph")
        return tuple(OutlineTheme(heading=block.name, kept=block.edited) for block in found)

    @property
    def is_ours(self) -> bool:
        """Whether it has blocks at all."""
        return bool(self._blocks)

    @property
    def _blocks(self) -> list[Block]:
        return [part for part in self.parts if isinstance(part, Block)]


def draft_of(section: RelatedWork, paths: DraftPaths, *, citations: Citations = "natbib") -> Draft:
    """A section as the draft that its path asks for."""
    name = paths.bibliography.name
    if paths.dialect == "latex":
        return latex_draft(section, bibliography=name, citations=citations)
    return markdown_draft(section, bibliography=name)


def draft_files(
    section: RelatedWork, draft: Draft, papers: Mapping[str, Paper], *, earlier: EarlierDraft | None = None
) -> DraftFiles:
    """The texts of all three files.

    Args:
        section: What was written.
        draft: The same as text.
        papers: Papers by key, at least all that the text cites.
        earlier: The draft that is updated; None for a new one.
    """
    text = replaced(earlier.parts, draft.blocks, draft.dialect) if earlier else draft.text
    known = [papers[key] for key in cited_keys(text) if key in papers]
    return DraftFiles(
        draft=text,
        bibliography=f"{_OURS}\n\n{dump(known)}",
        evidence=render_json(section.model_dump(mode="json")),
    )


def cited_keys(text: str) -> list[str]:
    """The keys that a draft cites, in order, each once: Pandoc's marks and LaTeX's commands."""
    return list(dict.fromkeys(key for passage in read_passages(text) for key in passage.keys))


def is_our_bibliography(text: str) -> bool:
    """Whether a .bib file was written with a draft, so that it may be written anew."""
    return text.startswith(_OURS)


def read_outline(text: str) -> tuple[OutlineTheme, ...]:
    """The themes of a user's own Markdown outline: its headings, or the items of its list.

    Of headings on several levels the highest one with more than one counts. What stands under a heading, or
    behind an item's first colon or line, is what the theme is about.

    Raises:
        UsageError: There is no theme in it, or one heading twice.
    """
    themes = _headed(text) or _listed(text)
    if not themes:
        raise UsageError(
            "the outline has no themes in it",
            hint="write one theme a line as '## Heading', with notes under it",
        )
    names = [theme.heading.casefold() for theme in themes]
    twice = next((theme.heading for theme in themes if names.count(theme.heading.casefold()) > 1), None)
    if twice is not None:
        raise UsageError(
            f"the outline has the theme {twice!r} twice", hint="give each theme a name of its own"
        )
    return tuple(themes)


_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*\s*")
_ITEM = re.compile(r"(?:[-*+]|\d{1,3}[.)])\s+(.+)")


def _headed(text: str) -> list[OutlineTheme]:
    lines = text.splitlines()
    levels = [len(match[1]) for line in lines if (match := _HEADING.fullmatch(line.rstrip()))]
    if not levels:
        return []
    chosen = next((level for level in sorted(set(levels)) if levels.count(level) > 1), max(levels))
    found: list[tuple[str, list[str]]] = []
    for line in lines:
        match = _HEADING.fullmatch(line.rstrip())
        if match and len(match[1]) == chosen:
            found.append((match[2], []))
        elif match and len(match[1]) < chosen:
            continue
        elif found:
            found[-1][1].append(match[2] if match else line)
    return [OutlineTheme(heading=_plain([name]), focus=_plain(notes)) for name, notes in found]


def _listed(text: str) -> list[OutlineTheme]:
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        match = _ITEM.fullmatch(line.rstrip())
        if match:
            name, _, focus = match[1].partition(": ")
            found.append((name, [focus]))
        elif found and line.strip():
            found[-1][1].append(line.strip().lstrip("-*+ "))
    return [OutlineTheme(heading=_plain([name]), focus=_plain(notes)) for name, notes in found]


def _plain(lines: Iterable[str]) -> str:
    """Lines as one, without marks of emphasis."""
    return " ".join(" ".join(lines).replace("*", "").replace("`", "").split())
