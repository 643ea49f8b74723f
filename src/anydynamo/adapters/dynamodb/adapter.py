"""The adapter that sends each call to DynamoDB through aiobotocore."""

from __future__ import annotations

import asyncio
import importlib
import io
import os
import random
import uuid
from typing import TYPE_CHECKING, Any, Final, cast

from anydynamo.adapters.dynamodb.faults import refuse_foreign, translate
from anydynamo.adapters.dynamodb.retries import Backoff, RetryQuota, is_worth_retrying
from anydynamo.adapters.effort import note_attempt, note_sent
from anydynamo.adapters.protocol import ProviderInfo
from anydynamo.errors import (
    AnyDynamoError,
    ConfigurationError,
    DatabaseClosed,
    MissingDependency,
    NotSupported,
    RequestTimeout,
    ServiceFault,
    Unavailable,
    Unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

__all__ = ["DynamoDBAdapter"]

LARGE_BODY = 512 * 1024

STREAM_OPERATIONS: Final = frozenset(
    ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
)
"""What DynamoDB Streams answers, which AWS runs as a service with clients and endpoints of its own.
Other servers answer both in one place."""


class DynamoDBAdapter:
    """DynamoDB on AWS, or any server that speaks its API.

    Nothing is imported, read or connected before the first call. That call opens an aiobotocore
    client on the running event loop, and the adapter belongs to that loop from then on; the first
    operation on streams opens a second client in the same way. What is not given of credentials,
    region and endpoint is found as botocore finds it; AWS_REGION is read too.

    Failed calls are repeated as the AWS SDKs do it in their standard mode, connection failures and
    time-outs included. A conditional write whose answer was lost may therefore meet its own effect
    and fail its condition, and an update that adds may add twice; a transaction does neither,
    because its client token is filled in once and sent again with each attempt. Where an answer was
    lost and the repetitions were throttled, or met other transactions, until the attempts were used
    up, the error is that of the lost answer: what happened is not known.

    Args:
        region: The AWS region, such as `eu-west-1`.
        endpoint_url: Where another server than AWS's listens, such as `http://127.0.0.1:8000`.
        access_key_id: An access key; with it goes `secret_access_key`.
        secret_access_key: Its secret.
        session_token: The token of temporary credentials.
        profile: The profile of AWS's configuration files to use.
        max_pool_connections: How many connections are kept, which is also how many calls are on the
            wire at once; further ones wait for their turn.
        connect_timeout: How many seconds a connection may take.
        read_timeout: How many seconds each read of an answer may take.
        max_attempts: How often a call is tried in all; 1 never retries.
        session: An aiobotocore session of the caller's, in place of credentials and profile.
        client: An aiobotocore DynamoDB client of the caller's, in place of all of the above. It is
            not closed with the adapter, and its own retry settings hold instead of ours.
        streams_client: An aiobotocore client of DynamoDB Streams to go with `client`, for the
            operations on streams.
        backoff: How long to wait between attempts.
        sleep: What waits; a test puts its own here.
        jitter: What returns a random number in [0, 1); a test puts its own here.

    Raises:
        ConfigurationError: Arguments contradict each other.
    """

    def __init__(
        self,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        session_token: str | None = None,
        profile: str | None = None,
        max_pool_connections: int = 50,
        connect_timeout: float = 5.0,
        read_timeout: float = 15.0,
        max_attempts: int = 8,
        session: Any = None,  # aiobotocore ships no types
        client: Any = None,  # likewise
        streams_client: Any = None,  # likewise
        backoff: Backoff | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        if (access_key_id is None) != (secret_access_key is None):
            raise ConfigurationError("access_key_id and secret_access_key go together")
        if session_token is not None and access_key_id is None:
            raise ConfigurationError("session_token goes with access_key_id")
        if session is not None and profile is not None:
            raise ConfigurationError("profile belongs to the session that is given")
        if streams_client is not None and client is None:
            raise ConfigurationError(
                "streams_client goes with client; without one, both are opened here"
            )
        for name, bound in (
            ("max_attempts", max_attempts),
            ("max_pool_connections", max_pool_connections),
            ("connect_timeout", connect_timeout),
            ("read_timeout", read_timeout),
        ):
            # Not `<= 0`, which lets a time-out that is no number pass.
            if not bound > 0:
                raise ConfigurationError(f"{name} must be positive, and is {bound}")
        self._region = region
        self._endpoint_url = endpoint_url
        self._credentials = {
            "aws_access_key_id": access_key_id,
            "aws_secret_access_key": secret_access_key,
            "aws_session_token": session_token,
        }
        self._profile = profile
        self._max_pool_connections = max_pool_connections
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._max_attempts = max_attempts if client is None else 1
        self._session = session
        self._given = {"dynamodb": client, "dynamodbstreams": streams_client}
        self._backoff = backoff or Backoff()
        self._sleep = sleep
        self._jitter = jitter
        self._quota = RetryQuota()
        self._opening = asyncio.Lock()
        self._opened: dict[str, _Client] = {}
        self._closed = False

    def __repr__(self) -> str:
        return f"DynamoDBAdapter({self.info.location!r})"

    @property
    def info(self) -> ProviderInfo:
        """What this adapter is; before the first call, a region that botocore finds is unknown."""
        region = next((opened.region for opened in self._opened.values()), self._region)
        location = f"DynamoDB in {region}" if region else "DynamoDB"
        if self._endpoint_url:
            location += f" at {self._endpoint_url}"
        return ProviderInfo("dynamodb", location, blocking=False, region=region)

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send one operation, and again while it fails in a way that passes.

        Raises:
            AnyDynamoError: What DynamoDB answered, or why it could not be asked.
        """
        named = request.get("TableName")
        table = named if isinstance(named, str) else None
        paid = 0
        attempt = 1
        # A token is one for all attempts: a repeated transaction then takes effect once.
        tokens: dict[str, str] = {}
        doubt: AnyDynamoError | None = None
        while True:
            opened = await self._open(operation, table)
            method = opened.methods.get(operation)
            if method is None:
                raise NotSupported(
                    f"DynamoDB has no operation {operation!r}, or none that aiobotocore knows",
                    code="UnknownOperationException",
                    operation=operation,
                    table=table,
                )
            for member in opened.token_members(operation):
                if request.get(member) is None:
                    tokens.setdefault(member, str(uuid.uuid4()))
            try:
                response = await method(**{**request, **tokens})
            except Exception as exception:
                if self._closed:
                    raise _closed(operation, table) from exception
                _note_repetitions(getattr(exception, "response", None))
                error = translate(exception, operation=operation, table=table)
                if error is None:
                    raise
                cost = self._price(attempt, error)
                if cost is None:
                    if doubt is not None and is_worth_retrying(error):
                        # It says that this attempt was not applied. An earlier one may have been.
                        raise doubt from exception
                    raise error from exception
                unsent = isinstance(error, Unreachable)
                if isinstance(error, RequestTimeout | ServiceFault | Unavailable) and not unsent:
                    doubt = error
                paid = cost
            else:
                self._quota.give_back(paid)
                _note_repetitions(response)
                response.pop("ResponseMetadata", None)
                return response
            await self._sleep(self._backoff.delay(attempt, self._jitter()))
            attempt += 1
            note_attempt(attempt)

    async def close(self) -> None:
        """Close what was opened here; calls under way end with `DatabaseClosed`.

        Raises:
            NotSupported: The adapter belongs to another event loop.
        """
        opened = list(self._opened.values())
        for client in opened:
            client.check_loop("close", None)
        self._closed = True
        self._opened = {}
        for client in opened:
            await client.close()

    def _price(self, attempt: int, error: AnyDynamoError) -> int | None:
        if attempt >= self._max_attempts or not is_worth_retrying(error):
            return None
        return self._quota.take(error)

    async def _open(self, operation: str, table: str | None) -> _Client:
        service = "dynamodbstreams" if operation in STREAM_OPERATIONS else "dynamodb"
        opened = self._opened.get(service)
        if opened is None:
            async with self._opening:
                self._check_open(operation, table)
                opened = self._opened.get(service)
                if opened is None:
                    opened = await self._create(service, operation, table)
                    try:
                        self._check_open(operation, table)
                    except DatabaseClosed:
                        # It was closed meanwhile, and nobody else knows of this client.
                        await opened.close()
                        raise
                    self._opened[service] = opened
        opened.check_loop(operation, table)
        return opened

    def _check_open(self, operation: str, table: str | None) -> None:
        if self._closed:
            raise _closed(operation, table)

    async def _create(self, service: str, operation: str, table: str | None) -> _Client:
        if self._given["dynamodb"] is not None:
            if self._given[service] is None:
                raise ConfigurationError(
                    f"{operation} is answered by DynamoDB Streams, and this adapter was given a"
                    " client of DynamoDB alone; give it a streams_client as well",
                    operation=operation,
                    table=table,
                )
            return _Client(self._given[service], None)
        try:
            # Imported by name: aiobotocore ships no types.
            new_config: Any = importlib.import_module("aiobotocore.config").AioConfig
            new_session: Any = importlib.import_module("aiobotocore.session").AioSession
        except ImportError as error:
            raise MissingDependency(
                "DynamoDB needs aiobotocore: pip install 'anydynamo[dynamodb]'"
            ) from error
        config = new_config(
            max_pool_connections=self._max_pool_connections,
            connect_timeout=self._connect_timeout,
            read_timeout=self._read_timeout,
            # Retries are ours: botocore's cannot be given a clock, and do not jitter fully.
            retries={"total_max_attempts": 1, "mode": "standard"},
            # Dynoxide's shard ids are shorter than AWS's; what a server hands out, it may get back.
            parameter_validation=service != "dynamodbstreams",
            user_agent_extra="anydynamo",
        )
        try:
            if self._session is None:
                self._session = new_session(profile=self._profile)
            context: Any = self._session.create_client(
                service,
                # AWS's other SDKs read AWS_REGION; botocore reads AWS_DEFAULT_REGION and profiles.
                region_name=self._region or os.environ.get("AWS_REGION") or None,
                endpoint_url=self._endpoint_url,
                config=config,
                **self._credentials,
            )
            client: Any = await context.__aenter__()
            events: str = client.meta.service_model.service_id.hyphenize()
            client.meta.events.register(f"before-send.{events}", _send_body)
            client.meta.events.register(f"before-parse.{events}", refuse_foreign)
        except Exception as exception:
            # botocore answers an endpoint that is no URL with a plain ValueError.
            if type(exception) is ValueError:
                raise ConfigurationError(str(exception), operation=operation) from exception
            fault = translate(exception, operation=operation, table=table)
            if fault is None:
                raise
            raise fault from exception
        return _Client(client, context)


def _note_repetitions(response: Any) -> None:
    """Note the attempts of a client of the caller's, which repeats by itself."""
    if isinstance(response, dict):
        metadata = cast("dict[str, dict[str, Any]]", response).get("ResponseMetadata", {})
        if metadata.get("RetryAttempts"):
            note_attempt(metadata["RetryAttempts"] + 1)


def _send_body(request: Any, **_: Any) -> None:
    if isinstance(request.body, bytes):
        note_sent(len(request.body))
    # aiohttp writes plain bytes in one go and warns of it from 1 MB on; a file it writes in pieces.
    if isinstance(request.body, bytes) and len(request.body) > LARGE_BODY:
        request.body = io.BytesIO(request.body)


class _Client:
    """An open client, the loop it is bound to, and what it can do."""

    def __init__(self, client: Any, context: Any) -> None:
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._model: Any = client.meta.service_model
        self._tokens: dict[str, tuple[str, ...]] = {}
        self.region: str = client.meta.region_name
        names: Mapping[str, str] = client.meta.method_to_api_mapping
        self.methods: dict[str, Callable[..., Awaitable[dict[str, Any]]]] = {
            operation: getattr(client, name) for name, operation in names.items()
        }

    def check_loop(self, operation: str, table: str | None) -> None:
        if asyncio.get_running_loop() is not self._loop:
            raise NotSupported(
                "This DynamoDB adapter was opened on another event loop, and its connections "
                "belong to that one; open one adapter per event loop",
                operation=operation,
                table=table,
            )

    def token_members(self, operation: str) -> tuple[str, ...]:
        """Name the parameters that make a repeated request idempotent, such as a client token."""
        members = self._tokens.get(operation)
        if members is None:
            members = tuple(self._model.operation_model(operation).idempotent_members)
            self._tokens[operation] = members
        return members

    async def close(self) -> None:
        """Close the client, unless it is the caller's."""
        if self._context is not None:
            await self._context.__aexit__(None, None, None)


def _closed(operation: str, table: str | None) -> DatabaseClosed:
    return DatabaseClosed("This database is closed", operation=operation, table=table)
