"""A server's address and key: what is taken, what is refused, and what is shown of them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from litreview.errors import SettingsError
from litreview.llm import Parameters, Server


@pytest.mark.parametrize("blank", [None, "", "  ", "\n"])
def test_no_address_means_openais_own(blank: str | None) -> None:
    server = Server(blank, blank)
    assert server == Server()
    assert (server.base_url, server.api_key) == (None, None)
    assert server.name == "https://api.openai.com/v1"
    assert server.is_openai


def test_a_key_loses_the_line_break_of_its_file() -> None:
    assert Server("http://h/v1", " abc\r\n").api_key == "abc"


@pytest.mark.parametrize("key", ["two\nlines", "with space", "smart“quote", "nul\x00"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(SettingsError, match="the key for http://h/v1 holds") as caught:
        Server("http://h/v1", key)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://localhost:11434/v1/", "http://localhost:11434/v1"),
        ("https://User:Secret@Models.Example/v1?token=Secret#Secret", "https://models.example/v1"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
    ],
)
def test_the_name_holds_no_secret(url: str, name: str) -> None:
    server = Server(url, "key")
    assert server.name == name
    assert "Secret" not in f"{server!r}{server}"
    assert "'key'" not in repr(server)


@pytest.mark.parametrize(
    "url",
    ["localhost:11434/v1", "api.openai.com", "ftp://h/v1", "http://", "http://h:99999/v1", "http://[::1/v1"],
)
def test_an_address_that_is_no_url_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(SettingsError, match="no http or https URL") as caught:
        Server(url)
    assert "http://localhost:11434/v1" in caught.value.hint


def test_a_password_in_an_address_that_is_refused_is_not_shown() -> None:
    with pytest.raises(SettingsError) as caught:
        Server("ftp://user:secret@h/v1?key=secret")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": ""},
        {"temperature": -1},
        {"temperature": 3},
        {"top_p": 0},
        {"max_reply_tokens": 0},
        {"typo": 1},
    ],
)
def test_parameters_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Parameters(**{"model": "tiny", **wrong})


def test_only_what_is_set_is_given() -> None:
    assert Parameters(model="tiny").given == {"model": "tiny"}
    assert Parameters(model="tiny", temperature=0).given == {"model": "tiny", "temperature": 0}


def test_the_package_is_imported_without_openai() -> None:
    code = "import sys, litreview.llm; print({'openai', 'httpx2', 'jiter', 'anyio'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
