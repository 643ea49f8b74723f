"""The `aws dynamodb` commands of the documents that this project serves, as they stand there.

The documents are those of the systems in `anydynamo.catalog`. Each command keeps the layout, the
names and the URLs that it has in its document.
"""

from __future__ import annotations

from typing import Final

__all__ = ["COMMANDS", "LOCAL", "RESTORES"]

LOCAL: Final = "http://localhost:8000"
"""Where the documents have DynamoDB Local."""

COMMANDS: Final[dict[str, tuple[str, ...]]] = {
    "ad_events": (
        r"""aws dynamodb create-global-table \
    --global-table-name AdEvents \
    --replication-group RegionName=us-east-1 RegionName=eu-west-1""",
        r"""aws dynamodb list-tables --region us-east-1""",
    ),
    "forum": (
        r"""aws dynamodb describe-table \
  --table-name forum-microservices-users-dev \
  --region us-east-1""",
        r"""aws dynamodb list-tables --region us-east-1""",
        r"""aws dynamodb describe-table \
  --table-name forum-microservices-users-dev \
  --region us-east-1 \
  --query 'Table.Replicas[*].{Region:RegionName,Status:ReplicaStatus}'""",
    ),
    "mediamesh": (
        r"""aws dynamodb list-tables --endpoint-url http://localhost:8000""",
        r"""aws dynamodb describe-table \
  --table-name mediamesh-trending \
  --endpoint-url http://localhost:8000""",
        r"""aws dynamodb query \
  --table-name mediamesh-trending \
  --key-condition-expression "contentType = :ct" \
  --expression-attribute-values '{":ct":{"S":"PROGRAM"}}' \
  --endpoint-url http://localhost:8000""",
        r"""aws dynamodb get-item \
  --table-name mediamesh-search-index \
  --key '{"contentId":{"S":"uuid"}}' \
  --endpoint-url http://localhost:8000""",
    ),
    "k9": (
        r"""aws dynamodb describe-table --table-name k9-users-dev""",
        r"""aws dynamodb scan --table-name k9-reports-dev --select COUNT""",
        r"""aws dynamodb scan --table-name k9-users-dev > backup.json""",
    ),
    "github_events": (
        r"""aws dynamodb update-continuous-backups \
    --table-name github-events-events \
    --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true""",
        r"""aws dynamodb create-backup \
    --table-name github-events-events \
    --backup-name github-events-backup-$(date +%Y%m%d)""",
        r"""aws dynamodb list-tables""",
        r"""aws dynamodb describe-table --table-name github-events-events""",
    ),
}
"""The commands of each system's document, in its order."""

RESTORES: Final[dict[str, str]] = {
    "forum": r"""aws dynamodb restore-table-to-point-in-time \
  --source-table-name forum-microservices-users-dev \
  --target-table-name forum-microservices-users-restored \
  --restore-date-time 2024-11-23T10:00:00Z \
  --region us-east-1""",
    "k9": r"""aws dynamodb restore-table-to-point-in-time \
  --source-table-name k9-reports-dev \
  --target-table-name k9-reports-restored \
  --restore-date-time 2025-09-30T10:00:00""",
}
"""The commands that restore a table to a date, which no table of today's had then."""
