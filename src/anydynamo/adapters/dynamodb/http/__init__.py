"""HTTP/1.1 connections of the direct transport: asyncio, and no knowledge of AWS.

A `Pool` keeps the connections to one endpoint and sends requests that are fully rendered. What
fails says whether the server may have acted on the request: `NotSent` or `Lost`.
"""

from anydynamo.adapters.dynamodb.http.answers import Answer
from anydynamo.adapters.dynamodb.http.failures import ExchangeFailed, Lost, NotSent, Reason
from anydynamo.adapters.dynamodb.http.pool import Counters, Pool
from anydynamo.adapters.dynamodb.http.tls import ResumingContext

__all__ = [
    "Answer",
    "Counters",
    "ExchangeFailed",
    "Lost",
    "NotSent",
    "Pool",
    "Reason",
    "ResumingContext",
]
