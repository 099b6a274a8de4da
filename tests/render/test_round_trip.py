"""What goes out comes back the same: every format we write is read by our own parser, field by field."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from litreview.library import Library
from litreview.papers import Paper
from litreview.render.bibliography import SUFFIXES, BibliographyFormat, dump, format_of_file
from litreview.sources import read_sources
from litreview.sources.batch import SourceBatch
from tests.conftest import EXAMPLES

from .bibliographies import LIBRARY, PAPERS, differences

FORMATS: tuple[BibliographyFormat, ...] = get_args(BibliographyFormat)
PARSERS = {"bib": "bibtex", "ris": "ris", "csl-json": "csl_json", "csv": "tables", "jsonl": "jsonl"}


def parser_of(format: BibliographyFormat) -> Callable[..., SourceBatch]:
    parse: Callable[..., SourceBatch] = importlib.import_module(f"litreview.sources.{PARSERS[format]}").parse
    return parse


@pytest.mark.parametrize("format", FORMATS)
def test_every_field_of_every_paper_comes_back(format: BibliographyFormat) -> None:
    batch = parser_of(format)(dump(LIBRARY, format), name="out")

    left = [line for line in differences(LIBRARY, batch.papers) if not _cannot_be_carried(line, format)]
    assert left == []
    assert batch.rejected == ()
    assert batch.notes == ()


def _cannot_be_carried(difference: str, format: BibliographyFormat) -> bool:
    """An address with a brace too many is escaped in BibTeX, as addresses are."""
    return format == "bib" and difference.endswith(
        "'https://example.org/a{b' became 'https://example.org/a%7Bb'"
    )


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(papers=PAPERS)
@example(papers=[])
def test_any_papers_come_back(format: BibliographyFormat, papers: list[Paper]) -> None:
    batch = parser_of(format)(dump(papers, format), name="out")

    assert differences(papers, batch.papers) == []
    assert (batch.rejected, batch.notes) == ((), ())


TEX = [
    "The map $x_1 \\mapsto \\alpha$ keeps 100% of ``it''",
    "An opening { without a closing one",
    "A closing } first, then {",
    '~10% faster\nover two lines\r\nor "three", don\'t you think \\',
    "\\textbf{bold} \\unknown{x} $5 and $6 @misc{no, title = {Entry}}",
]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("text", TEX)
def test_texts_full_of_tex_come_back_as_they_would_have_been_imported(
    format: BibliographyFormat, text: str
) -> None:
    before = Paper(key="tex", title=text, abstract=f"{text} {text}")
    after = Paper(key="next", title="The next one")
    once = parser_of(format)(dump([before, after], format), name="out")
    assert [paper.key for paper in once.papers] == ["tex", "next"]
    assert once.rejected == ()

    twice = parser_of(format)(dump(once.papers, format), name="out")
    assert differences(once.papers, twice.papers) == []


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1), st.sampled_from(FORMATS))
def test_no_text_costs_its_neighbours(text: str, format: BibliographyFormat) -> None:
    damaged = Paper(key="middle", title=text, abstract=text, venue=text, organisation=text, tags=(text,))
    papers = [Paper(key="first", title="First"), damaged, Paper(key="last", title="Last")]
    batch = parser_of(format)(dump(papers, format), name="out")

    keys = [paper.key for paper in batch.papers]
    assert (keys[0], keys[-1]) == ("first", "last")
    assert len(keys) + len(batch.rejected) == 3


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[Paper]:
    with Library(tmp_path_factory.mktemp("examples") / "library") as library:
        for batch in read_sources([EXAMPLES]):
            library.add(batch.papers)
        library.add(LIBRARY[:3] + LIBRARY[4:])
        return library.all_papers()


@pytest.mark.parametrize("format", FORMATS)
def test_a_library_written_out_and_added_again_has_the_same_papers_and_keys(
    format: BibliographyFormat, examples: list[Paper], tmp_path: Path
) -> None:
    suffix = next(suffix for suffix, known in SUFFIXES.items() if known == format)
    path = tmp_path / f"out{suffix}"
    path.write_text(dump(examples, format), encoding="utf-8")
    with Library(tmp_path / "library") as library:
        for batch in read_sources([path]):
            assert batch.rejected == ()
            library.add(batch.papers)
        again = library.all_papers()

    assert len(again) == 51
    assert differences(examples, tuple(again)) == []


def test_the_end_of_a_name_tells_the_format() -> None:
    assert {format_of_file(Path(f"REFS{suffix.upper()}")) for suffix in SUFFIXES} == set(FORMATS)
    assert format_of_file(Path("refs.xlsx")) is None


@pytest.mark.parametrize("format", [format for format in FORMATS if format != "jsonl"])
def test_a_paper_without_a_key_is_not_written_under_a_made_up_one(format: BibliographyFormat) -> None:
    with pytest.raises(ValueError, match="'Nameless' has no key"):
        dump([Paper(title="Nameless")], format)
