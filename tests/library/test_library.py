from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import pytest

from litreview.errors import LibraryError, LibraryVersionError, PaperNotFound
from litreview.library import Filters, Library
from litreview.library import library as library_module
from litreview.library.catalogue import InIndex
from litreview.library.vectors import open_index
from litreview.papers import Paper, Source


def test_what_was_added_is_there_after_reopening(tmp_path: Path, papers: list[Paper]) -> None:
    with Library(tmp_path) as library:
        report = library.add(papers)
    assert (report.added, report.merged, report.unchanged, report.papers) == (8, 0, 0, 8)
    with Library(tmp_path, create=False) as library:
        assert {paper.title for paper in library.all_papers()} == {paper.title for paper in papers}


def test_adding_the_same_again_changes_nothing(library: Library, papers: list[Paper]) -> None:
    library.add(papers)
    before = library.all_papers()
    report = library.add(papers)
    assert (report.added, report.merged, report.unchanged) == (0, 0, 8)
    assert library.all_papers() == before


def test_the_order_of_a_batch_does_not_matter(tmp_path: Path, papers: list[Paper]) -> None:
    twins = [*papers, *(paper.model_copy(update={"published": None, "venue": "V"}) for paper in papers)]
    libraries = []
    for name, batch in (("one", twins), ("two", twins[::-1])):
        with Library(tmp_path / name) as library:
            library.add(batch)
            library.sync()
            libraries.append((library.all_papers(), library.vectors(range(1, 9)).tolist()))
    assert libraries[0] == libraries[1]


def test_a_key_once_issued_stays_when_more_becomes_known(library: Library) -> None:
    library.add([Paper(title="Pointer Networks", published="2015")])
    library.add([Paper(title="Pointer Networks", authors=("Oriol Vinyals",), published="2015-06-09")])
    (paper,) = library.all_papers()
    assert paper.key == "pointernetworks2015"
    assert paper.authors == ("Oriol Vinyals",)


def test_colliding_keys_take_letters_and_a_key_given_is_kept(library: Library) -> None:
    library.add([Paper(title=f"Deep Learning for {thing}", published="2020") for thing in ("Fish", "Reefs")])
    library.add([Paper(title="Another", key="mine")])
    assert [paper.key for paper in library.all_papers()] == ["deeplearning2020", "deeplearning2020a", "mine"]


def test_a_doi_decides_before_the_title(library: Library) -> None:
    library.add([Paper(title="A Preprint", doi="10.1234/a"), Paper(title="Other", doi="10.1234/b")])
    report = library.add([Paper(title="Other", doi="10.1234/A", venue="Journal")])
    assert (report.added, report.merged) == (0, 1)
    assert library.paper("preprint").venue == "Journal"


def test_the_nearest_vectors_are_on_the_subject(library: Library, papers: list[Paper]) -> None:
    library.add(papers)
    library.sync()
    (vector,) = library.embed(["coral reefs under water"])
    found = library.papers([row for row, _ in library.nearest(vector, limit=2, filters=Filters())])
    assert {paper.key for paper in found} == {"reefnet2020", "tidecast2023"}


def test_filters_hold_on_words_and_on_vectors(library: Library, papers: list[Paper]) -> None:
    tagged = papers[0].model_copy(
        update={"tags": ("vision",), "venue": "ICML", "sources": (Source(format="jsonl", name="a.jsonl"),)}
    )
    library.add([tagged, *papers[1:]])
    library.sync()
    (vector,) = library.embed(["token mixing"])

    def found(filters: Filters) -> set[int]:
        by_vector = {row for row, _ in library.nearest(vector, limit=20, filters=filters)}
        by_word = {row for row, _ in library.match("study", limit=20, filters=filters)}
        assert by_vector == by_word
        return by_vector

    assert len(found(Filters())) == 8
    assert {p.year for p in library.papers(sorted(found(Filters(since=2022, until=2022))))} == {2022}
    for only in (Filters(tags=("vision",)), Filters(venue="icml"), Filters(source="a.jsonl")):
        assert [p.title for p in library.papers(sorted(found(only)))] == [tagged.title]
    assert found(Filters(tags=("vision",), since=2022)) == set()


def test_papers_are_folded_in_until_the_library_has_grown_by_half(
    library: Library, papers: list[Paper]
) -> None:
    library.add(papers[:6])
    library.sync()
    first = library.state().generation
    library.add(papers[6:7])
    library.sync()
    assert library.state().generation == first
    library.add([*papers[7:], Paper(title="A ninth", abstract="of forecasting tides")])
    library.sync()
    second = library.state().generation
    assert first is not None
    assert second is not None
    assert (first.fitted_on, second.fitted_on) == (6, 9)
    assert library.state().health.state == "ok"


def test_a_changed_abstract_is_embedded_and_indexed_anew(library: Library) -> None:
    library.add(
        [Paper(title="One", abstract="about fish"), Paper(title="Two", abstract="about reefs and fish")]
    )
    library.sync()
    before = library.vectors([1]).tolist()
    library.add([Paper(title="One", abstract="about fish and then, at greater length, about reefs")])
    assert library.state().pending == 1
    library.sync()
    assert library.vectors([1]).tolist() != before
    assert library.probe_index().state == "ok"


def test_removing_takes_a_paper_out_of_every_store(library: Library, papers: list[Paper]) -> None:
    library.add(papers)
    library.sync()
    (gone,) = library.remove(["reefnet2020"])
    assert gone.title.startswith("ReefNet")
    assert len(library) == 7
    assert library.match("reefnet", limit=5, filters=Filters()) == []
    assert library.state().health.state == "ok"
    assert library.probe_index().state == "ok"
    generation = library.state().generation
    assert generation is not None
    with open_index(library.folder / "chroma", generation.collection) as index:
        assert index.vectors(["reefnet2020"]) == {}
        assert index.count() == 7


def test_papers_are_found_by_their_keys_in_the_order_asked(library: Library, papers: list[Paper]) -> None:
    library.add(papers)
    assert library.keys() == [paper.key for paper in library.all_papers()]
    last, first = library.keys()[-1], library.keys()[0]
    found = library.papers_by_key([last, "nosuch", first, last])
    assert list(found.items()) == [(last, library.paper(last)), (first, library.paper(first))]


def test_removing_all_or_nothing(library: Library, papers: list[Paper]) -> None:
    library.add(papers)
    with pytest.raises(PaperNotFound, match="'nosuch'"):
        library.remove(["reefnet2020", "nosuch"])
    assert len(library) == 8


def test_a_removed_paper_can_come_back_before_the_index_was_told(
    library: Library, papers: list[Paper]
) -> None:
    library.add(papers)
    library.sync()
    row = library._row_of("reefnet2020")
    with library._catalogue.transaction():
        library._catalogue.remove(row)
    library.add(papers)
    library.sync()
    assert library.probe_index().state == "ok"
    assert len(library) == 8


def test_an_interrupted_import_is_found_by_words_and_completed_later(
    library: Library, papers: list[Paper], caplog: pytest.LogCaptureFixture
) -> None:
    library.add(papers)
    (vector,) = library.embed(["reefs"])
    with caplog.at_level(logging.WARNING, logger="litreview"):
        assert library.nearest(vector, limit=5, filters=Filters()) == []
    assert "interrupted" in caplog.text
    assert len(library.match("reef", limit=5, filters=Filters())) == 2
    library.sync()
    assert library.state().pending == 0


def test_an_unknown_key_names_the_ones_that_begin_alike(library: Library, papers: list[Paper]) -> None:
    library.add(papers)
    with pytest.raises(PaperNotFound, match=r"'reefnett'.*did you mean reefnet2020"):
        library.paper("reefnett")


def test_a_path_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(LibraryError, match=r"file'.* is a file"):
        Library(tmp_path / "file")


def test_a_library_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(LibraryError, match="inside"):
        Library(tmp_path / "file" / "inside")


def test_reading_makes_no_library(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no library"):
        Library(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()


def test_a_library_of_a_newer_version_is_left_alone(tmp_path: Path, papers: list[Paper]) -> None:
    with Library(tmp_path) as library:
        library.add(papers)
    connection = sqlite3.connect(tmp_path / "catalogue.sqlite3")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LibraryVersionError, match=r"newer litreview.*99"):
        Library(tmp_path)


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "catalogue.sqlite3")
    connection.execute("CREATE TABLE photos (id)")
    connection.close()
    with pytest.raises(LibraryError, match="another program"):
        Library(tmp_path)


def test_a_file_that_is_no_database_is_reported(tmp_path: Path) -> None:
    (tmp_path / "catalogue.sqlite3").write_bytes(b"not a database at all" * 100)
    with pytest.raises(LibraryError, match="cannot be read"):
        Library(tmp_path)


def test_a_lean_library_keeps_documents_out_of_chroma(tmp_path: Path, papers: list[Paper]) -> None:
    for lean in (False, True):
        folder = tmp_path / str(lean)
        with Library(folder, lean=lean) as library:
            library.add(papers)
            library.sync()
            generation = library.state().generation
        assert generation is not None
        with open_index(folder / "chroma", generation.collection) as index:
            stored = index._collection.get(ids=["reefnet2020"])
        assert (stored["documents"] == [None]) is lean
        assert stored["metadatas"] == [{"key": "reefnet2020", "year": 2020}]


def test_index_states_have_the_values_the_schema_allows() -> None:
    assert [state.value for state in InIndex] == [0, 1, 2]


def test_a_library_above_the_limit_is_searched_by_chroma_with_the_same_result(
    library: Library, papers: list[Paper], monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add(papers)
    library.sync()
    # Two papers are on the subject; the cosines of all others are zero but for rounding.
    (vector,) = library.embed(["monitoring coral reefs"])
    exact = library.nearest(vector, limit=2, filters=Filters())
    monkeypatch.setattr(library_module, "EXACT_LIMIT", 0)
    monkeypatch.setattr(library._embeddings, "nearest", None)  # the exact search must not be asked
    indexed = library.nearest(vector, limit=2, filters=Filters())
    assert [row for row, _ in indexed] == [row for row, _ in exact]
    assert [cosine for _, cosine in indexed] == pytest.approx([cosine for _, cosine in exact], abs=1e-4)
    assert library.state().health.state == "ok"


def test_ties_among_the_nearest_go_to_the_first_rows(library: Library) -> None:
    library.add([Paper(title=f"Reef monitoring {'again ' * n}".strip(), published="2020") for n in range(7)])
    library.sync()
    (vector,) = library.embed(["reef monitoring"])
    every = library.nearest(vector, limit=99, filters=Filters())
    assert len({cosine for _, cosine in every}) < len(every) == 7
    assert every == sorted(every, key=lambda found: (-found[1], found[0]))
    for limit in range(1, 8):
        assert library.nearest(vector, limit=limit, filters=Filters()) == every[:limit]


def test_vectors_that_another_process_changed_are_read_again_and_only_those(
    tmp_path: Path, papers: list[Paper], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library(tmp_path) as reader, Library(tmp_path) as writer:
        writer.add(papers)
        writer.sync()
        (vector,) = reader.embed(["monitoring coral reefs"])
        before = reader.nearest(vector, limit=9, filters=Filters())
        writer.archive.put_reply("digest", "a reply", server="s", model="m", mode="m")
        with monkeypatch.context() as patched:
            patched.setattr(reader._embeddings, "_all_vectors", None)  # they are kept
            assert reader.nearest(vector, limit=9, filters=Filters()) == before
        # The last row's vector is dropped and made again under the same row id.
        last = writer.paper(writer.papers([8])[0].key or "")
        writer.add(
            [last.model_copy(update={"abstract": f"{last.abstract} " + "Monitoring coral reefs. " * 9})]
        )
        writer.sync()
        after = reader.nearest(vector, limit=9, filters=Filters())
        assert after == writer.nearest(vector, limit=9, filters=Filters()) != before
        writer.remove([last.key or ""])
        assert len(reader.nearest(vector, limit=9, filters=Filters())) == 7
