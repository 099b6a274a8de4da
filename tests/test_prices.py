from __future__ import annotations

from pathlib import Path

import pytest

from litreview.errors import SettingsError
from litreview.llm.types import TokenUsage
from litreview.prices import Price, load_prices


def test_tokens_cost_by_kind_and_cached_ones_less() -> None:
    price = Price(input=2.0, cached=0.5, output=8.0)
    usage = TokenUsage(prompt_tokens=1_000_000, cached_tokens=400_000, completion_tokens=250_000)
    assert price.cost(usage) == pytest.approx(0.6 * 2.0 + 0.4 * 0.5 + 0.25 * 8.0)


def test_without_a_price_for_cached_tokens_they_count_in_full() -> None:
    usage = TokenUsage(prompt_tokens=1_000_000, cached_tokens=1_000_000)
    assert Price(input=3.0, output=1.0).cost(usage) == pytest.approx(3.0)


def test_a_dated_snapshot_has_the_price_of_its_model_and_an_unknown_model_has_none() -> None:
    table = load_prices()
    assert table.price("gpt-4o-mini-2024-07-18") == table.price("gpt-4o-mini") is not None
    assert table.price("llama3") is None


def test_a_users_own_table_stands_in_front_of_ours(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(
        'date = "2027-01"\n[models."gpt-4o-mini"]\ninput = 9\noutput = 9\n[models.mine]\ninput=1\noutput=2\n'
    )
    table = load_prices(own)
    assert table.date == "2027-01"
    assert (table.price("gpt-4o-mini"), table.price("mine")) == (
        Price(input=9, output=9),
        Price(input=1, output=2),
    )
    assert table.price("gpt-4o") == load_prices().price("gpt-4o")


@pytest.mark.parametrize(
    ("text", "said"),
    [("date = ", "cannot be read"), ('date = "x"\n[models.a]\ninput = -1\noutput = 1\n', "models.a.input")],
)
def test_a_table_that_cannot_be_used_is_named_with_the_place(tmp_path: Path, text: str, said: str) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(text)
    with pytest.raises(SettingsError, match=said):
        load_prices(own)
