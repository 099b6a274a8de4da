"""The .bib reader: keys as they are, neighbours of a broken entry survive, TeX becomes text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.sources.batch import SourceBatch
from litreview.sources.bibtex import entry_key, looks_like, parse
from tests.conftest import ROOT

ENTRY = "@article{lee, title = {Depth}, year = 2020}"


def read(text: str) -> SourceBatch:
    return parse(text, name="refs.bib")


def test_an_entry_is_a_paper_under_its_own_key() -> None:
    (paper,) = read(
        r"""
@inproceedings{Lee:2020/depth+1,
  title     = {{Deep} Nets for {\'E}clairs},
  subtitle  = "A {"}Study{"}",
  author    = {Lee, Ann and Jos{\'e} Garc{\'\i}a and {The Depth Group} and others},
  booktitle = acl # { 2020},
  month     = may, year = {2020},
  doi       = {https://doi.org/10.1234/ABC},
  eprint    = {2001.00001v2}, archivePrefix = {arXiv},
  abstract  = {Deep nets reach 40\% on ``hard'' tasks,
               see {x@y.org}.},
}
@string{acl = "unused"}
""".replace("acl #", "{ACL} #")
    ).papers
    assert paper.key == "Lee:2020/depth+1"
    assert paper.title == 'Deep Nets for Éclairs: A "Study"'
    assert paper.authors == ("Lee, Ann", "José García", "{The Depth Group}")
    assert (paper.venue, paper.published) == ("ACL 2020", "2020-05")
    assert (paper.doi, paper.arxiv_id) == ("10.1234/abc", "2001.00001")
    assert paper.abstract == "Deep nets reach 40% on “hard” tasks, see x@y.org."
    assert (paper.sources[0].name, paper.sources[0].line) == ("refs.bib", 2)


@pytest.mark.parametrize(
    ("fields", "published"),
    [
        ("year = 2020", "2020"),
        ('year = "2020", month = "3"', "2020-03"),
        ("year = {2020}, month = {September}", "2020-09"),
        ("date = {2020-05-03}, year = 1999", "2020-05-03"),
        ("year = {2020}, month = {spring}", "2020"),
        ("year = {in press}", None),
        ("date = {2020-13-01}", None),
        ("", None),
    ],
)
def test_dates_are_as_precise_as_they_are_given(fields: str, published: str | None) -> None:
    batch = read(f"@misc{{a, title={{T}}, {fields}}}")
    assert [paper.published for paper in batch.papers] == [published]
    assert bool(batch.notes) == ("in press" in fields or "-13-" in fields)


def test_macros_joined_values_and_round_brackets_are_understood() -> None:
    batch = read('@string{who = "Ann " # {Lee}}\n@article(a, title = "T", author = who # " and Bo Kim")')
    assert batch.papers[0].authors == ("Ann Lee", "Bo Kim")


@pytest.mark.parametrize(
    ("broken", "line", "reason"),
    [
        ("@article{bad, title = {never closed, year = 2020}", 1, "not closed"),
        ('@article{bad, title = "never closed, year = 2020}', 1, "not closed"),
        ("@article{bad, title = {T} year 2020}", 1, "stands where a field"),
        ("@article{bad,\n title = ,\n}", 1, "'title' has no value (line 2)"),
        ("@article{bad, year = 2020}", 1, "title is empty"),
        ("@article{, title = {T}}", 1, "no key"),
        ("@article{title = {T}}", 1, "no key"),
        ("@article{bad", 1, "no key before"),
    ],
)
def test_a_broken_entry_is_rejected_with_its_line_and_its_neighbours_survive(
    broken: str, line: int, reason: str
) -> None:
    batch = read(f"{broken}\n{ENTRY}\n@misc{{kim, title={{Width}}}}")
    assert [paper.key for paper in batch.papers] == ["lee", "kim"]
    (rejected,) = batch.rejected
    assert (rejected.path, rejected.line) == ("refs.bib", line)
    assert reason in rejected.reason
    assert entry_key(rejected.raw) in ("bad", "")


def test_a_missing_comma_between_fields_costs_nothing() -> None:
    (paper,) = read("@misc{a, title={T}\n year={2020}}").papers
    assert (paper.title, paper.published) == ("T", "2020")


def test_the_second_entry_under_a_key_is_rejected() -> None:
    batch = read(f"{ENTRY}\n\n{ENTRY}")
    assert len(batch.papers) == 1
    assert (batch.rejected[0].line, "line 1" in batch.rejected[0].reason) == (3, True)


def test_identifiers_that_are_none_are_left_out_and_noted() -> None:
    batch = read("@misc{a, title={T}, doi={see publisher}, eprint={x}, archiveprefix={arXiv}}")
    assert (batch.papers[0].doi, batch.papers[0].arxiv_id) == (None, None)
    assert all(note.startswith("refs.bib:1: ") for note in batch.notes)
    assert len(batch.notes) == 2


def test_comments_preambles_and_prose_around_entries_are_passed_over() -> None:
    batch = read(
        f'Mail me@home.org (now).\n@comment{{x, title={{no}}}}\n@preamble{{"x"}}\n% @misc{{no\n{ENTRY}'
    )
    assert [paper.key for paper in batch.papers] == ["lee"]
    assert batch.rejected == ()


def test_the_example_is_read_whole() -> None:
    batch = read((ROOT / "examples" / "refs.bib").read_text(encoding="utf-8"))
    assert [paper.key for paper in batch.papers] == [
        "mixer",
        "feedforward",
        "metaformer",
        "patchtst",
        "ltsf",
        "adam",
    ]
    assert (batch.rejected, batch.notes) == ((), ())
    assert looks_like(ENTRY)
    assert not looks_like("Mail me@home.org (now)")


@given(st.text(alphabet=st.sampled_from('@{}()",=#\\\n abtitle%1')) | st.text())
def test_any_text_is_read_without_an_error_and_a_good_entry_after_it_survives(text: str) -> None:
    batch = read(f"{text}\n@misc{{survivor, title={{T}}}}")
    assert "survivor" in {paper.key for paper in batch.papers} | {entry_key(r.raw) for r in batch.rejected}
    for rejected in batch.rejected:
        assert rejected.line is not None
        assert rejected.line <= text.count("\n") + 2


@pytest.mark.parametrize("piece", ["@a{x, t={", "@a{", '@a{x, t="\\', "{", "#a", "@a{x,t=a#", ","])
def test_reading_takes_linear_time(piece: str) -> None:
    started = time.perf_counter()
    read(piece * 50_000)
    read("@a{x,t=" + piece * 50_000)
    assert time.perf_counter() - started < 5
