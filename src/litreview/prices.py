"""What a call costs: from a dated table that its user can edit, and from nowhere else."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import SettingsError
from .llm.types import TokenUsage

_MILLION = 1_000_000
# "gpt-5-nano-2025-08-07" is gpt-5-nano as it was that day.
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


class Price(BaseModel):
    """US dollars for a million tokens, and the model's context in tokens where it is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(ge=0)
    cached: float | None = Field(default=None, ge=0)
    output: float = Field(ge=0)
    context: int | None = Field(default=None, gt=0)

    def cost(self, usage: TokenUsage) -> float:
        """US dollars for the tokens of a call."""
        cached = self.input if self.cached is None else self.cached
        fresh = usage.prompt_tokens - usage.cached_tokens
        total = fresh * self.input + usage.cached_tokens * cached + usage.completion_tokens * self.output
        return total / _MILLION


class PriceTable(BaseModel):
    """Prices by model, as of `date`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: str
    models: dict[str, Price]

    def price(self, model: str) -> Price | None:
        """The price of a model or of the model it is a dated snapshot of; None where none is known."""
        return self.models.get(model) or self.models.get(_SNAPSHOT.sub("", model))


def load_prices(own: Path | None = None) -> PriceTable:
    """Our table, with the user's own in front of it.

    Args:
        own: The user's file; it need not exist.

    Raises:
        SettingsError: The user's file cannot be read.
    """
    ours = _read(Path(__file__).with_name("prices.toml"))
    if own is None or not own.exists():
        return ours
    theirs = _read(own)
    return PriceTable(date=theirs.date, models={**ours.models, **theirs.models})


def _read(path: Path) -> PriceTable:
    try:
        return PriceTable.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"the prices {str(path)!r} cannot be read ({error})", hint="mend the file"
        ) from error
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(map(str, problem["loc"]))
        raise SettingsError(
            f"the prices {str(path)!r}, {where}: {problem['msg']}", hint="mend the file"
        ) from error
