"""Which sentences state a finding of the literature and so want a citation. Precision before recall. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .passages import Passage
from .structure import hidden_characters, stray_marks

_LEAST_WORDS = 6

# Participles of the second list are adjectives too often ("improved training").
_FINDING = re.compile(
    r"\b(?:(?:outperform|surpass|exceed|achiev|attain|demonstrat|yield)(?:s|es|ed)|outperform|beats|reach(?:es|ed)"
    r"|improves|reduces|lowers|raises|increases|decreases|boosts|halves|doubles|degrades|lags|rose|fell"
    r"|(?:found|finds|shows?|showed|shown|reports?|reported) that)\b",
    re.IGNORECASE,
)
_MEASURED = re.compile(
    r"(?<![\w.,-])\d+(?:[.,]\d+)*\s?"
    r"(?:%|‰|×|(?:x|times|fold|-fold|(?:percentage )?points?|per ?cent|ms|GB|[MB]|million|billion"
    r"|thousand|parameters|FLOPs|BLEU|mIoU)\b)"
)
# Sentences about the text itself, or about what its authors did.
_META = re.compile(
    r"\b(?:we|our|ours|us|I|my)\b"
    r"|^(?:In\s+)?(?:this|the (?:next|following|present|remaining|previous))\s+"
    r"(?:section|chapter|paper|work|article|review|survey|report|study|thesis|document|page|table|figure)\b"
    r"|\b(?:section|figure|fig\.|table|appendix|equation|chapter)\s+(?:\d|[A-Z]\b|\\ref)"
    r"|\b(?:see|cf\.) (?:above|below)\b",
    re.IGNORECASE,
)
# After a cited sentence these go on about what it cites.
_GOES_ON = re.compile(
    r"(?:(?:however|moreover|furthermore|further|still|yet|also|in addition|here|there|thus|hence|then"
    r"|instead|overall|finally|together|both|similarly|in particular|for example|for instance|in turn"
    r"|by contrast),?\s+)*"
    r"(?:it|its|they|their|them|this|these|that|those|he|she|his|her|such|both|the (?:same|latter|former"
    r"|authors?|models?|methods?|approach|paper|study|results?|gain|gap|effect))\b",
    re.IGNORECASE,
)


def states_finding(passage: Passage) -> bool:
    """Whether a passage without citations states a finding that somebody must have made.

    It has a verb of finding or a measured number, is a whole sentence of running text, and is neither about
    the document itself nor the continuation of a cited sentence.
    """
    prose = passage.prose
    if passage.kind in ("heading", "row") or prose.endswith(("?", ":")) or len(prose.split()) < _LEAST_WORDS:
        return False
    if not (_FINDING.search(prose) or _MEASURED.search(prose)) or _META.search(prose):
        return False
    if passage.follows_cited and _GOES_ON.match(prose):
        return False
    # Cited in another way: "[3]", "(Lee et al., 2020)".
    return not any(mark.startswith("a citation mark") for mark in stray_marks(passage.text))


def claims_nothing(sentence: str, *, ids: Iterable[str] = ()) -> bool:
    """Whether a sentence may stand in a checked text without a citation: it only leads from one to the next.

    It has no number, no verb of finding, and nothing that is no prose.

    Args:
        sentence: One sentence of running text; an empty one claims nothing.
        ids: The ids of papers in the prompt, which have no place in prose.

    >>> claims_nothing("How tokens are mixed without attention is the first point of difference.")
    True
    >>> claims_nothing("Depth improves accuracy on every task.")
    False
    """
    if any(map(str.isdigit, sentence)) or _FINDING.search(sentence):
        return False
    return not stray_marks(sentence, ids=ids) and not hidden_characters(sentence)
