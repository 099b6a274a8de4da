"""`render_page`: what the page says, as plain values, put into the template.

The page is one file. Its policy lets it load nothing, run no script and use no style but the two it holds, so
that a text that got through the escaping would still do nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from litreview.answers import Review
from litreview.mapping import LibraryMap
from litreview.papers import Paper
from litreview.render.common import (
    EXTRACTED,
    FLAGGED,
    HOW_TO_WRITE,
    WRITTEN,
    judgement_line,
    usage_line,
    visible,
)

from .parts import figures_of, groups_of, listed_of, references_of, removed_of
from .wording import VERDICTS

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER = Path(__file__).parent


def render_page(review: Review, *, papers: Mapping[str, Paper], library_map: LibraryMap | None = None) -> str:
    """Render a review as a page of HTML that holds all it needs.

    Args:
        review: The answer.
        papers: The retrieved papers by key, as they were when the answer was checked. One that is missing is
            shown without its abstract.
        library_map: Where the papers lie in their library; None leaves the map out.
    """
    seen = visible(review)
    groups = groups_of(review, papers)
    style, script = _text("page.css"), _text("page.js")
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            review=seen,
            groups=groups,
            references=references_of(review, papers, groups),
            removed=removed_of(seen.removed),
            mended=removed_of(repair.before for repair in seen.repaired),
            lists=(
                ("Also retrieved, on the edge of the question", listed_of(seen.uncited, seen, papers)),
                ("Not given to the model: no abstract, or too long", listed_of(seen.left_out, seen, papers)),
                (FLAGGED, listed_of(seen.flagged, seen, papers)),
            ),
            figures=figures_of(seen, groups, library_map),
            note=EXTRACTED if seen.engine == "extractive" else WRITTEN,
            how_to_write=HOW_TO_WRITE if seen.engine == "extractive" else "",
            usage=usage_line(seen) if seen.engine == "llm" else "",
            judgement=judgement_line(seen.judgement) if seen.judgement else "",
            verdicts=VERDICTS,
            style=style,
            script=script,
            policy=_policy(style, script),
        )
    )


@cache
def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """A Content Security Policy that allows this style and this script by their digests, nothing else."""
    return (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; base-uri 'none';"
        " form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # Escaping is on for every value; only our own style and script are marked safe, in the template.
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
