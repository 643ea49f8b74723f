"""What is set for a table by itself: its time to live and its tags."""

from __future__ import annotations

import pytest

from anydynamo.errors import InvalidRequest, TableNotFound
from anydynamo.testing.contracts.client import Client, Contract, N, S, gsi

__all__ = ["TableSettingContract"]

TAG = {"Key": "a", "Value": "b"}


class TableSettingContract(Contract):
    """UpdateTimeToLive, TagResource and what belongs to them."""

    async def test_time_to_live_is_switched_on_and_described(self, db: Client) -> None:
        await db.create("first")
        answer = await db("DescribeTimeToLive", TableName="first")
        assert answer == {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
        on = {"Enabled": True, "AttributeName": "expires"}
        answer = await db("UpdateTimeToLive", TableName="first", TimeToLiveSpecification=on)
        assert answer == {"TimeToLiveSpecification": on}
        described = (await db("DescribeTimeToLive", TableName="first"))["TimeToLiveDescription"]
        assert described["AttributeName"] == "expires"
        assert described["TimeToLiveStatus"] in {"ENABLED", "ENABLING"}

    async def test_time_to_live_is_not_switched_to_what_it_is(self, db: Client) -> None:
        await db.create("first")
        off = {"Enabled": False, "AttributeName": "expires"}
        says = "TimeToLive is already disabled"
        await db.refused(
            InvalidRequest, "UpdateTimeToLive", says, TableName="first", TimeToLiveSpecification=off
        )
        on = {"Enabled": True, "AttributeName": "expires"}
        await db("UpdateTimeToLive", TableName="first", TimeToLiveSpecification=on)
        says = "TimeToLive is already enabled"
        await db.refused(
            InvalidRequest, "UpdateTimeToLive", says, TableName="first", TimeToLiveSpecification=on
        )

    async def test_time_to_live_is_on_for_one_attribute(self, db: Client) -> None:
        await db.create("first")
        on = {"Enabled": True, "AttributeName": "expires"}
        await db("UpdateTimeToLive", TableName="first", TimeToLiveSpecification=on)
        says = "TimeToLive is active on a different AttributeName: current AttributeName is expires"
        for enabled in (True, False):
            other = {"Enabled": enabled, "AttributeName": "other"}
            await db.refused(
                InvalidRequest,
                "UpdateTimeToLive",
                says,
                TableName="first",
                TimeToLiveSpecification=other,
            )

    async def test_an_expired_item_stays_until_it_is_deleted(self, db: Client) -> None:
        await db.create("first")
        on = {"Enabled": True, "AttributeName": "expires"}
        await db("UpdateTimeToLive", TableName="first", TimeToLiveSpecification=on)
        item = {"pk": S("1"), "expires": N(1)}
        await db.put("first", item)
        assert await db.get("first", pk=S("1")) == item
        assert await db.all("Scan", TableName="first") == [item]

    async def test_tags_are_added_changed_and_removed(self, db: Client) -> None:
        tags = [{"Key": "team", "Value": "a"}]
        await db.create("first", Tags=tags)
        arn = (await db("DescribeTable", TableName="first"))["Table"]["TableArn"]
        assert (await db("ListTagsOfResource", ResourceArn=arn))["Tags"] == tags
        more = [{"Key": "team", "Value": "b"}, {"Key": "cost", "Value": ""}]
        await db("TagResource", ResourceArn=arn, Tags=more)
        found = (await db("ListTagsOfResource", ResourceArn=arn))["Tags"]
        assert sorted(found, key=lambda tag: str(tag["Key"])) == more[::-1]
        await db("UntagResource", ResourceArn=arn, TagKeys=["team", "absent"])
        assert (await db("ListTagsOfResource", ResourceArn=arn))["Tags"] == more[1:]

    @pytest.mark.parametrize(
        "tags",
        [
            [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
            [{"Key": str(number), "Value": ""} for number in range(51)],
            [{"Key": "aws:owner", "Value": "a"}],
            [],
        ],
        ids=["twice", "51", "reserved", "none"],
    )
    async def test_tags_that_cannot_be_are_refused(
        self, db: Client, tags: list[dict[str, str]]
    ) -> None:
        await db.create("first")
        arn = (await db("DescribeTable", TableName="first"))["Table"]["TableArn"]
        await db.refused(InvalidRequest, "TagResource", ResourceArn=arn, Tags=tags)
        assert (await db("ListTagsOfResource", ResourceArn=arn))["Tags"] == []

    async def test_only_tables_have_tags(self, db: Client) -> None:
        await db.create("first", "pk:S", None, gsi("Index", "g:S"))
        arn = (await db("DescribeTable", TableName="first"))["Table"]["TableArn"]
        says = "Invalid TableArn: Invalid ResourceArn provided as input"
        for wrong in ("first", f"{arn}/index/Index"):
            await db.refused(InvalidRequest, "TagResource", says, ResourceArn=wrong, Tags=[TAG])
        await db.refused(TableNotFound, "TagResource", ResourceArn=f"{arn}x", Tags=[TAG])
