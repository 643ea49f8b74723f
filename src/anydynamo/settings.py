"""The settings of a database, from arguments and the environment.

Arguments win over the environment, and the environment over defaults. It is read when a `Settings`
is made and at no other time; there is no `.env` file and no global instance.
"""

from __future__ import annotations

import os
from collections.abc import Mapping  # noqa: TC003 - pydantic evaluates the annotations
from typing import TYPE_CHECKING, Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from anydynamo.adapters.registry import Location, load_provider
from anydynamo.environment import (
    DEFAULT_PROVIDER,
    FAILOVER,
    VARIABLES,
    check_endpoint,
    read_environment,
)
from anydynamo.errors import ConfigurationError
from anydynamo.naming import TableNames
from anydynamo.repositories.paging import checked_secret

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

__all__ = ["Settings"]


class Settings(BaseSettings):
    """Where the data lies, how its tables are called, and what signs page tokens.

    Args:
        environ: The variables to read instead of the process's own.

    Attributes:
        provider: `DATABASE_PROVIDER`: memory, json, sqlite, dynamodb, or a registered name; SQLite
            where nothing says otherwise. `USE_DYNAMODB` and `DYNAMODB_ENABLED`, when true, mean
            dynamodb.
        url: `DATABASE_URL`: provider, place and options in one string, in place of the other
            settings. It may hold a password, so it does not print.
        path: `DATABASE_PATH`: the file of the providers json and sqlite.
        region: `AWS_REGION`, or `AWS_DEFAULT_REGION`.
        endpoint_url: `DYNAMODB_ENDPOINT_URL`, or `DYNAMODB_ENDPOINT`: another server than AWS's.
        replicas: The regions to fail over to, separated by commas. If `DATABASE_FAILOVER` is true,
            that of `DATABASE_REPLICA_REGION`.
        replica_endpoint_urls: The endpoints of those regions, in the same order, where
            `endpoint_url` is given: `DATABASE_REPLICA_ENDPOINT_URL`.
        access_key_id: `AWS_ACCESS_KEY_ID`; without it, credentials are found as botocore does.
        secret_access_key: `AWS_SECRET_ACCESS_KEY`.
        session_token: `AWS_SESSION_TOKEN`.
        table_prefix: What stands before each table's name. `DYNAMODB_TABLE_PREFIX` says it for
            DynamoDB alone, the argument for any provider.
        tables: The real names of tables that have another than their model says, by the model's
            name. `DYNAMODB_<TABLE>_TABLE` and `DYNAMODB_TABLE_<TABLE>` say it for DynamoDB alone.
        cursor_secret: `DATABASE_CURSOR_SECRET`: what signs page tokens, 16 characters or more.
            Without it a random key is used that lives as long as the process, so that a token
            given out by one process is refused by another.
        cursor_max_age: `DATABASE_CURSOR_MAX_AGE`: after how many seconds a page token is stale;
            None means never.
        options: Further options of the provider, by name.

    Raises:
        ConfigurationError: A setting cannot be what it is, or two contradict each other.
    """

    # A refused value may be a secret, so errors do not show what was given.
    model_config = SettingsConfigDict(
        env_file=None, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    provider: str = DEFAULT_PROVIDER
    url: SecretStr | None = None
    path: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    replicas: str | None = None
    replica_endpoint_urls: str | None = None
    access_key_id: SecretStr | None = None
    secret_access_key: SecretStr | None = None
    session_token: SecretStr | None = None
    table_prefix: str = ""
    tables: Mapping[str, str] = Field(default_factory=dict[str, str])
    cursor_secret: SecretStr | None = None
    cursor_max_age: float | None = Field(default=None, gt=0)
    options: Mapping[str, Any] = Field(default_factory=dict[str, Any], repr=False)

    def __init__(self, environ: Mapping[str, str] | None = None, **values: Any) -> None:
        try:
            super().__init__(environ=os.environ if environ is None else environ, **values)
        except ValidationError as error:
            raise ConfigurationError("; ".join(_explain(error))) from error

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings names them
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments first, then the variables; no file."""
        assert isinstance(init_settings, InitSettingsSource)  # noqa: S101 - pydantic-settings passes it
        arguments: dict[str, Any] = init_settings.init_kwargs  # pyright: ignore[reportUnknownMemberType]
        return init_settings, _Environment(settings_cls, arguments.pop("environ"))

    @field_validator("provider")
    @classmethod
    def _lower(cls, provider: str) -> str:
        return provider.strip().lower()

    @field_validator("cursor_secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            checked_secret(secret.get_secret_value())
        return secret

    def location(self) -> Location:
        """Return where the data lies, with the provider's options and nothing else.

        Raises:
            ConfigurationError: The URL and the other settings contradict each other.
        """
        if self.url is None:
            location = Location(self.provider, path=self.path or "")
        else:
            location = Location.parse(self.url.get_secret_value())
            if "provider" in self.model_fields_set and self.provider != location.provider:
                raise ConfigurationError(
                    f"The URL is for the provider {location.provider}, but the provider given is "
                    f"{self.provider}; give one of them"
                )
            if self.path and location.path and not _same_file(self.path, location.path):
                raise ConfigurationError(
                    f"The URL's path is {location.path!r}, but DATABASE_PATH, or the argument "
                    f"path, is {self.path!r}; give one of them"
                )
        options = {
            name: value for name, value in location.options.items() if name != "table_prefix"
        }
        options |= self.options
        host = location.host
        if load_provider(location.provider).remote:
            host = host or self.region or ""
            self._add_access(options)
        return Location(location.provider, host, location.path or self.path or "", options)

    def names(self) -> TableNames:
        """Return how tables are called.

        Raises:
            ConfigurationError: The URL and `table_prefix` name two prefixes.
        """
        prefix = self.table_prefix
        if self.url is not None:
            named = Location.parse(self.url.get_secret_value()).options.get("table_prefix")
            if named and prefix and named != prefix:
                raise ConfigurationError(
                    f"The URL's table_prefix is {named!r}, but DYNAMODB_TABLE_PREFIX, or the "
                    f"argument table_prefix, is {prefix!r}; give one of them"
                )
            prefix = named or prefix
        return TableNames(prefix, dict(self.tables))

    def arguments(self) -> dict[str, Any]:
        """Return what `Database` takes beside its adapter.

        Raises:
            ConfigurationError: The URL and `table_prefix` name two prefixes.
        """
        names = self.names()
        secret = self.cursor_secret
        return {
            "table_prefix": names.prefix,
            "tables": names.renamed,
            "cursor_secret": None if secret is None else secret.get_secret_value(),
            "cursor_max_age": self.cursor_max_age,
        }

    def _add_access(self, options: dict[str, Any]) -> None:
        if self.endpoint_url is not None:
            given = options.setdefault("endpoint_url", self.endpoint_url)
            if check_endpoint("endpoint_url", given) != self.endpoint_url.rstrip("/"):
                raise ConfigurationError(
                    f"The URL's endpoint_url is {given!r}, but DYNAMODB_ENDPOINT_URL, or the "
                    f"argument endpoint_url, is {self.endpoint_url!r}; give one of them"
                )
        for name in ("replicas", "replica_endpoint_urls"):
            said: str | None = getattr(self, name)
            if said is not None and options.setdefault(name, said) != said:
                raise ConfigurationError(
                    f"The URL's {name} is {options[name]!r}, but the environment (by "
                    f"{FAILOVER}), or the argument {name}, says {said!r}; give one of them"
                )
        if "access_key_id" in options or "profile" in options:
            return
        for name in ("access_key_id", "secret_access_key", "session_token"):
            secret: SecretStr | None = getattr(self, name)
            if secret is not None:
                options[name] = secret.get_secret_value()


class _Environment(PydanticBaseSettingsSource):
    """The variables, as a source of settings that comes after the arguments."""

    def __init__(self, settings_cls: type[BaseSettings], environ: Mapping[str, str]) -> None:
        super().__init__(settings_cls)
        self._environ = environ

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return one setting's value, its name, and that it needs no decoding."""
        del field
        return self().get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return read_environment(self._environ, self.current_state)


def _same_file(one: str, other: str) -> bool:
    return os.path.normpath(one) == os.path.normpath(other)


def _explain(error: ValidationError) -> list[str]:
    texts: list[str] = []
    for problem in error.errors(include_input=False, include_url=False):
        name = str(problem["loc"][0])
        variables = " or ".join(VARIABLES.get(name, ()))
        where = f"{name} ({variables})" if variables else name
        texts.append(
            f"The setting {where} is wrong: {problem['msg'].removeprefix('Value error, ')}"
        )
    return texts
