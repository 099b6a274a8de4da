"""Keys come from the environment or from a file that only its owner reads, and go where they belong."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import pytest
from pydantic import ValidationError

from litreview.errors import SettingsError
from litreview.settings import _ADDRESSES, Settings, config_file, load_settings

from .session import SECRET_SETTINGS

KEY = "planted-key-0123456789"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.WARNING, logger="litreview")


def _write(path: Path, text: str, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def _secret(name: str) -> str | None:
    value = getattr(load_settings(), name)
    return value.get_secret_value() if value else None


def _files(name: str) -> list[tuple[Path, str]]:
    return [
        (Path(".env"), f"LITREVIEW_{name.upper()}={KEY}\nLITREVIEW_MODEL=m\n"),
        (config_file(), f'{name} = "{KEY}"\nmodel = "m"\n'),
    ]


@pytest.mark.parametrize("name", SECRET_SETTINGS)
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666])
def test_a_key_in_a_file_that_others_read_is_not_used_and_chmod_is_named(
    name: str, mode: int, caplog: pytest.LogCaptureFixture
) -> None:
    for path, text in _files(name):
        caplog.clear()
        _write(path, text, mode)
        assert _secret(name) is None
        assert load_settings().model == "m"
        assert f"LITREVIEW_{name.upper()} is not used" in caplog.text
        assert f"chmod 600 {path}" in caplog.text
        assert KEY not in caplog.text
        path.unlink()


@pytest.mark.parametrize("name", SECRET_SETTINGS)
@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_key_in_a_file_of_its_owner_alone_is_used(
    name: str, mode: int, caplog: pytest.LogCaptureFixture
) -> None:
    for path, text in _files(name):
        _write(path, text, mode)
        assert _secret(name) == KEY
        path.unlink()
    assert caplog.text == ""


def test_a_key_of_the_environment_needs_no_word_about_a_file(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _write(Path(".env"), "OPENAI_API_KEY=other\n", 0o644)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert _secret("api_key") == KEY
    assert caplog.text == ""


def test_a_file_of_another_program_without_our_keys_is_nobodys_business(
    caplog: pytest.LogCaptureFixture,
) -> None:
    _write(Path(".env"), "DATABASE_PASSWORD=secret\nexport X\n\x00=\n", 0o666)
    load_settings()
    assert caplog.text == ""


def test_every_key_has_an_address_that_it_goes_to() -> None:
    # Where the Chroma server is, ./.env has no say (below).
    assert {*_ADDRESSES, "chroma_token", "chroma_headers"} == set(SECRET_SETTINGS)
    assert set(_ADDRESSES.values()) <= set(Settings.model_fields)


@pytest.mark.parametrize(("key", "address"), _ADDRESSES.items())
@pytest.mark.parametrize("source", ["environment", "file"])
def test_a_key_does_not_go_to_an_address_that_only_the_working_directory_names(
    key: str, address: str, source: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if source == "file":
        _write(config_file(), f'{key} = "{KEY}"\n', 0o600)
    else:
        monkeypatch.setenv(f"LITREVIEW_{key.upper()}", KEY)
    assert _secret(key) == KEY
    _write(Path(".env"), f"LITREVIEW_{address.upper()}=https://evil.example/v1\n", 0o600)
    assert _secret(key) is None
    assert getattr(load_settings(), address) == "https://evil.example/v1"
    assert "is not sent to" in caplog.text
    assert KEY not in caplog.text
    with Path(".env").open("a") as file:
        file.write(f"LITREVIEW_{key.upper()}={KEY}\n")
    assert _secret(key) == KEY
    Path(".env").write_text(f"LITREVIEW_{address.upper()}=http://localhost:8000/v1\n")
    assert _secret(key) == KEY
    Path(".env").write_text(f"LITREVIEW_{address.upper()}=https://mine.example/v1\n")
    monkeypatch.setenv(f"LITREVIEW_{address.upper()}", "https://mine.example/v1")
    assert _secret(key) == KEY


@pytest.mark.parametrize("name", SECRET_SETTINGS)
def test_a_key_of_the_wrong_kind_is_not_quoted_anywhere(name: str) -> None:
    _write(config_file(), f'{name} = ["{KEY}"]\n', 0o600)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert name.upper() in str(caught.value)
    assert KEY not in "".join(traceback.format_exception(caught.value))
    with pytest.raises(ValidationError) as raw:
        Settings(**{name: [KEY]})
    assert KEY not in str(raw.value)


@pytest.mark.parametrize("name", SECRET_SETTINGS)
def test_settings_that_are_printed_show_no_key(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"LITREVIEW_{name.upper()}", KEY)
    settings = load_settings()
    for shown in (repr(settings), str(settings), settings.model_dump_json(), repr(settings.model_dump())):
        assert KEY not in shown


def test_a_server_for_the_library_is_not_taken_from_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _write(Path(".env"), "LITREVIEW_CHROMA_URL=https://stranger.example.org\n", 0o600)
    assert load_settings().chroma_url is None
    assert "LITREVIEW_CHROMA_URL in ./.env is not used" in caplog.text
    caplog.clear()
    _write(config_file(), 'chroma_url = "https://own.example.org"\n', 0o600)
    assert load_settings().chroma_url == "https://own.example.org"
    monkeypatch.setenv("LITREVIEW_CHROMA_URL", "https://exported.example.org")
    caplog.clear()
    assert load_settings().chroma_url == "https://exported.example.org"
    assert not caplog.text


def test_a_server_on_this_machine_may_stand_in_the_working_directory(
    caplog: pytest.LogCaptureFixture,
) -> None:
    _write(Path(".env"), "LITREVIEW_CHROMA_URL=http://127.0.0.1:8000\n", 0o600)
    assert load_settings().chroma_url == "http://127.0.0.1:8000"
    assert not caplog.text
