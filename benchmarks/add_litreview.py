"""Import a file into a fresh library; print the seconds it took, imports left out.

usage: python add_litreview.py FILE LIBRARY
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

import scipy.linalg  # noqa: F401 - loaded before the clock starts, as chromadb is in the other script

from litreview.importing import import_batches
from litreview.library import Library
from litreview.library.vectors import import_chromadb
from litreview.sources import read_sources

import_chromadb()
file, folder = Path(sys.argv[1]), Path(sys.argv[2])
shutil.rmtree(folder, ignore_errors=True)
started = time.perf_counter()
with Library(folder) as library:
    import_batches(library, read_sources([file]), progress=lambda _stage, _done, _total: None)
print(time.perf_counter() - started)
