"""Exports to a local folder that stands in for Amazon S3, and imports from it.

An export or an import is carried out by the call that asks for it, in portions. Each portion is one
read or one write of the store, and files are read and written between them, so neither other
callers nor other processes wait longer than for a portion, and memory holds no more than one. The
answer is the service's: the description of what has begun. When the caller has it, the work is
done, and DescribeExport or DescribeImport says how it ended. What a process that died has left is
found and taken for failed, see `engine.transfers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from anydynamo.adapters.transfers.exporting import export_table
from anydynamo.adapters.transfers.folder import Folder
from anydynamo.adapters.transfers.importing import import_table
from anydynamo.adapters.transfers.work import Work

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

__all__ = ["WORKERS", "Folder", "Work"]

WORKERS: Final[Mapping[str, Callable[[Work, Mapping[str, Any]], Awaitable[dict[str, Any]]]]] = {
    "ExportTableToPointInTime": export_table,
    "ImportTable": import_table,
}
"""What carries out `engine.TRANSFERS`."""
