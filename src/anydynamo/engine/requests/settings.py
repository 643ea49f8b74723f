"""The parameters of what is set for a table, and asked of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anydynamo.engine.requests.vocabulary import (
    BOOLEAN,
    NAMELESS,
    ONE_TABLE,
    TABLE,
    TAGS,
)
from anydynamo.engine.shapes import Listing, Structure, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SETTINGS"]

_ARN: Final = Text(minimum=1, maximum=1283)
_TAGGED: Final = Text(maximum=1283)
_REVISION: Final = Text(minimum=1, maximum=255)

SETTINGS: Final[Mapping[str, Structure]] = {
    "UpdateTimeToLive": Structure(
        required={
            "TableName": TABLE,
            "TimeToLiveSpecification": Structure(
                "TimeToLiveSpecification",
                required={"Enabled": BOOLEAN, "AttributeName": Text(minimum=1, maximum=255)},
            ),
        },
        absent=NAMELESS,
    ),
    "DescribeTimeToLive": ONE_TABLE,
    # What is not there in these three is told by the operations, one thing after the other.
    "TagResource": Structure(optional={"ResourceArn": _TAGGED, "Tags": TAGS}),
    "UntagResource": Structure(
        optional={"ResourceArn": _TAGGED, "TagKeys": Listing(Text(minimum=1, maximum=128))}
    ),
    "ListTagsOfResource": Structure(optional={"ResourceArn": _TAGGED, "NextToken": Text()}),
    "DescribeEndpoints": Structure(),
    "DescribeLimits": Structure(),
    "GetResourcePolicy": Structure(required={"ResourceArn": _ARN}),
    "PutResourcePolicy": Structure(
        required={"ResourceArn": _ARN, "Policy": Text()},
        optional={"ExpectedRevisionId": _REVISION, "ConfirmRemoveSelfResourceAccess": BOOLEAN},
    ),
    "DeleteResourcePolicy": Structure(
        required={"ResourceArn": _ARN}, optional={"ExpectedRevisionId": _REVISION}
    ),
}
