"""Rules that make a false claim of a true one, each in one way; for the evaluation of the checker alone.

They know nothing of the checker's tables: numbers and negations have patterns of their own here, opposites
come from WordNet.
A rule gives None where it does not apply to a claim.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from litreview.answers import DraftClaim, DraftEvidence
from litreview.papers import Paper
from litreview.text.sentences import split_sentences
from litreview.text.words import STOP_WORDS

from .antonyms import antonyms


@dataclass(frozen=True)
class Case:
    """A true claim among the papers that a search for it would have found.

    Attributes:
        source: Which collection it is from.
        claim: The claim with its evidence.
        papers: Id to paper, the cited one and its rivals.
        cited: Id of the cited paper.
        strangers: Sentences of papers outside of the prompt.
        vocabulary: Words of the collection.
    """

    source: str
    claim: DraftClaim
    papers: Mapping[str, Paper]
    cited: str
    strangers: Sequence[str]
    vocabulary: Sequence[str]

    @property
    def quote(self) -> str:
        """The first quote."""
        return self.claim.evidence[0].quote

    def with_quote(self, paper: str, quote: str) -> DraftClaim:
        """The claim with one piece of evidence in place of its own."""
        return DraftClaim(text=self.claim.text, evidence=(DraftEvidence(paper=paper, quote=quote),))

    def with_text(self, text: str) -> DraftClaim:
        """The evidence with another text."""
        return DraftClaim(text=text, evidence=self.claim.evidence)


Rule = Callable[[Case, random.Random], DraftClaim | None]


def unknown_id(case: Case, pick: random.Random) -> DraftClaim:
    """An id that no paper has; some look like one that a paper has."""
    name = case.cited
    names = [
        "P0", f"P{len(case.papers) + pick.randint(1, 30)}", name.lower(), f"{name}\u200b",
        name.replace("P", "Ｐ"), name.replace("P", "\u0420"),
        f"[{name}]", f"P0{name[1:]}", case.papers[name].key or "smith2020", "",
    ]  # fmt: skip
    return case.with_quote(pick.choice(names), case.quote)


def empty_quote(case: Case, pick: random.Random) -> DraftClaim:
    """A quote without a letter or digit."""
    return case.with_quote(
        case.cited, pick.choice(["", " ", "…", "...", "\u200b", '""', "–", "\n", "“”", "[...]"])
    )


def short_quote(case: Case, pick: random.Random) -> DraftClaim | None:
    """One to four words of the quote."""
    words = case.quote.split()
    if len(words) < 7:
        return None
    count = pick.randint(1, 4)
    at = pick.randint(1, len(words) - count - 1)
    quote = " ".join(words[at : at + count])
    return case.with_quote(case.cited, quote) if re.search(r"\w", quote) else None


def fabricated_quote(case: Case, pick: random.Random) -> DraftClaim:
    """A sentence that stands in none of the papers."""
    return case.with_quote(case.cited, pick.choice(case.strangers))


def quote_of_another(case: Case, pick: random.Random) -> DraftClaim | None:
    """A sentence of another retrieved paper under the cited id."""
    quote = _sentence_of(case.papers[_other(case, pick)], pick)
    own = " ".join(case.papers[case.cited].text.split()).lower()
    return None if quote is None or quote.lower() in own else case.with_quote(case.cited, quote)


def changed_word(case: Case, pick: random.Random) -> DraftClaim | None:
    """The quote with one word of weight changed for another word of the collection."""
    words = [m for m in re.finditer(r"[A-Za-z]{3,}", case.quote) if m[0].lower() not in STOP_WORDS]
    if len(case.quote.split()) < 6 or not words:
        return None
    word = pick.choice(words)
    other = pick.choice(case.vocabulary)
    if other.lower() == word[0].lower():
        return None
    return case.with_quote(case.cited, case.quote[: word.start()] + other + case.quote[word.end() :])


def stitched_quote(case: Case, pick: random.Random) -> DraftClaim | None:
    """The beginning and the end of the quote around "…"."""
    words = case.quote.split()
    if len(words) < 12:
        return None
    left, right = pick.randint(4, len(words) // 2 - 1), pick.randint(len(words) // 2 + 1, len(words) - 4)
    joint = pick.choice(["…", "...", "[…]", "[...]"])
    return case.with_quote(case.cited, " ".join([*words[:left], joint, *words[right:]]))


def swapped_citation(case: Case, pick: random.Random) -> DraftClaim | None:
    """Claim and quote as they are, under the id of another retrieved paper."""
    name = _other(case, pick)
    if case.quote.strip(" .").lower() in case.papers[name].text.lower():
        return None
    return case.with_quote(name, case.quote)


def other_paper(case: Case, pick: random.Random) -> DraftClaim | None:
    """The claim as it is, resting on a sentence of another retrieved paper, cited rightly."""
    name = _other(case, pick)
    quote = _sentence_of(case.papers[name], pick)
    return case.with_quote(name, quote) if quote else None


# --- numbers
# -------------------------------------------------------------------------------------------------

FIGURE = re.compile(
    r"(?<![\w.,/@^(\[-])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?![\w.,/)\]]*\d)(?![A-Za-z-])(\s?%)?"
)
_COUNTS = "two three four five six seven eight nine ten eleven twelve".split()
COUNT = re.compile(rf"(?<![\w-])({'|'.join(_COUNTS)})(?= [a-z]{{4,}}s\b)", re.IGNORECASE)
SIZE = re.compile(r"(?<![\w.,-])(\d+(?:\.\d+)?)(\s?(?:k|K|M|B|million|billion|thousand))(?!\w)")
FOLD = re.compile(r"(?<![\w.,-])(\d+(?:\.\d+)?)(\s?(?:x|×|-fold|times)(?!\w))")
HALF = re.compile(r"\b(half|halves|halved|twofold|two-fold|twice|doubled|doubles)\b(?!-)", re.IGNORECASE)
_HALF_TO = {"half": "a third", "halves": "doubles", "halved": "tripled", "twofold": "fivefold",
            "two-fold": "four-fold", "twice": "thrice",
            "doubled": "tripled", "doubles": "triples"}  # fmt: skip


def changed_figure(case: Case, pick: random.Random) -> DraftClaim | None:
    """A figure with another digit, another magnitude, a moved point, or a factor for a share."""
    found = [m for m in FIGURE.finditer(case.claim.text) if not _named(case.claim.text, m.start())]
    if not found:
        return None
    match = pick.choice(found)
    digits = match[1].replace(",", "") + (match[2] or "")
    form = pick.choice(("digit", "digit", "zero", "point", "unit"))
    if form == "zero" and not match[2] and digits != "0":
        changed = digits + "0"
    elif form == "point" and match[2]:
        changed = digits.replace(".", "")
    elif form == "unit" and match[3]:
        return _with_number(case, match.start(), match.end(), f"{digits}x")
    else:
        at = pick.choice([i for i, c in enumerate(digits) if c.isdigit()])
        changed = digits[:at] + pick.choice([d for d in "123456789" if d != digits[at]]) + digits[at + 1 :]
    if changed.lstrip("0") == digits.lstrip("0"):
        return None
    return _with_number(case, match.start(), match.end(), changed + (match[3] or ""))


def changed_count(case: Case, pick: random.Random) -> DraftClaim | None:
    """A number word for another one."""
    return _changed(case, pick, COUNT, lambda m: pick.choice([w for w in _COUNTS if w != m[1].lower()]))


def changed_size(case: Case, pick: random.Random) -> DraftClaim | None:
    """A number with k, M, B or "million" in another size."""
    scales = {
        "k": "M",
        "K": "M",
        "M": "B",
        "B": "M",
        "million": "billion",
        "billion": "million",
        "thousand": "million",
    }
    return _changed(case, pick, SIZE, lambda m: m[1] + m[2].replace(m[2].strip(), scales[m[2].strip()]))


def changed_fold(case: Case, pick: random.Random) -> DraftClaim | None:
    """A factor for another one."""
    return _changed(case, pick, FOLD, lambda m: f"{float(m[1]) + pick.choice((1, 2.5, 10)):g}{m[2]}")


def changed_half(case: Case, pick: random.Random) -> DraftClaim | None:
    """Another share or factor for "half", "twofold" and the like."""
    return _changed(case, pick, HALF, lambda m: _HALF_TO[m[1].lower()])


def _changed(
    case: Case, pick: random.Random, pattern: re.Pattern[str], change: Callable[[re.Match[str]], str]
) -> DraftClaim | None:
    found = list(pattern.finditer(case.claim.text))
    if not found:
        return None
    match = pick.choice(found)
    return _with_number(case, match.start(), match.end(), change(match))


def _with_number(case: Case, start: int, end: int, number: str) -> DraftClaim | None:
    """The claim with another number, unless the quote holds that one too: then it may be as true."""
    bare = re.sub(r"[^\w.]", "", number).lower()
    text = case.quote.replace(",", "").replace("-", "").lower()
    if re.search(rf"(?<![\d.]){re.escape(re.sub('[a-z%]+$', '', bare) or bare)}(?![\d])(?!\.\d)", text) or (
        number.lower() in _COUNTS and str(_COUNTS.index(number.lower()) + 2) in re.findall(r"\d+", text)
    ):
        return None
    return case.with_text(case.claim.text[:start] + number + case.claim.text[end:])


def _named(text: str, start: int) -> bool:
    """Whether the word before is a name: "COCO 2017", "Llama 3"."""
    return (
        re.search(
            r"(?:[A-Z][\w-]*|\b(?:type|phase|stage|grade|class|version|level|[a-zA-Z])) $", text[:start]
        )
        is not None
    )


# --- direction
# -----------------------------------------------------------------------------------------------

_AUXILIARY = re.compile(
    r"\b(is|are|was|were|can|could|may|might|will|would|should|must|has been|have been|does|do"
    r"|did)\b(?! (?:not|no)\b)"
)
_NOT = re.compile(r"\b(?:does not|do not|did not) | not\b|\bcannot\b|\b[Nn]o (?=[a-z])")
_WE = re.compile(r"\b([Ww]e|[Tt]hey) (?!also|further|then|first)([a-z]{3,})\b")
_VERBS = re.compile(
    r"\b(increases|decreases|reduces|improves|induces|inhibits|promotes|causes|leads|requires|regulates|achieves|outperforms"
    r"|shows|provides|contains|predicts|affects|activates|prevents|enhances|plays|depends|results|contributes|influences"
    r"|enables|allows|supports|yields|helps|works|uses|needs|performs|remains|impairs|suppresses|controls|drives|binds)\b"
)
PIVOT = re.compile(
    r" (outperforms?|surpass(?:es)?|exceeds?|beats?|causes|induces|inhibits|promotes|regulates"
    r"|activates|prevents"
    r"|predicts|requires|contains|depends on|leads to|results in|improves|(?:is|are|was"
    r"|were) (?:\w+ ){1,3}than) "
)
# What stands before a verb without being what it is said of: "proved to outperform", "This greatly improves".
_NO_OPERAND = re.compile(
    r"(?:^(?:this|these|it|which|they|we|i|that)\b|\b(?:to|not|only|can|could|may|will|also|proved)$)",
    re.IGNORECASE,
)


def negated(case: Case, pick: random.Random) -> DraftClaim | None:
    """The claim with a negation put in, or its negation taken out."""
    text = case.claim.text
    if match := _NOT.search(text):
        gone = {"cannot": "can"}.get(match[0].strip(), "")
        return case.with_text(text[: match.start()] + gone + text[match.end() :])
    found = [*_AUXILIARY.finditer(text)] or [*_VERBS.finditer(text)] or [*_WE.finditer(text)]
    if not found:
        return None
    match = pick.choice(found)
    if match.re is _AUXILIARY:
        new = (
            "cannot"
            if match[1] == "can"
            else f"{match[1]} not"
            if " " not in match[1]
            else match[1].replace(" ", " not ")
        )
    elif match.re is _VERBS:
        new = "does not " + re.sub(r"(?<=ss|sh)es$|s$", "", match[1])
    else:
        new = f"{match[1]} never {match[2]}"
    return case.with_text(text[: match.start()] + new + text[match.end() :])


def antonym(case: Case, pick: random.Random) -> DraftClaim | None:
    """The claim with one word changed for its opposite."""
    table = _antonyms()
    found = [
        m for m in re.finditer(r"(?<![\w-])[A-Za-z]+(?![\w-])", case.claim.text) if m[0].lower() in table
    ]
    if not found:
        return None
    match = pick.choice(found)
    return case.with_text(
        case.claim.text[: match.start()] + table[match[0].lower()] + case.claim.text[match.end() :]
    )


def swapped_operands(case: Case, pick: random.Random) -> DraftClaim | None:
    """What stands before and after a verb or a comparison has changed places."""
    text = case.claim.text.rstrip(". ")
    found = list(PIVOT.finditer(text))
    if not found:
        return None
    match = pick.choice(found)
    left = re.split(r"(?:^|[,;:] |\b(?:that|and|which|show|while|but|where) )", text[: match.start()])[
        -1
    ].strip()
    right = re.split(
        r"[,;:(]| (?:in|on|by|with|for|and|at|when|while|that|which|to|from)\b", text[match.end() :]
    )[0].strip()
    if (
        not 1 <= len(left.split()) <= 8
        or _NO_OPERAND.search(left)
        or not re.search(r"[A-Za-z]{3}.*\|.*[A-Za-z]{3}", f"{left}|{right}")
    ):
        return None
    at = text.rindex(left, 0, match.start())
    return case.with_text(f"{text[:at]}{right}{match[0]}{left}{text[match.end() + len(right) :]}.")


@lru_cache(maxsize=1)
def _antonyms() -> dict[str, str]:
    return antonyms()


def _other(case: Case, pick: random.Random) -> str:
    return pick.choice([name for name in case.papers if name != case.cited])


def _sentence_of(paper: Paper, pick: random.Random) -> str | None:
    text = paper.abstract or ""
    sentences = [text[start:end] for start, end in split_sentences(text)]
    long = [sentence for sentence in sentences if len(sentence.split()) >= 6]
    return pick.choice(long) if long else None
