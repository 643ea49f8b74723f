"""The parameters of exports to S3 and imports from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anydynamo.engine import texts
from anydynamo.engine.requests.vocabulary import (
    BILLING,
    DEFINITIONS,
    DOCUMENT,
    ENCRYPTION,
    INDEX_SETTINGS,
    INDEX_SHAPE,
    KEY_SCHEMA,
    NEW_TABLE,
    ON_DEMAND,
    THROUGHPUT,
)
from anydynamo.engine.shapes import Integer, Listing, Mapped, Structure, Text, Timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TRANSFERS"]

_TABLE_ARN: Final = Text(minimum=1, maximum=1024)
_ARN: Final = Text(minimum=37, maximum=1024)
_TOKEN: Final = Text(pattern=r"[^$]+", spelled=r"^[^\$]+$")
_OWNER: Final = Text(pattern="[0-9]{12}")
_PREFIX: Final = Text(maximum=1024)
_BUCKET: Final = Text(
    maximum=255,
    pattern=r"[a-z0-9A-Z][.\-a-zA-Z0-9_]*[a-z0-9A-Z]",
    spelled=r"^[a-z0-9A-Z]+[\.\-\w]*[a-z0-9A-Z]+$",
)
_PAGE: Final = Integer(minimum=1, maximum=25)

TRANSFERS: Final[Mapping[str, Structure]] = {
    "ExportTableToPointInTime": Structure(
        required={"TableArn": _TABLE_ARN, "S3Bucket": _BUCKET},
        optional={
            "ExportTime": Timestamp(),
            "ClientToken": _TOKEN,
            "S3BucketOwner": _OWNER,
            "S3Prefix": _PREFIX,
            "S3SseAlgorithm": Text(enum=("AES256", "KMS")),
            "S3SseKmsKeyId": Text(minimum=1, maximum=2048),
            "ExportFormat": Text(enum=("DYNAMODB_JSON", "ION")),
            "ExportType": Text(enum=("FULL_EXPORT", "INCREMENTAL_EXPORT")),
            "IncrementalExportSpecification": Structure(
                "IncrementalExportSpecification",
                optional={
                    "ExportFromTime": Timestamp(),
                    "ExportToTime": Timestamp(),
                    "ExportViewType": Text(enum=("NEW_IMAGE", "NEW_AND_OLD_IMAGES")),
                },
            ),
            "FilterSpecification": Structure(
                "FilterSpecification",
                optional={
                    "FilterExpression": Text(),
                    "ProjectionExpression": Text(),
                    "KeyConditionExpression": Text(),
                    "ExpressionAttributeNames": Mapped(Text(), Text(maximum=65_535)),
                    "ExpressionAttributeValues": DOCUMENT,
                },
            ),
        },
    ),
    "DescribeExport": Structure(required={"ExportArn": _ARN}),
    "ListExports": Structure(
        optional={"TableArn": _TABLE_ARN, "MaxResults": _PAGE, "NextToken": Text()}
    ),
    "ImportTable": Structure(
        required={
            "S3BucketSource": Structure(
                "S3BucketSource",
                required={"S3Bucket": _BUCKET},
                optional={"S3BucketOwner": _OWNER, "S3KeyPrefix": _PREFIX},
            ),
            "InputFormat": Text(enum=("DYNAMODB_JSON", "ION", "CSV")),
            "TableCreationParameters": Structure(
                "TableCreationParameters",
                required={
                    "TableName": NEW_TABLE,
                    "AttributeDefinitions": DEFINITIONS,
                    "KeySchema": KEY_SCHEMA,
                },
                optional={
                    "BillingMode": BILLING,
                    "ProvisionedThroughput": THROUGHPUT,
                    "OnDemandThroughput": ON_DEMAND,
                    "SSESpecification": ENCRYPTION,
                    "GlobalSecondaryIndexes": Listing(
                        Structure(
                            "GlobalSecondaryIndex", required=INDEX_SHAPE, optional=INDEX_SETTINGS
                        )
                    ),
                },
                refused={"VectorIndexes": texts.requests.NO_VECTOR_SEARCH},
            ),
        },
        optional={
            "ClientToken": _TOKEN,
            "InputFormatOptions": Structure(
                "InputFormatOptions",
                optional={
                    "Csv": Structure(
                        "CsvOptions",
                        optional={
                            "Delimiter": Text(minimum=1, maximum=1, pattern=r"[,;:|\t ]"),
                            "HeaderList": Listing(
                                Text(
                                    minimum=1,
                                    maximum=65_536,
                                    pattern=r"[\x20-\x21\x23-\x2B\x2D-\x7E]*",
                                ),
                                minimum=1,
                                maximum=255,
                            ),
                        },
                    )
                },
            ),
            "InputCompressionType": Text(enum=("GZIP", "ZSTD", "NONE")),
        },
    ),
    "DescribeImport": Structure(required={"ImportArn": _ARN}),
    "ListImports": Structure(
        optional={
            "TableArn": _TABLE_ARN,
            "PageSize": _PAGE,
            "NextToken": Text(
                minimum=112, maximum=1024, pattern=r"(?:[0-9a-f]{16})+", spelled=r"([0-9a-f]{16})+"
            ),
        }
    ),
}
