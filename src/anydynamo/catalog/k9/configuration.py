"""How K9's tables are called: `k9-users-dev`, or what the environment's variables say.

`ENVIRONMENT` names the environment, `dev` where nothing does. On DynamoDB, `DYNAMODB_USERS_TABLE`,
`DYNAMODB_REPORTS_TABLE` and `DYNAMODB_EMBEDDINGS_TABLE` win over it; each holds a table's name or
its ARN, as the deployment sets them. Other providers leave `DYNAMODB_*` alone, as anydynamo does
everywhere.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from anydynamo.adapters.registry import load_provider
from anydynamo.catalog.k9.models import MODELS
from anydynamo.errors import ConfigurationError
from anydynamo.models.schema import schema_of
from anydynamo.naming import variable_name
from anydynamo.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEFAULT_ENVIRONMENT", "settings", "table_names"]

DEFAULT_ENVIRONMENT = "dev"

_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_ARN = re.compile(
    r"arn:[a-z-]+:dynamodb:(?P<region>[a-z0-9-]+):\d{12}:table/(?P<name>[\w.-]{3,255})"
)
_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")


def table_names(environment: str = DEFAULT_ENVIRONMENT) -> dict[str, str]:
    """Return the names that K9's tables have in an environment, by their models' names.

    Raises:
        ConfigurationError: The environment cannot be part of a table's name.
    """
    if not _ENVIRONMENT.fullmatch(environment):
        raise ConfigurationError(
            f"the environment is {environment!r}, which cannot be part of a table's name; use "
            "letters, digits, '-', '_' and '.', such as dev or prod"
        )
    return {name: f"{name}-{environment}" for name in _names()}


def settings(
    environ: Mapping[str, str] | None = None,
    *,
    environment: str | None = None,
    **overrides: Any,
) -> Settings:
    """Return settings for `Database.from_settings` in which K9's tables have their names.

    Args:
        environ: The variables; the process's own where left out.
        environment: The environment, in place of `ENVIRONMENT`.
        **overrides: As for `Settings`; `tables` wins over all the rest.

    Raises:
        ConfigurationError: A variable cannot be what it is, or two contradict each other: two names
            for one table, one name for two tables, the table of another environment, or an ARN of
            another region.
    """
    values = os.environ if environ is None else environ
    chosen = environment or values.get("ENVIRONMENT", "").strip() or None
    found = Settings(values, **overrides)
    names = table_names(chosen or DEFAULT_ENVIRONMENT)
    location = found.location()
    if load_provider(location.provider).remote and "tables" not in overrides:
        prefix = found.names().prefix
        names = {name: f"{prefix}{real}" for name, real in names.items()}
        names |= _given(found, chosen, location.host)
    names |= overrides.pop("tables", {})
    return Settings(values, tables={**found.tables, **names}, **overrides)


def _names() -> list[str]:
    return [schema_of(model).table_name for model in MODELS]


def _given(found: Settings, environment: str | None, region: str) -> dict[str, str]:
    """Return what variables say of K9's tables, by the models' names."""
    given: dict[str, str] = {}
    for name in _names():
        short = variable_name(name.removeprefix("k9-"))
        said = {
            f"DYNAMODB_{key}_TABLE": found.tables[key]
            for key in (short, variable_name(name))
            if key in found.tables
        }
        if len(set(said.values())) > 1:
            raise ConfigurationError(
                f"{' and '.join(said)} give one table two names, "
                f"{' and '.join(map(repr, said.values()))}; leave one of them out"
            )
        for variable, real in said.items():
            _check(variable, real, name, environment, region)
            given[name] = real
    for name, real in given.items():
        same = [other for other, one in given.items() if one == real]
        if same != [name]:
            raise ConfigurationError(
                f"the tables {' and '.join(same)} have one name, {real!r}; each has its own"
            )
    return given


def _check(variable: str, real: str, name: str, environment: str | None, region: str) -> None:
    plain = real
    if real.startswith("arn:"):
        match = _ARN.fullmatch(real)
        if match is None:
            raise ConfigurationError(
                f"{variable} is {real!r}, which is no ARN of a table; one is "
                f"arn:aws:dynamodb:us-east-1:123456789012:table/{name}-dev"
            )
        if region and match["region"] != region:
            raise ConfigurationError(
                f"{variable} is a table in {match['region']}, but the region is {region}; make the "
                "two agree"
            )
        plain = match["name"]
    elif not _NAME.fullmatch(real):
        raise ConfigurationError(
            f"{variable} is {real!r}, which is no table's name: 3 to 255 letters, digits, '-', '_' "
            "and '.'"
        )
    other = next((one for one in _names() if one != name and plain.startswith(f"{one}-")), None)
    if other is not None:
        raise ConfigurationError(f"{variable} is {real!r}, which is a table of {other}")
    if (
        environment is not None
        and plain.startswith(f"{name}-")
        and plain != f"{name}-{environment}"
    ):
        raise ConfigurationError(
            f"{variable} is {real!r}, but the environment is {environment!r}, whose table is "
            f"{name}-{environment}; leave one of the two out"
        )
