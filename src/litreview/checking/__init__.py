"""The check of claims: what a draft says and quotes, against the papers it names.

"supported" means grounded in the words of an abstract, not right: docs/checking.md says what that leaves out.
"""

from .checker import check, check_claim, examine
from .prepared import PreparedPapers
from .results import Checked, Failure
from .structure import stray_marks
from .support import best_sentence
from .weights import WordWeights

__all__ = [
    "Checked",
    "Failure",
    "PreparedPapers",
    "WordWeights",
    "best_sentence",
    "check",
    "check_claim",
    "examine",
    "stray_marks",
]
