"""The numbers of a text: values with their units, in digits or in words, and what is only part of a name.

"Llama-3.2", "ImageNet-1K", "ViT-B/16", "COCO 2017" and "P100" are names; "82.1 %", "1.8x", "85 million",
"twofold",
"12-month" and "p < .05" are numbers. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from litreview.text.cleaning import clean_text
from litreview.text.words import STOP_WORDS, stem

_WORDS = dict(
    zip(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
        " sixteen seventeen eighteen nineteen twenty".split(),
        range(21),
        strict=True,
    )
) | dict(zip("thirty forty fifty sixty seventy eighty ninety".split(), range(30, 100, 10), strict=True))
_FRACTIONS = {
    **dict.fromkeys("half halves halved halve halving".split(), Decimal("0.5")),
    **dict.fromkeys("quarter quarters".split(), Decimal("0.25")),
    **dict.fromkeys("third thirds".split(), Decimal("0.333")),
    **dict.fromkeys("fifth fifths".split(), Decimal("0.2")),
}
_FOLDS = {
    **dict.fromkeys("double doubles doubled doubling twice twofold".split(), 2),
    **dict.fromkeys("triple triples tripled tripling thrice threefold".split(), 3),
    **dict.fromkeys("quadruple quadruples quadrupled fourfold".split(), 4),
}
_SCALES = {
    "k": 3, "thousand": 3, "m": 6, "mn": 6, "million": 6, "b": 9, "bn": 9, "billion": 9,
    "t": 12, "trillion": 12,
    "hundred": 2, "dozen": 0,
}  # fmt: skip
# Spellings of one unit, the first being its name here.
_UNITS = {
    spelling: names[0]
    for names in (
        line.split()
        for line in (
            "% percent per-cent pct percentage percentile",
            "points point pp",
            "x × fold times",
            "h hour hours hr hrs", "min minute minutes mins", "s second seconds sec secs",
            "ms millisecond milliseconds",
            "d day days", "wk week weeks wks", "mo month months", "y year years yr yrs", "decade decades",
            "mg milligram milligrams", "µg μg ug microgram micrograms", "ng",
            "kg kilogram kilograms", "g gram grams",
            "ml milliliter milliliters millilitres", "dl", "l litre liter litres liters",
            "mm millimeter millimeters", "cm centimeter centimeters", "km kilometer kilometers", "nm",
            "µm μm um microm",
            "hz", "khz", "mhz", "ghz", "kb", "mb", "gb", "tb", "bit bits", "byte bytes", "db", "mv", "kda",
            "bp",
        )
    )
    for spelling in names
}  # fmt: skip
_ATTACHED = frozenset(
    "h hr hrs min s ms d mg µg μg ug ng kg g ml dl l mm cm km nm µm μm um hz khz mhz ghz kb mb gb tb"
    " db mv kda bp bit x × fold".split()
)
# After these a number is a score, not part of a name.
_MEASURES = frozenset(
    "accuracy acc auc auroc auprc bertscore bleu cer chrf ci cider comet dice em eer er f f1"
    " fid fscore hr iou"
    " kappa las loss mae map mape meteor miou mrr mse ndcg or p ppl precision psnr r recall"
    " rmse roc rouge rr sd se ssim"
    " ter uas wer score scores".split()
)
_NAMING = frozenset(
    "type phase stage grade class level version figure table section chapter part group step layer".split()
)

_HEDGE = re.compile(
    r"(?:about|around|roughly|approximately|approx\.?|nearly|almost|some|over|more than|above"
    r"|at least|under|below"
    r"|less than|fewer than|close to|up to|≈|~|>|<|≥|≤|c\.|ca\.)\s*$",
    re.IGNORECASE,
)
_SUPERSCRIPT = re.compile("[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,]*\d)|\d+\.\d+|\d+|(?<!\d)\.\d+"
_TIMES = {f"{word}fold": number for word, number in _WORDS.items()}
_OPENING = re.compile(r"[\d.]")
_FIGURE = re.compile(
    rf"(?P<sci>(?:(?P<mantissa>{_DIGITS})\s?[×x*·]\s?)?10\s?\^\s?\(?(?P<exponent>[-−–+]?\d+)\)?)(?![\w.]*\d)"
    r"|(?P<e>\d+(?:\.\d+)?)[eE](?P<eexp>[-−+]?\d+)(?!\w)"
    rf"|(?P<figure>{_DIGITS})(?P<tail>[A-Za-zµμ×%]+)?",
    re.IGNORECASE,
)


def _spelled() -> re.Pattern[str]:
    """Words that are numbers, in any case. By their first letters, of which most places have none."""
    ends: dict[str, list[str]] = {}
    for word in sorted({*_WORDS, *_FRACTIONS, *_FOLDS, *_TIMES}, key=len, reverse=True):
        ends.setdefault(word[0], []).append(word[1:])
    words = (f"[{first}{first.upper()}](?i:{'|'.join(rest)})" for first, rest in ends.items())
    return re.compile(rf"(?<![\w-])(?:{'|'.join(words)})(?!\w)")


_SPELLED = _spelled()
_YEAR = re.compile(r"(?:19|20)\d\d")
_JOINTS = frozenset({"/", "-", "–", ","})
# Places in a molecule: "PI(3,4)P2", "4-phosphate".
_LOCANTS = re.compile(r"[A-Za-z]\(\d(?:,\d)*\)[A-Z]")
_CHEMICAL = re.compile(r"-[a-z]+(?:ases?|ates?|yl|ine|one|ides?|ol|oic|acid)\b")
_ADJECTIVE = re.compile(
    r"[- ](?!(?:the|its|their|that|those|as|of|in|for|and|or|when|with|to|by)\b)[a-z]", re.IGNORECASE
)
_AFTER = re.compile(r"\s*[-‐‑–]?\s*([A-Za-zµμ×%]+)")
_WORD_BEFORE = re.compile(r"([^\W\d_][\w+-]*)\s$")
_ONES = re.compile(r"[-‐ ]([a-z]+)")
_POINTING = re.compile(r"\b(?:first|second|other|latter|last) $")
_COUNT_BEFORE = re.compile(r"\b(a|one|two|three|four)[- ]$")
_SHARED_UNIT = re.compile(r"\s*(?:%\s*)?(?:[-–—,/]|to|and|or|vs\.?|versus|,\s*and)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number of a text.

    Attributes:
        surface: The number as it stands, with its unit.
        value: Its value with k, M, B and "million" worked in.
        unit: "%" , "x" (times, fold), "fraction", a unit's short name, or "" where none is known.
        maybe: A unit it may share with the next number of a list or a range: "%" for the 5 of "5 to 10%".
        noun: Stem of the word after it, or "".
        hedged: Whether "about", "over" or the like stands before it.
        step: The value of one in its last place of weight: 0.1 for 82.1, 100 for 1,500.
        in_words: Whether it is written as a word.
        is_year: Whether it may be a year.
    """

    surface: str
    value: Decimal
    unit: str = ""
    maybe: str = ""
    noun: str = ""
    hedged: bool = False
    step: Decimal = Decimal(1)
    in_words: bool = False
    is_year: bool = False


@lru_cache(maxsize=4096)
def quantities(text: str) -> tuple[Quantity, ...]:
    r"""Return the numbers of a text in order.

    >>> [(f"{q.value:f}", q.unit) for q in quantities("Llama-3.2 needs 1.5M steps, 40 \\% less, in 5-10 h")]
    [('1500000', ''), ('40', '%'), ('5', ''), ('10', 'h')]
    """
    plain = _plain(text)
    found: list[tuple[Quantity, int, int]] = []
    name_end = -1
    for match in sorted([*_figures(plain), *_SPELLED.finditer(plain)], key=re.Match.start):
        if match.re is _SPELLED:
            read = _read_word(plain, match)
        else:
            # "Smc5/6" and "MEK 1/2" are names to their end.
            read = None if plain[name_end : match.start()] in _JOINTS else _read_figure(plain, match)
            name_end = match.end() if read is None else -1
        if read:
            found.append(read)
    return tuple(_with_shared_units(plain, found))


def _plain(text: str) -> str:
    """The text without TeX and in NFKC; superscripts become "^5", so that 10⁵ does not become 105."""
    raised = text if text.isascii() else _SUPERSCRIPT.sub(_raised, text)
    return unicodedata.normalize("NFKC", clean_text(raised)).replace("−", "-").replace("⁄", "/")


def _figures(plain: str) -> Iterator[re.Match[str]]:
    """The numbers in digits. Most places begin none: a search for the whole pattern would try it at each."""
    at = 0
    while place := _OPENING.search(plain, at):
        match = _FIGURE.match(plain, place.start())
        if match:
            yield match
        at = (match or place).end()


def _raised(match: re.Match[str]) -> str:
    return "^" + unicodedata.normalize("NFKC", match[0]).replace("−", "-")


def _read_figure(plain: str, match: re.Match[str]) -> tuple[Quantity, int, int] | None:
    start, end = match.span()
    if _continues_name(plain, start):
        return None
    hedged = _HEDGE.search(plain[max(0, start - 16) : start]) is not None
    if match["sci"] or match["e"]:
        mantissa = Decimal((match["mantissa"] or match["e"] or "1").replace(",", ""))
        exponent = int((match["exponent"] or match["eexp"]).replace("−", "-").replace("–", "-"))
        if abs(exponent) > 40:
            return None
        value = mantissa.scaleb(exponent)
        return Quantity(match[0], value.normalize(), hedged=hedged, step=value), start, end
    digits, tail = match["figure"].replace(",", ""), match["tail"] or ""
    value, unit, noun, end = _tail(plain, Decimal(digits), tail, match.end("figure"), end)
    if unit is None or _is_name(plain, start, digits, value, unit, plain[end - 1 : end]):
        return None
    return (
        Quantity(
            surface=plain[start:end].strip(),
            value=value.normalize(),
            unit=unit,
            noun=noun,
            hedged=hedged,
            step=_step(digits) * (value / Decimal(digits) if Decimal(digits) else 1),
            is_year=not unit and _YEAR.fullmatch(match["figure"]) is not None,
        ),
        start,
        end,
    )


def _continues_name(plain: str, start: int) -> bool:
    """Whether what stands before a figure makes it part of a name: "B24", "GPT-4", "B/16", "recall@20"."""
    before = plain[start - 1 : start]
    if before in ("x", "×") and plain[start - 2 : start - 1].isdigit():
        return False  # "224x224"
    if before.isalnum() or before in ("_", "@", "^", "#"):
        return True
    if before == "(" and _LOCANTS.match(plain, start - 2):
        return True
    if before in ("-", "‐", "‑", "/", ".", "–", ":"):
        earlier = plain[start - 2 : start - 1]
        return earlier.isalpha() or (before in "-‐‑" and earlier in (")", "]"))
    return False


def _tail(  # noqa: PLR0911 - one return a form
    plain: str, value: Decimal, tail: str, figure_end: int, end: int
) -> tuple[Decimal, str | None, str, int]:
    """Read what follows a figure: (value, unit, noun, end); the unit is None where it is part of a name."""
    low = tail.lower()
    if low in ("x", "×") and plain[end : end + 1].isdigit():
        return value, "", "", end  # "224x224"
    if tail.endswith("%") or low == "%":
        return value, "%", _noun(plain, end), end
    if low in ("st", "nd", "rd", "th"):
        return value, "ordinal", _noun(plain, end), end
    if low == "s" and value >= 1000 and value % 10 == 0:
        return value, "decade", "", end
    if tail in ("k", "K", "M", "m", "B", "b", "bn", "mn", "T"):
        value = value.scaleb(_SCALES[low])
    elif low in _ATTACHED and (len(tail) > 1 or tail.islower() or tail in "×L"):
        return value, _UNITS.get(low, low), _noun(plain, end), end
    elif tail:
        return value, None, "", end
    return _following(plain, value, end if tail else figure_end)


def _following(plain: str, value: Decimal, end: int) -> tuple[Decimal, str | None, str, int]:
    """Read the words after a figure: scales, then a unit."""
    if (
        plain[end : end + 1] in "-‐‑"
        and plain[end + 1 : end + 2].isupper()
        and not plain[end + 2 : end + 3].islower()
    ):
        return value, None, "", end  # "5-HT", "3-D"
    if value <= 20 and _CHEMICAL.match(plain, end):
        return value, None, "", end
    while match := _AFTER.match(plain, end):
        word = match[1].lower()
        scale = _SCALES.get(word) if len(word) > 1 or match[1] in ("M", "B", "K", "k") else None
        if scale is None:
            break
        value, end = value.scaleb(scale) if word != "dozen" else value * 12, match.end()
    match = _AFTER.match(plain, end)
    if not match:
        return value, "%" if plain[end : end + 2].strip().startswith("%") else "", "", end
    word = match[1].lower()
    if word == "per" and plain[match.end() :].lower().startswith(" cent"):
        return value, "%", "", match.end() + 5
    if word == "x" and plain[match.end() : match.end() + 2].strip()[:1].isdigit():
        return value, "", "", end  # "3 x 3"
    unit = _UNITS.get(word, "")
    if unit == "%" and word == "percentile":
        unit = ""
    return value, unit, stem(word) if word not in STOP_WORDS else "", match.end() if unit else end


def _noun(plain: str, end: int) -> str:
    match = _AFTER.match(plain, end)
    return stem(match[1].lower()) if match and match[1].lower() not in STOP_WORDS else ""


def _is_name(plain: str, start: int, digits: str, value: Decimal, unit: str, last: str) -> bool:
    """Whether a figure after a space belongs to the name before it: "COCO 2017", "Llama 3", "Mistral 7B"."""
    match = _WORD_BEFORE.search(plain[max(0, start - 30) : start])
    if not match or unit in ("%", "x"):
        return False
    word = match[1]
    low = word.lower()
    if low in _NAMING:
        return True
    if not any(map(str.isupper, word)) or (low in _MEASURES and len(word) > 1) or low in STOP_WORDS:
        return False
    opens = start - len(match[0]) <= 0 or plain[: start - len(match[0])].rstrip()[-1:] in ".!?:;"
    if opens and not any(map(str.isupper, word[1:])):
        return False
    size = last in ("B", "M", "K") and value >= 1000
    version = "." in digits and 1 < Decimal(digits) < 20 and len(digits.split(".")[1]) == 1
    return size or version or ("." not in digits and (Decimal(digits) <= 20 or len(digits) == 4))


def _step(digits: str) -> Decimal:
    if "." in digits:
        return Decimal(1).scaleb(-len(digits.split(".")[1]))
    return Decimal(1).scaleb(len(digits) - len(digits.rstrip("0"))) if digits.strip("0") else Decimal(1)


def _read_word(  # noqa: PLR0911 - one return a form
    plain: str, match: re.Match[str]
) -> tuple[Quantity, int, int] | None:
    """A number written as a word: "two", "halves", "twofold", "a third", "tenfold"."""
    word, (start, end) = match[0].lower(), match.span()
    if word in ("double", "triple") and _ADJECTIVE.match(plain, end):
        return None  # "double strand"
    if word in _FOLDS:
        return Quantity(match[0], Decimal(_FOLDS[word]), "x", in_words=True), start, end
    if word in _TIMES:
        return Quantity(match[0], Decimal(_TIMES[word]), "x", in_words=True), start, end
    if word in _FRACTIONS:
        return _read_fraction(plain, match, _FRACTIONS[word])
    if word not in _WORDS:
        return None  # "sıx", whose "ı" passes for an "i"
    value = Decimal(_WORDS[word])
    if value >= 20 and (ones := _ONES.match(plain[end:].lower())) and 0 < _WORDS.get(ones[1], 0) < 10:
        value, end = value + _WORDS[ones[1]], end + ones.end()
    if value < 10 and value > 0 and plain[:start].lower().endswith(("ty-", "ty ")):
        return None  # the "five" of "twenty-five"
    if (following := _AFTER.match(plain, end)) and following[1].lower() in _FRACTIONS:
        return None  # the "two" of "two thirds"
    value, unit, noun, end = _following(plain, value, end)
    return Quantity(plain[start:end].strip(), value, unit or "", noun=noun, in_words=True), start, end


def _read_fraction(plain: str, match: re.Match[str], value: Decimal) -> tuple[Quantity, int, int] | None:
    """Read "half of", "a third", "two thirds"; not "the third", "the second half", "half-life"."""
    word, before = match[0].lower(), plain[: match.start()].lower()
    after = plain[match.end() : match.end() + 2]
    if after[:1] in ("-", "‐") or _POINTING.search(before):
        return None
    if word.startswith("hal"):
        return Quantity(match[0], value, "fraction", in_words=True), match.start(), match.end()
    count = _COUNT_BEFORE.search(before)
    if not count:
        return None
    times = 1 if count[1] == "a" else _WORDS[count[1]]
    return (
        Quantity(f"{count[1]} {match[0]}", times * value, "fraction", in_words=True),
        match.start(),
        match.end(),
    )


def _with_shared_units(plain: str, found: list[tuple[Quantity, int, int]]) -> list[Quantity]:
    """Give numbers of a list or a range the unit of its last one as a further reading."""
    done: list[Quantity] = []
    shared, following = "", len(plain)
    for quantity, start, end in reversed(found):
        if quantity.unit or not _SHARED_UNIT.fullmatch(plain[end:following]):
            shared = quantity.unit
        done.append(replace(quantity, maybe=shared) if shared != quantity.unit else quantity)
        following = start
    return done[::-1]
