"""How well retrieval does on judged data: nDCG@10, recall@20, recall@100 and the time a question takes.

A folder holds `corpus.jsonl` or `corpus.jsonl.gz` (`_id`, `title`, `text`), `queries.jsonl` (`_id`, `text`)
and `qrels.tsv` (query id, document id, grade; a first line of column names is passed over), the layout of
the BEIR collections.
"""

from __future__ import annotations

import gzip
import json
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO

from pydantic import BaseModel, ConfigDict

from .errors import SourceError
from .papers import Paper, Source

if TYPE_CHECKING:
    from .retrieval import SearchIndex

System = Literal["bm25", "vectors", "hybrid"]
SYSTEMS: tuple[System, ...] = ("bm25", "vectors", "hybrid")

SOURCE_FORMAT = "eval"
_DEPTH = 100
_LAYOUT = "a folder with corpus.jsonl(.gz), queries.jsonl and qrels.tsv"

Ranker = Callable[[str], Sequence[int]]
Judgements = Mapping[str, Mapping[str, int]]


class SystemResult(BaseModel):
    """The measures of one system, means over the judged queries; shares in [0, 1], time in milliseconds."""

    model_config = ConfigDict(frozen=True)

    system: System
    ndcg_at_10: float
    recall_at_20: float
    recall_at_100: float
    milliseconds: float


class RetrievalReport(BaseModel):
    """The systems side by side.

    `answered` is the share of queries that `retrieve` would answer; the measures rank all of them.
    `milliseconds` of a system is the median over the queries.
    """

    model_config = ConfigDict(frozen=True)

    papers: int
    queries: int
    answered: float
    systems: tuple[SystemResult, ...]

    def as_table(self) -> str:
        """The report as plain text: one line a system."""
        lines = [
            f"{self.papers:,} papers, {self.queries:,} judged queries, {self.answered:.1%} of them answered",
            "",
            f"{'':8}  nDCG@10  recall@20  recall@100  ms per query",
        ]
        lines += [
            f"{result.system:8}  {result.ndcg_at_10:7.3f}  {result.recall_at_20:9.3f}"
            f"  {result.recall_at_100:10.3f}  {result.milliseconds:12.1f}"
            for result in self.systems
        ]
        return "\n".join(lines)


def corpus_papers(folder: Path) -> Iterator[Paper]:
    """The documents of a collection as papers; each one's id is the name of its source of format "eval".

    A `year`, where a record has one, tells apart papers of the same title.

    Raises:
        SourceError: There is no corpus in the folder, or a line of it cannot be read.
    """
    path = next((p for p in (folder / "corpus.jsonl", folder / "corpus.jsonl.gz") if p.is_file()), None)
    if path is None:
        raise SourceError(f"{str(folder)!r} has no corpus.jsonl or corpus.jsonl.gz", hint=f"give {_LAYOUT}")
    for number, record in _records(path, ("_id",)):
        text = " ".join(str(record.get("text") or "").split())
        title = " ".join(str(record.get("title") or "").split()) or text[:80]
        if not title:
            continue  # a document without a word can neither be found nor shown
        source = Source(format=SOURCE_FORMAT, name=str(record["_id"]), line=number)
        year = str(record.get("year") or "")
        published = year if len(year) == 4 and year.isdecimal() else None
        yield Paper(title=title, abstract=text or None, published=published, sources=(source,))


def read_queries(folder: Path) -> dict[str, str]:
    """Query id to text.

    Raises:
        SourceError: The file is missing, empty or malformed.
    """
    path = folder / "queries.jsonl"
    found = {str(record["_id"]): str(record["text"]) for _, record in _records(path, ("_id", "text"))}
    if not found:
        raise SourceError(f"{str(path)!r} holds no query", hint='a line is {"_id": "1", "text": "…"}')
    return found


def read_qrels(folder: Path) -> dict[str, dict[str, int]]:
    """Query id to document id to grade; 0 and less is "not relevant".

    Raises:
        SourceError: The file is missing, empty or malformed.
    """
    path = folder / "qrels.tsv"
    found: dict[str, dict[str, int]] = {}
    for number, line in _lines(path):
        fields = line.split("\t")
        if number == 1 and (len(fields) < 3 or not _is_grade(fields[2])):
            continue
        if len(fields) != 3 or not _is_grade(fields[2]):
            hint = "a line is query id, document id and grade, separated by tabs"
            raise SourceError(f"{str(path)!r}, line {number}: {line[:80]!r} is no judgement", hint=hint)
        found.setdefault(fields[0].strip(), {})[fields[1].strip()] = int(fields[2])
    if not found:
        raise SourceError(f"{str(path)!r} holds no judgement", hint=f"give {_LAYOUT}")
    return found


def evaluate(
    index: SearchIndex,
    queries: Mapping[str, str],
    qrels: Judgements,
    *,
    systems: Sequence[System] = SYSTEMS,
) -> RetrievalReport:
    """Measure systems on the queries that have at least one relevant document.

    A paper that was merged from several documents counts once, for the best graded of them; the others
    leave the judgements of that query.

    Raises:
        SourceError: No query is judged.
    """
    from .retrieval import is_answered
    from .retrieval.ranking import rank

    judged = [q for q in queries if any(grade > 0 for grade in qrels.get(q, {}).values())]
    if not judged:
        raise SourceError(
            "no query has a relevant document", hint="do qrels.tsv and queries.jsonl share their ids?"
        )
    answered = sum(is_answered(rank(index, queries[q])) for q in judged)
    results = [
        _measure(system, _ranker(index, system), index, queries, {q: qrels[q] for q in judged})
        for system in systems
    ]
    return RetrievalReport(
        papers=len(index), queries=len(judged), answered=answered / len(judged), systems=tuple(results)
    )


def _ranker(index: SearchIndex, system: System) -> Ranker:
    from .retrieval import Filters
    from .retrieval.query import match_expression, read_question
    from .retrieval.ranking import rank

    everything = Filters()

    def by_words(question: str) -> list[int]:
        expression = match_expression(read_question(question))
        return [row for row, _ in index.match(expression, limit=_DEPTH, filters=everything)]

    def by_vectors(question: str) -> list[int]:
        vector = index.embed([question])[0]
        return [row for row, _ in index.nearest(vector, limit=_DEPTH, filters=everything)]

    def by_both(question: str) -> Sequence[int]:
        return rank(index, question, limit=_DEPTH).rows[:_DEPTH]

    rankers: dict[System, Ranker] = {"bm25": by_words, "vectors": by_vectors, "hybrid": by_both}
    return rankers[system]


def _measure(
    system: System, ranker: Ranker, index: SearchIndex, queries: Mapping[str, str], qrels: Judgements
) -> SystemResult:
    import ir_measures
    from ir_measures import R, nDCG

    runs: dict[str, dict[str, float]] = {}
    gains: dict[str, dict[str, int]] = {}
    times: list[float] = []
    for query, grades in qrels.items():
        start = time.perf_counter()
        rows = ranker(queries[query])
        times.append(time.perf_counter() - start)
        names = [document_ids(paper) for paper in index.papers(rows)]
        runs[query], gains[query] = judge(names, grades)
    measures = [nDCG @ 10, R @ 20, R @ 100]
    found: dict[Any, float] = ir_measures.calc_aggregate(measures, gains, runs)
    return SystemResult(
        system=system,
        ndcg_at_10=found[measures[0]],
        recall_at_20=found[measures[1]],
        recall_at_100=found[measures[2]],
        milliseconds=1000 * statistics.median(times),
    )


def judge(
    ranked: Sequence[Sequence[str]], grades: Mapping[str, int]
) -> tuple[dict[str, float], dict[str, int]]:
    """One query's run and gains for `ir_measures`: gain 2 ** grade - 1, each paper under one document id.

    Args:
        ranked: The document ids of each paper found, best first; a merged paper has several.
        grades: Document id to grade.
    """
    gains = {document: 2 ** max(0, grade) - 1 for document, grade in grades.items()}
    run: dict[str, float] = {}
    for place, names in enumerate(ranked):
        best = max(names, key=lambda name: gains.get(name, 0), default=f"paper without id {place}")
        for name in names:
            if name != best:
                gains.pop(name, None)
        run.setdefault(best, float(len(ranked) - place))
    return run, gains


def document_ids(paper: Paper) -> tuple[str, ...]:
    """The ids under which the collection knows a paper."""
    return tuple(source.name for source in paper.sources if source.format == SOURCE_FORMAT)


def _is_grade(text: str) -> bool:
    return text.strip().lstrip("-").isdecimal()


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines of a text file, zipped or not, numbered from 1; blank ones are passed over."""
    try:
        with _opened(path) as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except FileNotFoundError:
        raise SourceError(f"{str(path)!r} does not exist", hint=f"give {_LAYOUT}") from None
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise SourceError(f"{str(path)!r} cannot be read: {error}", hint=f"give {_LAYOUT}") from error


def _records(path: Path, fields: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """JSON objects of a JSONL file that have all these fields, with their line numbers."""
    for number, line in _lines(path):
        try:
            record = json.loads(line)
        except ValueError as error:
            raise SourceError(f"{str(path)!r}, line {number}: no JSON ({error})") from error
        missing = [field for field in fields if not isinstance(record, dict) or field not in record]
        if missing:
            raise SourceError(f"{str(path)!r}, line {number}: {', '.join(missing)} is missing")
        yield number, record
