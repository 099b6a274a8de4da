"""Fitting LSA in a process of its own, while the caller does other work on the same papers.

    python -m litreview.embedding.ahead DIMENSIONS

reads lists of texts as lines of JSON from its standard input, then an empty list and the numbers of those to
fit on, and writes the model and the vectors to its standard output as a NumPy archive.
"""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

from litreview.child import Child, messages

from . import text_digest

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from .lsa import LsaModel

# A model fitted on almost all texts is as good; the few others are embedded with it.
_SAME = 0.99
# So many texts are sent at once.
_BATCH = 1_000


@dataclass(frozen=True)
class Fit:
    """A model, and the unit vectors of the texts it was fitted on, shape (len(places), dimensions).

    `places` has the row of each text by its digest: the texts themselves would be held twice.
    """

    model: LsaModel
    vectors: npt.NDArray[np.float32]
    places: dict[bytes, int]

    def place(self, text: str) -> int | None:
        """The row of a text's vector; None if it was not fitted on."""
        return self.places.get(text_digest(text))

    def serves(self, texts: Sequence[str]) -> bool:
        """Whether at least 99 % of these texts and of those fitted on are the same."""
        same = len(self.places.keys() & map(text_digest, texts))
        return same >= _SAME * max(len(texts), len(self.places))


class FitAhead:
    """A fit in another process. A context manager: at its end the process is gone, however it ends.

    Args:
        dimensions: Upper bound, as `lsa.fit_and_embed` takes it.
    """

    def __init__(self, *, dimensions: int) -> None:
        # A file rather than a pipe: the answer (30 MB for 10,000 papers) waits there until it is wanted.
        self._answer: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._child = Child("litreview.embedding.ahead", str(dimensions), stdout=self._answer)
        # Both by the digests of texts.
        self._sent: dict[bytes, int] = {}
        self._fitted: list[bytes] = []
        self._fit: Fit | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        self._answer.close()

    def read(self, texts: Iterable[str]) -> None:
        """Have texts read of which some are to be fitted on. Returns at once, as the other methods do."""
        self._child.start()
        new = {digest: text for text in texts if (digest := text_digest(text)) not in self._sent}
        self._sent.update(zip(new, range(len(self._sent), len(self._sent) + len(new)), strict=True))
        if new:
            self._child.send(json.dumps(list(new.values())).encode())

    def fit(self, texts: Iterable[str]) -> None:
        """Have a model fitted on these texts, all different."""
        coming = iter(texts)
        while batch := list(islice(coming, _BATCH)):
            self.read(batch)
            self._fitted += map(text_digest, batch)
        self._child.send(b"[]")
        self._child.send(json.dumps([self._sent[digest] for digest in self._fitted]).encode())

    def result(self, *, wait: bool) -> Fit | None:
        """The fit; None if it failed, was not asked for, or is not there and shall not be waited for."""
        if self._fit is None and self._fitted and (wait or not self._child.running()):
            self._fit = self._read() if self._child.succeeded() else None
            self.end()
        return self._fit

    def end(self) -> None:
        """End the process; a fit that was read stays."""
        self._child.end()
        self._fitted = []

    def _read(self) -> Fit | None:
        self._answer.seek(0)
        try:
            return _unpack(self._answer, self._fitted)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError):
            return None


def _unpack(answer: IO[bytes], digests: Sequence[bytes]) -> Fit:
    """Read what `_serve` wrote.

    Raises:
        ValueError: The shapes are not what they should be.
        KeyError: A part is missing.
        zipfile.BadZipFile: It is cut short; EOFError where it is empty.
    """
    import numpy as np

    from .lsa import LsaModel

    with np.load(answer, allow_pickle=False) as parts:
        terms, rows, vectors = json.loads(parts["terms"].tobytes()), parts["rows"], parts["vectors"]
    if vectors.shape != (len(digests), rows.shape[1]) or len(terms) != len(rows):
        raise ValueError("the shapes do not fit each other")
    return Fit(LsaModel(tuple(terms), rows), vectors, {digest: place for place, digest in enumerate(digests)})


def _serve(dimensions: int) -> None:
    # The other cores are at work: threads that wait for each other there take longer than one does here.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import numpy as np
    import scipy.linalg
    import scipy.sparse  # noqa: F401 - loaded while the papers are being read

    from .lsa import Reader, fit_and_embed

    told, reader, texts = messages(), Reader(), []
    while batch := json.loads(told.get()):
        texts += batch
        reader.read(batch)
    chosen = [texts[number] for number in json.loads(told.get())]
    model, vectors = fit_and_embed(chosen, dimensions=dimensions, reader=reader)
    terms = np.frombuffer(json.dumps(model.terms).encode(), dtype=np.uint8)
    np.savez(sys.stdout.buffer, terms=terms, rows=model.rows, vectors=vectors)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
