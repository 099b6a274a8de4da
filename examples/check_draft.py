"""Check a related-work section that somebody wrote: which citations do the abstracts not carry?

python examples/check_draft.py
"""

from __future__ import annotations

from pathlib import Path

from litreview import Library

HERE = Path(__file__).parent


def main() -> None:
    """Print every sentence that failed, with the place, and why."""
    with Library.temporary() as library:
        library.add(HERE / "pages")
        report = library.check_files(HERE / "related-work.md", bibs=[HERE / "refs.bib"])
        for claim in report.claims:
            if claim.verdict == "unsupported":
                print(f"line {claim.line}: {', '.join(claim.reasons)}")
                for line in claim.explanations:
                    print(f"  {line}")
        summary = report.summary
        print(
            f"{summary.supported} supported, {summary.weak} weak, {summary.unsupported} unsupported"
            f" of {len(report.claims)} sentences"
        )


if __name__ == "__main__":
    main()
