"""Where a model is served and what it is told besides the prompt. Values only: nothing is sent from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field

from litreview.errors import SettingsError, quoted_url

OPENAI_URL = "https://api.openai.com/v1"

# openai's client insists on a key; servers at home want none. Said plainly, for whoever reads a server's log.
NO_KEY = "no-key"


@dataclass(frozen=True)
class Server:
    """An OpenAI-compatible server.

    Args:
        base_url: Such as "http://localhost:11434/v1". None or blank: OpenAI's own.
        api_key: The key, kept out of every message, repr and log. None or blank: none is sent.

    Raises:
        SettingsError: The URL is no http(s) URL, or the key holds characters that no HTTP header can carry.
    """

    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        # A key read from a file ends in a newline, and an exported but empty variable means "not set".
        url = (self.base_url or "").strip().rstrip("/") or None
        key = (self.api_key or "").strip() or None
        object.__setattr__(self, "base_url", url)
        object.__setattr__(self, "api_key", key)
        _split(self.url)
        if key and not (key.isascii() and key.isprintable() and " " not in key):
            raise SettingsError(
                f"the key for {self.name} holds a space, a line break or a character that is not ASCII",
                hint="copy the key again, on one line and without quotation marks",
            )

    @property
    def url(self) -> str:
        """The URL requests go to, as given."""
        return self.base_url or OPENAI_URL

    @property
    def user(self) -> tuple[str, str] | None:
        """User and password of the URL, which then stand in for the key; None where it names no user."""
        parts = _split(self.url)
        return (unquote(parts.username), unquote(parts.password or "")) if parts.username else None

    @property
    def query(self) -> Mapping[str, str]:
        """What stands after the URL's question mark, such as an API version; sent with every request."""
        return dict(parse_qsl(_split(self.url).query))

    @property
    def name(self) -> str:
        """The URL as it may be shown and stored: without user, password, query and fragment."""
        parts = _split(self.url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"

    @property
    def host(self) -> str:
        """The host's name or address, in lower case."""
        return _split(self.url).hostname or ""

    @property
    def is_openai(self) -> bool:
        """Whether it is OpenAI's own server, whose parameters differ a little from everyone else's."""
        return self.host == "api.openai.com"

    @property
    def is_local(self) -> bool:
        """Whether it runs on this machine."""
        return self.host in {"localhost", "127.0.0.1", "::1", "0.0.0.0"}  # noqa: S104 - compared, not bound

    @property
    def port(self) -> int:
        """The port, where none is given that of the scheme."""
        parts = _split(self.url)
        return parts.port or (443 if parts.scheme == "https" else 80)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown: the key, and a user, a password and a query inside the URL."""
        found = (self.api_key, *(self.user or ()), *self.query.values())
        return tuple(secret for secret in found if secret)

    def __repr__(self) -> str:
        return f"Server({self.name!r}, api_key={'***' if self.api_key else None!r})"


class Parameters(BaseModel):
    """What a model is told besides the prompt. What is None is not sent: many models accept defaults only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(min_length=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    seed: int | None = None
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_reply_tokens: int | None = Field(default=None, ge=1)
    reasoning_effort: str | None = None

    @property
    def given(self) -> Mapping[str, Any]:
        """Those that are set, the model included."""
        return self.model_dump(exclude_none=True)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(
            f"the server's URL {quoted_url(url)} is no http or https URL with a host",
            hint="write it like http://localhost:11434/v1",
        )
    return parts
