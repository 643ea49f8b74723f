"""Texts of errors about exports to and imports from a folder.

Those about parameters, times and tokens are the service's, as far as they are known; those about
work that was given up, and about what was forgotten while an export ran, are ours.
"""

from __future__ import annotations

from typing import Final

INVALID_TABLE_ARN: Final = "Invalid TableArn: Invalid Table ARN"
KEY_WITHOUT_KMS: Final = "Invalid Request: KMS Key Id is not supported for this encryption type"
SPECIFICATION_EXPECTED: Final = (
    "Invalid Request: Incremental Export Specification expected when export type is set as"
    " Incremental Export"
)
SPECIFICATION_NOT_EXPECTED: Final = (
    "Invalid Request: Incremental Export Specification not expected when export type is set as"
    " Full Export"
)
FROM_TIME_MISSING: Final = (
    "Invalid Request: ExportFromTime must be provided in IncrementalExportSpecification"
)
TIME_OF_INCREMENTAL_EXPORT: Final = (
    "Invalid Request: ExportTime is not supported for Incremental Export"
)
FILTER_OF_INCREMENTAL_EXPORT: Final = (
    "Invalid Request: FilterSpecification is not supported for Incremental Export"
)
PERIOD_TOO_SHORT: Final = (
    "Invalid Request: Difference between export period from time and export period to time is less"
    " than {minutes} minutes"
)
PERIOD_TOO_LONG: Final = (
    "Invalid Request: Difference between export period from time and export period to time is"
    " greater than {hours} hours"
)
TIME_OUTSIDE_OF_WINDOW: Final = (
    "The specified ExportTime is outside of the point in time recovery window"
)
OPTIONS_OF_OTHER_FORMAT: Final = (
    "Invalid Request: Unsupported InputFormatOptions for the given input format: {format}."
)
INVALID_ITEMS: Final = (
    "Some of the items failed validation checks and were not imported. Please check the log of this"
    " process for more details."
)
NOT_FOUND: Final = "{title} not found: {arn}"
INVALID_TOKEN: Final = "Invalid Request: Provided nextToken is invalid: {token}"
TOKEN_REUSED: Final = "The client token {token} was used for another request; use a new one"
GIVEN_UP: Final = "{title} {arn} was given up: nothing was heard of it for too long; start another"
PROCESS_ENDED: Final = "The process that was at work ended before its work did; start again"
FORGOTTEN: Final = "What table '{name}' was at the time of the export was forgotten on the way"

CODES: Final = {
    TIME_OUTSIDE_OF_WINDOW: "InvalidExportTimeException",
    NOT_FOUND: "ExportNotFoundException or ImportNotFoundException",
    TOKEN_REUSED: "ExportConflictException or ImportConflictException",
    GIVEN_UP: "InternalServerError",
    FORGOTTEN: "PointInTimeRecoveryUnavailableException",
}
"""The codes of those that are no ValidationException."""

OURS: Final = frozenset((INVALID_ITEMS, TOKEN_REUSED, GIVEN_UP, PROCESS_ENDED, FORGOTTEN))
"""Those that are not the service's."""

PARTS: Final = frozenset((INVALID_ITEMS, PROCESS_ENDED))
"""Those that only stand in others."""
