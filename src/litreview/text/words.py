"""Words as the lexical index sees them: tokens, Porter stems, light words, and the parts of compound names.

`stem` and `tokens` give what SQLite's FTS5 gives with `tokenize='porter unicode61 remove_diacritics 2'`, so
that a question can be weighed with the index's own document frequencies. Pure.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

import Stemmer

_TOKEN = re.compile(r"[^\W_]+")
# The same for ASCII, in half the time: what is no letter or digit becomes a space, and the rest is split.
_ASCII_TOKENS = str.maketrans(
    {chr(code): chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}
)
# Marks on Latin and Greek letters; FTS5 keeps those that make another letter elsewhere (й is not и).
_ACCENT = re.compile(r"(?<=[a-zα-ω])[\u0300-\u036f]+")
_COMPOUND = re.compile(r"[^\W_]+(?:[-‐‑][^\W_]+)*")
_HYPHEN = re.compile(r"[-‐‑]")
# Where a name written in one may be parted: small letter to capital, letter to digit, digit to capital.
_SEAM = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Z])")
_AFTER_VOWEL = re.compile(r"[aeiouy][^aeiouy]")
_PLURAL_ACRONYM = re.compile(r"^[A-Z]{2,}s$")
# Without a memory of its own: `stem` has one, and each word would be looked up in both.
_PORTER = Stemmer.Stemmer("porter", 0)

# Words that carry grammar. They are left out of the question, of LSA and of every count.
STOP_WORDS = frozenset(
    "a about above actually after again against ain all also although am among an and any anybody"
    " anyone anything are aren as at be became because been before being below between both but by can"
    " cannot could couldn d did didn do does doesn doing don done down due during each either else etc"
    " even ever every few for from further had has hasn have haven having he hence her here hers herself"
    " him himself his how however i if in into is isn it its itself just let ll m may me might mine more"
    " moreover most much must my myself neither no nobody none nor not nothing now of off often on once"
    " one only onto or other others otherwise our ours ourselves out over own per perhaps quite rather"
    " re really s same shall she should shouldn since so some such t than that the their theirs them"
    " themselves then there therefore these they this those though through thus to together too toward"
    " towards under until up upon us ve very via was wasn we were weren what whatever when where whereas"
    " whether which while who whoever whole whom whose why will with within without would wouldn yes yet"
    " you your yours yourself".split()
)

# Words of asking: they say what is wanted of the subject, or that papers are wanted, and seldom name it.
ASKING_WORDS = frozenset(
    "advantage advantages alternative alternatives answer answers approach approaches article articles"
    " available beat beats benefit benefits best better come compare compared compares comparing"
    " comparison compete competes competing competitive concern concerning current currently deal"
    " describe described describes difference differences different disadvantage disadvantages discuss"
    " discussed discusses does evidence exist existing exists explain explained explains find findings"
    " found get give given gives good happen happens help helps important interest interested"
    " investigate investigated investigates know known like literature look main make makes matter"
    " matters mean means need needed new obtain obtained paper papers possible problem problems propose"
    " proposed proposes question questions recent recently regarding relate related relation"
    " relationship report reported require required research researchers result results review role"
    " roles said say says seem show showed shown shows start state studied studies study suggest"
    " summarise summarize survey take tell thing things think understand understanding use used useful"
    " user uses using various versus vs want way ways well work works worse".split()
)


def fold(text: str) -> str:
    """Lower case without diacritics, as the lexical index folds it."""
    lowered = text.lower()
    if lowered.isascii():
        return lowered
    return unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFD", lowered)))


def tokens(text: str) -> list[str]:
    """Runs of letters and digits, folded, in order.

    >>> tokens("Pré-trained Strip-MLP_2")
    ['pre', 'trained', 'strip', 'mlp', '2']
    """
    if text.isascii():
        return text.translate(_ASCII_TOKENS).split()
    return _TOKEN.findall(fold(text))


@lru_cache(maxsize=500_000)
def stem(token: str) -> str:
    """Porter stem of one folded token, in the form FTS5 gives it.

    FTS5 follows Porter's own program where it departs from his paper (-logi to -log, -bli to -bl) and leaves
    tokens of one or two letters alone; PyStemmer follows the paper.

    >>> [stem(word) for word in ("perceptrons", "mlps", "biology", "assembly", "as")]
    ['perceptron', 'mlp', 'biolog', 'assembl', 'as']
    """
    if len(token) < 3:
        return token
    stemmed: str = _PORTER.stemWord(token)
    if not stemmed.endswith(("logi", "bli")):
        return stemmed
    if stemmed.endswith("logi") and _AFTER_VOWEL.search(stemmed[:-4]):
        return stemmed[:-1]
    if stemmed.endswith("bli") and _AFTER_VOWEL.search(stemmed[:-3]):
        return str(_PORTER.stemWord(f"{stemmed[:-1]}e"))
    return stemmed


def stems(text: str) -> list[str]:
    """Stems of all tokens, in order, light words too."""
    return [stem(token) for token in tokens(text)]


def content_stems(text: str) -> list[str]:
    """Stems of the tokens that carry meaning, in order: no `STOP_WORDS`."""
    return [stem(token) for token in tokens(text) if token not in STOP_WORDS]


@lru_cache(maxsize=200_000)
def parts(name: str) -> tuple[str, ...]:
    """The folded parts of a name written in one; empty for a plain word, number or acronym.

    A part needs three letters (two if the part before it has four), so that "ReLU", "mRNA" and "ViT" stay
    whole.

    >>> parts("RaftMLP"), parts("MobileNetV2"), parts("MLPs"), parts("ReLU"), parts("transformer")
    (('raft', 'mlp'), ('mobile', 'net'), (), (), ())
    """
    if name.isalpha() and (name.islower() or name[1:].islower() or name.isupper()):
        return ()
    if _PLURAL_ACRONYM.match(name):
        return ()
    pieces = _SEAM.split(name)
    kept: list[str] = []
    rest = iter(pieces)
    for piece in rest:
        enough = 2 if kept and len(kept[-1]) > 3 and piece.isupper() else 3
        if len(piece) < enough or not piece.isalpha():
            rest = iter((piece, *rest))
            break
        kept.append(fold(piece))
    whole = len(kept) > 1 or all(piece.isdigit() for piece in rest)
    return tuple(kept) if whole and len(pieces) > 1 else ()


def compounds(text: str) -> Iterator[tuple[str, ...]]:
    """Words as they stand in the text, in order; a hyphenated word is the tuple of its elements."""
    for match in _COMPOUND.finditer(text):
        yield tuple(_HYPHEN.split(match.group()))


def aliases(title: str, abstract: str) -> str:
    """Other spellings of the compounds in a paper, for the `aliases` column of the lexical index.

    A name written in one is split ("RaftMLP": raft mlp) and a hyphenated word of two or three elements is
    joined ("multi-layer": multilayer), so that both spellings meet. Each alias stands once, in order of
    first use; the result is empty where there is none.

    >>> aliases("RaftMLP", "A multi-layer perceptron (MLP) of state-of-the-art quality.")
    'raft mlp multilayer'
    """
    chunks = dict.fromkeys(f"{title} {abstract}".split())
    # Most chunks are plain words, which have no other spelling: the import spends its time here.
    found = [_other_spellings(chunk) for chunk in chunks if not (chunk.isalpha() and chunk.islower())]
    return " ".join(dict.fromkeys(chain.from_iterable(found)))


@lru_cache(maxsize=200_000)
def _other_spellings(chunk: str) -> tuple[str, ...]:
    """The aliases of one run of characters between spaces; texts repeat them, so most calls are look-ups."""
    core = chunk.strip(string.punctuation)
    if core.isalpha() and core[1:].islower():
        return ()
    found: list[str] = []
    for match in _COMPOUND.findall(core):
        elements = _HYPHEN.split(match)
        for element in elements:
            found.extend(parts(element))
        if 2 <= len(elements) <= 3:
            found.append(fold("".join(elements)))
    return tuple(found)
