"""Settings of a deployment: `SETTLE_` variables of the environment, read once, frozen.

`config/env.example` lists every variable with its meaning and default. Two underscores lead into a group:
`SETTLE_LIMITS__RANGE_SIZE`. An empty variable counts as absent. A secret may lie in a file instead, whose name is the
value of the variable with `_FILE` behind it: `SETTLE_DATABASE_URL_FILE=/run/secrets/database_url`.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from config.amqp import SCHEMES as AMQP
from config.amqp import AmqpUrl
from config.collection import CollectionSettings, GatewaySettings, ServeSettings
from config.console import ConsoleSettings, OidcSettings
from config.credit import CreditSettings
from config.group import Group
from config.limits import LimitSettings
from config.repayment import RepaymentSettings
from config.secret_files import IN_FILE, SecretFiles, may_be_secret, secret_files
from config.sentinel import SCHEMES as SENTINEL
from config.sentinel import SentinelUrl
from config.urls import split
from settlement.faults import words

PREFIX = "SETTLE_"
DELIMITER = "__"
DATABASE_SCHEMES = ("postgresql", "postgresql+psycopg", "postgres")
BROKER_SCHEMES = ("redis", "rediss", *SENTINEL, *AMQP)
KEY_PREFIX = "settle:"


class SettingsError(ValueError):
    """The environment does not make sense. The message has one line per variable and never a secret."""


class BillingSettings(Group):
    """How this deployment bills."""

    zone: ZoneInfo = Field(
        ZoneInfo("Asia/Shanghai"), description="Time zone of billing cycles and due dates."
    )
    issue_day: int = Field(
        2, ge=1, le=28, description="Day of the month, local, on which last month's bills are issued."
    )
    issue_time: time = Field(time(12, 0), description="Local time of day at which bills are issued, HH:MM.")
    partial_write_off: bool = Field(True, description="May the last bill that money reaches be paid in part.")
    freeze_accruing: bool = Field(True, description="Do fees of the open cycle lower the available credit.")

    @field_validator("issue_time")
    @classmethod
    def _is_local(cls, value: time) -> time:
        if value.tzinfo is not None:
            message = "is local to the billing zone and takes no offset"
            raise ValueError(message)
        return value


class WebhookSettings(Group):
    """Announcements to web addresses of others."""

    private_addresses: bool = Field(
        False,
        description="May webhooks go to addresses of the own network, and without TLS. For trying things out alone.",
    )
    keep_days: int = Field(
        30,
        ge=1,
        le=3650,
        description="For how many days it is known of a message to an endpoint that it was delivered.",
    )


class Settings(BaseSettings):
    """Everything that differs between deployments. Build it with `load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter=DELIMITER,
        env_ignore_empty=True,
        # Values written as JSON are read by their own fields, which name the variable when they fail.
        enable_decoding=False,
        frozen=True,
        extra="forbid",
        validate_default=True,
        hide_input_in_errors=True,
    )

    database_url: SecretStr | None = Field(
        None, description="PostgreSQL of the worker's role, postgresql://...; empty: the embedded server."
    )
    migration_url: SecretStr | None = Field(
        None, description="The same database as the role that owns the tables; empty: SETTLE_DATABASE_URL."
    )
    worker_role: str = Field(
        "settle_worker",
        pattern=r"^[a-z_][a-z0-9_]{0,62}$",
        description="PostgreSQL role that migrations grant the worker's rights to.",
    )
    broker_url: SecretStr | None = Field(
        None,
        description="Redis or Valkey, redis://..., rediss://..., sentinel://HOST:PORT,HOST:PORT/0?master=NAME or "
        "sentinels://..., or RabbitMQ, amqp://... or amqps://...; empty: the embedded server.",
    )
    broker_key_prefix: str = Field(
        KEY_PREFIX, description="Prefix of every key in Redis or Valkey. RabbitMQ has virtual hosts for that."
    )
    test_clock: bool = Field(
        False, description="May `settle clock` move a clock kept in the database. Never in production."
    )
    state_dir: Path = Field(
        Path(".settle"), description="Folder of the embedded servers, process ids and logs on a laptop."
    )
    log_format: Literal["json", "console"] = Field(
        "json", description="Format of log lines, json or console."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least level that is logged: DEBUG, INFO, WARNING or ERROR."
    )
    traces: bool = Field(
        False,
        description="Are traces sent, as OpenTelemetry's own variables say (OTEL_...). Needs the extra traces.",
    )
    billing: BillingSettings = BillingSettings()
    limits: LimitSettings = LimitSettings()
    credit: CreditSettings = CreditSettings()
    repayment: RepaymentSettings = RepaymentSettings()
    collection: CollectionSettings = CollectionSettings()
    gateways: GatewaySettings = GatewaySettings()
    serve: ServeSettings = ServeSettings()
    webhooks: WebhookSettings = WebhookSettings()
    console: ConsoleSettings = ConsoleSettings()
    oidc: OidcSettings = OidcSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no such file is read
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - ours are named by variables
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment, then the files that it names."""
        if isinstance(env_settings, EnvSettingsSource):
            # Within a group the name of a file would be taken for a setting.
            env_settings.env_vars = {
                name: value
                for name, value in env_settings.env_vars.items()
                if not name.upper().endswith(IN_FILE)
            }
        names = (name for name, _ in variables())
        return (
            init_settings,
            env_settings,
            SecretFiles(settings_cls, names, prefix=PREFIX, delimiter=DELIMITER),
        )

    @field_validator("database_url", "migration_url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr | None) -> SecretStr | None:
        """Takes the spellings in use and keeps the one that both SQLAlchemy and libpq understand."""
        return value and _with_scheme(value, DATABASE_SCHEMES, kept="postgresql")

    @field_validator("broker_url")
    @classmethod
    def _is_a_broker(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        kept = _with_scheme(value, BROKER_SCHEMES)
        url = kept.get_secret_value()
        scheme = url.partition("://")[0]
        if scheme in SENTINEL:
            SentinelUrl.parsed(url)
        elif scheme in AMQP:
            AmqpUrl.parsed(url)
        return kept

    @field_validator("state_dir")
    @classmethod
    def _is_absolute(cls, value: Path) -> Path:
        """A worker started from another folder must find the same state."""
        return value.expanduser().absolute()

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_capitals(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value


def load_settings() -> Settings:
    """Reads the environment.

    Raises:
        SettingsError: a variable is unknown or its value does not fit; the message names each of them.
    """
    problems = [_unknown(name) for name in sorted(os.environ) if _is_stray(name)]
    named = secret_files(name for name, _ in variables())
    problems += [f"{name}: set it or {name}{IN_FILE}, not both" for name, _ in named if _is_set(name)]
    try:
        settings = Settings()
    except ValidationError as error:
        problems.extend(_problems(error))
    except ValueError as error:
        problems.append(str(error))
    else:
        if settings.migration_url and not settings.database_url:
            problems.append(f"{PREFIX}MIGRATION_URL: needs {PREFIX}DATABASE_URL, for the worker's role")
        if settings.broker_key_prefix != KEY_PREFIX and _is_amqp(settings.broker_url):
            problems.append(
                f"{PREFIX}BROKER_KEY_PREFIX: RabbitMQ has no keys; give each deployment a virtual host of its own"
            )
        if not problems:
            return settings
    raise SettingsError("\n".join(problems))


def variables() -> Iterator[tuple[str, FieldInfo]]:
    """Every variable with its field, in the order of declaration, groups last."""
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, Group):
            for inner, inner_field in type(field.default).model_fields.items():
                yield f"{PREFIX}{name}{DELIMITER}{inner}".upper(), inner_field
        else:
            yield f"{PREFIX}{name}".upper(), field


def without_password(url: str) -> str:
    """The URL as it may be shown: a password, in its place or in the query, becomes `***`."""
    parts = split(url)
    user, _, place = parts.servers.rpartition("@")
    masked = f"{user.partition(':')[0]}:***@{place}" if ":" in user else parts.servers
    query = "&".join(
        f"{name}=***" if "password" in name.lower() else f"{name}{equals}{value}"
        for name, equals, value in (item.partition("=") for item in parts.query.split("&") if item)
    )
    # Put together by hand: an empty host, as of a socket, would lose its slashes.
    return f"{parts.scheme}://{masked}{parts.path}" + (f"?{query}" if query else "")


def _with_scheme(value: SecretStr, schemes: tuple[str, ...], *, kept: str = "") -> SecretStr:
    scheme, colon, rest = value.get_secret_value().partition("://")
    if not colon or scheme not in schemes:
        message = f"must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}"
        raise ValueError(message)
    return SecretStr(f"{kept or scheme}://{rest}")


def _is_amqp(url: SecretStr | None) -> bool:
    return url is not None and url.get_secret_value().partition("://")[0] in AMQP


def _is_stray(name: str) -> bool:
    upper = name.upper()
    if not upper.startswith(PREFIX):
        return False
    known = upper.removesuffix(IN_FILE)
    return known not in dict(variables()) or (known != upper and not may_be_secret(known))


def _is_set(name: str) -> bool:
    return any(given.upper() == name and value for given, value in os.environ.items())


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name.upper(), dict(variables()), n=1, cutoff=0.8)
    return f"{name}: no such variable" + (f"; did you mean {near[0]}?" if near else "")


def _problems(error: ValidationError) -> Iterator[str]:
    known = dict(variables())
    for problem in error.errors(include_url=False):
        parts = [str(part) for part in problem["loc"]]
        depth = 2 if _variable(parts[:2]) in known else 1
        if depth == 1 and problem["type"] in ("extra_forbidden", "model_type"):
            # A stray variable; it was found by name already.
            continue
        name = _variable(parts[:depth])
        inside = f" {'.'.join(parts[depth:])}" if parts[depth:] else ""
        # The value is shown unless it may hold a password.
        given = "" if may_be_secret(name) or name not in known else f" (got {problem['input']!r})"
        yield f"{name}{inside}: {words(problem)}{given}"


def _variable(parts: list[str]) -> str:
    return PREFIX + DELIMITER.join(parts).upper()
