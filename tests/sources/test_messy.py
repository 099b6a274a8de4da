"""The folder of small messy files: one trap each, named in the file's name, with what each must give.

`expected.json` names for every file its papers (titles, or all fields that are known), the rejected records
with their lines and the reasons, and the notes.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from litreview.sources import SourceBatch, read_sources, rejects
from litreview.sources.batch import as_one

MESSY = Path(__file__).parent / "messy"
EXPECTED = json.loads((MESSY / "expected.json").read_text(encoding="utf-8"))
FILES = sorted(
    path.relative_to(MESSY).as_posix()
    for path in MESSY.rglob("*")
    if path.is_file() and path.name != "expected.json"
)


def read(path: Path) -> SourceBatch:
    return as_one(read_sources([path]))


def test_every_file_has_its_expectations_and_there_are_enough_of_them() -> None:
    assert set(FILES) == set(EXPECTED)
    assert len(FILES) >= 40


@pytest.mark.parametrize("name", FILES)
def test_a_messy_file_gives_what_it_holds(name: str) -> None:
    expected = EXPECTED[name]
    path = MESSY / name
    batch = read(path)

    found = [
        paper.model_dump(mode="json", exclude_none=True, exclude_defaults=True, exclude={"sources"})
        for paper in batch.papers
    ]
    wanted = expected.get("papers", [])
    assert [
        known["title"] if isinstance(want, str) else known for known, want in zip(found, wanted, strict=True)
    ] == wanted
    assert [[record.line, record.reason] for record in batch.rejected] == expected.get("rejected", [])
    assert [note.removeprefix(str(path)).lstrip(": ") for note in batch.notes] == [
        note.lstrip(": ") for note in expected.get("notes", [])
    ]


@pytest.mark.parametrize("name", FILES)
def test_papers_and_rejected_records_say_where_they_stand(name: str) -> None:
    batch = read(MESSY / name)
    lines = (MESSY / name).read_bytes().count(b"\n") + (MESSY / name).read_bytes().count(b"\r") + 1

    for paper in batch.papers:
        (source,) = paper.sources
        assert source.name == Path(name).name
        assert source.line is not None
        assert source.line <= lines
    for record in batch.rejected:
        assert record.path == str(MESSY / name)
        assert record.format is not None
        assert record.line is None or record.raw or record.format == "csv"


@pytest.mark.parametrize("name", [name for name in FILES if EXPECTED[name].get("rejected")])
def test_rejected_records_are_written_out_and_rejected_again_for_the_same_reason(
    name: str, tmp_path: Path
) -> None:
    """Unmended, they come back: so what is written is what has to be mended."""
    batch = read(MESSY / name)
    text = rejects.dump(batch.rejected)
    records = [record for record in batch.rejected if record.raw.strip()]
    assert bool(text) == bool(records)
    if records:
        (tmp_path / "rejects.txt").write_text(text, encoding="utf-8")
        form = records[0].format
        again = as_one(read_sources([tmp_path / "rejects.txt"], format=form))  # type: ignore[arg-type]
        assert again.papers == ()
        assert len(again.rejected) >= 1
