"""What several tests share: where the real input is, small papers, and a library of its own for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from litreview.library import Library
from litreview.papers import Paper

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
EXAMPLES = ROOT / "examples" / "pages"

# The same examples at every run: a change is judged by itself and not by luck. `make explore` tries others.
settings.register_profile("same", derandomize=True)
settings.register_profile("explore", print_blob=True)
settings.load_profile("same")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test reads or writes a person's own library, configuration or ./.env."""
    proxies = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
    for name in list(os.environ):
        if name.startswith(("LITREVIEW_", "OPENAI_")) or name.lower() in proxies:
            monkeypatch.delenv(name)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The four saved pages and their truth."""
    if not (SHARED / "seeds" / "truth.jsonl").exists():
        pytest.skip("the saved pages of ../shared/seeds are not here")
    return SHARED / "seeds"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """An empty library."""
    with Library(tmp_path / "library") as opened:
        yield opened


@pytest.fixture
def papers() -> list[Paper]:
    """Eight small papers on two subjects."""
    return [
        Paper(
            title=f"{name}: {subject}",
            abstract=f"We study {subject}. {name} reaches {score} % with {detail}.",
            published=f"20{year}-03-01",
            author_count=3,
        )
        for name, subject, score, detail, year in [
            ("MixNet", "token mixing with multi-layer perceptrons (MLP)", 81, "no attention at all", 21),
            ("ShiftMix", "token mixing by shifting channels", 82, "half the parameters", 22),
            ("GateMix", "gated multi-layer perceptrons for vision", 80, "spatial gating", 22),
            ("FourMix", "token mixing in the frequency domain", 79, "a Fourier transform", 23),
            ("ReefNet", "coral reef monitoring from underwater video", 90, "sparse labels", 20),
            ("FishCount", "counting fish in underwater video", 88, "weak supervision", 21),
            ("SeaGrass", "mapping seagrass meadows from satellites", 77, "multispectral images", 22),
            ("TideCast", "forecasting tides near coral reefs", 70, "buoy measurements", 23),
        ]
    ]
