"""K9's tables have the names that document 003 gives them, in each environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from anydynamo import ConfigurationError, Database
from anydynamo.catalog.k9 import MODELS, DatabaseManager, User, settings, table_names
from anydynamo.catalog.k9.blocking import DatabaseManager as BlockingManager

if TYPE_CHECKING:
    from anydynamo.adapters.protocol import DatabaseAdapter

DYNAMODB = {"DATABASE_PROVIDER": "dynamodb", "AWS_REGION": "us-east-1"}
ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/k9-users-dev"


def names(environ: dict[str, str], **options: Any) -> list[str]:
    found = settings(environ, **options).names()
    return [found.real(model.Meta.table_name) for model in MODELS]


def test_names_end_in_the_environment() -> None:
    assert table_names("prod") == {
        "k9-users": "k9-users-prod",
        "k9-reports": "k9-reports-prod",
        "k9-embeddings": "k9-embeddings-prod",
    }


@pytest.mark.parametrize("provider", ["memory", "json", "sqlite", "dynamodb"])
def test_the_environment_is_named_by_a_variable_or_an_argument(provider: str) -> None:
    environ = {"DATABASE_PROVIDER": provider, "AWS_REGION": "us-east-1"}
    assert names(environ)[0] == "k9-users-dev"
    assert names({**environ, "ENVIRONMENT": "staging"})[1] == "k9-reports-staging"
    assert names({**environ, "ENVIRONMENT": "staging"}, environment="prod")[2] == (
        "k9-embeddings-prod"
    )


def test_variables_give_names_and_arns_that_win() -> None:
    environ = {
        **DYNAMODB,
        "DYNAMODB_USERS_TABLE": ARN,
        "DYNAMODB_REPORTS_TABLE": "somebody.elses_reports",
    }
    assert names(environ) == [ARN, "somebody.elses_reports", "k9-embeddings-dev"]
    assert names({**environ, "ENVIRONMENT": "dev"})[0] == ARN
    assert names({**DYNAMODB, "DYNAMODB_TABLE_USERS": "people"})[0] == "people"
    assert names({**DYNAMODB, "DYNAMODB_K9_USERS_TABLE": "people"})[0] == "people"


def test_other_providers_leave_the_variables_of_dynamodb_alone() -> None:
    environ = {"DATABASE_PROVIDER": "memory", "DYNAMODB_USERS_TABLE": "nonsense!"}
    assert names(environ)[0] == "k9-users-dev"


def test_a_prefix_stands_before_names_that_no_variable_gives() -> None:
    environ = {**DYNAMODB, "DYNAMODB_TABLE_PREFIX": "eu-", "DYNAMODB_USERS_TABLE": "people"}
    assert names(environ) == ["people", "eu-k9-reports-dev", "eu-k9-embeddings-dev"]


def test_the_program_has_the_last_word() -> None:
    environ = {**DYNAMODB, "DYNAMODB_USERS_TABLE": "people"}
    assert names(environ, tables={"k9-users": "mine"})[:2] == ["mine", "k9-reports-dev"]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"ENVIRONMENT": "de v"}, "the environment is 'de v'"),
        ({"ENVIRONMENT": "-"}, "the environment is '-'"),
        ({"DYNAMODB_USERS_TABLE": "a!"}, "DYNAMODB_USERS_TABLE is 'a!', which is no table's name"),
        ({"DYNAMODB_USERS_TABLE": "arn:aws:s3:::bucket"}, "which is no ARN of a table"),
        (
            {"DYNAMODB_USERS_TABLE": ARN.replace("us-east-1", "eu-west-1")},
            "is a table in eu-west-1, but the region is us-east-1",
        ),
        (
            {"DYNAMODB_USERS_TABLE": "k9-users-prod", "ENVIRONMENT": "dev"},
            "'k9-users-prod', but the environment is 'dev'",
        ),
        ({"DYNAMODB_USERS_TABLE": ARN, "ENVIRONMENT": "prod"}, "but the environment is 'prod'"),
        ({"DYNAMODB_USERS_TABLE": "k9-reports-dev"}, "which is a table of k9-reports"),
        (
            {"DYNAMODB_USERS_TABLE": "one", "DYNAMODB_K9_USERS_TABLE": "two"},
            "DYNAMODB_USERS_TABLE and DYNAMODB_K9_USERS_TABLE give one table two names",
        ),
        (
            {"DYNAMODB_USERS_TABLE": "one", "DYNAMODB_TABLE_USERS": "two"},
            "give one table two names",
        ),
        (
            {"DYNAMODB_USERS_TABLE": "one", "DYNAMODB_REPORTS_TABLE": "one"},
            "the tables k9-users and k9-reports have one name, 'one'",
        ),
    ],
)
def test_contradictions_are_refused(variables: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        settings({**DYNAMODB, **variables})


async def test_managers_open_what_the_variables_name() -> None:
    async with DatabaseManager.from_env({"DATABASE_PROVIDER": "memory"}) as manager:
        assert manager.get_users_table().table == "k9-users-dev"
        assert manager.get_reports_table().table == "k9-reports-dev"
        assert manager.get_embeddings_table().table == "k9-embeddings-dev"
    with BlockingManager.from_env({"DATABASE_PROVIDER": "memory"}, environment="t1") as blocking:
        assert blocking.get_users_table().table == "k9-users-t1"
        assert blocking.get_reports_table().table == "k9-reports-t1"
        assert blocking.get_embeddings_table().table == "k9-embeddings-t1"


@pytest.mark.parametrize(
    "target",
    [
        "memory",
        "sqlite",
        "moto",
        pytest.param(
            "dynoxide",
            marks=pytest.mark.xfail(
                strict=True, reason="Dynoxide takes no ARN where DynamoDB takes a table's name"
            ),
        ),
    ],
    indirect=True,
)
async def test_an_arn_is_the_table_that_has_the_name(adapter: DatabaseAdapter) -> None:
    named = Database(adapter, tables=table_names("dev"))
    await named.create_tables(MODELS)
    described = await adapter.call("DescribeTable", {"TableName": "k9-users-dev"})
    arn = described["Table"]["TableArn"]
    by_arn = Database(adapter, tables={**table_names("dev"), "k9-users": arn})
    ann = User(user_id="u1", name="Ann", email="ann@example.com")
    await DatabaseManager(by_arn).users.create_user(ann)
    assert (await DatabaseManager(named).users.get_user("u1")) == ann
    assert (await by_arn.health(MODELS)).ok
    (made, *_) = await by_arn.create_tables(MODELS)
    assert (made.created, made.table) == (False, arn)
