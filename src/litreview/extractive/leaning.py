"""Does a sentence lean on the one before it, and can the words that lean be left out?

A quotation is read without its neighbours. "Moreover, we show …" is fit to be quoted without its first word,
"In this case, it fails" is not: what is cut away must be no condition of what is said.
"""

from __future__ import annotations

import re

_FIRST_WORDS = 6
_SHORTEST_REST = 25  # characters; what is left of a sentence must still be one

_CONNECTIVES = (
    r"however|moreover|furthermore|in addition|additionally|also|further|thus|therefore|hence|consequently"
    r"|accordingly|as a (?:result|consequence)|in (?:contrast|comparison|turn|fact|particular|short|summary"
    r"|conclusion|other words|response|parallel)|by contrast|on the (?:other hand|contrary|one hand)"
    r"|conversely"
    r"|nevertheless|nonetheless|besides|instead|meanwhile|similarly|likewise|specifically|concretely"
    r"|(?:more|most|perhaps) (?:specifically|concretely|precisely|importantly|generally|interestingly"
    r"|notably)"
    r"|notably|importantly|interestingly|surprisingly|remarkably|crucially|indeed|finally|lastly|first(?:ly)?"
    r"|second(?:ly)?|third(?:ly)?|then|next|last|still|yet|afterwards?|subsequently|simultaneously"
    r"|for (?:example|instance)|that is|to summari[sz]e|ultimately|as such|along the way|at the same time"
    r"|to (?:this|that|these) ends?|and|but|so|or|what is more|(?:taken )?together|altogether"
    r"|collectively|even more|unfortunately|fortunately"
    r"|alternatively"
)
_CONNECTIVE = re.compile(
    rf"(?:{_CONNECTIVES})(?:,\s*|\s+(?=(?:we|our|the)\b))|(?:results?|conclusions?|findings"
    rf"|interpretation)\s*:\s*",
    re.IGNORECASE,
)
# A purpose or an inspiration may be left out; a place, a means or a condition may not.
_PURPOSE = re.compile(
    r"(?:to|towards?|motivated by|inspired by|guided by|driven by|building (?:up)?on|in light of|in view of"
    r"|for (?:this|these|that) (?:purposes?|reasons?|ends?|goals?)|considering|recogni[sz]ing|prompted by)\b"
    r"[^,.;:()]{3,90}?,\s+",
    re.IGNORECASE,
)
_SELF = r"(?:paper|work|study|article|survey|thesis|report|review|research|letter|tutorial|chapter)\b"
_POINTS_BACK = re.compile(
    rf"\b(?:this|these|those|that)\b(?! {_SELF})|\b(?:such|it|its|they|their|them)\b"
    r"|\bthe (?:above|aforementioned|former|latter)\b",
    re.IGNORECASE,
)
# "These results show that X" reports X; "suggest" and "indicate" hedge it, and are not cut away.
_REPORT = re.compile(
    r"(?:(?:altogether|together|collectively|taken together|overall), )?(?:these|those) (?:[\w-]+ ){0,2}?"
    r"(?:results?|findings?|data|studies|observations|experiments|analyses|evaluations?) (?:\w+ly )?"
    r"(?:show(?:ed)?|demonstrated?|reveal(?:ed)?|confirm(?:ed)?|proved?|establish(?:ed)?|verif(?:y"
    r"|ied)) that ",
    re.IGNORECASE,
)
_BACKWARD_OPENING = re.compile(
    rf"(?:this|these|those)\b(?! {_SELF})|such\b"
    r"|it\b(?! (?:is|was|has been|remains)(?: \w+){0,3} (?:that|to|whether|how|why)\b)"
    r"|(?:its|they|their|them|he|she|both|each|another|others?|neither|either)\b(?! [\w-]+ and\b)"
    r"|(?:most|many|some|all|none|one|two|both|each) of (?:these|those|them|which|it)\b"
    r"|the (?:above|aforementioned|former|latter|resulting|same|other|second|third|two|three|four|idea"
    r"|key|first"
    r"|reason|problem|goal|issue|rest|remaining)\b"
    r"|here\b(?!,? (?:we|the authors|i)\b)|(?:thereby|that|which|whereby|otherwise|one|two|doing so)\b"
    r"|\(?(?:[1-9]|[a-h]|[ivx]{1,4})[).]\s|[•*–-]\s"
    r"|we \w+ (?:this|these|it|them) (?:through|by|with|via|in|on|for|and|to|using|as|across)\b"
    r"|(?:while|although|though|because|since|when|if|as|whereas|once|unlike|despite|given|by|with"
    r"|without|in|on"
    r"|for|to|from|among|of|at|using|through|under|after|following|based on|due to|building on"
    r"|compared (?:to|with)"
    rf"|because of)\s(?:it|they|this|these|those|them|such)\b(?! {_SELF})",
    re.IGNORECASE,
)


def lead_in(sentence: str) -> int:
    """Length of an opening that only ties the sentence to the one before; 0 where there is none.

    >>> lead_in("Moreover, we show that depth helps."), lead_in("In this case, we show that depth helps.")
    (10, 0)
    """
    offset = _after_openings(sentence)
    return offset if len(sentence) - offset >= _SHORTEST_REST else 0


def dangles(sentence: str) -> bool:
    """Whether a sentence leans on words outside it from its start: "However, …", "This …", "(2) …"."""
    return _after_openings(sentence) > 0 or _BACKWARD_OPENING.match(sentence) is not None


def points_back(sentence: str) -> bool:
    """Whether one of its first words refers to something before: "We confirm these by experiment".

    Less than `dangles`: the sentence can be read alone, but another is read more easily.
    """
    return _POINTS_BACK.search(" ".join(sentence.split()[:_FIRST_WORDS])) is not None


def _after_openings(sentence: str) -> int:
    offset = 0
    for _ in range(2):
        match = _CONNECTIVE.match(sentence, offset)
        purpose = _PURPOSE.match(sentence, offset)
        if match is None and purpose is not None and _POINTS_BACK.search(purpose.group()):
            match = purpose
        if match is None:
            break
        offset = match.end()
    report = _REPORT.match(sentence, offset)
    return report.end() if report is not None else offset
