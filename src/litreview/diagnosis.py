"""What `litreview doctor` finds out: whether catalogue, embedding and index agree, down to single vectors."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from .library import Library


class Diagnosis(BaseModel):
    """The state of a library. `index` and `catalogue` are "ok" or say in a word what is wrong."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    library: str
    papers: int
    without_abstract: int
    pending: int
    catalogue: str
    embedding: str
    index: str
    index_reason: str

    @property
    def consistent(self) -> bool:
        """Whether nothing is to be repaired."""
        return self.catalogue == "ok" and self.index == "ok" and not self.pending


def diagnose(library: Library) -> Diagnosis:
    """Look at everything a library consists of. Chroma is opened only in a process of its own.

    Raises:
        LibraryError: The catalogue cannot be read.
    """
    state = library.state()
    health = library.probe_index() if state.health else state.health
    generation = state.generation
    embedding = (
        f"{generation.provider} ({generation.model}), {generation.dimensions} dimensions,"
        f" fitted on {generation.fitted_on:,} papers"
        if generation
        else "none yet"
    )
    return Diagnosis(
        library=str(library.folder),
        papers=state.papers,
        without_abstract=state.without_abstract,
        pending=state.pending,
        catalogue=library.check_catalogue(),
        embedding=embedding,
        index=health.state,
        index_reason=health.reason,
    )
