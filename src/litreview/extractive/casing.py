"""How a word is written inside a sentence: titles capitalise what abstracts do not."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

_WORD_IN_SENTENCE = re.compile(r"(?<=[a-z0-9,;)] )[^\W_][\w'’-]*")


class Casing:
    """The spellings of words as they stand within the sentences of some texts."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._forms: dict[str, Counter[str]] = defaultdict(Counter)
        for text in texts:
            for word in _WORD_IN_SENTENCE.findall(text):
                self._forms[word.lower()][word] += 1

    def heading(self, phrases: Sequence[Sequence[str]]) -> str:
        """Join phrases to a heading: "token mixing" gives "Token mixing", "MLP" and "mBERT" stay."""
        text = " and ".join(" ".join(self.word(word) for word in words) for words in phrases)
        first = text.split(maxsplit=1)[0] if text else ""
        return text if any(c.isupper() for c in first[1:]) else text[:1].upper() + text[1:]

    def word(self, word: str) -> str:
        """Return the usual spelling of a word; once capitalised is no evidence: acronyms are defined so."""
        forms = self._forms.get(word.lower(), Counter())
        usual, count = min(forms.items(), key=lambda item: (-item[1], item[0]), default=(word, 0))
        if word.lower() in forms:
            return word.lower()
        if count > 1 or any(_is_name(part) for part in usual.split("-")):
            return usual
        return "-".join(part if _is_name(part) else part.lower() for part in word.split("-"))


def _is_name(part: str) -> bool:
    return any(c.isupper() or c.isdigit() for c in part[1:])
