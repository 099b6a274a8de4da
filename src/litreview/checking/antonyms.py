"""Opposites for making false claims of true ones, for the evaluation alone.

Antonym pairs of WordNet 3.0 (all four parts of speech) of which both words are frequent in the abstracts of
SciFact and of the ACL Anthology, taken by a script and then filtered by hand: those that turn a statement
around in most of their uses ("low", "high"; not "question", "answer"), with the regular forms of their verbs.
The checker's own list (`opposites.py`) was drafted before these pairs were extracted but finished afterwards,
and misses were looked at while tuning: the two are not independent. WordNet's notice is in docs/decisions.md.
"""

from __future__ import annotations

_PAIRS = """
low high lower higher lowest highest small large smaller larger smallest largest simple complex more less
positive negative
positively negatively short long shorter longer same different increase decrease increases decreases
increasing decreasing
increased decreased loss gain independent dependent independently dependently unsupervised supervised
multilingual monolingual
manual automatic manually automatically chronic acute unknown known success failure presence absence rich poor
unclear clear
specific general specifically generally implicit explicit implicitly explicitly unlabeled labeled single
multiple late early
later earlier easy difficult easier harder internal external improvement decline raise lower raises lowers
raised lowered
rise fall rises falls weak strong weaker stronger weakly strongly pass fail passes fails worse better worst
best normal abnormal
sufficient insufficient slow fast slower faster inhibitor activator inhibitors activators unrelated related
antagonist agonist
fine coarse inconsistent consistent minimum maximum minimal maximal incorrect correct incorrectly correctly
incomplete complete
relevant irrelevant rarely often minor major stability instability weakness strength below above unable able
present absent
inactivation activation indirect direct indirectly directly majority minority shallow deep shallower deeper
wide narrow adequate
inadequate minimize maximize include exclude includes excludes including excluding inclusion exclusion
unexpected expected stable
unstable uncertain certain inefficient efficient simplicity complexity unlikely likely malignant benign
homozygous heterozygous
possible impossible ineffective effective inactive active accurate inaccurate sensitive insensitive necessary
unnecessary mild
intense available unavailable similar dissimilar quickly slowly accept reject accepts rejects agree disagree
agreement
disagreement strengthen weaken strengthens weakens linear nonlinear capable incapable grammatical
ungrammatical expensive cheap
expand contract up down many few old new intrinsic extrinsic proximal distal appear disappear connect
disconnect dominant recessive
frequent infrequent appropriate inappropriate reliable unreliable abundant scarce continuous discontinuous
mature immature
homogeneous heterogeneous inner outer public private local national superficial profound advantage
disadvantage advantages
disadvantages regular irregular balanced unbalanced fair unfair compatible incompatible affected unaffected
treated untreated
reduce gain reduces gains theoretical empirical subjective objective public private structured unstructured
"""


def antonyms() -> dict[str, str]:
    """Each word to its opposite, both ways; the first pair of a word counts."""
    words = _PAIRS.split()
    found: dict[str, str] = {}
    for left, right in zip(words[::2], words[1::2], strict=True):
        found.setdefault(left, right)
        found.setdefault(right, left)
    return found
