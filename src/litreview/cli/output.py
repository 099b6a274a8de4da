"""Where an answer goes and in what form: a terminal, a file, a pipe."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .model import LiveWatch, live_watch
from .shell import print_json, say, write_text

if TYPE_CHECKING:
    from rich.console import Console

    from litreview.answering import Preview
    from litreview.answers import Group, Review
    from litreview.library import Library
    from litreview.papers import Paper

Format = Literal["terminal", "markdown", "html", "json"]
_SUFFIXES: dict[str, Format] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".json": "json",
    ".txt": "terminal",
}
# Columns of a text file, which nobody resizes.
_FILE_WIDTH = 80


def format_of(format: Format | None, output: Path | None) -> Format:
    """The form that was asked for, or the one that fits where the answer goes."""
    if format is not None:
        return format
    if output is not None:
        return _SUFFIXES.get(output.suffix.lower(), "markdown")
    return "terminal" if sys.stdout.isatty() else "markdown"


def show_review(
    review: Review,
    format: Format,
    output: Path | None,
    *,
    library: Library,
    papers: Iterable[Paper] = (),
    shown: Sequence[Group] = (),
) -> None:
    """Write a review to a file or to stdout.

    Args:
        review: What to write.
        format: In what form.
        output: The file, or None for stdout.
        library: Where its papers are.
        papers: The retrieved papers as the answer was made from them; none to take them from the library.
        shown: Groups that stand on the terminal already.
    """
    if format == "json":
        from litreview.render.json import render_json

        write_text(render_json(review.model_dump(mode="json")), output)
    elif format == "markdown":
        from litreview.render.markdown import render_markdown

        write_text(render_markdown(review), output)
    elif format == "html":
        from litreview.pages import page_of

        write_text(page_of(review, library, papers), output)
    else:
        _show_text(review, output, shown)
    if output is not None:
        say(f"written: {output}")


def _show_text(review: Review, output: Path | None, shown: Sequence[Group]) -> None:
    from litreview.render.terminal import print_review

    if output is None:
        claims = {claim for group in review.groups for claim in group.claims}
        if not claims.issuperset(claim for group in shown for claim in group.claims):
            say("note: the answer has changed since its first groups were shown; here it is as a whole")
            shown = ()
        print_review(review, _console(), shown=shown)
        return
    text = io.StringIO()
    print_review(review, _console(file=text))
    write_text(text.getvalue(), output)


def _console(file: io.StringIO | None = None) -> Console:
    """The terminal as wide as it is, also a dumb one, which Rich takes for 80 columns; or a text file."""
    from rich.console import Console

    if file is not None:
        return Console(file=file, width=_FILE_WIDTH, no_color=True, force_terminal=False)
    console = Console()
    if console.is_dumb_terminal:
        width, height = shutil.get_terminal_size()
        return Console(width=width, height=height)
    return console


@contextmanager
def writing_live(question: str, format: Format, output: Path | None) -> Iterator[LiveWatch]:
    """A watch for an answer that is being written; on a terminal its groups are shown as they are checked."""
    if format != "terminal" or output is not None or not sys.stdout.isatty():
        with live_watch(None) as watch:
            yield watch
        return
    from litreview.render.terminal import print_group, print_question

    console = _console()
    begun = False

    def show(group: Group) -> None:
        nonlocal begun
        if not begun:
            print_question(question, console)
            begun = True
        print_group(group, console)

    with live_watch(show) as watch:
        yield watch


def print_preview(preview: Preview, *, json: bool, output: Path | None) -> None:
    """Show what would be sent: the prompts to stdout or a file, the figures to stderr."""
    if json:
        print_json(preview)
        return
    shown = (
        f"----- {prompt.name}: {role} -----\n{text}\n"
        for prompt in preview.prompts
        for role, text in (("system", prompt.system), ("user", prompt.user))
    )
    write_text("\n".join(shown), output)
    at_most = "" if preview.exact else "at most "
    cost = f"at most ${preview.cost:.4f}" if preview.cost is not None else "price unknown (prices.toml)"
    calls = "1 call" if preview.calls == 1 else f"{preview.calls} calls"
    say(
        f"nothing was sent. {preview.model} at {preview.server}: {calls}, {at_most}{preview.prompt_tokens:,}"
        f" tokens of prompt, at most {preview.reply_tokens:,} of reply, {cost}"
    )
    if preview.left_out:
        say(f"left out, without an abstract or too long: {', '.join(preview.left_out)}")
