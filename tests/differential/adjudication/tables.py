"""Where Dynoxide, moto and the engine answer requests about tables differently, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.differential.adjudication.rules import Rule, coded, fails, member, refuses
from tests.differential.witnesses import TAB

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["RULES"]

MISSING = "ResourceNotFoundException"
ABSENT = {"ResourceArn": "absent"}


def _expiry(attribute: str, *, enabled: bool) -> tuple[str, dict[str, Any]]:
    setting = {"AttributeName": attribute, "Enabled": enabled}
    return "UpdateTimeToLive", {**TAB, "TimeToLiveSpecification": setting}


def _deleted(name: str) -> Rule:
    return Rule(
        f"{name} describes the indexes of a table that is being deleted; the service's answer has "
        "the table alone",
        "API Reference, DeleteTable, Examples",
        member("TableDescription", operations=["DeleteTable"]),
        [("DeleteTable", TAB)],
    )


DYNOXIDE: tuple[Rule, ...] = (
    _deleted("Dynoxide"),
    Rule(
        "Dynoxide has no continuous backups",
        "API Reference, DescribeContinuousBackups",
        fails("^UnknownOperationException"),
        [("DescribeContinuousBackups", TAB)],
    ),
    Rule(
        "Dynoxide holds names of tables to their old length where they are only looked for; the "
        "parameter takes ARNs by now, and has from 1 to 1024 characters",
        "API Reference, DescribeTable, TableName",
        fails("Invalid TableArn"),
        [("ListTagsOfResource", {"ResourceArn": "x"})],
    ),
    Rule(
        "Dynoxide removes an index at once; DynamoDB describes it until it is removed",
        "API Reference, UpdateTable: an asynchronous operation; IndexStatus DELETING",
        member("TableDescription", operations=["UpdateTable"]),
        [
            (
                "UpdateTable",
                {**TAB, "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "part"}}]},
            )
        ],
    ),
    Rule(
        "Dynoxide denies access to the tags of a table that is not there",
        "API Reference, ListTagsOfResource, Errors: ResourceNotFoundException",
        coded(MISSING, "AccessDeniedException"),
        [("ListTagsOfResource", ABSENT)],
    ),
    Rule(
        "Dynoxide does not hold an update of a table to all of what it is",
        "API Reference, UpdateTable, Request Parameters",
        refuses("", operations=["UpdateTable"]),
        [
            (
                "UpdateTable",
                {**TAB, "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "a!b"}}]},
            )
        ],
    ),
    Rule(
        "Dynoxide disables what is disabled, and by the name of another attribute",
        "API Reference, UpdateTimeToLive: a ValidationException; users' reports have the text",
        refuses("TimeToLive is"),
        [_expiry("at", enabled=False)],
    ),
)
"""What Dynoxide 1.2 does otherwise."""

MOTO: tuple[Rule, ...] = (
    _deleted("moto"),
    Rule(
        "moto has an error of its own for a table without a time to live that is not there",
        "API Reference, DescribeTimeToLive, Errors: ResourceNotFoundException",
        fails("^ResourceNotFound "),
        [("DescribeTimeToLive", {"TableName": "absent"})],
    ),
    Rule(
        "moto tags what is not there, and says nothing of it",
        "API Reference, TagResource, Errors: ResourceNotFoundException",
        coded(MISSING, None, operations=["TagResource", "UntagResource"]),
        [("TagResource", {**ABSENT, "Tags": [{"Key": "a", "Value": ""}]})],
    ),
    Rule(
        "moto changes a time to live to what it is already, or to another attribute at once",
        "API Reference, UpdateTimeToLive; Developer Guide, Enable TTL",
        refuses("TimeToLive is", operations=["UpdateTimeToLive"]),
        [_expiry("at", enabled=True), _expiry("end", enabled=True)],
    ),
    Rule(
        "moto leaves a table its units, or its indexes theirs, when it is billed by request",
        "API Reference, ProvisionedThroughputDescription; UpdateTable, BillingMode",
        member("TableDescription", operations=["UpdateTable"]),
        [
            (
                "UpdateTable",
                {
                    **TAB,
                    "BillingMode": "PROVISIONED",
                    "ProvisionedThroughput": {"ReadCapacityUnits": 2, "WriteCapacityUnits": 2},
                },
            ),
            ("UpdateTable", {**TAB, "BillingMode": "PAY_PER_REQUEST"}),
        ],
    ),
    Rule(
        "moto does not hold an update of a table to what it is",
        "API Reference, UpdateTable, Request Parameters; StreamSpecification, Note",
        refuses("", operations=["UpdateTable"]),
        [("UpdateTable", {**TAB, "StreamSpecification": {"StreamEnabled": False}})],
    ),
    Rule(
        "moto does not keep the class of a table",
        "API Reference, CreateTable, TableClass",
        member(
            "TableDescription",
            lambda mine, other: {**mine, "TableClass": None} == {**other, "TableClass": None},
        ),
        [
            (
                "CreateTable",
                {
                    "TableName": "classed",
                    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                    "BillingMode": "PAY_PER_REQUEST",
                    "TableClass": "STANDARD_INFREQUENT_ACCESS",
                },
            )
        ],
    ),
)
"""What moto 5 does otherwise."""

RULES: Mapping[str, Sequence[Rule]] = {"dynoxide": DYNOXIDE, "moto": MOTO}
