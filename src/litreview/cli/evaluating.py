"""`litreview eval`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import JsonOption
from .shell import guarded, print_json, progress_bar

app = typer.Typer(help="Measure litreview on judged data.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    return


@app.command("retrieval")
@guarded
def retrieval(
    folder: Annotated[
        Path,
        typer.Argument(
            help="A folder with corpus.jsonl(.gz), queries.jsonl and qrels.tsv.", show_default=False
        ),
    ],
    *,
    json: JsonOption = False,
) -> None:
    """Measure retrieval: nDCG@10, recall@20, recall@100 and time, for bm25, vectors and hybrid side by side.

    Example:

        litreview eval retrieval data/scifact
    """
    from litreview.evaluation import corpus_papers, evaluate, read_qrels, read_queries
    from litreview.library import Library

    queries, qrels = read_queries(folder), read_qrels(folder)
    with Library.temporary() as library, progress_bar() as progress:
        library.add(corpus_papers(folder))
        library.sync(progress=progress)
        report = evaluate(library, queries, qrels)
    if json:
        print_json(report)
        return
    print(report.as_table())
