"""Tables that are exported to a folder and imported from it, with a clock that tests turn."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

from tests.engine.calling import Engine

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.engine.behaviour import Behaviour

if TYPE_CHECKING:
    from pathlib import Path

BUCKET = "exports"


class Transfers(Engine):
    """An engine with a folder that has one bucket."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.bucket = folder / BUCKET
        self.bucket.mkdir(exist_ok=True)
        self.adapter = EmbeddedAdapter(
            self.store,
            provider="memory",
            blocking=True,
            clock=lambda: self.now,
            behaviour=Behaviour(s3_folder=folder),
        )

    def recoverable(self, name: str, *keys: str, **types: str) -> str:
        """Create a table whose point-in-time recovery is enabled, and return its ARN."""
        self.create(name, *keys, **types)
        on = {"PointInTimeRecoveryEnabled": True}
        self("UpdateContinuousBackups", TableName=name, PointInTimeRecoverySpecification=on)
        return self.arn(name)

    def arn(self, table: str) -> str:
        found: str = self("DescribeTable", TableName=table)["Table"]["TableArn"]
        return found

    def export(self, table: str, **parameters: Any) -> dict[str, Any]:
        """Export a table, and return how the export ended."""
        begun = self(
            "ExportTableToPointInTime",
            {"TableArn": self.arn(table), "S3Bucket": BUCKET, **parameters},
        )["ExportDescription"]
        ended: dict[str, Any] = self("DescribeExport", ExportArn=begun["ExportArn"])[
            "ExportDescription"
        ]
        return ended

    def exported(self, description: dict[str, Any]) -> list[str]:
        """Return the lines of an export's data, found by its manifests."""
        summary = self.json(description["ExportManifest"])
        lines: list[str] = []
        for line in self.text(summary["manifestFilesS3Key"]).splitlines():
            raw = (self.bucket / json.loads(line)["dataFileS3Key"]).read_bytes()
            lines += gzip.decompress(raw).decode().splitlines()
        return lines

    def text(self, key: str) -> str:
        return (self.bucket / key).read_text(encoding="utf-8")

    def json(self, key: str) -> Any:
        return json.loads(self.text(key))

    def write(self, key: str, content: str | bytes) -> None:
        """Put an object into the bucket."""
        path = self.bucket / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def importing(self, table: str = "imported", **parameters: Any) -> dict[str, Any]:
        """Return the request that imports a table with `pk` as its key."""
        creation = {
            "TableName": table,
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
            **parameters.pop("creation", {}),
        }
        return {
            "S3BucketSource": {"S3Bucket": BUCKET, "S3KeyPrefix": parameters.pop("prefix", "")},
            "InputFormat": "DYNAMODB_JSON",
            "TableCreationParameters": creation,
            **parameters,
        }

    def take(self, table: str = "imported", **parameters: Any) -> dict[str, Any]:
        """Import a table, and return how the import ended."""
        begun = self("ImportTable", self.importing(table, **parameters))
        arn = begun["ImportTableDescription"]["ImportArn"]
        ended: dict[str, Any] = self("DescribeImport", ImportArn=arn)["ImportTableDescription"]
        return ended
