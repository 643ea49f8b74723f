"""Which region may answer a request, and whether another may be asked again after a failure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, cast

from anydynamo.errors import RequestTimeout, ServiceFault, Unavailable, Unreachable

if TYPE_CHECKING:
    from anydynamo.errors import AnyDynamoError

__all__ = ["OUTAGES", "Kind", "kind_of", "may_be_repeated", "speaks_against_region"]

OUTAGES: Final = (RequestTimeout, ServiceFault, Unavailable)
"""The errors that speak against a region. A throttle does not: it is about a table, and moving its
load elsewhere would spend another region's capacity."""


class Kind(Enum):
    """What a request asks of the regions."""

    READ = "read"
    """An eventually consistent read: any region may answer, and another after it."""

    BOUND = "bound"
    """A read that means something only where the writes go: consistent, a transaction's, or the
    next page of PartiQL, whose token belongs to a region."""

    SAME = "same"
    """A write that leaves the same items however often it is applied."""

    ONCE = "once"
    """A write that must not be applied twice."""

    HOME = "home"
    """What is not about items: tables, backups, streams. The preferred region alone answers."""


def kind_of(operation: str, request: Mapping[str, Any]) -> Kind:
    """Tell what a request asks of the regions; one that makes no sense is refused by any."""
    match operation:
        case "GetItem" | "Query" | "Scan":
            return Kind.BOUND if request.get("ConsistentRead") else Kind.READ
        case "BatchGetItem":
            parts = _members(request.get("RequestItems"))
            return Kind.BOUND if any(_flag(part, "ConsistentRead") for part in parts) else Kind.READ
        case "TransactGetItems":
            return Kind.BOUND
        case "PutItem" | "DeleteItem":
            return Kind.SAME if _is_plain(request) else Kind.ONCE
        case "BatchWriteItem":
            # Its puts and deletes can have no condition.
            return Kind.SAME
        case "UpdateItem" | "TransactWriteItems":
            return Kind.ONCE
        case "ExecuteStatement":
            return _of_statements([request], "NextToken" in request)
        case "BatchExecuteStatement":
            return _of_statements(request.get("Statements"), bound=False)
        case "ExecuteTransaction":
            return _of_statements(request.get("TransactStatements"), bound=True)
        case _:
            return Kind.HOME


def speaks_against_region(error: AnyDynamoError) -> bool:
    """Tell whether an error, or what it was made from, is a region's failure."""
    return isinstance(error, OUTAGES) or isinstance(error.__cause__, OUTAGES)


def may_be_repeated(kind: Kind, error: AnyDynamoError) -> bool:
    """Tell whether another region may be asked after one failed.

    A transaction's token names it in one region only, so with or without a token it is repeated
    just where it was never sent.
    """
    return kind is not Kind.ONCE or isinstance(error, Unreachable)


def _is_plain(request: Mapping[str, Any]) -> bool:
    """Tell whether a put or delete has no condition and is not asked what was there before."""
    return not (
        request.get("ConditionExpression")
        or request.get("Expected")
        or request.get("ReturnValues", "NONE") != "NONE"
    )


def _of_statements(statements: object, bound: bool) -> Kind:
    if not isinstance(statements, Iterable) or isinstance(statements, str | Mapping):
        return Kind.ONCE
    given = list(cast("Iterable[object]", statements))
    if not all(_selects(one) for one in given):
        return Kind.ONCE
    return Kind.BOUND if bound or any(_flag(one, "ConsistentRead") for one in given) else Kind.READ


def _selects(statement: object) -> bool:
    text = cast("Mapping[str, object]", statement).get("Statement") if _is_map(statement) else None
    return isinstance(text, str) and text.lstrip()[:6].upper() == "SELECT"


def _members(value: object) -> Iterable[object]:
    return cast("Mapping[str, object]", value).values() if _is_map(value) else ()


def _flag(value: object, name: str) -> bool:
    return _is_map(value) and bool(cast("Mapping[str, object]", value).get(name))


def _is_map(value: object) -> bool:
    return isinstance(value, Mapping)
