"""The files of an export, in the service's format: the data, and the manifests with checksums.

A manifest is written when all that it names is there, and its checksum before it; the summary is
the last of all, and an export without a summary is none.

Source: "DynamoDB table export output format" of the Amazon DynamoDB Developer Guide. The guide
calls the checksums' files `.checksum`, and the service `.md5`, as listings of its exports show.
What stands around an item of an incremental export in Ion (`Record`) is by memory of the guide.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any, Final, cast

import orjson

from anydynamo.adapters.transfers.ion import write_struct
from anydynamo.engine.tables.descriptions import arn_of
from anydynamo.engine.transfers.ledger import EXPORTS
from anydynamo.engine.values.wire import to_json

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from anydynamo.adapters.transfers.folder import Bucket
    from anydynamo.engine.recovery.history import Change
    from anydynamo.engine.values.values import Item

__all__ = ["DataFile", "Output"]

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"
_LEVEL: Final = 6


class _Hashing:
    """A file that knows the MD5 of what was written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.md5 = hashlib.md5(usedforsecurity=False)

    def write(self, data: bytes) -> int:
        """Write bytes, and count them in."""
        self.md5.update(data)
        return self._file.write(data)

    def flush(self) -> None:
        """Flush the file."""
        self._file.flush()


@dataclass(slots=True)
class DataFile:
    """A file of exported items.

    Attributes:
        key: Its key.
        lines: Where items are written, as text.
        form: `DYNAMODB_JSON` or `ION`.
        count: How many were written.
    """

    key: str
    lines: IO[bytes]
    form: str
    count: int = 0
    md5: bytes = b""

    def add_item(self, item: Item) -> None:
        """Write an item of a full export."""
        if self.form == "ION":
            self._add(f"$ion_1_0 {{Item:{write_struct(item)}}}\n".encode())
        else:
            self._add(orjson.dumps({"Item": to_json(item)}, option=orjson.OPT_APPEND_NEWLINE))

    def add_change(self, change: Change, *, old_images: bool) -> None:
        """Write what became of an item, for an incremental export."""
        images = {"OldImage": change.old if old_images else None, "NewImage": change.new}
        parts = {"Keys": change.key} | {
            name: image for name, image in images.items() if image is not None
        }
        at = f"{round(change.at * 1_000_000)}"
        if self.form == "ION":
            written = ",".join(f"{name}:{write_struct(part)}" for name, part in parts.items())
            metadata = f"Metadata:{{WriteTimestampMicros:{at}.}}"
            self._add(f"$ion_1_0 {{Record:{{{metadata},{written}}}}}\n".encode())
        else:
            record: dict[str, Any] = {"Metadata": {"WriteTimestampMicros": {"N": at}}}
            record |= {name: to_json(part) for name, part in parts.items()}
            self._add(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))

    def _add(self, line: bytes) -> None:
        self.lines.write(line)
        self.count += 1


class Output:
    """Where an export goes.

    Args:
        bucket: The bucket.
        record: The export's record.
    """

    def __init__(self, bucket: Bucket, record: Mapping[str, Any]) -> None:
        self._bucket = bucket
        self._record = record
        self._given: Mapping[str, Any] = record["Request"]
        prefix = self._given.get("S3Prefix", "").removesuffix("/")
        self._root = f"{prefix}/AWSDynamoDB" if prefix else "AWSDynamoDB"
        self._own = f"{self._root}/{record['Id']}"
        self._incremental = self._given["ExportType"] == "INCREMENTAL_EXPORT"

    @property
    def manifest(self) -> str:
        """The key of the summary."""
        return f"{self._own}/manifest-summary.json"

    def start(self) -> None:
        """Write the empty object that shows that the bucket can be written.

        Raises:
            BucketTrouble: It cannot.
            AnyDynamoError: The disk's trouble.
        """
        self._write("_started", b"")

    @contextmanager
    def data(self) -> Generator[DataFile]:
        """Open a file of items; it is there, with its checksum, when the block has ended.

        Raises:
            BucketTrouble: Something is in its way.
            AnyDynamoError: The disk's trouble.
        """
        form = self._given["ExportFormat"]
        name = "".join(secrets.choice(_LETTERS) for _ in range(26))
        # The data of all incremental exports of a prefix lie together.
        folder = self._root if self._incremental else self._own
        key = f"{folder}/data/{name}.{'ion' if form == 'ION' else 'json'}.gz"
        with self._bucket.writing(key) as file:
            hashing = _Hashing(file)
            with gzip.GzipFile("", "wb", _LEVEL, cast("IO[bytes]", hashing), mtime=0) as lines:
                data = DataFile(key, cast("IO[bytes]", lines), form)
                yield data
            data.md5 = hashing.md5.digest()

    def discard(self, data: DataFile) -> None:
        """Remove a file of items that no manifest will name."""
        self._bucket.remove(data.key)

    def finish(self, data: DataFile, size: int, at: float) -> None:
        """Write the manifests.

        Args:
            data: The file of items, which is there.
            size: The bytes of its items, as DynamoDB counts them.
            at: The time, in seconds since the epoch.

        Raises:
            BucketTrouble: Something is in the way.
            AnyDynamoError: The disk's trouble.
        """
        # S3's tag of an object of one part: the MD5 of the MD5s of its parts, and how many.
        tag = hashlib.md5(data.md5, usedforsecurity=False).hexdigest()
        files = {
            "itemCount": data.count,
            "md5Checksum": _base64(data.md5),
            "etag": f"{tag}-1",
            "dataFileS3Key": data.key,
        }
        self._write_manifest("files", orjson.dumps(files, option=orjson.OPT_APPEND_NEWLINE))
        self._write_manifest("summary", orjson.dumps(self._summary(data.count, size, at)))

    def _summary(self, count: int, size: int, at: float) -> dict[str, Any]:
        record, given = self._record, self._given
        names = ("exportFromTime", "exportToTime") if self._incremental else ("exportTime",)
        summary: dict[str, Any] = {
            "version": "2023-08-01" if self._incremental else "2020-06-30",
            "exportArn": EXPORTS.arn(record),
            "startTime": _text(record["Started"]),
            "endTime": _text(at),
            "tableArn": arn_of(record["Table"]),
            "tableId": record["TableId"],
            **{name: _text(time) for name, time in zip(names, record["Times"], strict=True)},
            "s3Bucket": given["S3Bucket"],
            "s3Prefix": given.get("S3Prefix"),
            "s3SseAlgorithm": given["S3SseAlgorithm"],
            "s3SseKmsKeyId": given.get("S3SseKmsKeyId"),
            "manifestFilesS3Key": f"{self._own}/manifest-files.json",
            "billedSizeBytes": size,
            "itemCount": count,
            "outputFormat": given["ExportFormat"],
        }
        if self._incremental:
            summary["outputView"] = given["IncrementalExportSpecification"]["ExportViewType"]
        summary["exportType"] = given["ExportType"]
        return summary

    def _write_manifest(self, name: str, content: bytes) -> None:
        md5 = hashlib.md5(content, usedforsecurity=False).digest()
        self._write(f"manifest-{name}.md5", _base64(md5).encode())
        self._write(f"manifest-{name}.json", content)

    def _write(self, name: str, content: bytes) -> None:
        with self._bucket.writing(f"{self._own}/{name}") as file:
            file.write(content)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _text(at: float) -> str:
    """Write a moment as the manifests have it, such as `2020-11-04T07:28:34.028Z`."""
    whole = datetime.fromtimestamp(at, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{whole.microsecond // 1000:03d}Z"
