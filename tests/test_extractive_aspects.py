from __future__ import annotations

import pytest

from litreview.extractive import extract
from litreview.extractive.aspects import synthesis_row
from litreview.library import Library
from litreview.papers import Paper
from litreview.retrieval import retrieve

METHOD = "We propose StackNet, which stacks two blocks of projections."
DATA = "It is trained on ImageNet-1K and on two further data sets."
RESULT = "StackNet reaches 81.9% top-1 accuracy, more than comparable networks."
LIMITS = "Its throughput is lower, a drawback on small devices."
ABSTRACT = " ".join(
    ["Existing methods fail to scale and cannot be trained on large corpora.", METHOD, DATA, RESULT, LIMITS]
)


def _quotes(abstract: str | None) -> dict[str, str | None]:
    paper = Paper(key="k", title="StackNet", abstract=abstract)
    row = synthesis_row(paper)
    for cell in row.cells:
        if cell.quote is not None:
            assert (abstract or "")[cell.start : cell.end] == cell.quote
    return {cell.aspect: cell.quote for cell in row.cells}


def test_each_aspect_is_the_sentence_that_states_it() -> None:
    assert _quotes(ABSTRACT) == {"method": METHOD, "data": DATA, "result": RESULT, "limits": LIMITS}


@pytest.mark.parametrize("missing", [METHOD, LIMITS])
def test_what_is_not_stated_stays_empty(missing: str) -> None:
    quotes = _quotes(ABSTRACT.replace(missing, ""))
    aspect = {METHOD: "method", LIMITS: "limits"}[missing]
    assert quotes[aspect] is None


@pytest.mark.parametrize("abstract", [None, "", "Why?", "We hope this helps."])
def test_an_abstract_that_says_nothing_has_empty_cells(abstract: str | None) -> None:
    assert set(_quotes(abstract).values()) == {None}


def test_an_outline_puts_each_paper_under_the_heading_it_shares_most_with(
    library: Library, papers: list[Paper]
) -> None:
    library.add(papers)
    library.sync()
    retrieved = retrieve(library, "token mixing with perceptrons", limit=8)
    outline = {"Frequency domain": "", "Shifting channels": "", "Coral reefs": ""}
    answer = extract(retrieved, index=library, outline=outline)
    found = {group.heading: [claim.citations[0] for claim in group.claims] for group in answer.groups}
    assert found["Frequency domain"] == ["fourmix2023"]
    assert found["Shifting channels"] == ["shiftmix2022"]
    assert list(found) == ["Frequency domain", "Shifting channels"]
    assert {*answer.uncited, "fourmix2023", "shiftmix2022"} == {p.paper.key for p in retrieved.papers}
