"""UpdateTable: what of a table can be changed, and what of that in one request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.engine.access import find_index
from anydynamo.engine.definitions import (
    GLOBAL_INDEXES,
    check_definitions,
    check_global_index,
    check_projected,
    check_stream,
    check_throughput,
)
from anydynamo.engine.descriptions import describe, stored_document
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.layout import TOTALS, index_space
from anydynamo.engine.streams import drop_ended
from anydynamo.engine.tables import (
    SETTINGS,
    fill_index,
    indexes_of,
    save_table,
    set_stream,
    used_definitions,
    without_nulls,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.store import Writer

__all__ = ["update_table"]

_INVALID = "One or more parameter values were invalid: "
_CHANGES = (
    *SETTINGS,
    "BillingMode",
    "GlobalSecondaryIndexUpdates",
    "StreamSpecification",
)


def update_table(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Writer], dict[str, Any]]:
    """Change a table's billing, throughput, stream, protection or global indexes.

    Raises:
        EngineError: The request is not valid.
    """
    given = without_nulls(request)
    # An empty list of index updates is no change; false is one.
    if all(given.get(key) in (None, []) for key in _CHANGES):
        raise validation(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled,"
            " GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"
        )
    check_stream(given.get("StreamSpecification"))
    updates = [_index_update(update) for update in given.get("GlobalSecondaryIndexUpdates", ())]
    _check_updates(updates)

    def work(writer: Writer) -> dict[str, Any]:
        document = stored_document(writer, given["TableName"])
        at = now()
        drop_ended(writer, at)
        _change_billing(document, given, at)
        document.update((key, given[key]) for key in SETTINGS if key in given)
        _change_stream(writer, document, given.get("StreamSpecification"), at)
        for kind, update in updates:
            _change_index(document, kind, update)
        if updates:
            _change_definitions(document, given)
            check_projected(indexes_of(document))
        table = save_table(writer, document)
        for kind, update in updates:
            if kind == "Create":
                fill_index(writer, table, find_index(table, update["IndexName"]))
            elif kind == "Delete":
                space = index_space(table.id, update["IndexName"])
                writer.clear(space)
                writer.delete(TOTALS, space.encode())
        return {"TableDescription": describe(writer, document)}

    return work


def _index_update(update: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    if len(update) != 1:
        raise validation(
            f"{_INVALID}One of GlobalSecondaryIndexUpdate.Update,"
            " GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be"
            " null"
        )
    kind, body = next(iter(update.items()))
    if kind == "Create":
        check_global_index(body)
    return kind, body


def _check_updates(updates: list[tuple[str, dict[str, Any]]]) -> None:
    names = [body["IndexName"] for _, body in updates]
    if len(set(names)) != len(names):
        raise validation(
            f"{_INVALID}Only one global secondary index update per index is allowed simultaneously"
        )
    if sum(kind != "Update" for kind, _ in updates) > 1:
        raise EngineError(
            "LimitExceededException",
            "Subscriber limit exceeded: Only 1 online index can be created or deleted"
            " simultaneously per table",
        )


def _change_billing(document: dict[str, Any], given: Mapping[str, Any], at: float) -> None:
    billing = given.get("BillingMode", document["BillingMode"])
    throughput = given.get("ProvisionedThroughput")
    changed = billing != document["BillingMode"]
    if changed or billing == "PAY_PER_REQUEST":
        check_throughput(billing, throughput)
    if not changed:
        return
    document["BillingMode"] = billing
    document["BillingModeDateTime"] = at
    if billing == "PAY_PER_REQUEST":
        for place in (document, *document["GlobalSecondaryIndexes"]):
            place.pop("ProvisionedThroughput", None)
        return
    for index in document["GlobalSecondaryIndexes"]:
        index.setdefault("ProvisionedThroughput", throughput)


def _change_stream(
    writer: Writer,
    document: dict[str, Any],
    specification: Mapping[str, Any] | None,
    at: float,
) -> None:
    if specification is None:
        return
    enabled = "StreamSpecification" in document
    if specification["StreamEnabled"] and enabled:
        raise validation(f"{_INVALID}Table already has an enabled stream")
    if not specification["StreamEnabled"] and not enabled:
        raise validation(f"{_INVALID}Table already has a disabled stream")
    set_stream(writer, document, specification, at)


def _change_index(document: dict[str, Any], kind: str, update: dict[str, Any]) -> None:
    name, indexes = update["IndexName"], document["GlobalSecondaryIndexes"]
    known = next((index for index in indexes if index["IndexName"] == name), None)
    if kind == "Create":
        taken = [index["IndexName"] for index in document["LocalSecondaryIndexes"]]
        if known is not None or name in taken:
            raise validation("Attempting to create an index which already exists: " + name)
        if len(indexes) >= GLOBAL_INDEXES:
            raise EngineError(
                "LimitExceededException",
                f"Number of GlobalSecondaryIndexes exceeds per-table limit of {GLOBAL_INDEXES}",
            )
        check_throughput(document["BillingMode"], update.get("ProvisionedThroughput"), name)
        indexes.append(update)
        return
    if known is None:
        raise EngineError(
            "ResourceNotFoundException",
            f"Requested resource not found: Index: {name} not found",
        )
    if kind == "Delete":
        indexes.remove(known)
        return
    if document["BillingMode"] == "PAY_PER_REQUEST":
        check_throughput("PAY_PER_REQUEST", update.get("ProvisionedThroughput"), name)
    known.update(update)


def _change_definitions(document: dict[str, Any], given: Mapping[str, Any]) -> None:
    """Take over new attribute definitions, and drop those that no key has any longer."""
    types = {
        entry["AttributeName"]: entry["AttributeType"] for entry in document["AttributeDefinitions"]
    }
    schemas = [document["KeySchema"], *(index["KeySchema"] for index in indexes_of(document))]
    for entry in given.get("AttributeDefinitions", ()):
        name, kind = entry["AttributeName"], entry["AttributeType"]
        if types.setdefault(name, kind) != kind:
            raise validation(
                f"{_INVALID}Attribute {name} is defined as {types[name]} already, and an attribute"
                " has one type in all keys"
            )
    known = [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]
    document["AttributeDefinitions"] = used_definitions(document, known)
    check_definitions(document["AttributeDefinitions"], schemas, indexed=True)
