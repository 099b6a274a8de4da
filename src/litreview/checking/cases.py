"""True claims for the evaluation: judged ones of SciFact, and sentences of abstracts that quote themselves.

A folder of SciFact holds `corpus.jsonl(.gz)` (`_id`, `title`, `text`, `sentences`) and `verify_pairs.jsonl`
(`_id`, `claim`,
`doc_id`, `label`, `rationales`: lists of indices into `sentences`); a corpus of abstracts is one such corpus
file.
"""

from __future__ import annotations

import gzip
import heapq
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

from litreview.answers import DraftClaim, DraftEvidence
from litreview.errors import SourceError
from litreview.papers import Paper
from litreview.text.cleaning import clean_text
from litreview.text.sentences import split_sentences
from litreview.text.words import STOP_WORDS

from .corruptions import Case
from .terms import claim_terms
from .weights import WordWeights

_RIVALS = 15  # papers besides the cited one, as a prompt of 16 papers has
_ASKED = 12  # words of a claim that are searched for, those of most weight
_SENTENCE_WORDS = (8, 45)
_LAYOUT = "a folder with corpus.jsonl(.gz) and verify_pairs.jsonl"


@dataclass(frozen=True)
class Pair:
    """A judged pair of SciFact: a claim, an abstract, its label, and the sentences that are its rationale."""

    name: str
    claim: str
    paper: str
    label: str
    rationales: tuple[tuple[int, ...], ...]


class Collection:
    """Papers with an inverted index, to find what a search for a claim would have found."""

    def __init__(self, papers: Mapping[str, Paper], sentences: Mapping[str, Sequence[str]]) -> None:
        self.papers = papers
        self.sentences = sentences
        self.weights = WordWeights.of(papers.values())

    @cached_property
    def _postings(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for name, paper in self.papers.items():
            for term in claim_terms(paper.text):
                found[term].append(name)
        return found

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """Words of weight of the abstracts, as they stand there, in the order of the papers."""
        words = (
            word for paper in list(self.papers.values())[:2000] for word in (paper.abstract or "").split()
        )
        return tuple(
            dict.fromkeys(w for w in words if w.isalpha() and len(w) > 3 and w.lower() not in STOP_WORDS)
        )

    def rivals(self, claim: str, paper: str) -> list[str]:
        """The papers that share most with a claim, the best first, without this one."""
        scores: dict[str, float] = defaultdict(float)
        weights = {term: self.weights(term) for term in claim_terms(claim)}
        for term in sorted(weights, key=lambda term: (-weights[term], term))[:_ASKED]:
            for name in self._postings.get(term, ()):
                scores[name] += weights[term]
        title = self.papers[paper].title
        ranked = heapq.nsmallest(_RIVALS + 5, scores, key=lambda name: (-scores[name], name))
        return [name for name in ranked if name != paper and self.papers[name].title != title][:_RIVALS]

    def case(
        self, source: str, paper: str, claim: str, quotes: Sequence[str], pick: random.Random
    ) -> Case | None:
        """A true claim among its rivals, or None where fewer than two papers share a word with it."""
        found = self.rivals(claim, paper)
        if len(found) < 2:
            return None
        at = pick.randrange(len(found) + 1)
        names = [*found[:at], paper, *found[at:]]
        ids = {f"P{number}": self.papers[name] for number, name in enumerate(names, start=1)}
        cited = f"P{at + 1}"
        evidence = tuple(DraftEvidence(paper=cited, quote=quote) for quote in quotes)
        strangers = [
            s
            for n in pick.sample(list(self.papers), min(8, len(self.papers)))
            if n not in names
            for s in self.sentences[n]
        ]
        long = [sentence for sentence in strangers if len(sentence.split()) >= 6]
        if not long:
            return None
        return Case(source, DraftClaim(text=claim, evidence=evidence), ids, cited, long, self.vocabulary)


def read_collection(path: Path, *, limit: int | None = None) -> Collection:
    """Read a corpus; with a limit, evenly spread over the file.

    Raises:
        SourceError: The file is missing or malformed.
    """
    records = list(_records(path))
    if limit is not None and len(records) > limit:
        records = records[:: len(records) // limit][:limit]
    papers: dict[str, Paper] = {}
    sentences: dict[str, list[str]] = {}
    for record in records:
        name, text = str(record["_id"]), clean_text(str(record.get("text") or ""))
        title = clean_text(str(record.get("title") or "")) or text[:80]
        if not text or not title:
            continue
        year = record.get("year")
        published = str(year) if isinstance(year, int) and 1000 <= year <= 9999 else None
        papers[name] = Paper(key=name, title=title, abstract=text, published=published)
        given = record.get("sentences")
        split = given if given else [text[start:end] for start, end in split_sentences(text)]
        sentences[name] = [clean_text(str(sentence)) for sentence in split]
    return Collection(papers, sentences)


def read_pairs(folder: Path) -> list[Pair]:
    """Read the judged pairs.

    Raises:
        SourceError: The file is missing or malformed.
    """
    path = folder / "verify_pairs.jsonl"
    pairs = []
    for record in _records(path):
        try:
            pair = Pair(
                name=str(record["_id"]),
                claim=str(record["claim"]),
                paper=str(record["doc_id"]),
                label=str(record["label"]),
                rationales=tuple(tuple(map(int, rationale)) for rationale in record["rationales"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise SourceError(
                f"{str(path)!r}: {record!r:.80} is no judged pair ({error})", hint=f"give {_LAYOUT}"
            ) from error
        pairs.append(pair)
    return pairs


def corpus_file(folder: Path) -> Path:
    """The corpus of a folder, zipped or not.

    Raises:
        SourceError: There is none.
    """
    found = (path for path in (folder / "corpus.jsonl.gz", folder / "corpus.jsonl") if path.is_file())
    path = next(found, None)
    if path is None:
        raise SourceError(f"{str(folder)!r} has no corpus.jsonl or corpus.jsonl.gz", hint=f"give {_LAYOUT}")
    return path


def judged_cases(collection: Collection, pairs: Sequence[Pair], pick: random.Random) -> list[Case]:
    """SciFact's SUPPORT pairs, each quoting its first gold rationale, sentence by sentence."""
    found = []
    for pair in pairs:
        if pair.label == "SUPPORT" and pair.rationales and pair.paper in collection.papers:
            quotes = [collection.sentences[pair.paper][at] for at in pair.rationales[0]]
            case = collection.case("scifact", pair.paper, pair.claim, quotes, pick)
            found += [case] if case else []
    return found


def extractive_cases(
    collection: Collection, pick: random.Random, *, holding: Sequence[re.Pattern[str]] = ()
) -> Iterator[Case]:
    """Sentences of abstracts as claims that quote themselves, in random order.

    Args:
        collection: Where the sentences are from.
        pick: Of the order, and of where the cited paper stands among its rivals.
        holding: Only sentences in which one of these is found, where there are any.
    """
    shortest, longest = _SENTENCE_WORDS
    places = [(name, at) for name, sentences in collection.sentences.items() for at in range(len(sentences))]
    pick.shuffle(places)
    for name, at in places:
        sentence = collection.sentences[name][at]
        if holding and not any(pattern.search(sentence) for pattern in holding):
            continue
        if shortest <= len(sentence.split()) <= longest and sentence.endswith("."):
            case = collection.case("extractive", name, sentence, [sentence], pick)
            if case:
                yield case


def _opened(path: Path) -> TextIO:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


def _records(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with _opened(path) as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    record = json.loads(line)
                    if not isinstance(record, dict):
                        raise SourceError(
                            f"{str(path)!r}, line {number}: no JSON object", hint=f"give {_LAYOUT}"
                        )
                    yield record
    except FileNotFoundError:
        raise SourceError(f"{str(path)!r} does not exist", hint=f"give {_LAYOUT}") from None
    except (OSError, EOFError, ValueError) as error:
        raise SourceError(f"{str(path)!r} cannot be read: {error}", hint=f"give {_LAYOUT}") from error
