"""Settings, frozen: flags over environment over ./.env over the configuration file. Read by the shells."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Literal, cast

from platformdirs import user_config_path, user_data_path
from pydantic import Field, TypeAdapter, ValidationError
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


def config_file() -> Path:
    """Where the configuration file would be; it need not exist."""
    return user_config_path("litreview", appauthor=False) / "config.toml"


class Settings(BaseSettings):
    """What can be set. Environment variables carry the prefix LITREVIEW_, the configuration file none."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="ignore", env_ignore_empty=True)

    library: Path = Field(default_factory=lambda: user_data_path("litreview", appauthor=False))
    embedding: Literal["lsa"] = "lsa"
    lean: bool = False

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
            _TolerantDotenv(settings_cls),
            TomlConfigSettingsSource(settings_cls, config_file()),
        )


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
            variable = f"{_PREFIX}{name.upper()}"
            if variable in found:
                try:
                    usable[name] = TypeAdapter(cast("Any", field.annotation)).validate_python(found[variable])
                except ValidationError:
                    _log.warning("%s=%r in ./.env cannot be used and is ignored", variable, found[variable])
        return usable


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


def load_settings(*, library: Path | None = None) -> Settings:
    """Read the settings once; a flag that was given wins over every other source.

    Raises:
        SettingsError: A value in the environment or the configuration file cannot be used.
    """
    try:
        return Settings() if library is None else Settings(library=library)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        name = str(problem["loc"][0])
        raise SettingsError(
            f"the setting {name} ({_PREFIX}{name.upper()}) cannot be {problem['input']!r}: {problem['msg']}",
            hint=f"unset {_PREFIX}{name.upper()}, or mend {str(config_file())!r}",
        ) from error
    except (ValueError, OSError) as error:
        raise SettingsError(
            f"the configuration file {str(config_file())!r} cannot be read ({error})",
            hint="mend it or move it away",
        ) from error
