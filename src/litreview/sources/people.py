r"""Names of authors as BibTeX, RIS and MEDLINE write them, into those of a `Paper`. Pure.

A `Paper` has "Given Family" or "Family, Given" ("King, Jr., Martin Luther" with a suffix), and
organisations in braces.
"""

from __future__ import annotations

import re

from litreview.papers import family_name
from litreview.sources.bibtex_entries import is_whole, without_braces
from litreview.text.cleaning import clean_text, strip_controls

_SUFFIX = re.compile(r"(?:jr|sr|i{2,3}|iv|[2-5](?:nd|rd|th))\.?", re.IGNORECASE)
_INITIALS = re.compile(r"(?P<family>.*\S) (?P<initials>[A-Z]{1,4})(?: (?P<suffix>\S+))?")
_NAME_SIGN = re.compile(r"\\.|[{}]|\s+", re.DOTALL)
_OTHERS = frozenset({"others", "et al", "et al."})


def bibtex_names(field: str) -> tuple[str, ...]:
    r"""Return the names of an author field, split before TeX in them is decoded; "others" is no name.

    One wholly in braces is an organisation. A family name that only braces keep together is written as
    "Family, Given", or its first words would count as given names.

    >>> bibtex_names(r"Lee, Ann and {Barnes and Noble} and Simon {Peyton Jones} and \v{S}\'{i}m and others")
    ('Lee, Ann', '{Barnes and Noble}', 'Peyton Jones, Simon', 'Ším')
    """
    names: list[str] = []
    words: list[str] = []
    for word in [*_words(field), "and"]:
        if word.lower() != "and":
            words.append(word)
            continue
        name = " ".join(words)
        words = []
        if name.rstrip(",").lower() not in _OTHERS:
            names.append(organisation(clean_text(without_braces(name))) if is_whole(name) else _person(name))
    return tuple(filter(None, names))


def _words(text: str) -> list[str]:
    """What stands between white space outside of braces; escaped signs are text."""
    if "{" not in text:
        return text.split()
    words, start, depth = [], 0, 0
    for match in _NAME_SIGN.finditer(text):
        depth = max(0, depth + (match[0] == "{") - (match[0] == "}"))
        if depth == 0 and match[0].isspace():
            words.append(text[start : match.start()])
            start = match.end()
    return list(filter(None, [*words, text[start:]]))


def _person(raw: str) -> str:
    plain = clean_text(raw)
    if "{" not in raw or "," in plain:
        return plain
    *given, last = _words(raw)
    family = clean_text(last)
    if not given or not is_whole(last) or family_name(plain) == family:
        return plain
    return f"{family}, {clean_text(' '.join(given))}"


def organisation(name: str) -> str:
    """Return an organisation as an author: in braces."""
    plain = strip_controls(name).strip("{} ")
    return f"{{{plain}}}" if plain else ""


def inverted_name(name: str) -> str:
    """Return "Family, Given, Suffix" with the suffix in BibTeX's place, and other names as they are.

    >>> inverted_name("King, Martin Luther, Jr."), inverted_name("Lee,Ann,"), inverted_name("Plato")
    ('King, Jr., Martin Luther', 'Lee, Ann', 'Plato')
    """
    parts = [part.strip() for part in strip_controls(name).rstrip(", ").split(",")]
    if len(parts) == 3 and _SUFFIX.fullmatch(parts[2]):
        parts = [parts[0], parts[2], parts[1]]
    return ", ".join(parts)


def name_with_initials(name: str) -> str:
    """Return "Family AB Suffix", as MEDLINE shortens names, as "Family, Suffix, A. B.".

    >>> name_with_initials("van den Berg JH"), name_with_initials("King ML Jr"), name_with_initials("Plato")
    ('van den Berg, J. H.', 'King, Jr, M. L.', 'Plato')
    """
    found = _INITIALS.fullmatch(strip_controls(name))
    if found is None:
        return strip_controls(name)
    initials = " ".join(f"{letter}." for letter in found["initials"])
    return ", ".join(part for part in (found["family"], found["suffix"], initials) if part)
