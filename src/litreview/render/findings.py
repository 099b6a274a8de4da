"""The findings of a document check: for a terminal, as SARIF 2.1.0, and as GitHub's annotations.

Texts come from strangers' files. They are printed as Rich `Text`, never as markup, were stripped of control
characters by the check, and are escaped for the format they go into.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import PurePath
from typing import Any, Literal
from urllib.parse import quote

from rich.console import Console
from rich.text import Text

from litreview.checking.findings import DocumentClaim, DocumentReport, DocumentSummary

_WIDEST = 100
_STYLES = {"unsupported": "bold red", "weak": "yellow"}
_SHOWN_QUOTES = 2

# What stands in SARIF's list of rules; "weak" is the rule of doubts.
RULES = {
    "unknown-paper": "A key that no paper has.",
    "quote-not-found": "A quotation that does not stand in the abstract it cites.",
    "wrong-paper": "A quotation that stands in another paper.",
    "altered-quote": "A quotation that nearly stands in the abstract it cites.",
    "number-mismatch": "A number that stands in no cited abstract.",
    "polarity-mismatch": "A claim that says the opposite of what it cites.",
    "uncited": "A finding that cites nothing.",
    "weak": "A claim that the cited abstracts support in part, or that cannot be checked.",
}
Level = Literal["error", "warning"]


def print_findings(report: DocumentReport, console: Console) -> None:
    """Print what is unsupported or weak, by file and line, and how many claims are neither."""
    width = min(console.width, _WIDEST)
    for claim in report.claims:
        if claim.verdict == "supported":
            continue
        place = f"{claim.path}:{claim.line}:{claim.column}"
        names = ", ".join(claim.reasons)
        style = _STYLES[claim.verdict]
        head = Text.assemble((place, "bold"), ": ", (claim.verdict, style), f" ({names})" if names else "")
        console.print(head, soft_wrap=True)
        _print(console, Text(claim.text), width, indent=2)
        for line in claim.explanations:
            _print(console, Text(f"→ {line}", style=style.removeprefix("bold ")), width, indent=2)
        for evidence in claim.evidence[:_SHOWN_QUOTES]:
            quotation = Text.assemble((evidence.key, "green"), f": “{evidence.quote}”", style="dim")
            _print(console, quotation, width, indent=4)
        console.print()
    console.print(Text(summary_line(report.summary)), soft_wrap=True)


def _print(console: Console, text: Text, width: int, *, indent: int) -> None:
    """Print wrapped and indented, without spaces at the ends of lines."""
    for line in text.wrap(console, max(width - indent, 20)):
        line.rstrip()
        console.print(Text(" " * indent) + line, soft_wrap=True)


def summary_line(summary: DocumentSummary) -> str:
    """The counts in one line."""
    claims = summary.supported + summary.weak + summary.unsupported
    of_these = f", {summary.uncited} of them without a citation" if summary.uncited else ""
    cited = f"{_many(summary.citations, 'citation')} of {_many(summary.papers, 'paper')}"
    return (
        f"{_many(claims, 'claim')} with {cited}"
        f" in {_many(summary.files, 'file')}: {summary.supported} supported, {summary.weak} weak{of_these},"
        f" {summary.unsupported} unsupported"
    )


def to_sarif(report: DocumentReport, *, strict: bool = False) -> str:
    """A SARIF 2.1.0 log: a result for each reason of a claim, one with the rule "weak" for a doubt."""
    driver = {
        "name": "litreview",
        "version": version("litreview"),
        "rules": [{"id": name, "shortDescription": {"text": said}} for name, said in RULES.items()],
    }
    notifications = [{"level": "note", "message": {"text": note}} for note in report.notes]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(claim, rule, level) for claim, rule, level in _failures(report, strict=strict)],
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notifications}],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def to_github(report: DocumentReport, *, strict: bool = False) -> str:
    """Workflow commands that put each finding beside its line: errors, or warnings where it is a doubt."""
    lines = []
    for claim, rule, level in _failures(report, strict=strict):
        properties = {
            "file": claim.path,
            "line": str(claim.line),
            "col": str(claim.column),
            "title": f"litreview: {rule}",
        }
        said = ",".join(f"{name}={_escaped_property(value)}" for name, value in properties.items())
        lines.append(f"::{level} {said}::{_escaped(_message(claim, rule))}\n")
    return "".join(lines)


def _failures(report: DocumentReport, *, strict: bool) -> Iterator[tuple[DocumentClaim, str, Level]]:
    for claim in report.claims:
        failed = claim.verdict == "unsupported" or strict
        for rule in claim.reasons or (("weak",) if claim.verdict == "weak" else ()):
            yield claim, rule, "error" if failed else "warning"


def _message(claim: DocumentClaim, rule: str) -> str:
    """What explains one rule of a claim, and the claim."""
    about = [line for line in claim.explanations if line.startswith(f"{rule}:")] or list(claim.explanations)
    return "\n".join([*about, f"“{claim.text}”"])


def _result(claim: DocumentClaim, rule: str, level: Level) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": _uri(claim.path)},
        "region": {"startLine": claim.line, "startColumn": claim.column},
    }
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": _message(claim, rule)},
        "locations": [{"physicalLocation": place}],
    }


def _uri(path: str) -> str:
    named = PurePath(path)
    return named.as_uri() if named.is_absolute() else quote(named.as_posix())


def _escaped(text: str) -> str:
    """A message as GitHub's workflow commands take it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
