"""TransactGetItems and TransactWriteItems: all of it, or nothing."""

from __future__ import annotations

from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from anydynamo.engine import texts
from anydynamo.engine.errors import EmptyKey, EngineError, validation
from anydynamo.engine.items.access import find_table, primary_key
from anydynamo.engine.items.actions import prepare_action
from anydynamo.engine.items.capacity import Consumption, Units, add_consumed, read_units
from anydynamo.engine.items.collections import collection_metrics
from anydynamo.engine.items.single import prepare_projection
from anydynamo.engine.items.writes import Changes
from anydynamo.engine.layout import TOKEN_AGES, TOKENS, decode, encode, size_of, unpack
from anydynamo.engine.limits import TRANSACTION_BYTES
from anydynamo.engine.values.values import check_item

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from anydynamo.engine.behaviour import Surroundings
    from anydynamo.engine.items.actions import Action, Kind, Outcome
    from anydynamo.engine.layout import Table
    from anydynamo.engine.store import Reader, Writer

__all__ = [
    "TOKEN_SECONDS",
    "check_distinct",
    "check_total",
    "commit",
    "content_digest",
    "sound",
    "table_consumption",
    "transact_get_items",
    "transact_write_items",
]

T = TypeVar("T")

TOKEN_SECONDS = 600
"""How long a client token stands for its transaction."""

_KINDS: tuple[Kind, ...] = ("Put", "Update", "Delete", "ConditionCheck")
_REASONS = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "DuplicateItemException": "DuplicateItem",
    "ItemCollectionSizeLimitExceededException": "ItemCollectionSizeLimitExceeded",
}
# Attribute values may be any mappings, not just dictionaries.
_canonical = msgspec.msgpack.Encoder(order="sorted", enc_hook=dict).encode


def transact_get_items(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Reader], dict[str, Any]]:
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
        tables = [find_table(reader, name, now) for name, _, _ in wanted]
        keys = _keys(
            (table, partial(primary_key, table, key))
            for table, (_, key, _) in zip(tables, wanted, strict=True)
        )
        consumptions: dict[str, Consumption] = {}
        responses: list[dict[str, Any]] = []
        total = 0
        for table, stored, (name, _, projection) in zip(tables, sound(keys), wanted, strict=True):
            raw = reader.get(table.items, stored)
            size = 0 if raw is None else size_of(raw)
            total += size
            consumption = table_consumption(consumptions, table, name, writes=False)
            consumption.table += read_units(size, consistent=True)
            if raw is None:
                responses.append({})
            else:
                item = unpack(raw)
                chosen = item if projection is None else projection.apply(item)
                # Unlike GetItem's: "if the requested item has no projected attributes, the
                # corresponding ItemResponse object is an empty Map" (API Reference).
                responses.append({"Item": chosen} if chosen else {})
        check_total((total,))
        response: dict[str, Any] = {"Responses": responses}
        add_consumed(response, mode, consumptions.values())
        return response

    return work


def _keys(located: Iterable[tuple[Table, Callable[[], bytes]]]) -> list[bytes | EngineError]:
    """Return the stored key of each action, or what is wrong with it.

    Raises:
        EngineError: A ValidationException; two actions have the same item.
    """
    keys: list[bytes | EngineError] = []
    found: list[tuple[Table, bytes]] = []
    for table, locate in located:
        try:
            key = locate()
        except EngineError as error:
            keys.append(error)
            continue
        found.append((table, key))
        keys.append(key)
    check_distinct(found)
    return keys


def check_distinct(targets: Iterable[tuple[Table, bytes]]) -> None:
    """Refuse a transaction in which two actions, or reads, are about the same item.

    Raises:
        EngineError: A ValidationException.
    """
    seen: set[tuple[str, bytes]] = set()
    for table, key in targets:
        if (table.id, key) in seen:
            raise validation(texts.transactions.ONE_ITEM_TWICE)
        seen.add((table.id, key))


def sound(results: Sequence[T | EngineError], *, writing: bool = False) -> list[T]:
    """Return what the actions came to, or cancel the transaction if one came to an error.

    Args:
        results: What each action came to.
        writing: Whether they are writes, of which an empty key refuses them all.

    Raises:
        EngineError: A TransactionCanceledException with a reason for each action, or the
            ValidationException of an empty key.
    """
    good = [result for result in results if not isinstance(result, EngineError)]
    if len(good) == len(results):
        return good
    if writing:
        for result in results:
            if isinstance(result, EmptyKey):
                raise result
    reasons = [
        _reason(result) if isinstance(result, EngineError) else {"Code": "None"}
        for result in results
    ]
    codes = ", ".join(reason["Code"] for reason in reasons)
    raise EngineError(
        "TransactionCanceledException",
        texts.transactions.CANCELLED,
        codes=codes,
        reasons=reasons,
    )


def table_consumption(
    consumptions: dict[str, Consumption], table: Table, name: str, *, writes: bool
) -> Consumption:
    """Return what a transaction has charged a table up to now, under the name that it was given."""
    known = consumptions.get(table.id)
    if known is None:
        kind: Units = "WriteCapacityUnits" if writes else "ReadCapacityUnits"
        known = consumptions[table.id] = Consumption(name, transactional=kind)
    return known


def transact_write_items(
    request: Mapping[str, Any], surroundings: Surroundings
) -> Callable[[Writer], dict[str, Any]]:
    """Carry out up to 100 actions, all of them or, if one cannot be, none.

    Raises:
        EngineError: The request is not valid.
    """
    actions = [_action(one) for one in request["TransactItems"]]
    check_total(action.size for action in actions)
    token = request.get("ClientRequestToken")
    digest = b"" if token is None else content_digest(request["TransactItems"])
    mode = request.get("ReturnConsumedCapacity")
    measured = request.get("ReturnItemCollectionMetrics") == "SIZE"

    def work(writer: Writer) -> dict[str, Any]:
        tables = [find_table(writer, action.table, surroundings.now) for action in actions]
        consumptions = commit(
            writer, surroundings, actions, tables, None if token is None else (token, digest)
        )
        response: dict[str, Any] = {}
        add_consumed(response, mode, consumptions)
        if measured and (metrics := _metrics(writer, actions, tables)):
            response["ItemCollectionMetrics"] = metrics
        return response

    return work


def commit(
    writer: Writer,
    surroundings: Surroundings,
    actions: Sequence[Action],
    tables: Sequence[Table],
    token: tuple[str, bytes] | None,
) -> Collection[Consumption]:
    """Carry out all of the actions, or none.

    Args:
        writer: The store.
        surroundings: The clock, and what the user chose.
        actions: The actions.
        tables: The table of each.
        token: The client's token, if it gave one, and what stands for the request's content.

    Returns:
        What each table was charged.

    Raises:
        EngineError: A TransactionCanceledException, IdempotentParameterMismatchException or
            ValidationException.
    """
    keys = _keys(
        (table, partial(action.key, table)) for table, action in zip(tables, actions, strict=True)
    )
    consumptions: dict[str, Consumption] = {}
    if token is not None and _seen(writer, *token, surroundings.now()):
        _read_again(writer, zip(tables, actions, sound(keys), strict=True), consumptions)
        return consumptions.values()
    outcomes = [
        _outcome(writer, action, table, key)
        for action, table, key in zip(actions, tables, keys, strict=True)
    ]
    good = sound(outcomes, writing=True)
    check_total(
        max(action.size, outcome.size) for action, outcome in zip(actions, good, strict=True)
    )
    _perform(
        Changes.of_request(writer, surroundings),
        list(zip(actions, good, strict=True)),
        consumptions,
    )
    if token is not None:
        _remember(writer, *token, surroundings.now())
    return consumptions.values()


def check_total(sizes: Iterable[int]) -> None:
    """Refuse a transaction whose items, updated ones as they become, are too large together.

    Raises:
        EngineError: A ValidationException.
    """
    if sum(sizes) > TRANSACTION_BYTES:
        raise validation(texts.transactions.TOO_LARGE)


def _action(given: Mapping[str, Any]) -> Action:
    kinds: list[Kind] = [kind for kind in _KINDS if given.get(kind) is not None]
    if len(kinds) != 1:
        raise validation(texts.transactions.ONE_ACTION)
    return prepare_action(kinds[0], given[kinds[0]])


def content_digest(items: Sequence[Any]) -> bytes:
    """Return what stands for a transaction's content beside its token."""
    # The same actions may come as sets or lists of members, in any order of attributes.
    return blake2b(_canonical(items), digest_size=32).digest()


def _outcome(
    reader: Reader, action: Action, table: Table, key: bytes | EngineError
) -> Outcome | EngineError:
    if isinstance(key, EngineError):
        return key
    try:
        return action.evaluate(reader, table, key)
    except EngineError as error:
        return error


def _read_again(
    reader: Reader,
    targets: Iterable[tuple[Table, Action, bytes]],
    consumptions: dict[str, Consumption],
) -> None:
    """Charge a transaction that was carried out already, as the reads that it then is."""
    for table, action, key in targets:
        raw = reader.get(table.items, key)
        size = 0 if raw is None else size_of(raw)
        consumption = table_consumption(consumptions, table, action.table, writes=False)
        consumption.table += read_units(size, consistent=True)


def _reason(error: EngineError) -> dict[str, Any]:
    reason: dict[str, Any] = {
        "Code": _REASONS.get(error.code, "ValidationError"),
        "Message": error.message,
    }
    if error.item is not None:
        reason["Item"] = error.item
    return reason


def _perform(
    changes: Changes,
    outcomes: Sequence[tuple[Action, Outcome]],
    consumptions: dict[str, Consumption],
) -> None:
    for position, (action, outcome) in enumerate(outcomes):
        try:
            consumption = table_consumption(consumptions, outcome.table, action.table, writes=True)
            action.perform(changes, outcome, consumption)
        except EngineError as error:
            # An item collection that is full: only what stands there already tells.
            sound([*(one for _, one in outcomes[:position]), error, *outcomes[position + 1 :]])
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
            texts.transactions.TOKEN_REUSED,
        )
    return True


def _age(at: float) -> bytes:
    return max(0, round(at * 1000)).to_bytes(8)


def _remember(writer: Writer, token: str, digest: bytes, at: float) -> None:
    writer.put(TOKENS, token.encode(), encode({"digest": digest, "at": at}))
    writer.put(TOKEN_AGES, _age(at) + token.encode(), b"")


def _metrics(reader: Reader, actions: Sequence[Action], tables: Sequence[Table]) -> dict[str, Any]:
    metrics: dict[str, dict[bytes, Any]] = {}
    for action, table in zip(actions, tables, strict=True):
        measured = collection_metrics(reader, table, action.given)
        if measured is not None and action.kind != "ConditionCheck":
            metrics.setdefault(table.name, {})[table.partition(action.given)] = measured
    return {name: list(collections.values()) for name, collections in metrics.items()}
