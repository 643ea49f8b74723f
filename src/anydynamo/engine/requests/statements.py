"""The parameters of PartiQL's operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anydynamo.engine.limits import PARTIQL_BATCH, TRANSACTION_ACTIONS
from anydynamo.engine.requests.vocabulary import BOOLEAN, CAPACITY, ON_FAILURE
from anydynamo.engine.shapes import Integer, Listing, Parameter, Structure, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.engine.shapes import Shape

__all__ = ["STATEMENTS"]

_STATEMENT: Final[Mapping[str, Shape]] = {"Statement": Text(minimum=1, maximum=8192)}
_PARAMETERS: Final[Mapping[str, Shape]] = {
    "Parameters": Listing(Parameter(), minimum=1),
    "ReturnValuesOnConditionCheckFailure": ON_FAILURE,
}

STATEMENTS: Final[Mapping[str, Structure]] = {
    "ExecuteStatement": Structure(
        required=_STATEMENT,
        optional={
            **_PARAMETERS,
            "ConsistentRead": BOOLEAN,
            "NextToken": Text(minimum=1, maximum=32_768),
            "ReturnConsumedCapacity": CAPACITY,
            "Limit": Integer(minimum=1),
        },
    ),
    "BatchExecuteStatement": Structure(
        required={
            "Statements": Listing(
                Structure(
                    "BatchStatementRequest",
                    required=_STATEMENT,
                    optional={**_PARAMETERS, "ConsistentRead": BOOLEAN},
                ),
                minimum=1,
                maximum=PARTIQL_BATCH,
            )
        },
        optional={"ReturnConsumedCapacity": CAPACITY},
    ),
    "ExecuteTransaction": Structure(
        required={
            "TransactStatements": Listing(
                Structure("ParameterizedStatement", required=_STATEMENT, optional=_PARAMETERS),
                minimum=1,
                maximum=TRANSACTION_ACTIONS,
            )
        },
        optional={
            "ReturnConsumedCapacity": CAPACITY,
            "ClientRequestToken": Text(minimum=1, maximum=36),
        },
    ),
}
