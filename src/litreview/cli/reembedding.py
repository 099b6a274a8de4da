"""`litreview reembed`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from litreview.errors import UsageError

from .options import LibraryOption
from .shell import guarded, opened_library, progress_bar, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from litreview.settings import Settings


@guarded
def reembed(
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before texts are sent.")] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Ask again for what was embedded before: the model has changed.")
    ] = False,
    library: LibraryOption = None,
) -> None:
    """Embed every paper anew with the embedding that is set (LITREVIEW_EMBEDDING), after saying its price.

    The library stays as it is until all is embedded; broken off, the same command goes on from there.

    Examples:

        litreview reembed

        LITREVIEW_EMBEDDING=openai:text-embedding-3-small litreview reembed --yes
    """
    from litreview.settings import load_settings

    settings = load_settings(library=library)
    with opened_library(library) as opened:
        texts = opened.to_embed(fresh=fresh)
        if texts and settings.embedding.startswith("openai:"):
            say(_price(settings, texts))
            _confirm(yes)
        with progress_bar() as progress:
            opened.reembed(progress=progress, fresh=fresh)
        print(f"{len(opened):,} papers embedded with {settings.embedding}")


def _price(settings: Settings, texts: Sequence[str]) -> str:
    """What is about to be sent, and what it costs at most."""
    from litreview.llm import TokenUsage
    from litreview.prices import load_prices
    from litreview.settings import prices_file
    from litreview.tokens import bound

    model = settings.embedding.partition(":")[2]
    tokens = sum(map(bound, texts))
    price = load_prices(prices_file()).price(model)
    cost = f"at most ${price.cost(TokenUsage(prompt_tokens=tokens)):.4f}" if price else "price unknown"
    return f"{len(texts):,} texts, at most {tokens:,} tokens, go to {settings.embedding}: {cost}"


def _confirm(yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nothing was sent: there is nobody to ask whether to go on", hint="add --yes")
    typer.confirm("go on?", abort=True, err=True)
