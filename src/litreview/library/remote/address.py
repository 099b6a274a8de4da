"""Where a Chroma server is and what it wants to be told: address, headers, tenant, database. No I/O."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from litreview.errors import SettingsError, quoted_url

_HINT = "set LITREVIEW_CHROMA_URL to an address like https://chroma.example.org"
_API = "/api/v2"
_CLOUD = ".trychroma.com"
_HERE = re.compile(r"^(localhost|127(\.\d{1,3}){3}|::1)$")
# A header's name is a token of RFC 9110; a value has no control characters, and so no second header in it.
_NAME = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
_VALUE = re.compile(r"^[\t\x20-\x7e]*$")


@dataclass(frozen=True)
class ServerAddress:
    """A Chroma server as the settings name it. Headers may hold secrets and are never shown.

    `path` leads to version 2 of the interface, without a slash at its end.
    """

    secure: bool
    host: str
    port: int
    path: str
    tenant: str = "default_tenant"
    database: str = "default_database"
    prefix: str = "litreview"
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """The address as it may be shown: without user, password and query."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.secure else 80
        port = "" if self.port == usual else f":{self.port}"
        return f"{'https' if self.secure else 'http'}://{host}{port}{self.path.removesuffix(_API)}"

    @property
    def is_cloud(self) -> bool:
        """Whether this is Chroma Cloud, which takes less in one request than a server of one's own."""
        return self.host.endswith(_CLOUD)

    @classmethod
    def parse(
        cls,
        url: str,
        *,
        token: str | None = None,
        headers: str | None = None,
        tenant: str = "default_tenant",
        database: str = "default_database",
        prefix: str = "litreview",
    ) -> ServerAddress:
        """Read an address.

        Args:
            url: http or https, perhaps with a user and password for a proxy and a path it serves under.
            token: Sent as Chroma Cloud's own header there, else as `Authorization: Bearer`.
            headers: More of them as a JSON object.
            tenant: Chroma's tenant.
            database: Chroma's database.
            prefix: How the names of our collections begin.

        Raises:
            SettingsError: It is no such address, or a secret would cross the network in the clear.
        """
        try:
            parts = urlsplit(url.strip())
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port, parts = None, None, urlsplit("")
        if parts.scheme not in ("http", "https") or not host or not _NAME.match(host.replace(":", ".")):
            raise SettingsError(
                f"the address of the Chroma server, {quoted_url(url)}, is no http or https address",
                hint=_HINT,
            )
        secure = parts.scheme == "https"
        sent = dict(_headers(headers))
        if parts.username or parts.password:
            user = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
            sent["Authorization"] = f"Basic {base64.b64encode(user.encode()).decode()}"
        if token:
            sent |= (
                {"X-Chroma-Token": token} if host.endswith(_CLOUD) else {"Authorization": f"Bearer {token}"}
            )
        if any(not _NAME.match(name) or not _VALUE.match(value) for name, value in sent.items()):
            raise SettingsError(
                "the settings chroma_token or chroma_headers hold what cannot stand in a header",
                hint="look for line breaks and letters that are not ASCII in them",
            )
        if sent and not secure and not _HERE.match(host):
            raise SettingsError(
                f"the Chroma server {host!r} is addressed by http, and its token would cross the network in"
                " the clear",
                hint=_HINT,
            )
        path = parts.path.rstrip("/").removesuffix(_API) + _API
        return cls(
            secure,
            host,
            port or (443 if secure else 80),
            path,
            tenant,
            database,
            prefix,
            tuple(sorted(sent.items())),
        )


def _headers(text: str | None) -> dict[str, str]:
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise SettingsError(
            "the setting chroma_headers is no JSON object of texts",
            hint="""LITREVIEW_CHROMA_HEADERS='{"X-Api-Key": "…"}'""",
        )
    return found
