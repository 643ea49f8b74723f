"""Texts of errors about BatchGetItem and BatchWriteItem: the service's."""

from __future__ import annotations

from typing import Final

DUPLICATE_KEYS: Final = "Provided list of item keys contains duplicates"
TOO_MANY_KEYS: Final = "Too many items requested for the BatchGetItem call"
TOO_MANY_WRITES: Final = "Too many items requested for the BatchWriteItem call"
