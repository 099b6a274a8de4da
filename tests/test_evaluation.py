from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import pytest

from litreview.errors import SourceError
from litreview.evaluation import corpus_papers, evaluate, judge, read_qrels, read_queries
from litreview.papers import Source
from tests.memory_index import MemoryIndex

CORPUS = [
    {"_id": "d1", "title": "Token mixing", "text": "Perceptrons mix the tokens of an image.", "year": 2021},
    {"_id": "d2", "title": "", "text": "Attention relates words to words."},
    {"_id": "d3", "title": "Forecasting", "text": "A series is forecast by its frequencies."},
    {"_id": "d4", "title": " ", "text": ""},
]
QUERIES = [
    {"_id": "q1", "text": "mixing tokens"},
    {"_id": "q2", "text": "attention between words"},
    {"_id": "q3", "text": "never judged"},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, CORPUS)) + "\n\n")
    (tmp_path / "queries.jsonl").write_text("\n".join(map(json.dumps, QUERIES)))
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t2\nq2\td2\t1\nq2\td3\t0\n")
    return tmp_path


def test_documents_become_papers_that_keep_their_ids(folder: Path) -> None:
    papers = list(corpus_papers(folder))
    assert [paper.sources[0].name for paper in papers] == ["d1", "d2", "d3"]
    assert papers[0].year == 2021
    assert papers[1].title == "Attention relates words to words."


def test_a_zipped_corpus_is_read_alike(folder: Path) -> None:
    plain = list(corpus_papers(folder))
    path = folder / "corpus.jsonl"
    (folder / "corpus.jsonl.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    assert list(corpus_papers(folder)) == plain


def test_judgements_are_read_with_and_without_column_names(folder: Path) -> None:
    expected = {"q1": {"d1": 2}, "q2": {"d2": 1, "d3": 0}}
    assert read_qrels(folder) == expected
    path = folder / "qrels.tsv"
    path.write_text("\n".join(path.read_text().splitlines()[1:]))
    assert read_qrels(folder) == expected


def test_systems_are_measured_side_by_side(folder: Path) -> None:
    papers = [paper.model_copy(update={"key": f"k{i}"}) for i, paper in enumerate(corpus_papers(folder))]
    report = evaluate(MemoryIndex(papers), read_queries(folder), read_qrels(folder))
    assert (report.papers, report.queries, report.answered) == (3, 2, 1.0)
    assert [result.system for result in report.systems] == ["bm25", "vectors", "hybrid"]
    hybrid = report.systems[2]
    assert (hybrid.ndcg_at_10, hybrid.recall_at_20, hybrid.recall_at_100) == (1, 1, 1)
    assert hybrid.milliseconds > 0
    assert "hybrid" in report.as_table()


def test_gain_is_two_to_the_grade_less_one() -> None:
    import ir_measures

    run, gains = judge([["b"], ["a"]], {"a": 2, "b": 1, "c": -1})
    assert gains == {"a": 3, "b": 1, "c": 0}
    found = ir_measures.calc_aggregate([ir_measures.nDCG @ 10], {"q": gains}, {"q": run})
    expected = (1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3))
    assert next(iter(found.values())) == pytest.approx(expected)


def test_a_merged_paper_counts_once_for_its_best_document() -> None:
    run, gains = judge([["x"], ["a", "b"]], {"a": 1, "b": 3, "c": 1})
    assert list(run) == ["x", "b"]
    assert gains == {"b": 7, "c": 1}


def test_papers_from_elsewhere_do_not_meet(folder: Path) -> None:
    run, _ = judge([[], [], ["a"]], {"a": 1})
    assert len(run) == 3


def test_other_sources_are_no_document_ids(folder: Path) -> None:
    from litreview.evaluation import document_ids

    paper = next(corpus_papers(folder))
    other = paper.model_copy(update={"sources": (*paper.sources, Source(format="jsonl", name="x.jsonl"))})
    assert document_ids(other) == ("d1",)


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels.tsv"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(SourceError, match=name.partition(".")[0]):
        read_all(folder)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("corpus.jsonl", b'{"_id": "1", "title": "A"}\n{oops\n', "line 2: no JSON"),
        ("corpus.jsonl", b'{"title": "A"}', "line 1: _id is missing"),
        ("corpus.jsonl", b"[1]", "line 1: _id is missing"),
        ("corpus.jsonl", b"\xff\xfe\x00", "cannot be read"),
        ("queries.jsonl", b'{"_id": "1"}', "line 1: text is missing"),
        ("queries.jsonl", b"", "holds no query"),
        ("qrels.tsv", b"q1\td1\t1\nq1 d2 1\n", "line 2.*no judgement"),
        ("qrels.tsv", b"q1\td1\t1\nq1\td2\tyes\n", "line 2.*no judgement"),
        ("qrels.tsv", b"", "holds no judgement"),
    ],
)
def test_a_bad_file_is_reported_with_its_line(folder: Path, name: str, content: bytes, message: str) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(SourceError, match=message):
        read_all(folder)


def test_a_cut_off_zip_is_reported(folder: Path) -> None:
    (folder / "corpus.jsonl").unlink()
    (folder / "corpus.jsonl.gz").write_bytes(gzip.compress(b'{"_id": "1", "title": "A"}\n' * 500)[:40])
    with pytest.raises(SourceError, match=r"corpus\.jsonl\.gz"):
        read_all(folder)


def test_queries_that_no_one_judged_are_an_error(folder: Path) -> None:
    papers = [paper.model_copy(update={"key": f"k{i}"}) for i, paper in enumerate(corpus_papers(folder))]
    with pytest.raises(SourceError, match="no query has a relevant document"):
        evaluate(MemoryIndex(papers), {"other": "mixing"}, read_qrels(folder))


def read_all(folder: Path) -> None:
    list(corpus_papers(folder))
    read_queries(folder)
    read_qrels(folder)
