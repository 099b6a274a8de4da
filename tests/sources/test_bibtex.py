"""The .bib reader: keys as they are, neighbours of a broken entry survive, TeX becomes text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.sources.batch import SourceBatch
from litreview.sources.bibtex import entry_key, looks_like, parse
from tests.conftest import ROOT
from tests.fuzz.fuzz_formats import TARGETS, check, fuzz

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
        ("date = {2020-05-03/2020-05-09}", "2020-05-03"),
        ("date = {2020-22}", "2020"),
        ('year = 2020, month = "10~" # jan', "2020-01-10"),
        ("year = 2020, month = 5, day = 7", "2020-05-07"),
        ("year = 2020, month = {5--6}", "2020-05"),
        ("year = 2020, month = feb, day = 31", "2020-02"),
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
        ("@article{bad,\n title = (T),\n}", 1, "'title' has no value (line 2)"),
        ("@article{bad,\n title = ,\n}", 1, "it has no title"),
        ("@article{bad, year = 2020}", 1, "it has no title"),
        ("@article{bad, title = {T}} of it}, year = {2020}}", 1, "braces do not match"),
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


def test_a_brace_too_many_behind_a_field_costs_nothing() -> None:
    (paper,) = read("@misc{a,\n title = {T}},\n year = {2020},\n}\n").papers
    assert (paper.title, paper.published) == ("T", "2020")


def test_what_looks_like_an_entry_within_an_abstract_is_part_of_it() -> None:
    batch = read(f"@misc{{a, title={{T}}, abstract={{to\n@home (now) and\n@misc{{me}} too}}}}\n{ENTRY}")
    assert [paper.key for paper in batch.papers] == ["a", "lee"]
    assert batch.papers[0].abstract == "to @home (now) and @misc me too".replace("misc me", "miscme")
    assert batch.rejected == ()


def test_escaped_braces_count_as_bibtex_counts_them_unless_that_leads_nowhere() -> None:
    batch = read("@misc{a, title={Sets \\{x, y\\}}, year=2020}\n@misc{b, title={An \\} alone}, year=2021}")
    assert [(paper.title, paper.published) for paper in batch.papers] == [
        ("Sets {x, y}", "2020"),
        ("An alone", "2021"),
    ]


def test_a_percent_sign_is_a_comment_only_between_fields() -> None:
    (paper,) = read("@misc{a,\n title = {40% of\n% all},\n % year = 1999,\n year = 2020}").papers
    assert (paper.title, paper.published) == ("40% of % all", "2020")


def test_an_entry_without_a_key_or_under_one_that_is_taken_comes_without_a_key() -> None:
    batch = read(
        f"{ENTRY}\n\n@misc{{lee, title={{Height}}}} @misc{{lee, title={{Girth}}}}\n@misc{{, title={{Width}}}}"
    )
    assert [(paper.key, paper.title) for paper in batch.papers] == [
        ("lee", "Depth"),
        (None, "Height"),
        (None, "Girth"),
        (None, "Width"),
    ]
    assert batch.notes == (
        *["refs.bib:3: the key 'lee' is that of line 1, so this one comes without a key"] * 2,
        "refs.bib:4: it has no key",
    )


def test_a_part_takes_venue_date_and_authors_from_the_whole_but_no_identifiers() -> None:
    part, whole = read(
        "@incollection{part, title={P}, crossref={WHOLE}, doi={10.1234/p}}\n"
        "@book{whole, title={W}, author={Lee, Ann}, publisher={Quay}, date={2020-05}, month=jan,"
        " doi={10.1234/w}, abstract={Of the whole.}, keywords={whole}}"
    ).papers
    assert (part.venue, part.published, part.authors) == ("W", "2020-05", ("Lee, Ann",))
    assert (part.doi, part.abstract, part.tags) == ("10.1234/p", None, ())
    assert (whole.venue, whole.doi) == ("Quay", "10.1234/w")


def test_what_a_part_has_itself_stays() -> None:
    part = read(
        "@inproceedings{part, title={P}, year=2021, booktitle={Mine}, crossref={whole}}\n"
        "@proceedings{whole, title={W}, year=2020, month=jan, booktitle={Theirs}}"
    ).papers[0]
    assert (part.venue, part.published) == ("Mine", "2021")


def test_data_entries_are_no_papers_and_chains_of_them_are_followed() -> None:
    batch = read(
        "@xdata{a, xdata={b, a}, year=2020}\n@xdata{b, journal={J}}\n@misc{c, title={T}, xdata={a}}\n"
        "@misc{d, title={U}, crossref={gone}}"
    )
    assert [(paper.key, paper.venue, paper.published) for paper in batch.papers] == [
        ("c", "J", "2020"),
        ("d", None, None),
    ]
    assert batch.notes == ("refs.bib:4: there is no entry 'gone' to take fields from",)


@pytest.mark.parametrize(
    ("field", "names"),
    [
        (r"\v{S}im, A and \'{E}mile {and} Sons", ("Šim, A", "Émile and Sons")),
        ("{OpenAI} and {Barnes and Noble}", ("{OpenAI}", "{Barnes and Noble}")),
        ("Simon {Peyton Jones} and {Van Dyck}, Ann", ("Peyton Jones, Simon", "Van Dyck, Ann")),
        ("Ludwig van Beethoven\n  and King, Jr., Martin", ("Ludwig van Beethoven", "King, Jr., Martin")),
        ("Lee, Ann AND others", ("Lee, Ann",)),
        ("and and Lee", ("Lee",)),
        ("{", ()),
    ],
)
def test_names_are_split_before_tex_is_decoded(field: str, names: tuple[str, ...]) -> None:
    quoted = field if field != "{" else "{}"
    assert read(f"@misc{{a, title={{T}}, author={{{quoted}}}}}").papers[0].authors == names


@pytest.mark.parametrize(
    ("fields", "arxiv_id"),
    [
        ("eprint={2001.00001v3}", "2001.00001"),
        ("eprint={2001.00001}, eprinttype={pubmed}", None),
        ("journal={CoRR}, volume={abs/2001.00002}", "2001.00002"),
        ("journal={arXiv preprint arXiv:2001.00003}", "2001.00003"),
        ("howpublished={\\url{https://arxiv.org/abs/2001.00004v1}}", "2001.00004"),
        ("doi={10.48550/arXiv.2001.00005}", "2001.00005"),
    ],
)
def test_arxiv_ids_are_found_where_habits_put_them(fields: str, arxiv_id: str | None) -> None:
    assert read(f"@misc{{a, title={{T}}, {fields}}}").papers[0].arxiv_id == arxiv_id


def test_identifiers_and_addresses_are_no_prose() -> None:
    (paper,) = read(
        r"@misc{a, title={T}, doi={10.1000/a\_b--c~d}, url={\url{https://a.org/x\_y--z?q=1\&r={2}}}}"
    ).papers
    assert (paper.doi, paper.url) == ("10.1000/a_b--c~d", "https://a.org/x_y--z?q=1&r={2}")


def test_a_doi_in_the_address_alone_is_found() -> None:
    (paper,) = read("@misc{a, title={T}, howpublished={\\url{https://doi.org/10.1234/ABC}}}").papers
    assert (paper.doi, paper.venue) == ("10.1234/abc", None)


def test_our_own_fields_and_keywords_come_back() -> None:
    (paper,) = read(
        "@misc{a, title={T}, authorcount={5}, organisation={{Quay} Office}, comments={0},"
        " keywords={{a, b}; c; d\\&e}, howpublished={A Blog}, note={authors not named}}"
    ).papers
    assert (paper.author_count, paper.organisation, paper.comments) == (5, "Quay Office", 0)
    assert (paper.tags, paper.venue) == (("a, b", "c", "d&e"), "A Blog")


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
    assert looks_like('@string(a = "b")')
    assert looks_like('@article(a, title = "b")')
    assert not looks_like("Mail me@home.org (now)")
    assert not looks_like("@dataclass(frozen=True)\n@given(text, frozen=True)")


@given(st.text(alphabet=st.sampled_from('@{}()",=#\\\n abtitle%1')) | st.text())
def test_any_text_is_read_without_an_error_and_a_good_entry_after_it_survives(text: str) -> None:
    batch = read(f"{text}\n@misc{{survivor, title={{T}}}}")
    assert "survivor" in {paper.key for paper in batch.papers} | {entry_key(r.raw) for r in batch.rejected}
    for rejected in batch.rejected:
        assert rejected.line is not None
        assert rejected.line <= text.count("\n") + 2


@pytest.mark.parametrize("piece", ["@a{x, t={", "@a{", '@a{x, t="\\', "{", "#a", "@a{x,t=a#", ","])
def test_reading_takes_linear_time(piece: str) -> None:
    started = time.process_time()
    read(piece * 10_000)
    read("@a{x,t=" + piece * 10_000)
    assert time.process_time() - started < 5


@given(st.text(alphabet=st.sampled_from('@{}()",=#\\\n %abtile1')) | st.text())
def test_whatever_stands_between_two_entries_neither_is_lost_or_changed(text: str) -> None:
    check(TARGETS["bibtex"], text)


def test_damaged_files_cost_no_neighbour() -> None:
    assert fuzz("bibtex", seconds=60, seed=7, most=150) == 150
