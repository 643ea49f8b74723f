"""The parameters of each operation, one table a subject.

Source: the Request Parameters sections of the Amazon DynamoDB API Reference (2012-08-10), of
DynamoDB and of DynamoDB Streams.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError
from anydynamo.engine.legacy import LEGACY, refuse_mixture
from anydynamo.engine.requests.backups import BACKUPS
from anydynamo.engine.requests.items import ITEMS
from anydynamo.engine.requests.replication import REPLICATION
from anydynamo.engine.requests.settings import SETTINGS
from anydynamo.engine.requests.statements import STATEMENTS
from anydynamo.engine.requests.streams import STREAMS
from anydynamo.engine.requests.tables import TABLES
from anydynamo.engine.requests.transfers import TRANSFERS
from anydynamo.engine.shapes import attribute_values, check, drop_unknown
from anydynamo.engine.values.values import measured_value

if TYPE_CHECKING:
    from anydynamo.engine.shapes import Structure

__all__ = ["OPERATIONS", "checked", "drop_unknown_parameters", "refuse_unreadable"]

OPERATIONS: Final[Mapping[str, Structure]] = {
    **ITEMS,
    **STATEMENTS,
    **TABLES,
    **SETTINGS,
    **REPLICATION,
    **BACKUPS,
    **STREAMS,
    **TRANSFERS,
}
"""Every operation that the engine has, with its parameters."""

_DETECTING: Final = frozenset(("PutItem", "UpdateItem", "DeleteItem"))


def checked(operation: str, request: object) -> Mapping[str, Any]:
    """Return a request whose shape is that of its operation.

    Raises:
        EngineError: An UnknownOperationException, a SerializationException or a
            ValidationException.
    """
    shape = OPERATIONS.get(operation)
    if shape is None:
        raise EngineError(
            "UnknownOperationException", texts.requests.UNKNOWN_OPERATION, operation=operation
        )
    # The test for a dictionary comes first because the one for a mapping is slow.
    if type(request) is not dict and not isinstance(request, Mapping):
        raise EngineError("SerializationException", texts.requests.UNEXPECTED_VALUE)
    given = cast("Mapping[str, Any]", request)
    if not LEGACY.isdisjoint(given):
        refuse_mixture(given, prefix=texts.requests.DETECTED if operation in _DETECTING else "")
    check(shape, given)
    return given


def refuse_unreadable(operation: str, request: object) -> None:
    """Refuse attribute values that are not even JSON of the right types.

    The service reads a request before it looks at it, so this is wrong before anything else is.
    Here values are read when they are used, as reading twice would cost each request that is right;
    so this is asked of requests only that are refused for another reason.

    Raises:
        EngineError: A SerializationException.
    """
    for value in attribute_values(OPERATIONS[operation], request):
        try:
            measured_value(value)
        except EngineError as error:
            if error.code == "SerializationException":
                raise


def drop_unknown_parameters(operation: str, request: dict[str, Any]) -> None:
    """Remove from a request, in place, what AWS has no parameter or member for.

    The service ignores that; its clients for Python refuse it, and so does `checked`.
    """
    shape = OPERATIONS.get(operation)
    if shape is not None:
        drop_unknown(shape, request)
