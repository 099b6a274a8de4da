"""litreview as a library: fill one from the example pages, search it, and read an answer claim by claim.

python examples/library_use.py
"""

from __future__ import annotations

from pathlib import Path

from litreview import Library

PAGES = Path(__file__).parent / "pages"


def main() -> None:
    """Print what was imported, the closest papers to a query, and an answer with its evidence."""
    # A library of a moment's life; `Library.open("~/papers")` opens or makes one that stays.
    with Library.temporary() as library:
        report = library.add(PAGES)
        print(f"{report.added} added, {report.merged} merged; {report.papers} papers in the library")

        print("\nClosest to 'frequency domain forecasting':")
        for found in library.search("frequency domain forecasting", limit=3):
            print(f"  {found.score:.2f}  {found.key}  {found.title}")

        review = library.ask("how do MLPs compete with attention?", engine="extractive")
        print(f"\n{review.summary}")
        for group in review.answer.groups:
            print(f"\n{group.heading}")
            for claim in group.claims:
                (evidence,) = claim.evidence
                abstract = library.get(evidence.key).abstract or ""
                assert abstract[evidence.start : evidence.end] == evidence.quote
                print(f"  [{evidence.key}] {evidence.quote}")


if __name__ == "__main__":
    main()
