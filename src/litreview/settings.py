"""Settings, frozen: flags over environment over ./.env over the configuration file. Read by the shells."""

from __future__ import annotations

import logging
import os
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from platformdirs import user_cache_path, user_config_path, user_data_path
from pydantic import Field, SecretStr, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from .errors import SettingsError

_log = logging.getLogger("litreview")

_PREFIX = "LITREVIEW_"
_DOTENV = Path(".env")
# Names that other programs read as well; our own (LITREVIEW_BASE_URL) win over them.
_SHARED = {"api_key": "OPENAI_API_KEY", "base_url": "OPENAI_BASE_URL"}
# Which address each key goes to; that of a Chroma server is not taken from ./.env in the first place.
_ADDRESSES = {
    "api_key": "base_url",
    "openalex_key": "openalex_url",
    "s2_key": "s2_url",
    "ncbi_key": "pubmed_url",
}
_ON_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def prices_file() -> Path:
    """Where a user's own prices would be; the file need not exist."""
    return config_file().with_name("prices.toml")


def minilm_folder() -> Path:
    """Where the files of MiniLM are, if they were fetched."""
    return user_cache_path("litreview", appauthor=False) / "all-MiniLM-L6-v2"


def services_folder() -> Path:
    """Where answers of services are kept, and when each was last asked."""
    return user_cache_path("litreview", appauthor=False) / "services"


def vocabulary_folder() -> Path:
    """Where vocabularies are that were fetched on request."""
    return user_cache_path("litreview", appauthor=False) / "vocabularies"


def config_file() -> Path:
    """Where the configuration file would be; it need not exist."""
    return user_config_path("litreview", appauthor=False) / "config.toml"


class Settings(BaseSettings):
    """What can be set. Environment variables carry the prefix LITREVIEW_, the configuration file none.

    The key and the address of the model's server may also stand in OPENAI_API_KEY and OPENAI_BASE_URL.
    Tokens, US dollars and seconds are the units of limits; what is None is left to the model.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    library: Path = Field(default_factory=lambda: user_data_path("litreview", appauthor=False))
    embedding: str = Field(default="lsa", pattern=r"^[a-z][\w.-]*(:.+)?$")
    lean: bool = False
    engine: Literal["auto", "llm", "extractive"] = "auto"
    base_url: str | None = None
    api_key: SecretStr | None = None
    model: str | None = None
    prompts: Path | None = None
    max_context: int | None = Field(default=None, ge=1_000)
    max_reply: int | None = Field(default=None, ge=100)
    max_cost: float | None = Field(default=None, ge=0)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    seed: int | None = None
    reasoning_effort: str | None = None
    stream: bool = True
    timeout: float = Field(default=60.0, gt=0)
    deadline: float = Field(default=300.0, gt=0)
    contact: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._%+'-]+@[A-Za-z0-9.-]+$")
    openalex_key: SecretStr | None = None
    s2_key: SecretStr | None = None
    ncbi_key: SecretStr | None = None
    arxiv_url: str | None = None
    hf_url: str | None = None
    openalex_url: str | None = None
    s2_url: str | None = None
    pubmed_url: str | None = None
    crossref_url: str | None = None
    zotero_url: str | None = None
    chroma_url: str | None = None
    chroma_token: SecretStr | None = None
    chroma_headers: SecretStr | None = None
    chroma_tenant: str = "default_tenant"
    chroma_database: str = "default_database"
    chroma_collection: str = Field(default="litreview", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,60}$")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings names the arguments
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Name the sources, the strongest first."""
        return (
            init_settings,
            env_settings,
            _SharedEnvironment(settings_cls),
            _TolerantDotenv(settings_cls),
            _PrivateToml(settings_cls, config_file()),
        )


class _SharedEnvironment(PydanticBaseSettingsSource):
    """OPENAI_API_KEY and OPENAI_BASE_URL; an empty one counts as not set."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        """Nothing field by field: `__call__` gives both at once."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: os.environ.get(variable, "").strip() for name, variable in _SHARED.items()}
        return {name: value for name, value in found.items() if value}


class _TolerantDotenv(PydanticBaseSettingsSource):
    """./.env of any content: it often belongs to another program, so nothing in it may break a command.

    Bytes that are not UTF-8 and lines that are no assignment are passed over; a value of ours that cannot be
    used is reported and passed over too.
    """

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        """Nothing field by field: `__call__` reads the whole file at once."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name.upper(): value for name, value in _read_dotenv(_DOTENV).items() if value}
        usable: dict[str, Any] = {}
        for name, field in self.settings_cls.model_fields.items():
            names = (f"{_PREFIX}{name.upper()}", _SHARED.get(name, ""))
            variable = next((variable for variable in names if variable in found), None)
            if variable is not None:
                try:
                    # With the field's limits: what is passed on here must not fail later.
                    wanted = Annotated.__class_getitem__((field.annotation, field))  # type: ignore[attr-defined]
                    usable[name] = TypeAdapter(wanted).validate_python(found[variable])
                except ValidationError:
                    shown = "" if _is_secret(field) else f"={found[variable]!r}"
                    _log.warning("%s%s in ./.env cannot be used and is ignored", variable, shown)
        return _without_exposed_keys(self, self._without_stranger(usable), _DOTENV)

    def _without_stranger(self, found: dict[str, Any]) -> dict[str, Any]:
        """Without a server for the whole library, unless it is of this machine.

        Who works in a folder that a stranger packed would send the library to that stranger.
        """
        address = found.get("chroma_url")
        if address is None or _is_here(address):
            return found
        if "chroma_url" not in self.current_state:
            _log.warning(
                "LITREVIEW_CHROMA_URL in ./.env is not used, because the whole library would be sent there;"
                " export it, or put chroma_url into %r",
                str(config_file()),
            )
        return {name: value for name, value in found.items() if name != "chroma_url"}


class _PrivateToml(TomlConfigSettingsSource):
    """The configuration file."""

    def __call__(self) -> dict[str, Any]:
        return _without_exposed_keys(self, super().__call__(), config_file())


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr in (field.annotation, *get_args(field.annotation))


def _without_exposed_keys(
    source: PydanticBaseSettingsSource, found: Mapping[str, Any], path: Path
) -> dict[str, Any]:
    """What a file says, without its keys where others on this machine can read it.

    Such a key is passed over and not an error: ./.env is often another program's, and most commands need no
    key. It is not used either, as ssh does not use a key of that kind: who is only warned goes on.
    """
    fields = source.settings_cls.model_fields
    keys = [name for name in found if name in fields and _is_secret(fields[name])]
    if not keys or not _others_may_read(path):
        return dict(found)
    if missed := [f"{_PREFIX}{name.upper()}" for name in keys if name not in source.current_state]:
        message = "%s is not used: others can read %r, where it stands; type: chmod 600 %s"
        _log.warning(message, " and ".join(missed), str(path), shlex.quote(str(path)))
    return {name: value for name, value in found.items() if name not in keys}


def _others_may_read(path: Path) -> bool:
    if os.name == "nt":
        return False  # Its permissions are not in these bits.
    try:
        return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except OSError:
        return False


def _read_dotenv(path: Path) -> dict[str, str | None]:
    from io import StringIO

    from dotenv import dotenv_values

    try:
        text = path.read_bytes().decode("utf-8", errors="replace")
    except OSError:
        return {}
    # Lines that are no assignment at all would be reported by dotenv, once a command: not our business.
    logging.getLogger("dotenv.main").setLevel(logging.ERROR)
    return dotenv_values(stream=StringIO(text), interpolate=False)


def load_settings(**flags: Any) -> Settings:
    """Read the settings once; a flag that was given wins over every other source.

    Args:
        **flags: Values from the command line by the names of settings; None where one was not given.

    Raises:
        SettingsError: A value in the environment or the configuration file cannot be used.
    """
    try:
        given = {name: value for name, value in flags.items() if value is not None}
        return _with_own_keys_only(Settings(**given), given)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        name = str(problem["loc"][0])
        secret = name in Settings.model_fields and _is_secret(Settings.model_fields[name])
        value = "what it is" if secret else repr(problem["input"])
        raise SettingsError(
            f"the setting {name} ({_PREFIX}{name.upper()}) cannot be {value}: {problem['msg']}",
            hint=f"unset {_PREFIX}{name.upper()}, or mend {str(config_file())!r}",
        ) from error
    except (ValueError, OSError) as error:
        raise SettingsError(
            f"the configuration file {str(config_file())!r} cannot be read ({error})",
            hint="mend it or move it away",
        ) from error


def _with_own_keys_only(settings: Settings, flags: Mapping[str, Any]) -> Settings:
    """The settings without a key that would go where only ./.env says, and which does not stand there too.

    Who unpacks a stranger's folder and asks a question in it would send that stranger the key of their
    environment. The address stays: to ask another server than the one that was named would be worse.
    """
    there = {name.upper(): value for name, value in _read_dotenv(_DOTENV).items() if value}
    dropped: dict[str, None] = {}
    for key, address in _ADDRESSES.items():
        known: SecretStr | None = getattr(settings, key)
        named = _of(address, there)
        if known is None or named is None or address in flags or _of(address, os.environ):
            continue
        if _of(key, there) != known.get_secret_value() and not _is_here(named):
            variable = _SHARED.get(address) or f"{_PREFIX}{address.upper()}"
            _log.warning(
                "%s is not sent to the server that %s in ./.env names; export %s, or put both into ./.env",
                _SHARED.get(key) or f"{_PREFIX}{key.upper()}",
                variable,
                variable,
            )
            dropped[key] = None
    return settings.model_copy(update=dropped) if dropped else settings


def _of(name: str, variables: Mapping[str, str]) -> str | None:
    """The value that a setting has in a set of variables."""
    names = (f"{_PREFIX}{name.upper()}", _SHARED.get(name, ""))
    return next((variables[variable].strip() for variable in names if variables.get(variable)), None)


def _is_here(address: str) -> bool:
    try:
        return urlsplit(address).hostname in _ON_THIS_MACHINE
    except ValueError:
        return False
