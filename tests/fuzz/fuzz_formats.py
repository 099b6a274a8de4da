"""Damaged files for the parsers: python tests/fuzz/fuzz_formats.py FORMAT SECONDS [SEED].

A file of tests/sources/messy is damaged at random and set between two good records. Nothing may raise, take
longer than a few seconds, name a line that is not there, or cost either of the two. What fails is printed
with all that is needed to see it again.
"""

from __future__ import annotations

import importlib
import json
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from litreview.papers import Paper
from litreview.sources.batch import SourceBatch

MESSY = Path(__file__).parent.parent / "sources" / "messy"
# A few kilobytes take milliseconds.
TIME_LIMIT = 5.0
LONGEST = 20_000

TITLES = ("The Sentinel in Front", "The Sentinel Behind")
ABSTRACT = "It stands where it stands, at 42 percent."
AUTHORS = ("Lee, Ann", "Kim, Bo")
YEAR = "2020"


@dataclass(frozen=True)
class Target:
    """One format.

    Attributes:
        module: The module of litreview.sources with its `parse`.
        folder: The folder of tests/sources/messy.
        record: Gives a good record with this title and the abstract, authors and year above.
        join: Makes a file of two good records and what stands between them.
        tokens: What the format gives a meaning to, with "¦" between.
    """

    module: str
    folder: str
    record: Callable[[str], str]
    join: Callable[[str, str, str], str]
    tokens: str


def _bibtex(title: str) -> str:
    key = title.rsplit(maxsplit=1)[-1].lower()
    return (
        f"@article{{sentinel-{key},\n  title = {{{title}}},\n  author = {{{' and '.join(AUTHORS)}}},\n"
        f"  year = {YEAR},\n  abstract = {{{ABSTRACT}}}\n}}\n"
    )


def _ris(title: str) -> str:
    authors = "".join(f"AU  - {name}\n" for name in AUTHORS)
    return f"TY  - JOUR\nTI  - {title}\n{authors}PY  - {YEAR}\nAB  - {ABSTRACT}\nER  - \n"


def _nbib(title: str) -> str:
    authors = "".join(f"FAU - {name}\n" for name in AUTHORS)
    return f"PMID- 1\nOWN - NLM\nTI  - {title}.\nAB  - {ABSTRACT}\n{authors}DP  - {YEAR}\nSO  - J. 2020.\n"


def _csl(title: str) -> str:
    names = [dict(zip(("family", "given"), name.split(", "), strict=True)) for name in AUTHORS]
    issued = {"date-parts": [[int(YEAR)]]}
    item = {
        "id": "k",
        "type": "book",
        "title": title,
        "abstract": ABSTRACT,
        "author": names,
        "issued": issued,
    }
    return json.dumps(item)


def _hf(title: str) -> str:
    authors = [{"name": name} for name in AUTHORS]
    paper = {"title": title, "summary": ABSTRACT, "authors": authors, "publishedAt": YEAR}
    return json.dumps({"paper": {"id": "2001.00001", **paper}, "numComments": 1})


def _jsonl(title: str) -> str:
    return json.dumps({"title": title, "abstract": ABSTRACT, "authors": AUTHORS, "published": YEAR})


def _endnote(title: str) -> str:
    authors = "".join(f"<author><style>{name}</style></author>" for name in AUTHORS)
    return (
        f"<record><contributors><authors>{authors}</authors></contributors>"
        f"<titles><title><style>{title}</style></title></titles>"
        f"<dates><year>{YEAR}</year></dates><abstract>{ABSTRACT}</abstract></record>"
    )


def _atom(title: str) -> str:
    authors = "".join(f"<author><name>{name}</name></author>" for name in AUTHORS)
    return (
        f"<entry><id>http://arxiv.org/abs/2001.00001v1</id><published>{YEAR}</published>"
        f"<title>{title}</title><summary>{ABSTRACT}</summary>{authors}</entry>"
    )


def _csv(title: str) -> str:
    return f'{title},"{"; ".join(AUTHORS)}",{YEAR},"{ABSTRACT}"'


def _listed(first: str, middle: str, last: str) -> str:
    return f"[{first},\n{middle},\n{last}\n]"


def _lines(first: str, middle: str, last: str) -> str:
    return f"{first}\n{middle}\n\n{last}"


TARGETS = {
    "bibtex": Target(
        "bibtex",
        "bibtex",
        _bibtex,
        _lines,
        "@article{¦@misc{x,¦@string{¦@comment{¦{¦}¦\"¦,¦=¦#¦%¦\\¦title = {¦@¦(¦)¦{{¦}}¦ and ¦\\'¦$"
        "¦crossref = {¦xdata = {¦month = ¦author = ",
    ),
    "ris": Target(
        "ris",
        "ris",
        _ris,
        _lines,
        "TY  - JOUR\n¦TY - CONF\n¦ER  - \n¦ER  -¦TI  - ¦AB  - ¦AU  - ¦KW  - ¦ID  - ¦  - ¦DA  - 2015/06/09/"
        "¦\nAI - ¦,,¦;¦-¦DO  - 10.¦U1  - authorcount: ",
    ),
    "nbib": Target(
        "nbib",
        "nbib",
        _nbib,
        _lines,
        "PMID- 7\n¦OWN - ¦TI  - ¦AB  - ¦      ¦FAU - ¦CN  - ¦DP  - ¦- ¦\n\n¦SO  - ¦LID - 10.1/x [doi]"
        "¦[¦]¦AU  - A B¦DEP - 20200105",
    ),
    "csl-json": Target(
        "csl_json",
        "csl",
        _csl,
        _listed,
        '{¦}¦[¦]¦"¦,¦:¦\\¦{"¦"title": "¦"author": [¦{"family": ¦"issued": {'
        '¦"custom": {"litreview": {¦"items": ['
        '¦"itemType": "¦"data": {¦null¦1e9¦\\ud800¦},{"title":¦"id": "',
    ),
    "hf-papers": Target(
        "hf_papers",
        "hf",
        _hf,
        _listed,
        '{¦}¦[¦]¦"¦,¦:¦\\¦{"¦"title": "¦"paper": {¦"paper": null¦"authors": [¦"id": "¦-1¦true¦\\u0000',
    ),
    "jsonl": Target(
        "jsonl",
        "jsonl",
        _jsonl,
        _lines,
        '{¦}¦[¦]¦"¦,¦:¦\\¦{"title": "¦"doi": "¦"published": ¦"authors": [¦"key": "¦\n[¦null¦1e999¦\\udc00',
    ),
    "endnote-xml": Target(
        "endnote_xml",
        "endnote",
        _endnote,
        lambda first, middle, last: f"<xml><records>\n{first}\n{middle}\n{last}\n</records></xml>",
        "<¦>¦/¦&¦;¦<record>¦</record>¦<record ¦<titles><title>¦</title>¦<![CDATA[¦]]>¦<!--¦-->¦<?x¦?>¦&amp;"
        "¦&#0;"
        "¦&#x110000;¦&nbsp;¦x:¦ a='¦<!DOCTYPE¦<!ENTITY¦</records>¦<style>¦<x:record>",
    ),
    "arxiv-atom": Target(
        "arxiv_atom",
        "atom",
        _atom,
        lambda first, middle, last: f'<feed xmlns="u">\n{first}\n{middle}\n{last}\n</feed>',
        "<¦>¦/¦&¦;¦<entry>¦</entry>¦<entry ¦<title>¦</title>¦<![CDATA[¦]]>¦<!--¦-->¦<?x¦?>¦&lt;¦&#xD800;"
        "¦xmlns:x='u'"
        "¦<arxiv:doi>¦<!ENTITY¦</feed>¦<author>¦api/errors",
    ),
    "csv": Target(
        "tables",
        "csv",
        _csv,
        lambda first, middle, last: f"Title,Authors,Year,Abstract\n{first}\n{middle}\n{last}\n",
        ',¦"¦""¦;¦\t¦"\n¦,"¦",¦\n"¦title,authors,year,abstract\n¦sep=;\n¦\'=¦,,,\n¦""",',
    ),
}

_SIGNS = (
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\t",
    " ",
    "\ufeff",
    "\x00",
    "\x1b[31m",
    "\x85",
    "\u2028",
    "\ud800",
    "é",
    "𝔸",
)


def damaged(text: str, corpus: list[str], tokens: list[str], chance: random.Random) -> str:
    """Return a text with some of its pieces left out, doubled, moved or replaced."""
    for _ in range(chance.choice((1, 1, 2, 3, 5, 8, 20))):
        start = chance.randint(0, len(text))
        end = min(len(text), start + chance.choice((0, 1, 1, 2, 5, 20, 100)))
        match chance.randint(0, 6):
            case 0:
                text = text[:start] + text[end:]
            case 1:
                text = text[:start] + chance.choice(tokens) + text[end:]
            case 2:
                text = text[:start] + chance.choice(_SIGNS) + text[end:]
            case 3:
                text = text[:end] + text[start:end] * chance.choice((1, 2, 50)) + text[end:]
            case 4:
                other = chance.choice(corpus)
                at = chance.randint(0, len(other))
                text = text[:start] + other[at : at + chance.choice((10, 100, 1000))] + text[end:]
            case 5:
                text = text[:start] if chance.random() < 0.3 else text[start:]
            case _:
                text = (
                    text[:start]
                    + chr(chance.choice((chance.randint(32, 126), chance.randint(0, 0xD7FF))))
                    + text[end:]
                )
    return text[:LONGEST]


def check(target: Target, middle: str) -> None:
    """Parse a damaged file between two good records.

    Raises:
        AssertionError: One of them was lost or changed, or something is said about a line that is not there.
        TimeoutError: It took too long.
    """
    text = target.join(target.record(TITLES[0]), middle, target.record(TITLES[1]))
    parse: Callable[..., SourceBatch] = importlib.import_module(f"litreview.sources.{target.module}").parse
    with time_limit(TIME_LIMIT):
        batch = parse(text, name="fuzz")
    found = {paper.title: paper for paper in batch.papers}
    for title in TITLES:
        assert title in found, f"{title!r} was lost"
        paper = found[title]
        known = (paper.abstract, paper.authors, paper.published)
        assert known == (ABSTRACT, AUTHORS, YEAR), f"{title!r} was changed: {known}"
    _check_lines(batch, text)
    for paper in batch.papers:
        assert Paper.model_validate(paper.model_dump()) == paper
        paper.model_dump_json().encode()


def _check_lines(batch: SourceBatch, text: str) -> None:
    most = text.count("\n") + text.count("\r") + 1
    lines = [paper.sources[0].line for paper in batch.papers] + [rejected.line for rejected in batch.rejected]
    for line in lines:
        assert line is None or 1 <= line <= most, f"line {line} of {most}"
    for rejected in batch.rejected:
        assert rejected.reason
        rejected.model_dump_json().encode()


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in what runs longer than this."""

    def stop(_signal: int, _frame: object) -> None:
        raise TimeoutError(f"it took more than {seconds} seconds")

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def corpus_of(target: Target) -> list[str]:
    """The messy files of a format, whatever they are encoded in, as text."""
    files = sorted(path for path in (MESSY / target.folder).iterdir() if path.is_file())
    return [path.read_bytes().decode("utf-8", "replace") for path in files]


def fuzz(name: str, *, seconds: float, seed: int, most: int | None = None) -> int:
    """Run one format for so long, or so many times; return how many files were tried.

    Raises:
        AssertionError, TimeoutError, Exception: What a parser did wrong, with the file as a note.
    """
    target = TARGETS[name]
    corpus, tokens = corpus_of(target), target.tokens.split("¦")
    chance = random.Random(seed)
    end = time.monotonic() + seconds
    tried = 0
    while time.monotonic() < end and (most is None or tried < most):
        middle = damaged(chance.choice(corpus), corpus, tokens, chance)
        try:
            check(target, middle)
        except Exception as error:
            error.add_note(f"format {name}, seed {seed}, file {tried}: {middle!r}")
            raise
        tried += 1
    return tried


def main() -> None:
    name, seconds = sys.argv[1], float(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(10**9)
    started = time.monotonic()
    tried = fuzz(name, seconds=seconds, seed=seed)
    print(f"{name}: {tried:,} files in {time.monotonic() - started:.0f} s (seed {seed}), nothing found")


if __name__ == "__main__":
    main()
