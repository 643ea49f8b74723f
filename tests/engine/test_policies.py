"""Resource policies: of tables and of streams, and how long they live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.engine.streaming import Streamed

if TYPE_CHECKING:
    from tests.engine.calling import Engine

STATEMENT = '"Statement": {"Effect": "Deny", "NotPrincipal": "*", "Action": "*", "Resource": "*"}'
POLICY = f"{{{STATEMENT}}}"
TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/users"


def test_a_stream_has_a_policy_of_its_own() -> None:
    db = Streamed()
    put = db.engine("PutResourcePolicy", ResourceArn=db.arn, Policy=POLICY)
    db.put("a")
    db.wait(5 * 3600)
    db.put("b")
    assert db.engine("GetResourcePolicy", ResourceArn=db.arn) == {"Policy": POLICY, **put}
    db.engine.refused(
        "PolicyNotFoundException", "not found", "GetResourcePolicy", ResourceArn=TABLE
    )


def test_a_policy_goes_with_its_table(engine: Engine) -> None:
    engine.create("users", "pk")
    engine("PutResourcePolicy", ResourceArn=TABLE, Policy=POLICY)
    engine("DeleteTable", TableName="users")
    engine.create("users", "pk")
    engine.refused("PolicyNotFoundException", TABLE, "GetResourcePolicy", ResourceArn=TABLE)


def test_a_revision_is_new_even_within_one_millisecond(engine: Engine) -> None:
    engine.create("users", "pk")
    policies = (POLICY, *(f'{{"Id": "{name}", {STATEMENT}}}' for name in "ab"))
    revisions = {
        engine("PutResourcePolicy", ResourceArn=TABLE, Policy=policy)["RevisionId"]
        for policy in policies
    }
    assert len(revisions) == 3


@pytest.mark.parametrize("arn", ["users", "arn:aws:s3:::users"])
def test_what_is_no_arn_of_a_table_or_stream_is_refused(engine: Engine, arn: str) -> None:
    engine.invalid("Invalid ResourceArn", "GetResourcePolicy", ResourceArn=arn)


@pytest.mark.parametrize("policy", ["[" * 5000, "null", '"text"'])
def test_a_table_is_not_created_with_what_is_no_policy(engine: Engine, policy: str) -> None:
    request = {
        "TableName": "users",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "ResourcePolicy": policy,
    }
    engine.invalid("Invalid policy document", "CreateTable", request)
