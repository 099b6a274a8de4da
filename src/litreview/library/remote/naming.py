"""An embedding of a shared library as its server names it."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from litreview.errors import ServerUnavailable
from litreview.library.embeddings import embedding_name

from .chroma import Row

# What tells a generation's record from a writer's, which stands beside it.
GENERATION = "generation"


class SharedGeneration(BaseModel):
    """An embedding as its record on the server names it; `token` is part of its collections' names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    token: str
    provider: str
    model: str
    dimensions: int
    parameters: dict[str, int]
    fitted_on: int

    @property
    def name(self) -> str:
        """As the settings name it."""
        return embedding_name(self.provider, self.model)


class Names(NamedTuple):
    """The names of a library's collections on a server; all begin with its prefix."""

    prefix: str

    def vectors(self, number: int, token: str) -> str:
        """That of the vectors of a generation."""
        return f"{self.prefix}-vectors-{number}-{token}"

    def terms(self, number: int, token: str) -> str:
        """That of the words of an LSA model."""
        return f"{self.prefix}-terms-{number}-{token}"

    def is_of_older(self, name: str, current: SharedGeneration) -> bool:
        """Whether a collection belongs to a generation that is over, or never came to be."""
        for kind in ("vectors", "terms"):
            number, _, token = name.removeprefix(f"{self.prefix}-{kind}-").partition("-")
            if name.startswith(f"{self.prefix}-{kind}-") and number.isdigit() and token:
                return int(number) <= current.number and token != current.token
        return False


def generation_id(number: int) -> str:
    """The id of a generation's record: whoever adds it first has the number."""
    return f"{GENERATION} {number}"


def parse_generation(row: Row) -> SharedGeneration:
    """The generation of a row.

    Raises:
        ServerUnavailable: It is of another form than ours.
    """
    try:
        return SharedGeneration.model_validate_json(row.document or "")
    except ValidationError as error:
        raise ServerUnavailable(
            f"the server's record {row.id!r} cannot be read: it may be of a newer litreview",
            hint="pip install --upgrade litreview",
        ) from error
