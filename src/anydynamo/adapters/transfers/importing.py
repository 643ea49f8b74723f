"""ImportTable: from the files of a bucket to a new table, in portions."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from anydynamo.adapters.transfers.folder import BucketTrouble, check_key
from anydynamo.adapters.transfers.sources import Source, opened
from anydynamo.adapters.transfers.work import (
    PORTION_BYTES,
    PORTION_ITEMS,
    failure_of,
    failure_on_disk,
)
from anydynamo.engine.errors import EngineError
from anydynamo.engine.layout import Table
from anydynamo.engine.requests import checked
from anydynamo.engine.transfers.imports import (
    admit,
    end_import,
    prepare_import,
    reported_import,
    store_portion,
)
from anydynamo.engine.transfers.ledger import IMPORTS
from anydynamo.errors import AnyDynamoError
from anydynamo.stores.files import trouble

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from anydynamo.adapters.transfers.sources import Entry
    from anydynamo.adapters.transfers.work import Work
    from anydynamo.engine.transfers.imports import Admitted
    from anydynamo.engine.transfers.ledger import Record

__all__ = ["import_table"]

_LOGGED: Final = 100
"""How many of an import's errors are logged one by one."""

_log = logging.getLogger(__name__)


async def import_table(work: Work, request: Mapping[str, Any]) -> dict[str, Any]:
    """Import a table, and return the description of the import as it began.

    Raises:
        EngineError: The import was not accepted.
        AnyDynamoError: Trouble with the store. That with files is told by DescribeImport.
    """
    given = checked("ImportTable", request)
    begin = prepare_import(given, work.surroundings)
    check_key("S3KeyPrefix", given["S3BucketSource"].get("S3KeyPrefix") or "")
    source = Source(given)
    work.check_folder()
    beginning = await work.store.write(begin)
    if beginning.fresh:
        await _Import(work, beginning.record, source).carry_out()
    return {"ImportTableDescription": reported_import(beginning.record)}


@dataclass(slots=True)
class _Import:
    """An import under way.

    Attributes:
        work: What it is done with.
        record: Its record.
        source: How its objects are read.
        size: The bytes that were read.
        processed: The items in them, good or not.
        imported: Those that were stored.
        errors: What was wrong, with items or with whole objects.
        waiting: The items that the next portion stores.
        entries: How many entries of objects were looked at for it.
        held: The bytes of the items that wait.
    """

    work: Work
    record: Record
    source: Source
    size: int = 0
    processed: int = 0
    imported: int = 0
    errors: int = 0
    entries: int = 0
    held: int = 0
    waiting: list[Admitted] = field(default_factory=list["Admitted"])

    async def carry_out(self) -> None:
        """Read the objects and store what is in them; then say how it ended."""
        failure: Mapping[str, str] | None = None
        try:
            await self._read_all()
        except BucketTrouble as known:
            failure = failure_of(known)
        except AnyDynamoError as error:
            failure = failure_on_disk(error)
        if self.errors > _LOGGED:
            _log.warning("%s: %d errors in all", IMPORTS.arn(self.record), self.errors)
        counts = (self.size, self.processed, self.imported, self.errors)
        now = self.work.surroundings.now
        await self.work.store.write(end_import(self.record, now, counts, failure))

    async def _read_all(self) -> None:
        table = Table.parse(self.record["Document"])
        where = self.record["Request"]["S3BucketSource"]
        bucket = self.work.bucket(where["S3Bucket"])
        for key, path in bucket.objects(where.get("S3KeyPrefix", "")):
            await self._read_one(table, key, path)
        await self._store()

    async def _read_one(self, table: Table, key: str, path: Path) -> None:
        number = 0
        try:
            with opened(path, self.source.compression) as stream:
                for entry in self.source.entries(stream, table):
                    self.size += entry.size
                    if entry.broken is not None:
                        self._count(f"{key}: {entry.broken}")
                    elif entry.is_item:
                        self._take(table, entry, key, number)
                        number += 1
                    self.entries += 1
                    if self.entries >= PORTION_ITEMS or self.held >= PORTION_BYTES:
                        await self._store()
        except OSError as error:
            if isinstance(error, AnyDynamoError):
                raise
            raise trouble(path, error) from error

    def _take(self, table: Table, entry: Entry, key: str, number: int) -> None:
        error = entry.error
        self.processed += 1
        if error is None:
            try:
                with self.work.reading():
                    admitted = admit(table, entry.item)
            except EngineError as refusal:
                error = refusal.message
            else:
                self.waiting.append(admitted)
                self.held += admitted.size
                return
        self._count(f"item {number} of {key}: {error}")

    def _count(self, error: str) -> None:
        self.errors += 1
        if self.errors <= _LOGGED:
            _log.warning("%s: %s", IMPORTS.arn(self.record), error)

    async def _store(self) -> None:
        portion, self.waiting = self.waiting, []
        self.entries = self.held = 0
        await self.work.store.write(store_portion(self.record, portion, self.work.surroundings.now))
        self.imported += len(portion)
        await self.work.pause()
