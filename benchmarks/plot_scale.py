"""Plot how the figures of `scale.py` grow with the library, ours drawn through and their floors dashed.

usage: python plot_scale.py FIGURES.json PLOT.svg      # runs in an environment that has matplotlib
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt

PANELS = {
    "Filling a library (s)": {
        "add": "litreview add",
        "bare add": "bare Chroma",
        "bm25s index": "bm25s, words alone",
        "re-embed": "litreview reembed",
    },
    "A search, warm (s)": {
        "search": "litreview, 20 papers",
        "bare search": "bare FTS5 + Chroma",
        "bm25s search": "bm25s, words alone",
    },
    "Cold processes (s)": {
        "cold search": "litreview search",
        "bare cold search": "bare Chroma, one query",
        "ask": "litreview ask",
        "draft": "litreview draft, 40 papers",
        "check": "litreview check, 100 citations",
    },
    "Memory and disk (MB)": {
        "memory": "peak memory of add",
        "disk": "library on disk",
        "bare disk": "bare Chroma on disk",
    },
}


def main() -> None:
    """Draw the four panels, the number of papers logarithmic."""
    figures = json.loads(Path(sys.argv[1]).read_text())
    sizes = [int(size) for size in figures]
    # Text stays text, and the same figures give the same file.
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "litreview", "font.size": 8})
    drawn, panels = plt.subplots(2, 2, figsize=(9, 7), layout="constrained")
    for panel, (title, lines) in zip(panels.flat, PANELS.items(), strict=True):
        for name, label in lines.items():
            values = [figures[str(size)].get(name) for size in sizes]
            if None not in values:
                ours = label.startswith("litreview") or name in ("memory", "disk")
                panel.plot(sizes, values, "o-" if ours else "s--", label=label, markersize=4)
        panel.set(title=title, xscale="log", xlabel="papers")
        if title.startswith("Cold"):
            panel.set_ylim(bottom=0)
        else:
            panel.set_yscale("log")
        panel.grid(alpha=0.3)
        panel.legend()
    drawn.savefig(sys.argv[2], metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
