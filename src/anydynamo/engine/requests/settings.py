"""The parameters of what is set for a table, and asked of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anydynamo.engine.requests.vocabulary import BOOLEAN, ONE_TABLE, TABLE, TAGS
from anydynamo.engine.shapes import Listing, Structure, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SETTINGS"]

_ARN: Final = Text(minimum=1, maximum=1283)
_REVISION: Final = Text(minimum=1, maximum=255)

SETTINGS: Final[Mapping[str, Structure]] = {
    "UpdateTimeToLive": Structure(
        required={
            "TableName": TABLE,
            "TimeToLiveSpecification": Structure(
                required={"Enabled": BOOLEAN, "AttributeName": Text(minimum=1, maximum=255)}
            ),
        }
    ),
    "DescribeTimeToLive": ONE_TABLE,
    "TagResource": Structure(required={"ResourceArn": _ARN, "Tags": TAGS}),
    "UntagResource": Structure(
        required={"ResourceArn": _ARN, "TagKeys": Listing(Text(minimum=1, maximum=128))}
    ),
    "ListTagsOfResource": Structure(required={"ResourceArn": _ARN}, optional={"NextToken": Text()}),
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
