from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from litreview.duplicates import Duplicates, find_duplicates
from litreview.duplicates.candidates import alike_pairs, sharing_pairs
from litreview.library import Library, Outline
from litreview.papers import Paper

TITLE = "ReefNet: Watching Coral Reefs Through the Seasons with Little Labelled Video"
ABSTRACT = (
    "Corals bleach slowly. We follow forty reefs over three years with cameras that a diver leaves on the"
    " ground, and find that few labels are enough where the light is modelled."
)
OTHER_ABSTRACT = "Tides were forecast from buoys in harbours, which is a wholly different matter altogether."
AUTHORS = ("Ada Reef", "Bo Coral", "Cy Kelp")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """An empty library without an index, which is not needed here."""
    with Library(tmp_path / "library", indexed=False) as opened:
        yield opened


def paper(**known: object) -> Paper:
    fields = {
        "title": TITLE,
        "abstract": ABSTRACT,
        "authors": AUTHORS,
        "published": "2021",
        "doi": "10.1234/a",
    }
    return Paper.model_validate({**fields, **known})


def found(library: Library, other: Paper, *, versions: bool = False) -> Duplicates:
    library.add([paper()])
    library.add([other])
    assert len(library) == 2, "merged unasked"
    return find_duplicates(library, versions=versions)


@pytest.mark.parametrize(
    ("changed", "kinds"),
    [
        ({"doi": "10.1234/b"}, {"doi"}),
        ({"doi": "10.1234/b", "published": "2024"}, {"doi", "year"}),
        ({"doi": None, "published": "2018"}, {"year"}),
        ({"doi": None, "title": TITLE.replace("Labelled", "Labeled")}, {"spelling"}),
        ({"doi": None, "title": TITLE.replace("Coral", "Corla"), "authors": ()}, {"spelling"}),
        ({"doi": None, "title": TITLE.replace(" of ", " fo "), "published": "2018"}, {"year"}),
        ({"doi": None, "title": "ReefNet", "authors": ("Reef, A.",)}, {"subtitle"}),
        ({"doi": None, "title": TITLE.partition(": ")[2], "abstract": None}, {"subtitle"}),
        ({"doi": None, "title": "How to See Corals Bleach"}, {"words"}),
        ({"doi": None, "title": TITLE.replace("Video", "Film"), "authors": ()}, {"words"}),
        ({"doi": None, "authors": ("{Reef Watch}",)}, {"authors"}),
        ({"doi": "10.1234/b", "abstract": OTHER_ABSTRACT}, {"doi", "abstract"}),
    ],
)
def test_a_disturbed_copy_is_proposed_with_what_differs(
    library: Library, changed: dict[str, object], kinds: set[str]
) -> None:
    report = found(library, paper(**changed))
    (proposal,) = report.proposals
    assert {difference.kind for difference in proposal.differences} == kinds
    assert 0.4 < proposal.score < 1
    assert not proposal.version


@pytest.mark.parametrize(
    "changed",
    [
        {"title": TITLE, "authors": ("Dee Other",), "abstract": OTHER_ABSTRACT},
        {"title": TITLE, "authors": ("Dee Other",), "abstract": None},
        {"title": TITLE.replace("Coral Reefs", "Kelp Forests"), "abstract": OTHER_ABSTRACT},
        {"title": "ReefNet", "authors": ("Dee Other",), "abstract": OTHER_ABSTRACT},
        {"title": "ReefNet", "authors": (), "abstract": None},
        {"title": "ReefNet: Counting Fish", "abstract": OTHER_ABSTRACT},
        {"title": "Forecasting Tides", "abstract": OTHER_ABSTRACT},
    ],
)
def test_another_paper_is_not_proposed(library: Library, changed: dict[str, object]) -> None:
    assert found(library, paper(doi="10.1234/b", **changed)).proposals == ()


@pytest.mark.parametrize(
    "title",
    [
        TITLE.replace("ReefNet", "ReefNet 2"),
        TITLE.replace("ReefNet", "ReefNet v2"),
        TITLE.replace("ReefNet", "ReefNet II"),
        TITLE.replace("ReefNet", "ReefNet-Plus"),
        TITLE.replace("ReefNet", "ReefNet+"),
        TITLE.replace("ReefNet", "ReefNet Pro"),
        TITLE.replace("ReefNet", "ReefNet-XL"),
        TITLE.replace("ReefNet", "ReefNet Revisited"),
        f"{TITLE}, Part 1",
        f"{TITLE} (Extended Version)",
        f"{TITLE}: Part Two",
        f"Comment on {TITLE}",
        TITLE.replace("Little", "4"),
        TITLE.replace("the Seasons", "the Second Season"),
    ],
)
def test_another_version_is_neither_merged_nor_proposed_as_a_duplicate(library: Library, title: str) -> None:
    report = found(library, paper(title=title, doi=None))
    assert (report.proposals, report.versions) == ((), 1)
    (proposal,) = find_duplicates(library, versions=True).proposals
    assert proposal.version
    assert proposal.score <= 0.5
    assert "version" in {difference.kind for difference in proposal.differences}


def test_two_spellings_of_one_version_are_not_two_versions(library: Library) -> None:
    library.add(paper(title=f"ReefNet Part {number}: Watching Corals", doi=None) for number in ("II", "2"))
    (proposal,) = find_duplicates(library).proposals
    assert not proposal.version


def test_a_shared_identifier_is_the_only_certainty(library: Library) -> None:
    library.add(
        [Paper(title="A Preprint", arxiv_id="2101.00001"), Paper(title="The Article", doi="10.1234/x")]
    )
    # This record knows both, and joins the one its DOI names.
    library.add([Paper(title="The Article", doi="10.1234/x", arxiv_id="2101.00001")])
    (proposal,) = find_duplicates(library).proposals
    assert proposal.score == 1.0


def test_what_was_said_to_be_two_papers_is_not_proposed_again(library: Library) -> None:
    (proposal,) = found(library, paper(doi="10.1234/b")).proposals
    library.merges.keep_apart(*(side.key for side in proposal.papers))
    assert find_duplicates(library).proposals == ()


def test_what_was_split_is_not_proposed_again(library: Library) -> None:
    library.add([paper(), paper(doi=None, venue="Sea")])
    (merged,) = library.all_papers()
    library.merges.split(merged.key or "")
    assert find_duplicates(library).proposals == ()


def test_proposals_come_best_first_and_do_not_depend_on_the_order_of_import(tmp_path: Path) -> None:
    batch = [
        paper(),
        paper(doi="10.1234/b"),
        paper(doi=None, title=TITLE.replace("Coral", "Corla"), abstract=None),
        paper(doi=None, title=TITLE.replace("ReefNet", "ReefNet 2")),
        *(paper(doi=None, title=f"Editorial {n}", abstract=None, authors=()) for n in range(20)),
    ]
    reports = []
    for name, papers in (("one", batch), ("two", batch[::-1])):
        with Library(tmp_path / name, indexed=False) as library:
            library.add(papers)
            reports.append(find_duplicates(library, versions=True))
    assert reports[0] == reports[1]
    scores = [(proposal.version, -proposal.score) for proposal in reports[0].proposals]
    assert scores == sorted(scores)
    assert len(scores) > 3


def test_nothing_is_changed_by_looking(library: Library) -> None:
    library.add([paper(), paper(doi="10.1234/b")])
    before = library.all_papers()
    find_duplicates(library, versions=True)
    assert library.all_papers() == before


@pytest.mark.parametrize("titles", [[], ["???"], ["a", "b"], ["深度学习", "\U0001f41f"]])
def test_libraries_of_nothing_much_are_no_trouble(library: Library, titles: list[str]) -> None:
    library.add(Paper(title=title) for title in titles)
    assert find_duplicates(library) == Duplicates(proposals=(), versions=0, papers=len(titles))


def outlines(titles: list[str]) -> list[Outline]:
    return [Outline(row, f"k{row}", title, (), None, None, None, "") for row, title in enumerate(titles)]


def test_a_thousand_papers_of_one_title_cost_no_more_than_others() -> None:
    same = outlines(["From the Editors"] * 1_000)
    assert len(sharing_pairs(same)) <= 10_000
    assert len(alike_pairs(same)) <= 10_000


def test_typos_anywhere_in_a_title_still_meet() -> None:
    title = "Token mixing by shifting channels"
    for at in range(len(title)):
        typos = outlines([title, title[:at] + "x" + title[at + 1 :], title[:at] + title[at + 1 :]])
        assert {(0, 1), (0, 2)} <= alike_pairs(typos) | sharing_pairs(typos), at
