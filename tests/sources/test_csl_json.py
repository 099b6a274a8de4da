from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.sources import csl_json, hf_papers
from litreview.sources.batch import as_one

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    "id title abstract author issued container-title DOI URL keyword custom number archive archive_location"
    " note itemType creators data extra tags date paper summary authors publishedAt numComments"
    " organization".split()
)


def item(number: int, **more: object) -> dict[str, object]:
    return {"id": f"k{number}", "type": "article", "title": f"Title {number}", **more}


@given(st.lists(st.dictionaries(FIELDS, JSON, max_size=5), max_size=3))
def test_items_of_any_values_never_raise_and_none_is_lost(
    items: list[dict[str, object]],
) -> None:
    for module in (csl_json, hf_papers):
        batch = module.parse(json.dumps(items), name="x")
        skipped = sum("itemType" in i or isinstance(i.get("data"), dict) for i in items)

        assert len(batch.papers) + len(batch.rejected) + skipped >= len(items)
        batch.model_dump_json().encode()


@given(st.text(max_size=60))
def test_any_text_never_raises(text: str) -> None:
    for start in ("", "[", '[{"title": "A"},', '{"items": [', '{"paper": '):
        csl_json.parse(start + text, name="x")
        hf_papers.parse(start + text, name="x")
        csl_json.looks_like(start + text)


@given(st.data())
def test_a_damaged_item_never_costs_its_neighbours(data: st.DataObject) -> None:
    middle = json.dumps(item(2, author=[{"family": "B", "given": "C"}, {"family": "D"}], abstract="e f"))
    at = data.draw(st.integers(1, len(middle) - 1))
    length = data.draw(st.integers(0, 20))
    put = data.draw(st.text('{}[],:"\\x ', max_size=4))
    damaged = middle[:at] + put + middle[at + length :]
    text = f"[{json.dumps(item(1))},\n{damaged},\n{json.dumps(item(3))},\n{json.dumps(item(4))}]"
    size = data.draw(st.integers(1, 80))
    batch = as_one(
        csl_json.read((text[i : i + size] for i in range(0, len(text), size)), name="x"),
    )

    titles = [paper.title for paper in batch.papers]
    # A quote too many or too few may take the next item into a text: then that is no JSON, and the one after
    # it is found.
    assert titles[:1] == ["Title 1"]
    assert titles[-1:] == ["Title 4"]


def test_pieces_of_any_size_give_the_same() -> None:
    text = json.dumps([item(n, abstract="ä" * n) for n in range(40)], indent=1, ensure_ascii=False)
    whole = csl_json.parse(text, name="x")

    for size in (1, 7, 64, 1000):
        assert (
            as_one(csl_json.read((text[i : i + size] for i in range(0, len(text), size)), name="x")) == whole
        )
    assert [paper.sources[0].line for paper in whole.papers][:2] == [2, 8]


def test_a_long_list_takes_constant_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("litreview.sources.batch.BATCH_SIZE", 100)
    one = json.dumps(item(1, abstract="words " * 300)) + ","

    def chunks() -> Iterator[str]:
        yield "["
        for _ in range(600):
            yield one

    tracemalloc.start()
    found = [len(batch.papers) for batch in csl_json.read(chunks(), name="x")]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert found == [100] * 6
    assert peak < 12_000_000  # 1,000 papers at a time; all of the text has 7.5 MB, all papers have 20.


def test_what_litreview_wrote_is_taken_as_it_stands() -> None:
    own = {
        "author_count": 3,
        "comments": 0,
        "organisation": "Lab",
        "authors": ["Ada B"],
        "tags": ["a;b"],
        "z": 1,
    }
    text = json.dumps(
        [
            item(
                1,
                title="<i>x</i> &amp; y",
                abstract="<p>",
                author=[{"family": "B", "given": "Ada"}],
                URL="https://arxiv.org/abs/2101.00001",
                keyword="a, b",
                archive="arXiv",
                archive_location="2202.00002",
                custom={"litreview": own},
            ),
            item(2, title="<i>x</i> &amp; y", keyword="a, b", custom={"other": {}}),
        ]
    )
    mine, theirs = csl_json.parse(text, name="x").papers

    assert (mine.title, mine.abstract, mine.authors, mine.tags) == (
        "<i>x</i> &amp; y",
        "<p>",
        ("Ada B",),
        ("a;b",),
    )
    assert (mine.author_count, mine.comments, mine.organisation, mine.arxiv_id) == (
        3,
        0,
        "Lab",
        "2202.00002",
    )
    assert (theirs.title, theirs.tags) == ("x & y", ("a", "b"))


def test_many_damaged_items_take_time_in_proportion() -> None:
    text = "[" + '{"title": "A" "b"},\n' * 3000 + '{"title": "Last"}]'
    batch = csl_json.parse(text, name="x")

    assert [paper.title for paper in batch.papers] == ["Last"]


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ('[{"id": "a", "type": "article", "title": "A"}]', True),
        ('{"items": [{"itemType": "book"}]}', True),
        ('{"DOI": "10.1/x", "title": "A"}', True),
        ('{"title": "A", "author": "x", "authors": []}\n', False),
        ('{"title": "A"}\n', False),
        ("[]", False),
        ("@article{a, DOI = {x}}", False),
    ],
)
def test_items_of_csl_are_told_from_other_json(text: str, looks: bool) -> None:
    assert csl_json.looks_like(text) is looks
