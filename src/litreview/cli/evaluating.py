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


@app.command("citations")
@guarded
def citations(
    folder: Annotated[
        Path,
        typer.Argument(
            help="A folder like SciFact's, with corpus.jsonl(.gz) and verify_pairs.jsonl.", show_default=False
        ),
    ],
    *,
    corpus: Annotated[
        Path | None,
        typer.Option(
            help="A corpus.jsonl(.gz) whose sentences serve as further true claims.", show_default=False
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of all random choices.")] = 0,
    json: JsonOption = False,
) -> None:
    """Measure the check of claims: true ones, false ones made of them by rule, and judged pairs.

    Example:

        litreview eval citations data/scifact --corpus data/acl/corpus.jsonl.gz
    """
    from litreview.checking.evaluation import evaluate_citations

    with progress_bar() as progress:
        report = evaluate_citations(folder, corpus=corpus, seed=seed, progress=progress)
    if json:
        print_json(report)
        return
    print(report.as_table())
