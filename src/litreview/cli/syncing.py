"""`litreview sync`."""

from __future__ import annotations

from .options import JsonOption, LibraryOption
from .shell import guarded, opened_library, print_json, progress_bar, say


@guarded
def sync(*, library: LibraryOption = None, json: JsonOption = False) -> None:
    """Exchange papers with the Chroma server on which this library is shared (LITREVIEW_CHROMA_URL).

    What other machines added, changed and removed comes here; what waits here goes there. Broken off, the
    same command goes on from there.

    Examples:

        LITREVIEW_CHROMA_URL=https://chroma.example.org litreview sync

        litreview sync --json
    """
    with opened_library(library, create=True) as opened, progress_bar() as progress:
        report = opened.share(progress=progress)
    for key, now in report.renamed.items():
        say(f"note: {key} is now {now}")
    if json:
        print_json(report)
    else:
        print(
            f"{report.papers:,} papers, the same as on {report.server}: {report.received:,} records received,"
            f" {report.sent:,} sent"
        )
