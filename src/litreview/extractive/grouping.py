"""Papers into groups: the cut of a cluster tree whose groups can best be named."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

MOST_GROUPS = 6

Rows = list[int]
_Cut = tuple[float, list[Rows]]


def features(
    texts: Sequence[Sequence[str]], phrases: npt.NDArray[np.float64], vectors: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return a unit row per paper: its terms, its noun phrases and its vector, by 0.3, 0.2 and 0.5.

    Terms are weighted by how few of these papers hold them, so that what all share (the question's own words)
    counts for nothing: groups are about the differences.
    """
    blocks = [(0.3, _tfidf(texts)), (0.2, phrases), (0.5, vectors)]
    return unit(np.hstack([math.sqrt(share) * unit(block) for share, block in blocks]))


def best_cut(rows: npt.NDArray[np.float64], *, value: Callable[[Rows], float], at_least: int) -> list[Rows]:
    """Cut the cluster tree of the papers where the sum of `value` over its groups is greatest.

    Every cut of the tree of Ward's method with `at_least` to six groups of two or more is considered, by
    dynamic programming over its nodes; papers left over join the group whose centre is closest.

    Args:
        rows: Unit rows, shape (papers, features), two papers or more.
        value: What a group of two or more papers is worth; single papers are worth nothing.
        at_least: The smallest number of groups, kept where the papers allow it.
    """
    from scipy.cluster.hierarchy import ward

    count = len(rows)
    tree = ward(rows)[:, :2]
    members: dict[int, Rows] = {i: [i] for i in range(count)}
    cuts: dict[int, dict[int, _Cut]] = {i: {0: (0.0, [[i]])} for i in range(count)}
    for node, (left, right) in enumerate(((int(a), int(b)) for a, b in tree), start=count):
        members[node] = sorted(members[left] + members[right])
        cuts[node] = _combined(cuts.pop(left), cuts.pop(right))
        whole = value(members[node])
        if 1 not in cuts[node] or whole > cuts[node][1][0]:
            cuts[node][1] = (whole, [members[node]])
    allowed = [cut for number, cut in cuts[2 * count - 2].items() if number >= at_least]
    best = max(allowed or cuts[2 * count - 2].values(), key=lambda cut: cut[0])
    groups = _without_singles(best[1], rows)
    # Outliers one by one leave nothing to cut; then the papers are parted where they lie furthest apart.
    return _halved(rows) if len(groups) < at_least and count >= 2 * at_least else groups


def _combined(left: dict[int, _Cut], right: dict[int, _Cut]) -> dict[int, _Cut]:
    """The best cut for each number of groups when two branches are cut apart."""
    out: dict[int, _Cut] = {}
    for a, (value_a, groups_a) in left.items():
        for b, (value_b, groups_b) in right.items():
            if a + b <= MOST_GROUPS and (a + b not in out or value_a + value_b > out[a + b][0]):
                out[a + b] = (value_a + value_b, groups_a + groups_b)
    return out


def _halved(rows: npt.NDArray[np.float64]) -> list[Rows]:
    """Two groups of two or more, parted at the widest gap along the papers' first principal axis."""
    centred = rows - rows.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    places = centred @ axes[0]
    order = np.argsort(places, kind="stable")
    gaps = np.diff(places[order])[1:-1]
    cut = int(np.argmax(gaps)) + 2
    return [sorted(int(i) for i in order[:cut]), sorted(int(i) for i in order[cut:])]


def _without_singles(groups: Sequence[Rows], rows: npt.NDArray[np.float64]) -> list[Rows]:
    """Move each paper that is alone to the group whose centre is closest to it."""
    large = [list(group) for group in groups if len(group) > 1]
    if not large:
        return [sorted(i for group in groups for i in group)]
    centres = unit(np.stack([rows[group].mean(axis=0) for group in large]))
    for (single,) in (group for group in groups if len(group) == 1):
        large[int(np.argmax(centres @ rows[single]))].append(single)
    return [sorted(group) for group in large]


def unit(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Rows of length 1; rows of zeros stay."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(norms > 0, norms, 1.0))


def _tfidf(texts: Sequence[Sequence[str]]) -> npt.NDArray[np.float64]:
    """Weights (1 + log tf) · log(n / df) of the terms that stand in at least two texts."""
    frequency = Counter(term for text in texts for term in set(text))
    columns = {t: i for i, t in enumerate(sorted(t for t, n in frequency.items() if n > 1))}
    out = np.zeros((len(texts), max(1, len(columns))))
    for row, text in enumerate(texts):
        for term, count in Counter(text).items():
            if term in columns:
                out[row, columns[term]] = (1 + math.log(count)) * math.log(len(texts) / frequency[term])
    return out
