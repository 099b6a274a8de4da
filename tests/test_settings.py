from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from litreview.errors import SettingsError
from litreview.settings import config_file, load_settings


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_flag_over_environment_over_dotenv_over_file(monkeypatch: pytest.MonkeyPatch) -> None:
    config_file().parent.mkdir(parents=True)
    config_file().write_text('library = "from-file"\nlean = true\n')
    assert load_settings().library == Path("from-file")
    Path(".env").write_text("LITREVIEW_LIBRARY=from-dotenv\n")
    assert load_settings().library == Path("from-dotenv")
    monkeypatch.setenv("LITREVIEW_LIBRARY", "from-environment")
    assert load_settings().library == Path("from-environment")
    assert load_settings(library=Path("from-flag")).library == Path("from-flag")
    assert load_settings().lean is True


def test_an_empty_variable_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITREVIEW_LIBRARY", "")
    assert load_settings().library.name == "litreview"


def test_a_bad_value_in_the_environment_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITREVIEW_LEAN", "banana")
    with pytest.raises(SettingsError, match=r"LITREVIEW_LEAN.*'banana'"):
        load_settings()


def test_a_broken_configuration_file_is_named() -> None:
    config_file().parent.mkdir(parents=True)
    config_file().write_text("library = [unclosed\n")
    with pytest.raises(SettingsError, match=r"config\.toml"):
        load_settings()


def test_a_bad_value_in_dotenv_is_reported_and_ignored(caplog: pytest.LogCaptureFixture) -> None:
    Path(".env").write_text("LITREVIEW_LEAN=banana\nLITREVIEW_LIBRARY=here\n")
    with caplog.at_level(logging.WARNING, logger="litreview"):
        loaded = load_settings()
    assert (loaded.lean, loaded.library) == (False, Path("here"))
    assert "'banana'" in caplog.text


@given(
    st.one_of(
        st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_a_dotenv_of_any_content_breaks_nothing(content: bytes) -> None:
    Path(".env").write_bytes(content)
    assert load_settings().library.name == "litreview"
