"""Streams in a JSON file: beside the plain lists, which stay what they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.engine.calling import S, definitions, schema
from tests.engine.streaming import HOUR, OFF, on
from tests.stores.driving import drive
from tests.targets import embedded

from anydynamo.stores.jsonfile_document import Document

if TYPE_CHECKING:
    from pathlib import Path


class File:
    """A JSON file with a database in it, and a clock."""

    def __init__(self, folder: Path) -> None:
        self.target = embedded("json", folder)
        self.now = 1_700_000_000.0
        self.adapter = self.target.adapter(blocking=True, clock=lambda: self.now)

    def __call__(self, operation: str, **request: Any) -> Any:
        return drive(self.adapter.call(operation, request))

    def reopen(self) -> None:
        self.close()
        self.adapter = self.target.adapter(blocking=True, clock=lambda: self.now)

    def close(self) -> None:
        drive(self.adapter.close())

    def create(self, **more: Any) -> Any:
        return self(
            "CreateTable",
            TableName="users",
            KeySchema=schema("pk"),
            AttributeDefinitions=definitions(pk="S"),
            BillingMode="PAY_PER_REQUEST",
            **more,
        )["TableDescription"]

    def put(self, pk: str) -> None:
        self("PutItem", TableName="users", Item={"pk": S(pk)})

    def records(self, arn: str) -> list[Any]:
        (shard,) = self("DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"]
        place = {"ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = self("GetShardIterator", StreamArn=arn, **place)["ShardIterator"]
        records: list[Any] = self("GetRecords", ShardIterator=iterator)["Records"]
        return records

    def content(self) -> Any:
        assert self.target.path is not None
        return json.loads(self.target.path.read_text())


def test_a_file_without_streams_says_nothing_of_them(tmp_path: Path) -> None:
    file = File(tmp_path)
    file.create()
    file.put("a")
    assert set(file.content()["anydynamo"]) == {"format", "tables"}
    file.close()


def test_records_stand_beside_the_plain_lists_and_survive_reopening(tmp_path: Path) -> None:
    file = File(tmp_path)
    arn = file.create(**on())["LatestStreamArn"]
    for pk in "abc":
        file.put(pk)
    content = file.content()
    assert content["users"] == [{"pk": "a"}, {"pk": "b"}, {"pk": "c"}]
    spaces = content["anydynamo"]["spaces"]
    table_id = content["anydynamo"]["tables"]["users"]["TableId"]
    records = spaces[f"stream/{table_id}/2023-11-14T22:13:20.000"]
    assert len(spaces["streams"]) == 1
    assert len(records) == 3
    before = file.records(arn)
    file.reopen()
    assert file.records(arn) == before
    file.close()


def test_adopted_items_are_the_first_records_of_a_stream(tmp_path: Path) -> None:
    (tmp_path / "db.json").write_text('{"users": [{"pk": "a"}, {"pk": "b", "n": 1}]}')
    file = File(tmp_path)
    arn = file.create(**on())["LatestStreamArn"]
    assert [(one["eventName"], one["dynamodb"]["NewImage"]) for one in file.records(arn)] == [
        ("INSERT", {"pk": S("a")}),
        ("INSERT", {"pk": S("b"), "n": {"N": "1"}}),
    ]
    file.close()


def test_an_edit_by_hand_is_no_change_that_a_stream_knows_of(tmp_path: Path) -> None:
    file = File(tmp_path)
    arn = file.create(**on())["LatestStreamArn"]
    file.put("a")
    assert file.target.path is not None
    edited = file.target.path.read_text().replace('"pk": "a"', '"pk": "by hand"')
    file.target.path.write_text(edited)
    assert [one["dynamodb"]["Keys"] for one in file.records(arn)] == [{"pk": S("a")}]
    file.close()


def test_a_stream_whose_records_somebody_removed_begins_again(tmp_path: Path) -> None:
    file = File(tmp_path)
    arn = file.create(**on())["LatestStreamArn"]
    file.put("a")
    content = file.content()
    del content["anydynamo"]["spaces"]
    assert file.target.path is not None
    file.target.path.write_text(json.dumps(content))
    file.put("b")
    assert [one["dynamodb"]["Keys"] for one in file.records(arn)] == [{"pk": S("b")}]
    file.close()


def test_what_is_written_piece_by_piece_is_what_a_whole_rewrite_gives(tmp_path: Path) -> None:
    file = File(tmp_path)
    file.create(**on())
    assert file.target.path is not None
    for number in range(180):
        # Records come, and from the second day on others go.
        file.now += HOUR / 2
        file("PutItem", TableName="users", Item={"pk": S("a"), "n": S(str(number))})
        if number == 110:
            file("UpdateTable", TableName="users", **OFF)
            file("UpdateTable", TableName="users", **on("KEYS_ONLY"))
        if number % 25 == 0:
            text = file.target.path.read_bytes()
            assert Document.load(text).render((), ()) == text
    assert len(file.content()["anydynamo"]["spaces"]["streams"]) == 1
    file.close()
