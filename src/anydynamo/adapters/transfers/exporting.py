"""ExportTableToPointInTime: from portions of a table to files in a bucket."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from anydynamo.adapters.transfers.folder import BucketTrouble, check_key
from anydynamo.adapters.transfers.outputs import Output
from anydynamo.adapters.transfers.work import (
    PORTION_BYTES,
    PORTION_ITEMS,
    failure_of,
    failure_on_disk,
)
from anydynamo.engine.errors import EngineError
from anydynamo.engine.requests import checked
from anydynamo.engine.transfers.exportreads import Reading
from anydynamo.engine.transfers.exports import open_table, prepare_export, reported_export
from anydynamo.engine.transfers.ledger import EXPORTS, SEEN_SECONDS
from anydynamo.errors import AnyDynamoError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.adapters.transfers.outputs import DataFile
    from anydynamo.adapters.transfers.work import Work
    from anydynamo.engine.transfers.exports import Export
    from anydynamo.engine.transfers.ledger import Record

__all__ = ["export_table"]


async def export_table(work: Work, request: Mapping[str, Any]) -> dict[str, Any]:
    """Export a table, and return the description of the export as it began.

    Raises:
        EngineError: The export was not accepted.
        AnyDynamoError: Trouble with the store. That with files is told by DescribeExport.
    """
    given = checked("ExportTableToPointInTime", request)
    with work.reading():
        export, begin = prepare_export(given, work.surroundings)
    check_key("S3Prefix", export.request.get("S3Prefix", ""))
    if work.folder is None:
        # A table that the service would not export is told before what it does not need.
        await work.store.read(lambda reader: open_table(reader, export.request["TableArn"]))
    work.check_folder()
    beginning = await work.store.write(begin)
    if beginning.fresh:
        await _carry_out(work, export, beginning.record)
    return {"ExportDescription": reported_export(beginning.record)}


async def _carry_out(work: Work, export: Export, record: Record) -> None:
    now = work.surroundings.now
    outcome: dict[str, Any]
    try:
        output = Output(work.bucket(export.request["S3Bucket"]), record)
        output.start()
        with ExitStack() as unfinished:
            with output.data() as data:
                size = await _write(work, export, record, data)
            # Until a manifest names it, it is nobody's.
            unfinished.callback(output.discard, data)
            output.finish(data, size, now())
            unfinished.pop_all()
        outcome = {
            "Status": "COMPLETED",
            "ExportManifest": output.manifest,
            "ItemCount": data.count,
            "Size": size,
        }
    except BucketTrouble as trouble:
        outcome = {"Status": "FAILED", **failure_of(trouble)}
    except EngineError as error:
        # Most likely the table was deleted, or its recovery switched off, on the way.
        outcome = {"Status": "FAILED", "FailureCode": error.code, "FailureMessage": error.message}
    except AnyDynamoError as error:
        outcome = {"Status": "FAILED", **failure_on_disk(error)}
    await work.store.write(lambda writer: EXPORTS.end(writer, record, now(), **outcome))


async def _write(work: Work, export: Export, record: Record, data: DataFile) -> int:
    """Write every portion, and return the size of all items."""
    now, reading = work.surroundings.now, Reading(export, record, work.surroundings)
    seen, size = now(), 0
    while True:
        portion = await work.store.read(
            lambda reader: reading.portion(reader, PORTION_ITEMS, PORTION_BYTES)
        )
        size += portion.size
        for item in portion.items:
            data.add_item(item)
        for change in portion.changes:
            data.add_change(change, old_images=reading.old_images)
        if portion.last:
            return size
        if now() - seen >= SEEN_SECONDS:
            seen = now()
            await work.store.write(lambda writer: EXPORTS.seen(writer, record, now()))
        await work.pause()
