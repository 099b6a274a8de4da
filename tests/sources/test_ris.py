"""The RIS reader: what every reference manager writes is read, and a damaged record costs itself alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.papers import Paper
from litreview.sources.batch import SourceBatch
from litreview.sources.ris import looks_like, parse, read
from litreview.sources.tagged import RECORD_LIMIT
from tests.fuzz.fuzz_formats import TARGETS, check, fuzz


def record(*lines: str) -> SourceBatch:
    return parse("\n".join(("TY  - JOUR", "TI  - T", *lines, "ER  - ", "")), name="refs.ris")


def paper(*lines: str) -> Paper:
    (found,) = record(*lines).papers
    return found


def test_a_record_is_a_paper_under_its_id() -> None:
    batch = parse(
        "\n".join(
            (
                "TY  - CPAPER",
                "ID  - lee2020depth",
                "TI  - Depth of the",
                "sea",
                "AU  - Lee, Ann",
                "AU  - King, Martin Luther, Jr.",
                "AU  - OpenAI,",
                "AU  - Quay,, Inc.,",
                "PY  - 2020",
                "DA  - 2020/05/03/",
                "T2  - Proceedings of the Quay",
                "DO  - https://doi.org/10.1234/ABC",
                "AN  - arXiv:2001.00001v2",
                "UR  - https://example.org/a~b",
                "KW  - sea; depth",
                "KW  - nets",
                "AB  - We look down.",
                "U1  - authorcount: 5",
                "U2  - organisation: Quay",
                "U3  - comments: 0",
                "ER  - ",
            )
        ),
        name="refs.ris",
    )
    (found,) = batch.papers
    assert (found.key, found.title) == ("lee2020depth", "Depth of the sea")
    assert found.authors == ("Lee, Ann", "King, Jr., Martin Luther", "{OpenAI}", "{Quay, Inc.}")
    assert (found.published, found.venue) == ("2020-05-03", "Proceedings of the Quay")
    assert (found.doi, found.arxiv_id) == ("10.1234/abc", "2001.00001")
    assert (found.url, found.tags) == ("https://example.org/a~b", ("sea; depth", "nets"))
    assert (found.author_count, found.organisation, found.comments) == (5, "Quay", 0)
    assert (found.sources[0].format, found.sources[0].name, found.sources[0].line) == ("ris", "refs.ris", 1)
    assert batch.notes == ()


@pytest.mark.parametrize(
    ("lines", "published"),
    [
        (("PY  - 2015/06/09/",), "2015-06-09"),
        (("Y1  - 2015///",), "2015"),
        (("Y1  - 2015/06//Spring",), "2015-06"),
        (("PY  - 2015//09/",), "2015"),
        (("PY  - 2015", "DA  - 2015-06-09"), "2015-06-09"),
        (("PY  - 2015", "DA  - 2021/01/01"), "2015"),
        (("DA  - 9 June 2015",), "2015-06-09"),
        ((), None),
    ],
)
def test_dates_are_as_fine_as_they_are_given(lines: tuple[str, ...], published: str | None) -> None:
    assert paper(*lines).published == published


@pytest.mark.parametrize("line", ["PY  - n.d.", "DO  - see there"])
def test_a_date_or_doi_that_is_none_is_left_out_and_noted(line: str) -> None:
    batch = record(line)
    assert (batch.papers[0].published, batch.papers[0].doi) == (None, None)
    (note,) = batch.notes
    assert note.startswith("refs.ris:1: ")
    assert repr(line[6:]) in note


def test_a_doi_is_found_where_older_writers_put_it_but_not_within_a_note() -> None:
    assert paper("M3  - doi: 10.1234/a").doi == "10.1234/a"
    assert paper("UR  - http://dx.doi.org/10.1234/b").doi == "10.1234/b"
    assert paper("N1  - A comment on doi: 10.1234/c, which see").doi is None


def test_numbers_of_records_are_no_keys() -> None:
    assert paper("ID  - 17").key is None
    assert paper("ID  - two words").key is None
    assert paper("ID  - müller2020:a").key == "müller2020:a"


def test_titles_and_abstracts_given_twice_are_taken_once() -> None:
    found = paper("T1  - T", "AB  - One.", "AB  - Two.", "AB  - One.", "N2  - One.")
    assert (found.title, found.abstract) == ("T", "One. Two.")


def test_wrapped_lines_go_on_and_untagged_keywords_stand_alone() -> None:
    found = paper("AB  - One", "AI - two", "ER - three.", "", "Four.", "KW  - a", "b c", "", "Page 1 of 2")
    assert found.abstract == "One AI - two ER - three. Four."
    assert found.tags == ("a", "b c")


def test_files_with_one_blank_before_the_hyphen_are_read() -> None:
    (found,) = parse("TY - JOUR\nT1 - T\nAB - One\nQX - two.\nER -\n", name="x").papers
    assert (found.title, found.abstract) == ("T", "One QX - two.")


def test_a_record_without_a_title_is_rejected_with_its_line_and_whole_text() -> None:
    batch = parse("\n\nTY  - JOUR\nAU  - Lee, Ann\n  and more\nER  - \n", name="refs.ris")
    (rejected,) = batch.rejected
    assert (rejected.path, rejected.line, rejected.format) == ("refs.ris", 3, "ris")
    assert rejected.reason == "it has no title"
    assert rejected.raw == "TY  - JOUR\nAU  - Lee, Ann\n  and more"


@pytest.mark.parametrize("lost", ["ER  - \n", "TY  - JOUR\n"])
def test_a_missing_beginning_or_end_costs_nobody(lost: str) -> None:
    parts = [f"TY  - JOUR\nTI  - T{number}\nAU  - A{number}\nER  - \n" for number in range(3)]
    parts[1] = parts[1].replace(lost, "")
    found = parse("".join(parts), name="x").papers
    assert [(paper.title, paper.authors) for paper in found] == [(f"T{n}", (f"A{n}",)) for n in range(3)]


def test_a_record_that_does_not_end_is_rejected_and_memory_bounded() -> None:
    long = (f"N1  - {'x' * 1000}" for _ in range(3 * RECORD_LIMIT // 1000))
    lines = ["TY  - JOUR", "TI  - T", *long, "TY  - JOUR", "TI  - U", "ER  - "]
    (batch,) = read(lines, name="x")
    assert [found.title for found in batch.papers] == ["U"]
    assert "1,000,000 characters" in batch.rejected[0].reason


def test_long_files_come_in_batches() -> None:
    lines = (line for number in range(2001) for line in ("TY  - JOUR", f"TI  - {number}", "ER  - "))
    sizes = [len(batch.papers) for batch in read(lines, name="x")]
    assert sizes == [1000, 1000, 1]


def test_the_beginning_tells() -> None:
    assert looks_like("Provider: x\n\nTY  - JOUR\n")
    assert looks_like("\ufeffTY - CONF\n")
    assert not looks_like("TY - the type of things\n")


@given(st.text(alphabet=st.sampled_from("TYERIABAUKWD  -\n;,/2x")) | st.text())
def test_whatever_stands_between_two_records_neither_is_lost_or_changed(text: str) -> None:
    check(TARGETS["ris"], text)


def test_damaged_files_cost_no_neighbour() -> None:
    assert fuzz("ris", seconds=60, seed=7, most=150) == 150
