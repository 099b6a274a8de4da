"""What becomes of a paper that two machines change at once, case by case; a server in memory."""

from __future__ import annotations

import logging

import pytest

from litreview.library.remote.exchanging import Records
from litreview.library.remote.records import SharedPaper, SharedRecord, paper_digest, related
from litreview.library.remote.state import writer_row
from litreview.papers import Paper, Source

from .fake import FakeServer
from .machines import Machine, machines


def record(name: str, title: str = "Reef maps", **known: object) -> Paper:
    source = Source(format="jsonl", name=name)
    values = {"title": title, "authors": ("Ada Berg",), "published": "2020", "sources": (source,), **known}
    return Paper.model_validate(values)


def _shared(made: list[Machine], *papers: Paper) -> None:
    """All machines have these papers."""
    made[0].add(papers)
    for machine in made:
        machine.sync()


def _settled(made: list[Machine]) -> dict[str, object]:
    for _ in range(2):
        for machine in made:
            machine.sync()
    assert all(machine.content() == made[0].content() for machine in made)
    return made[0].content()


def test_changes_of_one_paper_at_once_are_united() -> None:
    with machines(3) as made:
        _shared(made, record("first"))
        for machine, name in zip(made, ("a", "b", "c"), strict=True):
            machine.add([record(name, abstract=f"Words of {name}.")])
        # Nobody looks before writing: each overwrites what the one before wrote.
        for machine in made:
            machine.push()
        _settled(made)
        for machine in made:
            assert machine.sources() == {"first", "a", "b", "c"}
            assert len(machine.merges.records("berg2020reef")) == 4


def test_a_change_that_waits_here_is_not_lost_to_one_that_comes() -> None:
    with machines(2) as made:
        _shared(made, record("first"))
        made[0].add([record("a", abstract="Words of a.")])
        made[1].add([record("b", abstract="Words of b.")])
        made[0].sync()
        made[1].pull()
        assert made[1].sources() == {"first", "a", "b"}
        _settled(made)
        assert made[0].sources() == {"first", "a", "b"}


@pytest.mark.parametrize("remover_first", [True, False])
def test_a_paper_that_is_removed_here_and_changed_there_stays(remover_first: bool) -> None:
    with machines(3) as made:
        _shared(made, record("first"))
        made[0].remove("berg2020reef")
        made[1].add([record("b", abstract="Words of b.")])
        for machine in made[:2] if remover_first else made[1::-1]:
            machine.push()
        assert "berg2020reef" in _settled(made)
        assert made[2].sources() == {"first", "b"}


def test_a_removed_paper_is_gone_everywhere_and_can_come_back() -> None:
    with machines(2) as made:
        _shared(made, record("first"), record("other", "Tide tables"))
        made[0].remove("berg2020reef")
        assert "berg2020reef" not in _settled(made)
        made[1].add([record("again")])
        assert "berg2020reef" in _settled(made)
        assert made[0].sources() == {"again", "other"}


def test_one_paper_that_two_machines_add_at_once_is_one() -> None:
    with machines(3) as made:
        made[0].add([record("a", doi="10.1234/x")])
        made[1].add([record("b", doi="10.1234/x", authors=("Adam Berger",))])
        for machine in made[:2]:
            machine.push()
        content = _settled(made)
        assert set(content) == {"berg2020reef", "former"}
        assert content["former"] == [("berger2020reef", "berg2020reef")]
        assert made[2].sources() == {"a", "b"}


def test_a_machine_that_gets_both_first_leaves_it_to_those_who_added_them() -> None:
    with machines(3) as made:
        made[0].add([record("a", doi="10.1234/x")])
        made[1].add([record("b", doi="10.1234/x", authors=("Adam Berger",))])
        for machine in made[:2]:
            machine.push()
        made[2].pull()
        assert len(made[2].catalogue) == 2
        made[2].add([record("c", "Berger's", doi="10.1234/x")])
        assert set(_settled(made)) == {"berg2020reef", "former"}
        assert made[0].sources() == {"a", "b", "c"}


def test_papers_that_were_separated_stay_apart_on_every_machine() -> None:
    with machines(2) as made:
        _shared(made, record("first"))
        made[0].add([record("a", abstract="Words of a.")])
        made[0].merges.split("berg2020reef")
        content = _settled(made)
        assert set(content) == {"berg2020reef", "berg2020reefa", "former"}
        assert made[1].catalogue.records.separations()
        # The record comes again, where it was not split: it goes to the one it was taken into.
        made[1].add([record("a", abstract="Words of a.")])
        assert set(_settled(made)) == {"berg2020reef", "berg2020reefa", "former"}


def test_of_two_papers_under_one_key_the_second_gets_another() -> None:
    with machines(3) as made:
        for machine, title in zip(made, ("Reef maps", "Reef models", "Reef moods"), strict=True):
            assert machine.add([record(title, title)]) == ("berg2020reef",)
        for machine in made:
            machine.push()
        # At once, before anybody is told a key.
        assert made[1].catalogue.keys() == ["berg2020reef", "berg2020reefa"]
        _settled(made)
        keys = made[0].catalogue.keys()
        titles = [made[0].catalogue.papers([made[0].catalogue.find(key)])[0].title for key in keys]
        assert titles == ["Reef maps", "Reef models", "Reef moods"]
        assert made[0].records.renamed == {}
        assert made[1].records.renamed == {"berg2020reef": "berg2020reefa"}
        assert made[2].records.renamed == {"berg2020reef": "berg2020reefb"}


def test_a_key_that_was_freed_and_taken_by_two_papers_at_once_goes_to_one() -> None:
    with machines(2) as made:
        _shared(made, record("first"))
        made[0].remove("berg2020reef")
        _settled(made)
        made[0].add([record("a", "Reef models")])
        made[1].add([record("b", "Reef moods")])
        for machine in made:
            machine.push()
        assert set(_settled(made)) == {"berg2020reef", "berg2020reefa", "former"}
        assert made[0].sources() == {"a", "b"}


def test_papers_merged_on_request_are_one_everywhere_with_what_was_changed_meanwhile() -> None:
    with machines(3) as made:
        _shared(made, record("first"), record("other", "Tide tables"))
        made[0].merges.unite("berg2020reef", "berg2020tide")
        made[1].add([record("late", "Tide tables", abstract="Words of tides.")])
        for machine in made[:2]:
            machine.push()
        content = _settled(made)
        assert content["former"] == [("berg2020tide", "berg2020reef")]
        assert set(content) == {"berg2020reef", "former"}
        assert made[2].sources() == {"first", "other", "late"}
        made[2].merges.split("berg2020reef")
        assert {"berg2020reef", "berg2020tide"} <= set(_settled(made))


def test_papers_merged_the_other_way_round_by_another_machine_are_one() -> None:
    with machines(2) as made:
        made[0].add([record("a")])
        made[0].sync()
        for machine, name in zip(made, ("b", "c"), strict=True):
            machine.add([record(name, "Reef models")])
        made[1].pull()
        # To the second machine the key it used itself is the older one.
        for machine in made:
            machine.merges.unite("berg2020reef", "berg2020reefa")
        content = _settled(made)
        assert set(content) == {"berg2020reef", "former"}
        assert content["former"] == [("berg2020reefa", "berg2020reef")]
        assert made[0].sources() == {"a", "b", "c"}


def test_a_key_leads_through_all_merges_of_all_machines() -> None:
    with machines(2) as made:
        _shared(made, record("a"), record("b", "Tide tables"), record("c", "Wind roses"))
        made[0].merges.unite("berg2020tide", "berg2020wind")
        made[1].merges.unite("berg2020reef", "berg2020tide")
        content = _settled(made)
        assert set(content) == {"berg2020reef", "former"}
        assert content["former"] == [("berg2020tide", "berg2020reef"), ("berg2020wind", "berg2020reef")]


def test_a_record_that_both_papers_of_a_merge_have_keeps_its_sources() -> None:
    with machines(2) as made:
        _shared(made, record("a", abstract="Words."))
        made[0].add([record("b")])
        made[1].add([record("c")])
        made[1].merges.split("berg2020reef")
        _settled(made)
        made[1].merges.unite("berg2020reef", "berg2020reefa")
        made[1].merges.split("berg2020reef")
        assert made[1].sources() == {"a", "b", "c"}


def test_a_key_that_led_to_a_removed_paper_leads_to_no_other() -> None:
    with machines(2) as made:
        _shared(made, record("first"), record("other", "Tide tables"))
        made[0].merges.unite("berg2020reef", "berg2020tide")
        _settled(made)
        made[1].remove("berg2020reef")
        assert _settled(made) == {"former": []}
        made[0].add([record("new", "Reef models")])
        content = _settled(made)
        assert set(content) == {"berg2020reef", "former"}
        assert content["former"] == []


def test_versions_that_go_back_to_one_claim_are_of_one_paper_however_they_were_changed() -> None:
    paper = record("a").model_copy(update={"key": "k"})
    left = SharedPaper(paper=paper, born=("one", "two"))
    other = paper.model_copy(update={"title": "Another title"})
    assert related(left, SharedPaper(paper=other, born=("two",)))
    assert not related(left, SharedPaper(paper=other, born=("three",)))


def test_what_was_sent_and_not_noted_is_sent_again_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with machines(2) as made:
        made[0].add([record("a"), record("b", "Tide tables")])
        monkeypatch.setattr(Records, "_sent", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            made[0].push()
        monkeypatch.undo()
        assert made[0].state.unsent() == 2
        made[1].sync()
        content = _settled(made)
        assert set(content) == {"berg2020reef", "berg2020tide", "former"}
        assert made[0].records.renamed == {}


def test_a_long_first_sync_that_is_broken_off_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    server = FakeServer()
    with machines(2, server) as made:
        made[0].add([record(f"f{n}", f"Paper {n}") for n in range(700)])
        made[0].push()
        # Numbers of records that were overwritten are no end.
        made[0].add([record("more", f"Paper {n}", abstract="Words.") for n in range(350)])
        made[0].push()
        take, taken = Records._take, []

        def second_time(self: Records, *arguments: object) -> None:
            if len(taken) == 1:
                raise KeyboardInterrupt
            taken.append(1)
            take(self, *arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(Records, "_take", second_time)
        with pytest.raises(KeyboardInterrupt):
            made[1].pull()
        monkeypatch.undo()
        there = len(made[1].catalogue)
        assert 0 < there < 700
        moved = server.moved
        made[1].pull()
        assert len(made[1].catalogue) == 700
        assert server.moved - moved < 700
        assert made[1].content() == made[0].content()
        moved = server.moved
        made[1].pull()
        assert server.moved == moved


def test_a_record_that_cannot_be_read_is_told_and_its_neighbours_survive(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = FakeServer()
    with machines(2, server) as made:
        broken = '{"paper": {"key": "k", "title": ""}}'
        alien = '{"paper": {"key": "another", "title": "T"}}'
        rows = [
            SharedRecord(key, "paper", "w", n, paper_digest(document), "", "", document).row()
            for n, (key, document) in enumerate((("k", broken), ("l", alien), ("m", "no JSON")), start=1)
        ]
        nameless = rows[0]._replace(id="n", metadata={"writer": "x"})
        server.add(str(server.open("test-records", "l2")), [*rows, nameless])
        server.add(str(server.open("test-state", "l2")), [writer_row("w", 3), nameless])
        made[0].add([record("a")])
        made[0].sync()
        caplog.clear()
        with caplog.at_level(logging.WARNING, "litreview"):
            made[1].sync()
        assert made[1].catalogue.keys() == ["berg2020reef"]
        assert caplog.text.count("cannot be read") == 3


def test_what_the_server_lost_is_found_by_counting_and_sent_again() -> None:
    server = FakeServer()
    with machines(2, server) as made:
        _shared(made, record("a"), record("b", "Tide tables"))
        collection = str(server.open("test-records", "l2"))
        server.delete(collection, ["berg2020tide"])
        assert made[0].records.verify() == 1
        made[0].push()
        assert server.count(collection) == 2
        assert made[0].records.verify() == 0
        assert made[1].records.verify() == 0


def test_what_a_machine_wrote_and_could_not_announce_is_found_by_counting() -> None:
    server = FakeServer()
    with machines(2, server) as made:
        _shared(made, record("a"))
        made[0].add([record("b", "Tide tables")])
        told = dict(server.collections[str(server.open("test-state", "l2"))])
        made[0].push()
        server.collections[str(server.open("test-state", "l2"))] = told
        made[1].pull()
        assert len(made[1].catalogue) == 1
        assert made[1].records.verify() == 0
        assert made[1].content() == made[0].content()


def test_any_number_of_writers_is_read() -> None:
    with machines(6) as made:
        for number, machine in enumerate(made):
            machine.add([record(f"f{number}", f"Paper {number}")])
        assert len(_settled(made)) == 7


def _interrupted(*_arguments: object, **_options: object) -> None:
    raise KeyboardInterrupt
