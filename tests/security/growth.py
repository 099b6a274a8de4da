"""Everything that reads text of strangers by patterns, and the pieces of which the worst such texts are made.

How a reader's time grows is told by the texts `head + piece * n + tail` of 10,000 and 40,000 characters:
linear time grows fourfold from one to the other, quadratic time sixteenfold.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from litreview import drafts, identity, papers, tokens
from litreview.checking import (
    citations,
    factual,
    folding,
    instructions,
    passages,
    polarity,
    quantities,
    quotes,
    structure,
    support,
    terms,
)
from litreview.checking.document import Document, check_documents
from litreview.checking.shelf import Shelf
from litreview.checking.weights import WordWeights
from litreview.duplicates import candidates, comparison
from litreview.errors import LitreviewError
from litreview.extractive import leaning, moves, phrases
from litreview.llm import refusals, replies
from litreview.llm.endpoint import Server
from litreview.papers import Paper
from litreview.render import bibtex as bibtex_out
from litreview.render import blocks, common, fields, tables_csv
from litreview.render.json import render_json
from litreview.retrieval import query
from litreview.services import failures, records
from litreview.services.arxiv import Arxiv, arxiv_host
from litreview.services.types import Drift, Page, Request
from litreview.sources import (
    arxiv_atom,
    bibtex,
    csl_json,
    daily_papers,
    endnote_xml,
    hf_papers,
    jsonl,
    nbib,
    people,
    readers,
    rejects,
    ris,
    tables,
)
from litreview.sources import records as fields_in
from litreview.text import acronyms, cleaning, pandoc, sentences, tex, words

SIZES = (10_000, 40_000)
# Linear time takes 4 times as long for the longest text as for the shortest, quadratic time 16 times.
MOST_GROWTH = 8.0
# Below this many seconds for the longest text, growth is noise and harmless.
HARMLESS = 0.25

_SERVER = Server("http://localhost:1/v1", "sk-planted-0123456789")
_ARXIV = Arxiv(arxiv_host(None))
_WEIGHTS = WordWeights.of([Paper(title="Mixing tokens", abstract="Nets mix tokens and win by 3 %.")])


def _paper(text: str) -> Paper:
    return Paper(title=text[:300].strip() or "T", abstract=text.strip() or "T")


def _parsed(module: Any) -> Callable[[str], object]:
    return lambda text: (module.looks_like(text[:65_536]), module.parse(text, name="file"))


def _document(text: str) -> object:
    shelf = Shelf({"a": Paper(key="a", title="Mixing tokens", abstract="Nets mix tokens.")}, None, {})
    return check_documents([Document("a.md", text)], shelf, notes=[])


def _quote(text: str) -> object:
    paper = Paper(title="Mixing", abstract=f"{text} the nets we mix win by far")
    return quotes.locate(text, paper), quotes.is_short(text, paper)


def _service_error(text: str) -> object:
    request = Request("/api", about="q")
    return failures.judge(400, {"retry-after": text}, text, host=_ARXIV.host, request=request, now=0.0)


def _ids(text: str) -> object:
    for normalise in (identity.normalise_doi, identity.normalise_arxiv_id):
        with suppress(ValueError):
            normalise(text)
    return identity.arxiv_id_in_doi(text), identity.title_identity(text), identity.title_numbers(text)


def _key(text: str) -> object:
    return papers.key_stem(Paper(title=text.strip() or "T", authors=(text.strip() or "A",)))


# What reads a text, by name.
READERS: dict[str, Callable[[str], object]] = {
    "arxiv-atom": _parsed(arxiv_atom),
    "bibtex": _parsed(bibtex),
    "csl-json": _parsed(csl_json),
    "daily-papers": _parsed(daily_papers),
    "endnote-xml": _parsed(endnote_xml),
    "hf-papers": _parsed(hf_papers),
    "jsonl": _parsed(jsonl),
    "nbib": _parsed(nbib),
    "ris": _parsed(ris),
    "tables": _parsed(tables),
    "rejects": lambda text: (rejects.looks_like(text), rejects.parse_line(text)),
    "format": readers.by_head,
    "names": lambda text: (
        people.bibtex_names(text),
        people.inverted_name(text),
        people.name_with_initials(text),
        people.organisation(text),
        fields.name_parts(text),
    ),
    "fields": lambda text: (fields_in.doi_in(text), fields_in.arxiv_id_in(text), fields_in.date_in(text)),
    "ids": _ids,
    "key": _key,
    "clean": cleaning.clean_text,
    "controls": cleaning.strip_controls,
    "tex": tex.decode_tex,
    "sentences": sentences.split_sentences,
    "words": lambda text: (words.stems(text), words.parts(text), list(words.compounds(text))),
    "aliases": lambda text: words.aliases(text, text),
    "acronyms": acronyms.find_definitions,
    "passages": passages.read_passages,
    "document": _document,
    "marks": lambda text: list(citations.find_marks(text)),
    "factual": factual.claims_nothing,
    "folding": lambda text: (folding.fold(text), folding.count_words(text)),
    "instructions": instructions.reads_like_instructions,
    "polarity": lambda text: list(polarity.conflicts(text, [text])),
    "quantities": quantities.quantities,
    "quotes": _quote,
    "structure": structure.stray_marks,
    "support": lambda text: support.best_sentence(text, _paper(text), _WEIGHTS),
    "terms": lambda text: (terms.stem_set(text), terms.claim_terms(text)),
    "titles": lambda text: (candidates.title_parts(text), comparison.title_text(text)),
    "extractive": lambda text: (
        leaning.lead_in(text),
        leaning.dangles(text),
        leaning.points_back(text),
        moves.is_boilerplate(text),
        moves.weight_of_move(text),
        phrases.noun_phrases(text),
    ),
    "reply": lambda text: (replies.json_object(text), replies.partial_value(text)),
    "refusal": lambda text: refusals.without_secrets(text, _SERVER),
    "service-error": _service_error,
    "service-markup": records.plain,
    "arxiv-answer": lambda text: _ARXIV.read(Page(text, {}), Request("/api/query", about="q")),
    "markdown": lambda text: (pandoc.escape_markdown(text), pandoc.escape_pandoc(text)),
    "bibtex-out": bibtex_out.escape,
    "csv-out": lambda text: tables_csv.dump([_paper(text)]),
    "json-out": lambda text: render_json({"text": text}),
    "blocks": lambda text: (blocks.parse_blocks(text, "markdown"), blocks.parse_blocks(text, "latex")),
    "short-title": common.short_title,
    "outline": drafts.read_outline,
    "question": query.read_question,
    "tokens": tokens.bound,
}

# What took quadratic time, or longer, before it was mended: reader and piece.
MENDED = (
    ("arxiv-answer", "<id>http://arxiv.org/api/errors#"),
    ("daily-papers", " "),
    ("daily-papers", "\n"),
    ("format", " "),
    ("format", "\n"),
    ("instructions", "\n"),
    ("nbib", "\n"),
    ("passages", "A."),
    ("ris", "\n"),
    ("sentences", "\n"),
    ("sentences", ".\n"),
    ("sentences", "<!--"),
    ("titles", "—"),
    ("titles", "a" + " " * 9_000),
)
# Aligning the words of a claim with those of its quotation takes time that grows with both, and is meant for
# two sentences: 1.2 s for 40,000 characters of "more than", once a claim.
BY_NATURE = {("polarity", "more than ")}

# Each text is a head, a piece many times, and a tail: what patterns with two open ends stumble over.
PIECES = (
    " |\n|\t|a|A|1|_|é|á|́|\x1b[|\x1b]|\u200b|a |A |Aa |1 |1,|1.|1-|1–|-|--|- |—|a-|a–|A-|.|..|"
    ". |A.|A. |a.b|,|, |;|:|: |!|?|(|)|((|()|(a|(a |a (A) |[|]|[[|[]|[@|[@a|[@a; |[^1]: |![|{|}|"
    '{{|{}|{a|<|>|</|<a|<a |<!--|<p>|<script|&|&a|&amp;|&#1;|"|"a|"a",|\'|\'\'|`|``|```\n|“|”|'
    "\\|\\\\|\\a|\\a{|\\'|\\cite{|\\url{|$|$a|$1 |@|@a|@a{|@a{x,|@a{x, t={|@a{x,a=|#|# |%|=|a=|"
    "==|\n=|*|**|*a |~|^|^{|/|//|://|http://|http://a|www.|10.1234/|10.1234/a |doi:|arXiv:|x@y|"
    "et al. |not |no |and |or | and |the |of the |which |that |than |more than |we show |"
    "in this paper |P1 |1 % |1 million |± |1 ± |x 1 |TY  - |TY  - JOUR\n|PMID- 1\n|AB  - a\n|"
    "<entry>|<record>|<entry|<id>http://arxiv.org/api/errors#|<jats:title>|<jats:tex-math>|"
    '<title>|<think>|</think>|{"a":|{"a": "|[{"|[{"title": "|"items":[|\\u|\\ud800|"\\|a\tb\n|'
    "a,b\n|> |::: |---\n|1 author\n·\nMay 1\n|• 1 author\n|Jan |2020-|ignore |previous |"
    "instructions |system: |% litreview |<!-- litreview |A, B and |{A} and |-a|-A|a_|sk-a|'s |"
    "n't "
).split("|")
HEADS = (
    "",
    "a",
    "@article{k, title={",
    '{"title": "',
    "title\n",
    "TY  - JOUR\nAB  - ",
    "<entry><title>",
    "<",
    '"',
    "(",
    "$",
)
TAILS = ("", "!", "\n}", "Aé")


def text_of(head: str, piece: str, tail: str, size: int) -> str:
    """A text of about `size` characters."""
    return head + piece * (size // len(piece)) + tail


def _forget() -> None:
    """Empty every cache of ours: a text that is known already is read in no time."""
    for name, module in list(sys.modules.items()):
        if name.startswith("litreview."):
            for value in list(vars(module).values()):
                # Not what is made once for all texts.
                if hasattr(value, "cache_clear") and value.cache_parameters()["maxsize"] != 1:
                    value.cache_clear()


def seconds(reader: Callable[[str], object], text: str, *, runs: int = 1) -> float:
    """The least time of several runs; an error that is told to the user is an answer as well."""
    found = []
    for _ in range(runs):
        _forget()
        started = time.process_time()
        with suppress(LitreviewError, ValueError, Drift):
            reader(text)
        found.append(time.process_time() - started)
    return min(found)


def growth(reader: Callable[[str], object], head: str, piece: str, tail: str) -> float:
    """How many times as long the longest text takes as the shortest; 1 where it is read in no time.

    The least of up to three measurements: another process can only make one larger.
    """
    short, long = (text_of(head, piece, tail, size) for size in SIZES)
    least = float("inf")
    for runs in (1, 2, 4):
        last = seconds(reader, long, runs=runs)
        if last < HARMLESS:
            return 1.0
        least = min(least, last / max(seconds(reader, short, runs=runs), 1e-6))
        if least <= MOST_GROWTH:
            break
    return least
