from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from litreview.papers import (
    Paper,
    Source,
    canonical_order,
    family_name,
    key_candidates,
    key_stem,
    merge,
    normalise_arxiv_id,
    normalise_doi,
    same_paper,
    title_identity,
)

titles = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)
dates = st.sampled_from([None, "2024", "2024-05", "2024-05-06", "2024-05-07", "2025-01"])


@st.composite
def records(draw: st.DrawFn) -> Paper:
    """Records of one paper, as different sources would give it."""
    return Paper(
        title="One Title",
        abstract=draw(st.sampled_from([None, "short", "longer text", "another text"])),
        authors=draw(st.sampled_from([(), ("Ada Lovelace",), ("Lovelace, Ada", "Grace Hopper")])),
        author_count=draw(st.sampled_from([None, 1, 2])),
        organisation=draw(st.sampled_from([None, "Analytical Society"])),
        published=draw(dates),
        comments=draw(st.sampled_from([None, 0, 3])),
        tags=draw(st.sampled_from([(), ("a",), ("a", "b")])),
        sources=(Source(format="jsonl", name=draw(st.sampled_from(["x", "y", "z"]))),),
    )


def test_an_arxiv_doi_is_an_arxiv_id() -> None:
    paper = Paper(title="T", doi="https://doi.org/10.48550/arXiv.2108.04384v2")
    assert (paper.doi, paper.arxiv_id) == (None, "2108.04384")


@pytest.mark.parametrize("text", ["10.1/x", "doi", "", "https://example.org/10.1234/x"])
def test_what_is_no_doi_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a DOI"):
        normalise_doi(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://arxiv.org/pdf/2108.04384v3.pdf", "2108.04384"),
        ("arXiv:cs/0112017v1", "cs/0112017"),
        ("math.GT/0309136", "math.gt/0309136"),
    ],
)
def test_an_arxiv_id_loses_address_and_version(text: str, expected: str) -> None:
    assert normalise_arxiv_id(text) == expected


@pytest.mark.parametrize("date", ["2025-13", "2025-02-29", "2025-00-01", "25", "2025-1-1", "2025-04-31"])
def test_a_date_that_does_not_exist_is_refused(date: str) -> None:
    with pytest.raises(ValidationError, match="published"):
        Paper(title="T", published=date)


@pytest.mark.parametrize("date", ["2025", "2025-08", "2024-02-29", "2000-02-29"])
def test_a_partial_date_stays_as_precise_as_it_is(date: str) -> None:
    assert Paper(title="T", published=date).published == date


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("Strip-MLP: Efficient Token Interaction", "StripMLP efficient token interaction", True),
        ("SEED-Bench", "SEED-Bench-2", False),
        ("Swin Transformer", "Swin Transformer V2", False),
        ("Lessons from GPT-3.5", "Lessons from GPT-35", False),
        ("Teaching C", "Teaching C++", False),
        ("Naïve Bayes", "naive bayes", True),
        ("???", "!!!", False),
    ],
)
def test_titles_meet_whatever_their_spelling_but_not_their_numbers(left: str, right: str, same: bool) -> None:
    assert (title_identity(left) == title_identity(right)) is same


@given(titles)
def test_a_title_is_identical_to_itself_in_capitals_and_with_other_spaces(title: str) -> None:
    assert title_identity(title) == title_identity(f"  {title} ")


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ({"published": "2023"}, {"published": "2024-05-01"}, True),
        ({"published": "2022"}, {"published": "2024"}, False),
        ({}, {"published": "1999"}, True),
        ({"abstract": "we study fish"}, {"abstract": "stars are far away"}, False),
        ({"abstract": "we study fish"}, {"abstract": "we study fish well"}, True),
        ({"abstract": "a b", "published": "2020"}, {"abstract": "c d", "published": "2020"}, True),
        ({"doi": "10.1234/a"}, {"doi": "10.1234/A"}, True),
        ({"doi": "10.1234/a"}, {"doi": "10.1234/b"}, False),
        ({"arxiv_id": "2101.00001v1"}, {"arxiv_id": "2101.00001v4"}, True),
        ({"arxiv_id": "2101.00001"}, {"arxiv_id": "2101.00002"}, False),
        ({"arxiv_id": "2101.00001"}, {"doi": "10.1234/b"}, True),
        ({"authors": ("Ada Lovelace",)}, {"authors": ("Grace Hopper",)}, False),
        ({"authors": ("Ada Lovelace",)}, {"authors": ("Lovelace, A.", "Hopper, G.")}, True),
    ],
)
def test_same_title_is_the_same_paper_unless_years_identifiers_or_authors_speak_against_it(
    left: dict[str, object], right: dict[str, object], same: bool
) -> None:
    mine, theirs = Paper(title="Same", **left), Paper(title="same", **right)
    assert same_paper(mine, theirs) is same
    assert same_paper(theirs, mine) is same


@given(st.lists(records(), min_size=2, max_size=4))
def test_merging_does_not_depend_on_the_order(found: list[Paper]) -> None:
    results = set()
    for order in itertools.permutations(found):
        merged = order[0]
        for paper in order[1:]:
            merged = merge(merged, paper)
        results.add(merged)
    assert len(results) == 1


@given(records(), records())
def test_a_merge_loses_no_known_value_and_no_source(left: Paper, right: Paper) -> None:
    merged = merge(left, right)
    for field in ("abstract", "author_count", "organisation", "published", "comments"):
        known = {getattr(left, field), getattr(right, field)} - {None}
        assert getattr(merged, field) in (known or {None})
    assert set(merged.sources) == {*left.sources, *right.sources}
    assert set(merged.tags) == {*left.tags, *right.tags}
    assert merge(merged, left) == merged


@pytest.mark.parametrize(
    ("paper", "key"),
    [
        (Paper(title="Pointer Networks", authors=("Oriol Vinyals",), published="2015"), "vinyals2015pointer"),
        (
            Paper(title="Pretraining with memories", organisation="Apple", published="2025-09-29"),
            "apple2025pretraining",
        ),
        (Paper(title="On the Way", organisation="University of Oxford", published="2020"), "oxford2020way"),
        (Paper(title="MLP Memory: Language Modeling", published="2025"), "mlpmemory2025"),
        (Paper(title="What Matters in Transformers? Not All"), "matterstransformers"),
        (Paper(title="Größe", authors=("Jürgen Müller-Lüdenscheidt",)), "mullerludenscheidtgrosse"),
        (Paper(title="深度学习", authors=("{OpenAI}",), published="2020"), "openai2020shenduxuexi"),
        (Paper(title="???"), "paper"),
    ],
)
def test_a_key_is_built_from_what_is_known_and_nothing_else(paper: Paper, key: str) -> None:
    assert key_stem(paper) == key


@given(titles, st.lists(titles, max_size=2))
def test_a_key_is_always_plain_letters_and_digits(title: str, authors: list[str]) -> None:
    stem = key_stem(Paper(title=title, authors=tuple(authors)))
    assert stem.isascii()
    assert stem.isalnum()


def test_keys_that_collide_take_letters() -> None:
    keys = list(itertools.islice(key_candidates("k"), 30))
    assert keys[:4] == ["k", "ka", "kb", "kc"]
    assert keys[26:29] == ["kz", "kaa", "kab"]
    assert len(set(keys)) == 30


@pytest.mark.parametrize(
    ("author", "family"),
    [
        ("Laurens van der Maaten", "van der Maaten"),
        ("van der Maaten, Laurens", "van der Maaten"),
        ("{Mistral AI}", "Mistral AI"),
        ("Plato", "Plato"),
        ("", ""),
    ],
)
def test_family_names(author: str, family: str) -> None:
    assert family_name(author) == family


@given(st.permutations([Paper(title=t, published=d) for t in ("A b", "a B", "c") for d in ("2024", None)]))
def test_canonical_order_does_not_depend_on_the_order_given(papers: list[Paper]) -> None:
    reference = sorted(papers, key=lambda paper: paper.model_dump_json())
    assert [title_identity(p.title) for p in canonical_order(papers)] == [
        title_identity(p.title) for p in canonical_order(reference)
    ]
    assert [p.published for p in canonical_order(papers)] == [p.published for p in canonical_order(reference)]


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        # A preprint and what was published of it a year later, with an abstract of its own.
        (
            {"arxiv_id": "2101.00001", "year": 2021},
            {"doi": "10.1234/b", "year": 2022, "abstract": "x y"},
            True,
        ),
        # Two years apart the abstract and the authors have to agree.
        ({"arxiv_id": "2101.00001", "year": 2021}, {"doi": "10.1234/b", "year": 2023}, True),
        ({"arxiv_id": "2101.00001", "year": 2021}, {"doi": "10.1234/b", "year": 2024}, False),
        (
            {"arxiv_id": "2101.00001", "year": 2021},
            {"doi": "10.1234/b", "year": 2023, "abstract": "x"},
            False,
        ),
        (
            {"arxiv_id": "2101.00001", "year": 2021},
            {"doi": "10.1234/b", "year": 2023, "abstract": None},
            False,
        ),
        ({"arxiv_id": "2101.00001", "year": 2021}, {"doi": "10.1234/b", "year": 2023, "authors": ()}, False),
        # The overview of a task that is held each year.
        ({"year": 2021}, {"doi": "10.1234/b", "year": 2022, "abstract": "x y"}, False),
        ({"year": 2021}, {"doi": "10.1234/b", "year": 2022}, True),
        ({"year": 2021}, {"doi": "10.1234/b", "year": 2023}, False),
    ],
)
def test_a_preprint_may_be_older_than_other_records_of_a_paper(
    left: dict[str, object], right: dict[str, object], same: bool
) -> None:
    both = []
    for known in (left, right):
        fields = {"abstract": "we count fish under ice", "authors": ("Ada Ice",), **known}
        both.append(Paper.model_validate({"title": "Same", "published": str(fields.pop("year")), **fields}))
    assert same_paper(*both) is same
    assert same_paper(*both[::-1]) is same


VERSIONS = [
    "X v2",
    "X 2",
    "X II",
    "X part 1",
    "X extended version",
    "X+",
    "X-Plus",
    "X Pro",
    "X XL",
    "X revisited",
]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_is_another_paper(version: str) -> None:
    for other in ["X", *VERSIONS]:
        same = same_paper(Paper(title=version, published="2020"), Paper(title=other, published="2020"))
        assert same is (other == version)


def test_where_a_record_stands_in_its_file_does_not_decide_the_order() -> None:
    names = [("Ada Ice", "Bo Floe"), ("Bo Floe", "Ada Ice")]
    orders = set()
    for lines in ((1, 2), (2, 1)):
        records = [
            Paper(title="T", authors=authors, sources=(Source(format="jsonl", name="a", line=line),))
            for authors, line in zip(names, lines, strict=True)
        ]
        orders.add(tuple(paper.authors for paper in canonical_order(records)))
    assert len(orders) == 1
