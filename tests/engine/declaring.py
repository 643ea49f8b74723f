"""CreateTable requests, as the tests of table operations vary them."""

from __future__ import annotations

from typing import Any

from tests.engine.calling import definitions, schema

UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 3}


def request(**changes: Any) -> dict[str, Any]:
    """Return a CreateTable with some parameters changed; None leaves one out."""
    made: dict[str, Any] = {
        "TableName": "users",
        "KeySchema": schema("pk"),
        "AttributeDefinitions": definitions(pk="S"),
        "BillingMode": "PAY_PER_REQUEST",
    }
    return {name: value for name, value in (made | changes).items() if value is not None}


def global_(*indexes: dict[str, Any], **types: str) -> dict[str, Any]:
    return {
        "AttributeDefinitions": definitions(pk="S", **types),
        "GlobalSecondaryIndexes": list(indexes),
    }


def local(*indexes: dict[str, Any], **types: str) -> dict[str, Any]:
    return {
        "KeySchema": schema("pk", "sk"),
        "AttributeDefinitions": definitions(pk="S", sk="S", **types),
        "LocalSecondaryIndexes": list(indexes),
    }
