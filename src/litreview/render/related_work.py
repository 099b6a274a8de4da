"""A related-work section as Markdown with Pandoc citations, or as LaTeX with natbib's or biblatex's. Pure.

One sentence a line, so that differences between versions can be read. Text from papers and models is escaped:
it shows as it is, and does nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from litreview.answers import Claim
from litreview.related_work import ASPECTS, NOT_STATED, RelatedWork, Row, Theme
from litreview.text.cleaning import strip_controls
from litreview.text.pandoc import cited, escape_pandoc

from .bibtex import escape as escape_tex
from .blocks import Block, Dialect, framed
from .common import EXTRACTED, WRITTEN, quotation, short_title, usage_line, visible

Citations = Literal["natbib", "biblatex"]

TITLE = "Related work"
_HEADS = {"method": "Method", "data": "Data", "result": "Main result", "limits": "Limits"}


class Draft(NamedTuple):
    """A section as text: what stands before its blocks, and the blocks."""

    dialect: Dialect
    head: str
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        """The whole file."""
        return "\n".join([self.head, *(framed(block, self.dialect) for block in self.blocks)])


class _Form(NamedTuple):
    """How one dialect writes what both have."""

    heading: Callable[[str], str]
    opening: Callable[[str], str]
    sentence: Callable[[str, Sequence[str]], str]
    table: Callable[[Sequence[Row]], str]
    comment: Callable[[Sequence[str]], str]


def markdown_draft(section: RelatedWork, *, bibliography: str) -> Draft:
    """A section as Markdown for `pandoc --citeproc`.

    Args:
        section: What is rendered.
        bibliography: The name of the .bib file beside it.
    """
    form = _Form(
        heading=lambda text: f"## {escape_pandoc(text)}\n",
        opening=escape_pandoc,
        sentence=cited,
        table=_markdown_table,
        comment=_markdown_comment,
    )
    # JSON strings are YAML strings; Pandoc reads what is in them as Markdown.
    title = json.dumps(f"{TITLE}: {escape_pandoc(strip_controls(section.question))}", ensure_ascii=False)
    matter = (
        f"title: {title}",
        f"bibliography: {json.dumps(bibliography, ensure_ascii=False)}",
        "link-citations: true",
        "reference-section-title: References",
    )
    head = "\n".join(["---", *matter, "---", "", f"# {TITLE}", ""])
    return Draft("markdown", head, tuple(_blocks(visible(section), form)))


def latex_draft(section: RelatedWork, *, bibliography: str, citations: Citations = "natbib") -> Draft:
    r"""A section as LaTeX to be read with \input.

    Args:
        section: What is rendered.
        bibliography: The name of the .bib file beside it.
        citations: Whose commands cite.
    """
    command = r"\citep" if citations == "natbib" else r"\autocite"

    def sentence(text: str, keys: Sequence[str]) -> str:
        line = escape_tex(" ".join(text.split()))
        end = line[-1:] if line[-1:] in {".", "!", "?"} else "."
        return f"{line.rstrip('.!?')}~{command}{{{','.join(keys)}}}{end}"

    name = bibliography.removesuffix(".bib")
    natbib = rf"\usepackage{{natbib}} and, at the end, \bibliographystyle{{plainnat}} \bibliography{{{name}}}"
    biblatex = (
        rf"\usepackage{{biblatex}} \addbibresource{{{bibliography}}} and, at the end, \printbibliography"
    )
    tables = r"; for the table \usepackage{longtable}" if section.table else ""
    head = (
        f"% Needs {natbib if citations == 'natbib' else biblatex}{tables}\n"
        f"\\section{{{TITLE}}}\n\\label{{sec:related-work}}\n"
    )
    form = _Form(
        heading=lambda text: rf"\paragraph{{{escape_tex(text)}}}",
        opening=escape_tex,
        sentence=sentence,
        table=lambda rows: _latex_table(rows, sentence),
        comment=lambda lines: "".join(f"% {line}\n" for line in lines),
    )
    return Draft("latex", head, tuple(_blocks(visible(section), form)))


def _blocks(section: RelatedWork, form: _Form) -> Iterator[Block]:
    titles = {entry.key: entry.title for entry in section.retrieved}
    for theme in section.themes:
        lines = _sentences(theme, titles, form, extracted=section.engine == "extractive")
        yield Block("paragraph", theme.heading, "\n".join([form.heading(theme.heading), *lines, ""]))
    if section.table:
        yield Block("table", "", form.table(section.table))
    yield Block("made", "", form.comment(list(_notes(section))))


def _sentences(theme: Theme, titles: dict[str, str], form: _Form, *, extracted: bool) -> Iterator[str]:
    if theme.opening:
        yield form.opening(theme.opening)
    for claim in theme.claims:
        yield form.sentence(_quoted(claim, titles) if extracted else claim.text, claim.citations)


def _quoted(claim: Claim, titles: dict[str, str]) -> str:
    """An extracted sentence between quotation marks, under the name of its paper."""
    names = ", ".join(short_title(titles[key]) for key in claim.citations)
    # The full stop goes behind the citation; without it these are still the abstract's words.
    return f"{names}: “{quotation(claim.text.removesuffix('.'))}”"


def _notes(section: RelatedWork) -> Iterator[str]:
    """How the section was made, and what it does not cite: for the person who edits it."""
    yield EXTRACTED if section.engine == "extractive" else f"{WRITTEN} {usage_line(section)}"
    if section.run and section.engine == "extractive":
        yield f"run {section.run}"
    if section.removed:
        yield f"{len(section.removed)} sentences did not stand their check and were removed (evidence file)."
    if section.unfilled:
        yield f"No paper was found for: {'; '.join(section.unfilled)}."
    if section.omitted:
        yield "Considered and not cited:"
        yield from (f"- {omission.key}: {omission.reason}" for omission in section.omitted)


def _markdown_comment(lines: Sequence[str]) -> str:
    # Two hyphens end a comment, whatever comes after them, in some readers.
    body = "\n".join(lines).replace("--", "‐‐").replace(">", "›")
    return f"<!--\n{body}\n-->\n"


def _markdown_table(rows: Sequence[Row]) -> str:
    heads = ["Paper", *(_HEADS[aspect] for aspect in ASPECTS)]
    lines = [f"| {' | '.join(heads)} |", f"|{'|'.join(['---'] * len(heads))}|"]
    for row in rows:
        cells = (
            f"“{escape_pandoc(cell.quote)}” [@{row.key}]" if cell.quote else f"*{NOT_STATED}*"
            for cell in row.cells
        )
        lines.append(f"| @{row.key} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _latex_table(rows: Sequence[Row], sentence: Callable[[str, Sequence[str]], str]) -> str:
    heads = " & ".join(["Paper", *(_HEADS[aspect] for aspect in ASPECTS)])
    columns = "p{0.12\\textwidth}" + "p{0.19\\textwidth}" * len(ASPECTS)
    body = []
    for row in rows:
        cells = (
            f"``{escape_tex(cell.quote)}''" if cell.quote else rf"\emph{{{NOT_STATED}}}" for cell in row.cells
        )
        paper = sentence("", [row.key]).strip("~.")
        body.append(f"{paper} & {' & '.join(cells)} \\\\\n")
    head = f"\\begin{{longtable}}{{{columns}}}\n{heads} \\\\\n\\hline\n\\endhead\n"
    return f"{head}{''.join(body)}\\end{{longtable}}\n"
