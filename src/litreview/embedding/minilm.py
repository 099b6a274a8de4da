"""Vectors from all-MiniLM-L6-v2 (Wang et al. 2020; Reimers and Gurevych 2019), run here by onnxruntime.

Read at 512 tokens, the longest the model knows: at the usual 256 most abstracts are cut off. The model's
files are never fetched on the way: `litreview doctor --fetch-minilm` does that.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from litreview.errors import ProviderError, SettingsError

if TYPE_CHECKING:
    import numpy.typing as npt

LONGEST_INPUT = 512
_REPOSITORY = "sentence-transformers/all-MiniLM-L6-v2"
_MODEL, _TOKENIZER = "onnx/model.onnx", "tokenizer.json"
_BATCH = 32


class MiniLMEmbedder:
    """all-MiniLM-L6-v2, 384 dimensions; an `Embedder`.

    Args:
        folder: Where `fetch` put the model's files.
    """

    provider = "minilm"
    model = "all-MiniLM-L6-v2"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        """The session that runs the model, and its tokeniser; loaded with the first text."""
        for name in (_MODEL, _TOKENIZER):
            if not (self._folder / name).exists():
                raise SettingsError(
                    f"the embedding minilm needs {str(self._folder / name)!r}, which is not there",
                    hint="litreview doctor --fetch-minilm",
                )
        try:
            import onnxruntime
            from tokenizers import Tokenizer
        except ImportError as error:
            raise SettingsError(
                f"the embedding minilm needs a package that is not installed ({error.name})",
                hint="pip install 'litreview[minilm]'",
            ) from error
        session = onnxruntime.InferenceSession(str(self._folder / _MODEL), providers=["CPUExecutionProvider"])
        tokenizer = Tokenizer.from_file(str(self._folder / _TOKENIZER))
        tokenizer.enable_truncation(max_length=LONGEST_INPUT)
        tokenizer.enable_padding()
        return session, tokenizer

    def embed_papers(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors, shape (len(texts), dimensions).

        Raises:
            SettingsError: The model's files are not there, or what runs them is not installed.
        """
        # Texts of like length share a batch, so that little of it is padding.
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        rows: dict[int, npt.NDArray[np.float32]] = {}
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            rows.update(zip(batch, self._embed([texts[number] for number in batch]), strict=True))
        if not rows:
            return np.zeros((0, 1), dtype=np.float32)
        return np.stack([rows[number] for number in range(len(texts))])

    embed_questions = embed_papers

    def _embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        session, tokenizer = self._loaded
        encoded = tokenizer.encode_batch(list(texts))
        inputs: dict[str, Any] = {
            "input_ids": np.array([item.ids for item in encoded], dtype=np.int64),
            "attention_mask": np.array([item.attention_mask for item in encoded], dtype=np.int64),
            "token_type_ids": np.array([item.type_ids for item in encoded], dtype=np.int64),
        }
        wanted = {given.name for given in session.get_inputs()}
        (states, *_) = session.run(None, {name: value for name, value in inputs.items() if name in wanted})
        # The mean over the words of a text, padding left out, is the model's own way to one vector.
        mask = inputs["attention_mask"][:, :, None].astype(np.float32)
        means = (states * mask).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)
        lengths = np.linalg.norm(means, axis=1, keepdims=True)
        return np.asarray(means / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def fetch(folder: Path) -> None:
    """Download the model's files (some 90 MB) into a folder.

    Raises:
        SettingsError: What fetches them is not installed.
        ProviderError: They could not be fetched.
    """
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise SettingsError(
            "fetching minilm needs the package huggingface-hub", hint="pip install 'litreview[minilm]'"
        ) from error
    try:
        snapshot_download(_REPOSITORY, allow_patterns=[_MODEL, _TOKENIZER], local_dir=folder)
    except Exception as error:
        # The hub's client raises errors of half a dozen libraries; all mean the same here.
        raise ProviderError(
            f"{_REPOSITORY} could not be fetched ({type(error).__name__}: {str(error).splitlines()[0]})",
            hint="try again, or set LITREVIEW_EMBEDDING=lsa",
        ) from error
