"""`litreview backup` and `litreview restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import JsonOption, LibraryOption
from .shell import guarded, opened_library, print_json, progress_bar, say, tell


@guarded
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write.", show_default=False)],
    *,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Write the whole library (papers, vectors, answers, replies) to one file; others may go on writing.

    Examples:

        litreview backup thesis-2026-11-21.backup

        litreview backup /mnt/disk/latest.backup --force
    """
    from litreview.library.backup import back_up

    with opened_library(library) as opened, progress_bar() as progress:
        written = back_up(opened.folder, file, force=force, progress=progress)
    if json:
        print_json({"file": str(file), **written.model_dump(mode="json")})
        return
    tell(
        f"{written.papers:,} papers, {written.runs:,} runs and {written.replies:,} replies written to {file}"
        f" ({file.stat().st_size / 1e6:,.1f} MB)"
    )


@guarded
def restore(
    file: Annotated[Path, typer.Argument(help="A file that backup wrote.", show_default=False)],
    *,
    force: Annotated[
        bool,
        typer.Option("--force", help="Put a library that is there aside; it is kept under another name."),
    ] = False,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Make a library from a backup, after checking every page of it, and build its vector index.

    Examples:

        litreview restore thesis-2026-11-21.backup --library ~/thesis

        litreview restore latest.backup --force
    """
    from litreview.errors import LitreviewError
    from litreview.library.restoring import restore as restore_library
    from litreview.settings import load_settings

    folder = load_settings(library=library).library.expanduser()
    with progress_bar() as progress:
        restored = restore_library(file, folder, force=force, progress=progress)
        try:
            with opened_library(library) as opened:
                opened.sync(progress=progress)
        except LitreviewError as error:
            # The papers are there and found; only the index is missing, as after any broken-off import.
            say(f"note: the vector index was not built: {error.message}")
            say(f"next: {error.hint}")
    written, kept = restored
    if json:
        print_json(
            {"library": str(folder), "kept": str(kept) if kept else None, **written.model_dump(mode="json")}
        )
        return
    counts = f"{written.papers:,} papers, {written.runs:,} runs and {written.replies:,} replies"
    tell(f"{counts} restored to {folder}")
    if kept:
        say(f"the library that was there is kept at {kept}")
