"""UpdateTable: what of a table can be changed, and what of that in one request.

Sources: UpdateTable of the Amazon DynamoDB API Reference (2012-08-10) and "Managing global
secondary indexes in DynamoDB" of the Developer Guide. The texts are those that users of the service
report, unless a comment says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.items.writes import read_totals
from anydynamo.engine.layout import TOTALS, decode, encode, index_space, items_space
from anydynamo.engine.limits import GLOBAL_INDEXES
from anydynamo.engine.replication.replicas import (
    change_replicas,
    check_stream_stays,
    replica_states,
    stream_to_open,
)
from anydynamo.engine.shapes import without_nulls
from anydynamo.engine.streams.records import drop_ended
from anydynamo.engine.tables.definitions import (
    check_definitions,
    check_encryption,
    check_global_index,
    check_key_definitions,
    check_projected,
    check_stream,
    indexes_of,
)
from anydynamo.engine.tables.descriptions import REGION, describe, status_of
from anydynamo.engine.tables.lifecycle import fill_index, save_table, set_stream
from anydynamo.engine.tables.provisioning import (
    PER_REQUEST,
    change_capacity,
    check_added_index,
    warm_throughput,
)
from anydynamo.engine.tables.states import (
    check_ready,
    current_document,
    drop_deleted,
    in_use,
    settle,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from anydynamo.engine.behaviour import Behaviour, Surroundings
    from anydynamo.engine.store import Writer

    IndexUpdate = tuple[str, dict[str, Any]]

__all__ = ["update_table"]

_CHANGES: Final = (
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexUpdates",
    "GlobalTableWitnessUpdates",
    "MultiRegionConsistency",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "ReplicaUpdates",
    "SSESpecification",
    "StreamSpecification",
    "TableClass",
    "WarmThroughput",
)
_ALONE: Final = {
    "SSESpecification": texts.tables.ENCRYPTION,
    "TableClass": "TableClass",
}
"""What is changed by itself, and how the service calls it."""

_INDEX_SETTINGS: Final = ("ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput")


def update_table(
    request: Mapping[str, Any], surroundings: Surroundings
) -> Callable[[Writer], dict[str, Any]]:
    """Change a table's billing, capacity, stream, encryption, class, protection or parts.

    Its parts are global indexes and replicas.

    The response says UPDATING, and still has the throughput of before, if anything changes.

    Raises:
        EngineError: The request is not valid.
    """
    given = without_nulls(request)
    _check_changes(given)
    updates = [_index_update(update) for update in given.get("GlobalSecondaryIndexUpdates", ())]
    _check_updates(updates)

    def work(writer: Writer) -> dict[str, Any]:
        at = surroundings.now()
        drop_ended(writer, at)
        drop_deleted(writer, at)
        document = current_document(writer, given["TableName"], at)
        check_ready(document)
        before = decode(encode(document))
        _check_combination(document, given, updates)
        _check_indexes(document, updates)
        change_capacity(
            document,
            given,
            {body["IndexName"]: body for kind, body in updates if kind == "Update"},
            at,
        )
        _change_settings(document, given, at)
        empty = not read_totals(writer, items_space(document["TableId"]))[0]
        change_replicas(document, given, REGION, empty=empty)
        _change_stream(writer, document, given.get("StreamSpecification"), at)
        set_stream(writer, document, stream_to_open(document), at)
        for kind, update in updates:
            if kind == "Create":
                _add_index(document, update, given.get("AttributeDefinitions", []))
        if document != before or any(kind == "Delete" for kind, _ in updates):
            _begin(document, before, updates, surroundings.behaviour, at)
            document["State"]["Replicas"] = replica_states(given)
        described = describe(writer, document)
        settle(document, at)
        table = save_table(writer, document)
        for kind, update in updates:
            name = update["IndexName"]
            index = table.index(name)
            if kind == "Create" and index is not None:
                fill_index(writer, table, index)
            elif kind == "Delete":
                space = index_space(table.id, name)
                writer.clear(space)
                writer.delete(TOTALS, space.encode())
        return {"TableDescription": described}

    return work


def _check_changes(given: Mapping[str, Any]) -> None:
    # An empty list or structure is no change; false is one. Encryption may be asked for, or not,
    # by an empty structure.
    changes = [
        key
        for key in _CHANGES
        if given.get(key) not in (None, []) and (given[key] != {} or key == "SSESpecification")
    ]
    if not changes:
        raise validation(texts.tables.NOTHING_TO_UPDATE)
    for key, called in _ALONE.items():
        if key in changes and len(changes) > 1:
            raise validation(texts.tables.ONLY_CHANGE, what=called)
    check_stream(given.get("StreamSpecification"))
    check_encryption(given.get("SSESpecification"))


def _index_update(update: Mapping[str, Any]) -> IndexUpdate:
    if len(update) != 1:
        raise validation(texts.tables.INDEX_UPDATE_ACTIONS)
    kind, body = next(iter(update.items()))
    if kind == "Create":
        check_global_index(body)
    if kind == "Update" and not any(body.get(key) for key in _INDEX_SETTINGS):
        raise validation(
            texts.tables.INDEX_UPDATE_EMPTY,
            settings=", ".join(_INDEX_SETTINGS),
            index=body["IndexName"],
        )
    return kind, body


def _check_updates(updates: Sequence[IndexUpdate]) -> None:
    names = [body["IndexName"] for _, body in updates]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise validation(texts.tables.INDEX_UPDATED_TWICE, index=repeated)
    if sum(kind != "Update" for kind, _ in updates) > 1:
        raise _one_online_index()


def _one_online_index() -> EngineError:
    return EngineError(
        "LimitExceededException",
        texts.tables.ONE_INDEX_AT_ONCE,
    )


def _check_combination(
    document: Mapping[str, Any], given: Mapping[str, Any], updates: Sequence[IndexUpdate]
) -> None:
    switched = given.get("BillingMode", document["BillingMode"]) != document["BillingMode"]
    if not switched and "ProvisionedThroughput" not in given:
        return
    if "StreamSpecification" in given:
        raise validation(texts.tables.STREAM_WITH_CAPACITY)
    if any(kind != "Update" for kind, _ in updates):
        # The API Reference has the rule.
        raise validation(texts.tables.ONE_CHANGE_AT_ONCE)


def _check_indexes(document: Mapping[str, Any], updates: Sequence[IndexUpdate]) -> None:
    """Check that indexes that are to change are there, and are not changing already."""
    indexes = {index["IndexName"]: index for index in document["GlobalSecondaryIndexes"]}
    changing = {name for name, index in indexes.items() if "State" in index}
    for kind, update in updates:
        name = update["IndexName"]
        if kind == "Create":
            _check_new_name(document, name)
        elif name not in indexes:
            raise _absent_index(kind, name)
        elif status_of(indexes[name]) == "DELETING":
            raise in_use(texts.tables.INDEX_IS_DELETED, table=document["TableName"], index=name)
        # An index that takes in items can be deleted, and no other one be made or removed.
        if kind != "Update" and changing - {name}:
            raise _one_online_index()


def _check_new_name(document: Mapping[str, Any], name: str) -> None:
    if any(index["IndexName"] == name for index in indexes_of(document)):
        raise validation(texts.tables.INDEX_EXISTS, name=name)
    if len(document["GlobalSecondaryIndexes"]) >= GLOBAL_INDEXES:
        raise EngineError(
            "LimitExceededException",
            texts.tables.TOO_MANY_GLOBAL_INDEXES,
        )


def _absent_index(kind: str, name: str) -> EngineError:
    if kind == "Update":
        return validation(texts.tables.INDEX_UPDATE_BLOCKED)
    return EngineError("ResourceNotFoundException", texts.tables.INDEX_NOT_FOUND, name=name)


def _change_settings(document: dict[str, Any], given: Mapping[str, Any], at: float) -> None:
    if "DeletionProtectionEnabled" in given:
        document["DeletionProtectionEnabled"] = given["DeletionProtectionEnabled"]
    table_class = given.get("TableClass")
    if table_class is not None and table_class != document.get("TableClass", "STANDARD"):
        document["TableClass"] = table_class
        document["TableClassDateTime"] = at
    encryption = given.get("SSESpecification")
    if encryption is not None:
        _encrypt(document, encryption)


def _encrypt(document: dict[str, Any], given: dict[str, Any]) -> None:
    current = document.get("SSESpecification", {})
    if not given.get("Enabled"):
        if not current.get("Enabled"):
            raise validation(texts.tables.ENCRYPTED_BY_DEFAULT)
    elif current.get("Enabled") and current.get("KMSMasterKeyId") == given.get("KMSMasterKeyId"):
        raise validation(texts.tables.ENCRYPTED_WITH_KEY)
    document["SSESpecification"] = given


def _change_stream(
    writer: Writer,
    document: dict[str, Any],
    specification: Mapping[str, Any] | None,
    at: float,
) -> None:
    if specification is None:
        return
    enabled, name = "StreamSpecification" in document, document["TableName"]
    if specification["StreamEnabled"] and enabled:
        raise validation(texts.tables.STREAM_ENABLED, name=name)
    if not specification["StreamEnabled"] and not enabled:
        raise validation(texts.tables.NO_STREAM_TO_DISABLE, name=name)
    if not specification["StreamEnabled"]:
        check_stream_stays(document)
    set_stream(writer, document, specification, at)


def _add_index(
    document: dict[str, Any], index: dict[str, Any], given: Sequence[dict[str, str]]
) -> None:
    check_added_index(document["BillingMode"], index)
    # The request itself has to define the index's keys, even those that the table has, too.
    check_key_definitions(index["KeySchema"], given)
    document["GlobalSecondaryIndexes"].append(
        {key: value for key, value in index.items() if value != {}}
    )
    types = {
        entry["AttributeName"]: entry["AttributeType"] for entry in document["AttributeDefinitions"]
    }
    keys = {entry["AttributeName"] for entry in index["KeySchema"]}
    for entry in given:
        name, kind = entry["AttributeName"], entry["AttributeType"]
        if types.get(name, kind) != kind:
            raise validation(texts.tables.ATTRIBUTE_REDEFINED, name=name, type=types[name])
        if name in keys:
            types[name] = kind
    definitions = [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]
    schemas = [document["KeySchema"], *(each["KeySchema"] for each in indexes_of(document))]
    check_definitions(definitions, schemas, indexed=True)
    document["AttributeDefinitions"] = definitions
    check_projected(indexes_of(document))


def _begin(
    document: dict[str, Any],
    before: Mapping[str, Any],
    updates: Sequence[IndexUpdate],
    behaviour: Behaviour,
    at: float,
) -> None:
    """Let a changed table be UPDATING, and its indexes be what is done to them."""
    until = at + behaviour.table_delay
    later = until + behaviour.index_delay
    kinds = {body["IndexName"]: kind for kind, body in updates}
    known = {index["IndexName"]: index for index in before["GlobalSecondaryIndexes"]}
    billing = before["BillingMode"], document["BillingMode"]
    for index in document["GlobalSecondaryIndexes"]:
        name = index["IndexName"]
        kind = kinds.get(name)
        if kind == "Create":
            index["State"] = {
                "Status": "CREATING",
                "Until": later,
                "Backfills": until,
                "Backfilling": False,
            }
        elif kind == "Delete":
            index["State"] = {"Status": "DELETING", "Until": later}
        elif index != known[name] and "State" not in index:
            index["State"] = _updating(index, known[name], billing, until)
    document["State"] = _updating(document, before, billing, until)


def _updating(
    place: Mapping[str, Any], before: Mapping[str, Any], billing: tuple[str, str], until: float
) -> dict[str, Any]:
    state: dict[str, Any] = {"Status": "UPDATING", "Until": until}
    units = before.get("ProvisionedThroughput", {})
    if billing[1] != PER_REQUEST and place["ProvisionedThroughput"] != units:
        state["Units"] = units
    if warm_throughput(billing[0], before) != warm_throughput(billing[1], place):
        state["Warm"] = True
    return state
