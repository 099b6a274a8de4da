"""What a program gets from a `Library`: the values of `answers` and `related_work` that write themselves out.

Their dumps are those of the values they are made from, the same over the command line, Python and MCP.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, PrivateAttr

from . import answers, related_work
from .answers import Answer
from .errors import UsageError
from .library import Library as PaperStore
from .pages import page_of
from .render.markdown import render_markdown
from .render.related_work import Citations, latex_draft, markdown_draft


class Review(answers.Review):
    """A checked answer with everything a reader needs to check it again.

    See `answers.Review` for its fields; `review.model_dump(mode="json")` is what `litreview ask --json`
    prints.
    """

    _opened: Callable[[], PaperStore] | None = PrivateAttr(default=None)

    @classmethod
    def of(cls, review: answers.Review, opened: Callable[[], PaperStore] | None = None) -> Review:
        """The same review.

        Args:
            review: As the flow made it.
            opened: Gives the library it was made from, while that is open.
        """
        found = cls.model_construct(**_fields(review))
        found._opened = opened
        return found

    def __eq__(self, other: object) -> bool:
        # By what it says: where its papers are is no part of that.
        return isinstance(other, answers.Review) and _fields(self) == _fields(other)

    __hash__ = answers.Review.__hash__

    def __getstate__(self) -> dict[Any, Any]:
        # An open library cannot be taken to another process; the answer can.
        return {**super().__getstate__(), "__pydantic_private__": {"_opened": None}}

    @property
    def answer(self) -> Answer:
        """What it says: an opening line, groups of claims, gaps, and what was retrieved and not cited."""
        return Answer(summary=self.summary, groups=self.groups, gaps=self.gaps, uncited=self.uncited)

    def to_markdown(self) -> str:
        """The review as Markdown, as `litreview ask --format markdown` writes it."""
        return render_markdown(self)

    def to_html(self) -> str:
        """The review as one HTML page that needs no network, with abstracts and a map of the library.

        Raises:
            UsageError: The review was read from JSON, so that its papers are not known.
            LibraryError: The library it was made from is closed.
        """
        if self._opened is None:
            raise UsageError(
                "a review that was read from JSON does not have the abstracts that its page shows",
                hint="library.replay(review.run).to_html()",
            )
        return page_of(self, self._opened())


class RelatedWork(related_work.RelatedWork):
    """A checked related-work section with everything a reader needs to check it again.

    See `related_work.RelatedWork` for its fields; `work.model_dump(mode="json")` is what `litreview draft
    --json` prints. `library.export("bib", work.cited)` is the bibliography that goes with it.
    """

    @classmethod
    def of(cls, section: related_work.RelatedWork) -> RelatedWork:
        """The same section."""
        return cls.model_construct(**_fields(section))

    def to_markdown(self, *, bibliography: str = "related-work.bib") -> str:
        """The section as Markdown with Pandoc citations; `bibliography` is the name of the .bib file."""
        return markdown_draft(self, bibliography=bibliography).text

    def to_latex(self, *, bibliography: str = "related-work.bib", citations: Citations = "natbib") -> str:
        r"""The section as LaTeX to be read with \input, with the commands of natbib or biblatex."""
        return latex_draft(self, bibliography=bibliography, citations=citations).text


def _fields(value: BaseModel) -> dict[str, Any]:
    """The fields of a value that was validated already, as they are."""
    return dict(value)
