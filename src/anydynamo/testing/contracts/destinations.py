"""Kinesis streaming destinations and contributor insights: what is kept for a table of them."""

from __future__ import annotations

from typing import Any

import pytest

from anydynamo.errors import InvalidRequest, LimitExceeded, TableNotFound
from anydynamo.testing.contracts.client import Client, Contract, gsi

__all__ = ["DestinationContract", "InsightsContract"]

KINESIS = "arn:aws:kinesis:us-east-1:123456789012:stream/"
ENABLE = "EnableKinesisStreamingDestination"
DISABLE = "DisableKinesisStreamingDestination"
UPDATE = "UpdateKinesisStreamingDestination"
DESCRIBE = "DescribeKinesisStreamingDestination"


async def _destinations(db: Client) -> dict[str, str]:
    described = await db(DESCRIBE, TableName="tab")
    assert described["TableName"] == "tab"
    return {
        each["StreamArn"]: each["DestinationStatus"]
        for each in described["KinesisDataStreamDestinations"]
    }


class DestinationContract(Contract):
    """A destination is described until its table is gone."""

    async def test_a_destination_is_enabled_and_disabled(self, db: Client) -> None:
        await db.create("tab")
        assert await _destinations(db) == {}
        request: dict[str, Any] = {"TableName": "tab", "StreamArn": KINESIS + "one"}
        enabled = await db(ENABLE, **request)
        assert enabled["DestinationStatus"] in ("ENABLING", "ACTIVE")
        assert (enabled["TableName"], enabled["StreamArn"]) == ("tab", KINESIS + "one")
        assert await _destinations(db) == {KINESIS + "one": "ACTIVE"}
        disabled = await db(DISABLE, **request)
        assert disabled["DestinationStatus"] in ("DISABLING", "DISABLED")
        assert await _destinations(db) == {KINESIS + "one": "DISABLED"}
        await db(ENABLE, **request)
        assert await _destinations(db) == {KINESIS + "one": "ACTIVE"}

    async def test_a_destination_is_not_switched_to_what_it_is(self, db: Client) -> None:
        await db.create("tab")
        request: dict[str, Any] = {"TableName": "tab", "StreamArn": KINESIS + "one"}
        await db.refused(InvalidRequest, DISABLE, "is not in a valid state", **request)
        await db(ENABLE, **request)
        await db.refused(InvalidRequest, ENABLE, "is not in a valid state", **request)
        await db(DISABLE, **request)
        await db.refused(InvalidRequest, DISABLE, "is not in a valid state", **request)

    async def test_a_table_has_two_destinations_at_most(self, db: Client) -> None:
        await db.create("tab")
        for name in ("one", "two"):
            await db(ENABLE, TableName="tab", StreamArn=KINESIS + name)
        await db.refused(LimitExceeded, ENABLE, TableName="tab", StreamArn=KINESIS + "three")
        await db(DISABLE, TableName="tab", StreamArn=KINESIS + "one")
        await db(ENABLE, TableName="tab", StreamArn=KINESIS + "three")
        assert await _destinations(db) == {
            KINESIS + "one": "DISABLED",
            KINESIS + "two": "ACTIVE",
            KINESIS + "three": "ACTIVE",
        }

    async def test_the_precision_of_a_destination_is_changed(self, db: Client) -> None:
        await db.create("tab")
        request: dict[str, Any] = {"TableName": "tab", "StreamArn": KINESIS + "one"}
        fine = {"ApproximateCreationDateTimePrecision": "MICROSECOND"}
        await db.refused(
            InvalidRequest, UPDATE, **request, UpdateKinesisStreamingConfiguration=fine
        )
        await db(ENABLE, **request)
        await db.refused(InvalidRequest, UPDATE, **request)
        updated = await db(UPDATE, **request, UpdateKinesisStreamingConfiguration=fine)
        assert updated["DestinationStatus"] in ("UPDATING", "ACTIVE")
        assert updated["UpdateKinesisStreamingConfiguration"] == fine
        (described,) = (await db(DESCRIBE, TableName="tab"))["KinesisDataStreamDestinations"]
        assert described["ApproximateCreationDateTimePrecision"] == "MICROSECOND"
        assert described["DestinationStatus"] == "ACTIVE"
        await db.refused(
            InvalidRequest, UPDATE, **request, UpdateKinesisStreamingConfiguration=fine
        )

    @pytest.mark.parametrize("operation", [ENABLE, DISABLE])
    async def test_a_destination_needs_its_table(self, db: Client, operation: str) -> None:
        arn = KINESIS + "one"
        await db.refused(TableNotFound, operation, TableName="absent", StreamArn=arn)

    async def test_a_destination_is_a_kinesis_stream(self, db: Client) -> None:
        await db.create("tab")
        arn = "arn:aws:sqs:us-east-1:123456789012:queue-of-something"
        await db.refused(InvalidRequest, ENABLE, TableName="tab", StreamArn=arn)

    async def test_a_new_table_of_an_old_name_has_no_destinations(self, db: Client) -> None:
        await db.create("tab")
        await db(ENABLE, TableName="tab", StreamArn=KINESIS + "one")
        await db("DeleteTable", TableName="tab")
        await db.create("tab")
        assert await _destinations(db) == {}


class InsightsContract(Contract):
    """Insights are described for a table and each of its global indexes."""

    async def test_insights_are_enabled_for_a_table_and_for_an_index(self, db: Client) -> None:
        await db.create("tab", "pk:S", "sk:S", gsi("by_color", "color:S"))
        of_index = {"TableName": "tab", "IndexName": "by_color"}
        before = await db("DescribeContributorInsights", TableName="tab")
        assert before["ContributorInsightsStatus"] == "DISABLED"
        for request in ({"TableName": "tab"}, of_index):
            changed = await db(
                "UpdateContributorInsights", **request, ContributorInsightsAction="ENABLE"
            )
            assert changed["ContributorInsightsStatus"] in ("ENABLING", "ENABLED")
            assert changed.get("IndexName") == request.get("IndexName")
        table = await db("DescribeContributorInsights", TableName="tab")
        assert table["ContributorInsightsStatus"] == "ENABLED"
        assert table["ContributorInsightsMode"] == "ACCESSED_AND_THROTTLED_KEYS"
        kinds = [rule.split("-")[1] for rule in table["ContributorInsightsRuleList"]]
        assert sorted(kinds) == ["PKC", "PKT", "SKC", "SKT"]
        index = await db("DescribeContributorInsights", **of_index)
        assert index["IndexName"] == "by_color"
        kinds = [rule.split("-")[1] for rule in index["ContributorInsightsRuleList"]]
        assert sorted(kinds) == ["PKC", "PKT"]

    async def test_insights_can_be_of_throttled_keys_only(self, db: Client) -> None:
        await db.create("tab")
        await db(
            "UpdateContributorInsights",
            TableName="tab",
            ContributorInsightsAction="ENABLE",
            ContributorInsightsMode="THROTTLED_KEYS",
        )
        described = await db("DescribeContributorInsights", TableName="tab")
        assert described["ContributorInsightsMode"] == "THROTTLED_KEYS"
        (rule,) = described["ContributorInsightsRuleList"]
        assert rule.startswith("DynamoDBContributorInsights-PKT-tab-")

    async def test_insights_that_were_disabled_have_no_rules(self, db: Client) -> None:
        await db.create("tab")
        for action in ("ENABLE", "DISABLE"):
            await db("UpdateContributorInsights", TableName="tab", ContributorInsightsAction=action)
        described = await db("DescribeContributorInsights", TableName="tab")
        assert described["ContributorInsightsStatus"] == "DISABLED"
        assert not described.get("ContributorInsightsRuleList")

    async def test_insights_are_listed_in_pages(self, db: Client) -> None:
        names = [await db.create(name) for name in ("ant", "bee", "cat")]
        for name in names:
            await db(
                "UpdateContributorInsights", TableName=name, ContributorInsightsAction="ENABLE"
            )
        listed: list[str] = []
        request: dict[str, Any] = {"MaxResults": 2}
        while True:
            page = await db("ListContributorInsights", **request)
            summaries = page["ContributorInsightsSummaries"]
            assert len(summaries) <= 2
            assert {each["ContributorInsightsStatus"] for each in summaries} <= {"ENABLED"}
            listed += [each["TableName"] for each in summaries]
            if "NextToken" not in page:
                break
            request["NextToken"] = page["NextToken"]
        assert sorted(listed) == names
        page = await db("ListContributorInsights", TableName="bee")
        assert [each["TableName"] for each in page["ContributorInsightsSummaries"]] == ["bee"]

    async def test_insights_need_their_table_and_index(self, db: Client) -> None:
        await db.create("tab")
        for wrong in ({"TableName": "absent"}, {"TableName": "tab", "IndexName": "absent"}):
            await db.refused(TableNotFound, "DescribeContributorInsights", **wrong)
            await db.refused(
                TableNotFound,
                "UpdateContributorInsights",
                **wrong,
                ContributorInsightsAction="ENABLE",
            )
        await db.refused(TableNotFound, "ListContributorInsights", TableName="absent")
