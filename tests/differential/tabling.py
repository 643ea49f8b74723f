"""Requests to make, change, describe and remove tables, in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from tests.differential import malformed
from tests.differential.outcomes import Outcome, normal

from anydynamo.testing import strategies

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["described", "located", "sequences"]

# Any: requests have DynamoDB's shapes.
Request = dict[str, Any]

NAMES = st.sampled_from(["first", "first", "second"])
UNITS = st.fixed_dictionaries(
    {"ReadCapacityUnits": st.integers(1, 9), "WriteCapacityUnits": st.integers(1, 9)}
)
STREAM = st.one_of(
    st.just({"StreamEnabled": False}),
    st.sampled_from(["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]).map(
        lambda view: {"StreamEnabled": True, "StreamViewType": view}
    ),
)
TAGS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "x"]), min_size=1).map(
    lambda tags: [{"Key": key, "Value": value} for key, value in tags.items()]
)


@st.composite
def _create(draw: st.DrawFn) -> Request:
    request = draw(strategies.tables(draw(NAMES))).create_request()
    if draw(st.integers(0, 2)) == 0:
        request["BillingMode"] = "PROVISIONED"
        for each in [request, *request.get("GlobalSecondaryIndexes", ())]:
            each["ProvisionedThroughput"] = draw(UNITS)
    options = {
        "StreamSpecification": STREAM,
        "Tags": TAGS,
        "DeletionProtectionEnabled": st.booleans(),
        "TableClass": st.sampled_from(["STANDARD", "STANDARD_INFREQUENT_ACCESS"]),
    }
    for name, values in options.items():
        if draw(st.integers(0, 3)) == 0:
            request[name] = draw(values)
    return request


@st.composite
def _update(draw: st.DrawFn) -> Request:
    request: Request = {"TableName": draw(NAMES)}
    kind = draw(st.sampled_from(["stream", "protection", "class", "billing", "units", "index"]))
    if kind == "stream":
        request["StreamSpecification"] = draw(STREAM)
    elif kind == "protection":
        request["DeletionProtectionEnabled"] = draw(st.booleans())
    elif kind == "class":
        request["TableClass"] = "STANDARD_INFREQUENT_ACCESS"
    elif kind == "billing":
        request["BillingMode"] = "PAY_PER_REQUEST"
    elif kind == "units":
        request["ProvisionedThroughput"] = draw(UNITS)
    elif draw(st.booleans()):
        request["GlobalSecondaryIndexUpdates"] = [{"Delete": {"IndexName": "index0"}}]
    else:
        request["AttributeDefinitions"] = [
            {"AttributeName": name, "AttributeType": draw(st.sampled_from("SN"))}
            for name in ("pk", "made")
        ]
        request["GlobalSecondaryIndexUpdates"] = [
            {
                "Create": {
                    "IndexName": draw(st.sampled_from(["index0", "made"])),
                    "KeySchema": [{"AttributeName": "made", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": draw(st.sampled_from(["ALL", "KEYS_ONLY"]))},
                }
            }
        ]
    return request


@st.composite
def _expiry(draw: st.DrawFn) -> Request:
    setting = {
        "Enabled": draw(st.booleans()),
        "AttributeName": draw(st.sampled_from(["at", "end"])),
    }
    return {"TableName": draw(NAMES), "TimeToLiveSpecification": setting}


@st.composite
def _tag(draw: st.DrawFn) -> Request:
    return {"ResourceArn": draw(NAMES), "Tags": draw(TAGS)}


@st.composite
def _untag(draw: st.DrawFn) -> Request:
    return {"ResourceArn": draw(NAMES), "TagKeys": [draw(st.sampled_from("abc"))]}


NAMED = NAMES.map(lambda name: {"TableName": name})
OPERATIONS: Mapping[str, st.SearchStrategy[Request]] = {
    "CreateTable": _create(),
    "DeleteTable": NAMED,
    "DescribeTable": NAMED,
    "DescribeTimeToLive": NAMED,
    "DescribeContinuousBackups": NAMED,
    "ListTables": st.fixed_dictionaries(
        {}, optional={"Limit": st.integers(1, 3), "ExclusiveStartTableName": NAMES}
    ),
    "ListTagsOfResource": NAMES.map(lambda name: {"ResourceArn": name}),
    "TagResource": _tag(),
    "UntagResource": _untag(),
    "UpdateTable": _update(),
    "UpdateTimeToLive": _expiry(),
}


@st.composite
def _call(draw: st.DrawFn, *, malforms: bool) -> tuple[str, Request]:
    operation = draw(st.sampled_from(sorted(OPERATIONS)))
    request = draw(OPERATIONS[operation])
    if malforms and request and draw(st.integers(0, 2)) == 0:
        request = draw(malformed.broken(request))
    return operation, request


def sequences(*, malforms: bool) -> st.SearchStrategy[list[tuple[str, Request]]]:
    """Draw calls that begin with making a table.

    Args:
        malforms: Whether some are wrong in one place.
    """
    first = _create().map(lambda request: [("CreateTable", {**request, "TableName": "first"})])
    rest = st.lists(_call(malforms=malforms), min_size=3, max_size=12)
    return st.builds(lambda made, others: made + others, first, rest)


def located(request: Mapping[str, Any], account: str) -> Request:
    """Make the ARN of the table that a request names in its place."""
    name = request.get("ResourceArn")
    if not isinstance(name, str) or not name.isalpha():
        return dict(request)
    return {**request, "ResourceArn": f"arn:aws:dynamodb:us-east-1:{account}:table/{name}"}


def described(outcome: Outcome) -> Outcome:
    """Reduce an answer to what was declared: not moments, states, names of servers, or sizes."""
    if outcome.code:
        return outcome
    response = dict(outcome.response)
    for name in ("Table", "TableDescription"):
        if name in response:
            response[name] = _declared(response[name])
    if "Tags" in response:
        response["Tags"] = sorted(response["Tags"], key=repr)
    if "TimeToLiveDescription" in response:
        ttl = response["TimeToLiveDescription"]
        response["TimeToLiveDescription"] = {
            "AttributeName": ttl.get("AttributeName"),
            "TimeToLiveStatus": ttl["TimeToLiveStatus"].replace("ING", "ED"),
        }
    response.pop("ContinuousBackupsDescription", None)
    return Outcome(response)


def _declared(table: Request) -> Request:
    declared = {
        "TableName": table["TableName"],
        "KeySchema": table.get("KeySchema"),
        "AttributeDefinitions": sorted(table.get("AttributeDefinitions", ()), key=repr),
        "DeletionProtectionEnabled": table.get("DeletionProtectionEnabled", False),
        "StreamSpecification": _stream(table.get("StreamSpecification") or {}),
        "BillingMode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
        "TableClass": table.get("TableClassSummary", {}).get("TableClass", "STANDARD"),
        "Units": _units(table),
    }
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        declared[kind] = sorted(
            (
                {
                    "IndexName": index["IndexName"],
                    "KeySchema": index["KeySchema"],
                    "Projection": normal(index["Projection"]),
                    "Units": _units(index),
                }
                for index in table.get(kind) or ()
            ),
            key=repr,
        )
    return declared


def _stream(specification: Request) -> Request | None:
    return specification if specification.get("StreamEnabled") else None


def _units(described: Request) -> tuple[int, int]:
    units = described.get("ProvisionedThroughput", {})
    return units.get("ReadCapacityUnits", 0), units.get("WriteCapacityUnits", 0)
