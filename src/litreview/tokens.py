"""Counting tokens: by a model's own vocabulary where it is on this machine, else by a bound from above.

tiktoken fetches a vocabulary it does not have, without a timeout. Here it may only read what is cached; a
vocabulary is fetched when a person asks for it (`litreview doctor --fetch-vocabulary`).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .errors import ProviderError

if TYPE_CHECKING:
    from tiktoken import Encoding

# What the bound counts as a token each: up to 5 letters, up to 3 digits, any other character that is not a
# space, and each UTF-8 byte of what is not ASCII. Over 13,400 records of abstracts it never fell below the
# vocabularies o200k_base and cl100k_base, and is 1.32 to 1.36 times their counts (docs/decisions.md).
_PIECES = re.compile(r"[A-Za-z]{1,5}|[0-9]{1,3}|[!-/:-@\[-`{-~]")
_OTHER = re.compile(r"[^\x00-\x7f]+")
# tiktoken's tokeniser overflows its stack on very long runs without a boundary.
_LONGEST = 400_000
_RUN = re.compile(r"(.)\1{999}", re.DOTALL)
_FETCH_SECONDS = 120.0
_CACHE = "TIKTOKEN_CACHE_DIR"
# The vocabulary of every OpenAI model since 2024, and of those tiktoken does not know yet.
_NEWEST = "o200k_base"


def bound(text: str) -> int:
    """At least as many tokens as a byte-pair vocabulary makes of English text, by up to half too many.

    >>> bound("Attention is all you need")
    6
    """
    return len(_PIECES.findall(text)) + sum(len(run.encode()) for run in _OTHER.findall(text))


class TokenCounter(NamedTuple):
    """Counts the tokens of a text; `encoding` is None where only the bound is to be had."""

    encoding: Encoding | None = None

    @property
    def exact(self) -> bool:
        """Whether counts are the vocabulary's own, not the bound."""
        return self.encoding is not None

    def count(self, text: str) -> int:
        """How many tokens the text takes, or at most takes."""
        if self.encoding is None or len(text) > _LONGEST or _RUN.search(text):
            return bound(text)
        # Special tokens in a text ("<|endoftext|>") are only words here.
        return len(self.encoding.encode_ordinary(text))


def counter_for(model: str, *, cache: Path | None = None) -> TokenCounter:
    """The counter of a model: exact if its vocabulary is known and cached, else the bound.

    Args:
        model: The model's name as a server knows it.
        cache: Where `fetch_vocabulary` put it; tiktoken's own places are looked at as well.
    """
    for folder in (None, cache):
        try:
            with _cached_only(folder):
                return TokenCounter(_encoding(model))
        except (KeyError, OSError, ValueError):
            continue
    return TokenCounter()


def fetch_vocabulary(model: str, *, cache: Path) -> str:
    """Download the vocabulary of a model into `cache`, and return its name. May take two minutes.

    Raises:
        ProviderError: It could not be fetched.
    """
    name = _encoding_name(model) or _NEWEST
    # In a process of its own: the download has no timeout. -P keeps the working directory off its path.
    script = f"import tiktoken; tiktoken.get_encoding({name!r})"
    try:
        subprocess.run(  # noqa: S603 - our own interpreter, no shell
            [sys.executable, "-P", "-c", script],
            env={**os.environ, _CACHE: str(cache)},
            check=True,
            capture_output=True,
            timeout=_FETCH_SECONDS,
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise ProviderError(
            f"the vocabulary {name!r} could not be fetched ({type(error).__name__})",
            hint="nothing is lost: without it, tokens are bounded from above",
        ) from error
    return name


def _encoding_name(model: str) -> str | None:
    from tiktoken.model import encoding_name_for_model

    try:
        return encoding_name_for_model(model)
    except KeyError:
        return None


def _encoding(model: str) -> Encoding:
    import tiktoken

    name = _encoding_name(model)
    if name is None:
        raise KeyError(model)
    return tiktoken.get_encoding(name)


@contextmanager
def _cached_only(folder: Path | None) -> Iterator[None]:
    """Let tiktoken read its cache and nothing else, in `folder` if that is given."""
    from tiktoken import load

    def refuse(blobpath: str) -> bytes:  # noqa: ARG001 - tiktoken names the argument
        raise OSError("not cached")

    original, before = load.read_file, os.environ.get(_CACHE)
    load.read_file = refuse
    if folder is not None:
        os.environ[_CACHE] = str(folder)
    try:
        yield
    finally:
        load.read_file = original
        if folder is not None:
            os.environ.pop(_CACHE) if before is None else os.environ.update({_CACHE: before})
