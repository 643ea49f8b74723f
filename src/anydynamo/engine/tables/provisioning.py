"""What tables and indexes are provisioned with: throughput, ceilings on demand, warm throughput.

All of it is checked, kept and described as the service does it; nobody is throttled here.

Sources: CreateTable, UpdateTable, `OnDemandThroughput` and `WarmThroughput` of the Amazon DynamoDB
API Reference; "Quotas in Amazon DynamoDB" of the Developer Guide for decreases. The texts are those
that users of the service report.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.limits import DECREASE_SECONDS, FREE_DECREASES
from anydynamo.engine.tables.definitions import check_throughput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "PER_REQUEST",
    "change_capacity",
    "check_added_index",
    "check_capacity",
    "warm_throughput",
]

PER_REQUEST: Final = "PAY_PER_REQUEST"

_UNITS: Final = ("ReadCapacityUnits", "WriteCapacityUnits")
_CEILINGS: Final = ("MaxReadRequestUnits", "MaxWriteRequestUnits")
_WARM: Final = ("ReadUnitsPerSecond", "WriteUnitsPerSecond")
_NO_CEILING: Final = -1
_MOST_UNITS: Final = 10**12

_ON_DEMAND_WARM: Final = (12_000, 4_000)
"""The warm throughput of every table on demand, in reads and writes a second."""

_DAY: Final = 86_400


def check_capacity(given: Mapping[str, Any], indexes: Iterable[dict[str, Any]]) -> None:
    """Check what a new table, and each of its global indexes, is to be provisioned with.

    Args:
        given: CreateTable's parameters.
        indexes: The global indexes.

    Raises:
        EngineError: A ValidationException.
    """
    billing = given.get("BillingMode", "PROVISIONED")
    check_throughput(billing, given.get("ProvisionedThroughput"))
    _check_units(given.get("ProvisionedThroughput"), None)
    _check_new(billing, given, None, texts.capacity.MODE_OF_NEW_TABLE)
    for index in indexes:
        name, units = index["IndexName"], index.get("ProvisionedThroughput")
        if billing == PER_REQUEST and units is not None:
            raise validation(texts.capacity.INDEX_UNITS_OF_NEW_TABLE_ON_DEMAND, name=name)
        if billing != PER_REQUEST and units is None:
            raise validation(texts.capacity.INDEX_UNITS_OF_NEW_TABLE_MISSING, name=name)
        _check_units(units, name)
        _check_new(billing, index, name, texts.capacity.MODE_OF_NEW_TABLE)


def check_added_index(billing: str, index: Mapping[str, Any]) -> None:
    """Check what a global index that is added to a table is to be provisioned with.

    Args:
        billing: The table's billing mode.
        index: The index.

    Raises:
        EngineError: A ValidationException.
    """
    name, units = index["IndexName"], index.get("ProvisionedThroughput")
    _check_index_units(billing, units, name)
    if billing != PER_REQUEST and units is None:
        raise validation(texts.capacity.INDEX_UNITS_MISSING, name=name)
    _check_units(units, name)
    _check_new(billing, index, name, texts.capacity.MODE)


def _check_index_units(billing: str, units: Mapping[str, int] | None, name: str) -> None:
    if billing == PER_REQUEST and units is not None:
        raise validation(texts.capacity.INDEX_UNITS_ON_DEMAND, name=name)


def _check_units(units: Mapping[str, int] | None, index: str | None) -> None:
    where = "" if index is None else texts.capacity.OF_INDEX.format(index=index)
    for name in _UNITS:
        if units is not None and units[name] > _MOST_UNITS:
            raise validation(
                texts.capacity.UNITS_OUT_OF_BOUNDS, units=units[name], name=name, where=where
            )


def _check_new(billing: str, place: Mapping[str, Any], index: str | None, mode: str) -> None:
    _check_ceilings(billing, place.get("OnDemandThroughput"), index, mode)
    for name, least in zip(_WARM, _least_warm(billing, place), strict=True):
        if place.get("WarmThroughput", {}).get(name, least) < least:
            units = f"{name.removesuffix('UnitsPerSecond')}CapacityUnits"
            than = (
                texts.capacity.INITIAL_UNITS
                if billing == PER_REQUEST
                else texts.capacity.UNITS_PROVISIONED.format(units=units)
            )
            raise validation(
                texts.capacity.WARM_TOO_LOW, name=name, place=_called(index), than=than
            )


def _check_ceilings(
    billing: str,
    ceilings: Mapping[str, int] | None,
    index: str | None,
    mode: str,
    *,
    removable: bool = False,
) -> None:
    given = [(name, ceilings[name]) for name in _CEILINGS if ceilings and name in ceilings]
    if given and billing != PER_REQUEST:
        raise validation(texts.capacity.CEILING_OF_PROVISIONED, name=given[0][0], mode=mode)
    for name, units in given:
        if units < 1 and not (removable and units == _NO_CEILING):
            raise validation(texts.capacity.CEILING_OUT_OF_RANGE, name=name, place=_called(index))


def _called(index: str | None) -> str:
    return "table" if index is None else texts.capacity.INDEX.format(index=index)


def _least_warm(billing: str, place: Mapping[str, Any]) -> tuple[int, int]:
    if billing == PER_REQUEST:
        return _ON_DEMAND_WARM
    units: Mapping[str, int] = place.get("ProvisionedThroughput", {})
    return units.get("ReadCapacityUnits", 0), units.get("WriteCapacityUnits", 0)


def warm_throughput(billing: str, place: Mapping[str, Any]) -> dict[str, int]:
    """Return the warm throughput of a table or index, which never falls below what it may use."""
    chosen: Mapping[str, int] = place.get("WarmThroughput", {})
    return {
        name: max(least, chosen.get(name, 0))
        for name, least in zip(_WARM, _least_warm(billing, place), strict=True)
    }


def change_capacity(
    document: dict[str, Any],
    given: Mapping[str, Any],
    updates: Mapping[str, Mapping[str, Any]],
    at: float,
) -> None:
    """Change what a table and its indexes are provisioned with, and the billing mode.

    Args:
        document: The table's description.
        given: UpdateTable's parameters.
        updates: The updates of indexes by their names; those indexes are there.
        at: The time, in seconds since the epoch.

    Raises:
        EngineError: A ValidationException or a LimitExceededException.
    """
    old = document["BillingMode"]
    billing = given.get("BillingMode", old)
    units = given.get("ProvisionedThroughput")
    if billing == PER_REQUEST and units is not None:
        raise validation(texts.capacity.UNITS_ON_DEMAND)
    indexes: list[dict[str, Any]] = document["GlobalSecondaryIndexes"]
    if billing != old:
        _check_switch(billing, units, indexes, updates)
        _switch(document, billing, at)
    _change(document, given, billing, None, at)
    for index in indexes:
        update = updates.get(index["IndexName"])
        if update is not None:
            _check_index_units(billing, update.get("ProvisionedThroughput"), index["IndexName"])
            _change(index, update, billing, index["IndexName"], at)


def _check_switch(
    billing: str,
    units: object,
    indexes: Iterable[Mapping[str, Any]],
    updates: Mapping[str, Mapping[str, Any]],
) -> None:
    if billing == PER_REQUEST:
        return
    if units is None:
        raise validation(texts.capacity.UNITS_FOR_PROVISIONED)
    for index in indexes:
        name, going = index["IndexName"], index.get("State", {}).get("Status") == "DELETING"
        if not going and "ProvisionedThroughput" not in updates.get(name, {}):
            raise validation(texts.capacity.INDEX_UNITS_FOR_PROVISIONED, name=name)


def _switch(document: dict[str, Any], billing: str, at: float) -> None:
    for place in (document, *document["GlobalSecondaryIndexes"]):
        # What was warm stays so: warm throughput never decreases.
        place["WarmThroughput"] = warm_throughput(document["BillingMode"], place)
        place.pop("ProvisionedThroughput" if billing == PER_REQUEST else "OnDemandThroughput", None)
    document["BillingMode"] = billing
    if billing == PER_REQUEST:
        document["BillingModeDateTime"] = at


def _change(
    place: dict[str, Any], given: Mapping[str, Any], billing: str, index: str | None, at: float
) -> None:
    units, ceilings = given.get("ProvisionedThroughput"), given.get("OnDemandThroughput")
    mode = texts.capacity.MODE
    _check_units(units, index)
    _check_ceilings(billing, ceilings, index, mode, removable=True)
    if units is not None:
        _provision(place, units, index, at)
    if ceilings:
        place["OnDemandThroughput"] = {**place.get("OnDemandThroughput", {}), **ceilings}
    warm: Mapping[str, int] | None = given.get("WarmThroughput")
    if warm:
        current = warm_throughput(billing, place)
        for name in _WARM:
            if warm.get(name, current[name]) < current[name]:
                raise validation(texts.capacity.WARM_DECREASED, name=name, place=_called(index))
        if current != {**current, **warm}:
            place["WarmThroughput"] = {**current, **warm}


def _provision(
    place: dict[str, Any], units: Mapping[str, int], index: str | None, at: float
) -> None:
    current: Mapping[str, int] | None = place.get("ProvisionedThroughput")
    place["ProvisionedThroughput"] = units
    if current is None:
        return
    if all(units[name] == current[name] for name in _UNITS):
        what, kind = (
            ("table", "table")
            if index is None
            else (texts.capacity.INDEX.format(index=index), "index")
        )
        compared = " ".join(
            texts.capacity.UNITS_COMPARED.format(
                name=name, kind=kind, current=current[name], requested=units[name]
            )
            for name in _UNITS
        )
        raise validation(texts.capacity.UNITS_UNCHANGED, what=what, compared=compared)
    if any(units[name] < current[name] for name in _UNITS):
        _count_decrease(place, at)
    if any(units[name] > current[name] for name in _UNITS):
        place["Increased"] = at


def _count_decrease(place: dict[str, Any], at: float) -> None:
    day = at // _DAY
    known: Mapping[str, Any] = place.get("Decreases", {"Day": day, "Count": 0})
    count: int = known["Count"] if known["Day"] == day else 0
    if count >= FREE_DECREASES and at < place["Decreased"] + DECREASE_SECONDS:
        raise EngineError(
            "LimitExceededException",
            texts.capacity.TOO_MANY_DECREASES,
            count=count,
            last=_spelled(place["Decreased"]),
            following=_spelled(place["Decreased"] + DECREASE_SECONDS),
        )
    place["Decreases"] = {"Day": day, "Count": count + 1}
    place["Decreased"] = at


def _spelled(seconds: float) -> str:
    at = datetime.fromtimestamp(seconds, UTC)
    return f"{at:%A, %B} {at.day}, {at:%Y} {at.hour % 12 or 12}:{at:%M:%S %p} UTC"
