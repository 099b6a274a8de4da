"""What identifies a paper, as far as plain text tells: its DOI, its arXiv id, its title. No I/O.

A title is compared by its letters and by its numbers. What tells one version of a work from another (a
number, "v2", "extended", "revisited", "+") is always a difference, however alike two titles are otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

_DOI = re.compile(r"^10\.\d{4,9}/\S+$")
_DOI_PREFIX = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
_ARXIV_DOI = re.compile(r"^10\.48550/arxiv\.(?P<id>.+)$", re.IGNORECASE)
_ARXIV = re.compile(r"^(?:\d{4}\.\d{4,5}|[a-z][a-z-]*(?:\.[a-z]{2})?/\d{7})$", re.IGNORECASE)
_ARXIV_PREFIX = re.compile(r"^(?:https?://(?:www\.)?arxiv\.org/(?:abs|pdf|html)/|arxiv:\s*)", re.IGNORECASE)
_ARXIV_VERSION = re.compile(r"(?:v\d+)?(?:\.pdf)?$", re.IGNORECASE)

_TITLE_LETTERS = re.compile(r"[^\W_]+|[+#]+")
_TITLE_NUMBERS = re.compile(r"\d+(?:\.\d+)*")

# Numbers in words. "I", "V" and "X" are left out: a pronoun and two letters of many names; "one" is seldom a
# number. "Part I" and "Part II" still differ.
_NUMERALS = {
    numeral: str(value)
    for numerals in (
        "- ii iii iv - vi vii viii ix - xi xii xiii xiv xv",
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth",
        "- two three four five six seven eight nine ten eleven twelve",
    )
    for value, numeral in enumerate(numerals.split(), start=1)
    if numeral != "-"
}
# Words by which a later, larger or smaller work is told from the one it follows, or a reply from what it
# answers. A title that gains or loses one of them names another work.
_VERSION_WORDS = frozenset(
    "addendum appendix base beyond chapter comment comments companion complete correction corrections"
    " corrigendum edition errata erratum extended extension final follow full heavy improved large lite"
    " light long max mini nano new next part phase plus pro redux reloaded remarks reply response retracted"
    " retraction revised revisit revisited revisiting season sequel short small supplement supplementary"
    " tiny turbo ultra updated version vol volume xl xs xxl".split()
)


def normalise_doi(text: str) -> str:
    """Return a DOI in lower case without its resolver.

    Raises:
        ValueError: The text is no DOI.

    >>> normalise_doi("https://doi.org/10.18653/V1/P19-1001")
    '10.18653/v1/p19-1001'
    """
    doi = _DOI_PREFIX.sub("", text.strip()).lower()
    if not _DOI.match(doi):
        raise ValueError(f"{text!r} is not a DOI")
    return doi


def normalise_arxiv_id(text: str) -> str:
    """Return an arXiv id without prefix, address and version.

    Raises:
        ValueError: The text is no arXiv id.

    >>> normalise_arxiv_id("arXiv:2108.04384v3")
    '2108.04384'
    """
    bare = _ARXIV_PREFIX.sub("", text.strip())
    bare = _ARXIV_VERSION.sub("", bare).lower()
    if not _ARXIV.match(bare):
        raise ValueError(f"{text!r} is not an arXiv id")
    return bare


def arxiv_id_in_doi(text: str) -> str | None:
    """Return what stands for the arXiv id in a DOI that arXiv itself gave, else None.

    >>> arxiv_id_in_doi("https://doi.org/10.48550/arXiv.2108.04384v2")
    '2108.04384v2'
    """
    match = _ARXIV_DOI.match(_DOI_PREFIX.sub("", text.strip()))
    return match["id"] if match else None


class TitleIdentity(NamedTuple):
    """What two titles must share to name one paper: their letters, and every number in them."""

    letters: str
    numbers: tuple[str, ...]

    def __str__(self) -> str:
        return "|".join((self.letters, *self.numbers))


@lru_cache(maxsize=16_384)
def title_identity(title: str) -> TitleIdentity:
    """Reduce a title to what identifies it, whatever its case, spacing, accents and punctuation.

    Numbers are kept apart, so that neither "GPT 3.5" and "GPT 35" nor "SEED-Bench" and "SEED-Bench-2" meet;
    `+` and `#` stay because "C", "C++" and "C#" are three subjects. A title of symbols alone keeps them.

    >>> title_identity("Strip-MLP: Efficient...") == title_identity("StripMLP efficient")
    True
    >>> title_identity("SEED-Bench") == title_identity("SEED-Bench-2")
    False
    """
    plain = _plain(title)
    letters = "".join(_TITLE_LETTERS.findall(plain))
    numbers = tuple(_TITLE_NUMBERS.findall(plain))
    return TitleIdentity(letters or "".join(plain.split()), numbers)


def title_words(title: str) -> list[str]:
    """The words of a title in order, folded as `title_identity` folds them; `+` and `#` are words.

    >>> title_words("Naïve C++: a Survey")
    ['naive', 'c', '++', 'a', 'survey']
    """
    plain = _plain(title)
    if not plain.isascii():
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _TITLE_LETTERS.findall(plain)


def title_numbers(title: str) -> Counter[str]:
    """The numbers of a title, in digits, in words or Roman, each as often as it stands there.

    >>> sorted(title_numbers("The Fourth Look at Swin Transformer V2: Part II, on GPT-3.5").elements())
    ['2', '2', '3.5', '4']
    """
    numbers = Counter(_TITLE_NUMBERS.findall(_plain(title)))
    numbers.update(_NUMERALS[word] for word in title_words(title) if word in _NUMERALS)
    return numbers


def tells_versions(word: str) -> bool:
    """Whether a word of a title tells a work from an earlier, larger or smaller one: "revisited", "xl", "+".

    >>> [word for word in title_words("MixNet+ XL, extended") if tells_versions(word)]
    ['+', 'xl', 'extended']
    """
    return word in _VERSION_WORDS or word.startswith("+")


def _plain(title: str) -> str:
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", title).casefold())
