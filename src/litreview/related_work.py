"""What a related-work section is made of: frozen values, from a plan of themes to the checked section.

`litreview draft --json`, and the evidence file beside a draft, are `RelatedWork.model_dump(mode="json")`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from .answers import Claim, DraftClaim, Engine, Reference, Repair, RetrievedEntry, Usage

Aspect = Literal["method", "data", "result", "limits"]
ASPECTS: tuple[Aspect, ...] = ("method", "data", "result", "limits")
# What a cell of the synthesis table says where the abstract says nothing of the matter.
NOT_STATED = "not stated in the abstract"


class _Reply(BaseModel):
    """A part of a model's reply: frozen; fields that nobody asked for are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class PlannedTheme(_Reply):
    """A theme as a model plans it: what it is about, and the ids (P1 … Pn) of its papers."""

    heading: str
    focus: str = ""
    papers: tuple[str, ...]


class LeftOut(_Reply):
    """A paper that a model leaves out of every theme, and why."""

    paper: str
    reason: str = ""


class PlannedThemes(_Reply):
    """A model's reply to a question over papers: themes, and what belongs into none."""

    themes: tuple[PlannedTheme, ...]
    left_out: tuple[LeftOut, ...] = ()


class WrittenTheme(_Reply):
    """A model's reply to one theme: the sentences of its paragraph in their order, nothing checked."""

    claims: tuple[DraftClaim, ...]


class ConnectedSentence(_Reply):
    """A sentence (S1 … Sn) in its new place, with the words that connect it."""

    id: str
    text: str = ""


class ConnectedTheme(_Reply):
    """A theme (T1 … Tn) in its new place: a first sentence of its own, then its sentences."""

    id: str
    opening: str = ""
    sentences: tuple[ConnectedSentence, ...] = ()


class ConnectedThemes(_Reply):
    """A model's reply to the checked sentences of all themes."""

    themes: tuple[ConnectedTheme, ...]


class QuotedCell(_Reply):
    """What one abstract says of one aspect, in its own words; an empty quote where it says nothing."""

    aspect: str
    quote: str = ""


class QuotedRow(_Reply):
    """The cells of one paper as a model gives them."""

    paper: str
    cells: tuple[QuotedCell, ...] = ()


class QuotedRows(_Reply):
    """A model's reply to papers and aspects."""

    rows: tuple[QuotedRow, ...]


class _Value(BaseModel):
    """A frozen value that takes no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Style(_Value):
    """How a section is written.

    Attributes:
        words: About how many words the prose has.
        themes: How many themes at most.
        tense: Of what the papers did and found.
        person: Whether the authors of the section speak of themselves.
    """

    words: int = Field(default=600, ge=100, le=10_000)
    themes: int = Field(default=5, ge=1, le=12)
    tense: Literal["present", "past"] = "present"
    person: Literal["impersonal", "we"] = "impersonal"


class OutlineTheme(_Value):
    """A theme that the user wants: a heading, and what it is about in the user's own words.

    A `kept` theme is written already, by hand: papers are assigned to it, and nothing is written.
    """

    heading: str
    focus: str = ""
    kept: bool = False


class Commission(_Value):
    """What is wanted of a section besides its question: style, the user's outline, a table."""

    style: Style = Style()
    outline: tuple[OutlineTheme, ...] = ()
    table: bool = False


class Theme(_Value):
    """One paragraph under its heading.

    Attributes:
        heading: What it is about.
        opening: A first sentence that claims nothing of any paper, or an empty string.
        claims: Its sentences in their order, each with the words it rests on.
    """

    heading: str
    opening: str = ""
    claims: tuple[Claim, ...]


class Omission(_Value):
    """A retrieved paper that the section does not cite, and why."""

    key: str
    reason: str


class Cell(_Value):
    """What one abstract says of one aspect: `abstract[start:end] == quote`, or nothing (`quote` is None)."""

    aspect: Aspect
    quote: str | None = None
    start: int | None = Field(default=None, ge=0)
    end: int | None = Field(default=None, ge=0)


class Row(_Value):
    """One paper of a synthesis table: a cell for each aspect, in the order of `ASPECTS`."""

    key: str
    cells: tuple[Cell, ...]


class RelatedWork(_Value):
    """A checked related-work section with everything a reader needs to check it again.

    `retrieved` are all papers that were considered: each is cited in a theme, or stands in `omitted` with a
    reason. `unfilled` are headings of the user's outline for which there was no paper. `flagged` are keys of
    papers whose text reads like instructions to a model.
    """

    question: str
    engine: Engine
    model: str | None = None
    themes: tuple[Theme, ...]
    table: tuple[Row, ...] = ()
    removed: tuple[Claim, ...] = ()
    repaired: tuple[Repair, ...] = ()
    retrieved: tuple[RetrievedEntry, ...]
    omitted: tuple[Omission, ...] = ()
    unfilled: tuple[str, ...] = ()
    flagged: tuple[str, ...] = ()
    references: tuple[Reference, ...]
    usage: Usage = Usage()
    run: str | None = None

    @property
    def cited(self) -> tuple[str, ...]:
        """Keys in the order of their first citation, those of the table last."""
        keys = [key for theme in self.themes for claim in theme.claims for key in claim.citations]
        return tuple(dict.fromkeys([*keys, *(row.key for row in self.table)]))
