"""Texts of errors about items, their keys and their sizes.

They are the service's, as its users quote them, a blank that is missing included.
"""

from __future__ import annotations

from typing import Final

from anydynamo.engine.limits import HASH_KEY_BYTES, RANGE_KEY_BYTES
from anydynamo.engine.texts.requests import DETECTED, INVALID, NOT_VALID

HASH_TOO_LONG: Final = (
    INVALID + f"Size of hashkey has exceeded the maximum size limit of{HASH_KEY_BYTES} bytes"
)
RANGE_TOO_LONG: Final = (
    INVALID + f"Aggregated size of all range keys has exceeded the size limit of {RANGE_KEY_BYTES}"
    " bytes"
)
KEY_MISMATCH: Final = "The provided key element does not match the schema"
KEY_MISSING: Final = INVALID + "Missing the key {name} in the item"
KEY_TYPE: Final = INVALID + "Type mismatch for key {name} expected: {wanted} actual: {actual}"
KEY_EMPTY: Final = (
    NOT_VALID + "The AttributeValue for a key attribute cannot contain an empty {kind} value. Key:"
    " {name}"
)
INDEX_KEY_TYPE: Final = (
    INVALID + "Type mismatch for Index Key {name} Expected: {wanted} Actual: {actual} IndexName:"
    " {index}"
)
INDEX_KEY_EMPTY: Final = (
    NOT_VALID + "A value specified for a secondary index key is not supported. The AttributeValue"
    " for a key attribute cannot contain an empty {kind} value. IndexName: {index}, IndexKey:"
    " {name}"
)
# That an update does not say where is what Dynoxide answers.
INDEX_KEY_EMPTY_UPDATE: Final = (
    NOT_VALID + "The update expression attempted to update a secondary index key to a value that is"
    " not supported. The AttributeValue for a key attribute cannot contain an empty {kind} value."
)
CONDITION_FAILED: Final = "The conditional request failed"
UPDATED_ITEM_TOO_LARGE: Final = "Item size to update has exceeded the maximum allowed size"
ITEM_TOO_LARGE: Final = "Item size has exceeded the maximum allowed size"
COLLECTION_TOO_LARGE: Final = "Collection size exceeded."
RETURN_VALUES_OF_A_WRITE: Final = DETECTED + "ReturnValues can only be ALL_OLD or NONE"

CODES: Final = {
    CONDITION_FAILED: "ConditionalCheckFailedException",
    COLLECTION_TOO_LARGE: "ItemCollectionSizeLimitExceededException",
}
"""The codes of those that are no ValidationException."""
