from __future__ import annotations

import itertools
import json
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.papers import Paper, Source
from litreview.sources.batch import as_one
from litreview.sources.jsonl import dump, looks_like, parse, parse_line, parse_lines, read, read_list
from litreview.text.cleaning import clean_text, strip_controls

TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40)
CLEAN = TEXT.map(clean_text).filter(bool)
NAMES = TEXT.map(strip_controls).filter(bool)
COUNTS = st.none() | st.integers(min_value=1, max_value=10**6)
SOURCES = st.builds(
    Source,
    format=st.just("jsonl"),
    name=TEXT,
    position=COUNTS,
    line=COUNTS,
    page_date=st.none() | TEXT,
    organisation_handle=st.none() | TEXT,
    original_title=st.none() | TEXT,
    original_abstract=st.none() | TEXT,
)
PAPERS = st.builds(
    Paper,
    key=st.none() | st.from_regex(r"[A-Za-z0-9_:.+-]{1,20}", fullmatch=True),
    title=CLEAN,
    abstract=st.none() | CLEAN,
    authors=st.lists(NAMES, max_size=3).map(tuple),
    author_count=COUNTS,
    organisation=st.none() | NAMES,
    published=st.sampled_from([None, "2025", "2025-08", "2024-02-29"]),
    venue=st.none() | NAMES,
    doi=st.sampled_from([None, "10.18653/v1/p19-1001"]),
    arxiv_id=st.sampled_from([None, "2108.04384", "cs.cl/0001001"]),
    url=st.none() | NAMES,
    comments=st.none() | st.integers(min_value=0, max_value=99),
    tags=st.lists(NAMES, max_size=2).map(tuple),
    sources=st.lists(SOURCES, max_size=2).map(tuple),
)


@given(st.lists(PAPERS, max_size=4))
def test_what_is_dumped_is_parsed_back(papers: list[Paper]) -> None:
    text = dump(papers)
    batch = parse(text, name="other.jsonl")

    assert batch.papers == tuple(papers)
    assert (batch.rejected, batch.notes) == ((), ())
    assert text.count("\n") == len(papers)
    assert not papers or looks_like(text)


def test_only_known_fields_are_dumped() -> None:
    text = dump([Paper(title="Über Netze", authors=("Ada B",))])

    assert text == '{"title": "Über Netze", "authors": ["Ada B"], "sources": []}\n'


def test_a_record_without_sources_gets_its_file_and_line() -> None:
    text = '\n{"title": "A"}\n\n{"title": "B  \\\\%", "abstract": "``x\'\'"}\n'
    first, second = parse(text, name="mine.jsonl").papers

    assert first.sources == (Source(format="jsonl", name="mine.jsonl", line=2),)
    assert (second.title, second.abstract) == ("B %", "“x”")
    assert second.sources[0].line == 4
    assert (second.sources[0].original_title, second.sources[0].original_abstract) == ("B  \\%", "``x''")


def test_sources_of_a_record_are_kept_without_what_is_not_ours() -> None:
    line = '{"title": "A", "sources": [{"format": "bibtex", "name": "r.bib", "colour": 1}]}'

    assert parse(line, name="x").papers[0].sources == (Source(format="bibtex", name="r.bib"),)


def test_unknown_fields_are_ignored_but_named() -> None:
    batch = parse('{"title": "A", "_id": 1}\n{"title": "B", "_id": 2, "text": "t"}', name="x")

    assert len(batch.papers) == 2
    assert batch.notes == ("not read, because a paper has no such field: '_id' (2 times), 'text' (1 times)",)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{}", "title is missing"),
        ('{"title": "  "}', "title is empty"),
        ('{"title": "\\u200b"}', "title is empty"),
        ('{"title": 7}', "title: should be a valid string, got 7"),
        ('{"title": "A", "authors": "Ada B"}', "authors: should be a valid list, got 'Ada B'"),
        ('{"title": "A", "authors": ["Ada", 3]}', "authors.2: should be a valid string, got 3"),
        ('{"title": "A", "author_count": true}', "author_count: should be a whole number, got True"),
        ('{"title": "A", "author_count": 0}', "author_count: should be greater than or equal to 1, got 0"),
        ('{"title": "A", "sources": [{"name": "x"}]}', "sources.1.format is missing"),
        ('["title"]', "a line must hold one JSON object, this is ['title']"),
        ("null", "a line must hold one JSON object, this is None"),
        (
            '{"title": "A"',
            "not valid JSON: Expecting ',' delimiter at column 14; the file may be cut off here",
        ),
        ("[" * 100_000, "nested too deeply"),
        ('{"title": "A", "comments": 1' + "0" * 5000 + "}", ""),
    ],
)
def test_a_bad_record_is_rejected_and_its_neighbours_survive(line: str, reason: str) -> None:
    batch = parse(f'{{"title": "before"}}\n{line}', name="x.jsonl")
    ended = parse(f'{line}\n{{"title": "after"}}\n', name="x.jsonl")

    assert [p.title for p in batch.papers] == ["before"]
    assert [p.title for p in ended.papers] == ["after"]
    (rejected,) = batch.rejected
    assert (rejected.path, rejected.line) == ("x.jsonl", 2)
    assert reason in rejected.reason
    assert "\n" not in rejected.reason
    assert rejected.raw == line


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ('"published": "2025-13"', "x.jsonl:2: published left out: '2025-13' names month 13"),
        ('"published": [1]', "x.jsonl:2: published left out: [1] is no text"),
        ('"doi": "nonsense"', "x.jsonl:2: doi left out: 'nonsense' is not a DOI"),
        ('"arxiv_id": "12"', "x.jsonl:2: arxiv_id left out: '12' is not an arXiv id"),
        ('"key": "two words"', "x.jsonl:2: key left out: 'two words' cannot be cited"),
        ('"doi": "10.48550/arXiv.none"', "x.jsonl:2: arxiv_id left out: 'none' is not an arXiv id"),
    ],
)
def test_an_identifier_or_a_date_that_cannot_be_read_costs_only_itself(fields: str, note: str) -> None:
    batch = parse(f'{{"title": "before"}}\n{{"title": "A", {fields}}}', name="x.jsonl")

    assert [paper.title for paper in batch.papers] == ["before", "A"]
    assert batch.papers[1] == Paper(title="A", sources=batch.papers[1].sources)
    assert (batch.rejected, batch.notes) == ((), (note,))


def test_years_may_be_numbers_and_keys_may_be_what_bibtex_allows() -> None:
    (paper,) = parse('{"title": "A", "published": 2025, "key": "DBLP:conf/nips/Ü1"}', name="x").papers

    assert (paper.published, paper.key) == ("2025", "DBLP:conf/nips/Ü1")


def test_a_list_of_records_is_read_item_by_item() -> None:
    text = '[{"title": "A", "colour": 1},\n{"title": "B" "C"},\n{"title": "D \\ud800"}, 7]'
    batch = as_one(read_list([text[:9], text[9:30], text[30:]], name="x.json"))

    assert looks_like(text)
    assert [paper.title for paper in batch.papers] == ["A", "D \ufffd"]
    assert [(record.line, record.raw) for record in batch.rejected] == [(2, '{"title": "B" "C"}'), (3, "7")]
    assert batch.notes == ("not read, because a paper has no such field: 'colour' (1 times)",)


def test_long_files_come_in_batches_with_their_notes() -> None:
    lines = itertools.chain(
        itertools.repeat('{"title": "A", "doi": "x"}\n', 1500), ['{"title": "B", "z": 1}']
    )
    first, second = read(lines, name="x")

    assert (len(first.papers), len(second.papers)) == (1000, 501)
    assert len(first.notes) + len(second.notes) == 1501


@given(st.text(max_size=60))
def test_any_line_gives_a_paper_a_reason_or_nothing(line: str) -> None:
    result = parse_line(line, 3, name="x")

    assert (result is None) == (not line.strip())


@given(
    st.dictionaries(
        st.sampled_from(sorted(Paper.model_fields)),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
            ),
            max_leaves=4,
        ),
    )
)
def test_values_of_any_type_never_raise(record: dict[str, object]) -> None:
    assert parse_line(json.dumps(record), 1, name="x") is not None


def test_only_line_feeds_end_a_line() -> None:
    line = json.dumps({"title": "A", "abstract": "one\u2028two\x85three\x0bfour"}, ensure_ascii=False)

    assert parse(line.replace("\\u000b", "\x0b"), name="x").rejected != ()  # a bare control is no JSON
    assert parse(line, name="x").papers[0].abstract == "one two three four"


def test_lone_surrogates_are_replaced_everywhere() -> None:
    text = '{"title": "A \\ud83d\\ude00", "url": "u\\ud800", "sources": [{"format": "f", "name": "\\udc00"}]}'
    (paper,) = parse(text + '\n{"title": "\ud800"', name="x").papers

    assert (paper.title, paper.url, paper.sources[0].name) == ("A \U0001f600", "u\ufffd", "\ufffd")
    paper.model_dump_json().encode()


def test_fields_that_reach_a_terminal_cannot_steer_it() -> None:
    record = {
        "title": "A",
        "authors": ["\x1b[31mEve"],
        "venue": "V\u202e",
        "url": "http://x\x07",
        "tags": ["t\x00"],
    }
    (paper,) = parse(json.dumps(record), name="x").papers

    assert (paper.authors, paper.venue, paper.url, paper.tags) == (("Eve",), "V", "http://x", ("t",))


def test_a_byte_order_mark_is_no_part_of_the_first_record() -> None:
    assert parse('\ufeff{"title": "A"}\r\n{"title": "B"}\r\n', name="x").rejected == ()


@pytest.mark.parametrize(
    "text", ["", "[1]", '["title"]', "{", "plain text", '{\n "title": "A"}', '[{"a": 1}]']
)
def test_other_texts_do_not_look_like_jsonl(text: str) -> None:
    assert not looks_like(text)


LONG = json.dumps(
    {
        "title": "Mixing Tokens",
        "abstract": "We mix tokens with matrices of size $n \\times n$, at 40\\% of the cost. " * 20,
        "authors": ["Ada B", "Cyd E"],
    }
)


def test_long_files_take_constant_memory() -> None:
    tracemalloc.start()
    found = sum(isinstance(result, Paper) for result in parse_lines(itertools.repeat(LONG, 500), name="x"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert found == 500
    # The 500 papers together would take more than 1.5 MB.
    assert peak < 200_000


def test_a_thousand_records_take_little_time() -> None:
    started = time.process_time()
    for _ in parse_lines(itertools.repeat(LONG, 1000), name="x"):
        pass

    # 0.4 s for these, full of markup, where this was written; plain records take a tenth of it.
    assert time.process_time() - started < 4
