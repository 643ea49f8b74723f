"""K9: users, reports that only their users can reach, and embeddings of products."""

from anydynamo.catalog.k9.configuration import settings, table_names
from anydynamo.catalog.k9.conversion import convert_decimals, prepare_for_dynamodb
from anydynamo.catalog.k9.importing import Imported, Problem, import_reports
from anydynamo.catalog.k9.models import MODELS, Embedding, Report, User
from anydynamo.catalog.k9.repositories import (
    DatabaseManager,
    EmbeddingRepository,
    ReportRepository,
    UserRepository,
)
from anydynamo.catalog.k9.vectors import Cost

__all__ = [
    "MODELS",
    "Cost",
    "DatabaseManager",
    "Embedding",
    "EmbeddingRepository",
    "Imported",
    "Problem",
    "Report",
    "ReportRepository",
    "User",
    "UserRepository",
    "convert_decimals",
    "import_reports",
    "prepare_for_dynamodb",
    "settings",
    "table_names",
]
