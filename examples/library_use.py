"""litreview as a library: fill one from the example pages, search it, and read an answer claim by claim.

python examples/library_use.py
"""

from __future__ import annotations

from pathlib import Path

from litreview.library import Library
from litreview.retrieval import retrieve
from litreview.review import ask
from litreview.sources import read_sources

PAGES = Path(__file__).parent / "pages"


def main() -> None:
    """Print what was imported, the closest papers to a query, and an answer with its evidence."""
    # A library of a moment's life; `Library("~/papers")` opens or makes one that stays.
    with Library.temporary() as library:
        for batch in read_sources([PAGES]):
            report = library.add(batch.papers)
            print(f"{report.added} added, {report.merged} merged; {report.papers} papers in the library")
        library.sync()

        print("\nClosest to 'frequency domain forecasting':")
        for found in retrieve(library, "frequency domain forecasting", limit=3).papers:
            print(f"  {found.score:.2f}  {found.paper.key}  {found.paper.title}")

        review = ask(library, "how do MLPs compete with attention?")
        print(f"\n{review.summary}")
        for group in review.groups:
            print(f"\n{group.heading}")
            for claim in group.claims:
                (evidence,) = claim.evidence
                abstract = library.paper(evidence.key).abstract or ""
                assert abstract[evidence.start : evidence.end] == evidence.quote
                print(f"  [{evidence.key}] {evidence.quote}")


if __name__ == "__main__":
    main()
