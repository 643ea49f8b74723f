"""Ceilings on demand and warm throughput."""

from __future__ import annotations

from typing import Any

import pytest
from tests.engine.calling import Engine, index
from tests.engine.declaring import UNITS, global_, request
from tests.engine.test_tableupdates import INVALID, change, provisioned, refuse, update

WARM = {"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000}


def ceilings(**units: int) -> dict[str, Any]:
    return {"OnDemandThroughput": {f"Max{name}RequestUnits": n for name, n in units.items()}}


def warm(**units: int) -> dict[str, Any]:
    return {"WarmThroughput": {f"{name}UnitsPerSecond": n for name, n in units.items()}}


def indexed(**settings: Any) -> dict[str, Any]:
    return global_({**index("byG", "g"), **settings}, g="S")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"BillingMode": None, "ProvisionedThroughput": UNITS, **ceilings(Write=1, Read=0)},
            "MaxReadRequestUnits for OnDemandThroughput cannot be specified when table BillingMode"
            " is PROVISIONED.",
        ),
        (
            ceilings(Read=1, Write=0),
            "Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of valid",
        ),
        (ceilings(Read=-1), "Requested MaxReadRequestUnits for OnDemandThroughput for table is"),
        (
            indexed(**ceilings(Read=0)),
            "Requested MaxReadRequestUnits for OnDemandThroughput for index byG is outside of",
        ),
        (
            warm(Read=12_000, Write=3_999),
            "Requested WriteUnitsPerSecond for WarmThroughput for table is lower than initial"
            " throughput for OnDemand",
        ),
        (
            indexed(**warm(Read=1)),
            "Requested ReadUnitsPerSecond for WarmThroughput for index byG is lower than initial",
        ),
        (
            {"BillingMode": None, "ProvisionedThroughput": UNITS, **warm(Read=4)},
            "lower than ReadCapacityUnits of ProvisionedThroughput",
        ),
    ],
)
def test_a_new_table_that_is_provisioned_wrongly_is_refused(
    engine: Engine, changes: dict[str, Any], says: str
) -> None:
    engine.invalid(INVALID, "CreateTable", request(**changes))
    engine.invalid(says, "CreateTable", request(**changes))
    assert engine("ListTables", {}) == {"TableNames": []}


def test_ceilings_are_set_one_by_one_and_taken_away_by_minus_one(engine: Engine) -> None:
    engine("CreateTable", request(**indexed(OnDemandThroughput={}), OnDemandThroughput={}))
    described = engine("DescribeTable", TableName="users")["Table"]
    assert "OnDemandThroughput" not in described
    assert "OnDemandThroughput" not in described["GlobalSecondaryIndexes"][0]
    described = change(engine, **ceilings(Read=5))
    assert described["OnDemandThroughput"] == {"MaxReadRequestUnits": 5}
    described = change(engine, **ceilings(Write=7))
    both = {"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 7}
    assert described["OnDemandThroughput"] == both
    says = "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid"
    refuse(engine, says, **ceilings(Read=0))
    refuse(engine, says, **ceilings(Read=-2))
    answer = engine("UpdateTable", TableName="users", **ceilings(Read=-1))["TableDescription"]
    assert answer["OnDemandThroughput"] == {**both, "MaxReadRequestUnits": -1}
    described = engine("DescribeTable", TableName="users")["Table"]
    assert described["OnDemandThroughput"] == {"MaxWriteRequestUnits": 7}
    assert "OnDemandThroughput" not in change(engine, **ceilings(Write=-1))
    described = change(engine, **update(**ceilings(Read=3)))
    (byg,) = described["GlobalSecondaryIndexes"]
    assert byg["OnDemandThroughput"] == {"MaxReadRequestUnits": 3}


def test_provisioned_tables_have_no_ceilings(engine: Engine) -> None:
    engine("CreateTable", request(**indexed(**ceilings(Read=3)), **ceilings(Write=4)))
    units = {"ProvisionedThroughput": UNITS}
    described = change(engine, BillingMode="PROVISIONED", **units, **update(**units))
    (byg,) = described["GlobalSecondaryIndexes"]
    assert "OnDemandThroughput" not in described
    assert "OnDemandThroughput" not in byg
    says = f"{INVALID}MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table"
    refuse(engine, f"{says} BillingMode is PROVISIONED", **ceilings(Write=0, Read=0))
    refuse(engine, says, **update(**ceilings(Read=1)))


def test_warm_throughput_is_what_a_table_has_at_least_and_only_grows(engine: Engine) -> None:
    engine("CreateTable", provisioned())
    described = engine("DescribeTable", TableName="users")["Table"]
    (byg,) = described["GlobalSecondaryIndexes"]
    own = {"ReadUnitsPerSecond": 5, "WriteUnitsPerSecond": 3, "Status": "ACTIVE"}
    assert described["WarmThroughput"] == byg["WarmThroughput"] == own
    answer = engine("UpdateTable", TableName="users", **warm(Read=100))["TableDescription"]
    assert answer["WarmThroughput"]["Status"] == "UPDATING"
    described = engine("DescribeTable", TableName="users")["Table"]
    assert described["WarmThroughput"] == {**own, "ReadUnitsPerSecond": 100}
    says = (
        f"{INVALID}Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current"
        " WarmThroughput, decreasing WarmThroughput is not supported"
    )
    refuse(engine, says, **warm(Read=99, Write=500))
    refuse(engine, "WarmThroughput for index byG is lower", **update(**warm(Write=2)))
    described = change(engine, **update(**warm(Write=50)))
    (byg,) = described["GlobalSecondaryIndexes"]
    assert byg["WarmThroughput"] == {**own, "WriteUnitsPerSecond": 50}


def test_warm_throughput_outlasts_a_change_of_billing(engine: Engine) -> None:
    engine("CreateTable", request(**indexed()))
    units = {"ProvisionedThroughput": UNITS}
    described = change(engine, BillingMode="PROVISIONED", **units, **update(**units))
    assert described["WarmThroughput"] == {**WARM, "Status": "ACTIVE"}
    described = change(engine, ProvisionedThroughput={**UNITS, "WriteCapacityUnits": 5_000})
    assert described["WarmThroughput"]["WriteUnitsPerSecond"] == 5_000
    described = change(engine, BillingMode="PAY_PER_REQUEST")
    assert described["WarmThroughput"] == {**WARM, "WriteUnitsPerSecond": 5_000, "Status": "ACTIVE"}
