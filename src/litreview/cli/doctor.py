"""`litreview doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .options import JsonOption, LibraryOption
from .shell import guarded, opened_library, print_json, progress_bar, say

if TYPE_CHECKING:
    from litreview.diagnosis import Diagnosis


@guarded
def doctor(
    *,
    repair: Annotated[
        bool, typer.Option("--repair", help="Complete what is unfinished and rebuild the index.")
    ] = False,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Tell what is configured and whether the library is consistent; exit 0 when it is.

    Examples:

        litreview doctor

        litreview doctor --repair
    """
    from litreview.diagnosis import diagnose

    with opened_library(library) as opened:
        if repair:
            with progress_bar() as progress:
                if not diagnose(opened).consistent:
                    opened.sync(progress=progress, rebuild=True)
        found = diagnose(opened)
    if json:
        print_json(found)
    else:
        _print_diagnosis(found)
    if not found.consistent:
        say("next: litreview doctor --repair")
        raise typer.Exit(1)


def _print_diagnosis(found: Diagnosis) -> None:
    rows = {
        "library": found.library,
        "papers": f"{found.papers:,}"
        + (f", {found.without_abstract:,} without abstract" if found.without_abstract else ""),
        "catalogue": found.catalogue,
        "embedding": found.embedding,
        "vector index": found.index + (f" ({found.index_reason})" if found.index_reason else ""),
        "not yet indexed": f"{found.pending:,}",
        "engine": found.engine,
    }
    for name, value in rows.items():
        print(f"{name + ':':<17}{value}")
