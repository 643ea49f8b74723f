"""Resource policies of tables, and what an account may do."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from anydynamo.errors import InvalidRequest, TableNotFound
from anydynamo.testing.contracts.client import Client, Contract

__all__ = ["PolicyContract"]

STATEMENT: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
    "Action": "dynamodb:GetItem",
    "Resource": "*",
}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})
OTHER = json.dumps({"Version": "2012-10-17", "Statement": STATEMENT, "Id": "other"})
# Each: what is no statement of a resource's policy.
NO_STATEMENTS: dict[str, Any] = {
    "none": [],
    "no object": ["Allow"],
    "no effect": {**STATEMENT, "Effect": "Maybe"},
    "nobody": {key: value for key, value in STATEMENT.items() if key != "Principal"},
    "nothing": {key: value for key, value in STATEMENT.items() if key != "Action"},
    "all but one and that one": {**STATEMENT, "NotAction": "dynamodb:PutItem"},
}


async def _table(db: Client) -> str:
    await db.create("first")
    table: dict[str, Any] = (await db("DescribeTable", TableName="first"))["Table"]
    arn: str = table["TableArn"]
    return arn


class PolicyContract(Contract):
    """A policy is kept with its table, and has a revision."""

    async def test_a_policy_is_kept_until_it_is_deleted(self, db: Client) -> None:
        arn = await _table(db)
        put = await db("PutResourcePolicy", ResourceArn=arn, Policy=POLICY)
        got = await db("GetResourcePolicy", ResourceArn=arn)
        assert json.loads(got["Policy"]) == json.loads(POLICY)
        assert got["RevisionId"] == put["RevisionId"]
        deleted = await db("DeleteResourcePolicy", ResourceArn=arn)
        assert deleted["RevisionId"] == put["RevisionId"]
        await db.refused(TableNotFound, "GetResourcePolicy", ResourceArn=arn)
        assert not (await db("DeleteResourcePolicy", ResourceArn=arn)).get("RevisionId")

    async def test_another_policy_is_another_revision_and_the_same_is_the_same(
        self, db: Client
    ) -> None:
        arn = await _table(db)
        first = await db("PutResourcePolicy", ResourceArn=arn, Policy=POLICY)
        assert await db("PutResourcePolicy", ResourceArn=arn, Policy=POLICY) == first
        assert await db("PutResourcePolicy", ResourceArn=arn, Policy=OTHER) != first

    async def test_a_policy_changes_only_from_the_revision_that_is_expected(
        self, db: Client
    ) -> None:
        arn = await _table(db)
        request = {"ResourceArn": arn, "Policy": POLICY}
        await db.refused(TableNotFound, "PutResourcePolicy", **request, ExpectedRevisionId="1")
        put = await db("PutResourcePolicy", **request, ExpectedRevisionId="NO_POLICY")
        request["Policy"] = OTHER
        for wrong in ("NO_POLICY", "1"):
            await db.refused(
                TableNotFound, "PutResourcePolicy", **request, ExpectedRevisionId=wrong
            )
        await db.refused(
            TableNotFound, "DeleteResourcePolicy", ResourceArn=arn, ExpectedRevisionId="1"
        )
        again = await db("PutResourcePolicy", **request, ExpectedRevisionId=put["RevisionId"])
        await db("DeleteResourcePolicy", ResourceArn=arn, ExpectedRevisionId=again["RevisionId"])
        await db.refused(
            TableNotFound, "DeleteResourcePolicy", ResourceArn=arn, ExpectedRevisionId="1"
        )

    async def test_what_is_no_policy_is_refused(self, db: Client) -> None:
        arn = await _table(db)
        for wrong in ("{", "[]", "{}", " " * 20_480 + POLICY):
            await db.refused(InvalidRequest, "PutResourcePolicy", ResourceArn=arn, Policy=wrong)
        await db.refused(TableNotFound, "PutResourcePolicy", ResourceArn=arn + "s", Policy=POLICY)
        await db.refused(TableNotFound, "GetResourcePolicy", ResourceArn=arn + "s")

    @pytest.mark.parametrize("statement", NO_STATEMENTS.values(), ids=NO_STATEMENTS)
    async def test_a_policy_consists_of_statements(self, db: Client, statement: Any) -> None:
        policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
        arn = await _table(db)
        await db.refused(InvalidRequest, "PutResourcePolicy", ResourceArn=arn, Policy=policy)

    async def test_a_table_can_be_created_with_a_policy(self, db: Client) -> None:
        await db.create("second", ResourcePolicy=POLICY)
        arn = (await db("DescribeTable", TableName="second"))["Table"]["TableArn"]
        got = await db("GetResourcePolicy", ResourceArn=arn)
        assert json.loads(got["Policy"]) == json.loads(POLICY)

    async def test_an_account_has_quotas(self, db: Client) -> None:
        limits = await db("DescribeLimits")
        for units in ("ReadCapacityUnits", "WriteCapacityUnits"):
            assert 0 < limits[f"TableMax{units}"] <= limits[f"AccountMax{units}"]

    async def test_a_region_has_endpoints(self, db: Client) -> None:
        (endpoint,) = (await db("DescribeEndpoints"))["Endpoints"]
        # A name, perhaps with a port, and no URL: the client knows by which protocol it came.
        assert re.fullmatch(r"[a-z0-9.-]+(:[0-9]+)?", endpoint["Address"])
        assert endpoint["CachePeriodInMinutes"] == 1440
