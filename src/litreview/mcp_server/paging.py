"""Cursors: where the next page of a list begins, as text that only fits the list it was made for."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from litreview.errors import UsageError


def cursor_of(place: int, arguments: Mapping[str, Any]) -> str:
    """A cursor for the list that these arguments give, `place` entries after its beginning."""
    return base64.urlsafe_b64encode(f"{place}.{_digest(arguments)}".encode()).decode()


def place_of(cursor: str | None, arguments: Mapping[str, Any]) -> int:
    """Where a cursor points to, from 0; the beginning without one.

    Raises:
        UsageError: It is none of ours, or was made for other arguments.
    """
    if cursor is None:
        return 0
    try:
        place, _, digest = (
            base64.b64decode(cursor, altchars=b"-_", validate=True).decode("ascii").partition(".")
        )
        found = int(place)
    except ValueError:
        found, digest = -1, ""
    if found < 0 or digest != _digest(arguments):
        raise UsageError(
            f"the cursor {cursor[:60]!r} does not belong to this list",
            hint="take the cursor of the page before, with the same other arguments, or none to begin",
        )
    return found


def _digest(arguments: Mapping[str, Any]) -> str:
    text = json.dumps(dict(arguments), sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
