"""The function that AWS Lambda calls with the stream of AdEvents.

Name `anydynamo.catalog.ad_events.aws_lambda.lambda_handler` as the function's handler, and switch
`ReportBatchItemFailures` on for its event source. The environment says where the tables are, and
what they are called.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from anydynamo.catalog.ad_events.models import AdItem
from anydynamo.catalog.ad_events.service import AdEvents
from anydynamo.catalog.ad_events.settings import settings, shards
from anydynamo.changes import lambda_handler as handler_of
from anydynamo.database import Database

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from anydynamo.changes import Change, LambdaHandler

__all__ = ["counting_handler", "lambda_handler"]


def lambda_handler(event: Mapping[str, Any], context: object = None) -> dict[str, Any]:
    """Count the events that were stored, each once.

    The database is opened by the first call and kept for the calls that follow.

    Args:
        event: What Lambda gives: records of the stream.
        context: What Lambda gives beside it.

    Returns:
        From which record on Lambda has to deliver again; nothing there if all is counted.
    """
    return _opened()[1](event, context)


def counting_handler(service: AdEvents) -> LambdaHandler[AdItem]:
    """Make such a function for a database that is open already."""
    session = service.database.session
    sharded = session.sharding.find(service.events.table)

    @handler_of(
        AdItem,
        batch=True,
        table_prefix=session.names.prefix,
        tables=session.names.renamed,
        shards=None if sharded is None else sharded.shards,
    )
    async def count(changes: Sequence[Change[AdItem]]) -> None:
        await service.count(changes)

    return count


@functools.cache
def _opened() -> tuple[AdEvents, LambdaHandler[AdItem]]:
    service = AdEvents(Database.from_settings(settings()), shards=shards())
    return service, counting_handler(service)
