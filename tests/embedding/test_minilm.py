"""The MiniLM embedder over a model of the same form, small enough to be made here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from litreview.embedding.minilm import LONGEST_INPUT, MiniLMEmbedder
from litreview.errors import SettingsError

WORDS = ["[PAD]", "[UNK]", "tokens", "are", "mixed", "without", "attention", "reefs"]
ROWS = np.eye(len(WORDS), dtype=np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose state of a word is its row of a table, and a tokeniser that splits at spaces."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper
    from tokenizers import Tokenizer, models, pre_tokenizers

    folder = tmp_path_factory.mktemp("minilm")
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(folder / "tokenizer.json"))
    shape = ["batch", "words"]
    graph = helper.make_graph(
        [helper.make_node("Gather", ["rows", "input_ids"], ["last_hidden_state"])],
        "tiny",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, shape)
            for name in ("input_ids", "attention_mask", "token_type_ids")
        ],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, len(WORDS)])],
        [numpy_helper.from_array(ROWS, "rows")],
    )
    (folder / "onnx").mkdir()
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(folder / "onnx" / "model.onnx"))
    return folder


def test_a_vector_is_the_mean_over_the_words_without_padding_at_unit_length(folder: Path) -> None:
    found = MiniLMEmbedder(folder).embed_papers(["tokens are mixed", "reefs"])
    means = np.stack([ROWS[[2, 3, 4]].mean(axis=0), ROWS[7]])
    np.testing.assert_allclose(found, means / np.linalg.norm(means, axis=1, keepdims=True), rtol=1e-6)


def test_the_512th_word_counts_and_the_513th_does_not(folder: Path) -> None:
    long = ["tokens"] * (LONGEST_INPUT - 1)
    inside, outside = MiniLMEmbedder(folder).embed_papers(
        [" ".join([*long, "reefs"]), " ".join([*long, "tokens", "reefs"])]
    )
    assert inside[7] > 0
    assert outside[7] == 0


def test_texts_keep_their_order_whatever_their_length(folder: Path) -> None:
    texts = [" ".join(["tokens"] * (1 + number % 7) + ["reefs"]) for number in range(100)]
    embedder = MiniLMEmbedder(folder)
    one_by_one = np.concatenate([embedder.embed_questions([text]) for text in texts])
    np.testing.assert_allclose(embedder.embed_papers(texts), one_by_one, atol=1e-6)


def test_files_that_are_not_there_are_named_and_nothing_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"onnx/model\.onnx") as caught:
        MiniLMEmbedder(tmp_path).embed_questions(["one"])
    assert caught.value.hint == "litreview doctor --fetch-minilm"
