"""Batches of which a part is carried out and the rest is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.engine.errors import EngineError
from anydynamo.engine.requests import checked
from anydynamo.testing.faults.asked import Asked
from anydynamo.testing.faults.texts import TEXTS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

__all__ = ["without"]


async def without(
    asked: Asked,
    places: Collection[int],
    carry_out: Callable[[Asked], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """Carry out a batch without some of its entries.

    Args:
        asked: A BatchGetItem, BatchWriteItem or BatchExecuteStatement.
        places: The places of the entries that are left out.
        carry_out: Carries out the rest.

    Returns:
        The answer. Keys and writes that were left out are unprocessed in it; a statement's
        response is that it met a transaction. A request whose shape is wrong is refused as ever.
    """
    try:
        checked(asked.operation, asked.request)
    except EngineError:
        return await carry_out(asked)
    if asked.operation == "BatchExecuteStatement":
        return await _statements(asked, places, carry_out)
    done, undone = _divided(asked, places)
    reads = asked.operation == "BatchGetItem"
    answer: dict[str, Any] = {"Responses": {}} if reads else {}
    if done:
        answer = await carry_out(Asked.of(asked.operation, {**asked.request, "RequestItems": done}))
    member = "UnprocessedKeys" if reads else "UnprocessedItems"
    left = dict(answer.get(member) or {})
    for name, part in undone.items():
        if name not in left:
            left[name] = part
        elif reads:
            left[name] = {**part, "Keys": [*left[name]["Keys"], *part["Keys"]]}
        else:
            left[name] = [*left[name], *part]
    return {**answer, member: left}


async def _statements(
    asked: Asked,
    places: Collection[int],
    carry_out: Callable[[Asked], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    statements = asked.request["Statements"]
    rest = [one for place, one in enumerate(statements) if place not in places]
    answer: dict[str, Any] = {}
    if rest:
        answer = await carry_out(Asked.of(asked.operation, {**asked.request, "Statements": rest}))
    answered = iter(answer.get("Responses", ()))
    text = TEXTS["TransactionConflictException"]
    responses = [
        {"Error": {"Code": "TransactionConflict", "Message": text}, "TableName": named.table}
        if place in places
        else next(answered)
        for place, named in enumerate(asked.named)
    ]
    return {**answer, "Responses": responses}


def _divided(asked: Asked, places: Collection[int]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Divide a batch's request into what is done and what is not."""
    halves: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    place = 0
    for name, part in asked.request["RequestItems"].items():
        reads = asked.operation == "BatchGetItem"
        for one in part["Keys"] if reads else part:
            half = halves[place in places]
            place += 1
            if reads:
                half.setdefault(name, {**part, "Keys": []})["Keys"].append(one)
            else:
                half.setdefault(name, []).append(one)
    return halves
