"""Options that several commands share, so that each is named and explained once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

LibraryOption = Annotated[
    Path | None,
    typer.Option(
        "--library",
        help="The library's folder. Default: $LITREVIEW_LIBRARY, or the user data folder.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
SinceOption = Annotated[
    int | None, typer.Option(help="Only papers of this year or later.", show_default=False)
]
UntilOption = Annotated[
    int | None, typer.Option(help="Only papers of this year or earlier.", show_default=False)
]
VenueOption = Annotated[str | None, typer.Option(help="Only papers of this venue.", show_default=False)]
SourceOption = Annotated[
    str | None, typer.Option(help="Only papers from this file or format.", show_default=False)
]
TagOption = Annotated[
    list[str] | None,
    typer.Option("--tag", help="Only papers with this tag (repeatable).", show_default=False),
]
ModelOption = Annotated[
    str | None,
    typer.Option("--model", help="The model's name. Default: $LITREVIEW_MODEL.", show_default=False),
]
PromptsOption = Annotated[
    Path | None,
    typer.Option("--prompts", help="A folder with prompts of your own.", show_default=False),
]
OutputOption = Annotated[
    Path | None, typer.Option("-o", "--output", help="Write to this file.", show_default=False)
]
