"""`Library`: a folder of papers that can be added to, searched and repaired.

A write goes in this order, under one writer lock: papers into the catalogue, vectors into the catalogue, the
index brought in line. Whatever stops it in between, the papers are there, and the next writer goes on. Where
the library is shared on a server, that stands in the place of the index (`remote`).
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from litreview.errors import IndexUnusable, LibraryError, NothingRelevant, UsageError
from litreview.papers import Paper

from . import lexical
from .archive import Archive
from .catalogue import CATALOGUE, Catalogue
from .health import IndexHealth, refresh, store_folder
from .locks import index_reader_lock, writer_lock
from .merges import Merges
from .types import LSA, AddReport, Defined, Filters, IndexedText, SourceUse, SyncReport

if TYPE_CHECKING:
    # Of these only the classes need numpy, and they are imported when first used: a library that is listed,
    # shown or checked against needs none, and numpy takes longer to load than such a library to open.
    import numpy as np
    import numpy.typing as npt

    from litreview.embedding import Embedder

    from .ahead import Ahead
    from .embeddings import Embeddings, Generation, Progress
    from .filtering import Filtering, Passing
    from .index import IndexKeeper
    from .remote import ServerAddress
    from .remote.shared import SharedLibrary
    from .salvage import Salvaged

_log = logging.getLogger("litreview")

# Up to here an exact product over the catalogue's vectors is faster than opening Chroma, cold and warm
# (docs/decisions.md); the vectors of so many papers take 200 MB.
EXACT_LIMIT = 200_000


class LibraryState(NamedTuple):
    """What `doctor` reports: counts, the embedding, and the health of the index."""

    papers: int
    without_abstract: int
    pending: int
    generation: Generation | None
    health: IndexHealth


def _silent(_stage: str, _done: int, _total: int) -> None:
    return


class Library:
    """An open library folder. A context manager; not to be shared between threads.

    Args:
        folder: Where the library is; made if it does not exist and `create` is set.
        create: Whether a library may be made here. Readers pass False and change nothing on disk.
        lean: Leave titles and abstracts out of the Chroma index (a fifth of the disk, twice the speed).
        indexed: Keep a Chroma index. A library of a moment's life (`temporary`) does without.
        embedder: What turns texts into vectors; None for LSA, fitted on the library itself. A library that
            was embedded otherwise can be opened, but neither searched nor added to before `reembed`.
        server: A Chroma server on which the library is shared with other machines; None for one on its own.

    Raises:
        LibraryError: The folder is a file, cannot be written, holds something else, or does not exist.
        LibraryVersionError: It was made by a newer litreview.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        create: bool = True,
        lean: bool = False,
        indexed: bool = True,
        embedder: Embedder | None = None,
        server: ServerAddress | None = None,
    ) -> None:
        self.folder = Path(folder).expanduser()
        _prepare_folder(self.folder, create=create)
        self._embedder = embedder
        self.embedder = embedder.provider if embedder else LSA
        self._server = server
        self._open(create=create)
        self._indexed = indexed
        self._lean = lean
        self._ahead: Ahead | None = None
        self._warned = False
        self._looked = False

    def _open(self, *, create: bool) -> None:
        self._catalogue = Catalogue(self.folder / CATALOGUE, create=create)
        self.archive = Archive(self._catalogue.connection, self.folder / CATALOGUE)
        self.merges = Merges(self._catalogue, self._changing)
        for made in ("_embeddings", "_filtering", "_index", "_shared"):
            self.__dict__.pop(made, None)

    @classmethod
    @contextmanager
    def temporary(cls) -> Iterator[Library]:
        """A library in a temporary folder, gone at the end of the block; searched exactly, without Chroma."""
        with TemporaryDirectory(prefix="litreview-") as folder, cls(folder, indexed=False) as library:
            yield library

    @cached_property
    def _embeddings(self) -> Embeddings:
        from .embeddings import Embeddings

        return Embeddings(self._catalogue.connection, self._embedder)

    @cached_property
    def _filtering(self) -> Filtering:
        from .filtering import Filtering

        return Filtering(self._catalogue.connection)

    @cached_property
    def _index(self) -> IndexKeeper:
        from .index import IndexKeeper

        return IndexKeeper(self.folder, self._catalogue, self._embeddings, lean=self._lean)

    @cached_property
    def _shared(self) -> SharedLibrary | None:
        if self._server is None:
            return None
        from .remote.shared import SharedLibrary

        return SharedLibrary(
            self._catalogue,
            self._server,
            embeddings=lambda: self._embeddings,
            passing=self._passing,
            complete=self._complete,
            lean=self._lean,
        )

    @property
    def is_shared(self) -> bool:
        """Whether the library is shared on a server."""
        return self._server is not None

    @property
    def lasts(self) -> bool:
        """Whether it is there after this process; what is asked of a temporary one need not be kept."""
        return self._indexed

    def close(self) -> None:
        """Close the library. Everything that was acknowledged is on disk already."""
        if shared := self.__dict__.get("_shared"):
            shared.close()
        self._catalogue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if (
            isinstance(error, sqlite3.DatabaseError)
            and (told := self._catalogue.translated(error)) is not error
        ):
            raise told from error

    # Writing

    def add(self, papers: Iterable[Paper]) -> AddReport:
        """Add or merge papers in one transaction; when this returns, they are there.

        They are found by their words at once; `sync` makes them found by their vectors too. The same papers
        in any order give the same library. Papers of several files belong into one call where they fit.
        """
        self._check_embedding()
        with writer_lock(self.folder):
            if self._shared:
                self._shared.exchange()
            with self._catalogue.transaction():
                report = self._catalogue.add(papers)
                if self._ahead:
                    self._ahead.embed(self._embeddings)
            if self._ahead:
                self._ahead.index()
            return self._claimed(report)

    def _claimed(self, report: AddReport) -> AddReport:
        """The report with the keys as they are once no other machine has a paper under one of them."""
        if self._shared is None:
            return report
        rows = self._catalogue.rows_of(report.keys)
        self._shared.exchange()
        now = self._catalogue.keys_of(rows.values())
        keys = {now.get(row) or self._catalogue.records.successor(key) or key for key, row in rows.items()}
        return report.model_copy(update={"keys": tuple(sorted(keys)), "papers": len(self)})

    @contextmanager
    def working_ahead(self) -> Iterator[Ahead | None]:
        """Let what is told of the papers to come be worked on ahead while the block adds them, then syncs.

        This changes the time an import takes and nothing else. None for a library that has papers already.
        """
        if len(self) or self.embedder != LSA or self._server:
            yield None
            return
        from .ahead import Ahead

        with Ahead.of(self.folder, indexed=self._indexed, lean=self._lean) as ahead:
            self._ahead = ahead
            try:
                yield ahead
            finally:
                self._ahead = None

    def sync(self, *, progress: Progress = _silent, rebuild: bool = False) -> None:
        """Embed what has no vector yet and bring the index in line; does nothing where all is done.

        Args:
            progress: Called with a stage, how many papers are done, and how many there are.
            rebuild: Build the index anew even if it looks whole.
        """
        self._check_embedding()
        with writer_lock(self.folder):
            if self._shared:
                self._shared.sync(progress)
                return
            self._complete(progress)
            if self._indexed:
                filling = self._ahead.filling if self._ahead else None
                self._index.sync(progress, rebuild=rebuild, filling=filling)

    def _complete(self, progress: Progress) -> None:
        """Give every paper a vector."""
        self._embeddings.check()
        self._embeddings.fetch(progress)
        with self._catalogue.transaction():
            if self._ahead:
                self._ahead.settle(self._embeddings)
            self._embeddings.complete(progress, len(self))

    def _check_embedding(self) -> None:
        """See that the embedding is the one configured; on a server, another machine's may come yet."""
        if self._shared is None:
            self._embeddings.check()

    def share(self, *, progress: Progress = _silent) -> SyncReport:
        """Exchange everything with the server on which the library is shared (`litreview sync`).

        Raises:
            ServerUnavailable: It does not answer; what waits for it is kept.
            UsageError: The library is on its own.
            EmbeddingMismatch: The server has another embedding than is configured; the papers are exchanged.
        """
        if self._shared is None:
            raise UsageError(
                "no server is set on which this library is shared",
                hint="export LITREVIEW_CHROMA_URL=https://…",
            )
        self.sync(progress=progress)
        return self._shared.report()

    def reembed(self, *, progress: Progress = _silent, fresh: bool = False) -> None:
        """Embed every paper with the library's embedder, and switch to that in one transaction.

        Until then the library stays as it is; broken off, it goes on from where it was.

        Args:
            progress: As for `sync`.
            fresh: Also ask again for vectors that were kept, because the model behind the name has changed.

        Raises:
            ProviderError: The embedder's server could not be reached; what was embedded is kept.
        """
        with writer_lock(self.folder):
            if self._shared and self._shared.take_over(progress, fresh=fresh):
                return
            if fresh:
                self._embeddings.forget()
            self._embeddings.fetch(progress, everything=True)
            with self._catalogue.transaction():
                if len(self):
                    self._embeddings.remake(progress)
            if self._shared:
                self._shared.publish(progress)
            elif self._indexed:
                self._index.sync(progress)

    def repair(self, *, progress: Progress = _silent) -> Salvaged | None:
        """Mend the catalogue, then the index: made anew from the rest where possible, else read out.

        Returns:
            What could be read out of a catalogue whose papers are damaged; None where they are not.

        Raises:
            LibraryError: Nothing can be read; what is there stays as it is.
        """
        from .salvage import indexed_keys, salvage

        whole, salvaged = self.check_catalogue() == "ok", None
        if not whole:
            with writer_lock(self.folder):
                named = indexed_keys(self._catalogue.connection)
                self._catalogue.mend()
                if self._catalogue.check() != "ok":
                    self._catalogue.close()
                    salvaged = salvage(self._catalogue.path)
                    self._open(create=False)
                    self._catalogue.mend()
                elif gone := named - indexed_keys(self._catalogue.connection):
                    _log.warning("no paper has the key %s any more: it was damaged", ", ".join(sorted(gone)))
                with self._catalogue.transaction():
                    self._embeddings.drop_faulty()
        state = self.state()
        if not whole or state.pending or not state.health or not self.probe_index():
            self.sync(progress=progress, rebuild=True)
        return salvaged

    def to_embed(self, *, fresh: bool = False) -> list[str]:
        """The texts for which `reembed` would ask an embedder outside the library; none with LSA."""
        return self._embeddings.waiting(fresh=fresh)

    def remove(self, keys: Sequence[str]) -> list[Paper]:
        """Take papers out of the library, all or none, and return them.

        Raises:
            PaperNotFound: No paper has one of the keys; nothing was removed.
        """
        with self._changing():
            rows = [self._row_of(key) for key in dict.fromkeys(keys)]
            papers = self.papers(rows)
            for row in rows:
                self._catalogue.remove(row)
        return papers

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """A change of papers that are there: one transaction, and then the index is brought in line."""
        self._check_embedding()
        with writer_lock(self.folder):
            if self._shared:
                self._shared.exchange()
            with self._catalogue.transaction():
                yield
        self.sync()

    # Reading

    def __len__(self) -> int:
        return len(self._catalogue)

    def paper(self, key: str) -> Paper:
        """The paper with this key, or the one it was merged into on request.

        Raises:
            PaperNotFound: No paper has it; the message names keys that begin alike.
        """
        successor = self._catalogue.records.successor(key)
        if successor:
            _log.info("%s was merged into %s", key, successor)
        return self.papers([self._row_of(successor or key)])[0]

    def papers_by_key(self, keys: Sequence[str]) -> dict[str, Paper]:
        """The papers that have these keys, in this order; a key that no paper has is left out."""
        rows = self._catalogue.rows_of(keys)
        known = [key for key in dict.fromkeys(keys) if key in rows]
        return dict(zip(known, self.papers([rows[key] for key in known]), strict=True))

    def keys(self) -> list[str]:
        """Every key, in order."""
        return self._catalogue.keys()

    def all_papers(self) -> list[Paper]:
        """Every paper, ordered by key."""
        return self.papers(self._catalogue.rows())

    def papers(self, rows: Sequence[int]) -> list[Paper]:
        """The papers of these rows, in this order."""
        return self._catalogue.papers(rows)

    def sources(self) -> list[SourceUse]:
        """Every file and service that papers came from, by name and format."""
        return self._catalogue.sources()

    def state(self) -> LibraryState:
        """Counts, embedding and index health, without importing chromadb."""
        counts = self._catalogue.counts()
        (bare,) = self._catalogue.connection.execute(
            "SELECT count(*) FROM papers WHERE abstract IS NULL"
        ).fetchone()
        if self._shared:
            missing, current = self._embeddings.missing(), self._embeddings.current()
            return LibraryState(counts.papers, bare, missing, current, IndexHealth("ok", "on the server"))
        with index_reader_lock(self.folder) as locked:
            health = self._index.health() if locked else IndexHealth("ok")
        return LibraryState(
            counts.papers, bare, counts.papers - counts.current, self._embeddings.current(), health
        )

    def probe_index(self) -> IndexHealth:
        """Open the index in a process of its own and compare its vectors with the catalogue's."""
        from .probe import probe

        generation = self._embeddings.current()
        if generation is None:
            return IndexHealth("ok")
        if self._shared:
            return IndexHealth("ok", "on the server")
        with index_reader_lock(self.folder) as locked:
            if not locked:
                return IndexHealth("ok", "in use by a writer, not looked at")
            health = probe(self.folder, generation.collection)
            if health:
                refresh(self.folder)
            return health

    def server_news(self) -> str | None:
        """What there is to say of the server on which the library is shared; None for one on its own."""
        if self._shared is None or self._server is None:
            return None
        news = self._shared.news()
        since = f"; last sync: {news.synced}" if news.synced else ""
        return f"{news.text}{since}" if news.text else f"{self._server.name}, nothing new"

    def check_catalogue(self) -> str:
        """Look at every page, the word index, the records and the vectors: "ok", or what is wrong."""
        verdict = self._catalogue.check()
        faulty = len(self._embeddings.faulty()) if verdict == "ok" else 0
        return f"{faulty:,} vectors are damaged" if faulty else verdict

    def _row_of(self, key: str) -> int:
        return self._catalogue.find(key)

    # Searching: what `retrieval.SearchIndex` asks for

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """A block in which all that is read is of one moment, whatever others write meanwhile.

        A search embeds its question with the model of one generation and compares it with vectors of the
        same. Nothing can be written in the block.
        """
        connection = self._catalogue.connection
        if connection.in_transaction:
            yield
            return
        if self._shared:
            self._shared.tell_news()
        connection.execute("BEGIN")
        try:
            yield
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def match(self, expression: str, *, limit: int, filters: Filters) -> list[tuple[int, float]]:
        """Rows that match an FTS5 expression with BM25 as a positive score, best first."""
        passing = self._passing(filters) if filters else None
        return lexical.match(self._catalogue.connection, expression, limit=limit, passing=passing)

    def document_frequencies(self, stems: Sequence[str]) -> dict[str, int]:
        """In how many papers each Porter stem stands."""
        return lexical.document_frequencies(self._catalogue.connection, stems)

    def definitions(self, short_keys: Sequence[str], long_keys: Sequence[str]) -> list[Defined]:
        """Acronyms as the library's own abstracts define them."""
        return lexical.definitions(self._catalogue.connection, short_keys, long_keys)

    def texts(self, rows: Sequence[int]) -> list[IndexedText]:
        """The searchable words of these rows, in this order."""
        return lexical.texts(self._catalogue.connection, rows)

    def titles(self) -> list[tuple[int, str]]:
        """Row and title of every paper, ordered by key."""
        return lexical.titles(self._catalogue.connection)

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors of questions in the library's embedding, shape (len(texts), dimensions)."""
        return self._embeddings.embed(texts)

    def vectors(self, rows: Sequence[int]) -> npt.NDArray[np.float32]:
        """The unit vectors of these rows, shape (len(rows), dimensions)."""
        return self._embeddings.vectors(rows)

    def nearest(
        self, vector: npt.NDArray[np.float32], *, limit: int, filters: Filters
    ) -> list[tuple[int, float]]:
        """The rows closest to a unit vector with the cosine in [-1, 1], best first.

        Exact over the catalogue for libraries of up to `EXACT_LIMIT` papers, under a filter, and whenever the
        index is not whole or is being written; else by the Chroma index, or the server on which the library
        is shared.
        """
        if self._shared:
            large = len(self) > EXACT_LIMIT
            proposed = self._shared.nearest(vector, limit=limit, filters=filters) if large else None
            return proposed or self._embeddings.nearest(vector, limit=limit, rows=self._passing_rows(filters))
        by_index = self._indexed and not filters and len(self) > EXACT_LIMIT
        if by_index or (self._indexed and not self._looked):
            found = self._nearest_indexed(vector, limit=limit, wanted=by_index)
            if found is not None:
                return found
        return self._embeddings.nearest(vector, limit=limit, rows=self._passing_rows(filters))

    def _passing_rows(self, filters: Filters) -> npt.NDArray[np.int64] | None:
        return self._passing(filters).rows if filters else None

    def _passing(self, filters: Filters) -> Passing:
        return self._filtering.passing(filters)

    def _nearest_indexed(
        self, vector: npt.NDArray[np.float32], *, limit: int, wanted: bool
    ) -> list[tuple[int, float]] | None:
        """What the index answers, if it is whole, not being written, and `wanted`; else None.

        Where exact search answers, this still looks at the index once, so that a damaged one is known of.
        """
        from .vectors import open_index

        self._looked = True
        with index_reader_lock(self.folder) as locked:
            if not locked:
                return None
            health, generation = self._index.health(), self._embeddings.current()
            if not health:
                self._warn(health)
            elif wanted and generation is not None:
                try:
                    with open_index(store_folder(self.folder), generation.collection) as index:
                        found = index.nearest(vector, limit=limit)
                    refresh(self.folder)
                    rows = [(self._catalogue.row_of(key), cosine) for key, cosine in found]
                    return [(row, cosine) for row, cosine in rows if row is not None]
                except IndexUnusable as error:
                    self._warn(IndexHealth("damaged", error.message))
        return None

    def _warn(self, health: IndexHealth) -> None:
        if self._warned:
            return
        self._warned = True
        if self._embeddings.current() is None:
            _log.warning(
                "an import was interrupted before the papers were embedded; they are found by their words."
                " Complete it with: litreview doctor --repair"
            )
        else:
            _log.warning(
                "the vector index is %s (%s); searching the catalogue exactly instead, with the same answers."
                " Repair it with: litreview doctor --repair",
                health.state,
                health.reason,
            )


def empty_library(folder: str, *, shared: bool = False) -> NothingRelevant:
    """The error for a library without a single paper; one that is shared may have them on its server."""
    add = "litreview add FILE… (saved pages or .jsonl)"
    return NothingRelevant(
        f"the library at {folder!r} holds no papers yet", hint="litreview sync" if shared else add
    )


def _prepare_folder(folder: Path, *, create: bool) -> None:
    try:
        if folder.exists() and not folder.is_dir():
            raise LibraryError(
                f"the library path {str(folder)!r} is a file, not a folder",
                hint="litreview --library FOLDER …",
            )
        if create:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryError(
            f"the library folder {str(folder)!r} cannot be made ({error.strerror})",
            hint="litreview --library ANOTHER_FOLDER …",
        ) from error
