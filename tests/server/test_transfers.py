"""Exports and imports over HTTP: Amazon's own client, and everybody else meanwhile."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.botocores import needs_member
from tests.server.asking import create, document, request
from tests.serving import start
from tests.targets import embedded

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.engine.behaviour import Behaviour
from anydynamo.server.places import Shared
from anydynamo.server.service import Service
from anydynamo.stores.memory import MemoryStore

if TYPE_CHECKING:
    from pathlib import Path

ON = {"PointInTimeRecoveryEnabled": True}
KEY = {key: create("any")[key] for key in ("KeySchema", "AttributeDefinitions", "BillingMode")}


@needs_member("ExportTableToPointInTimeInput", "FilterSpecification")
@pytest.mark.parametrize("provider", ["memory", "json", "sqlite"])
def test_a_boto3_client_exports_and_imports(provider: str, tmp_path: Path) -> None:
    (tmp_path / "buckets" / "archive").mkdir(parents=True)
    path = [] if provider == "memory" else ["--path", str(tmp_path / "data")]
    folder = f"s3_folder={tmp_path / 'buckets'}"
    command = start("--provider", provider, *path, "--option", folder)
    client = command.client()
    arn = client.create_table(**create("source"))["TableDescription"]["TableArn"]
    client.update_continuous_backups(TableName="source", PointInTimeRecoverySpecification=ON)
    item = {"pk": {"S": "x"}, "raw": {"B": b"\x00\xff"}, "many": {"NS": ["1", "2"]}}
    client.put_item(TableName="source", Item=item)
    client.put_item(TableName="source", Item={"pk": {"S": "y"}})
    begun = client.export_table_to_point_in_time(
        TableArn=arn,
        S3Bucket="archive",
        S3Prefix="backups",
        FilterSpecification={
            "FilterExpression": "#r = :raw",
            "ExpressionAttributeNames": {"#r": "raw"},
            "ExpressionAttributeValues": {":raw": {"B": b"\x00\xff"}},
        },
    )["ExportDescription"]
    assert begun["ExportStatus"] == "IN_PROGRESS"
    client.get_waiter("export_completed").wait(
        ExportArn=begun["ExportArn"], WaiterConfig={"Delay": 0, "MaxAttempts": 1}
    )
    done = client.describe_export(ExportArn=begun["ExportArn"])["ExportDescription"]
    assert done["ItemCount"] == 1
    assert done["FilterSpecification"]["ExpressionAttributeValues"] == {":raw": {"B": b"\x00\xff"}}
    listed = client.list_exports()["ExportSummaries"]
    assert [one["ExportArn"] for one in listed] == [begun["ExportArn"]]
    begun = client.import_table(
        S3BucketSource={
            "S3Bucket": "archive",
            "S3KeyPrefix": done["ExportManifest"].replace("manifest-summary.json", "data/"),
        },
        InputFormat="DYNAMODB_JSON",
        InputCompressionType="GZIP",
        TableCreationParameters={"TableName": "copy", **KEY},
    )["ImportTableDescription"]
    client.get_waiter("import_completed").wait(
        ImportArn=begun["ImportArn"], WaiterConfig={"Delay": 0, "MaxAttempts": 1}
    )
    assert client.scan(TableName="copy")["Items"] == [item]
    listed = client.list_imports()["ImportSummaryList"]
    assert [one["ImportStatus"] for one in listed] == ["COMPLETED"]
    assert command.stop() == (0, "")


async def test_others_are_answered_while_a_table_is_imported(tmp_path: Path) -> None:
    (tmp_path / "bucket").mkdir()
    lines = "".join(json.dumps({"Item": {"pk": {"S": f"{n}"}}}) + "\n" for n in range(5000))
    (tmp_path / "bucket" / "many.json").write_text(lines)
    body = {
        "S3BucketSource": {"S3Bucket": "bucket"},
        "InputFormat": "DYNAMODB_JSON",
        "TableCreationParameters": {"TableName": "many", **KEY},
    }
    behaviour = Behaviour(s3_folder=tmp_path)
    for adapter in (
        EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True, behaviour=behaviour),
        EmbeddedAdapter(
            embedded("sqlite", tmp_path).adapter()._store,  # type: ignore[attr-defined]
            provider="sqlite",
            behaviour=behaviour,
        ),
    ):
        service = Service(Shared(adapter), provider="test")
        importing = asyncio.create_task(service.answer(request("ImportTable", body)))
        others: list[Any] = []
        while not importing.done():
            others.append(document(await service.answer(request("ListTables"))))
            await asyncio.sleep(0)
        assert document(importing.result())["ImportTableDescription"]["ImportStatus"]
        assert {"TableNames": []} in others[1:]
        assert document(await service.answer(request("ListTables"))) == {"TableNames": ["many"]}
        await service.close()
