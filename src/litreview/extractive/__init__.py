"""The engine without a model: the papers' own sentences, grouped, headed and cited.

`extract` returns the same `Answer` a model's reply becomes. Every claim is a passage of an abstract, word by
word, so each is supported by construction.
"""

from .engine import extract

__all__ = ["extract"]
