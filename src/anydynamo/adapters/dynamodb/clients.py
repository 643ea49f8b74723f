"""The aiobotocore clients of an adapter: opened when first needed, asked, closed.

A client is also asked what it would send and where (`Client.prepared`), without anything being
sent: its handler of botocore's documented event `before-send` sees the finished request. So the
region, the endpoint in all its kinds and the validation of parameters are botocore's also where
the request then goes another way.
"""

from __future__ import annotations

import asyncio
import importlib
import io
import os
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, cast

from anydynamo.adapters.dynamodb.faults import refuse_foreign, translate
from anydynamo.adapters.effort import note_attempt, note_sent
from anydynamo.errors import ConfigurationError, MissingDependency, NotSupported

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from anydynamo.adapters.dynamodb.direct import Direct, Keys

    Way = Callable[[str, Mapping[str, Any]], Awaitable[dict[str, Any]]]

__all__ = ["STREAM_OPERATIONS", "Client", "Clients", "note_repetitions"]

LARGE_BODY = 512 * 1024

STREAM_OPERATIONS: Final = frozenset(
    ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
)
"""What DynamoDB Streams answers, which AWS runs as a service with clients and endpoints of its own.
Other servers answer both in one place."""

_preparing: ContextVar[bool] = ContextVar("_preparing", default=False)


class _Prepared(Exception):
    """Thrown out of botocore with the request that it was about to send."""

    def __init__(self, request: Any) -> None:
        super().__init__("This request was only prepared")
        self.request = request


class Clients:
    """Opens the clients of one adapter.

    Args:
        region: The AWS region, if it is not for botocore to find.
        endpoint_url: Where another server than AWS's listens.
        credentials: botocore's arguments for credentials that are given.
        profile: The profile of AWS's configuration files.
        config: Further arguments of botocore's `Config`.
        session: An aiobotocore session of the caller's.
        given: Clients of the caller's, by service.
    """

    def __init__(
        self,
        *,
        region: str | None,
        endpoint_url: str | None,
        credentials: Mapping[str, str | None],
        profile: str | None,
        config: Mapping[str, Any],
        session: Any,  # aiobotocore ships no types
        given: Mapping[str, Any],
    ) -> None:
        self._region = region
        self._endpoint_url = endpoint_url
        self._credentials = credentials
        self._profile = profile
        self._config = config
        self._session = session
        self._given = given

        self._source: Any = None

    async def keys(self) -> Keys:
        """Return the credentials of this moment.

        Those that expire are refreshed in time by aiobotocore, once for all that wait for it.

        Raises:
            Exception: botocore's, when there are none or they cannot be had.
        """
        access_key = self._credentials["aws_access_key_id"]
        secret_key = self._credentials["aws_secret_access_key"]
        if access_key is not None and secret_key is not None:
            return access_key, secret_key, self._credentials["aws_session_token"]
        if self._source is None:
            self._source = await self._session.get_credentials()
            if self._source is None:
                raise importlib.import_module("botocore.exceptions").NoCredentialsError()
        frozen: Any = await self._source.get_frozen_credentials()
        return frozen.access_key, frozen.secret_key, frozen.token

    def bundle(self) -> str | None:
        """Return the file of certificates that AWS's configuration names, if it names one."""
        named: str | None = self._session.get_config_variable("ca_bundle")
        return named

    async def open(self, service: str, operation: str, table: str | None) -> Client:
        """Open the client of a service for an operation.

        Raises:
            AnyDynamoError: What is missing or wrong, of settings or credentials.
        """
        if self._given["dynamodb"] is not None:
            if self._given[service] is None:
                raise ConfigurationError(
                    f"{operation} is answered by DynamoDB Streams, and this adapter was given a"
                    " client of DynamoDB alone; give it a streams_client as well",
                    operation=operation,
                    table=table,
                )
            return Client(self._given[service], None)
        try:
            # Imported by name: aiobotocore ships no types.
            new_config: Any = importlib.import_module("aiobotocore.config").AioConfig
            new_session: Any = importlib.import_module("aiobotocore.session").AioSession
        except ImportError as error:
            raise MissingDependency(
                "DynamoDB needs aiobotocore: pip install 'anydynamo[dynamodb]'"
            ) from error
        config = new_config(
            **self._config,
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
            client.meta.events.register_last(f"before-send.{events}", _stop_prepared)
            client.meta.events.register(f"before-parse.{events}", refuse_foreign)
        except Exception as exception:
            # botocore answers an endpoint that is no URL with a plain ValueError.
            if type(exception) is ValueError:
                raise ConfigurationError(str(exception), operation=operation) from exception
            fault = translate(exception, operation=operation, table=table)
            if fault is None:
                raise
            raise fault from exception
        return Client(client, context)


def note_repetitions(response: Any) -> None:
    """Note the attempts of a client of the caller's, which repeats by itself."""
    if isinstance(response, dict):
        metadata = cast("dict[str, dict[str, Any]]", response).get("ResponseMetadata", {})
        if metadata.get("RetryAttempts"):
            note_attempt(metadata["RetryAttempts"] + 1)


def _send_body(request: Any, **_: Any) -> None:
    if isinstance(request.body, bytes) and not _preparing.get():
        note_sent(len(request.body))
    # aiohttp writes plain bytes in one go and warns of it from 1 MB on; a file it writes in pieces.
    if isinstance(request.body, bytes) and len(request.body) > LARGE_BODY:
        request.body = io.BytesIO(request.body)


def _stop_prepared(request: Any, **_: Any) -> None:
    if _preparing.get():
        raise _Prepared(request)


class Client:
    """An open client, the loop it is bound to, and what it can do."""

    def __init__(self, client: Any, context: Any) -> None:
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._model: Any = client.meta.service_model
        self._tokens: dict[str, tuple[str, ...]] = {}
        self.direct: Direct | None = None
        self.region: str = client.meta.region_name
        self._meta: Any = client.meta
        names: Mapping[str, str] = client.meta.method_to_api_mapping
        self._methods: dict[str, Callable[..., Awaitable[dict[str, Any]]]] = {
            operation: getattr(client, name) for name, operation in names.items()
        }

    @property
    def service(self) -> str:
        """The service's name, as botocore has it."""
        name: str = self._model.service_name
        return name

    @property
    def config(self) -> Any:
        """Botocore's configuration of the client."""
        return self._meta.config

    def way(self, operation: str, request: Mapping[str, Any]) -> Way | None:
        """Return what carries a request out, once; None if nobody knows the operation."""
        if self.goes_directly(operation, request):
            return cast("Direct", self.direct).call
        return self._ask if operation in self._methods else None

    def goes_directly(self, operation: str, request: Mapping[str, Any]) -> bool:
        """Tell whether a request passes aiobotocore by."""
        return self.direct is not None and self.direct.takes(operation, request)

    async def _ask(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        response = await self._methods[operation](**request)
        note_repetitions(response)
        response.pop("ResponseMetadata", None)
        return response

    async def prepared(self, operation: str, request: Mapping[str, Any]) -> Any:
        """Return botocore's request for an operation, complete and signed, without sending it.

        Returns:
            An object with `url`, `headers` and `body`; None if something in this process answers
            in the place of a server, as mocks do.

        Raises:
            Exception: What botocore raises for parameters, settings and credentials.
        """
        marked = _preparing.set(True)
        try:
            await self._methods[operation](**request)
        except _Prepared as stopped:
            return stopped.request
        finally:
            _preparing.reset(marked)
        return None

    def input_shape(self, operation: str) -> Any:
        """Return botocore's description of an operation's parameters."""
        return self._model.operation_model(operation).input_shape

    def check_loop(self, operation: str, table: str | None) -> None:
        """Refuse to be used on another event loop than that on which it was opened.

        Raises:
            NotSupported: It is another.
        """
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
        """Close the direct way, and the client unless it is the caller's."""
        if self.direct is not None:
            await self.direct.close()
        if self._context is not None:
            await self._context.__aexit__(None, None, None)
