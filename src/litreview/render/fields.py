"""What the bibliography formats ask of a paper: its key, its kind of publication, the parts of its names."""

from __future__ import annotations

import re
from typing import Literal

from litreview.papers import Paper, family_name

Kind = Literal["journal", "conference", "preprint", "other"]

# Series of proceedings that are journals, whatever their first word says.
_PROCEEDINGS_JOURNAL = re.compile(
    r"\bproc(?:eedings|\.)? of the (?:national academy|royal society|vldb|ieee$|acm on\b)", re.IGNORECASE
)
_VENUE_WORD = re.compile(r"[^\W\d_]+")
_PREPRINT = frozenset("arxiv corr biorxiv medrxiv chemrxiv preprint preprints ssrn".split())
_JOURNAL = frozenset(
    "journal transactions letters review reviews magazine annals bulletin archives quarterly acta nature"
    " science jmlr tmlr tacl tpami jair pnas plos".split()
)
_CONFERENCE = frozenset(
    "conference conf proceedings proc workshop workshops symposium congress meeting colloquium findings"
    " neurips nips icml iclr cvpr iccv eccv wacv bmvc acl emnlp naacl eacl aacl coling conll lrec semeval wmt"
    " aaai ijcai kdd sigir cikm wsdm www chi uist cscw recsys interspeech icassp icra iros corl aistats uai"
    " colt miccai".split()
)


def key_of(paper: Paper) -> str:
    """The citation key of a paper of a library.

    Raises:
        ValueError: It has none; a reference must not go out under a name that was made up for it.
    """
    if paper.key is None:
        raise ValueError(f"the paper {paper.title!r} has no key; add it to a library first")
    return paper.key


def kind_of(paper: Paper) -> Kind:
    """How a paper was published, as far as the words of its venue tell; "other" where they do not.

    >>> kind_of(Paper(title="A", venue="Trans. of the ACL")), kind_of(Paper(title="A", venue="NeurIPS 2021"))
    ('conference', 'conference')
    >>> kind_of(Paper(title="A", arxiv_id="2108.04384")), kind_of(Paper(title="A", venue="Blog"))
    ('preprint', 'other')
    """
    if paper.venue is None:
        return "preprint" if paper.arxiv_id else "other"
    words = set(_VENUE_WORD.findall(paper.venue.lower()))
    if words & _PREPRINT:
        return "preprint"
    if words & _JOURNAL or _PROCEEDINGS_JOURNAL.search(paper.venue):
        return "journal"
    return "conference" if words & _CONFERENCE else "other"


def authors_note(paper: Paper) -> str | None:
    """What a reference says in place of authors, where the record names none; None where it does."""
    if paper.authors:
        return None
    counted = f" ({paper.author_count})" if paper.author_count else ""
    return f"authors not named in the record{counted}"


def organisation_in(author: str) -> str | None:
    """The organisation an author in braces stands for, or None for a person.

    >>> organisation_in("{Ocean Lab}"), organisation_in("Ada Lovelace"), organisation_in("{A} and {B}")
    ('Ocean Lab', None, None)
    """
    if not (author.startswith("{") and author.endswith("}")):
        return None
    depth = 0
    for at, sign in enumerate(author):
        depth += (sign == "{") - (sign == "}")
        if depth == 0:
            return author[1:-1].strip() or None if at == len(author) - 1 else None
    return None


def name_parts(author: str) -> tuple[str, str]:
    """Family and given name of a person, particles with the family; the given one may be empty.

    >>> name_parts("Laurens van der Maaten"), name_parts("Vaswani, Ashish"), name_parts("Plato")
    (('van der Maaten', 'Laurens'), ('Vaswani', 'Ashish'), ('Plato', ''))
    """
    family, comma, given = author.partition(",")
    if comma:
        return family.strip(), given.strip()
    family = family_name(author)
    return family, author.strip().removesuffix(family).strip()
