"""Libraries that are shared on a real Chroma server."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from litreview.errors import EmbeddingMismatch, NothingRelevant
from litreview.library import Filters, Library
from litreview.library import library as library_module
from litreview.library.remote import ServerAddress
from litreview.library.remote.chroma import ChromaServer, Row, _search
from litreview.library.remote.generations import Generations
from litreview.library.remote.http import Missing, Unsupported
from litreview.library.vectors import import_chromadb
from litreview.papers import Paper
from litreview.relevance import relevant
from litreview.review import ask

_QUESTIONS = ("token mixing", "coral reefs", "how are fish counted under water?")


def _answers(library: Library) -> list[str]:
    return [
        "\n".join(
            (
                repr(
                    [
                        (p.paper.key, p.score)
                        for p in relevant(library, question, limit=5, filters=Filters()).papers
                    ]
                ),
                ask(library, question, limit=5, filters=Filters()).model_dump_json(
                    exclude={"run", "created"}
                ),
            )
        )
        for question in _QUESTIONS
    ]


def _filled(folder: Path, papers: list[Paper], address: ServerAddress | None = None) -> Library:
    library = Library(folder, server=address)
    library.add(papers)
    library.sync()
    return library


def test_answers_are_those_of_a_library_on_its_own(
    address: ServerAddress, papers: list[Paper], tmp_path: Path
) -> None:
    with (
        _filled(tmp_path / "own", papers) as own,
        _filled(tmp_path / "shared", papers, address) as shared,
        Library(tmp_path / "second", server=address) as second,
    ):
        second.share()
        assert second.keys() == own.keys()
        assert _answers(own) == _answers(shared) == _answers(second)


def test_vectors_come_back_bit_for_bit(address: ServerAddress) -> None:
    server = ChromaServer(address)
    server.greet()
    collection = str(server.open(f"{address.prefix}-exact", "ip"))
    vectors = np.random.default_rng(1).normal(size=(300, 64)).astype("<f4")
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[7] = 0
    sent = {f"k{n}": vector.tobytes() for n, vector in enumerate(vectors)}
    server.upsert(collection, [Row(key, vector, None, {"n": 1}) for key, vector in sent.items()])
    found = {row.id: row.vector for row in server.get(collection, list(sent), vectors=True)}
    assert found == sent
    assert server.nearest(collection, sent["k3"], limit=1) == ["k3"]
    server.close()


def test_who_adds_a_row_first_has_it(address: ServerAddress) -> None:
    server = ChromaServer(address)
    server.greet()
    collection = str(server.open(f"{address.prefix}-first", "l2"))
    for writer in ("a", "b"):
        server.add(collection, [Row("key", b"\0" * 8, writer, {"writer": writer})])
    assert [row.document for row in server.get(collection, ["key"])] == ["a"]
    assert server.count(collection) == 1
    with pytest.raises(Missing):
        server.count("7d3f1c9e-0000-4000-8000-000000000000")
    server.close()


def test_a_second_sync_moves_only_what_is_new(
    address: ServerAddress, papers: list[Paper], tmp_path: Path
) -> None:
    with Library(tmp_path / "a", server=address) as one, Library(tmp_path / "b", server=address) as two:
        one.add(papers)
        one.sync()
        assert two.share().received == 8
        one.add([Paper(title="A late one", authors=("Ida Holm",), published="2024")])
        one.sync()
        report = two.share()
        assert (report.received, report.sent, report.papers) == (8 + 1, 0, 9)
        assert two.share().received == 9
        assert two.state().pending == 0


def test_a_refit_of_one_machine_is_taken_over_by_the_other(
    address: ServerAddress, papers: list[Paper], tmp_path: Path
) -> None:
    with Library(tmp_path / "a", server=address) as one, Library(tmp_path / "b", server=address) as two:
        one.add(papers[:4])
        one.sync()
        two.share()
        two.add(papers[4:])
        two.sync()
        one.share()
        generations = [library.state().generation for library in (one, two)]
        assert [g.fitted_on for g in generations if g] == [8, 8]
        assert _answers(one) == _answers(two)
        server = ChromaServer(address)
        mine = [name for name in server.names() if name.startswith(f"{address.prefix}-")]
        server.close()
        # What is over is gone from the server: records, state, vectors and words of one embedding.
        assert len(mine) == 4


def test_the_server_proposes_the_nearest_of_many(
    address: ServerAddress, papers: list[Paper], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _filled(tmp_path / "a", papers, address) as library:
        vector = library.vectors([1])[0]
        exact = library.nearest(vector, limit=3, filters=Filters())
        monkeypatch.setattr(library_module, "EXACT_LIMIT", 0)
        asked: list[int] = []
        propose = ChromaServer.nearest

        def counted(self: ChromaServer, *args: object, **options: object) -> list[str]:
            asked.append(1)
            return propose(self, *args, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(ChromaServer, "nearest", counted)
        found = library.nearest(vector, limit=3, filters=Filters())
        assert [row for row, _ in found] == [row for row, _ in exact]
        assert [cosine for _, cosine in found] == pytest.approx([cosine for _, cosine in exact])
        assert asked == [1]
        # `chroma run` answers 501 to search, and its query takes long over a filter: searched here.
        assert len(library.nearest(vector, limit=3, filters=Filters(since=2022))) == 3
        assert library.nearest(vector, limit=3, filters=Filters(venue="ACL")) == []


def test_a_single_node_has_no_search_and_is_asked_only_once(address: ServerAddress) -> None:
    server = ChromaServer(address)
    server.greet()
    collection = str(server.open(f"{address.prefix}-nearest", "ip"))
    server.add(collection, [Row("k", np.ones(4, "<f4").tobytes(), None, {"year": 2020})])
    with pytest.raises(Unsupported):
        server._ask("POST", f"/collections/{collection}/search", _search([1.0] * 4, 1, None))
    assert server.nearest(collection, np.ones(4, "<f4").tobytes(), limit=1) == ["k"]
    assert server._searches is False
    server.close()


def test_hybrid_search_is_asked_as_chromadbs_own_client_asks() -> None:
    chromadb = import_chromadb()
    K, Knn, Search = chromadb.K, chromadb.Knn, chromadb.Search  # noqa: N806 - as its users write them

    where = {"$and": [{"year": {"$gte": 2000}}, {"year": {"$lte": 2010}}]}
    theirs = (
        Search()
        .where((K("year") >= 2000) & (K("year") <= 2010))
        .rank(Knn(query=[0.5, 1.0], limit=7))
        .limit(7)
        .select(K.SCORE)
    )
    assert _search([0.5, 1.0], 7, where)["searches"] == [theirs.to_dict()]


def test_an_emptied_server_gets_everything_again(
    address: ServerAddress, papers: list[Paper], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with _filled(tmp_path / "a", papers, address) as library:
        server = ChromaServer(address)
        for name in server.names():
            if name.startswith(f"{address.prefix}-"):
                server.drop(name)
        server.close()
    with Library(tmp_path / "a", server=address) as library, caplog.at_level(logging.INFO, "litreview"):
        assert (news := library.server_news())
        assert "emptied" in news
        assert library.share().sent == 8
        assert "all papers are exchanged" in caplog.text
    with Library(tmp_path / "b", server=address) as other:
        other.share()
        assert len(other) == 8


def test_what_a_server_lost_is_sent_again(
    address: ServerAddress, papers: list[Paper], tmp_path: Path
) -> None:
    with _filled(tmp_path / "a", papers, address) as library:
        server = ChromaServer(address)
        key = library.keys()[0]
        for name in server.names():
            if name.startswith((f"{address.prefix}-records", f"{address.prefix}-vectors")):
                server.delete(str(server.open(name, "l2", create=False)), [key])
        server.close()
        library.share()
    with Library(tmp_path / "b", server=address) as other:
        other.share()
        assert other.papers_by_key([key])


def test_another_embedding_on_the_server_is_told_and_can_be_taken_over(
    address: ServerAddress, papers: list[Paper], tmp_path: Path
) -> None:
    from litreview.testing import HashedEmbedder

    with _filled(tmp_path / "a", papers, address), Library(tmp_path / "b", server=address) as second:
        second.share()
    with Library(tmp_path / "a", server=address, embedder=HashedEmbedder()) as first:
        first.reembed()
    with (
        Library(tmp_path / "b", server=address) as second,
        pytest.raises(EmbeddingMismatch, match="on the server"),
    ):
        second.share()
    counted = HashedEmbedder()
    with Library(tmp_path / "b", server=address, embedder=counted) as second:
        second.reembed()
        assert second.state().pending == 0
        assert second.vectors([1]).any()


def test_a_copy_of_a_library_writes_under_its_own_name(
    address: ServerAddress, papers: list[Paper], tmp_path: Path
) -> None:
    import shutil

    with _filled(tmp_path / "a", papers[:4], address):
        pass
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    with Library(tmp_path / "a", server=address) as one, Library(tmp_path / "b", server=address) as two:
        for library, paper in ((one, papers[4]), (two, papers[5])):
            library.add([paper])
            library.sync()
        one.share()
        two.share()
        assert one.keys() == two.keys()
        assert len(one) == 6


def test_nothing_is_here_yet_and_the_hint_is_to_sync(address: ServerAddress, tmp_path: Path) -> None:
    with Library(tmp_path / "a", server=address) as library, pytest.raises(NothingRelevant) as caught:
        relevant(library, "anything", limit=1, filters=Filters())
    assert caught.value.hint == "litreview sync"


def test_two_machines_that_embed_at_once_end_with_one_embedding(
    address: ServerAddress, papers: list[Paper], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library(tmp_path / "a", server=address) as one, Library(tmp_path / "b", server=address) as two:
        one.add(papers[:4])
        publish = Generations._publish
        interrupted: list[int] = []

        def slower(self: Generations, *arguments: object) -> bool:
            if not interrupted:
                interrupted.append(1)
                # While the first is about to publish, the second does.
                two.add(papers[4:])
                two.sync()
            return publish(self, *arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(Generations, "_publish", slower)
        one.sync()
        one.share()
        two.share()
        assert one.keys() == two.keys()
        assert _answers(one) == _answers(two)
        server = ChromaServer(address)
        assert len([name for name in server.names() if name.startswith(f"{address.prefix}-")]) == 4
        server.close()
