"""`Library`: the whole of litreview for programs, with the same answers and checks as the command line.

A thin shell over `review`, `library`, `importing` and `documents`; every decision is taken there. What waits
for a model has an async twin (`ask`, `aask`), which is the one that does the work.

What the work needs is imported when it is done, so that `from litreview import Library` is
quick.
"""

from __future__ import annotations

from .questions import Library

__all__ = ["Library"]
