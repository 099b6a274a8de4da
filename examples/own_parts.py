"""Parts of one's own: a format that litreview does not know, and an embedder.

python examples/own_parts.py
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from litreview import Library, Paper, Rejected, SourceBatch
from litreview.testing import HashedEmbedder

NOTES = """\
Ada Moss (2021) Patch Mixer: Vision Without Attention
Ben Ruiz (2023) Counting Fish in Underwater Video
no year in this line
"""


def parse_notes(text: str, *, name: str) -> SourceBatch:
    """One paper a line: author, year, title. What does not fit is rejected, and its neighbours are kept."""
    papers, rejected = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        author, bracket, rest = line.partition(" (")
        year, _, title = rest.partition(") ")
        if bracket and title:
            papers.append(Paper(title=title, authors=(author,), published=year))
        else:
            rejected.append(Rejected(path=name, line=number, reason="no '(year)' in it", raw=line))
    return SourceBatch(papers=tuple(papers), rejected=tuple(rejected))


def main() -> None:
    """Print what was read, and what was found by vectors of one's own."""
    with TemporaryDirectory() as folder:
        notes = Path(folder) / "reading-list.txt"
        notes.write_text(NOTES, encoding="utf-8")
        with Library.open(Path(folder) / "library", embedder=HashedEmbedder()) as library:
            report = library.add(notes, format=parse_notes)
            for rejected in report.rejected:
                print(f"rejected: line {rejected.line}: {rejected.reason}")
            for found in library.search("counting fish"):
                print(f"{found.key}: {found.title}")


if __name__ == "__main__":
    main()
