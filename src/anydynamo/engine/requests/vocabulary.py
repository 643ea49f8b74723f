"""Shapes that the parameters of several subjects have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anydynamo.engine import texts
from anydynamo.engine.shapes import (
    Boolean,
    Document,
    Integer,
    Listing,
    Parameter,
    Structure,
    TableName,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.engine.shapes import Shape

__all__ = [
    "BILLING",
    "BOOLEAN",
    "CAPACITY",
    "DEFINITIONS",
    "DOCUMENT",
    "ENCRYPTION",
    "INDEX",
    "INDEX_SETTINGS",
    "INDEX_SHAPE",
    "KEY_ATTRIBUTE",
    "KEY_SCHEMA",
    "KNOWN_TABLE",
    "LONG",
    "NAMELESS",
    "NAME_PATTERN",
    "NEW_TABLE",
    "ONE_REGION",
    "ONE_TABLE",
    "ON_DEMAND",
    "ON_FAILURE",
    "PROJECTION",
    "REGION",
    "REGION_UPDATE",
    "TABLE",
    "TABLE_CLASS",
    "TAGS",
    "THROUGHPUT",
    "UNITS",
    "VALUE",
    "WARM",
]

NAME_PATTERN: Final = "[a-zA-Z0-9_.-]+"
BOOLEAN: Final = Boolean()
DOCUMENT: Final = Document()
VALUE: Final = Parameter()
TABLE: Final = TableName()
KNOWN_TABLE: Final = TableName(least=3)
"""A table of which an operation on tables is told."""
NAMELESS: Final[Mapping[str, str]] = {"TableName": texts.requests.REQUIRED.format(name="TableName")}
"""What the operations on tables say where nothing says which."""
NEW_TABLE: Final = Text(minimum=3, maximum=255, pattern=NAME_PATTERN)
INDEX: Final = Text(minimum=3, maximum=255, pattern=NAME_PATTERN)
KEY_ATTRIBUTE: Final = Text(minimum=1, maximum=255)
CAPACITY: Final = Text(enum=("INDEXES", "TOTAL", "NONE"))
ON_FAILURE: Final = Text(enum=("ALL_OLD", "NONE"))
KEY_SCHEMA: Final = Listing(
    Structure(
        "KeySchemaElement",
        required={"AttributeName": KEY_ATTRIBUTE, "KeyType": Text(enum=("HASH", "RANGE"))},
    ),
    minimum=1,
    # Four attributes on each side is the most, in a global secondary index.
    maximum=8,
)
DEFINITIONS: Final = Listing(
    Structure(
        "AttributeDefinition",
        required={"AttributeName": KEY_ATTRIBUTE, "AttributeType": Text(enum=("B", "N", "S"))},
    )
)
PROJECTION: Final = Structure(
    "Projection",
    optional={
        "ProjectionType": Text(enum=("ALL", "INCLUDE", "KEYS_ONLY")),
        "NonKeyAttributes": Listing(Text(minimum=1, maximum=255), minimum=1, maximum=20),
    },
)
UNITS: Final = Integer(minimum=1, name="Long")
THROUGHPUT: Final = Structure(
    "ProvisionedThroughput", required={"ReadCapacityUnits": UNITS, "WriteCapacityUnits": UNITS}
)
LONG: Final = Integer(name="Long")
ON_DEMAND: Final = Structure(
    "OnDemandThroughput", optional={"MaxReadRequestUnits": LONG, "MaxWriteRequestUnits": LONG}
)
WARM: Final = Structure(
    "WarmThroughput", optional={"ReadUnitsPerSecond": LONG, "WriteUnitsPerSecond": LONG}
)
INDEX_SHAPE: Final[Mapping[str, Shape]] = {
    "IndexName": INDEX,
    "KeySchema": KEY_SCHEMA,
    "Projection": PROJECTION,
}
INDEX_SETTINGS: Final[Mapping[str, Shape]] = {
    "ProvisionedThroughput": THROUGHPUT,
    "OnDemandThroughput": ON_DEMAND,
    "WarmThroughput": WARM,
}
TAGS: Final = Listing(
    Structure("Tag", required={"Key": Text(minimum=1, maximum=128), "Value": Text(maximum=256)})
)
BILLING: Final = Text(enum=("PROVISIONED", "PAY_PER_REQUEST"))
ENCRYPTION: Final = Structure(
    "SSESpecification",
    optional={
        "Enabled": BOOLEAN,
        "SSEType": Text(enum=("AES256", "KMS")),
        "KMSMasterKeyId": Text(),
    },
)
TABLE_CLASS: Final = Text(enum=("STANDARD", "STANDARD_INFREQUENT_ACCESS"))
REGION: Final = Text()
ONE_REGION: Final = Structure(required={"RegionName": REGION})
REGION_UPDATE: Final = Structure(optional={"Create": ONE_REGION, "Delete": ONE_REGION})
ONE_TABLE: Final = Structure(required={"TableName": KNOWN_TABLE}, absent=NAMELESS)
