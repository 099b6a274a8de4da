"""What a check hands back, besides the claims themselves."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from litreview.answers import Claim, DraftClaim, Group


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Failure(_Value):
    """A claim that is not simply supported, and why, for a repair or a report.

    Attributes:
        heading: The heading of its group.
        draft: The claim as it was written.
        claim: The claim as it was checked.
        explanations: One line a finding, the reason first: "altered-quote: P3 says 'x', the quote says 'y'".
            Papers are named by their ids of the draft.
    """

    heading: str
    draft: DraftClaim
    claim: Claim
    explanations: tuple[str, ...]


class Checked(_Value):
    """A draft after its check; no word of it was edited.

    Attributes:
        groups: The claims that are supported or weak; a group that lost all its claims is gone.
        removed: The unsupported claims, with their reasons, in the order of the draft.
        failures: The same claims as `removed`, with what explains them.
        doubts: The weak claims, which stand in `groups` too, with what explains them.
        notes: Headings and gaps that hold links, images, HTML, citation marks or characters that cannot be
            seen, one line each. They are kept as they are and escaped wherever they are shown.
    """

    groups: tuple[Group, ...]
    removed: tuple[Claim, ...] = ()
    failures: tuple[Failure, ...] = ()
    doubts: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()
