"""Against llama.cpp's own server with random weights: not of our making, and nobody foresees its answers."""

from __future__ import annotations

import asyncio
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from litreview.errors import ContextTooLong, ModelRefused, ReplyError, ReplyTruncated
from litreview.llm import Prompt, Server, list_models
from tests.conftest import SHARED

from .conftest import KEY, PROMPT, Answer, ask

SCRIPTS = SHARED / "llm-server"
# Random weights end a string when chance will have it: 75 to 1,500 tokens were measured, 157 with this seed.
FEW = {"max_reply_tokens": 2000, "seed": 2}

pytestmark = [
    pytest.mark.skipif(not SCRIPTS.exists(), reason="the scripts of ../shared/llm-server are not here"),
    pytest.mark.skipif(
        not all(importlib.util.find_spec(name) for name in ("xllamacpp", "gguf")),
        reason="llama.cpp's server is not installed: pip install xllamacpp gguf",
    ),
]


@contextmanager
def serve(folder: Path, *options: str, seed: int = 0) -> Iterator[str]:
    """The base URL of a server with the random model of a seed."""
    model = folder / f"{seed}.gguf"
    if not model.exists():
        make = [sys.executable, str(SCRIPTS / "make_tiny_gguf.py"), str(model), str(seed)]
        subprocess.run(make, check=True, capture_output=True)
    command = [sys.executable, str(SCRIPTS / "serve_tiny.py"), str(model), *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = process.stdout.readline().split()
            assert line[:1] == ["BASE_URL"]
            yield line[1]
        finally:
            process.stdin.close()
            process.wait(10)


def answer_or_typed_error(url: str, **options: Any) -> None:
    """Any other error would end the test."""
    error: ReplyError | None = None
    try:
        value, completion = ask(url, **options)
        assert isinstance(value, Answer)
        assert completion.text
    except ReplyError as caught:
        error = caught
    assert error is None or (error.hint and str(error).isprintable())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("llama")


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    with serve(folder) as address:
        yield address


@pytest.fixture(scope="module")
def guarded(folder: Path) -> Iterator[str]:
    with serve(folder, "--api-key", KEY, "--ctx", "1024") as address:
        yield address


@pytest.mark.parametrize("stream", [True, False])
def test_under_a_schema_even_random_weights_give_an_answer(url: str, stream: bool) -> None:
    seen: list[str] = []
    value, completion = ask(url, stream=stream, parameters=FEW, on_text=seen.append)
    assert isinstance(value, Answer)
    assert (completion.mode, completion.calls) == ("json_schema", 1)
    assert completion.usage.prompt_tokens > 0
    assert completion.usage.completion_tokens > 0
    assert seen[-1] == completion.text
    assert len(seen) > 1 or not stream


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("mode", ["json_object", "text"])
def test_without_a_schema_random_weights_give_an_answer_or_a_typed_error(
    url: str, mode, stream: bool
) -> None:
    answer_or_typed_error(url, mode=mode, stream=stream, parameters={"max_reply_tokens": 300, "seed": 2})


def test_a_wrong_key_is_refused_and_the_right_one_is_taken(guarded: str) -> None:
    with pytest.raises(ModelRefused, match=r"refuses the key \(401\): Invalid API Key"):
        ask(guarded, key="planted-and-wrong")
    assert isinstance(ask(guarded, parameters={"seed": 3})[0], Answer)


def test_a_context_too_small_says_its_size(guarded: str) -> None:
    long = Prompt(name="long", system=PROMPT.system, user="word " * 600)
    with pytest.raises(ContextTooLong, match="too long") as caught:
        ask(guarded, prompt=long)
    assert caught.value.limit == 512


def test_a_limit_of_tokens_gives_a_truncated_reply(url: str) -> None:
    with pytest.raises(ReplyTruncated, match="limit of tokens") as caught:
        ask(url, mode="text", parameters={"max_reply_tokens": 3})
    assert caught.value.raw


def test_the_models_are_listed(url: str) -> None:
    names = asyncio.run(list_models(Server(url)))
    assert [Path(name).name for name in names] == ["0.gguf"]


def test_a_path_that_is_not_there_is_named(url: str) -> None:
    with pytest.raises(ModelRefused, match="nothing at /chat/completions") as caught:
        ask(f"{url}/v2")
    assert "/v1" in caught.value.hint


@pytest.mark.parametrize("seed", range(1, 4))
def test_every_seed_of_random_weights_gives_an_answer_or_a_typed_error(folder: Path, seed: int) -> None:
    with serve(folder, seed=seed) as address:
        for mode in ("json_schema", "text"):
            answer_or_typed_error(address, mode=mode, parameters={"max_reply_tokens": 300, "seed": seed})
