"""Exports: which items and changes they have, their files, and what becomes of their records."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.calling import N, S
from tests.engine.transferring import BUCKET, Transfers

from anydynamo.adapters.transfers import exporting, outputs
from anydynamo.engine.layout import encode
from anydynamo.engine.transfers import exportreads
from anydynamo.engine.transfers.ledger import EXPORTS

if TYPE_CHECKING:
    from pathlib import Path

ABSENT = "arn:aws:dynamodb:us-east-1:000000000000:table/users/export/01489602797149-73d8d5bc"
QUARTER = 15 * 60


@pytest.fixture
def db(tmp_path: Path) -> Transfers:
    """A table `users` with two items, which can be exported."""
    engine = Transfers(tmp_path)
    engine.recoverable("users", "pk")
    engine.put("users", pk=S("a"), n=N(1))
    engine.put("users", pk=S("b"), n=N("2.50"))
    return engine


def items(db: Transfers, description: dict[str, Any]) -> dict[str, Any]:
    """Return the exported items by their keys."""
    found = [json.loads(line)["Item"] for line in db.exported(description)]
    assert len({item["pk"]["S"] for item in found}) == len(found)
    return {item["pk"]["S"]: item for item in found}


def increment(db: Transfers, begin: float, end: float, **more: Any) -> dict[str, Any]:
    period = {"ExportFromTime": begin, "ExportToTime": end, **more.pop("period", {})}
    return db.export(
        "users", ExportType="INCREMENTAL_EXPORT", IncrementalExportSpecification=period, **more
    )


def test_the_answer_is_that_an_export_has_begun(db: Transfers) -> None:
    answer = db(
        "ExportTableToPointInTime", TableArn=db.arn("users"), S3Bucket=BUCKET, ClientToken="t"
    )["ExportDescription"]
    at = datetime.fromtimestamp(db.now, UTC)
    assert answer.pop("ExportArn").startswith(db.arn("users") + "/export/01700000000000-")
    assert answer.pop("TableId") == db("DescribeTable", TableName="users")["Table"]["TableId"]
    assert answer == {
        "ExportStatus": "IN_PROGRESS",
        "StartTime": at,
        "TableArn": db.arn("users"),
        "ExportTime": at,
        "ClientToken": "t",
        "S3Bucket": BUCKET,
        "S3SseAlgorithm": "AES256",
        "ExportFormat": "DYNAMODB_JSON",
        "ExportType": "FULL_EXPORT",
    }


def test_a_full_export_has_the_services_files_and_names(db: Transfers) -> None:
    done = db.export("users", S3Prefix="2023/nov", S3BucketOwner="123456789012")
    assert done["ExportStatus"] == "COMPLETED"
    assert (done["ItemCount"], done["BilledSizeBytes"]) == (2, 13)
    number = done["ExportArn"].rpartition("/")[2]
    root = f"2023/nov/AWSDynamoDB/{number}"
    assert done["ExportManifest"] == f"{root}/manifest-summary.json"
    (data,) = (db.bucket / root / "data").iterdir()
    assert sorted(path.name for path in (db.bucket / root).iterdir()) == [
        "_started",
        "data",
        "manifest-files.json",
        "manifest-files.md5",
        "manifest-summary.json",
        "manifest-summary.md5",
    ]
    assert data.name.endswith(".json.gz")
    assert db.text(f"{root}/_started") == ""
    assert db.json(f"{root}/manifest-summary.json") == {
        "version": "2020-06-30",
        "exportArn": done["ExportArn"],
        "startTime": "2023-11-14T22:13:20.000Z",
        "endTime": "2023-11-14T22:13:20.000Z",
        "tableArn": db.arn("users"),
        "tableId": done["TableId"],
        "exportTime": "2023-11-14T22:13:20.000Z",
        "s3Bucket": BUCKET,
        "s3Prefix": "2023/nov",
        "s3SseAlgorithm": "AES256",
        "s3SseKmsKeyId": None,
        "manifestFilesS3Key": f"{root}/manifest-files.json",
        "billedSizeBytes": 13,
        "itemCount": 2,
        "outputFormat": "DYNAMODB_JSON",
        "exportType": "FULL_EXPORT",
    }
    md5 = hashlib.md5(data.read_bytes()).digest()
    assert db.json(f"{root}/manifest-files.json") == {
        "itemCount": 2,
        "md5Checksum": base64.b64encode(md5).decode(),
        "etag": f"{hashlib.md5(md5).hexdigest()}-1",
        "dataFileS3Key": f"{root}/data/{data.name}",
    }
    assert items(db, done) == {
        "a": {"pk": S("a"), "n": N(1)},
        "b": {"pk": S("b"), "n": N("2.5")},
    }


@pytest.mark.parametrize("name", ["files", "summary"])
def test_a_manifest_has_its_checksum_beside_it(db: Transfers, name: str) -> None:
    root = db.export("users")["ExportManifest"].rpartition("/")[0]
    content = (db.bucket / root / f"manifest-{name}.json").read_bytes()
    checksum = base64.b64encode(hashlib.md5(content).digest()).decode()
    assert db.text(f"{root}/manifest-{name}.md5") == checksum


def test_an_empty_table_has_an_empty_file(db: Transfers) -> None:
    db.recoverable("empty", "pk")
    done = db.export("empty")
    assert (done["ExportStatus"], done["ItemCount"]) == ("COMPLETED", 0)
    assert db.exported(done) == []


def test_an_export_has_the_items_of_its_time(db: Transfers) -> None:
    before = db.now
    db.now += 100
    db.put("users", pk=S("a"), n=N(9))
    db("DeleteItem", TableName="users", Key={"pk": S("b")})
    db.put("users", pk=S("c"))
    assert items(db, db.export("users", ExportTime=before)).keys() == {"a", "b"}
    now = items(db, db.export("users"))
    assert now.keys() == {"a", "c"}
    assert now["a"]["n"] == N(9)


def test_writes_between_two_portions_do_not_show(
    db: Transfers, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        db.put("users", pk=S(f"{number:02}"), n=N(0))
    expected = {item["pk"]["S"]: item for item in db.all("users")}
    portion, turn = exportreads.Reading.portion, iter(range(100))

    def interfering(self: Any, reader: Any, items: int, size: int) -> Any:
        # What is written here is seen by the next portion.
        read = portion(self, reader, 3, size)
        work.append(next(turn))
        return read

    work: list[int] = []
    monkeypatch.setattr(exportreads.Reading, "portion", interfering)
    read = db.store.read

    async def reading(what: Any) -> Any:
        for number in work:
            key = {"pk": S(f"{number:02}")}
            write = "DeleteItem" if number % 2 else "PutItem"
            request = {"Key": key} if number % 2 else {"Item": {**key, "n": N(7)}}
            await db.adapter.call(write, {"TableName": "users", **request})
            last = {"TableName": "users", "Item": {"pk": S(f"new {number}")}}
            await db.adapter.call("PutItem", last)
        work.clear()
        return await read(what)

    monkeypatch.setattr(db.store, "read", reading)
    done = db.export("users")
    monkeypatch.undo()
    assert next(turn) > 7
    assert items(db, done) == expected
    assert len(db.all("users")) > len(expected)


def test_ion_is_written_as_the_service_writes_it(db: Transfers) -> None:
    db.put(
        "users",
        **{
            "pk": S("c"),
            "set": {"SS": ['"', "\\\n\x01é"]},
            "odd name": {"M": {"null": {"NULL": True}, "it's": {"L": [{"BOOL": False}]}}},
            "numbers": {"NS": ["-0.5", "0", "103", "600", "1.50"]},
            "small": N("1e-30"),
            "negative": N("-12e-40"),
            "large": N("-12e40"),
            "raw": {"BS": [b"\x00", b"hello"]},
        },
    )
    done = db.export("users", ExportFormat="ION")
    line = next(line for line in db.exported(done) if '"c"' in line)
    assert line == (
        '$ion_1_0 {Item:{pk:"c",set:$dynamodb_SS::["\\"","\\\\\\x0a\\x01é"],'
        "'odd name':{'null':null,'it\\'s':[false]},"
        "numbers:$dynamodb_NS::[-0.5,0.,1.5,103.,6d2],small:1d-30,negative:-12d-40,"
        "large:-12d40,raw:$dynamodb_BS::[{{AA==}},{{aGVsbG8=}}]}}"
    )
    summary = db.json(done["ExportManifest"])
    assert summary["outputFormat"] == "ION"
    assert db.json(summary["manifestFilesS3Key"])["dataFileS3Key"].endswith(".ion.gz")


def test_an_incremental_export_has_what_became_of_each_item(db: Transfers) -> None:
    db.now += 100
    begin = db.now
    db.put("users", pk=S("a"), n=N(2))
    db.put("users", pk=S("a"), n=N(3))
    db("DeleteItem", TableName="users", Key={"pk": S("b")})
    db.put("users", pk=S("new"))
    db.put("users", pk=S("passing"))
    db("DeleteItem", TableName="users", Key={"pk": S("passing")})
    db.now += QUARTER
    db.put("users", pk=S("late"))
    done = increment(db, begin, db.now, S3Prefix="changes")
    assert (done["ExportStatus"], done["ItemCount"]) == ("COMPLETED", 3)
    written = {"Metadata": {"WriteTimestampMicros": N(f"{int(begin)}000000")}}
    found = {line["Keys"]["pk"]["S"]: line for line in map(json.loads, db.exported(done))}
    assert found == {
        "a": {
            **written,
            "Keys": {"pk": S("a")},
            "OldImage": {"pk": S("a"), "n": N(1)},
            "NewImage": {"pk": S("a"), "n": N(3)},
        },
        "b": {**written, "Keys": {"pk": S("b")}, "OldImage": {"pk": S("b"), "n": N("2.5")}},
        "new": {**written, "Keys": {"pk": S("new")}, "NewImage": {"pk": S("new")}},
    }
    summary = db.json(done["ExportManifest"])
    assert summary["version"] == "2023-08-01"
    assert summary["exportFromTime"] == "2023-11-14T22:15:00.000Z"
    assert summary["exportToTime"] == "2023-11-14T22:30:00.000Z"
    assert summary["outputView"] == "NEW_AND_OLD_IMAGES"
    assert summary["exportType"] == "INCREMENTAL_EXPORT"
    assert "exportTime" not in summary
    # The data of all incremental exports lie together, beside the folder of each.
    data = db.json(summary["manifestFilesS3Key"])["dataFileS3Key"]
    assert data.rpartition("/")[0] == "changes/AWSDynamoDB/data"
    specification = done["IncrementalExportSpecification"]
    assert specification["ExportFromTime"].timestamp() == begin
    assert specification["ExportViewType"] == "NEW_AND_OLD_IMAGES"


def test_new_images_alone_leave_out_what_was(db: Transfers) -> None:
    begin = db.now
    db.now += QUARTER
    db.put("users", pk=S("a"), n=N(2))
    db("DeleteItem", TableName="users", Key={"pk": S("b")})
    db.now += 1
    view = {"ExportViewType": "NEW_IMAGE"}
    done = increment(db, begin + 1, db.now, period=view, ExportFormat="ION")
    at = f"{int(db.now - 1)}000000."
    assert sorted(db.exported(done)) == [
        f'$ion_1_0 {{Record:{{Metadata:{{WriteTimestampMicros:{at}}},Keys:{{pk:"a"}},'
        'NewImage:{pk:"a",n:2.}}}',
        f'$ion_1_0 {{Record:{{Metadata:{{WriteTimestampMicros:{at}}},Keys:{{pk:"b"}}}}}}',
    ]


def test_changes_are_read_in_portions_like_items(
    db: Transfers, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = db.now
    for number in range(10):
        db.put("users", pk=S(f"{number}"))
    db.now += QUARTER
    monkeypatch.setattr(exporting, "PORTION_ITEMS", 3)
    done = increment(db, begin, db.now)
    keys = [json.loads(line)["Keys"]["pk"]["S"] for line in db.exported(done)]
    assert sorted(keys) == [*map(str, range(10)), "a", "b"]


def test_a_filter_a_projection_and_a_key_condition_choose_what_is_exported(
    db: Transfers,
) -> None:
    db.recoverable("logs", "pk", "sk", sk="N")
    for number in range(6):
        db.put("logs", pk=S("ab"[number % 2]), sk=N(number), even=N(number % 4), text=S("x"))

    def chosen(**specification: Any) -> list[Any]:
        done = db.export("logs", FilterSpecification=specification)
        assert done["FilterSpecification"] == specification
        return [json.loads(line)["Item"] for line in db.exported(done)]

    values = {":pk": S("a"), ":zero": N(0)}
    assert chosen(
        KeyConditionExpression="pk = :pk AND sk > :zero",
        FilterExpression="#e = :zero",
        ProjectionExpression="sk, #e",
        ExpressionAttributeNames={"#e": "even"},
        ExpressionAttributeValues=values,
    ) == [{"sk": N(4), "even": N(0)}]
    assert len(chosen(FilterExpression="sk > :n", ExpressionAttributeValues={":n": N(1)})) == 4
    for text, specification in (
        (
            "can only contain non-primary key attributes: Primary key attribute: sk",
            {
                "KeyConditionExpression": "pk = :pk",
                "FilterExpression": "sk = :zero",
                "ExpressionAttributeValues": values,
            },
        ),
        (
            "missed key schema element: pk",
            {"KeyConditionExpression": "sk = :n", "ExpressionAttributeValues": {":n": N(1)}},
        ),
        (
            "unused in expressions",
            {
                "FilterExpression": "attribute_exists(pk)",
                "ExpressionAttributeValues": {":n": N(1)},
            },
        ),
    ):
        db.invalid(
            text,
            "ExportTableToPointInTime",
            TableArn=db.arn("logs"),
            S3Bucket=BUCKET,
            FilterSpecification=specification,
        )


def test_a_client_token_stands_for_one_request_for_eight_hours(db: Transfers) -> None:
    first = db.export("users", ClientToken="once", S3Prefix="x")
    db.now += 60
    again = db(
        "ExportTableToPointInTime",
        TableArn=db.arn("users"),
        S3Bucket=BUCKET,
        S3Prefix="x",
        ClientToken="once",
    )["ExportDescription"]
    assert again == first
    db.refused(
        "ExportConflictException",
        "was used for another request",
        "ExportTableToPointInTime",
        TableArn=db.arn("users"),
        S3Bucket=BUCKET,
        S3Prefix="y",
        ClientToken="once",
    )
    assert len(db("ListExports")["ExportSummaries"]) == 1
    db.now += 8 * 3600
    assert db.export("users", ClientToken="once", S3Prefix="y")["ExportArn"] != first["ExportArn"]


def test_exports_are_listed_by_table_in_pages_for_ninety_days(db: Transfers) -> None:
    db.recoverable("users2", "pk")
    mine = [db.export("users")["ExportArn"] for _ in range(3)]
    other = db.export("users2")["ExportArn"]
    all_ = db("ListExports")["ExportSummaries"]
    assert {one["ExportArn"] for one in all_} == {*mine, other}
    assert all_[0].keys() == {"ExportArn", "ExportStatus", "ExportType"}
    page = db("ListExports", TableArn=db.arn("users"), MaxResults=2)
    rest = db("ListExports", TableArn=db.arn("users"), NextToken=page["NextToken"])
    found = [one["ExportArn"] for one in (*page["ExportSummaries"], *rest["ExportSummaries"])]
    assert sorted(found) == sorted(mine)
    assert "NextToken" not in rest
    for token in ("x", "00", "0" * 112, page["NextToken"][:-1] + "1"):
        db.invalid("Provided nextToken is invalid", "ListExports", NextToken=token)
    db.now += 90 * 86_400 + 1
    assert db("ListExports") == {"ExportSummaries": []}
    latest = db.export("users")["ExportArn"]
    assert [one["ExportArn"] for one in db("ListExports")["ExportSummaries"]] == [latest]
    db.refused("ExportNotFoundException", mine[0], "DescribeExport", ExportArn=mine[0])


def test_without_a_folder_nothing_is_exported(engine: Any) -> None:
    request = {
        "TableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/users",
        "S3Bucket": BUCKET,
    }
    operation = "ExportTableToPointInTime"
    engine.refused("TableNotFoundException", "not found", operation, request)
    engine.create("users", "pk")
    engine.refused("PointInTimeRecoveryUnavailableException", "users", operation, request)
    engine(
        "UpdateContinuousBackups",
        TableName="users",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )
    engine.invalid("s3_folder", operation, request)
    assert engine("ListExports") == {"ExportSummaries": []}


@pytest.mark.parametrize(
    ("code", "says", "parameters"),
    [
        ("ValidationException", "Invalid Table ARN", {"TableArn": "users"}),
        ("ValidationException", "at 's3Bucket'", {"S3Bucket": "../exports"}),
        ("ValidationException", "at 's3Bucket'", {"S3Bucket": "a" * 200 + "!"}),
        ("ValidationException", "at 's3Bucket'", {"S3Bucket": "büro"}),
        ("ValidationException", "at 'clientToken'", {"ClientToken": "$"}),
        ("ValidationException", "KMS Key Id is not supported", {"S3SseKmsKeyId": "key"}),
        ("ValidationException", "Specification expected", {"ExportType": "INCREMENTAL_EXPORT"}),
        (
            "ValidationException",
            "Specification not expected",
            {"IncrementalExportSpecification": {"ExportFromTime": 1}},
        ),
        (
            "ValidationException",
            "ExportFromTime must be provided",
            {"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": {}},
        ),
        (
            "ValidationException",
            "ExportTime is not supported",
            {
                "ExportType": "INCREMENTAL_EXPORT",
                "ExportTime": 1_700_000_000,
                "IncrementalExportSpecification": {"ExportFromTime": 1_700_000_000},
            },
        ),
        (
            "ValidationException",
            "FilterSpecification is not supported",
            {
                "ExportType": "INCREMENTAL_EXPORT",
                "FilterSpecification": {"FilterExpression": "attribute_exists(pk)"},
                "IncrementalExportSpecification": {"ExportFromTime": 1_700_000_000},
            },
        ),
        (
            "ValidationException",
            "less than 15 minutes",
            {
                "ExportType": "INCREMENTAL_EXPORT",
                "IncrementalExportSpecification": {"ExportFromTime": 1_700_000_000},
            },
        ),
        (
            "ValidationException",
            "greater than 24 hours",
            {
                "ExportType": "INCREMENTAL_EXPORT",
                "IncrementalExportSpecification": {
                    "ExportFromTime": 1_700_000_000,
                    "ExportToTime": 1_700_090_000,
                },
            },
        ),
        (
            "InvalidExportTimeException",
            "outside of the point in time recovery window",
            {
                "ExportType": "INCREMENTAL_EXPORT",
                "IncrementalExportSpecification": {
                    "ExportFromTime": 1_700_000_000,
                    "ExportToTime": 1_700_000_900,
                },
            },
        ),
        ("InvalidExportTimeException", "outside", {"ExportTime": 1_699_999_999}),
        ("InvalidExportTimeException", "outside", {"ExportTime": 1_700_000_500}),
        (
            "TableNotFoundException",
            "Table not found",
            {"TableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/absent"},
        ),
    ],
)
def test_what_cannot_be_exported_is_refused_and_leaves_nothing(
    db: Transfers, code: str, says: str, parameters: dict[str, Any]
) -> None:
    request = {"TableArn": db.arn("users"), "S3Bucket": BUCKET, **parameters}
    db.refused(code, says, "ExportTableToPointInTime", request)
    assert db("ListExports") == {"ExportSummaries": []}
    assert list(db.bucket.iterdir()) == []


def test_only_a_table_with_point_in_time_recovery_is_exported(db: Transfers) -> None:
    db.create("plain", "pk")
    db.refused(
        "PointInTimeRecoveryUnavailableException",
        "Point in time recovery is not enabled for table 'plain'",
        "ExportTableToPointInTime",
        TableArn=db.arn("plain"),
        S3Bucket=BUCKET,
    )


def test_an_export_that_is_not_there_is_not_described(db: Transfers) -> None:
    for arn in (ABSENT, ABSENT.replace("export", "import"), "x" * 40):
        db.refused("ExportNotFoundException", "Export not found", "DescribeExport", ExportArn=arn)


def test_a_bucket_that_is_not_there_fails_the_export(db: Transfers) -> None:
    done = db.export("users", S3Bucket="absent")
    assert (done["ExportStatus"], done["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    assert "make the folder absent" in done["FailureMessage"]
    assert done["EndTime"].timestamp() == db.now
    assert not (db.folder / "absent").exists()


def test_a_table_that_goes_on_the_way_fails_the_export_and_leaves_no_data(
    db: Transfers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PORTION_ITEMS", 1)
    portion = exportreads.Reading.portion
    read = db.store.read
    seen: list[Any] = []

    def noting(self: Any, reader: Any, items: int, size: int) -> Any:
        seen.append(portion(self, reader, items, size))
        return seen[-1]

    async def reading(what: Any) -> Any:
        if len(seen) == 1:
            await db.adapter.call("DeleteTable", {"TableName": "users"})
            await db.adapter.call(
                "CreateTable",
                {
                    "TableName": "users",
                    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                    "BillingMode": "PAY_PER_REQUEST",
                },
            )
            on = {"PointInTimeRecoveryEnabled": True}
            request = {"TableName": "users", "PointInTimeRecoverySpecification": on}
            await db.adapter.call("UpdateContinuousBackups", request)
        return await read(what)

    monkeypatch.setattr(exportreads.Reading, "portion", noting)
    monkeypatch.setattr(db.store, "read", reading)
    done = db.export("users")
    assert (done["ExportStatus"], done["FailureCode"]) == (
        "FAILED",
        "PointInTimeRecoveryUnavailableException",
    )
    assert "forgotten on the way" in done["FailureMessage"]
    (left,) = [path for path in db.bucket.rglob("*") if path.is_file()]
    assert left.name == "_started"


def test_data_without_a_manifest_is_taken_away(
    db: Transfers, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = outputs.Output.finish

    def blocked(self: Any, data: Any, size: int, at: float) -> None:
        folder = db.bucket / data.key
        (folder.parents[1] / "manifest-files.json").mkdir()
        finish(self, data, size, at)

    monkeypatch.setattr(outputs.Output, "finish", blocked)
    done = db.export("users")
    assert (done["ExportStatus"], done["FailureCode"]) == ("FAILED", "InternalServerError")
    assert "it is a folder" in done["FailureMessage"]
    assert [path.name for path in db.bucket.rglob("*.gz")] == []
    assert list(db.bucket.rglob("*.tmp")) == []


def test_a_process_that_died_leaves_an_export_that_failed(db: Transfers) -> None:
    arn = db.export("users")["ExportArn"]
    number = arn.rpartition("/")[2]
    stored = db.peek(lambda reader: EXPORTS.find(reader, arn, db.now))
    died = {**stored, "Status": "IN_PROGRESS"}
    del died["Ended"]
    db.store._spaces["exports"][f"users\0{number}".encode()] = encode(died)
    assert db("DescribeExport", ExportArn=arn)["ExportDescription"]["ExportStatus"] == (
        "IN_PROGRESS"
    )
    db.now += 15 * 60 + 1
    failed = db("DescribeExport", ExportArn=arn)["ExportDescription"]
    assert (failed["ExportStatus"], failed["FailureCode"]) == ("FAILED", "InternalServerError")
    assert db("ListExports")["ExportSummaries"][0]["ExportStatus"] == "FAILED"


def test_a_long_export_says_that_somebody_is_at_work(
    db: Transfers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PORTION_ITEMS", 1)
    portion = exportreads.Reading.portion
    statuses: list[str] = []

    def slow(self: Any, reader: Any, items: int, size: int) -> Any:
        statuses.extend(record["Status"] for record in EXPORTS.records(reader, db.now))
        db.now += 10 * 60
        return portion(self, reader, items, size)

    monkeypatch.setattr(exportreads.Reading, "portion", slow)
    db.put("users", pk=S("c"))
    assert db.export("users")["ExportStatus"] == "COMPLETED"
    assert statuses == ["IN_PROGRESS"] * 3


writes = st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | st.integers(0, 3)), max_size=8)


def carry_out(db: Transfers, wanted: list[tuple[str, int | None]]) -> dict[str, Any]:
    """Write numbers under keys, or delete them, and return all items by their keys."""
    for key, number in wanted:
        if number is None:
            db("DeleteItem", TableName="users", Key={"pk": S(key)})
        else:
            db.put("users", pk=S(key), n=N(number))
    return {item["pk"]["S"]: item for item in db.all("users")}


@settings(max_examples=30, deadline=None)
@given(first=writes, second=writes, between=st.lists(writes, max_size=6))
def test_exports_are_of_their_times_whatever_is_written_meanwhile(
    tmp_path_factory: pytest.TempPathFactory,
    first: list[tuple[str, int | None]],
    second: list[tuple[str, int | None]],
    between: list[list[tuple[str, int | None]]],
) -> None:
    db = Transfers(tmp_path_factory.mktemp("s3"))
    db.recoverable("users", "pk")
    old = carry_out(db, first)
    db.now += 100
    begin = db.now
    new = carry_out(db, second)
    db.now += QUARTER
    read, left = db.store.read, list(between)

    async def reading(what: Any) -> Any:
        if left:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(db.store, "read", read)
                carry_out(db, left.pop())
        return await read(what)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, "PORTION_ITEMS", 1)
        patch.setattr(db.store, "read", reading)
        full = db.export("users", ExportTime=db.now - 1)
        left = list(between)
        changed = increment(db, begin, db.now)
    assert items(db, full) == new
    written = {key for key, _ in second}
    expected = {key: (old.get(key), new.get(key)) for key in written if key in old or key in new}
    # A write of what is there already changes nothing.
    same = {key for key, (before, after) in expected.items() if before == after}
    told = {
        line["Keys"]["pk"]["S"]: (line.get("OldImage"), line.get("NewImage"))
        for line in map(json.loads, db.exported(changed))
    }
    assert {key: pair for key, pair in told.items() if key not in same} == {
        key: pair for key, pair in expected.items() if key not in same
    }
    assert all(told[key] == expected[key] for key in same & told.keys())
