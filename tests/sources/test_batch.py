from __future__ import annotations

import pytest
from pydantic import ValidationError

from litreview.papers import Paper
from litreview.sources.batch import Rejected, explain


def test_the_raw_text_is_kept_to_be_mended_and_shortened_to_be_reported() -> None:
    assert len(Rejected(path="p", reason="r", raw="x" * 5000).raw) == 5000
    assert len(Rejected(path="p", reason="r", raw="x" * 2_000_000).raw) == 1_000_000
    assert len(Rejected(path="p", reason="r", raw="x" * 5000).shortened().raw) == 500
    assert Rejected(path="p", reason="r", raw="short").shortened().raw == "short"
    Rejected(path="p", reason="r", raw="\ud800").model_dump_json()


def test_lines_count_from_one() -> None:
    with pytest.raises(ValidationError):
        Rejected(path="p", line=0, reason="r")


def test_many_problems_fit_on_one_line() -> None:
    with pytest.raises(ValidationError) as caught:
        Paper.model_validate({"abstract": 1, "venue": 2, "url": 3, "doi": "x" * 500})
    said = explain(caught.value)

    assert said.startswith("title is missing; abstract: should be a valid string, got 1; ")
    assert said.endswith("and 2 more")
    assert len(said) < 300
