from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from litreview.errors import LibraryError, PaperNotFound, UsageError
from litreview.library import Library
from litreview.library import schema as schema_module
from litreview.library.schema import MIGRATIONS
from litreview.papers import Paper, Source

WORDS = "We count fish below the ice by listening to them for a year"


def record(name: str, **known: object) -> Paper:
    fields: dict[str, object] = {"title": "Fish under Ice", "published": "2021", "abstract": WORDS, **known}
    return Paper.model_validate({**fields, "sources": (Source(format="jsonl", name=name),)})


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """An empty library without an index, which most of these tests can do without."""
    with Library(tmp_path / "library", indexed=False) as opened:
        yield opened


@pytest.fixture
def twins() -> list[Paper]:
    """Two records that meet by their title."""
    return [
        record("a.jsonl", doi="10.1234/fish", authors=("Ada Ice",)),
        record("b.jsonl", abstract=WORDS + ", and find more than we thought.", venue="Polar Notes"),
    ]


def sources(library: Library) -> dict[str, list[str]]:
    return {paper.key or "": [source.name for source in paper.sources] for paper in library.all_papers()}


def test_splitting_gives_each_record_a_paper_and_the_merged_one_keeps_its_key(
    library: Library, twins: list[Paper]
) -> None:
    library.add(twins[:1])
    library.add(twins[1:])
    assert sources(library) == {"ice2021fish": ["a.jsonl", "b.jsonl"]}
    report = library.merges.split("ice2021fish")
    assert sources(library) == {"ice2021fish": ["a.jsonl"], "fishice2021": ["b.jsonl"]}
    assert [paper.model_copy(update={"key": None}) for paper in report.papers] == twins
    assert report.inseparable == ()


def test_what_was_split_is_not_merged_again_by_the_same_records(library: Library, twins: list[Paper]) -> None:
    library.add(twins)
    library.merges.split(library.all_papers()[0].key or "")
    before = library.all_papers()
    for batch in (twins, twins[::-1], twins[1:], twins[:1]):
        report = library.add(batch)
        assert (report.added, report.merged) == (0, 0)
    assert library.all_papers() == before


def test_a_record_that_has_changed_goes_to_the_half_it_is_closest_to(
    library: Library, twins: list[Paper]
) -> None:
    library.add(twins)
    library.merges.split(library.all_papers()[0].key or "")
    library.add([twins[1].model_copy(update={"comments": 3}), twins[0].model_copy(update={"comments": 5})])
    assert {paper.venue: paper.comments for paper in library.all_papers()} == {"Polar Notes": 3, None: 5}


def test_the_same_record_of_two_files_is_one_record(library: Library, twins: list[Paper]) -> None:
    library.add(twins)
    library.add([twins[1].model_copy(update={"sources": (Source(format="jsonl", name="c.jsonl"),)})])
    library.merges.split(library.all_papers()[0].key or "")
    assert sorted(sources(library).values()) == [["a.jsonl"], ["b.jsonl", "c.jsonl"]]


def test_one_record_can_be_taken_out_and_the_others_stay(library: Library, twins: list[Paper]) -> None:
    third = record("c.jsonl", tags=("polar",))
    library.add([twins[0]])
    library.add([twins[1]])
    library.add([third])
    (key,) = sources(library)
    assert [kept.paper.sources[0].name for kept in library.merges.records(key)] == [
        "a.jsonl",
        "b.jsonl",
        "c.jsonl",
    ]
    library.merges.split(key, records=[2])
    assert sorted(sources(library).values()) == [["a.jsonl", "c.jsonl"], ["b.jsonl"]]
    assert library.paper(key).tags == ("polar",)
    assert library.paper(key).venue is None


def test_vectors_words_and_index_follow_a_split_and_a_merge(
    tmp_path: Path, papers: list[Paper], twins: list[Paper]
) -> None:
    with Library(tmp_path) as library:
        library.add([*papers, *twins])
        library.sync()
        library.merges.split("ice2021fish")
        library.merges.unite("mixnet2021", "gatemix2022")
        state = library.state()
        assert (state.papers, state.pending, state.health.state) == (9, 0, "ok")
        assert library.probe_index().state == "ok"
        assert library.check_catalogue() == "ok"


def test_papers_that_were_never_merged_keep_no_records(library: Library, papers: list[Paper]) -> None:
    library.add(papers)
    library.add(papers)
    (kept,) = library._catalogue.connection.execute("SELECT count(*) FROM records").fetchone()
    assert kept == 0


def test_a_paper_of_one_record_cannot_be_split(library: Library, twins: list[Paper]) -> None:
    library.add(twins[:1])
    with pytest.raises(UsageError, match="one record"):
        library.merges.split("ice2021fish")
    with pytest.raises(PaperNotFound, match="did you mean ice2021fish"):
        library.merges.split("ice2020fish")


@pytest.mark.parametrize(
    ("records", "said"), [([3], "no record 3"), ([0], "no record 0"), ([1, 2], "has to stay")]
)
def test_records_that_cannot_leave_are_named(
    library: Library, twins: list[Paper], records: list[int], said: str
) -> None:
    library.add(twins)
    with pytest.raises(UsageError, match=said):
        library.merges.split(next(iter(sources(library))), records=records)
    assert len(library) == 1


def test_a_library_without_kept_records_says_which_sources_stay_together(
    tmp_path: Path, twins: list[Paper]
) -> None:
    with Library(tmp_path, indexed=False) as library:
        library.add(twins)
        # As it was before the third version of the schema.
        library._catalogue.connection.execute("DELETE FROM records")
    with Library(tmp_path, indexed=False) as library:
        (key,) = sources(library)
        with pytest.raises(LibraryError, match=r"a\.jsonl, b\.jsonl"):
            library.merges.split(key)
        library.add([record("c.jsonl", tags=("polar",))])
        report = library.merges.split(key)
        assert report.inseparable == ((key, ("a.jsonl", "b.jsonl")),)
        assert sorted(sources(library).values()) == [["a.jsonl", "b.jsonl"], ["c.jsonl"]]


def test_a_library_of_the_second_version_is_brought_up_to_date(
    tmp_path: Path, twins: list[Paper], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(schema_module, "MIGRATIONS", MIGRATIONS[:2])
        schema_module.open_database(tmp_path / "catalogue.sqlite3", create=True).close()
    with Library(tmp_path, indexed=False) as library:
        library.add(twins)
        assert len(library.merges.split(next(iter(sources(library)))).papers) == 2
    connection = sqlite3.connect(tmp_path / "catalogue.sqlite3")
    assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    connection.close()


# Merged on request


@pytest.fixture
def strangers(library: Library) -> Library:
    """A library of two papers that are not one by themselves, the second one merged from two records."""
    library.add([record("a.jsonl", doi="10.1234/a", authors=("Ada Ice",))])
    library.add([record("b.jsonl", doi="10.1234/b", authors=("Ada Ice",), title="Fish under the Ice")])
    library.add([record("c.jsonl", doi="10.1234/b", venue="Polar Notes", title="Fish under the Ice")])
    assert sources(library) == {"ice2021fish": ["a.jsonl"], "ice2021fisha": ["b.jsonl", "c.jsonl"]}
    return library


@pytest.mark.parametrize("keys", [("ice2021fish", "ice2021fisha"), ("ice2021fisha", "ice2021fish")])
def test_a_merge_on_request_keeps_the_older_key_and_the_other_leads_to_it(
    strangers: Library, keys: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    paper, gone = strangers.merges.unite(*keys)
    assert (paper.key, gone) == ("ice2021fish", "ice2021fisha")
    assert sources(strangers) == {"ice2021fish": ["a.jsonl", "b.jsonl", "c.jsonl"]}
    with caplog.at_level(logging.INFO, logger="litreview"):
        assert strangers.paper("ice2021fisha") == paper
    assert "ice2021fisha was merged into ice2021fish" in caplog.text
    with pytest.raises(PaperNotFound, match="merged into 'ice2021fish'"):
        strangers.remove(["ice2021fisha"])


def test_a_merge_on_request_holds_when_the_records_are_added_again(strangers: Library) -> None:
    strangers.merges.unite("ice2021fish", "ice2021fisha")
    again = [
        record("a.jsonl", doi="10.1234/a", authors=("Ada Ice",)),
        record("b.jsonl", doi="10.1234/b", authors=("Ada Ice",), title="Fish under the Ice"),
        record("d.jsonl", title="Fish under the Ice"),
        record("e.jsonl", doi="10.1234/b", title="Fishes"),
    ]
    assert strangers.add(again).added == 0
    assert len(strangers) == 1


def test_splitting_a_merge_on_request_gives_both_papers_back_as_they_were(strangers: Library) -> None:
    before = strangers.all_papers()
    strangers.merges.unite("ice2021fish", "ice2021fisha")
    strangers.merges.split("ice2021fish")
    assert strangers.all_papers() == before
    # The papers themselves were merged too, and that can be undone now.
    strangers.merges.split("ice2021fisha")
    assert sorted(sources(strangers).values()) == [["a.jsonl"], ["b.jsonl"], ["c.jsonl"]]


def test_a_former_key_is_not_given_to_another_paper(strangers: Library) -> None:
    strangers.merges.unite("ice2021fish", "ice2021fisha")
    strangers.add([record("f.jsonl", title="Fish over Water", authors=("Ada Ice",), abstract="Other words.")])
    assert set(sources(strangers)) == {"ice2021fish", "ice2021fishb"}


def test_a_paper_is_not_merged_with_itself(strangers: Library) -> None:
    with pytest.raises(UsageError, match="one paper"):
        strangers.merges.unite("ice2021fish", "ice2021fish")
    with pytest.raises(PaperNotFound, match="'nosuch'"):
        strangers.merges.unite("ice2021fish", "nosuch")


FIELDS = {
    "venue": st.sampled_from([None, "Polar Notes", "Ice"]),
    "doi": st.sampled_from([None, None, "10.1234/a"]),
    "comments": st.sampled_from([None, 1, 2]),
    "published": st.sampled_from(["2021", "2021-03"]),
}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(known=st.lists(st.fixed_dictionaries(FIELDS), min_size=2, max_size=4))
def test_whatever_was_merged_a_split_gives_the_records_back(
    known: list[dict[str, object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    records = [record(f"{number}.jsonl", **fields) for number, fields in enumerate(known)]
    with Library(tmp_path_factory.mktemp("library"), indexed=False) as library:
        for one in records:
            library.add([one])
        (key,) = sources(library)
        if len(library.merges.records(key)) < 2:
            return  # The same record each time.
        library.merges.split(key)
        after = library.all_papers()
        assert {s.name for paper in after for s in paper.sources} == {
            f"{n}.jsonl" for n in range(len(records))
        }
        contents = {paper.model_copy(update={"key": None, "sources": ()}) for paper in after}
        assert contents <= {one.model_copy(update={"sources": ()}) for one in records}
        library.add(records)
        assert library.all_papers() == after
