"""The MEDLINE reader: full names, dates in words, structured abstracts; damage costs one record alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.papers import Paper
from litreview.sources.batch import SourceBatch
from litreview.sources.nbib import looks_like, parse, read
from tests.fuzz.fuzz_formats import TARGETS, check, fuzz


def record(*lines: str) -> SourceBatch:
    return parse("\n".join(("PMID- 7", "TI  - T.", *lines, "")), name="pubmed.nbib")


def paper(*lines: str) -> Paper:
    (found,) = record(*lines).papers
    return found


def test_a_record_is_a_paper() -> None:
    batch = parse(
        "\n".join(
            (
                "",
                "PMID- 12345678",
                "OWN - NLM",
                "TI  - Depth of the",
                "      sea: a trial.",
                "LID - S0000-1 [pii]",
                "AB  - BACKGROUND: It is deep. METHODS: We",
                "      looked (P < 0.05).",
                "CI  - (c) 2020 Quay.",
                "FAU - Lee, Ann",
                "AU  - Lee A",
                "CN  - Quay Group",
                "FAU - King, Martin L, Jr.",
                "AU  - King ML Jr",
                "DP  - 2020 May 3",
                "TA  - J Quay",
                "JT  - Journal of the quay",
                "MH  - *Sea/methods",
                "OT  - nets",
                "AID - 10.1234/ABC [doi]",
                "SO  - J Quay. 2020.",
            )
        ),
        name="pubmed.nbib",
    )
    (found,) = batch.papers
    assert found.title == "Depth of the sea: a trial"
    assert found.abstract == "BACKGROUND: It is deep. METHODS: We looked (P < 0.05)."
    assert found.authors == ("Lee, Ann", "{Quay Group}", "King, Jr., Martin L")
    assert (found.published, found.venue) == ("2020-05-03", "Journal of the quay")
    assert (found.doi, found.tags) == ("10.1234/abc", ("Sea/methods", "nets"))
    assert (found.key, found.url) == (None, "https://pubmed.ncbi.nlm.nih.gov/12345678/")
    assert (found.sources[0].format, found.sources[0].name, found.sources[0].line) == (
        "nbib",
        "pubmed.nbib",
        2,
    )


@pytest.mark.parametrize(
    ("lines", "published"),
    [
        (("DP  - 2020 Jan 5",), "2020-01-05"),
        (("DP  - 2020 Winter",), "2020"),
        (("DP  - 2020 Jan-Feb",), "2020-01"),
        (("DP  - 1998 Dec-1999 Jan",), "1998-12"),
        (("DEP - 20200105",), "2020-01-05"),
        (("DP  - 2020", "DEP - 20191231"), "2020"),
        ((), None),
    ],
)
def test_dates_in_words_are_as_fine_as_they_are_given(lines: tuple[str, ...], published: str | None) -> None:
    assert paper(*lines).published == published


@pytest.mark.parametrize("line", ["DP  - some day", "AID - none [doi]"])
def test_a_date_or_doi_that_is_none_is_left_out_and_noted(line: str) -> None:
    batch = record(line)
    assert (batch.papers[0].published, batch.papers[0].doi) == (None, None)
    assert batch.notes[0].startswith("pubmed.nbib:1: ")


def test_names_shortened_to_initials_are_written_out_as_family_and_given() -> None:
    found = paper("AU  - van den Berg JH", "AU  - King ML Jr", "AU  - Plato")
    assert found.authors == ("van den Berg, J. H.", "King, Jr, M. L.", "Plato")


@pytest.mark.parametrize(
    ("line", "title"), [("[Tides].", "Tides"), ("Why?", "Why?"), ("And so on...", "And so on...")]
)
def test_a_title_comes_without_its_full_stop_and_the_brackets_of_a_translation(line: str, title: str) -> None:
    (found,) = parse(f"PMID- 1\nTI  - {line}\n", name="x").papers
    assert found.title == title


@pytest.mark.parametrize("between", ["", "\n", "\n\n\n"])
@pytest.mark.parametrize("damage", ["PMID- ", "PMID 2\n", "OWN - "])
def test_records_are_told_apart_without_blank_lines_and_beginnings(between: str, damage: str) -> None:
    parts = [f"PMID- {n}\nOWN - NLM\nTI  - T{n}.\nAU  - A{n}\nSO  - S\n" for n in range(3)]
    parts[1] = parts[1].replace("PMID- 1\n" if damage == "PMID 2\n" else damage, damage.replace("-", " "))
    found = parse(between.join(parts), name="x").papers
    assert [(paper.title, paper.authors) for paper in found] == [(f"T{n}", (f"A{n}",)) for n in range(3)]


def test_a_record_without_a_title_is_rejected_with_its_line() -> None:
    batch = parse("PMID- 1\nTI  - T.\n\nPMID- 2\nAU  - Lee A\n", name="x")
    assert [(one.line, one.reason, one.raw) for one in batch.rejected] == [
        (4, "it has no title", "PMID- 2\nAU  - Lee A")
    ]


def test_long_files_come_in_batches() -> None:
    lines = (line for number in range(1001) for line in (f"PMID- {number}", f"TI  - {number}."))
    assert [len(batch.papers) for batch in read(lines, name="x")] == [1000, 1]


def test_the_beginning_tells() -> None:
    assert looks_like("\nPMID- 12345\nOWN - NLM\n")
    assert not looks_like("The PMID- is missing\n")


@given(st.text(alphabet=st.sampled_from("PMIDTIABOWNSF- \n17[]")) | st.text())
def test_whatever_stands_between_two_records_neither_is_lost_or_changed(text: str) -> None:
    check(TARGETS["nbib"], text)


def test_damaged_files_cost_no_neighbour() -> None:
    assert fuzz("nbib", seconds=60, seed=7, most=150) == 150
