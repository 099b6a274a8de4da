"""What passes between the HTTP layer, the paging and the services. Values only: nothing is sent from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol, get_args
from urllib.parse import urlsplit

from litreview.errors import SettingsError, quoted_url
from litreview.sources import SourceBatch

ServiceName = Literal["arxiv", "hf", "openalex", "s2", "pubmed", "crossref", "zotero"]
SERVICES: tuple[ServiceName, ...] = get_args(ServiceName)

MINUTE = 60.0
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Host:
    """A service as HTTP sees it: where it is, how often it may be asked, and who asks.

    Args:
        name: Its short name, such as "arxiv".
        title: Its name in messages, such as "arXiv".
        url: The base URL, which may name a user and a password.
        interval: Seconds from the start of one request to the start of the next; 0 sets no limit.
        headers: Sent with every request.
        secret_headers: As `headers`, kept out of messages and not sent on to another host.
        secret_params: Sent with every request, and kept out of messages and of the cache's keys.
        key: The key's value, blotted out of what a server says; None where none is set or none exists.
        key_setting: The environment variable that holds the key, or None where the service knows no keys.
        hint: What to do where it cannot be reached.

    Raises:
        SettingsError: The URL is no http(s) URL with a host, or the key cannot be sent.
    """

    name: ServiceName
    title: str
    url: str
    interval: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    secret_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    key: str | None = field(default=None, repr=False)
    key_setting: str | None = None
    hint: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", self.url.strip().rstrip("/"))
        try:
            parts = urlsplit(self.url)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
            usable = usable and not (parts.query or parts.fragment)
        except ValueError:
            usable = False
        if not usable:
            raise SettingsError(
                f"the URL of {self.title}, {quoted_url(self.url)}, is no http or https URL with a host"
                " and no parameters",
                hint=f"set {self.url_setting} to one, or unset it",
            )
        key = self.key or ""
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise SettingsError(
                f"the key in {self.key_setting} holds a space, a line break or a character that is not ASCII",
                hint="copy the key again, on one line and without quotation marks",
            )

    @property
    def url_setting(self) -> str:
        """The environment variable that holds the base URL."""
        return f"LITREVIEW_{self.name.upper()}_URL"

    @property
    def shown(self) -> str:
        """The URL as it may be shown: without user and password."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    @property
    def address(self) -> str:
        """Host and port, in lower case: what limits of rate belong to."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


@dataclass(frozen=True, slots=True)
class Request:
    """One GET. `path` is below the host's base URL; `params` go into the query in this order.

    Args:
        step: Which of a service's answers this is, for services that need more than one kind of request.
        at: How many records lie before the first of this page.
        about: What was asked for in the user's words; quoted in messages.
        age: How old a kept answer may be, in seconds; 0 asks anew every time and keeps nothing.
        missing: Whether "not found" (404) is an answer, and gives a page without text.
    """

    path: str
    params: tuple[tuple[str, str], ...] = ()
    step: str = "search"
    at: int = 0
    about: str = ""
    age: float = DAY
    missing: bool = False

    def with_params(self, **changed: str) -> Request:
        """The same request with parameters replaced, or added at the end."""
        kept = tuple((name, changed.pop(name, value)) for name, value in self.params)
        return replace(self, params=(*kept, *changed.items()))

    def param(self, name: str) -> str:
        """A parameter's value, or "" where there is none."""
        return next((value for known, value in self.params if known == name), "")


class Page(NamedTuple):
    """An answer. `headers` have names in lower case; `kept` tells that it came from the cache."""

    text: str
    headers: Mapping[str, str] = _NOTHING
    kept: bool = False
    found: bool = True


class Reply(NamedTuple):
    """What a service makes of a page.

    Args:
        batch: The records on it.
        next: The request for the page after it, or None. The request itself means that this page was not
            whole and is to be asked for again.
        total: How many records match, where the service says so.
    """

    batch: SourceBatch
    next: Request | None
    total: int | None = None


class Drift(Exception):
    """An answer that is not of the form it used to be; the text says what is missing or wrong."""


class Service(Protocol):
    """A source of papers. Pure: it says what to ask for and what an answer means, and never asks."""

    @property
    def host(self) -> Host:
        """Where it is."""

    def first(self, query: str, *, limit: int | None) -> Request:
        """The first request for a query; `limit` is how many records are wanted at most.

        Raises:
            UsageError: The service cannot be asked this.
        """

    def read(self, page: Page, asked: Request) -> Reply:
        """The records of a page, and where to go on.

        Raises:
            Drift: The page has not the form it should have.
            UsageError: The page says that the question was wrong.
        """
