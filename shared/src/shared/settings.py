"""Settings from the environment: one prefix per service, secrets from files, wrong values refused by key and bounds."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

RETRIES_MAX = 8
RETRY_DELAY_MIN_S, RETRY_DELAY_MAX_S = 0.1, 86_400.0

_CONSTRAINTS = ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern")


class SettingsError(Exception):
    """One or more settings are wrong; `faults` has a line for each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def service_config(prefix: str) -> SettingsConfigDict:
    """Return the configuration of a service's settings, whose own keys start with `prefix`."""
    return SettingsConfigDict(
        env_prefix=prefix,
        extra="ignore",
        frozen=True,
        validate_default=True,
        populate_by_name=True,
        hide_input_in_errors=True,
    )


class _FileSource(PydanticBaseSettingsSource):
    """Reads KEY from the file that KEY_FILE names, as container secrets are handed over."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        key = keys_of(field_name, field, str(self.config.get("env_prefix", "")))[0]
        path = os.environ.get(f"{key}_FILE")
        if not path:
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except OSError as error:
            raise SettingsError([f"{key}_FILE={path}: cannot be read: {error.strerror}"]) from error

    def __call__(self) -> dict[str, Any]:
        read = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in read.items() if value is not None}


class ServiceSettings(BaseSettings):
    """What every service can be told."""

    model_config = service_config("")

    amqp_url: str = Field(
        default="amqp://guest:guest@127.0.0.1:5672/",
        validation_alias=AliasChoices("AMQP_URL", "amqp_url"),
        pattern=r"^amqps?://",
        description="Address of RabbitMQ (amqp:// or amqps://, with user, password and vhost).",
        json_schema_extra={"secret": True},
    )
    mongodb_uri: str = Field(
        default="mongodb://127.0.0.1:27017/?replicaSet=rs0",
        validation_alias=AliasChoices("MONGODB_URI", "mongodb_uri"),
        pattern=r"^mongodb(\+srv)?://",
        description="Address of MongoDB, a replica set (one node is enough).",
        json_schema_extra={"secret": True},
    )
    mongo_driver: Literal["motor", "pymongo"] = Field(
        default="motor",
        validation_alias=AliasChoices("MONGO_DRIVER", "mongo_driver"),
        description="Which MongoDB driver to use.",
    )
    retry_delays_s: Annotated[tuple[float, ...], NoDecode] = Field(
        default=(10.0, 60.0, 600.0),
        validation_alias=AliasChoices("RETRY_DELAYS_S", "retry_delays_s"),
        description=(
            "Seconds that a failed event waits before each further attempt, comma separated; the same for all "
            f"services on one broker. Allowed: 1 to {RETRIES_MAX} numbers, "
            f"each at least {RETRY_DELAY_MIN_S:g}, at most {RETRY_DELAY_MAX_S:g}."
        ),
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        validation_alias=AliasChoices("LOG_LEVEL", "log_level"),
        description="Least severe log lines to print.",
    )
    log_format: Literal["json", "console"] = Field(
        default="json",
        validation_alias=AliasChoices("LOG_FORMAT", "log_format"),
        description="Log lines as JSON, or for people.",
    )
    host: str = Field(default="0.0.0.0", description="Address to listen on.")
    port: int = Field(
        default=8000, ge=1, le=65435, description="TCP port of the API; health and metrics are on port + 100."
    )
    shutdown_s: float = Field(
        default=20, gt=0, le=300, description="Seconds within which work in hand is finished at a stop."
    )

    @field_validator("retry_delays_s", mode="before")
    @classmethod
    def _split_delays(cls, value: object) -> object:
        return value.split(",") if isinstance(value, str) else value

    @field_validator("retry_delays_s")
    @classmethod
    def _check_delays(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not 1 <= len(value) <= RETRIES_MAX:
            raise ValueError(f"1 to {RETRIES_MAX} numbers")
        if not all(RETRY_DELAY_MIN_S <= delay_s <= RETRY_DELAY_MAX_S for delay_s in value):
            raise ValueError(f"each at least {RETRY_DELAY_MIN_S:g}, at most {RETRY_DELAY_MAX_S:g}")
        return value

    @field_validator("amqp_url")
    @classmethod
    def _check_amqp_url(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            usable = bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            # Said in our own words: the parser's may show the password.
            raise ValueError("it must name a host and a port of 1 to 65535, or no port")
        return value

    @property
    def ops_port(self) -> int:
        """TCP port of health and metrics: the API's port + 100."""
        return self.port + 100

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Values given in code win, then the environment, then files named by KEY_FILE."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, _FileSource(settings_cls)

    @classmethod
    def from_environment(cls) -> Self:
        """Read the settings from the environment.

        Raises:
            SettingsError: naming each wrong key, its unit and its bounds.
        """
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError(_faults(cls, error)) from error


SettingsType = TypeVar("SettingsType", bound=ServiceSettings)


def load(settings_type: type[SettingsType]) -> SettingsType:
    """Read a service's settings from the environment.

    Raises:
        SettingsError: naming each wrong key, its unit and its bounds.
    """
    return settings_type.from_environment()


def keys_of(name: str, field: FieldInfo, prefix: str) -> list[str]:
    """Return the environment keys of a field, the preferred one first."""
    if isinstance(field.validation_alias, AliasChoices):
        return [choice for choice in field.validation_alias.choices if isinstance(choice, str)]
    return [(prefix + name).upper()]


def bounds_of(field: FieldInfo) -> str:
    """Return a field's bounds in words, such as `at least 1, at most 65435`; empty where it has none."""
    words = {
        "ge": "at least {}",
        "gt": "more than {}",
        "le": "at most {}",
        "lt": "less than {}",
        "min_length": "at least {} characters",
        "max_length": "at most {} characters",
        "pattern": "matching {}",
    }
    found = {
        name: getattr(item, name)
        for item in field.metadata
        for name in _CONSTRAINTS
        if getattr(item, name, None) is not None
    }
    return ", ".join(words[name].format(found[name]) for name in _CONSTRAINTS if name in found)


def _faults(settings_type: type[ServiceSettings], error: ValidationError) -> list[str]:
    by_key = _fields_by_key(settings_type)
    lines = []
    for fault in error.errors(include_url=False, include_input=False):
        location = str(fault["loc"][0]) if fault["loc"] else ""
        name, key, field = by_key.get(location.upper(), (location, location.upper(), None))
        if field is None:
            lines.append(f"{key or settings_type.__name__}: {fault['msg']}")
            continue
        lines.append(_fault_line(key, os.environ.get(key), field, fault["msg"]))
        del name
    return lines


def _fault_line(key: str, value: str | None, field: FieldInfo, message: str) -> str:
    extra = field.json_schema_extra
    secret = isinstance(extra, Mapping) and bool(extra.get("secret"))
    given = "" if value is None else f"={'***' if secret else value}"
    bounds = bounds_of(field)
    allowed = f" Allowed: {bounds}." if bounds else ""
    return f"{key}{given}: {message}. {field.description or ''}{allowed}"


def _fields_by_key(settings_type: type[ServiceSettings]) -> dict[str, tuple[str, str, FieldInfo | None]]:
    prefix = str(settings_type.model_config.get("env_prefix", ""))
    table: dict[str, tuple[str, str, FieldInfo | None]] = {}
    for name, field in settings_type.model_fields.items():
        key = keys_of(name, field, prefix)[0]
        for alias in {name.upper(), key.upper(), (prefix + name).upper()}:
            table[alias] = (name, key, field)
    return table
