"""The Typer application: every command, in the order of its help page."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from . import (
    asking,
    backing_up,
    checking,
    doctor,
    drafting,
    duplicates,
    evaluating,
    fetching,
    importing,
    papers,
    reembedding,
    runs,
    schema,
    serving,
    syncing,
)
from .group import Group
from .shell import set_quiet

app = typer.Typer(
    name="litreview",
    cls=Group,
    help="Literature reviews you can check: every claim of an answer cites the words it rests on.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"litreview {version('litreview')}")
        raise typer.Exit


@app.callback()
def _options(
    show_version: Annotated[  # noqa: ARG001 - handled by its callback
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and end."),
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Data only: no notes, warnings or progress on stderr.")
    ] = False,
) -> None:
    set_quiet(quiet)


app.command("add")(importing.add)
app.command("fetch")(fetching.fetch)
app.command("enrich")(fetching.enrich)
app.command("search")(asking.search)
app.command("ask")(asking.ask)
app.command("draft")(drafting.draft)
app.command("list")(papers.list_papers)
app.command("show")(papers.show)
app.command("remove")(papers.remove)
app.command("duplicates")(duplicates.duplicates)
app.command("split")(duplicates.split)
app.command("export")(papers.export)
app.command("runs")(runs.runs)
app.command("replay")(runs.replay)
app.command("check")(checking.check)
app.command("reembed")(reembedding.reembed)
app.command("sync")(syncing.sync)
app.command("doctor")(doctor.doctor)
app.command("backup")(backing_up.backup)
app.command("restore")(backing_up.restore)
app.command("schema")(schema.schema)
app.command("mcp")(serving.mcp)
app.add_typer(evaluating.app, name="eval")


def run() -> None:
    """Run the application on `sys.argv`."""
    for stream in (sys.stdout, sys.stderr):
        # Abstracts hold any character; a terminal that cannot show one gets a "?", not an error.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app()
