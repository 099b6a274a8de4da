"""Fitting LSA in a process of its own, while the caller does other work on the same papers.

    python -m litreview.embedding.ahead

reads the texts as one line of JSON from its standard input, writes the model and the vectors to its standard
output as a NumPy archive, and ends at once when its input does: it never outlives who started it.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from .lsa import LsaModel

# A model fitted on almost all texts is as good; the few others are embedded with it.
_SAME = 0.99


class FitAhead:
    """A fit that is under way. A context manager: at its end the process is gone, however it ends.

    Args:
        texts: The papers to fit on, as `lsa.fit_and_embed` takes them.
        dimensions: Upper bound, as there.
    """

    def __init__(self, texts: Sequence[str], *, dimensions: int) -> None:
        self._texts = tuple(texts)
        self._dimensions = dimensions
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        # -P keeps the working directory off the path: what lies there is none of ours.
        command = [sys.executable, "-P", "-m", "litreview.embedding.ahead", str(self._dimensions)]
        try:
            self._child = subprocess.Popen(  # noqa: S603 - our own module, no shell
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError:
            return self
        try:
            self._send(self._child)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def fit_for(self, texts: Sequence[str]) -> tuple[LsaModel, npt.NDArray[np.float32]] | None:
        """Wait for the model; give it and the unit vectors of these texts, shape (len(texts), dimensions).

        None if the process failed, or if fewer than 99 % of these texts and of those fitted on are the same.
        """
        place = {text: number for number, text in enumerate(self._texts)}
        found = [place.get(text, -1) for text in texts]
        if len(set(found) - {-1}) < _SAME * max(len(texts), len(place)):
            return None
        answer = self._answer()
        if answer is None:
            return None
        model, fitted = answer
        vectors = fitted[found]
        others = [number for number, at in enumerate(found) if at < 0]
        if others:
            from .lsa import embed_papers

            vectors[others] = embed_papers(model, [texts[number] for number in others])
        return model, vectors

    def _answer(self) -> tuple[LsaModel, npt.NDArray[np.float32]] | None:
        if self._child is None or self._child.stdout is None:
            return None
        try:
            return _unpack(self._child.stdout.read(), len(self._texts))
        except (OSError, ValueError, KeyError):
            return None
        finally:
            self._end()

    def _send(self, child: subprocess.Popen[bytes]) -> None:
        """Hand over the texts. The pipe stays open: its end is how the process knows of ours."""
        if child.stdin is None:
            return
        try:
            child.stdin.write(json.dumps(self._texts).encode() + b"\n")
            child.stdin.flush()
        except OSError:  # it is gone already, which `fit_for` notices
            return

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:
                continue
        child.wait()


def _unpack(answer: bytes, texts: int) -> tuple[LsaModel, npt.NDArray[np.float32]]:
    """Read what `_serve` wrote.

    Raises:
        ValueError: It is cut short, or of other shapes than it should be.
        KeyError: A part is missing.
    """
    import zipfile

    import numpy as np

    from .lsa import LsaModel

    try:
        with np.load(io.BytesIO(answer), allow_pickle=False) as parts:
            terms, rows, vectors = json.loads(parts["terms"].tobytes()), parts["rows"], parts["vectors"]
    except (zipfile.BadZipFile, EOFError) as error:
        raise ValueError("no NumPy archive") from error
    if vectors.shape != (texts, rows.shape[1]) or len(terms) != len(rows):
        raise ValueError("the shapes do not fit each other")
    return LsaModel(tuple(terms), rows), vectors


def _serve(dimensions: int) -> None:
    texts = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_input, daemon=True).start()
    import numpy as np

    from .lsa import fit_and_embed

    model, vectors = fit_and_embed(texts, dimensions=dimensions)
    terms = np.frombuffer(json.dumps(model.terms).encode(), dtype=np.uint8)
    archive = io.BytesIO()
    np.savez(archive, terms=terms, rows=model.rows, vectors=vectors)
    sys.stdout.buffer.write(archive.getvalue())
    sys.stdout.buffer.flush()


def _end_with_input() -> None:
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
