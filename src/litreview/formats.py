"""The formats of files that papers are read from: the one list, light enough for a help page."""

from __future__ import annotations

from typing import Literal

Format = Literal[
    "daily-papers",
    "jsonl",
    "bibtex",
    "ris",
    "nbib",
    "csl-json",
    "hf-papers",
    "arxiv-atom",
    "endnote-xml",
    "csv",
    "rejects",
]
