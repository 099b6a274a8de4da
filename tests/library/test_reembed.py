"""Embeddings from outside the library: fetched once, switched as a whole, never mixed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from litreview.errors import EmbeddingMismatch, ProviderError
from litreview.library import Filters, Library
from litreview.papers import Paper
from litreview.retrieval import retrieve


class Letters:
    """Embeds by the counts of letters, and keeps what it was asked."""

    provider = "openai"

    def __init__(self, model: str = "letters", *, dimensions: int = 26, fails_after: int = 10**9) -> None:
        self.model = model
        self._dimensions = dimensions
        self._left = fails_after
        self.asked: list[str] = []

    def embed_papers(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self._left -= len(texts)
        if self._left < 0:
            raise ProviderError("the server is down")
        self.asked += texts
        letters = [chr(ord("a") + number) for number in range(self._dimensions)]
        counts = np.array([[text.lower().count(letter) for letter in letters] for text in texts])
        return (counts / np.linalg.norm(counts, axis=1, keepdims=True)).astype(np.float32)

    embed_questions = embed_papers


def _fill(folder: Path, papers: list[Paper], embedder: Letters | None) -> None:
    with Library(folder, embedder=embedder) as library:
        library.add(papers)
        library.sync()


def test_papers_and_questions_are_embedded_by_the_embedder(tmp_path: Path, papers: list[Paper]) -> None:
    embedder = Letters()
    _fill(tmp_path / "l", papers, embedder)
    assert len(embedder.asked) == len(papers)
    with Library(tmp_path / "l", embedder=embedder) as library:
        assert (library.embedder, library.state().health.state) == ("openai", "ok")
        rows = [row for row, _ in library.titles()]
        best = library.nearest(library.vectors(rows[:1])[0], limit=1, filters=Filters())
        assert best == [(rows[0], pytest.approx(1.0, abs=1e-5))]
        assert retrieve(library, "coral reef monitoring").papers[0].paper.title.startswith("ReefNet")


def test_another_embedding_is_a_clear_error_and_nothing_is_added(tmp_path: Path, papers: list[Paper]) -> None:
    _fill(tmp_path / "l", papers, None)
    with Library(tmp_path / "l", embedder=Letters()) as library:
        with pytest.raises(EmbeddingMismatch, match="'lsa', and 'openai:letters' is configured") as caught:
            retrieve(library, "coral reef monitoring")
        assert "litreview reembed" in caught.value.hint
        with pytest.raises(EmbeddingMismatch):
            library.add([Paper(title="New")])
        assert len(library) == len(papers)
    _fill(tmp_path / "m", papers, Letters())
    with Library(tmp_path / "m") as library, pytest.raises(EmbeddingMismatch, match="'openai:letters'"):
        library.sync()


def test_reembedding_switches_the_whole_library_and_back_for_nothing(
    tmp_path: Path, papers: list[Paper]
) -> None:
    _fill(tmp_path / "l", papers, None)
    embedder = Letters()
    with Library(tmp_path / "l", embedder=embedder) as library:
        assert len(library.to_embed()) == len(papers)
        library.reembed()
        assert library.to_embed() == []
        assert library.probe_index().state == "ok"
        generation = library.state().generation
        assert generation is not None
        assert (generation.provider, generation.model, generation.dimensions) == ("openai", "letters", 26)
    with Library(tmp_path / "l") as library:
        library.reembed()
        assert retrieve(library, "coral reef monitoring").papers
    with Library(tmp_path / "l", embedder=embedder) as library:
        library.reembed()
    assert len(embedder.asked) == len(papers)


def test_what_was_broken_off_goes_on_from_there(
    tmp_path: Path, papers: list[Paper], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("litreview.library.neural._BATCH", 2)
    _fill(tmp_path / "l", papers, None)
    with Library(tmp_path / "l", embedder=Letters(fails_after=5)) as library, pytest.raises(ProviderError):
        library.reembed()
    with Library(tmp_path / "l") as library:
        assert retrieve(library, "coral reef monitoring").papers, "the library stays as it was"
    resumed = Letters()
    with Library(tmp_path / "l", embedder=resumed) as library:
        library.reembed()
    assert len(resumed.asked) == len(papers) - 4


def test_the_same_text_is_embedded_once_and_a_changed_one_again(tmp_path: Path, papers: list[Paper]) -> None:
    embedder = Letters()
    _fill(tmp_path / "l", papers, embedder)
    longer = papers[0].model_copy(update={"abstract": f"{papers[0].abstract} And it is fast in practice."})
    _fill(tmp_path / "l", [*papers, longer], embedder)
    assert len(embedder.asked) == len(papers) + 1
    assert embedder.asked[-1].endswith("in practice.")


def test_a_model_that_changed_behind_its_name_is_noticed_and_asked_afresh(
    tmp_path: Path, papers: list[Paper]
) -> None:
    _fill(tmp_path / "l", papers[:4], Letters())
    changed = Letters(dimensions=20)
    with pytest.raises(EmbeddingMismatch) as caught:
        _fill(tmp_path / "l", papers, changed)
    assert caught.value.hint == "litreview reembed --fresh"
    with Library(tmp_path / "l", embedder=changed) as library:
        library.reembed(fresh=True)
        assert len(library) == len(papers)
        assert library.probe_index().state == "ok"
