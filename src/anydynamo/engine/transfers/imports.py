"""ImportTable, DescribeImport and ListImports, but for the files.

A table that is being imported cannot be found under its name: its description lies in the record
of the import, its items where they will stay. When the import ends the description is put in its
place, in one transaction, so nobody meets half a table. What an import that was given up has left
is cleared when the next one begins.

Source: ImportTable of the Amazon DynamoDB API Reference, and "DynamoDB data import from Amazon S3"
of the Developer Guide: items of one key overwrite each other; an item that is not valid is counted
and left out, and the import then ends as FAILED, with the rest of its items in the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.items.access import check_index_keys, item_key
from anydynamo.engine.items.actions import check_put_size
from anydynamo.engine.items.writes import Changes, Stored
from anydynamo.engine.layout import TABLES, TOTALS, Table, encode
from anydynamo.engine.shapes import without_nulls
from anydynamo.engine.tables.descriptions import arn_of, moment, stored_document
from anydynamo.engine.tables.lifecycle import create_table
from anydynamo.engine.transfers.ledger import IMPORTS, Beginning
from anydynamo.engine.values.values import measured_item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from anydynamo.engine.behaviour import Surroundings
    from anydynamo.engine.store import Reader, Writer
    from anydynamo.engine.values.values import Item

__all__ = [
    "Admitted",
    "admit",
    "describe_import",
    "end_import",
    "list_imports",
    "prepare_import",
    "reported_import",
    "store_portion",
]

_INVALID_ITEMS: Final = {
    "FailureCode": "ItemValidationError",
    # The guide's text sends its reader to CloudWatch, of which there is none here.
    "FailureMessage": texts.transfers.INVALID_ITEMS,
}


class Admitted(NamedTuple):
    """An item that may be stored: its key, itself, and its size."""

    key: bytes
    item: Item
    size: int


def prepare_import(
    request: Mapping[str, Any], surroundings: Surroundings
) -> Callable[[Writer], Beginning]:
    """Check a request, and return the work that accepts it.

    Raises:
        EngineError: The request is not valid.
    """
    given = without_nulls(request)
    token = given.pop("ClientToken", None)
    if given["InputFormat"] != "CSV" and "InputFormatOptions" in given:
        raise validation(texts.transfers.OPTIONS_OF_OTHER_FORMAT, format=given["InputFormat"])
    wanted: dict[str, Any] = {"InputCompressionType": "NONE", **given}
    name = wanted["TableCreationParameters"]["TableName"]
    create = create_table(wanted["TableCreationParameters"], surroundings)

    def work(writer: Writer) -> Beginning:
        at = surroundings.now()
        known = IMPORTS.known(writer, token, wanted, at)
        if known is not None:
            return Beginning(known, fresh=False)
        _clear_remains(writer, at)
        busy = any(
            record["Table"] == name and record["Status"] == "IN_PROGRESS"
            for record in IMPORTS.records(writer, at)
        )
        # A JSON file may hold items under this name of which nobody made a table yet.
        if busy or (writer.get(TABLES, name.encode()) is None and writer.adopt(name)):
            raise EngineError("ResourceInUseException", texts.tables.TABLE_EXISTS, name=name)
        create(writer)
        document = stored_document(writer, name)
        writer.delete(TABLES, name.encode())
        record = IMPORTS.begin(writer, name, token, wanted, at)
        record |= {"Document": document, "TableId": document["TableId"], **_counts(0, 0, 0, 0)}
        IMPORTS.put(writer, record)
        return Beginning(record, fresh=True)

    return work


def _counts(size: int, processed: int, imported: int, errors: int) -> dict[str, int]:
    return {
        "ProcessedSizeBytes": size,
        "ProcessedItemCount": processed,
        "ImportedItemCount": imported,
        "ErrorCount": errors,
    }


def _clear_remains(writer: Writer, at: float) -> None:
    remains = [
        record
        for record in IMPORTS.records(writer, at)
        if record["Status"] == "FAILED" and "Document" in record
    ]
    for record in remains:
        _clear(writer, Table.parse(record.pop("Document")))
        IMPORTS.put(writer, record)


def _clear(writer: Writer, table: Table) -> None:
    for space in (table.items, *(index.space for index in table.indexes)):
        writer.clear(space)
        writer.delete(TOTALS, space.encode())


def admit(table: Table, given: object) -> Admitted:
    """Check an item as a PutItem would.

    Raises:
        EngineError: It is no item, or not one for this table.
    """
    item, size = measured_item(given)
    key = item_key(table, item)
    check_index_keys(table, item)
    check_put_size(size)
    return Admitted(key, item, size)


def store_portion(
    record: Mapping[str, Any], portion: Iterable[Admitted], now: Callable[[], float]
) -> Callable[[Writer], None]:
    """Return the work that stores some items of a table that is being imported."""

    def work(writer: Writer) -> None:
        IMPORTS.seen(writer, record, now())
        table = Table.parse(record["Document"])
        changes = Changes(writer, now)
        for key, item, size in portion:
            changes.put(table, key, Stored(writer.get(table.items, key)), item, size)
        changes.finish()

    return work


def end_import(
    record: Mapping[str, Any],
    now: Callable[[], float],
    counts: tuple[int, int, int, int],
    failure: Mapping[str, str] | None = None,
) -> Callable[[Writer], None]:
    """Return the work that puts the table in its place, or takes away what there is of it.

    Args:
        record: The import's record.
        now: The clock, in seconds since the epoch.
        counts: The bytes that were read, the items in them, those that were stored, and the errors.
        failure: A code and a message, if the import could not be carried out.
    """
    outcome: dict[str, Any] = _counts(*counts)

    def work(writer: Writer) -> None:
        at = now()
        document: dict[str, Any] = {**record["Document"], "CreationDateTime": at}
        table, place = Table.parse(document), document["TableName"].encode()
        failed = failure
        if failed is None and writer.get(TABLES, place) is not None:
            failed = {
                "FailureCode": "ResourceInUseException",
                "FailureMessage": texts.tables.TABLE_EXISTS.format(name=table.name),
            }
        if failed is not None:
            _clear(writer, table)
        else:
            writer.put(TABLES, place, encode(document))
            if outcome["ErrorCount"]:
                failed = _INVALID_ITEMS
        status = "COMPLETED" if failed is None else "FAILED"
        ended = IMPORTS.end(writer, record, at, Status=status, **outcome, **(failed or {}))
        del ended["Document"]
        IMPORTS.put(writer, ended)

    return work


def describe_import(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Reader], dict[str, Any]]:
    """Describe an import."""
    arn = request["ImportArn"]
    return lambda reader: {
        "ImportTableDescription": reported_import(IMPORTS.find(reader, arn, now()))
    }


def list_imports(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Reader], dict[str, Any]]:
    """List imports by table and age, a page at a time."""
    arn, limit, token = (request.get(name) for name in ("TableArn", "PageSize", "NextToken"))

    def work(reader: Reader) -> dict[str, Any]:
        records, following = IMPORTS.page(reader, arn, limit, token, now())
        page: dict[str, Any] = {"ImportSummaryList": [_summary(record) for record in records]}
        return page if following is None else {**page, "NextToken": following}

    return work


def _summary(record: Mapping[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "ImportArn": IMPORTS.arn(record),
        "ImportStatus": record["Status"],
        "TableArn": arn_of(record["Table"]),
        "S3BucketSource": record["Request"]["S3BucketSource"],
        "InputFormat": record["Request"]["InputFormat"],
        "StartTime": moment(record["Started"]),
    }
    if "Ended" in record:
        described["EndTime"] = moment(record["Ended"])
    return described


def reported_import(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record as an `ImportTableDescription`."""
    described = {**_summary(record), **record["Request"], "TableId": record["TableId"]}
    if record["Token"] is not None:
        described["ClientToken"] = record["Token"]
    for name in (*_counts(0, 0, 0, 0), "FailureCode", "FailureMessage"):
        if name in record:
            described[name] = record[name]
    return described
