"""The command line: a thin shell. `litreview --help` imports nothing heavier than Typer."""

from __future__ import annotations

import gc
import os


def main() -> None:
    """Run the command line of `sys.argv`; the entry point of the program."""
    # A command makes many objects and next to no cycles of them; looking for those as often as Python does by
    # itself takes a tenth of the time of a check.
    gc.set_threshold(50_000, 20, 50)
    # pydantic looks for plugins in the metadata of every package there is, before its first model is made.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # A search multiplies small matrices: threads wait for each other longer there than one takes, and spin
    # meanwhile (100,000 papers: 118 ms for 198 on a busy machine).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from .app import run

    run()
