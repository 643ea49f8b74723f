"""The parameters of the operations on items, by expressions and by legacy parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anydynamo.engine.legacy.comparisons import COMPARISONS
from anydynamo.engine.limits import BATCH_GET_KEYS, BATCH_WRITE_REQUESTS, TRANSACTION_ACTIONS
from anydynamo.engine.requests.vocabulary import (
    BOOLEAN,
    CAPACITY,
    DOCUMENT,
    INDEX,
    ON_FAILURE,
    TABLE,
    VALUE,
)
from anydynamo.engine.shapes import Integer, Listing, Mapped, Structure, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.engine.shapes import Shape

__all__ = ["ITEMS"]

_EXPRESSION: Final = Text()
_ATTRIBUTE: Final = Text(maximum=65_535)
_METRICS: Final = Text(enum=("SIZE", "NONE"))
_RETURN_VALUES: Final = Text(
    enum=("ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"),
)
_SELECT: Final = Text(
    enum=("SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")
)
_NAMES: Final[Mapping[str, Shape]] = {
    "ExpressionAttributeNames": Mapped(Text(), _ATTRIBUTE),
}
_BINDINGS: Final[Mapping[str, Shape]] = {
    **_NAMES,
    "ExpressionAttributeValues": DOCUMENT,
}
_CONDITION: Final[Mapping[str, Shape]] = {
    **_BINDINGS,
    "ConditionExpression": _EXPRESSION,
    "ReturnValuesOnConditionCheckFailure": ON_FAILURE,
}
_COMPARISON: Final = Text(enum=COMPARISONS)
_COMPARED: Final[Mapping[str, Shape]] = {"AttributeValueList": Listing(VALUE)}
_ATTRIBUTES_TO_GET: Final = Listing(_ATTRIBUTE, minimum=1)
_COMPARISONS: Final = Mapped(
    _ATTRIBUTE,
    Structure("Condition", required={"ComparisonOperator": _COMPARISON}, optional=_COMPARED),
)
_COMBINATION: Final[Mapping[str, Shape]] = {"ConditionalOperator": Text(enum=("AND", "OR"))}
_EXPECTED: Final[Mapping[str, Shape]] = {
    **_COMBINATION,
    "Expected": Mapped(
        _ATTRIBUTE,
        Structure(
            "ExpectedAttributeValue",
            optional={
                **_COMPARED,
                "ComparisonOperator": _COMPARISON,
                "Exists": BOOLEAN,
                "Value": VALUE,
            },
        ),
    ),
}
_ATTRIBUTE_UPDATES: Final = Mapped(
    _ATTRIBUTE,
    Structure(
        "AttributeValueUpdate",
        optional={"Action": Text(enum=("ADD", "PUT", "DELETE")), "Value": VALUE},
    ),
)
_SINGLE_WRITE: Final[Mapping[str, Shape]] = {
    **_CONDITION,
    **_EXPECTED,
    "ReturnValues": _RETURN_VALUES,
    "ReturnConsumedCapacity": CAPACITY,
    "ReturnItemCollectionMetrics": _METRICS,
}
_READ: Final[Mapping[str, Shape]] = {
    **_NAMES,
    "ProjectionExpression": _EXPRESSION,
}
_WALK: Final[Mapping[str, Shape]] = {
    **_BINDINGS,
    **_COMBINATION,
    "AttributesToGet": _ATTRIBUTES_TO_GET,
    "ProjectionExpression": _EXPRESSION,
    "FilterExpression": _EXPRESSION,
    "IndexName": INDEX,
    "Select": _SELECT,
    "Limit": Integer(minimum=1),
    "ConsistentRead": BOOLEAN,
    "ExclusiveStartKey": DOCUMENT,
    "ReturnConsumedCapacity": CAPACITY,
}
_KEYED: Final[Mapping[str, Shape]] = {"TableName": TABLE, "Key": DOCUMENT}
_FILLED: Final[Mapping[str, Shape]] = {"TableName": TABLE, "Item": DOCUMENT}

ITEMS: Final[Mapping[str, Structure]] = {
    "GetItem": Structure(
        required=_KEYED,
        optional={
            **_READ,
            "AttributesToGet": _ATTRIBUTES_TO_GET,
            "ConsistentRead": BOOLEAN,
            "ReturnConsumedCapacity": CAPACITY,
        },
    ),
    "PutItem": Structure(required=_FILLED, optional=_SINGLE_WRITE),
    "UpdateItem": Structure(
        required=_KEYED,
        optional={
            **_SINGLE_WRITE,
            "UpdateExpression": _EXPRESSION,
            "AttributeUpdates": _ATTRIBUTE_UPDATES,
        },
    ),
    "DeleteItem": Structure(required=_KEYED, optional=_SINGLE_WRITE),
    "Query": Structure(
        required={"TableName": TABLE},
        optional={
            **_WALK,
            "KeyConditionExpression": _EXPRESSION,
            "KeyConditions": _COMPARISONS,
            "QueryFilter": _COMPARISONS,
            "ScanIndexForward": BOOLEAN,
        },
    ),
    "Scan": Structure(
        required={"TableName": TABLE},
        optional={
            **_WALK,
            "ScanFilter": _COMPARISONS,
            "TotalSegments": Integer(minimum=1, maximum=1_000_000),
            "Segment": Integer(minimum=0, maximum=999_999),
        },
    ),
    "BatchGetItem": Structure(
        required={
            "RequestItems": Mapped(
                TABLE,
                Structure(
                    "KeysAndAttributes",
                    required={"Keys": Listing(DOCUMENT, minimum=1, maximum=BATCH_GET_KEYS)},
                    optional={
                        **_READ,
                        "AttributesToGet": _ATTRIBUTES_TO_GET,
                        "ConsistentRead": BOOLEAN,
                    },
                ),
                minimum=1,
                maximum=BATCH_GET_KEYS,
            )
        },
        optional={"ReturnConsumedCapacity": CAPACITY},
    ),
    "BatchWriteItem": Structure(
        required={
            "RequestItems": Mapped(
                TABLE,
                Listing(
                    Structure(
                        "WriteRequest",
                        optional={
                            "PutRequest": Structure("PutRequest", required={"Item": DOCUMENT}),
                            "DeleteRequest": Structure("DeleteRequest", required={"Key": DOCUMENT}),
                        },
                    ),
                    minimum=1,
                    maximum=BATCH_WRITE_REQUESTS,
                ),
                minimum=1,
                maximum=BATCH_WRITE_REQUESTS,
            )
        },
        optional={"ReturnConsumedCapacity": CAPACITY, "ReturnItemCollectionMetrics": _METRICS},
    ),
    "TransactGetItems": Structure(
        required={
            "TransactItems": Listing(
                Structure(
                    "TransactGetItem",
                    required={"Get": Structure("Get", required=_KEYED, optional=_READ)},
                ),
                minimum=1,
                maximum=TRANSACTION_ACTIONS,
            )
        },
        optional={"ReturnConsumedCapacity": CAPACITY},
    ),
    "TransactWriteItems": Structure(
        required={
            "TransactItems": Listing(
                Structure(
                    "TransactWriteItem",
                    optional={
                        "ConditionCheck": Structure(
                            "ConditionCheck",
                            required={**_KEYED, "ConditionExpression": _EXPRESSION},
                            optional=_CONDITION,
                        ),
                        "Put": Structure("Put", required=_FILLED, optional=_CONDITION),
                        "Delete": Structure("Delete", required=_KEYED, optional=_CONDITION),
                        "Update": Structure(
                            "Update",
                            required={**_KEYED, "UpdateExpression": _EXPRESSION},
                            optional=_CONDITION,
                        ),
                    },
                ),
                minimum=1,
                maximum=TRANSACTION_ACTIONS,
            )
        },
        optional={
            "ReturnConsumedCapacity": CAPACITY,
            "ReturnItemCollectionMetrics": _METRICS,
            "ClientRequestToken": Text(minimum=1, maximum=36),
        },
    ),
}
