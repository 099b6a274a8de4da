"""Machines that add, change, remove, merge and split at once come to one library, and lose nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from litreview.errors import LitreviewError
from litreview.library.remote.records import combine
from litreview.papers import Paper, Source, same_paper

from .machines import Machine, machines

# Few titles, authors and years: keys collide, and some records are of one paper.
_TITLES = ("Reef maps", "Reef models", "Tide tables")
_AUTHORS = ("Ada Berg", "Eva Berg", "Olu Dahl")


def record(number: int, title: int, author: int, year: int, doi: int) -> Paper:
    return Paper(
        title=_TITLES[title],
        authors=(_AUTHORS[author],),
        published=str(2020 + year),
        abstract=f"Words of record {number} on {_TITLES[title]}." if number % 3 else None,
        doi=f"10.1234/{title}{author}{doi}" if doi else None,
        sources=(Source(format="jsonl", name=f"file{number}"),),
    )


# To push without having pulled is what a machine does that another was faster than.
_WEIGHED = ("add",) * 5 + ("pull", "push", "sync") * 2 + ("remove", "unite", "split")
_ACTION = st.tuples(
    st.sampled_from(_WEIGHED),
    st.integers(0, 2),
    # Mostly of two papers that want one key, so that machines meet.
    st.one_of(
        st.sampled_from(((0, 0, 0, 0), (1, 1, 0, 0))),
        st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 3), st.integers(0, 2)),
    ),
    st.integers(0, 5),
    st.integers(0, 5),
)
_ACTIONS = st.lists(_ACTION, max_size=40)
# Of lists without a lower bound most are short.
_LONG = st.lists(_ACTION, min_size=12, max_size=45)
# Two machines or three, and in which order what they wrote is read.
_WRITERS = st.one_of(st.permutations(range(2)), st.permutations(range(3)))


def _act(machine: Machine, what: str, number: int, about: tuple[int, ...], picks: tuple[int, int]) -> None:
    keys = machine.catalogue.keys()
    if what == "add":
        machine.add([record(number, *about)])
    elif what in ("pull", "push", "sync"):
        getattr(machine, what)()
    elif keys:
        key, other = (keys[pick % len(keys)] for pick in picks)
        try:
            if what == "remove":
                machine.remove(key)
            elif what == "unite":
                machine.merges.unite(key, other)
            else:
                machine.merges.split(key)
        except LitreviewError:
            return  # One paper cannot be merged with itself, nor one record be split.


def _settle(made: list[Machine]) -> None:
    for _ in range(3):
        for machine in made:
            machine.sync()
    for machine in made:
        machine.pull()


_FEW = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
_MANY = settings(_FEW, max_examples=400)


@_FEW
@given(_ACTIONS, _WRITERS)
def test_machines_agree_whatever_each_did_in_whatever_order(actions: list[Any], writers: list[int]) -> None:
    _agree(actions, writers)


@pytest.mark.slow
@_MANY
@given(_LONG, _WRITERS)
def test_machines_agree_in_many_more_orders(actions: list[Any], writers: list[int]) -> None:
    _agree(actions, writers)


def _agree(actions: list[Any], writers: list[int]) -> None:
    with machines(len(writers), writers=writers) as made:
        for number, (what, who, about, first, second) in enumerate(actions):
            _act(made[who % len(made)], what, number, about, (first, second))
        _settle(made)
        for machine in made[1:]:
            assert machine.content() == made[0].content()
        for machine in made:
            assert not machine.state.unsent()


@_FEW
@given(_ACTIONS, _WRITERS)
def test_no_record_that_was_added_is_lost(actions: list[Any], writers: list[int]) -> None:
    _lose_nothing(actions, writers)


@pytest.mark.slow
@_MANY
@given(_LONG, _WRITERS)
def test_no_record_is_lost_in_many_more_orders(actions: list[Any], writers: list[int]) -> None:
    _lose_nothing(actions, writers)


def _lose_nothing(actions: list[Any], writers: list[int]) -> None:
    with machines(len(writers), writers=writers) as made:
        added: set[str] = set()
        for number, (what, who, about, first, second) in enumerate(actions):
            if what == "remove":
                continue
            if what == "add":
                added.add(f"file{number}")
            _act(made[who % len(made)], what, number, about, (first, second))
        _settle(made)
        for machine in made:
            assert machine.sources() == added


@_FEW
@given(_ACTIONS)
def test_adding_the_same_papers_at_once_doubles_none(actions: list[Any]) -> None:
    papers = {
        # One author a title: no two of them are one paper in one library and two in another.
        f"{title}{year}": record(number, title, title, 0, 1)
        for number, (_, _, (title, _, year, _), _, _) in enumerate(actions)
    }
    with machines(2) as made:
        for machine, order in zip(made, (1, -1), strict=True):
            for paper in list(papers.values())[::order]:
                machine.add([paper])
        made[0].push()
        made[1].push()
        _settle(made)
        found = made[0].catalogue.papers(made[0].catalogue.rows())
        assert not [(a.key, b.key) for a in found for b in found if a.key < b.key and same_paper(a, b)]
        assert made[0].content() == made[1].content()


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), min_size=2, max_size=4, unique=True))
@settings(max_examples=40, deadline=None)
def test_what_two_versions_know_together_does_not_depend_on_their_order(picks: list[Any]) -> None:
    from litreview.library.remote.records import SharedPaper

    versions = [
        SharedPaper(paper=record(n, 0, 0, 0, doi % 2).model_copy(update={"key": "k"})) for n, doi in picks
    ]
    left = right = versions[0]
    for version in versions[1:]:
        left = combine(left, version, "k")
        right = combine(version, right, "k")
    assert left.dump() == right.dump()
    assert combine(left, right, "k").dump() == left.dump()
