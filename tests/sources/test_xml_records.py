"""EndNote's XML and arXiv's Atom: what both have in common, and what each has alone (see also messy/)."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.sources import arxiv_atom, endnote_xml
from litreview.sources.batch import as_one
from litreview.text.cleaning import clean_text


def record(title: str, inside: str = "") -> str:
    return f"<record><rec-number>1</rec-number><titles><title>{title}</title></titles>{inside}</record>"


def entry(title: str, inside: str = "") -> str:
    return f"<entry><id>http://arxiv.org/abs/2101.00001v1</id><title>{title}</title>{inside}</entry>"


FORMATS = [
    (endnote_xml, record, "<xml><records>"),
    (arxiv_atom, entry, '<feed xmlns="u">'),
]


@given(st.text(max_size=60))
def test_any_text_never_raises(text: str) -> None:
    for module, make, head in FORMATS:
        for around in (
            text,
            head + text,
            head + make(text),
            head + make("A", text),
            head + make(text)[:-8],
        ):
            batch = module.parse(around, name="x")
            batch.model_dump_json().encode()
            module.looks_like(around)


@given(st.text(min_size=1, max_size=40))
def test_every_title_comes_through(title: str) -> None:
    for module, make, head in FORMATS:
        batch = module.parse(head + make(escape(title)), name="x")
        cleaned = clean_text("".join(c for c in title if c >= " " and not "\ud800" <= c <= "\udfff"))

        if cleaned and title.isprintable():
            assert [paper.title for paper in batch.papers] == [cleaned]


@given(st.data())
def test_a_damaged_record_never_costs_its_neighbours(data: st.DataObject) -> None:
    for module, make, head in FORMATS:
        middle = make("Middle", "<x>y &amp; z</x>")
        at = data.draw(st.integers(8, len(middle) - 1))
        put = data.draw(st.text("<>/&;!x ", max_size=4))
        damaged = middle[:at] + put + middle[at + data.draw(st.integers(0, 30)) :]
        text = head + make("First") + "\n" + damaged + "\n" + make("Last") + "\n</records>"
        size = data.draw(st.integers(1, 60))
        chunks = (text[i : i + size] for i in range(0, len(text), size))
        titles = [paper.title for paper in as_one(module.read(chunks, name="x")).papers]

        assert (titles[0], titles[-1]) == ("First", "Last")


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]>',
        '<!DOCTYPE x [<!entity % p SYSTEM "file:///etc/hostname">%p;]>',
    ],
)
def test_a_document_that_declares_entities_is_not_read(declaration: str) -> None:
    for module, make, head in FORMATS:
        batch = module.parse(f"<?xml version='1.0'?>{declaration}{head}{make('&a;')}", name="x")

        assert batch.papers == ()
        assert "declares entities" in batch.rejected[0].reason


def test_a_declaration_within_a_record_unfolds_nothing() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "ha">]>'
    batch = endnote_xml.parse("<xml>" + record("One") + record("Two", bomb) + record("&a;"), name="x")

    assert [paper.title for paper in batch.papers] == ["One", "&a;"]
    assert "not well-formed" in batch.rejected[0].reason


def test_prefixes_need_no_declaration() -> None:
    text = '<feed><atom:entry><atom:title>A</atom:title><arxiv:doi ö:x="1">10.5555/x</arxiv:doi></atom:entry>'
    assert "not well-formed" in arxiv_atom.parse(text, name="x").rejected[0].reason

    (paper,) = arxiv_atom.parse(text.replace("ö:x", "b:x"), name="x").papers
    assert (paper.title, paper.doi) == ("A", "10.5555/x")


def test_long_files_take_constant_memory_and_come_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("litreview.sources.batch.BATCH_SIZE", 100)
    one = record("Words", f"<abstract>{'words ' * 300}</abstract>")

    def chunks() -> Iterator[str]:
        yield "<xml><records>"
        for _ in range(600):
            yield one

    tracemalloc.start()
    found = [len(batch.papers) for batch in endnote_xml.read(chunks(), name="x")]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert found == [100] * 6
    assert peak < 2_500_000  # 100 papers and a piece of the text; all of them have 4 MB.


def test_lines_are_those_of_the_file() -> None:
    text = "<xml>\n<records>\n" + record("A") + "\n\n" + record("") + record("C") + "\n" + record("D")
    batch = endnote_xml.parse(text, name="x")

    assert [paper.sources[0].line for paper in batch.papers] == [3, 5, 6]
    assert [(rejected.line, rejected.raw) for rejected in batch.rejected] == [(5, record(""))]


@pytest.mark.parametrize(
    ("dates", "published"),
    [
        ("<year>2011</year><pub-dates><date>Mar 4</date></pub-dates>", "2011-03-04"),
        ("<year>2011</year><pub-dates><date>March</date></pub-dates>", "2011-03"),
        (
            "<year>2011</year><pub-dates><date>2011-03-04</date></pub-dates>",
            "2011-03-04",
        ),
        ("<year>2011</year><pub-dates><date>03/04</date></pub-dates>", "2011"),
        ("<year>in press</year>", None),
        ("<pub-dates><date>4 March 2011</date></pub-dates>", "2011-03-04"),
    ],
)
def test_dates_of_endnote(dates: str, published: str | None) -> None:
    (paper,) = endnote_xml.parse("<xml>" + record("A", f"<dates>{dates}</dates>"), name="x").papers

    assert paper.published == published


def test_an_export_is_told_from_other_xml() -> None:
    assert endnote_xml.looks_like(f"<?xml version='1.0'?><xml><records>{record('A')}")
    assert arxiv_atom.looks_like(f"<feed>{entry('A')}</feed>")
    assert not endnote_xml.looks_like("<records><record><name>x</name></record></records>")
    assert not arxiv_atom.looks_like("<feed><entry><id>https://example.org/post</id></entry></feed>")
    assert not endnote_xml.looks_like("Dear <record>")
