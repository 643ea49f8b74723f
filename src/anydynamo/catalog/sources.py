"""Read JSON files that come from elsewhere; see `anydynamo.operations.sources`."""

from anydynamo.operations.sources import read_json

__all__ = ["read_json"]
