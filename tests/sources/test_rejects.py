from __future__ import annotations

import json
from pathlib import Path

import pytest

from litreview.sources import Rejected, read_sources, rejects
from litreview.sources.batch import SourceBatch, as_one

GOOD_AND_BAD = {
    "refs.bib": (
        "@article{a, title={Good}}\n@article{b, year={2001}}\n@article{c, title={Also good}}\n",
        "year={2001}",
    ),
    "refs.ris": (
        "TY  - JOUR\nTI  - Good\nER  - \nTY  - JOUR\nPY  - 2001\nER  - \n",
        "PY  - 2001",
    ),
    "list.nbib": ("PMID- 1\nTI  - Good\n\nPMID- 2\nDP  - 2001\n\n", "DP  - 2001"),
    "items.json": (
        '[{"id": "a", "type": "book", "title": "Good"},\n{"id": "b", "type": "book"}]',
        '"type": "book"}',
    ),
    "hf.json": (
        '[{"paper": {"id": "2101.00001", "title": "Good", "summary": "", "upvotes": 1}},'
        ' {"paper": {"id": "2101.00002", "summary": ""}}]',
        '"summary": ""}}',
    ),
    "en.xml": (
        "<xml><records><record><titles><title>Good</title></titles></record>"
        "<record><titles></titles></record></records></xml>",
        "<titles></titles>",
    ),
    "feed.xml": (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/abs/2101.00001</id>'
        "<title>Good</title></entry><entry><id>http://arxiv.org/abs/2101.00002</id></entry></feed>",
        "</id></entry>",
    ),
    "table.csv": ("Title;Year\nGood;2000\n;2001\n", "\n;2001"),
    "lines.jsonl": ('{"title": "Good"}\n{"published": "2001"}\n', '{"published"'),
}
MENDED = {
    "refs.bib": "title={Mended}",
    "refs.ris": "TI  - Mended",
    "list.nbib": "TI  - Mended",
    "items.json": '"type": "book", "title": "Mended"}',
    "hf.json": '"summary": "", "title": "Mended"}}',
    "en.xml": "<titles><title>Mended</title></titles>",
    "feed.xml": "</id><title>Mended</title></entry>",
    "table.csv": "\nMended;2001",
    "lines.jsonl": '{"title": "Mended", "published"',
}


def read(path: Path) -> SourceBatch:
    return as_one(read_sources([path]))


@pytest.mark.parametrize("name", GOOD_AND_BAD)
def test_rejected_records_of_one_format_are_mended_and_read_in_it(name: str, tmp_path: Path) -> None:
    content, wrong = GOOD_AND_BAD[name]
    (tmp_path / name).write_text(content)
    first = read(tmp_path / name)
    assert {paper.title for paper in first.papers} >= {"Good"}
    assert len(first.rejected) == 1
    text = rejects.dump(first.rejected)
    assert text.count(wrong) == 1

    (tmp_path / "mend-me").write_text(text.replace(wrong, MENDED[name]))
    again = read(tmp_path / "mend-me")
    assert [paper.title for paper in again.papers] == ["Mended"]
    assert {paper.sources[0].format for paper in again.papers} == {
        paper.sources[0].format for paper in first.papers
    }
    assert again.rejected == ()


def test_rejected_records_of_several_formats_are_mended_and_read_each_in_its_own(
    tmp_path: Path,
) -> None:
    for name, (content, _) in GOOD_AND_BAD.items():
        (tmp_path / name).write_text(content)
    rejected = as_one(read_sources([tmp_path])).rejected
    text = rejects.dump(rejected)
    records = [json.loads(line) for line in text.splitlines()]
    assert [set(record) for record in records] == [{"path", "line", "reason", "format", "raw"}] * len(
        GOOD_AND_BAD
    )
    assert rejects.looks_like(text)

    for record in records:
        name = Path(record["path"]).name
        record["raw"] = record["raw"].replace(GOOD_AND_BAD[name][1], MENDED[name])
    (tmp_path / "mend-me").write_text("".join(json.dumps(record) + "\n" for record in records))
    again = read(tmp_path / "mend-me")
    assert [paper.title for paper in again.papers] == ["Mended"] * len(GOOD_AND_BAD)
    assert {paper.sources[0].name for paper in again.papers} == set(GOOD_AND_BAD)
    assert again.rejected == ()


def test_records_that_are_still_wrong_name_their_line_in_the_file_of_rejects(
    tmp_path: Path,
) -> None:
    kept = [
        Rejected(
            path="a.bib",
            line=9,
            reason="r",
            raw="@article{b, year={2001}}",
            format="bibtex",
        ),
        Rejected(path="b.csv", line=9, reason="r", raw="Title;Year\n;2001\n", format="csv"),
    ]
    (tmp_path / "mend-me").write_text(
        rejects.dump(kept) + '{"path": "x"}\nno JSON\n\n{"raw": "Dear diary"}\n'
    )
    batch = read(tmp_path / "mend-me")

    assert [(record.line, record.path) for record in batch.rejected] == [
        (line, str(tmp_path / "mend-me")) for line in (1, 2, 3, 4, 6)
    ]


def test_whole_files_are_left_out_and_tables_with_other_columns_are_not_mixed() -> None:
    assert rejects.dump([Rejected(path="x", reason="not there")]) == ""
    tables = [
        Rejected(path="a.csv", line=2, reason="r", raw="Title;Year\n;2001\n", format="csv"),
        Rejected(path="b.csv", line=2, reason="r", raw="Title,DOI\n,x", format="csv"),
    ]
    assert [json.loads(line)["format"] for line in rejects.dump(tables).splitlines()] == ["csv", "csv"]
    assert rejects.dump([tables[0], tables[0]]) == "Title;Year\n;2001\n;2001\n"
