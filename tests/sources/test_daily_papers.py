from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.errors import UsageError
from litreview.papers import Paper
from litreview.sources.batch import SourceBatch
from litreview.sources.daily_papers import looks_like, parse

SEEDS = Path(__file__).resolve().parents[3] / "shared" / "seeds"

HEADER = (
    "new\n\nGet trending papers in your email inbox!\n\nSubscribe\n\n"
    "Daily Papers\n\nbyAK and the research community\n\n"
)
FIRST = "Mixing Tokens Without Attention\n\nWe mix tokens with plain matrices. It is 40\\% faster."
SECOND = "Do Heads Agree?\n\nHeads of one layer mostly agree. Code is at https://x.org/heads"
THIRD = "Ein Satz über Netze\n\n" + "Kurze Netze lernen schnell, lange lernen viel. " * 10
PAGE = (
    f"{HEADER}Jun 23\n\n{FIRST}\n\n  • 5 authors\n·\nFeb 2, 2022\n\n"
    f"{SECOND}\n\nnorth-lab The Northern Lab\n·\nNov 10, 2025 3\n\n"
    f"{THIRD}\n\n  • 1 authors\n·\nMar 9"
)


def read(text: str, **options: object) -> SourceBatch:
    return parse(text, name="page.txt", **options)  # type: ignore[arg-type]


def titles(batch: SourceBatch) -> list[str]:
    return [paper.title for paper in batch.papers]


def page(*entries: str, day: str = "Jun 23") -> str:
    return f"{HEADER}{day}\n\n" + "\n\n".join(entries)


def entry(text: str, when: str = "Feb 2, 2022", who: str = "  • 5 authors") -> str:
    return f"{text}\n\n{who}\n·\n{when}"


def test_every_field_of_an_entry_is_read() -> None:
    batch = read(PAGE)
    first, second, third = batch.papers

    assert batch.rejected == ()
    assert first == Paper(
        title="Mixing Tokens Without Attention",
        abstract="We mix tokens with plain matrices. It is 40% faster.",
        author_count=5,
        published="2022-02-02",
        sources=[
            {
                "format": "daily-papers",
                "name": "page.txt",
                "position": 1,
                "line": 13,
                "page_date": "2026-06-23",
                "original_abstract": "We mix tokens with plain matrices. It is 40\\% faster.",
            }
        ],
    )
    assert (second.organisation, second.author_count, second.comments) == ("The Northern Lab", None, 3)
    assert second.sources[0].organisation_handle == "north-lab"
    assert (third.published, third.author_count, third.comments) == ("2026-03-09", 1, None)
    assert third.sources[0].position == 3


def test_all_entries_of_the_saved_pages_are_exactly_right() -> None:
    if not SEEDS.is_dir():
        pytest.skip("the saved pages in ../shared/seeds are not here")
    truth = [json.loads(line) for line in (SEEDS / "truth.jsonl").read_text("utf-8").splitlines()]
    found = []
    for path in sorted(SEEDS.glob("0*.txt")):
        batch = parse(path.read_text("utf-8"), name=path.name)
        assert batch.rejected == ()
        found += batch.papers
    assert len(found) == len(truth) == 167
    for paper, record in zip(found, truth, strict=True):
        source = paper.sources[0]
        assert {
            "file": source.name,
            "index": source.position,
            "line": source.line,
            "title": source.original_title or paper.title,
            "abstract": source.original_abstract or paper.abstract,
            "n_authors": paper.author_count,
            "organisation": paper.organisation,
            "organisation_handle": source.organisation_handle,
            "published": paper.published,
            "count": paper.comments,
        } == {field: value for field, value in record.items() if field not in ("notes", "year_explicit")}
    pages = {paper.sources[0].name[:3]: paper.sources[0].page_date for paper in found}
    assert pages == {"000": "2026-06-23", "001": "2026-02-04", "002": "2025-12-11", "003": "2026-02-13"}


def test_the_saved_pages_say_which_entries_lack_their_authors_and_date() -> None:
    if not SEEDS.is_dir():
        pytest.skip("the saved pages in ../shared/seeds are not here")
    notes = [
        note
        for path in sorted(SEEDS.glob("0*.txt"))
        for note in parse(path.read_text("utf-8"), name=path.name).notes
        if "no line of authors" in note
    ]
    assert [note.split(":")[0] for note in notes] == ["line 237", "line 301"]


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_and_byte_order_mark_do_not_matter(end: str) -> None:
    assert read("\ufeff" + PAGE.replace("\n", end)).papers == read(PAGE).papers
    assert looks_like("\ufeff" + PAGE.replace("\n", "\r\n"))


def test_blank_lines_and_trailing_spaces_do_not_matter() -> None:
    spread = PAGE.replace("\n\n", "\n \n\n").replace("Attention\n", "Attention   \n")

    assert [p.model_copy(update={"sources": ()}) for p in read(spread).papers] == [
        p.model_copy(update={"sources": ()}) for p in read(PAGE).papers
    ]


def test_a_mark_spread_over_paragraphs_is_still_one() -> None:
    batch = read(PAGE.replace("\n·\n", "\n\n·\n\n"))

    assert titles(batch) == titles(read(PAGE))
    assert [p.published for p in batch.papers] == [p.published for p in read(PAGE).papers]
    assert batch.papers[1].organisation == "The Northern Lab"


def test_an_entry_without_its_mark_does_not_swallow_the_next() -> None:
    batch = read(page(FIRST, entry(THIRD)))

    assert titles(batch) == ["Mixing Tokens Without Attention", "Ein Satz über Netze"]
    assert (batch.papers[0].published, batch.papers[1].published) == (None, "2022-02-02")
    assert any("'Mixing Tokens Without Attention' has no line of authors and date" in n for n in batch.notes)


def test_a_short_abstract_after_a_missing_mark_is_told_from_a_title() -> None:
    batch = read(page(FIRST, SECOND, entry("On Brevity\n\nShort abstracts exist, too, here and there.")))

    assert titles(batch) == ["Mixing Tokens Without Attention", "Do Heads Agree?", "On Brevity"]


def test_a_title_with_a_full_stop_is_a_title() -> None:
    batch = read(
        page(
            entry("Attention is not all you need.\n\nShort. Indeed."),
            FIRST,
            entry("Depth is cheap.\n\n" + "It pays off. " * 40),
        )
    )

    assert titles(batch)[0] == "Attention is not all you need."
    assert "Depth is cheap." in titles(batch)


def test_an_abstract_of_several_paragraphs_stays_whole() -> None:
    abstract = (
        "We begin\nhere.\n\nResults\n\nOur code is public.\n\n1. It is fast\n\n" + "It went well. " * 40
    )
    batch = read(page(entry(f"One Paper\n\n{abstract.strip()}"), entry(SECOND)))

    assert titles(batch) == ["One Paper", "Do Heads Agree?"]
    assert batch.papers[0].abstract == " ".join(abstract.split())
    assert batch.papers[0].sources[0].original_abstract == abstract.strip()


@pytest.mark.parametrize(
    ("line", "handle", "name"),
    [
        ("42dot 42dot Inc. 7", "42dot", "42dot Inc. 7"),
        ("guild Guild of 12 authors", "guild", "Guild of 12 authors"),
        ("apple Apple", "apple", "Apple"),
        ("solo", "solo", "solo"),
        ("uni Université de Genève", "uni", "Université de Genève"),
    ],
)
def test_organisations_are_split_into_handle_and_name(line: str, handle: str, name: str) -> None:
    (paper,) = read(page(entry(FIRST, who=line))).papers

    assert (paper.organisation, paper.sources[0].organisation_handle) == (name, handle)
    assert paper.author_count is None
    assert paper.abstract == "We mix tokens with plain matrices. It is 40% faster."


def test_an_entry_with_a_date_and_nobody_before_it() -> None:
    batch = read(page(f"{FIRST}\n\n·\nFeb 2, 2022", entry(SECOND)))

    assert [(p.published, p.organisation) for p in batch.papers] == [("2022-02-02", None)] * 2


def test_an_impossible_date_costs_the_date_and_not_the_paper() -> None:
    batch = read(page(entry(FIRST, "Feb 31, 2024 7"), entry(SECOND, "a while ago"), entry(THIRD)))

    assert [p.published for p in batch.papers] == [None, None, "2022-02-02"]
    assert batch.papers[0].comments == 7
    assert sum("is no date" in note for note in batch.notes) == 2
    assert any("'Feb 31, 2024 7'" in note for note in batch.notes)


def test_a_title_or_an_abstract_that_is_missing_is_reported() -> None:
    orphan = "We have lost our title. " * 20
    batch = read(page(entry(orphan), "  • 3 authors\n·\nFeb 3, 2022", entry("Only a Title"), entry(SECOND)))

    assert titles(batch) == ["Only a Title", "Do Heads Agree?"]
    assert [(r.line, r.reason) for r in batch.rejected] == [
        (13, "an abstract without a title above it"),
        (19, "a line of authors and date without a title above it"),
    ]
    assert batch.rejected[0].raw == orphan.strip()
    assert batch.papers[0].abstract is None
    assert any("'Only a Title' has no abstract" in note for note in batch.notes)
    assert [p.sources[0].position for p in batch.papers] == [3, 4]


def test_a_title_that_cleans_away_is_rejected() -> None:
    batch = read(page(entry("{}\n\nWe say something."), entry(SECOND)))

    assert [(r.line, r.reason) for r in batch.rejected] == [(13, "title is empty")]
    assert titles(batch) == ["Do Heads Agree?"]


def test_dates_without_a_year_stay_unknown_where_the_year_is() -> None:
    batch = read(page(entry(FIRST, "Feb 2"), entry(SECOND, "Mar 9 1") + "\n"))

    assert [p.published for p in batch.papers] == [None, None]
    assert any("2 dates have no year" in note and "--page-date" in note for note in batch.notes)


def test_a_given_page_date_decides_the_year() -> None:
    assert read(PAGE, page_date="2031-01-05").papers[2].published == "2031-03-09"
    assert read(PAGE, page_date="2031").papers[2].sources[0].page_date == "2031-06-23"
    assert any("after its own year 2020" in note for note in read(PAGE, page_date="2020").notes)
    with pytest.raises(UsageError):
        read(PAGE, page_date="soon")


def test_an_inferred_year_is_said_aloud() -> None:
    assert any("read as 2026, the first year after 2025" in note for note in read(PAGE).notes)
    assert not any("--page-date" in note for note in read(page(entry(FIRST), entry(SECOND))).notes)


def test_a_page_from_the_future_is_remarked_on() -> None:
    assert any("yet to come" in note for note in read(PAGE, today=date(2026, 6, 22)).notes)
    assert not any("yet to come" in note for note in read(PAGE, today=date(2026, 6, 23)).notes)


@pytest.mark.parametrize("day", ["Juin 23", "23.06.2026", "Feb 31"])
def test_an_unreadable_page_date_is_not_taken_for_a_title(day: str) -> None:
    batch = read(page(entry(FIRST), entry(SECOND, "Mar 9 1"), day=day))

    assert titles(batch) == ["Mixing Tokens Without Attention", "Do Heads Agree?"]
    assert batch.papers[1].published == "2023-03-09"
    assert any(repr(day) in note for note in batch.notes)


def test_a_page_without_its_date_or_heading_is_still_read() -> None:
    body = f"{entry(FIRST)}\n\n{entry(SECOND)}\n"

    for text in (HEADER + body, body):
        batch = read(text)
        assert titles(batch) == ["Mixing Tokens Without Attention", "Do Heads Agree?"]
        assert batch.papers[0].sources[0].page_date is None
        assert any("does not say when it was saved" in note for note in batch.notes)
        assert looks_like(text)


def test_a_page_without_entries_says_so() -> None:
    batch = read(HEADER + "Jun 23\n")

    assert (batch.papers, batch.rejected) == ((), ())
    assert any("no entries" in note for note in batch.notes)


@pytest.mark.parametrize("text", ["", "Dear diary,\n\ntoday I read a paper.\n", '{"title": "A"}'])
def test_other_files_are_no_pages(text: str) -> None:
    assert not looks_like(text)
    assert [r.line for r in read(text).rejected] == [1]


@given(st.integers(min_value=len(HEADER) + 9, max_value=len(PAGE) - 1))
def test_a_page_cut_off_anywhere_keeps_what_was_whole(end: int) -> None:
    batch = read(PAGE[:end])
    whole = [start for start in (PAGE.index("Do Heads"), PAGE.index("Ein Satz")) if start <= end]

    assert titles(batch)[: len(whole)] == titles(read(PAGE))[: len(whole)]
    for paper in batch.papers:
        assert paper.title in titles(read(PAGE))
    last = PAGE[:end].rstrip().rsplit("\n", 1)[-1]
    if not last.startswith(("Feb 2", "Nov 1", "Mar 9")) and "Mar" not in last:
        assert any("cut off" in note for note in batch.notes)


@pytest.mark.parametrize(
    ("cut", "reason"),
    [
        ("Do Heads Ag", "the page ends after this title"),
        ("Do Heads Agree?\n\nHeads of one lay", "the page ends in the middle of this abstract"),
    ],
)
def test_a_cut_off_entry_is_rejected_with_its_line(cut: str, reason: str) -> None:
    batch = read(page(entry(FIRST), cut))

    assert titles(batch) == ["Mixing Tokens Without Attention"]
    assert [(r.path, r.line, r.reason, r.raw) for r in batch.rejected] == [("page.txt", 21, reason, cut)]
    assert any("cut off after line" in note for note in batch.notes)


@pytest.mark.parametrize(
    "tail", ["", "\n\n", "\n\n  • 4", "\n\n  • 4 authors", "\n\n  • 4 authors\n·\nFeb 2, 20"]
)
def test_an_entry_cut_off_below_its_abstract_is_kept(tail: str) -> None:
    batch = read(page(entry(FIRST), SECOND + tail))

    assert titles(batch) == ["Mixing Tokens Without Attention", "Do Heads Agree?"]
    assert (batch.papers[1].published, batch.rejected) == (None, ())
    assert any("cut off" in note for note in batch.notes)


def test_a_title_cut_off_after_an_entry_without_its_mark() -> None:
    batch = read(page(FIRST, "Do Heads Ag"))

    assert titles(batch) == ["Mixing Tokens Without Attention"]
    assert [r.reason for r in batch.rejected] == ["the page ends after this title"]


@given(st.text(max_size=300))
def test_any_text_gives_a_batch(text: str) -> None:
    for candidate in (text, page(text), page(entry(FIRST), text, entry(SECOND))):
        batch = read(candidate)
        assert isinstance(batch, SourceBatch)


@given(
    st.lists(
        st.sampled_from(
            [FIRST, SECOND, THIRD, "·", "  • 5 authors", "Feb 2", "x y", "  • 5 authors\n·\nFeb 2"]
        )
    )
)
def test_parts_in_any_order_lose_no_title_in_silence(parts: list[str]) -> None:
    batch = read(page(*parts))
    seen = " ".join(
        [*titles(batch), *(p.abstract or "" for p in batch.papers), *(r.raw for r in batch.rejected)]
    )

    for part in parts:
        if len(part) > 40:
            assert part.split("\n")[0] in seen
