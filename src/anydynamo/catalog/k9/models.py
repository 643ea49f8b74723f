"""K9's tables: users, reports and embeddings.

They are declared as the service that they come from has them in DynamoDB, name by name, so that its
tables can be used as they are. Their real names end in the environment, `k9-users-dev`; see
`anydynamo.catalog.k9.configuration`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from datetime import date as Day  # noqa: N812 - `date` is an attribute of reports
from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints, ValidationInfo

from anydynamo.catalog.k9.vectors import Cost, Vector, cost_of
from anydynamo.models.codec import codec_of
from anydynamo.models.kinds import timestamp_text
from anydynamo.models.table import Attr, GlobalIndex, Table, attribute

__all__ = ["MODELS", "Embedding", "Report", "User"]

Name = Annotated[str, StringConstraints(min_length=1)]


class User(Table, name="k9-users", point_in_time_recovery=True):
    """Somebody who signs in."""

    user_id: Attr[Name] = attribute(hash_key=True)
    name: Attr[str] = attribute()
    email: Attr[str] = attribute()
    avatar_url: Attr[str | None] = attribute(default=None)
    preferences: Attr[dict[str, Any]] = attribute(default_factory=dict)
    created_at: Attr[datetime | None] = attribute(default=None, created=True)
    updated_at: Attr[datetime | None] = attribute(default=None, updated=True)


class Report(Table, name="k9-reports", point_in_time_recovery=True):
    """What a user has written, and nobody else may see or change."""

    id: Attr[Name] = attribute(hash_key=True)
    user_id: Attr[Name] = attribute()
    title: Attr[str] = attribute()
    author: Attr[str | None] = attribute(default=None)
    date: Attr[Day | None] = attribute(default=None)
    reference: Attr[str | None] = attribute(default=None)
    favorites: Attr[list[str]] = attribute(default_factory=list)
    created_at: Attr[datetime | None] = attribute(default=None, created=True)
    updated_at: Attr[datetime | None] = attribute(default=None, updated=True)

    by_user = GlobalIndex("UserReportsIndex", hash_key=user_id, range_key=created_at)


def _agrees(dimension: int, info: ValidationInfo) -> int:
    vector: list[float] | None = (info.data or {}).get("embedding_vector")
    if vector is not None and dimension != len(vector):
        raise ValueError(f"the vector has {len(vector)} numbers, and its dimension is {dimension}")
    return dimension


class Embedding(Table, name="k9-embeddings", point_in_time_recovery=True):
    """A product as a model of a certain version sees it: a vector."""

    product_id: Attr[Name] = attribute(hash_key=True)
    model_version: Attr[Name] = attribute()
    embedding_vector: Attr[Vector] = attribute()
    vector_dimension: Attr[Annotated[int, AfterValidator(_agrees)]] = attribute()
    created_at: Attr[datetime | None] = attribute(default=None, created=True)

    by_model = GlobalIndex("ModelVersionIndex", hash_key=model_version)

    @property
    def cost(self) -> Cost:
        """What the embedding takes in the table, and how much of its vector an item has room for.

        Raises:
            InvalidItem: It cannot be stored.
        """
        item = codec_of(Embedding).encode(self)
        # It is stored with a time, which it may not have yet; all times are of one length.
        item.setdefault("created_at", {"S": timestamp_text(datetime.now(UTC))})
        return cost_of(item, "embedding_vector")

    @classmethod
    def of(cls, product_id: str, model_version: str, vector: list[float]) -> Embedding:
        """Make an embedding whose dimension is that of its vector.

        Raises:
            InvalidItem: A name is empty, or the vector cannot be kept exactly.
        """
        return cls(
            product_id=product_id,
            model_version=model_version,
            embedding_vector=vector,
            vector_dimension=len(vector),
        )


MODELS = (User, Report, Embedding)
"""K9's tables."""
