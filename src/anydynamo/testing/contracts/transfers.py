"""Exports and imports, as far as no bucket is needed for them."""

from __future__ import annotations

from anydynamo.errors import TableNotFound
from anydynamo.testing.contracts.client import Client, Contract

__all__ = ["TransferContract"]

ABSENT = "arn:aws:dynamodb:eu-west-1:000000000000:table/first/{}/01489602797149-73d8d5bc"


class TransferContract(Contract):
    """Nobody has exported or imported anything."""

    async def test_an_export_that_is_not_there_is_no_export(self, db: Client) -> None:
        await db.create("first")
        error = await db.refused(TableNotFound, "DescribeExport", ExportArn=ABSENT.format("export"))
        assert error.code == "ExportNotFoundException"
        assert (await db("ListExports"))["ExportSummaries"] == []

    async def test_an_import_that_is_not_there_is_no_import(self, db: Client) -> None:
        error = await db.refused(TableNotFound, "DescribeImport", ImportArn=ABSENT.format("import"))
        assert error.code == "ImportNotFoundException"
        assert (await db("ListImports"))["ImportSummaryList"] == []
