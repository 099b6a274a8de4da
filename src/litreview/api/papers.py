"""`PaperLibrary`: opening and closing a library, its papers, and texts that cite them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, cast, get_args

from litreview.configured import open_library
from litreview.errors import LibraryError, UsageError
from litreview.formats import Format
from litreview.render.bibliography import BibliographyFormat

if TYPE_CHECKING:
    from litreview.answers import RetrievedEntry
    from litreview.checking.findings import DocumentReport
    from litreview.embedding import Embedder
    from litreview.importing import ImportReport, Progress
    from litreview.library import Filters, RunEntry
    from litreview.library import Library as PaperStore
    from litreview.papers import Paper
    from litreview.settings import Settings
    from litreview.sources import Parser, SourceBatch

_SOURCES: Literal["litreview.sources"] = "litreview.sources"


class PaperLibrary:
    """An open library, without what needs a model: that is in `Library`.

    Attributes:
        folder: Where it is.
        settings: As they hold for its questions.
    """

    def __init__(self, store: PaperStore, settings: Settings, closing: ExitStack) -> None:
        self.folder = store.folder
        self.settings = settings
        self._store = store
        self._closing = closing
        self._open = True
        self._thread = threading.get_ident()

    @classmethod
    def open(
        cls,
        folder: Path | str | None = None,
        *,
        create: bool = True,
        settings: Settings | None = None,
        embedder: Embedder | None = None,
    ) -> Self:
        """Open a library.

        Args:
            folder: Where it is; by default where the settings say.
            create: Whether one is made where there is none.
            settings: Read from the environment and the configuration file by default.
            embedder: What turns texts into vectors, in place of what the settings name.

        Raises:
            NothingRelevant: There is none, and `create` is not set.
            LibraryError: It cannot be opened.
            SettingsError: A setting cannot be used.
        """
        from litreview.settings import load_settings

        settings = settings or load_settings()
        if folder is not None:
            settings = settings.model_copy(update={"library": Path(folder)})
        with ExitStack() as stack:
            store = stack.enter_context(open_library(settings, create=create, embedder=embedder))
            return cls(store, settings, stack.pop_all())

    @classmethod
    def temporary(cls, *, settings: Settings | None = None) -> Self:
        """A library of a moment's life, in a folder that is gone when it is closed. It keeps no runs."""
        from litreview.library import Library as PaperStore
        from litreview.settings import load_settings

        with ExitStack() as stack:
            store = stack.enter_context(PaperStore.temporary())
            return cls(store, settings or load_settings(), stack.pop_all())

    def close(self) -> None:
        """Close the library. Everything that was added is on disk already."""
        self._open = False
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def store(self) -> PaperStore:
        """What keeps the papers, for the parts of litreview that this class does not show.

        Raises:
            LibraryError: The library is closed, or another thread has opened it.
        """
        if not self._open:
            raise LibraryError(
                f"the library at {str(self.folder)!r} is closed", hint="with Library.open(…) as library: …"
            )
        if threading.get_ident() != self._thread:
            raise LibraryError(
                f"the library at {str(self.folder)!r} was opened in another thread",
                hint="open it once in each thread",
            )
        return self._store

    def _opened_store(self) -> PaperStore:
        return self.store

    # Papers

    def __len__(self) -> int:
        return len(self.store)

    def add(
        self,
        sources: Path | str | Paper | Iterable[Path | str | Paper],
        *,
        format: str | Parser | None = None,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Import papers; what is known already is merged.

        Args:
            sources: Files and folders, or papers.
            format: What all files are: a name as of `litreview add --format`, one that a plugin adds, or a
                function that parses a file's text. By default each file's own beginning tells.
            progress: Called with a stage, how many are done, and how many there are (0 while unknown).

        Returns:
            What became of every record. A file that cannot be read is among `rejected`.

        Raises:
            UsageError: The format is unknown, or a source is no path and no paper.
            PluginError: The plugin cannot be loaded.
            LibraryBusy: Another process has been writing to it for a long time.
        """
        from litreview.importing import import_batches
        from litreview.papers import Paper
        from litreview.sources import SourceBatch

        given = [sources] if isinstance(sources, (Path, str, Paper)) else list(sources)
        papers = tuple(item for item in given if isinstance(item, Paper))
        paths = [_path(item) for item in given if not isinstance(item, Paper)]
        batches = chain(_read(paths, format), [SourceBatch(papers=papers)] if papers else [])
        return import_batches(self.store, batches, progress=progress or _silent)

    def search(self, query: str, *, limit: int = 10, filters: Filters | None = None) -> list[RetrievedEntry]:
        """The papers that bear on a query, the closest first, at most `limit`.

        Raises:
            UsageError: The query is empty, or `limit` is below 1.
            NothingRelevant: The library is empty, or nothing in it bears on the query.
        """
        from litreview.answers import RetrievedEntry
        from litreview.library import Filters
        from litreview.relevance import relevant

        found = relevant(self.store, query, limit=limit, filters=filters or Filters())
        return [RetrievedEntry.of(item.paper, item.score) for item in found.papers]

    def get(self, key: str) -> Paper:
        """The paper with this key.

        Raises:
            PaperNotFound: No paper has it; the message names keys that begin alike.
        """
        return self.store.paper(key)

    def remove(self, keys: str | Iterable[str]) -> list[Paper]:
        """Take papers out of the library, all or none, and return them.

        Raises:
            PaperNotFound: No paper has one of the keys; nothing was removed.
        """
        return self.store.remove(_keys(keys))

    def export(self, format: BibliographyFormat = "jsonl", keys: str | Iterable[str] | None = None) -> str:
        """Papers as the text of a file that other programs read: all by key, or these in this order.

        Raises:
            UsageError: The format is unknown.
            PaperNotFound: No paper has one of the keys.
        """
        from litreview.render.bibliography import dump

        if format not in get_args(BibliographyFormat):
            known = ", ".join(get_args(BibliographyFormat))
            raise UsageError(f"there is no format {format!r} to write", hint=f"use one of {known}")
        if keys is None:
            return dump(self.store.all_papers(), format)
        return dump([self.store.paper(key) for key in _keys(keys)], format)

    # Texts and runs

    def check(self, text: str, *, path: str = "text") -> DocumentReport:
        """Check every cited sentence of a Markdown text against the abstracts of the papers it cites.

        Args:
            text: With citations as in Pandoc or in LaTeX, or in footnotes.
            path: What the report calls it.

        Raises:
            NothingRelevant: The library is empty, so there is nothing to check against.
        """
        from litreview.checking.document import Document, check_documents
        from litreview.checking.shelf import Shelf
        from litreview.library import empty_library

        if not len(self):
            raise empty_library(str(self.folder))
        return check_documents([Document(path, text)], Shelf(library=self.store))

    def check_files(
        self, paths: Path | str | Iterable[Path | str], *, bibs: Iterable[Path | str] = ()
    ) -> DocumentReport:
        """Check Markdown files, against .bib files first and then against the library.

        Raises:
            SourceError: A file is not there, is no text, or is too large.
        """
        from litreview.documents import check_files

        named = [paths] if isinstance(paths, (Path, str)) else paths
        return check_files(list(map(Path, named)), bibs=list(map(Path, bibs)), library=self.store)

    def runs(self, *, limit: int = 20) -> list[RunEntry]:
        """Earlier questions, the newest first."""
        return self.store.archive.runs(limit=limit)


def _silent(_stage: str, _done: int, _total: int) -> None:
    return


def _keys(keys: str | Iterable[str]) -> Sequence[str]:
    return [keys] if isinstance(keys, str) else list(dict.fromkeys(keys))


def _path(source: object) -> Path | str:
    if not isinstance(source, (Path, str)):
        raise UsageError(f"a source is a path or a Paper, not {source!r}", hint="library.add(['refs.bib'])")
    if str(source) == "-":
        raise UsageError(
            "'-' is standard input on the command line only", hint="library.add([...]) with paths or papers"
        )
    return source


def _read(paths: Sequence[Path | str], format: str | Parser | None) -> Iterator[SourceBatch]:
    """What the files hold, by the format that was named or given."""
    from litreview.plugins import load_plugin, plugin_names
    from litreview.sources import read_sources

    if format is None or format in get_args(Format):
        return read_sources(paths, format=cast("Format | None", format))
    parse = load_plugin(_SOURCES, format) if isinstance(format, str) else format
    if parse is None:
        known = ", ".join([*get_args(Format), *plugin_names(_SOURCES)])
        raise UsageError(f"there is no format {format!r} to read", hint=f"use one of {known}")
    return read_sources(paths, parse=parse)
