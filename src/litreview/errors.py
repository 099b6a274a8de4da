"""Every error litreview raises on purpose, drawn as a tree.

::

    LitreviewError                 exit 1   base: anything that stops a command
    ├── UsageError                 exit 2   the call itself makes no sense (an empty question, a bad year)
    ├── NothingRelevant            exit 3   the library has nothing on this question, or nothing at all
    ├── NothingSupported           exit 3   no claim of the model's answer stands on the abstracts it cites
    ├── CheckFailed                exit 4   a citation check failed under --strict
    ├── ProviderError              exit 5   a server could not be reached, or cannot serve now
    │   └── ServerUnavailable      exit 5   the library's Chroma server does not answer; the work is kept here
    ├── ModelError                 exit 1   a server was reached, and something has to be changed
    │   ├── ModelRefused           exit 1   the request was turned down: key, model, quota, parameters
    │   ├── ContextTooLong         exit 1   the prompt does not fit into the model's context
    │   ├── CostLimit              exit 1   the next call would pass --max-cost
    │   └── ReplyError             exit 1   the reply cannot be used; it is kept in `raw`
    │       ├── ReplyTruncated     exit 1   it ends where the limit of tokens was
    │       ├── ReplyCutOff        exit 1   the connection ended before the reply did
    │       ├── ReplyEmpty         exit 1   there is nothing in it
    │       ├── ReplyDeclined      exit 1   the model or a content filter declined
    │       └── ReplyUnreadable    exit 1   it is not in the form that was asked for, twice
    ├── PromptError                exit 1   a prompt file cannot be used
    ├── RunNotFound                exit 1   no stored run has this id
    ├── SourceError                exit 1   a file cannot be read as papers
    ├── PaperNotFound              exit 1   no paper has this key
    ├── SettingsError              exit 1   a setting has a value that cannot be used
    ├── PluginError                exit 1   what another package adds to litreview cannot be loaded
    └── LibraryError               exit 1   the library folder cannot be opened or written
        ├── LibraryVersionError    exit 1   made by a newer litreview
        ├── LibraryBusy            exit 1   another process kept the writer lock too long
        ├── BackupError            exit 1   a backup cannot be written, or is none that can be restored
        ├── EmbeddingMismatch      exit 1   the stored vectors come from another embedding
        └── IndexUnusable          exit 1   the vector index cannot be trusted; the catalogue can

Each carries a `hint`: the next thing to type. Exit codes are the contract of the command line.
"""

from __future__ import annotations

from typing import ClassVar


class LitreviewError(Exception):
    """Something stopped the work; `str(error)` says what, `error.hint` what to do next.

    Args:
        message: What happened, quoting the offending value with `!r`.
        hint: The next command to type, or an empty string where none helps.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(LitreviewError):
    """The call cannot be meant: an empty question, an unreadable date, a negative count."""

    exit_code = 2


class NothingRelevant(LitreviewError):
    """No paper in the library bears on the question, or the library is empty."""

    exit_code = 3


class NothingSupported(LitreviewError):
    """A model answered, and not one of its claims is supported by the abstracts it cites."""

    exit_code = 3


class CheckFailed(LitreviewError):
    """At least one claim failed its citation check where none may."""

    exit_code = 4


class ProviderError(LitreviewError):
    """A server the command depends on could not be reached, or cannot serve now (busy, failing, silent)."""

    exit_code = 5


class ServerUnavailable(ProviderError):
    """The Chroma server of a shared library does not answer as one. What was to be sent waits here."""


class ModelError(LitreviewError):
    """A model's server was reached, and the same request would fail again."""


class ModelRefused(ModelError):
    """The server turned the request down: a wrong key, an unknown model, a spent quota, a bad parameter."""


class ContextTooLong(ModelError):
    """The prompt is longer than the model's context; `limit` is that in tokens where the server said it."""

    def __init__(self, message: str, *, hint: str = "", limit: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.limit = limit


class CostLimit(ModelError):
    """The next call to the model would cost more than was allowed; it was not made."""


class ReplyError(ModelError):
    """A model's reply cannot be used. `raw` is what came, as it came; it may be empty."""

    def __init__(self, message: str, *, hint: str = "", raw: str = "") -> None:
        super().__init__(message, hint=hint)
        self.raw = raw


class ReplyTruncated(ReplyError):
    """The reply ends where the limit of tokens was (`finish_reason` is "length")."""


class ReplyCutOff(ReplyError):
    """The connection ended before the reply did (no `finish_reason`)."""


class ReplyEmpty(ReplyError):
    """The reply holds nothing."""


class ReplyDeclined(ReplyError):
    """The model declined to answer, or a content filter kept the answer back."""


class ReplyUnreadable(ReplyError):
    """The reply is not in the form that was asked for, and a second one was not either."""


class PromptError(LitreviewError):
    """A prompt file cannot be read or rendered; the message names file and line."""


class RunNotFound(LitreviewError):
    """No stored run has this id."""


class SourceError(LitreviewError):
    """A whole file cannot be read as papers (a single bad record is a `Rejected`, not an error)."""


class PaperNotFound(LitreviewError):
    """No paper of the library has this key."""


class SettingsError(LitreviewError):
    """A setting holds a value that cannot be used."""


class PluginError(LitreviewError):
    """What another package adds to litreview (an embedder, a format) cannot be loaded."""


class LibraryError(LitreviewError):
    """The library folder cannot be opened, read or written."""


class LibraryVersionError(LibraryError):
    """The library was written by a newer litreview than this one."""


class LibraryBusy(LibraryError):
    """Another process held the writer lock for longer than we were willing to wait."""


class BackupError(LibraryError):
    """A backup file cannot be written, or what it holds cannot be restored."""


class EmbeddingMismatch(LibraryError):
    """The library's vectors were made by another embedding than the one configured now."""


class IndexUnusable(LibraryError):
    """The vector index is missing, stale or damaged. The catalogue still holds everything."""


def quoted_url(url: str) -> str:
    """A URL that cannot be used, as a message may quote it: the whole of it may hold a password.

    >>> quoted_url("htp://ada:secret@example.org/v1?key=abc")
    "'example.org/v1'"
    """
    return repr(url.strip().rsplit("@", 1)[-1].split("?", 1)[0])


def error_report(error: LitreviewError) -> dict[str, dict[str, str | int]]:
    """An error as programs read it: the JSON of a command with --json that failed."""
    return {
        "error": {
            "type": type(error).__name__,
            "message": error.message,
            "hint": error.hint,
            "exit_code": error.exit_code,
        }
    }
