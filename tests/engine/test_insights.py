"""Contributor insights: when they change, how they are listed, and when they go."""

from __future__ import annotations

from typing import Any

import pytest
from tests.engine.calling import Engine, definitions, index


@pytest.fixture
def db(engine: Engine) -> Engine:
    engine.create("users", "pk", "sk")
    add_index(engine)
    return engine


def add_index(db: Engine) -> None:
    db(
        "UpdateTable",
        TableName="users",
        AttributeDefinitions=definitions(color="S"),
        GlobalSecondaryIndexUpdates=[{"Create": index("by_color", "color")}],
    )


def switch(db: Engine, action: str = "ENABLE", **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = db(
        "UpdateContributorInsights",
        {"TableName": "users", "ContributorInsightsAction": action, **more},
    )
    return answer


def test_only_a_change_is_under_way(db: Engine) -> None:
    assert switch(db, "DISABLE")["ContributorInsightsStatus"] == "DISABLED"
    assert switch(db)["ContributorInsightsStatus"] == "ENABLING"
    assert switch(db)["ContributorInsightsStatus"] == "ENABLED"
    assert switch(db, "DISABLE")["ContributorInsightsStatus"] == "DISABLING"


def test_the_mode_changes_while_insights_are_enabled_and_stays_otherwise(db: Engine) -> None:
    switch(db)
    first = db("DescribeContributorInsights", TableName="users")["LastUpdateDateTime"]
    db.now += 60
    answer = switch(db, ContributorInsightsMode="THROTTLED_KEYS")
    assert answer["ContributorInsightsStatus"] == "ENABLING"
    assert switch(db, "DISABLE")["ContributorInsightsMode"] == "THROTTLED_KEYS"
    last = db("DescribeContributorInsights", TableName="users")["LastUpdateDateTime"]
    assert (last - first).total_seconds() == 60


def test_a_rule_is_named_after_what_it_watches_and_when_it_was_made(db: Engine) -> None:
    switch(db)
    rules = db("DescribeContributorInsights", TableName="users")["ContributorInsightsRuleList"]
    assert rules == [
        f"DynamoDBContributorInsights-{kind}-users-1700000000000"
        for kind in ("PKC", "SKC", "PKT", "SKT")
    ]


def test_the_name_of_a_rule_is_cut_where_it_is_too_long(db: Engine) -> None:
    name = "x" * 255
    db.create(name, "pk")
    switch(db, TableName=name)
    rules = db("DescribeContributorInsights", TableName=name)["ContributorInsightsRuleList"]
    assert {len(rule) for rule in rules} == {128}
    assert len(set(rules)) == 2


def test_insights_go_with_their_index(db: Engine) -> None:
    switch(db, IndexName="by_color")
    gone = [{"Delete": {"IndexName": "by_color"}}]
    db("UpdateTable", TableName="users", GlobalSecondaryIndexUpdates=gone)
    assert db("ListContributorInsights")["ContributorInsightsSummaries"] == []
    add_index(db)
    described = db("DescribeContributorInsights", TableName="users", IndexName="by_color")
    assert described["ContributorInsightsStatus"] == "DISABLED"


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_page_may_end_between_a_table_and_its_index(db: Engine, size: int) -> None:
    db.create("ants", "pk")
    for place in ({}, {"IndexName": "by_color"}, {"TableName": "ants"}):
        switch(db, **place)
    listed: list[tuple[str, str | None]] = []
    request: dict[str, Any] = {"MaxResults": size}
    while True:
        page = db("ListContributorInsights", request)
        listed += [
            (each["TableName"], each.get("IndexName"))
            for each in page["ContributorInsightsSummaries"]
        ]
        if "NextToken" not in page:
            break
        request["NextToken"] = page["NextToken"]
    assert listed == [("ants", None), ("users", None), ("users", "by_color")]


@pytest.mark.parametrize("token", ["?", "YWJj", "/w=="])
def test_a_token_of_somebody_elses_is_refused(db: Engine, token: str) -> None:
    db.invalid("Invalid NextToken", "ListContributorInsights", NextToken=token)


def test_a_negative_number_of_results_is_refused(db: Engine) -> None:
    db.invalid("MaxResults", "ListContributorInsights", MaxResults=-1)


def test_a_table_of_another_name_is_found_by_its_arn(db: Engine) -> None:
    arn = db("DescribeTable", TableName="users")["Table"]["TableArn"]
    assert switch(db, TableName=arn)["TableName"] == "users"
