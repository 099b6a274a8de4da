"""What all embedders share: the protocol, and the text of a paper that is embedded."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Embedder(Protocol):
    """Turns texts into unit vectors: a dot product is a cosine similarity in [-1, 1], higher is closer."""

    @property
    def provider(self) -> str:
        """The name by which a library records it: "lsa", "openai", "minilm"."""

    @property
    def model(self) -> str:
        """The model's own name; a library made with one is never read with another."""

    def embed_papers(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors of papers (`paper_text`), shape (len(texts), dimensions); zeros if all is unknown."""

    def embed_questions(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors of questions, shape (len(texts), dimensions); zeros where nothing is known."""


def paper_text(title: str, abstract: str | None) -> str:
    r"""The text of a paper that is embedded: its title on the first line, its abstract after it.

    >>> paper_text("Pointer\nNetworks", None)
    'Pointer Networks'
    """
    title = " ".join(title.split())
    return f"{title}\n{abstract}" if abstract else title


def text_digest(text: str) -> bytes:
    """What tells a text that was embedded from another; 16 bytes."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
