r"""BibTeX and BibLaTeX: `dump(papers) -> str`, for BibTeX, biber, pandoc and `litreview add`. Pure.

Text stays UTF-8; what TeX would take for markup is escaped. Nothing is invented: authors who are not named in
the record are left out and a note says so. An entry is an @article or @inproceedings only where the words of
the venue say that much, otherwise @misc, with `eprint` for arXiv.

Names stand as the record has them ("Given Family" or "Family, Given": BibTeX reads both), so that they come
back the same. What the format cannot carry: a backslash or a brace without a partner (`litreview add` takes
them for TeX, as it must); a person whose name holds more than two commas or ends in one, who comes back as an
organisation; an address within a venue of which it is not known what it is; and characters in a key that
BibTeX has uses for, which become "-".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from litreview.papers import Paper, family_name
from litreview.text.cleaning import strip_controls

from .fields import Kind, authors_note, key_of, kind_of, organisation_in

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_KINDS: dict[Kind, tuple[str, str]] = {  # Entry type, and the field its venue goes to.
    "journal": ("article", "journal"),
    "conference": ("inproceedings", "booktitle"),
    "preprint": ("misc", "howpublished"),
    "other": ("misc", "howpublished"),
}

_UNFIT_IN_KEY = re.compile(r"[\s,{}()\"'=#%~\\@]")
# Signs that TeX reads as markup or runs together, and what some readers take for the start of an entry.
_SPECIAL = re.compile(r"[\\{}$&#%_^~`]|-(?=-)|'(?=')|@(?=[A-Za-z]+\s*[{(])")
_ESCAPED = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "^": r"\^{}",
    "~": r"\textasciitilde{}",
    "`": r"\`{}",
    "-": "-{}",
    "'": "'{}",
    "@": "{@}",
} | {sign: f"\\{sign}" for sign in "$&#%_"}
# BibTeX counts braces whether escaped or not, so one without a partner needs another name.
_LONE_BRACES = {"{": r"$\lbrace$", "}": r"$\rbrace$"}

_TITLE_WORD = re.compile(r"[^\W_]+(?:[-–‑'’.][^\W_]+)*[+#]*")
_JOINT = re.compile(r"[-–‑'’.]")
_STARTS_SENTENCE = re.compile(r"[:.?!—–]\s\W?$")
_AND = re.compile(r"(?<!\S)(and)(?!\S)", re.IGNORECASE)
_UNFIT_IN_ADDRESS = re.compile(r"[\s\\]")


def dump(papers: Iterable[Paper]) -> str:
    """Return papers with keys as the text of a .bib file, one entry each; an empty string for none.

    Raises:
        ValueError: A paper has no key.
    """
    return "\n".join(_entry(paper) for paper in papers)


def escape(text: str) -> str:
    r"""Return one line of text such that TeX sets exactly that text and its braces are balanced.

    >>> escape("R&D saves 40% of {a, b} in x_1 --fast")
    'R\\&D saves 40\\% of \\{a, b\\} in x\\_1 -{}-fast'
    """
    if _SPECIAL.search(text) is None:
        return text
    escaped = _ESCAPED if _balanced(text) else _ESCAPED | _LONE_BRACES
    return _SPECIAL.sub(lambda match: escaped[match[0]], text)


def _entry(paper: Paper) -> str:
    entry_type, venue_field = _KINDS[kind_of(paper)]
    key = _UNFIT_IN_KEY.sub("-", key_of(paper))
    fields = [f"  {name} = {value},\n" for name, value in _fields(paper, venue_field)]
    return f"@{entry_type}{{{key},\n{''.join(fields)}}}\n"


def _fields(paper: Paper, venue_field: str) -> Iterator[tuple[str, str]]:
    """Yield the fields a paper has, their values ready to be written behind "name = "."""
    yield "title", f"{{{_title(strip_controls(paper.title))}}}"
    if paper.authors:
        yield "author", f"{{{' and '.join(_author(strip_controls(name)) for name in paper.authors)}}}"
    else:
        # What BibTeX styles sort by and natbib names, where there is nobody to name.
        yield "key", _text(paper.title.partition(": ")[0])
    yield from _date(paper.published)
    if paper.venue:
        yield venue_field, _text(paper.venue)
    if paper.doi:
        yield "doi", _verbatim(paper.doi)
    if paper.arxiv_id:
        yield "eprint", _verbatim(paper.arxiv_id)
        yield "archiveprefix", "{arXiv}"
    if paper.url:
        yield "url", _verbatim(paper.url)
    if paper.abstract:
        yield "abstract", _text(paper.abstract)
    if paper.tags:
        yield "keywords", f"{{{_tags(paper.tags)}}}"
    if note := authors_note(paper):
        yield "note", f"{{{note}}}"
    own = (("authorcount", paper.author_count), ("organisation", paper.organisation))
    for name, value in (*own, ("comments", paper.comments)):
        if value is not None:
            yield name, _text(str(value))


def _text(text: str) -> str:
    return f"{{{escape(strip_controls(text))}}}"


def _date(published: str | None) -> Iterator[tuple[str, str]]:
    """Year and month for BibTeX; the day has a place only in BibLaTeX's `date`."""
    if published is None:
        return
    year, _, month = published[:7].partition("-")
    yield "year", f"{{{year}}}"
    if month:
        yield "month", _MONTHS[int(month) - 1]
    if len(published) > 7:
        yield "date", f"{{{published}}}"


def _title(title: str) -> str:
    """Escape a title, with braces around the words that styles must not write in lower case."""
    if not _balanced(title):
        # Whether a brace has a partner shows only in the whole title.
        return escape(title)
    words = list(_TITLE_WORD.finditer(title))
    plain = _is_sentence_case([match[0] for match in words])
    parts: list[str] = []
    last = 0
    for match in words:
        is_name = plain and match[0][0].isupper() and not _starts_sentence(title, match.start())
        if is_name or _needs_its_capitals(match[0]):
            parts += (title[last : match.start()], match[0])
            last = match.end()
    parts.append(title[last:])
    return "".join(f"{{{_raw(part)}}}" if at % 2 else _raw(part) for at, part in enumerate(parts))


def _is_sentence_case(words: list[str]) -> bool:
    """Whether a title is written like a sentence, so that a capital within it begins a name."""
    long_words = [word for word in words[1:] if len(word) > 3]
    return sum(word[0].islower() for word in long_words) > len(long_words) / 2


def _starts_sentence(title: str, at: int) -> bool:
    """Whether what stands there would have a capital in any case, as the first word or behind a colon."""
    before = title[max(0, at - 3) : at]
    return at <= 1 or _STARTS_SENTENCE.search(before) is not None


def _raw(part: str) -> str:
    return _SPECIAL.sub(lambda match: _ESCAPED[match[0]], part)


def _needs_its_capitals(word: str) -> bool:
    """Whether a word is more than one with a capital: an acronym, a letter, a name like GPT2.

    >>> [word for word in "MLPs all-MLP Low-Rank Attention A C# T5 3D".split() if _needs_its_capitals(word)]
    ['MLPs', 'all-MLP', 'C#', 'T5', '3D']
    """
    for part in _JOINT.split(word.rstrip("+#")):
        if any(map(str.isupper, part[1:])):
            return True
        if part[:1].isupper() and part != "A" and (len(part) == 1 or any(map(str.isdigit, part))):
            return True
    return False


def _author(name: str) -> str:
    """One name as BibTeX splits it; an organisation in braces of its own."""
    organisation = organisation_in(name)
    if organisation is not None:
        return f"{{{escape(organisation)}}}"
    if name.lower() == "others" or not _can_be_split(name):
        return f"{{{escape(name)}}}"  # Bare, "others" would mean "et al.".
    escaped = _AND.sub(r"{\1}", escape(name))
    family = "" if "," in name else family_name(name)
    if " " in family and not family.split()[-2].islower():
        # BibTeX takes only words in lower case for particles ("van Dyck", but not "Van Dyck").
        whole = _AND.sub(r"{\1}", escape(family))
        return f"{escaped.removesuffix(whole)}{{{whole}}}"
    return escaped


def _can_be_split(name: str) -> bool:
    """Whether BibTeX can read a name: "Family, Given" or "Family, Jr, Given", no more commas and no gaps.

    biber drops a whole entry for a name with three commas, in braces or not, and crashes over a leading one.
    """
    parts = name.split(",")
    return len(parts) <= 3 and all(part.strip() for part in parts)


def _tags(tags: tuple[str, ...]) -> str:
    """Keywords with "; " between, in braces where they hold what stands between two."""
    written = [escape(strip_controls(tag)) for tag in tags]
    kept = [f"{{{tag}}}" if re.search("[;,]", tag) else tag for tag in written]
    # Web of Science puts every field as a whole in a second pair of braces, so one pair alone says nothing.
    return f"{kept[0]};" if len(kept) == 1 and kept != written else "; ".join(kept)


def _verbatim(text: str) -> str:
    """Write what is no text (an address, an identifier) as it is; escaped as addresses are if it must be."""
    unfit = _UNFIT_IN_ADDRESS if _balanced(text) else re.compile(r"[\s\\{}]")
    return f"{{{unfit.sub(lambda match: f'%{ord(match[0]):02X}', strip_controls(text))}}}"


def _balanced(text: str) -> bool:
    if "{" not in text and "}" not in text:
        return True
    depth = 0
    for sign in text:
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return False
    return depth == 0
