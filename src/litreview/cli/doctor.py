"""`litreview doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .model import ModelState, describe_model, model_name
from .options import JsonOption, LibraryOption
from .shell import complain, guarded, opened_library, print_json, progress_bar, say, tell

if TYPE_CHECKING:
    from pathlib import Path

    from litreview.diagnosis import Diagnosis
    from litreview.library.salvage import Salvaged

# So many lost papers are named.
_SHOWN = 20


@guarded
def doctor(
    *,
    repair: Annotated[
        bool, typer.Option("--repair", help="Complete what is unfinished and rebuild the index.")
    ] = False,
    fetch_vocabulary: Annotated[
        bool,
        typer.Option("--fetch-vocabulary", help="Download the model's vocabulary, to count tokens exactly."),
    ] = False,
    fetch_minilm: Annotated[
        bool, typer.Option("--fetch-minilm", help="Download the model of LITREVIEW_EMBEDDING=minilm (90 MB).")
    ] = False,
    library: LibraryOption = None,
    json: JsonOption = False,
) -> None:
    """Tell what is configured, reachable and consistent; exit 0 when the library is consistent.

    Examples:

        litreview doctor

        litreview doctor --repair
    """
    from litreview.diagnosis import diagnose
    from litreview.settings import load_settings, minilm_folder, vocabulary_folder

    settings = load_settings(library=library)
    if fetch_vocabulary:
        from litreview.tokens import fetch_vocabulary as fetch

        say(f"fetched: the vocabulary {fetch(model_name(settings), cache=vocabulary_folder())}")
    if fetch_minilm:
        from litreview.embedding import minilm

        minilm.fetch(minilm_folder())
        say(f"fetched: {minilm.MiniLMEmbedder.model} into {minilm_folder()}")
    with opened_library(library) as opened:
        salvaged = None
        if repair:
            with progress_bar() as progress:
                salvaged = opened.repair(progress=progress)
        found = diagnose(opened)
        server = opened.server_news()
    model = describe_model(settings)
    if json:
        print_json({**found.model_dump(mode="json"), "shared_on": server, **model._asdict()})
    else:
        _print_diagnosis(found, server, model)
    if salvaged is not None:
        _say_salvaged(salvaged, opened.folder)
    if not found.consistent:
        say("next: litreview doctor --repair")
    if not found.consistent or (salvaged and salvaged.damaged):
        raise typer.Exit(1)


def _say_salvaged(salvaged: Salvaged, folder: Path) -> None:
    """Say what was read out of a damaged catalogue, and what was not."""
    say(f"the catalogue was damaged: {salvaged.papers:,} papers were read out of it into a new one")
    say(f"the damaged one is kept as {salvaged.kept}")
    if salvaged.lost:
        names = ", ".join(salvaged.lost[:_SHOWN]) + (", …" if len(salvaged.lost) > _SHOWN else "")
        complain(f"error: {len(salvaged.lost):,} papers could not be read: {names}")
    if salvaged.damaged:
        complain(f"error: something could not be read of: {', '.join(salvaged.damaged)}")
        complain(
            "next: add the files they came from again, or"
            f" litreview restore BACKUP --library {str(folder)!r} --force"
        )


def _print_diagnosis(found: Diagnosis, server: str | None, model: ModelState) -> None:
    rows = {
        "library": found.library,
        "papers": f"{found.papers:,}"
        + (f", {found.without_abstract:,} without abstract" if found.without_abstract else ""),
        "catalogue": found.catalogue,
        "embedding": found.embedding,
        "vector index": found.index + (f" ({found.index_reason})" if found.index_reason else ""),
        "not yet indexed": f"{found.pending:,}",
        **({"shared on": server} if server else {}),
        **{name.replace("_", " "): value for name, value in model._asdict().items()},
    }
    for name, value in rows.items():
        tell(f"{name + ':':<17}{value}")
