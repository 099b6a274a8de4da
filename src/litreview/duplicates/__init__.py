"""Papers of a library that may be one: found in linear time, compared, proposed; never merged unasked."""

from .comparison import Difference
from .proposals import Duplicates, Proposal, ProposedPaper, find_duplicates

__all__ = ["Difference", "Duplicates", "Proposal", "ProposedPaper", "find_duplicates"]
