"""Kinesis streaming destinations: kept with their table and described; nothing is sent to them.

A destination is ENABLING, DISABLING or UPDATING in the answer that makes it so, and has arrived in
the next one. One that was disabled goes on being described, as the service has it.

Sources: EnableKinesisStreamingDestination, DisableKinesisStreamingDestination,
UpdateKinesisStreamingDestination and DescribeKinesisStreamingDestination of the Amazon DynamoDB API
Reference (2012-08-10). It names no texts: those about states are written from memory of the
service's, as is the one on the precision; the others are ours.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.limits import KINESIS_DESTINATIONS
from anydynamo.engine.tables.descriptions import store_document, stored_document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.store import Reader, Writer

__all__ = [
    "describe_kinesis_streaming_destination",
    "disable_kinesis_streaming_destination",
    "enable_kinesis_streaming_destination",
    "update_kinesis_streaming_destination",
]

_STORED: Final = "KinesisDestinations"
_PRECISION: Final = "ApproximateCreationDateTimePrecision"
_STREAM: Final = re.compile(r"arn:aws[a-z-]*:kinesis:[a-z0-9-]+:[0-9]{12}:stream/[a-zA-Z0-9_.-]+")


def enable_kinesis_streaming_destination(
    request: Mapping[str, Any],
) -> Callable[[Writer], dict[str, Any]]:
    """Add a destination to a table, or take one up again that was disabled.

    Raises:
        EngineError: The request is not valid.
    """
    name, arn = request["TableName"], _checked(request["StreamArn"])
    precision = _precision(request, "EnableKinesisStreamingConfiguration") or "MILLISECOND"

    def work(writer: Writer) -> dict[str, Any]:
        document = stored_document(writer, name)
        destinations = document.setdefault(_STORED, {})
        if arn in _active(destinations):
            raise _state(
                "enable",
                texts.settings.DESTINATION_NOT_DISABLED,
            )
        if len(_active(destinations)) >= KINESIS_DESTINATIONS:
            raise EngineError(
                "LimitExceededException",
                texts.settings.TOO_MANY_DESTINATIONS,
            )
        destinations[arn] = {"DestinationStatus": "ACTIVE", _PRECISION: precision}
        store_document(writer, document)
        return _changed(document, arn, "ENABLING", "EnableKinesisStreamingConfiguration")

    return work


def disable_kinesis_streaming_destination(
    request: Mapping[str, Any],
) -> Callable[[Writer], dict[str, Any]]:
    """Disable one of a table's destinations.

    Raises:
        EngineError: The request is not valid.
    """
    name, arn = request["TableName"], _checked(request["StreamArn"])

    def work(writer: Writer) -> dict[str, Any]:
        document = stored_document(writer, name)
        destinations = document.get(_STORED, {})
        if arn not in _active(destinations):
            raise _state(
                "disable",
                texts.settings.DESTINATION_NOT_ACTIVE,
            )
        destinations[arn]["DestinationStatus"] = "DISABLED"
        store_document(writer, document)
        return _changed(document, arn, "DISABLING", "EnableKinesisStreamingConfiguration")

    return work


def update_kinesis_streaming_destination(
    request: Mapping[str, Any],
) -> Callable[[Writer], dict[str, Any]]:
    """Change how precise the times are that a destination gets.

    Raises:
        EngineError: The request is not valid.
    """
    name, arn = request["TableName"], _checked(request["StreamArn"])
    precision = _precision(request, "UpdateKinesisStreamingConfiguration")
    if precision is None:
        raise validation(texts.settings.DESTINATION_UPDATE_EMPTY)

    def work(writer: Writer) -> dict[str, Any]:
        document = stored_document(writer, name)
        destinations = document.get(_STORED, {})
        if arn not in _active(destinations):
            raise _state(
                "update",
                texts.settings.NO_DESTINATION.format(arn=arn, table=document["TableName"]),
            )
        if destinations[arn][_PRECISION] == precision:
            raise validation(
                texts.settings.PRECISION_UNCHANGED,
                precision=precision,
                table_id=document["TableId"],
                arn=arn,
            )
        destinations[arn][_PRECISION] = precision
        store_document(writer, document)
        return _changed(document, arn, "UPDATING", "UpdateKinesisStreamingConfiguration")

    return work


def describe_kinesis_streaming_destination(
    request: Mapping[str, Any],
) -> Callable[[Reader], dict[str, Any]]:
    """Describe a table's destinations, in the order in which they were added."""
    name = request["TableName"]

    def work(reader: Reader) -> dict[str, Any]:
        document = stored_document(reader, name)
        return {
            "TableName": document["TableName"],
            "KinesisDataStreamDestinations": [
                {"StreamArn": arn, **destination}
                for arn, destination in document.get(_STORED, {}).items()
            ],
        }

    return work


def _checked(arn: str) -> str:
    if not _STREAM.fullmatch(arn):
        raise validation(texts.settings.NO_KINESIS_STREAM, arn=arn)
    return arn


def _precision(request: Mapping[str, Any], parameter: str) -> str | None:
    configuration: Mapping[str, str] = request.get(parameter) or {}
    return configuration.get(_PRECISION)


def _active(destinations: Mapping[str, Mapping[str, str]]) -> list[str]:
    return [arn for arn, each in destinations.items() if each["DestinationStatus"] == "ACTIVE"]


def _state(wanted: str, why: str) -> EngineError:
    return validation(texts.settings.DESTINATION_STATE, wanted=wanted, why=why)


def _changed(
    document: Mapping[str, Any], arn: str, status: str, configuration: str
) -> dict[str, Any]:
    return {
        "TableName": document["TableName"],
        "StreamArn": arn,
        "DestinationStatus": status,
        configuration: {_PRECISION: document[_STORED][arn][_PRECISION]},
    }
