"""litreview's own format: JSONL with one paper a line, in and out. No I/O.

Every field of `Paper` may stand in a record and only `title` must. `sources` are kept where the record has
them, even empty; otherwise the file and the line become the source. An identifier or a date that cannot be
read is left out and noted.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from litreview.papers import Paper, Source
from litreview.sources.batch import Rejected, SourceBatch, as_one, explain, in_batches, quoted
from litreview.sources.json_items import read_items
from litreview.sources.records import key_in, known_identifiers
from litreview.text.cleaning import clean_text, strip_controls

FORMAT = "jsonl"

# Escaped or, in what was decoded leniently, as they are.
_SURROGATE = re.compile("\\\\u[dD][89a-fA-F]|[\ud800-\udfff]")
_LIST = re.compile(r'\[\s*\{\s*"')
_FIELDS = frozenset(Paper.model_fields)
_SOURCE_FIELDS = frozenset(Source.model_fields)
_CLEANED = ("title", "abstract")
_PLAIN = ("organisation", "venue", "url")
_PLAIN_LISTS = ("authors", "tags")
_COUNTS = ("author_count", "comments")


def looks_like(text: str) -> bool:
    """Tell whether the beginning of a file reads like JSON objects, one a line, or a list of our records."""
    start = text.lstrip("\ufeff \t\r\n")
    first = start.split("\n", 1)[0]
    return bool(re.match(r'\{\s*"[^"]*"\s*:', first)) or is_list(start)


def is_list(text: str) -> bool:
    """Tell whether a file begins like one JSON list of our records."""
    return bool(_LIST.match(text.lstrip("\ufeff \t\r\n")) and '"title"' in text)


def parse(text: str, *, name: str) -> SourceBatch:
    """Return the papers of a whole JSONL text; see `read` for long files."""
    # Only "\n" ends a line: JSON strings may hold U+2028 and the like as they are.
    return as_one(read(io.StringIO(text.removeprefix("\ufeff"), newline="\n"), name=name))


def read(lines: Iterable[str], *, name: str) -> Iterator[SourceBatch]:
    """Yield what lines hold, at most 1,000 records at a time, in constant memory."""
    return in_batches(_results(lines, name))


def read_list(chunks: Iterable[str], *, name: str) -> Iterator[SourceBatch]:
    """Yield the papers of one JSON list of such records, given in pieces of any size."""
    ignored: Counter[str] = Counter()

    def make(record: dict[str, Any], source: Source, notes: list[str]) -> Paper:
        ignored.update(field for field in record if field not in _FIELDS)
        return _paper(_without_surrogates(record), source, notes)

    def results() -> Iterator[Paper | Rejected | str]:
        source = Source(format=FORMAT, name=name)
        yield from read_items(chunks, make, is_item=lambda record: "title" in record, source=source)
        yield from ignored_notes(ignored)

    return in_batches(results())


def _results(lines: Iterable[str], name: str) -> Iterator[Paper | Rejected | str]:
    ignored: Counter[str] = Counter()
    notes: list[str] = []
    for result in parse_lines(lines, name=name, ignored=ignored, notes=notes):
        yield result
        yield from notes
        notes.clear()
    yield from ignored_notes(ignored)


def parse_lines(
    lines: Iterable[str], *, name: str, ignored: Counter[str] | None = None, notes: list[str] | None = None
) -> Iterator[Paper | Rejected]:
    """Yield what each line holds, one at a time, so that memory does not grow with the file.

    Args:
        lines: Lines, with or without their ends. Blank ones are skipped.
        name: The file's name, for the sources of papers that come without one.
        ignored: Where given, counts the names of fields that are not ours.
        notes: Where given, is told which identifiers and dates were left out.
    """
    for number, line in enumerate(lines, start=1):
        result = parse_line(line, number, name=name, ignored=ignored, notes=notes)
        if result is not None:
            yield result


def parse_line(
    line: str,
    number: int,
    *,
    name: str,
    ignored: Counter[str] | None = None,
    notes: list[str] | None = None,
) -> Paper | Rejected | None:
    """Return the paper of line `number` (from 1), the reason why there is none, or None for a blank line."""
    if not line.strip():
        return None
    try:
        record = _loads(line)
        if not isinstance(record, dict):
            raise ValueError(f"a line must hold one JSON object, this is {quoted(record)}")
        if ignored is not None:
            ignored.update(field for field in record if field not in _FIELDS)
        return _paper(record, Source(format=FORMAT, name=name, line=number), [] if notes is None else notes)
    except json.JSONDecodeError as error:
        cut = "" if line.endswith("\n") else "; the file may be cut off here"
        reason = f"not valid JSON: {error.msg.removesuffix(' at')} at column {error.colno}{cut}"
    except ValidationError as error:
        reason = explain(error)
    except ValueError as error:
        reason = str(error)
    except RecursionError:
        reason = "not valid as a paper: nested too deeply"
    return Rejected(path=name, line=number, reason=reason, raw=line.rstrip("\n"))


def dump(papers: Iterable[Paper]) -> str:
    """Return papers as JSONL that `parse` reads back as they are."""
    return "".join(dump_lines(papers))


def dump_lines(papers: Iterable[Paper]) -> Iterator[str]:
    """Yield one line of JSON for each paper, with its line end. Unknown and empty fields are left out."""
    for paper in papers:
        record = paper.model_dump(mode="json", exclude_none=True)
        kept = {field: value for field, value in record.items() if value != [] or field == "sources"}
        yield json.dumps(kept, ensure_ascii=False) + "\n"


def ignored_notes(ignored: Counter[str]) -> Iterator[str]:
    """Yield what to tell the user about fields that were not read."""
    if ignored:
        names = ", ".join(f"{quoted(name)} ({number} times)" for name, number in ignored.most_common(5))
        more = f" and {len(ignored) - 5} other fields" if len(ignored) > 5 else ""
        yield f"not read, because a paper has no such field: {names}{more}"


def _loads(line: str) -> Any:
    """Return the value of a line, lone surrogates replaced: no database or file would take them."""
    value = json.loads(line)
    return _without_surrogates(value) if _SURROGATE.search(line) else value


def _without_surrogates(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass")
    return json.loads(text.decode("utf-16", "replace"))


def _paper(record: dict[str, Any], source: Source, notes: list[str]) -> Paper:
    fields = {field: value for field, value in record.items() if field in _FIELDS and value is not None}
    year = fields.get("published")
    if isinstance(year, int) and not isinstance(year, bool):
        fields["published"] = str(year)
    fields = known_identifiers(fields, source=source, notes=notes)
    key = fields.get("key")
    if isinstance(key, str) and key.strip() and key_in(key) != key:
        del fields["key"]
        notes.append(f"{source.name}:{source.line}: key left out: {quoted(key)} cannot be cited")
    for count in _COUNTS:
        if isinstance(fields.get(count), bool):
            raise ValueError(f"{count}: should be a whole number, got {fields[count]!r}")
    originals = _clean(fields)
    if isinstance(fields.get("sources"), list):
        fields["sources"] = [_known_source_fields(source) for source in fields["sources"]]
    elif fields.get("sources") is None:
        fields["sources"] = [source.model_copy(update=originals)]
    return Paper.model_validate(fields)


def _clean(fields: dict[str, Any]) -> dict[str, str]:
    """Clean a record's texts in place; return title and abstract as they were where that changed them."""
    originals = {}
    for field in _CLEANED:
        value = fields.get(field)
        if isinstance(value, str):
            fields[field] = clean_text(value)
            if fields[field] != value:
                originals[f"original_{field}"] = value.encode("utf-8", "replace").decode("utf-8")
    for field in _PLAIN:
        if isinstance(fields.get(field), str):
            fields[field] = strip_controls(fields[field])
    for field in _PLAIN_LISTS:
        if isinstance(fields.get(field), list):
            fields[field] = [strip_controls(v) if isinstance(v, str) else v for v in fields[field]]
    return originals


def _known_source_fields(source: Any) -> Any:
    if not isinstance(source, dict):
        return source
    return {field: value for field, value in source.items() if field in _SOURCE_FIELDS}
