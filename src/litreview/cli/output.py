"""Where an answer goes and in what form: a terminal, a file, a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .model import LiveWatch, live_watch
from .shell import print_json, say, write_text

if TYPE_CHECKING:
    from litreview.answering import Preview
    from litreview.answers import Group, Review

Format = Literal["terminal", "markdown", "json"]
_SUFFIXES: dict[str, Format] = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".json": "json",
    ".txt": "terminal",
}


def format_of(format: Format | None, output: Path | None) -> Format:
    """The form that was asked for, or the one that fits where the answer goes."""
    if format is not None:
        return format
    if output is not None:
        return _SUFFIXES.get(output.suffix.lower(), "markdown")
    return "terminal" if sys.stdout.isatty() else "markdown"


def show_review(review: Review, format: Format, output: Path | None, *, shown: Sequence[Group] = ()) -> None:
    """Write a review to a file or to stdout; on a terminal without the groups that stand there already."""
    if format == "json":
        from litreview.render.json import render_json

        write_text(render_json(review.model_dump(mode="json")), output)
    elif format == "markdown":
        from litreview.render.markdown import render_markdown

        write_text(render_markdown(review), output)
    else:
        from rich.console import Console

        from litreview.render.terminal import print_review

        console = Console()
        if output is None:
            claims = {claim for group in review.groups for claim in group.claims}
            if not claims.issuperset(claim for group in shown for claim in group.claims):
                say("note: the answer has changed since its first groups were shown; here it is as a whole")
                shown = ()
            print_review(review, console, shown=shown)
            return
        with console.capture() as captured:
            print_review(review, Console(file=console.file, no_color=True))
        write_text(captured.get(), output)
    if output is not None:
        say(f"written: {output}")


@contextmanager
def writing_live(question: str, format: Format, output: Path | None) -> Iterator[LiveWatch]:
    """A watch for an answer that is being written; on a terminal its groups are shown as they are checked."""
    if format != "terminal" or output is not None or not sys.stdout.isatty():
        with live_watch(None) as watch:
            yield watch
        return
    from rich.console import Console

    from litreview.render.terminal import print_group, print_question

    console = Console()
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
