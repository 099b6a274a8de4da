"""The root of the command line: options that hold wherever they stand, and bad usage as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from typer.core import TyperGroup

from litreview.errors import UsageError, error_report

from .shell import harmless, print_json

if TYPE_CHECKING:
    # What TyperGroup is typed with; typer.Context is a subclass of it.
    from typer._click import Context

_ARGUMENTS = "litreview.arguments"


class Group(TyperGroup):
    """Takes --quiet in front of and behind the name of a command; with --json reports bad usage as JSON too.

    Bad usage is found while arguments are parsed, before a command and its `guarded` are reached.
    """

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Bring --quiet to the front, where it is parsed."""
        ctx.meta[_ARGUMENTS] = _options(args)
        if "--quiet" in _options(args):
            end = len(_options(args))
            args = ["--quiet", *(word for word in args[:end] if word != "--quiet"), *args[end:]]
        with _harmlessly():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Context) -> Any:
        """Run the command."""
        try:
            with _harmlessly():
                return super().invoke(ctx)
        except Exception as error:
            # What Typer raises for bad usage has no public name in all of its versions that we support.
            if hasattr(error, "format_message") and "--json" in ctx.meta[_ARGUMENTS]:
                print_json(_report(error.format_message(), getattr(error, "exit_code", 2)))
            raise


@contextmanager
def _harmlessly() -> Iterator[None]:
    """Let no argument of bad usage steer a terminal: it may be the name of a file, put there by a "*"."""
    try:
        yield
    except Exception as error:
        # What Typer raises for bad usage has no public name in all of its versions that we support.
        if hasattr(error, "format_message") and hasattr(error, "message"):
            error.message = harmless(str(error.message))
        raise


def _options(args: list[str]) -> list[str]:
    """The arguments before "--", behind which nothing is an option."""
    return args[: args.index("--")] if "--" in args else args


def _report(message: str, exit_code: int) -> dict[str, dict[str, str | int]]:
    report = error_report(UsageError(message, hint="litreview --help"))
    return {"error": {**report["error"], "exit_code": exit_code}}
