"""Shards and iterators: rotation, trimming, expiry, pages, and what is no iterator."""

from __future__ import annotations

import base64
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.engine.calling import S
from tests.engine.streaming import HOUR, OFF, Streamed

from anydynamo.engine.streams.iterators import Iterator
from anydynamo.engine.streams.sequences import first_sequence
from anydynamo.errors import ChangesLost, InvalidCursor, InvalidRequest, TableNotFound

UNKNOWN = "shardId-00000001700000000000-00000000"


@pytest.fixture
def db() -> Streamed:
    return Streamed()


def numbers(shard: dict[str, Any]) -> tuple[str, str | None]:
    both = shard["SequenceNumberRange"]
    return both["StartingSequenceNumber"], both.get("EndingSequenceNumber")


def held(db: Streamed) -> int:
    """Return how many records the store holds."""
    return sum(len(pairs) for name, pairs in db.spaces().items() if name != "streams")


def test_the_first_write_after_four_hours_opens_the_next_shard(db: Streamed) -> None:
    db.put("a")
    db.wait(4 * HOUR - 0.001)
    db.put("b")
    (only,) = db.shards()
    db.wait(0.001)
    assert db.shards() == [only]
    db.put("c")
    first, second = db.shards()
    assert first["ShardId"] == only["ShardId"]
    assert "ParentShardId" not in first
    assert second["ParentShardId"] == first["ShardId"]
    old, new = db.read(db.iterator(shard=first)), db.read(db.iterator(shard=second))
    assert [record["dynamodb"]["Keys"]["pk"]["S"] for record in old] == ["a", "b"]
    assert [record["dynamodb"]["Keys"]["pk"]["S"] for record in new] == ["c"]
    assert numbers(first)[1] == old[-1]["dynamodb"]["SequenceNumber"]
    assert numbers(second) == (new[0]["dynamodb"]["SequenceNumber"], None)


def test_a_transaction_is_never_torn_between_shards(db: Streamed) -> None:
    db.wait(5 * HOUR)
    puts = [{"Put": {"TableName": "users", "Item": {"pk": S(str(n))}}} for n in range(9)]
    db.engine("TransactWriteItems", TransactItems=puts)
    first, second = db.shards()
    assert db.read(db.iterator(shard=first)) == []
    assert len(db.read(db.iterator(shard=second))) == 9


def test_a_closed_shard_ends_and_an_open_one_goes_on(db: Streamed) -> None:
    db.put("a")
    iterator, latest = db.iterator(), db.iterator("LATEST")
    assert db.get(latest)["Records"] == []
    db.wait(4 * HOUR)
    db.put("b")
    db.wait(-4 * HOUR)
    page = db.get(iterator)
    assert [record["dynamodb"]["Keys"]["pk"]["S"] for record in page["Records"]] == ["a"]
    assert "NextShardIterator" not in page
    assert db.get(latest) == {"Records": []}


def test_iterators_begin_where_their_type_says(db: Streamed) -> None:
    for name in "abc":
        db.put(name)
    (shard,) = db.shards()
    second = db.records()[1]["dynamodb"]["SequenceNumber"]

    def keys(kind: str, **more: Any) -> str:
        iterator = db.iterator(kind, **more)
        db.put("d")
        found = [record["dynamodb"]["Keys"]["pk"]["S"] for record in db.read(iterator)]
        db.delete("d")
        return "".join(found)

    assert keys("LATEST") == "d"
    assert keys("TRIM_HORIZON")[:3] == "abc"
    assert keys("AT_SEQUENCE_NUMBER", SequenceNumber=second)[:2] == "bc"
    assert keys("AFTER_SEQUENCE_NUMBER", SequenceNumber=second)[:1] == "c"
    start = numbers(shard)[0]
    assert keys("AT_SEQUENCE_NUMBER", SequenceNumber=start)[:3] == "abc"
    assert keys("AFTER_SEQUENCE_NUMBER", SequenceNumber="0" * 9 + start)[:3] == "abc"


def test_the_latest_of_an_empty_stream_is_its_beginning(db: Streamed) -> None:
    iterator = db.iterator("LATEST")
    db.put("a")
    assert len(db.read(iterator)) == 1


def test_an_iterator_at_a_time_begins_with_the_first_record_that_shows_it_or_a_later_one(
    db: Streamed,
) -> None:
    began = db.engine.now
    db.put("a")
    db.wait(0.5)
    db.put("b")
    db.wait(0.5)
    db.put("c")

    def keys(timestamp: object) -> list[str]:
        records = db.read(db.iterator("AT_TIMESTAMP", Timestamp=timestamp))
        return [record["dynamodb"]["Keys"]["pk"]["S"] for record in records]

    # Records show the second, rounded down: b has the same time as a.
    assert keys(began) == keys(int(began)) == keys(1) == ["a", "b", "c"]
    moment = datetime.fromtimestamp(began, UTC)
    assert keys(moment) == keys(moment.replace(tzinfo=None)) == ["a", "b", "c"]
    assert keys(began + 0.25) == keys(moment + timedelta(seconds=1)) == ["c"]
    (shard,) = db.shards()
    db.engine.invalid(
        "must not lie in the future",
        "GetShardIterator",
        StreamArn=db.arn,
        ShardId=shard["ShardId"],
        ShardIteratorType="AT_TIMESTAMP",
        Timestamp=began + 1.5,
    )


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"ShardIteratorType": "AT_SEQUENCE_NUMBER"}, "SequenceNumber is not specified"),
        ({"ShardIteratorType": "AFTER_SEQUENCE_NUMBER"}, "SequenceNumber is not specified"),
        ({"ShardIteratorType": "AT_TIMESTAMP"}, "Timestamp is not specified"),
        ({"ShardIteratorType": "LATEST", "SequenceNumber": "1" * 21}, "is specified"),
        ({"ShardIteratorType": "TRIM_HORIZON", "Timestamp": 5}, "Timestamp is specified"),
        (
            {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "x" * 21},
            "is no number",
        ),
        (
            {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "²" * 21},
            "is no number",
        ),
        (
            {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "1" * 20},
            "have length greater than or equal to 21",
        ),
        (
            {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "0" * 21},
            "is not in the range",
        ),
        (
            {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "9" * 40},
            "is not in the range",
        ),
        ({"ShardIteratorType": "NEWEST"}, "satisfy enum value set"),
        ({"ShardIteratorType": "LATEST", "ShardId": "short"}, "greater than or equal to 28"),
    ],
)
def test_a_place_that_cannot_be_is_refused(
    db: Streamed, parameters: dict[str, Any], says: str
) -> None:
    db.put("a")
    shard_id = db.shards()[0]["ShardId"]
    request = {"StreamArn": db.arn, "ShardId": shard_id, **parameters}
    db.engine.invalid(says, "GetShardIterator", request)


def test_a_number_of_another_shard_is_refused(db: Streamed) -> None:
    db.put("a")
    db.wait(4 * HOUR)
    db.put("b")
    first, second = db.shards()
    mine, others = db.records()
    for shard, record in ((first, others), (second, mine)):
        db.engine.invalid(
            "is not in the range",
            "GetShardIterator",
            StreamArn=db.arn,
            ShardId=shard["ShardId"],
            ShardIteratorType="AFTER_SEQUENCE_NUMBER",
            SequenceNumber=record["dynamodb"]["SequenceNumber"],
        )


def test_a_shard_that_is_not_there_is_not_found(db: Streamed) -> None:
    db.engine.refused(
        "ResourceNotFoundException",
        "Shard does not exist",
        "GetShardIterator",
        StreamArn=db.arn,
        ShardId=UNKNOWN,
        ShardIteratorType="LATEST",
    )


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 1e12, 10**400], ids=["nan", "inf", "far", "huge"]
)
def test_a_time_that_is_none_cannot_be_read(db: Streamed, value: float) -> None:
    for wrong, says in ((value, "NUMBER_VALUE cannot"), (True, "TRUE_VALUE"), ("x", "STRING")):
        db.engine.refused(
            "SerializationException",
            says,
            "GetShardIterator",
            StreamArn=db.arn,
            ShardId=UNKNOWN,
            ShardIteratorType="AT_TIMESTAMP",
            Timestamp=wrong,
        )


def test_records_come_in_pages_of_a_thousand_or_fewer(db: Streamed) -> None:
    for number in range(1005):
        db.put(f"{number:04}")
    page = db.get(db.iterator())
    assert len(page["Records"]) == 1000
    rest = db.get(page["NextShardIterator"])
    assert len(rest["Records"]) == 5
    assert db.get(rest["NextShardIterator"])["Records"] == []
    small = db.get(db.iterator(), Limit=3)
    assert small["Records"] == page["Records"][:3]
    assert db.get(small["NextShardIterator"], Limit=1)["Records"] == page["Records"][3:4]
    for limit, code in ((1001, "LimitExceededException"), (0, "ValidationException")):
        iterator = db.iterator()
        db.engine.refused(code, "", "GetRecords", ShardIterator=iterator, Limit=limit)


def test_the_last_page_of_a_closed_shard_is_the_last(db: Streamed) -> None:
    for name in "abcd":
        db.put(name)
    db.engine("UpdateTable", TableName="users", **OFF)
    first = db.get(db.iterator(), Limit=2)
    second = db.get(first["NextShardIterator"], Limit=2)
    assert len(second["Records"]) == 2
    assert "NextShardIterator" not in second


def test_a_page_holds_a_megabyte_at_most_and_one_record_at_least(db: Streamed) -> None:
    for number in range(6):
        db.put("big", text=S(str(number) * 390_000))
    iterator, counts = db.iterator(), []
    while True:
        page = db.get(iterator)
        if not page["Records"]:
            break
        counts.append(len(page["Records"]))
        assert sum(record["dynamodb"]["SizeBytes"] for record in page["Records"]) <= 2**20
        iterator = page["NextShardIterator"]
    assert counts == [1, 1, 1, 1, 1, 1]


def test_an_iterator_expires_after_fifteen_minutes(db: Streamed) -> None:
    db.put("a")
    iterator = db.iterator()
    db.wait(15 * 60)
    following = db.get(iterator)["NextShardIterator"]
    db.wait(0.001)
    error = db.engine.refused(
        "ExpiredIteratorException", "15 minutes", "GetRecords", ShardIterator=iterator
    )
    assert error.operation == "GetRecords"
    assert db.get(following)["Records"] == []


def test_an_iterator_outlives_the_adapter(db: Streamed) -> None:
    db.put("a")
    iterator = db.iterator()
    db.engine.adapter = type(db.engine.adapter)(
        db.engine.store, provider="memory", blocking=True, clock=lambda: db.engine.now
    )
    assert len(db.get(iterator)["Records"]) == 1


def test_records_are_served_for_a_day(db: Streamed) -> None:
    db.put("a")
    db.wait(1)
    db.put("b")
    first, second = db.records()
    db.wait(24 * HOUR - 1)
    assert db.keys() == ["a", "b"]
    db.wait(0.5)
    assert db.keys() == ["b"]
    for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        shard_id = db.shards()[0]["ShardId"]
        db.engine.refused(
            "TrimmedDataAccessException",
            "older than 24 hours",
            "GetShardIterator",
            StreamArn=db.arn,
            ShardId=shard_id,
            ShardIteratorType=kind,
            SequenceNumber=first["dynamodb"]["SequenceNumber"],
        )
    number = second["dynamodb"]["SequenceNumber"]
    assert len(db.read(db.iterator("AT_SEQUENCE_NUMBER", SequenceNumber=number))) == 1
    db.wait(1)
    assert db.keys() == []
    (shard,) = db.shards()
    assert "EndingSequenceNumber" not in shard["SequenceNumberRange"]


def test_an_iterator_from_which_records_were_trimmed_says_so(db: Streamed) -> None:
    db.put("a")
    db.wait(600)
    db.put("b")
    db.wait(24 * HOUR - 660)
    at_a = db.iterator()
    number = db.records()[-1]["dynamodb"]["SequenceNumber"]
    at_b = db.iterator("AT_SEQUENCE_NUMBER", SequenceNumber=number)
    db.wait(120)
    db.engine.refused(
        "TrimmedDataAccessException",
        "Records behind this shard iterator",
        "GetRecords",
        ShardIterator=at_a,
    )
    assert len(db.get(at_b)["Records"]) == 1
    assert db.keys() == ["b"]


def test_a_reader_at_the_end_of_a_quiet_stream_never_meets_what_was_trimmed(db: Streamed) -> None:
    db.put("a")
    page = db.get(db.iterator())
    for _ in range(300):
        db.wait(600)
        page = db.get(page["NextShardIterator"])
        assert page["Records"] == []
    db.put("b")
    # The write closed the shard that had been open all the time, and opened its child.
    assert "NextShardIterator" not in db.get(page["NextShardIterator"])
    old, new = db.shards()
    assert new["ParentShardId"] == old["ShardId"]
    assert len(db.read(db.iterator(shard=new))) == 1


def test_an_iterator_of_a_shard_that_is_no_longer_described_is_at_its_end(db: Streamed) -> None:
    db.put("a")
    iterator = db.iterator("LATEST")
    parsed = Iterator.parse(iterator, db.engine.now)
    for _ in range(8):
        db.wait(4 * HOUR)
        db.put("b")
    assert parsed.shard not in [shard["ShardId"] for shard in db.shards()]
    fresh = Iterator(db.arn, parsed.shard, parsed.sequence, round(db.engine.now * 1000)).text()
    assert db.get(fresh) == {"Records": []}


def test_a_stream_that_is_on_for_weeks_does_not_grow_without_bound(db: Streamed) -> None:
    most = 0
    for number in range(21 * 24 * 4):
        db.wait(900)
        db.put("a", text=S(str(number)))
        most = max(most, held(db))
    # A day and a quarter of an hour are 97 writes; one in 64 removes what is older.
    assert most <= 97 + 64
    assert most > 97
    assert db.keys() == ["a"] * 97
    shards = db.shards()
    assert len(shards) <= 8
    assert [shard["ParentShardId"] for shard in shards[1:]] == [
        shard["ShardId"] for shard in shards[:-1]
    ]


def test_a_backlog_is_removed_in_bounded_portions(db: Streamed) -> None:
    for _ in range(100):
        puts = [{"PutRequest": {"Item": {"pk": S(str(n)), "n": S(str(_))}}} for n in range(25)]
        db.engine("BatchWriteItem", RequestItems={"users": puts})
    assert held(db) == 2500
    db.wait(25 * HOUR)
    before, removed = held(db), []
    for number in range(1500):
        db.put("a", n=S(f"later {number}"))
        after = held(db)
        removed.append(before + 1 - after)
        before = after
    assert max(removed) == 128
    assert sum(removed) == 2500
    assert held(db) == 1500


def test_shards_are_described_in_pages_and_by_parent(db: Streamed) -> None:
    for name in "abcde":
        db.put(name)
        db.wait(4 * HOUR)
    shards = db.shards()
    assert len(shards) == 5
    seen: list[Any] = []
    described: dict[str, Any] = {"LastEvaluatedShardId": None}
    while "LastEvaluatedShardId" in described:
        last = described["LastEvaluatedShardId"]
        described = db.describe(Limit=2, ExclusiveStartShardId=last)
        seen += described["Shards"]
    assert seen == shards
    for parent, child in zip(shards, [*shards[1:], None], strict=True):
        children = {"Type": "CHILD_SHARDS", "ShardId": parent["ShardId"]}
        found = db.describe(ShardFilter=children)["Shards"]
        assert found == ([] if child is None else [child])
    for half, absent in (({"Type": "CHILD_SHARDS"}, "ShardId"), ({"ShardId": UNKNOWN}, "Type")):
        db.engine.invalid(
            f"its {absent} is not", "DescribeStream", StreamArn=db.arn, ShardFilter=half
        )
    db.engine.invalid(
        "Invalid ShardId", "DescribeStream", StreamArn=db.arn, ExclusiveStartShardId="x" * 30
    )


def sealed(iterator: str) -> tuple[str, bytes]:
    arn, _, text = iterator.partition("|1|")
    return arn, base64.b64decode(text)


@given(cut=st.integers(min_value=0, max_value=400), change=st.integers(min_value=1, max_value=255))
def test_a_forged_or_cut_iterator_is_refused(cut: int, change: int) -> None:
    db = Streamed()
    db.put("a")
    whole = db.iterator()
    arn, raw = sealed(whole)
    place = cut % len(raw)
    altered = raw[:place] + bytes((raw[place] ^ change,)) + raw[place + 1 :]
    for text in (
        whole[: cut % len(whole)] or "x",
        f"{arn}|1|{base64.b64encode(altered).decode()}",
        f"{arn}|1|{base64.b64encode(raw[:place]).decode()}",
        f"{arn}x|1|{base64.b64encode(raw).decode()}",
    ):
        db.engine.invalid("Invalid ShardIterator", "GetRecords", ShardIterator=text)


@pytest.mark.parametrize("text", ["x", "|1|", "a|1|", "a|1|====", "é|1|é", "arn:x|1|" + "A" * 400])
def test_what_is_no_iterator_is_refused(db: Streamed, text: str) -> None:
    db.engine.invalid("Invalid ShardIterator", "GetRecords", ShardIterator=text)


@example("", "", 0, 2**63 - 1)
@example("", "", 2**80, 0)
@given(
    arn=st.text(max_size=60),
    shard=st.text(max_size=40),
    sequence=st.integers(min_value=-(10**30), max_value=10**30),
    issued=st.integers(min_value=-(2**63), max_value=2**63 - 1),
)
def test_an_iterator_that_somebody_made_himself_never_crashes(
    arn: str, shard: str, sequence: int, issued: int
) -> None:
    db = Streamed()
    db.put("a")
    for place in (
        Iterator(arn, shard, sequence, issued),
        Iterator(db.arn, shard, sequence, round(db.engine.now * 1000)),
        Iterator(db.arn, db.shards()[0]["ShardId"], sequence, issued),
        Iterator(db.arn, db.shards()[0]["ShardId"], sequence, round(db.engine.now * 1000)),
    ):
        # Any other exception would come through, and fail the test.
        with suppress(InvalidRequest, TableNotFound, InvalidCursor, ChangesLost):
            db.get(place.text())


def test_reading_writes_nothing(db: Streamed) -> None:
    for number in range(200):
        db.put(str(number))
    before = db.spaces()
    db.wait(30 * HOUR)
    db.records()
    db.engine("ListStreams")
    assert db.spaces() == before
    assert first_sequence(-5) == 0
