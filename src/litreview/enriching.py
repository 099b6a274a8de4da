"""Filling what is missing about papers, by arXiv id, DOI or exact title. What is known stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from .errors import ProviderError
from .library import Library
from .papers import Paper, family_name, merge, same_paper, title_identity
from .services import Lookup, Lookups, ServiceName
from .services.lookup import ARXIV_IDS, How

Progress = Callable[[str, int, int], None]

# A paper that lacks one of these is looked up; what else is missing is filled on the way.
WANTED = ("authors", "doi", "venue", "abstract")
_FILLED = (*WANTED, "published", "arxiv_id", "url")
# A title of fewer words ("Introduction", "Deep learning") is many papers' title; then more must agree.
_TELLING_WORDS = 4


class Filled(BaseModel):
    """What one service filled of one paper, and by what it was found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    fields: tuple[str, ...]
    service: ServiceName
    by: How


class EnrichReport(BaseModel):
    """What was filled. `papers` counts those that lacked something, `enriched` those that lack less now.

    `notes` say why something that was found was not taken. `complete` is False where a service failed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    papers: int = 0
    enriched: int = 0
    filled: tuple[Filled, ...] = ()
    notes: tuple[str, ...] = ()
    dry_run: bool = False
    complete: bool = True


class Outcome(NamedTuple):
    """The report, and what stopped the work: to be raised once the report has been shown."""

    report: EnrichReport
    stopped: BaseException | None


def missing(paper: Paper) -> tuple[str, ...]:
    """Which of authors, DOI, venue and abstract are not known."""
    return tuple(field for field in WANTED if not getattr(paper, field))


def enrich(
    library: Library,
    lookups: Lookups,
    *,
    keys: Sequence[str] = (),
    dry_run: bool = False,
    progress: Progress,
) -> Outcome:
    """Look up what is missing and add it to the library, under the same keys.

    Whatever stops it, Ctrl-C included, what was found by then is added; the answers are kept, so that the
    same command goes on from there.

    Args:
        library: An open library.
        lookups: Who is asked.
        keys: Only these papers; all that lack something where none are named.
        dry_run: Report what would be filled, and change nothing.
        progress: Called with a stage, how many papers are done, and how many there are.

    Raises:
        PaperNotFound: No paper has one of the keys.
    """
    everything = library.all_papers()
    chosen = [library.paper(key) for key in dict.fromkeys(keys)] if keys else everything
    work = _Work([paper for paper in chosen if missing(paper)], everything, lookups, progress)
    stopped: BaseException | None = None
    try:
        work.run()
    except BaseException as error:
        if isinstance(error, Exception) and not isinstance(error, ProviderError):
            raise
        stopped = error
    changed = work.changed()
    if changed and not dry_run:
        library.add(changed)
        library.sync(progress=progress)
    stopped = stopped or next(iter(lookups.failed.values()), None)
    report = EnrichReport(
        papers=len(work.papers),
        enriched=len(changed),
        filled=tuple(work.filled),
        notes=tuple(dict.fromkeys(work.notes)),
        dry_run=dry_run,
        complete=stopped is None,
    )
    return Outcome(report, stopped)


class _Work:
    """The papers that lack something, as they are filled."""

    def __init__(
        self, papers: Sequence[Paper], everything: Sequence[Paper], lookups: Lookups, progress: Progress
    ) -> None:
        self.papers = {paper.key or "": paper for paper in papers}
        self.filled: list[Filled] = []
        self.notes: list[str] = []
        self._before = dict(self.papers)
        self._lookups = lookups
        self._progress = progress
        self._neighbours = _Neighbours(everything)

    def changed(self) -> list[Paper]:
        """The papers that know more than before."""
        return [paper for key, paper in self.papers.items() if paper != self._before[key]]

    def run(self) -> None:
        """By arXiv id, then DOI, then title; then by the ids that the titles have led to."""
        self._by_arxiv_id(self.papers)
        self._each("doi", self.papers)
        self._each("title", self.papers)
        led = [key for key, paper in self.papers.items() if paper.arxiv_id != self._before[key].arxiv_id]
        self._by_arxiv_id(led)
        led = [key for key, paper in self.papers.items() if paper.doi != self._before[key].doi]
        self._each("doi", led)

    def _lacking(self, keys: Iterable[str]) -> list[str]:
        return [key for key in keys if missing(self.papers[key])]

    def _by_arxiv_id(self, keys: Iterable[str]) -> None:
        known = {self.papers[key].arxiv_id: key for key in self._lacking(keys) if self.papers[key].arxiv_id}
        ids = [identifier for identifier in known if identifier]
        for start in range(0, len(ids), ARXIV_IDS):
            self._progress("looking up arXiv ids", start, len(ids))
            for lookup in self._lookups.by_arxiv_ids(ids[start : start + ARXIV_IDS]):
                if lookup.paper.arxiv_id in known:
                    self._take(known[lookup.paper.arxiv_id], lookup)

    def _each(self, how: How, keys: Iterable[str]) -> None:
        lacking = self._lacking(keys)
        for number, key in enumerate(lacking):
            self._progress(f"looking up {'DOIs' if how == 'doi' else 'titles'}", number, len(lacking))
            paper = self.papers[key]
            if how == "title":
                self._by_title(key, paper)
            elif paper.doi:
                for lookup in self._lookups.by_doi(paper.doi):
                    self._take(key, lookup)
                    if not missing(self.papers[key]):
                        break

    def _by_title(self, key: str, paper: Paper) -> None:
        for service, lookups in _by_service(self._lookups.by_title(paper.title)):
            fitting = [lookup for lookup in lookups if is_found(paper, lookup.paper)]
            if any(not same_paper(fitting[0].paper, other.paper) for other in fitting[1:]):
                self.notes.append(f"{key}: {service} has several papers of this title; none was taken")
                continue
            for lookup in fitting[:1]:
                self._take(key, lookup)
            if not missing(self.papers[key]):
                return

    def _take(self, key: str, lookup: Lookup) -> None:
        """Fill the gaps of a paper, and only the gaps."""
        paper, found = self.papers[key], lookup.paper
        if not same_paper(paper, found):
            self.notes.append(f"{key}: what {lookup.service} has by {lookup.how} is another paper; not taken")
            return
        gaps = {
            name: getattr(found, name)
            for name in _FILLED
            if not getattr(paper, name) and getattr(found, name)
        }
        for name in self._neighbours.claimed(key, gaps):
            self.notes.append(
                f"{key}: {lookup.service} gives the {name} of {self._neighbours.owner(name, gaps[name])};"
                " not taken (see litreview duplicates)"
            )
            del gaps[name]
        if not gaps:
            return
        # Where the record lies elsewhere is no gap that makes it worth a source of its own.
        if gaps.keys() <= {"url"}:
            return
        known = paper.model_copy(update={**gaps, "sources": found.sources})
        self.papers[key] = merge(paper, known)
        fields = tuple(name for name in _FILLED if name in gaps)
        self.filled.append(Filled(key=key, fields=fields, service=lookup.service, by=lookup.how))


class _Neighbours:
    """Which identifiers belong to other papers of the library: two papers must not get the same one."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self._owners: dict[tuple[str, str], str] = {}
        for paper in papers:
            for name in ("doi", "arxiv_id"):
                if value := getattr(paper, name):
                    self._owners[name, value] = paper.key or ""

    def owner(self, name: str, value: str) -> str:
        """The key of the paper that has this identifier."""
        return self._owners[name, value]

    def claimed(self, key: str, gaps: dict[str, str]) -> list[str]:
        """Which of the identifiers are another paper's; the others are this paper's from now on."""
        taken: list[str] = []
        for name in ("doi", "arxiv_id"):
            if name in gaps and self._owners.setdefault((name, gaps[name]), key) != key:
                taken.append(name)
        return taken


def is_found(paper: Paper, found: Paper) -> bool:
    """Whether what a search by title gave is the paper: the exact title, and nothing that speaks against it.

    A short title is not enough: then a name or the abstract must agree as well.
    """
    if title_identity(paper.title) != title_identity(found.title) or not same_paper(paper, found):
        return False
    names = {family_name(author).casefold() for author in paper.authors}
    if names & {family_name(author).casefold() for author in found.authors}:
        return True
    return len(paper.title.split()) >= _TELLING_WORDS or _share_words(paper.abstract, found.abstract)


def _share_words(left: str | None, right: str | None) -> bool:
    """Whether two abstracts are of one paper; False where one is missing."""
    words, others = set((left or "").casefold().split()), set((right or "").casefold().split())
    return bool(words and others) and 2 * len(words & others) >= len(words | others)


def _by_service(lookups: Iterator[Lookup]) -> Iterator[tuple[ServiceName, list[Lookup]]]:
    """What each service found, in the order they are asked; the next is asked only when it is wanted."""
    waiting: list[Lookup] = []
    for lookup in lookups:
        if waiting and lookup.service != waiting[0].service:
            yield waiting[0].service, waiting
            waiting = []
        waiting.append(lookup)
    if waiting:
        yield waiting[0].service, waiting
