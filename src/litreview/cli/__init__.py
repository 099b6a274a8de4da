"""The command line: a thin shell. `litreview --help` imports nothing heavier than Typer."""

from __future__ import annotations


def main() -> None:
    """Run the command line of `sys.argv`; the entry point of the program."""
    from .app import run

    run()
