"""How a model's table name becomes the name of the table that is there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TableNames", "variable_name"]

_OTHER = re.compile(r"[^0-9A-Z]+")


def variable_name(table: str) -> str:
    """Return the part of an environment variable's name that stands for a table.

    `search-index`, `search_index` and `search.index` are all `SEARCH_INDEX`.
    """
    return _OTHER.sub("_", table.upper()).strip("_")


@dataclass(frozen=True, slots=True)
class TableNames:
    """Tells the real name of each table; the only place where the two differ.

    Attributes:
        prefix: What stands before the name of each table that is not renamed.
        renamed: Real names, or ARNs, by a model's table name or by its `variable_name`.
    """

    prefix: str = ""
    renamed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def real(self, table: str) -> str:
        """Return the name under which DynamoDB knows a model's table."""
        found = self.renamed.get(table) or self.renamed.get(variable_name(table))
        return found or f"{self.prefix}{table}"
