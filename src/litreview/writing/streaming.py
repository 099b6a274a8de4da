"""Groups of a reply that still comes: each is checked and shown as soon as it is complete."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import ValidationError

from litreview.answers import DraftAnswer, DraftGroup, Group
from litreview.checking import PreparedPapers, check
from litreview.llm import partial_value

# Reading a reply anew at each of its thousands of pieces would take longer than the model.
_STEP = 200


class GroupStream:
    """Feeds on a growing reply and gives away each checked group once.

    Args:
        papers: What the groups are checked against.
        give: Called with a group; not called for one of which nothing is left.
    """

    def __init__(self, papers: PreparedPapers, give: Callable[[Group], None]) -> None:
        self._papers = papers
        self._give = give
        self._read = 0
        self._seen = 0

    def feed(self, text: str) -> None:
        """Take all of the reply so far."""
        if len(text) < self._read:
            self._read = self._seen = 0  # Another reply, in place of one that could not be read.
        if len(text) - self._read < _STEP:
            return
        self._read = len(text)
        value = partial_value(text)
        groups = value.get("groups") if isinstance(value, dict) else None
        if not isinstance(groups, list):
            return
        # The last one may still grow.
        for group in groups[self._seen : -1]:
            self._seen += 1
            try:
                draft = DraftAnswer(groups=(DraftGroup.model_validate(group),))
            except ValidationError:
                continue  # The whole reply is read again, and refused, at its end.
            for checked in check(draft, self._papers).groups:
                self._give(checked)
