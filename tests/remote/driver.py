"""A machine of its own: python -m tests.remote.driver FOLDER URL PREFIX FIRST LAST BATCH

Adds invented papers, prints the keys of each batch once they are added, and syncs. Keys of different papers
would be the same: one author and year for many of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from litreview.errors import LitreviewError
from litreview.library import Library
from litreview.library.remote import ServerAddress
from litreview.papers import Paper

_WORDS = ("coral", "kelp", "tide", "reef", "seagrass", "plankton", "current", "salinity", "buoy", "sonar")


def paper(number: int) -> Paper:
    """The invented paper of a number."""
    words = [_WORDS[(number // 10**place + place) % 10] for place in range(4)]
    return Paper(
        title=f"Study {number} of {' and '.join(words[:2])}",
        authors=(f"Ada Number{number % 7}",),
        published="2024",
        abstract=f"We study {words[0]} with {words[1]}, {words[2]} and {words[3]} at station {number}.",
    )


def main(folder: str, url: str, prefix: str, *numbers: str) -> None:
    """Add, print, sync."""
    first, last, size = map(int, numbers)
    with Library(Path(folder), server=ServerAddress.parse(url, prefix=prefix)) as library:
        for start in range(first, last, size):
            report = library.add([paper(n) for n in range(start, min(start + size, last))])
            print(*report.keys, flush=True)
        library.sync()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except LitreviewError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
