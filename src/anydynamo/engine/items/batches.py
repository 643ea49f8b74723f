"""BatchGetItem and BatchWriteItem: many items, each by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.engine import texts
from anydynamo.engine.errors import validation
from anydynamo.engine.items.access import (
    bare_name,
    check_index_keys,
    find_table,
    item_key,
    primary_key,
)
from anydynamo.engine.items.actions import check_put_size
from anydynamo.engine.items.capacity import Consumption, add_consumed, read_units
from anydynamo.engine.items.collections import collection_metrics
from anydynamo.engine.items.single import prepare_projection
from anydynamo.engine.items.writes import Changes, Stored
from anydynamo.engine.layout import size_of, unpack
from anydynamo.engine.legacy import refuse_mixture
from anydynamo.engine.limits import BATCH_GET_KEYS, BATCH_WRITE_REQUESTS, REQUEST_BYTES
from anydynamo.engine.values.values import check_item, measured_item

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.behaviour import Surroundings
    from anydynamo.engine.expressions import Projection
    from anydynamo.engine.layout import Table
    from anydynamo.engine.store import Reader, Writer
    from anydynamo.engine.values.values import Item

__all__ = ["batch_get_item", "batch_write_item"]


def batch_get_item(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Reader], dict[str, Any]]:
    """Read up to 100 items by their keys; what does not fit into 16 MB is left unprocessed.

    Raises:
        EngineError: The request is not valid.
    """
    wanted: list[tuple[str, Mapping[str, Any], list[Item], Projection | None]] = []
    for name, parameters in request["RequestItems"].items():
        refuse_mixture(parameters)
        keys = [check_item(key) for key in parameters["Keys"]]
        wanted.append((name, _settings(parameters), keys, prepare_projection(parameters)))
    if sum(len(keys) for _, _, keys, _ in wanted) > BATCH_GET_KEYS:
        raise validation(texts.batches.TOO_MANY_KEYS)
    _check_tables([name for name, *_ in wanted])
    mode = request.get("ReturnConsumedCapacity")

    def work(reader: Reader) -> dict[str, Any]:
        located = [
            (table, _located(table, keys))
            for table, keys in [
                (find_table(reader, name, now), keys) for name, _, keys, _ in wanted
            ]
        ]
        responses: dict[str, list[Item]] = {}
        unprocessed: dict[str, dict[str, Any]] = {}
        consumptions: list[Consumption] = []
        room = REQUEST_BYTES
        for (name, settings, keys, projection), (table, stored) in zip(
            wanted, located, strict=True
        ):
            found = responses[name] = []
            consumption = Consumption(name)
            consumptions.append(consumption)
            for position, key in enumerate(stored):
                raw = reader.get(table.items, key)
                size = 0 if raw is None else size_of(raw)
                if size > room:
                    unprocessed[name] = {**settings, "Keys": keys[position:]}
                    room = 0
                    break
                room -= size
                consumption.table += read_units(
                    size, consistent=settings.get("ConsistentRead") is True
                )
                if raw is not None:
                    item = unpack(raw)
                    found.append(item if projection is None else projection.apply(item))
        response: dict[str, Any] = {"Responses": responses, "UnprocessedKeys": unprocessed}
        add_consumed(response, mode, consumptions)
        return response

    return work


def _settings(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Copy what unprocessed keys have to be asked for with again."""
    settings = {
        name: value for name, value in parameters.items() if name != "Keys" and value is not None
    }
    if "ExpressionAttributeNames" in settings:
        settings["ExpressionAttributeNames"] = dict(settings["ExpressionAttributeNames"])
    if "AttributesToGet" in settings:
        settings["AttributesToGet"] = list(settings["AttributesToGet"])
    return settings


def _check_tables(names: list[str]) -> None:
    bare = {bare_name(name) for name in names}
    if len(bare) != len(names):
        # The same table by its name and by its ARN.
        raise validation(texts.batches.DUPLICATE_KEYS)


def _located(table: Table, keys: list[Item]) -> list[bytes]:
    stored = [primary_key(table, key) for key in keys]
    if len(set(stored)) != len(stored):
        raise validation(texts.batches.DUPLICATE_KEYS)
    return stored


def batch_write_item(
    request: Mapping[str, Any], surroundings: Surroundings
) -> Callable[[Writer], dict[str, Any]]:
    """Put and delete up to 25 items, without conditions; nothing is left unprocessed.

    One invalid request refuses them all, before anything is written.

    Raises:
        EngineError: The request is not valid.
    """
    wanted: list[tuple[str, list[tuple[Item, int | None]]]] = []
    for name, requests in request["RequestItems"].items():
        wanted.append((name, [_write_request(one) for one in requests]))
    if sum(len(writes) for _, writes in wanted) > BATCH_WRITE_REQUESTS:
        raise validation(texts.batches.TOO_MANY_WRITES)
    _check_tables([name for name, _ in wanted])
    mode = request.get("ReturnConsumedCapacity")
    counted = mode is not None and mode != "NONE"
    measured = request.get("ReturnItemCollectionMetrics") == "SIZE"

    def work(writer: Writer) -> dict[str, Any]:
        located = [
            _targets(find_table(writer, name, surroundings.now), writes) for name, writes in wanted
        ]
        changes = Changes.of_request(writer, surroundings)
        consumptions: list[Consumption] = []
        for (name, writes), (table, keys) in zip(wanted, located, strict=True):
            consumption = Consumption(name)
            consumptions.append(consumption)
            arms = consumption if counted else None
            for (item, size), key in zip(writes, keys, strict=True):
                before = Stored(writer.get(table.items, key))
                if size is None:
                    changes.delete(table, key, before, arms)
                else:
                    changes.put(table, key, before, item, size, arms)
        changes.finish()
        response: dict[str, Any] = {"UnprocessedItems": {}}
        add_consumed(response, mode, consumptions)
        if measured and (metrics := _metrics(writer, wanted, located)):
            response["ItemCollectionMetrics"] = metrics
        return response

    return work


def _write_request(given: Mapping[str, Any]) -> tuple[Item, int | None]:
    """Return the item of a put and its size, or the key of a delete and None."""
    put, delete = given.get("PutRequest"), given.get("DeleteRequest")
    if (put is None) == (delete is None):
        # DynamoDB says this of attribute values, and of write requests too.
        raise validation(texts.values.SEVERAL_TYPES)
    if put is None:
        return check_item(given["DeleteRequest"]["Key"]), None
    item, size = measured_item(put["Item"])
    check_put_size(size)
    return item, size


def _targets(table: Table, writes: list[tuple[Item, int | None]]) -> tuple[Table, list[bytes]]:
    keys: list[bytes] = []
    for item, size in writes:
        if size is None:
            keys.append(primary_key(table, item))
        else:
            keys.append(item_key(table, item))
            check_index_keys(table, item)
    if len(set(keys)) != len(keys):
        raise validation(texts.batches.DUPLICATE_KEYS)
    return table, keys


def _metrics(
    reader: Reader,
    wanted: list[tuple[str, list[tuple[Item, int | None]]]],
    located: list[tuple[Table, list[bytes]]],
) -> dict[str, Any]:
    metrics: dict[str, Any] = {}
    for (name, writes), (table, _) in zip(wanted, located, strict=True):
        collections: dict[bytes, dict[str, Any]] = {}
        for item, _ in writes:
            measured = collection_metrics(reader, table, item)
            if measured is not None:
                collections[table.partition(item)] = measured
        if collections:
            metrics[name] = list(collections.values())
    return metrics
