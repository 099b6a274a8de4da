"""BibTeX as BibTeX, biber, pandoc and bibtexparser take it; that our own parser does is test_round_trip's."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import bibtexparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litreview.papers import Paper
from litreview.render.bibtex import dump, escape

from .bibliographies import LIBRARY, PAPERS

# Our own fields, and authors and dates that the record does not have: biber says so, and goes on.
_HARMLESS = re.compile(
    r"'(?:authorcount|organisation|comments)' invalid in data model"
    r"|Missing mandatory field.*'(?:author|date, year)'"
)


def entry(**fields: object) -> str:
    return dump([Paper.model_validate({"key": "k", "title": "T", **fields})])


def test_a_preprint_is_a_misc_with_its_eprint() -> None:
    text = entry(title="RaftMLP: How Much", authors=("Ann Lee",), published="2021-08", arxiv_id="2108.04384")

    assert text == (
        "@misc{k,\n  title = {{RaftMLP}: How Much},\n  author = {Ann Lee},\n  year = {2021},\n"
        "  month = aug,\n  eprint = {2108.04384},\n  archiveprefix = {arXiv},\n}\n"
    )


@pytest.mark.parametrize(
    ("venue", "start", "field"),
    [
        ("Journal of Machine Learning Research", "@article{", "journal"),
        ("IEEE Transactions on Robotics", "@article{", "journal"),
        ("Proceedings of the National Academy of Sciences", "@article{", "journal"),
        ("Proceedings of ACL", "@inproceedings{", "booktitle"),
        ("ICLR 2024", "@inproceedings{", "booktitle"),
        ("arXiv.org", "@misc{", "howpublished"),
        ("Some Blog", "@misc{", "howpublished"),
    ],
)
def test_the_words_of_a_venue_decide_the_type(venue: str, start: str, field: str) -> None:
    text = entry(venue=venue)
    assert text.startswith(start)
    assert f"  {field} = {{{venue}}},\n" in text


def test_unknown_authors_are_left_out_with_a_note() -> None:
    assert "note = {authors not named in the record (12)}" in entry(author_count=12)
    nothing_known = entry()
    assert "note = {authors not named in the record}" in nothing_known
    assert "author =" not in entry(author_count=12, organisation="Ocean Lab") + nothing_known
    assert "note" not in entry(authors=("Ann Lee",), author_count=12)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Ann Lee", "Ann Lee"),
        ("Lee, Ann", "Lee, Ann"),
        ("{OpenAI}", "{OpenAI}"),
        ("{Barnes and Noble, Inc.}", "{Barnes and Noble, Inc.}"),
        ("Laurens van der Maaten", "Laurens van der Maaten"),
        ("Wouter Van Gansbeke", "Wouter {Van Gansbeke}"),
        ("Lee and Sons", "Lee {and} Sons"),
        ("others", "{others}"),
        ("A, B, C, D", "{A, B, C, D}"),
        ("Lee,", "{Lee,}"),
        ("R&D {x}", r"R\&D \{x\}"),
    ],
)
def test_names_are_written_so_that_bibtex_splits_them_rightly(name: str, written: str) -> None:
    assert f"  author = {{{written} and Bo Xu}},\n" in entry(authors=(name, "Bo Xu"))


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("MLP-Mixer: An all-MLP Network", "{MLP-Mixer}: An {all-MLP} Network"),
        ("A C++ Library on T5 in 3D", "A {C++} Library on {T5} in {3D}"),
        ("Low-Rank Adaptation", "Low-Rank Adaptation"),
        ("Mixing tokens with Fourier transforms", "Mixing tokens with {Fourier} transforms"),
        ("Why not? Because tokens mix with words", "Why not? Because tokens mix with words"),
        ("Mixing Tokens with Fourier Transforms", "Mixing Tokens with Fourier Transforms"),
        ("GPT,BERT and R&D", r"{GPT},{BERT} and {R}\&{D}"),
        ("Half a {MLP", r"Half a $\lbrace$MLP"),
    ],
)
def test_capitals_that_styles_must_keep_stand_in_braces(title: str, written: str) -> None:
    assert f"  title = {{{written}}},\n" in entry(title=title)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("R&D at 100% for $5, #1 in x_1", r"R\&D at 100\% for \$5, \#1 in x\_1"),
        ("~10 ^ 2", r"\textasciitilde{}10 \^{} 2"),
        ("a \\ b", r"a \textbackslash{} b"),
        ("--fast ''x'' ``y` don't - go", r"-{}-fast '{}'x'{}' \`{}\`{}y\`{} don't - go"),
        ("see } @user (x) or a@b.org (y)", r"see $\rbrace$ {@}user (x) or a@b.org (y)"),
        ("Ünïcode “words” – 𝔸", "Ünïcode “words” – 𝔸"),
    ],
)
def test_what_tex_takes_for_markup_is_escaped(text: str, written: str) -> None:
    assert escape(text) == written
    assert f"  abstract = {{{written}}},\n" in entry(abstract=text)


@given(st.text())
def test_escaped_text_has_balanced_braces_and_no_bare_sign_of_tex(text: str) -> None:
    escaped = escape(text)
    depths = [0]
    for sign in escaped:
        depths.append(depths[-1] + (sign == "{") - (sign == "}"))
    assert min(depths) == depths[-1] == 0
    assert not re.search(r"(?<!\\)[#%&]|--|``|''", escaped)


def test_addresses_stand_as_they_are_unless_they_would_break_the_file() -> None:
    assert "url = {https://a.b/~x_y%20{z}#q&r}" in entry(url="https://a.b/~x_y%20{z}#q&r")
    assert r"url = {https://a.b/%7Bz%5Cn}" in entry(url=r"https://a.b/{z\n")
    assert "doi = {10.1000/a_b--c}" in entry(doi="10.1000/a_b--c")


def test_a_day_stands_in_the_date_and_keywords_that_hold_a_separator_in_braces() -> None:
    text = entry(published="2021-05-03", tags=("a", "b, c"))
    assert "  year = {2021},\n  month = may,\n  date = {2021-05-03},\n" in text
    assert "  keywords = {a; {b, c}},\n" in text
    assert "  keywords = {{b, c};},\n" in entry(tags=("b, c",))


def test_a_key_that_bibtex_cannot_read_is_mended() -> None:
    assert dump([Paper(key="a b,{c}%", title="T")]).startswith("@misc{a-b--c--,\n")


@settings(max_examples=30, deadline=None)
@given(papers=PAPERS)
def test_bibtexparser_reads_every_entry(papers: list[Paper]) -> None:
    library = bibtexparser.parse_string(dump(papers))
    assert library.failed_blocks == []
    assert [entry.key for entry in library.entries] == [paper.key for paper in papers]


@pytest.fixture(scope="module")
def bib(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bib") / "refs.bib"
    path.write_text(dump(LIBRARY), encoding="utf-8")
    return path


@pytest.mark.parametrize("format", ["bibtex", "biblatex"])
def test_pandoc_reads_the_same_titles_and_people(bib: Path, format: str) -> None:
    if shutil.which("pandoc") is None:
        pytest.skip("pandoc is not installed")
    said = subprocess.run(
        ["pandoc", "-f", format, "-t", "csljson", str(bib)], capture_output=True, text=True, check=True
    )
    items = {item["id"]: item for item in json.loads(said.stdout)}
    assert said.stderr == ""
    assert set(items) == {paper.key for paper in LIBRARY}
    for paper in LIBRARY:
        # pandoc writes what is not in braces in lower case, and quotation marks as it likes.
        title = re.sub(r"<[^>]+>", "", items[paper.key]["title"])
        assert title.casefold().replace("’", "'") == paper.title.casefold().replace("’", "'")
    first = items["vangansbeke2021raftmlp"]
    assert "RaftMLP" in first["title"]
    assert first["author"][0] == {"family": "Van Gansbeke", "given": "Wouter"}
    assert first["author"][2] == {"literal": "OpenAI"}
    assert first["author"][4] == {"literal": "Simon and Schuster, Inc."}
    assert (first["DOI"], first["URL"]) == (LIBRARY[0].doi, LIBRARY[0].url)
    assert first["abstract"].replace("’", "'") == LIBRARY[0].abstract
    assert first["issued"] == {"date-parts": [[2021, 5, 3]]}


def test_biber_accepts_the_file(bib: Path, tmp_path: Path) -> None:
    if shutil.which("biber") is None:
        pytest.skip("biber is not installed")
    out = tmp_path / "out.bib"
    said = subprocess.run(
        ["biber", "--tool", "--validate-datamodel", "--output-file", str(out), str(bib)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    problems = [line for line in said.stdout.splitlines() if re.match("WARN|ERROR|FATAL", line)]
    assert [line for line in problems if not _HARMLESS.search(line)] == []
    assert said.returncode == 0
    assert len(re.findall("^@", out.read_text(encoding="utf-8"), re.MULTILINE)) == len(LIBRARY)
