"""boto3 as an adapter, so that what is asked of adapters can be asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from tests.targets import REGION

from anydynamo.adapters.dynamodb.faults import translate
from anydynamo.adapters.protocol import ProviderInfo
from anydynamo.server.service import STREAM_OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Boto3Adapter"]


class Boto3Adapter:
    """A client of DynamoDB and one of DynamoDB Streams, behind the interface of adapters."""

    def __init__(self) -> None:
        session = boto3.Session(region_name=REGION)
        config = Config(retries={"total_max_attempts": 1})
        self.client: Any = session.client("dynamodb", config=config)
        self._streams: Any = session.client("dynamodbstreams", config=config)

    @property
    def info(self) -> ProviderInfo:
        return ProviderInfo("boto3", REGION, blocking=True, region=REGION)

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        client = self._streams if operation in STREAM_OPERATIONS else self.client
        table = request.get("TableName")
        try:
            answer: dict[str, Any] = getattr(client, xform_name(operation))(**request)
        except (BotoCoreError, ClientError) as error:
            known = translate(error, operation=operation, table=table)
            assert known is not None
            raise known from error
        del answer["ResponseMetadata"]
        return answer

    async def close(self) -> None:
        """The tests share the clients."""
