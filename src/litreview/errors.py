"""Every error litreview raises on purpose, drawn as a tree.

    LitreviewError                 exit 1   base: anything that stops a command
    ├── UsageError                 exit 2   the call itself makes no sense (an empty question, a bad year)
    ├── NothingRelevant            exit 3   the library has nothing on this question, or nothing at all
    ├── CheckFailed                exit 4   a citation check failed under --strict
    ├── ProviderError              exit 5   a server could not be reached
    ├── SourceError                exit 1   a file cannot be read as papers
    ├── PaperNotFound              exit 1   no paper has this key
    ├── SettingsError              exit 1   a setting has a value that cannot be used
    └── LibraryError               exit 1   the library folder cannot be opened or written
        ├── LibraryVersionError    exit 1   made by a newer litreview
        ├── LibraryBusy            exit 1   another process kept the writer lock too long
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


class CheckFailed(LitreviewError):
    """At least one claim failed its citation check where none may."""

    exit_code = 4


class ProviderError(LitreviewError):
    """A server the command depends on could not be reached or refused to serve."""

    exit_code = 5


class SourceError(LitreviewError):
    """A whole file cannot be read as papers (a single bad record is a `Rejected`, not an error)."""


class PaperNotFound(LitreviewError):
    """No paper of the library has this key."""


class SettingsError(LitreviewError):
    """A setting holds a value that cannot be used."""


class LibraryError(LitreviewError):
    """The library folder cannot be opened, read or written."""


class LibraryVersionError(LibraryError):
    """The library was written by a newer litreview than this one."""


class LibraryBusy(LibraryError):
    """Another process held the writer lock for longer than we were willing to wait."""


class EmbeddingMismatch(LibraryError):
    """The library's vectors were made by another embedding than the one configured now."""


class IndexUnusable(LibraryError):
    """The vector index is missing, stale or damaged. The catalogue still holds everything."""
