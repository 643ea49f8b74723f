"""TransactGetItems and TransactWriteItems: all of it, or nothing."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import msgspec

from anydynamo.engine.access import find_table, primary_key
from anydynamo.engine.actions import prepare_action
from anydynamo.engine.capacity import Consumption, add_consumed, read_units, write_units
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.itemcollections import collection_metrics
from anydynamo.engine.items import prepare_projection
from anydynamo.engine.layout import TOKEN_AGES, TOKENS, decode, encode, size_of, unpack
from anydynamo.engine.limits import ITEM_BYTES, TRANSACTION_BYTES
from anydynamo.engine.values import check_item, item_size
from anydynamo.engine.writes import Changes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from anydynamo.engine.actions import Action, Kind, Outcome
    from anydynamo.engine.layout import Table
    from anydynamo.engine.store import Reader, Writer

__all__ = ["TOKEN_SECONDS", "transact_get_items", "transact_write_items"]

TOKEN_SECONDS = 600
"""How long a client token stands for its transaction."""

_FACTOR = 2
"""A transaction prepares and then commits, and each costs."""

_KINDS: tuple[Kind, ...] = ("Put", "Update", "Delete", "ConditionCheck")
_TWICE = "Transaction request cannot include multiple operations on one item"
_canonical = msgspec.msgpack.Encoder(order="sorted").encode


def transact_get_items(request: Mapping[str, Any]) -> Callable[[Reader], dict[str, Any]]:
    """Read up to 100 items from one snapshot.

    Raises:
        EngineError: The request is not valid.
    """
    wanted = [
        (get["TableName"], check_item(get["Key"]), prepare_projection(get))
        for get in (one["Get"] for one in request["TransactItems"])
    ]
    mode = request.get("ReturnConsumedCapacity")

    def work(reader: Reader) -> dict[str, Any]:
        located = [(find_table(reader, name), key, shown) for name, key, shown in wanted]
        targets = [(table, primary_key(table, key), shown) for table, key, shown in located]
        _refuse_twice((table, stored) for table, stored, _ in targets)
        consumptions: dict[str, Consumption] = {}
        responses: list[dict[str, Any]] = []
        total = 0
        for table, stored, projection in targets:
            raw = reader.get(table.items, stored)
            size = 0 if raw is None else size_of(raw)
            total += size
            consumption = _consumption(consumptions, table)
            consumption.table += read_units(size, consistent=True)
            if raw is None:
                responses.append({})
            else:
                item = unpack(raw)
                responses.append({"Item": item if projection is None else projection.apply(item)})
        if total > TRANSACTION_BYTES:
            raise validation("The items of a transaction are larger than the maximum of 4 MB")
        response: dict[str, Any] = {"Responses": responses}
        add_consumed(response, mode, consumptions.values())
        return response

    return work


def _refuse_twice(targets: Iterable[tuple[Table, bytes]]) -> None:
    seen: set[tuple[str, bytes]] = set()
    for table, stored in targets:
        if (table.id, stored) in seen:
            raise validation(_TWICE)
        seen.add((table.id, stored))


def _consumption(consumptions: dict[str, Consumption], table: Table) -> Consumption:
    known = consumptions.get(table.id)
    if known is None:
        known = consumptions[table.id] = Consumption(table.name, factor=_FACTOR)
    return known


def transact_write_items(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Writer], dict[str, Any]]:
    """Carry out up to 100 actions, all of them or, if one cannot be, none.

    Raises:
        EngineError: The request is not valid.
    """
    actions = [_action(one) for one in request["TransactItems"]]
    if sum(item_size(action.given) for action in actions) > TRANSACTION_BYTES:
        raise validation("The items of a transaction are larger than the maximum of 4 MB")
    token = request.get("ClientRequestToken")
    digest = b"" if token is None else _digest(request["TransactItems"])
    mode = request.get("ReturnConsumedCapacity")
    measured = request.get("ReturnItemCollectionMetrics") == "SIZE"

    def work(writer: Writer) -> dict[str, Any]:
        located = [(action, find_table(writer, action.table)) for action in actions]
        targets = [(action, table, action.key(table)) for action, table in located]
        _refuse_twice((table, key) for _, table, key in targets)
        consumptions: dict[str, Consumption] = {}
        if token is not None and _seen(writer, token, digest, now()):
            for _, table, key in targets:
                raw = writer.get(table.items, key)
                consumption = _consumption(consumptions, table)
                consumption.table += read_units(0 if raw is None else size_of(raw), consistent=True)
        else:
            outcomes = _evaluate(writer, targets)
            _perform(writer, outcomes, consumptions)
            if token is not None:
                _remember(writer, token, digest, now())
        response: dict[str, Any] = {}
        add_consumed(response, mode, consumptions.values())
        if measured:
            response["ItemCollectionMetrics"] = _metrics(writer, targets)
        return response

    return work


def _action(given: Mapping[str, Any]) -> Action:
    kinds: list[Kind] = [kind for kind in _KINDS if given.get(kind) is not None]
    if len(kinds) != 1:
        raise validation("TransactItems can only contain one of Check, Put, Update or Delete")
    action = prepare_action(kinds[0], given[kinds[0]])
    if action.kind == "Put" and item_size(action.given) > ITEM_BYTES:
        # An update that grows too large cancels the transaction; a put never begins it.
        raise validation("Item size has exceeded the maximum allowed size")
    return action


def _digest(items: Sequence[Any]) -> bytes:
    # The same actions may come as sets or lists of members, in any order of attributes.
    return blake2b(_canonical(items), digest_size=32).digest()


def _evaluate(
    reader: Reader, targets: Sequence[tuple[Action, Table, bytes]]
) -> list[tuple[Action, Outcome]]:
    outcomes: list[tuple[Action, Outcome]] = []
    reasons: list[dict[str, Any]] = []
    for action, table, key in targets:
        try:
            outcomes.append((action, action.evaluate(reader, table, key)))
        except EngineError as error:
            reasons.append(_reason(error))
        else:
            reasons.append({"Code": "None"})
    if len(outcomes) < len(targets):
        codes = ", ".join(reason["Code"] for reason in reasons)
        raise EngineError(
            "TransactionCanceledException",
            "Transaction cancelled, please refer cancellation reasons for specific reasons"
            f" [{codes}]",
            reasons=reasons,
        )
    return outcomes


def _reason(error: EngineError) -> dict[str, Any]:
    failed = error.code == "ConditionalCheckFailedException"
    reason: dict[str, Any] = {
        "Code": "ConditionalCheckFailed" if failed else "ValidationError",
        "Message": error.message,
    }
    if error.item is not None:
        reason["Item"] = error.item
    return reason


def _perform(
    writer: Writer,
    outcomes: Sequence[tuple[Action, Outcome]],
    consumptions: dict[str, Consumption],
) -> None:
    changes = Changes(writer)
    for action, outcome in outcomes:
        consumption = _consumption(consumptions, outcome.table)
        if action.kind == "ConditionCheck":
            consumption.table += write_units(outcome.before.size)
        else:
            action.perform(changes, outcome, consumption)
    changes.finish()


def _seen(writer: Writer, token: str, digest: bytes, at: float) -> bool:
    """Tell whether this transaction was carried out already, and forget tokens that are too old.

    Raises:
        EngineError: An IdempotentParameterMismatchException.
    """
    oldest = _age(at - TOKEN_SECONDS)
    for key, _ in list(writer.scan(TOKEN_AGES, end=oldest)):
        writer.delete(TOKEN_AGES, key)
        writer.delete(TOKENS, key[len(oldest) :])
    raw = writer.get(TOKENS, token.encode())
    if raw is None:
        return False
    if decode(raw)["digest"] != digest:
        raise EngineError(
            "IdempotentParameterMismatchException",
            "The request uses the same client token as a previous, but non-identical request. Do"
            " not reuse a client token with different requests, unless the requests are identical",
        )
    return True


def _age(at: float) -> bytes:
    return max(0, round(at * 1000)).to_bytes(8)


def _remember(writer: Writer, token: str, digest: bytes, at: float) -> None:
    writer.put(TOKENS, token.encode(), encode({"digest": digest, "at": at}))
    writer.put(TOKEN_AGES, _age(at) + token.encode(), b"")


def _metrics(reader: Reader, targets: Sequence[tuple[Action, Table, bytes]]) -> dict[str, Any]:
    metrics: dict[str, dict[bytes, Any]] = {}
    for action, table, _ in targets:
        measured = collection_metrics(reader, table, action.given)
        if measured is not None and action.kind != "ConditionCheck":
            metrics.setdefault(table.name, {})[table.partition(action.given)] = measured
    return {name: list(collections.values()) for name, collections in metrics.items()}
