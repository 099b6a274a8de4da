"""Identity at scale: imports that lose and confuse nothing, and duplicates found among disturbed copies.

    python benchmarks/identity.py [mix] [time] [import]

`mix` adds disturbed copies to abstracts of the ACL Anthology and counts what was merged and what is proposed;
`time` measures `litreview duplicates` over growing libraries; `import` adds the whole Anthology as JSONL and
as BibTeX, again and in another order, and compares the papers with a count of its own.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import combinations, islice
from pathlib import Path

from litreview.duplicates import find_duplicates
from litreview.library import Library
from litreview.papers import Paper, Source, canonical_order, family_name
from litreview.render.bibtex import dump as dump_bibtex
from litreview.sources.bibtex import parse as parse_bibtex
from litreview.sources.jsonl import dump as dump_jsonl
from litreview.sources.jsonl import parse as parse_jsonl

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
PROGRAM = [sys.executable, "-c", "from litreview.cli import main; main()"]
ORIGINALS = 12_000
COPIES_A_KIND = 1_000

# Reading


def records(corpus: str) -> Iterator[dict]:
    with gzip.open(DATA / corpus / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def as_paper(record: dict, **changes: object) -> Paper:
    """A record of the shared data as a paper. What stands there for a DOI and is none is left out."""
    doi = record.get("doi") or ""
    known = {
        "title": record["title"],
        "abstract": record["text"] or None,
        "authors": tuple(record["authors"]),
        "published": str(record["year"]),
        "venue": record["venue"],
        "doi": doi if re.fullmatch(r"10\.\d{4,9}/[^\s,]+", doi) else None,
        "url": record["url"],
        "sources": (Source(format="jsonl", name=record["_id"]),),
    }
    return Paper.model_validate({**known, **changes})


# Disturbed copies


def other_case(title: str, chance: random.Random) -> str:
    return chance.choice([title.upper(), title.lower(), title.title()])


def other_punctuation(title: str, chance: random.Random) -> str:
    changed = chance.choice(
        [
            title.replace(":", " -").replace("-", " "),
            title.replace(",", "").replace(":", "."),
            title.replace("’", "'").replace(" ", "  ") + ".",
            f"“{title}”",
        ]
    )
    return changed if changed != title else title + "."


def typo(title: str, chance: random.Random) -> str:
    at = chance.choice([i for i, letter in enumerate(title[:-1]) if letter.isalpha()])
    letter = chance.choice("abcdefghijklmnopqrstuvwxyz")
    return chance.choice(
        [
            title[:at] + title[at + 1 :],
            title[:at] + letter + title[at:],
            title[:at] + letter + title[at + 1 :],
            title[:at] + title[at + 1] + title[at] + title[at + 2 :],
        ]
    )


def without_subtitle(title: str, _chance: random.Random) -> str:
    return title.split(": ", 1)[0]


def other_version(title: str, chance: random.Random) -> str:
    numbers = list(re.finditer(r"\d+", title))
    if numbers:
        number = chance.choice(numbers)
        return title[: number.start()] + str(int(number[0]) + 1) + title[number.end() :]
    head, colon, rest = title.partition(":")
    mark = chance.choice([" 2", " II", " v2", "+", "-Plus", " Pro", "-XL", " Revisited"])
    end = chance.choice([" (Extended Version)", ", Part 2", " 2.0"])
    return head + mark + colon + rest if chance.random() < 0.7 else title + end


def same_title(title: str, _chance: random.Random) -> str:
    return title


KINDS: dict[str, Callable[[str, random.Random], str]] = {
    "case": other_case,
    "punctuation": other_punctuation,
    "typo": typo,
    "subtitle dropped": without_subtitle,
    "another DOI": same_title,
    "version changed": other_version,
}


def disturbed(record: dict, kind: str, chance: random.Random) -> Paper:
    """A copy as another source gives it: names shortened or gone, abstract cut or gone, no DOI or another."""
    names = record["authors"]
    short = [f"{family_name(name)}, {name.strip()[:1]}." for name in names if name.strip()]
    abstract = record["text"] or ""
    words = abstract.split()
    return as_paper(
        record,
        title=KINDS[kind](record["title"], chance),
        authors=tuple(chance.choice([names, short, short, []])),
        abstract=chance.choice([abstract, " ".join(words[: len(words) * 4 // 5]), None]) or None,
        doi=f"10.5555/{record['_id']}" if kind == "another DOI" else None,
        url=None,
        sources=(Source(format="jsonl", name=f"{kind}|{record['_id']}"),),
    )


def may_be_disturbed(record: dict, kind: str) -> bool:
    if kind == "subtitle dropped":
        return ": " in record["title"]
    return bool(record["doi"]) if kind == "another DOI" else len(record["title"]) > 3


def mix(chance: random.Random) -> tuple[list[Paper], list[Paper]]:
    """Originals, and copies of some of them; a record is copied once, so that every kind stands alone."""
    originals = chance.sample(list(records("acl")), ORIGINALS)
    copies, rest = [], list(originals)
    for kind in KINDS:
        fit = [record for record in rest if may_be_disturbed(record, kind)][:COPIES_A_KIND]
        used = {record["_id"] for record in fit}
        rest = [record for record in rest if record["_id"] not in used]
        copies += [disturbed(record, kind, chance) for record in fit]
    return [as_paper(record) for record in originals], copies


def bench_mix() -> None:
    chance = random.Random(6)
    originals, copies = mix(chance)
    everything = [*originals, *copies]
    chance.shuffle(everything)
    with tempfile.TemporaryDirectory() as folder, Library(folder, indexed=False) as library:
        for start in range(0, len(everything), 1_000):
            library.add(everything[start : start + 1_000])
        papers = library.all_papers()
        found = find_duplicates(library, versions=True)
    report_mix(papers, found.proposals, copies)


def report_mix(papers: list[Paper], proposals: tuple, copies: list[Paper]) -> None:
    key_of = {source.name: paper.key for paper in papers for source in paper.sources}
    proposed = {frozenset(p.key for p in pair.papers): pair.version for pair in proposals}
    right = wrong = 0
    for paper in papers:
        for left, right_one in combinations([source.name for source in paper.sources], 2):
            if "|" not in left + right_one:
                continue  # Two records of the Anthology itself: see `import`.
            version = "version changed" in left + right_one
            same = left.split("|")[-1] == right_one.split("|")[-1] and not version
            right, wrong = right + same, wrong + (not same)
            if not same:
                print(f"merged wrongly: {left} and {right_one}: {paper.title!r}")
    print(f"automatic merges        {right:,} right, {wrong} wrong: precision {right / (right + wrong):.4f}")
    all_merged = all_found = all_copies = 0
    for kind in KINDS:
        names = [copy.sources[0].name for copy in copies if copy.sources[0].name.startswith(kind)]
        pairs = [frozenset((key_of[name], key_of[name.split("|")[1]])) for name in names]
        merged = sum(len(pair) == 1 for pair in pairs)
        likely = sum(proposed.get(pair) is False for pair in pairs)
        versions = sum(proposed.get(pair) is True for pair in pairs)
        print(
            f"  {kind:<18}{len(pairs):>6} copies {merged:>5} merged {likely:>5} proposed"
            f" {versions:>5} as a version {len(pairs) - merged - likely - versions:>5} not found"
        )
        if kind != "version changed":
            all_merged, all_found = all_merged + merged, all_found + merged + likely
            all_copies += len(pairs)
    print(
        f"recall                  merges {all_merged / all_copies:.4f},"
        f" with proposals {all_found / all_copies:.4f}"
    )
    keys = {key_of[copy.sources[0].name] for copy in copies}
    other = [p for p in proposals if not p.version and not keys & {paper.key for paper in p.papers}]
    truth = {frozenset((key_of[c.sources[0].name], key_of[c.sources[0].name.split("|")[1]])) for c in copies}
    false = [
        p
        for p in proposals
        if not p.version and p not in other and frozenset(q.key for q in p.papers) not in truth
    ]
    print(
        f"other likely pairs      {len(other)} between originals, {len(false)} of a copy with another paper\n"
    )


# Time


def bench_time() -> None:
    """`find_duplicates` over libraries of abstracts from arXiv, and over the Anthology."""
    with tempfile.TemporaryDirectory() as folder, Library(folder, indexed=False) as library:
        arxiv = records("arxiv")
        for size in (10_000, 25_000, 50_000, 100_000):
            while len(library) < size and (batch := [as_paper(r) for r in islice(arxiv, 2_000)]):
                library.add(batch)
            report_time("arXiv", library)
    with tempfile.TemporaryDirectory() as folder, Library(folder, indexed=False) as library:
        library.add(as_paper(record) for record in records("acl"))
        report_time("ACL", library)
    print()


def report_time(name: str, library: Library) -> None:
    started, worked = time.perf_counter(), time.process_time()
    found = find_duplicates(library)
    took, worked = time.perf_counter() - started, time.process_time() - worked
    print(
        f"duplicates, {name:<6}{len(library):>9,} papers {took:>6.1f} s, of processor {worked:>5.1f} s"
        f" = {1e6 * worked / len(library):>3.0f} µs a paper; {len(found.proposals)} likely pairs,"
        f" {found.versions} versions",
        flush=True,
    )


# Imports


def bench_import() -> None:
    papers = [as_paper(record, sources=()) for record in records("acl")]
    expected, by_doi, by_title = counted(papers)
    print(f"import, the Anthology   {len(papers):,} records; counted apart: {expected:,} papers,")
    print(f"                        merges by DOI {by_doi}, by title {by_title}", flush=True)
    parsers = {"jsonl": parse_jsonl, "bib": parse_bibtex}
    dumps = {"jsonl": dump_jsonl, "bib": dump_bibtex}
    keys: dict[str, dict] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for form, parse in parsers.items():
            file, library = folder / f"acl.{form}", folder / form
            # BibTeX needs a key, and a key that is given is kept.
            written = papers if form == "jsonl" else numbered(papers)
            file.write_text(dumps[form](written), encoding="utf-8")
            add(form, file, library)
            keys[form] = keys_of(library)
            read = parse(file.read_text(encoding="utf-8"), name=file.name).papers
            with Library(library) as opened:
                report = opened.add(read)
            same = keys_of(library) == keys[form]
            print(
                f"                        {form} again: {report.unchanged:,} unchanged,"
                f" {report.merged} merged, {report.added} added, keys {'the same' if same else 'DIFFER'}",
                flush=True,
            )
        # What an import does, without the index, which has no part in keys.
        with Library(folder / "shuffled", indexed=False) as opened:
            text = dump_jsonl(random.Random(7).sample(papers, len(papers)))
            shuffled = canonical_order(parse_jsonl(text, name="shuffled.jsonl").papers)
            for start in range(0, len(shuffled), 1_000):
                opened.add(shuffled[start : start + 1_000])
        keys["jsonl in another order"] = keys_of(folder / "shuffled")
    for other, found in keys.items():
        agrees = "as counted" if len(found) == expected else "NOT as counted"
        print(f"                        {other}: {len(found):,} papers, {agrees}")
    differ = sum(keys["jsonl in another order"].get(url) != key for url, key in keys["jsonl"].items())
    print(f"                        {differ} keys depend on the order\n")


def numbered(papers: list[Paper]) -> list[Paper]:
    return [paper.model_copy(update={"key": f"acl{at}"}) for at, paper in enumerate(papers)]


def add(form: str, file: Path, library: Path) -> None:
    started = time.perf_counter()
    command = [*PROGRAM, "add", str(file), "--library", str(library), "--json"]
    report = file.with_suffix(".report")
    with report.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)
        _, _, used = os.wait4(process.pid, 0)
    took = time.perf_counter() - started
    said = json.loads(report.read_text(encoding="utf-8"))
    counts = ", ".join(f"{said[name]:,} {name}" for name in ("added", "merged", "unchanged", "papers"))
    print(
        f"                        {form}: {took:.0f} s, of processor {used.ru_utime + used.ru_stime:.0f} s,"
        f" {used.ru_maxrss / 1024:,.0f} MB at most; {counts}, {len(said['rejected'])} rejected",
        flush=True,
    )


def keys_of(folder: Path) -> dict[str, str]:
    """The key of each paper by its address, which no two papers of the Anthology share."""
    with Library(folder, create=False) as library:
        return {paper.url or "": paper.key or "" for paper in library.all_papers()}


def counted(papers: list[Paper]) -> tuple[int, int, int]:
    """How many papers there are, and pairs of records that are one by DOI and by title; by other means.

    Every record is compared with every other of the same DOI or letters, whatever the library would do.
    """
    by: dict[str, dict[str, list[int]]] = {"doi": defaultdict(list), "title": defaultdict(list)}
    for at, paper in enumerate(papers):
        if paper.doi:
            by["doi"][paper.doi].append(at)
        by["title"][letters(paper.title)].append(at)
    leader = list(range(len(papers)))

    def find(at: int) -> int:
        while leader[at] != at:
            at = leader[at]
        return at

    pairs = Counter()
    for kind, groups in by.items():
        for group in groups.values():
            for left, right in combinations(group, 2):
                if kind == "doi" or one_by_title(papers[left], papers[right]):
                    pairs[kind] += 1
                    leader[find(right)] = find(left)
    return sum(find(at) == at for at in range(len(papers))), pairs["doi"], pairs["title"]


def letters(title: str) -> str:
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", title).casefold())
    numbers = re.findall(r"\d+(?:\.\d+)*", plain)
    return "".join(c for c in plain if c.isalnum() or c in "+#") + "|" + "|".join(numbers)


def one_by_title(left: Paper, right: Paper) -> bool:
    """The rule for two records of one title, none of which has an arXiv id here."""
    if left.doi and right.doi:
        return False
    names = [{unidecoded(author) for author in paper.authors} for paper in (left, right)]
    if all(names) and not names[0] & names[1]:
        return False
    apart = abs(int(left.published) - int(right.published))
    words = [set((paper.abstract or "").casefold().split()) for paper in (left, right)]
    alike = not all(words) or 2 * len(words[0] & words[1]) >= len(words[0] | words[1])
    return apart == 0 or (apart == 1 and alike)


def unidecoded(author: str) -> str:
    plain = unicodedata.normalize("NFKD", author.rsplit(maxsplit=1)[-1]).casefold()
    return "".join(c for c in plain if c.isalpha())


BENCHMARKS = {"mix": bench_mix, "time": bench_time, "import": bench_import}

if __name__ == "__main__":
    for chosen in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[chosen]()
