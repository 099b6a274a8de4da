"""A user's mistakes, never run: a type checker reports every line that says so."""

from __future__ import annotations

from litreview import Library, Paper


def main(library: Library) -> None:
    """One mistake a line."""
    library.ask("how?", engine="gpt")  # wrong
    library.add(3)  # wrong
    library.export("docx")  # wrong
    Paper(title="A").title = "B"  # wrong, and pydantic's plugin for mypy knows it
    answer: str = library.ask("how?")  # wrong
    print(answer, library.ask("how?").grups)  # wrong
