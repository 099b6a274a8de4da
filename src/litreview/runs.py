"""Runs: each question with all that is needed to repeat its answer, kept in the library. Never a key."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from .answers import Review
from .errors import LibraryError, LitreviewError, RunNotFound
from .library import Library, RunEntry
from .llm.types import Completion
from .related_work import Commission, RelatedWork
from .retrieval import Retrieved
from .writing import Plan, StoredReply

_log = logging.getLogger("litreview")


class PromptUsed(BaseModel):
    """A prompt file as a run used it."""

    model_config = ConfigDict(frozen=True)

    name: str
    version: int
    digest: str


class Run(BaseModel):
    """A question, what was found and sent, what came back, and the answer or the error.

    `settings` hold the model's identity (server, model, parameters) and the budget; `created` is UTC. A run
    with a `commission` is of a related-work section, which stands in `section`; any other of an answer.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    created: str
    settings: dict[str, Any] = {}
    retrieved: Retrieved
    prompts: tuple[PromptUsed, ...] = ()
    plan: Plan | None = None
    replies: tuple[StoredReply, ...] = ()
    review: Review | None = None
    commission: Commission | None = None
    section: RelatedWork | None = None
    error: str | None = None

    def ended(self, review: Review, *, plan: Plan | None = None, replies: Iterable[StoredReply] = ()) -> Run:
        """This run with its answer."""
        return self.model_copy(update={"review": review, "plan": plan, "replies": tuple(replies)})

    def drafted(self, section: RelatedWork, *, replies: Iterable[StoredReply] = ()) -> Run:
        """This run with its section."""
        return self.model_copy(update={"section": section, "replies": tuple(replies)})

    def failed(self, error: LitreviewError, replies: Iterable[StoredReply]) -> Run:
        """This run with the error it ended in, and the replies it had until then."""
        message = f"{type(error).__name__}: {error.message}"
        return self.model_copy(update={"error": message, "replies": tuple(replies)})


class LibraryReplies:
    """The reply cache of a library, a `writing.ReplyStore`; one that cannot be written keeps nothing."""

    def __init__(self, library: Library) -> None:
        self._archive = library.archive

    def reply(self, digest: str) -> Completion | None:
        """The reply kept under a digest."""
        try:
            record = self._archive.reply(digest)
            return Completion.model_validate_json(record) if record else None
        except ValidationError:
            return None

    def keep_reply(self, digest: str, completion: Completion, *, server: str, model: str) -> None:
        """Keep a reply."""
        try:
            self._archive.put_reply(
                digest, completion.model_dump_json(), server=server, model=model, mode=completion.mode
            )
        except LibraryError as error:
            _log.warning("the reply is not kept: %s", error.message)


def new_run(
    retrieved: Retrieved,
    *,
    settings: Mapping[str, Any] | None = None,
    prompts: tuple[PromptUsed, ...] = (),
    answer: str = "",
) -> Run:
    """A run that begins now.

    Its id is the second in UTC and eight random digits, for dozens may begin in one second. An answer that is
    known already, and would be the same at any time, gives its run an id of its own: the same answer is the
    same run.
    """
    now = datetime.now(UTC)
    digest = hashlib.blake2b(answer.encode(), digest_size=6).hexdigest()
    return Run(
        id=f"x-{digest}" if answer else f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}",
        created=now.isoformat(timespec="milliseconds"),
        settings=dict(settings or {}),
        retrieved=retrieved,
        prompts=prompts,
    )


def save_run(library: Library, run: Run) -> bool:
    """Keep a run; False where it cannot be kept: the library is temporary or cannot be written."""
    if not library.lasts:
        return False
    result = run.review or run.section
    model = result.model if result else run.settings.get("model")
    engine = result.engine if result else "llm"
    entry = RunEntry(run.id, run.created, run.retrieved.question, engine, model, run.error)
    try:
        library.archive.put_run(entry, run.model_dump_json())
    except LibraryError as error:
        _log.warning("the run is not kept: %s", error.message)
        return False
    return True


def load_run(library: Library, id: str) -> Run:
    """The run with this id, or with the only id that begins like this; "last" is the newest.

    Raises:
        RunNotFound: There is none.
        LibraryError: It was stored by another version and cannot be read.
    """
    if id == "last":
        newest = library.archive.runs(limit=1)
        id = newest[0].id if newest else id
    record = library.archive.run(id)
    if record is None:
        raise RunNotFound(f"no run, or more than one, has the id {id!r}", hint="litreview runs")
    try:
        return Run.model_validate_json(record)
    except ValidationError as error:
        raise LibraryError(
            f"the run {id!r} cannot be read by this version ({error.error_count()} fields differ)",
            hint='litreview ask "the question" again',
        ) from error
