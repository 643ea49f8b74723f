"""Vectors come back from DynamoDB bit for bit, or are refused before they are sent."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anydynamo import Database, InvalidItem
from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.catalog.k9 import Embedding, EmbeddingRepository
from anydynamo.engine.limits import ITEM_BYTES
from anydynamo.engine.values.values import item_size
from anydynamo.models.codec import codec_of
from anydynamo.stores.memory import MemoryStore

STORABLE = st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda number: number == 0 or 1e-130 <= abs(number) <= 9.99999999999999e125
)


def bits(vector: list[float]) -> bytes:
    return struct.pack(f"{len(vector)}d", *vector)


@pytest.fixture
async def database() -> Any:
    async with Database.open("memory://") as opened:
        await opened.create_tables([Embedding])
        yield opened


@given(st.lists(STORABLE, min_size=1, max_size=40))
async def test_vectors_come_back_to_the_bit(vector: list[float]) -> None:
    made = Embedding.of("p", "v1", vector)
    async with Database(EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)) as db:
        await db.create_tables([Embedding])
        embeddings = EmbeddingRepository(db)
        await embeddings.store_embedding(made)
        found = await embeddings.get_embedding("p")
    assert found is not None
    assert bits(found.embedding_vector) == bits(made.embedding_vector)
    # All but the sign of zero is as it was given.
    assert made.embedding_vector == vector
    assert bits([number + 0.0 for number in vector]) == bits(made.embedding_vector)


@given(st.floats())
def test_each_double_is_kept_exactly_or_refused(number: float) -> None:
    size = abs(number)
    if math.isfinite(number) and (not number or 1e-130 <= size <= 9.99999999999999e125):
        stored = codec_of(Embedding).encode(Embedding.of("p", "v1", [number]))
        assert codec_of(Embedding).decode(stored).embedding_vector == [number]
    elif not 9.99999999999999e125 < size < 1e126:
        with pytest.raises(InvalidItem, match=r"\[0\]"):
            Embedding.of("p", "v1", [number])


@pytest.mark.parametrize(
    ("vector", "message"),
    [
        ([], "the vector is empty"),
        ([1.0, float("nan")], r"\[1\]: nan is not a number"),
        ([float("-inf")], r"\[0\]: -inf is not a number"),
        ([0.5, 1e-308], r"\[1\]: 1E-308 is beyond DynamoDB's range.*use 0\.0"),
        ([5e-324], "beyond DynamoDB's range"),
        ([1e200], "beyond DynamoDB's range"),
        ([2**53 + 1], "no double holds exactly"),
        ([10**400], "no double holds exactly"),
        ([True], r"\[0\] is a bool"),
        (["1.0"], r"\[0\] is a str"),
        ([None], r"\[0\] is a NoneType"),
        ("12", "a vector is a list of numbers, not a str"),
        (None, "a vector is a list of numbers"),
        ({1.0}, "a vector is a list of numbers, not a set"),
    ],
)
def test_what_is_no_vector_is_refused_with_its_place(vector: Any, message: str) -> None:
    with pytest.raises(InvalidItem, match=message):
        Embedding(product_id="p", model_version="v", embedding_vector=vector, vector_dimension=1)


def test_zero_has_no_sign_in_dynamodb_and_none_here() -> None:
    (zero,) = Embedding.of("p", "v1", [-0.0]).embedding_vector
    assert math.copysign(1, zero) == 1


def test_vectors_of_numpy_are_taken() -> None:
    class Array:
        def tolist(self) -> list[float]:
            return [0.5, 0.25]

    vector: Any = Array()
    made = Embedding(product_id="p", model_version="v", embedding_vector=vector, vector_dimension=2)
    assert made.embedding_vector == [0.5, 0.25]


def test_the_dimension_is_that_of_the_vector() -> None:
    assert Embedding.of("p", "v1", [1.0, 2.0]).vector_dimension == 2
    with pytest.raises(InvalidItem, match="the vector has 2 numbers, and its dimension is 3"):
        Embedding(product_id="p", model_version="v1", embedding_vector=[1, 2], vector_dimension=3)


async def test_a_dimension_that_was_spoilt_later_is_refused(database: Database) -> None:
    spoilt = Embedding.of("p", "v1", [1.0, 2.0])
    spoilt.embedding_vector = [1.0]
    with pytest.raises(InvalidItem, match="'p' says 2 and has 1 numbers"):
        await EmbeddingRepository(database).store_embedding(spoilt)


async def test_vectors_of_a_model_have_its_dimension(database: Database) -> None:
    embeddings = EmbeddingRepository(database, {"v1": 2})
    await embeddings.store_embedding(Embedding.of("p", "v1", [1.0, 2.0]))
    await embeddings.store_embedding(Embedding.of("q", "v2", [1.0]))
    with pytest.raises(InvalidItem, match="1 numbers, and those of v1 have 2"):
        await embeddings.store_embedding(Embedding.of("r", "v1", [1.0]))
    assert await embeddings.get_embedding("r") is None


async def test_the_cost_is_what_dynamodb_counts(database: Database) -> None:
    made = Embedding.of("p", "v1", [0.1, -0.25, 3.0])
    cost = made.cost
    await EmbeddingRepository(database).store_embedding(made)
    key = {"TableName": "k9-embeddings", "Key": {"product_id": {"S": "p"}}}
    response = await database.session.call("GetItem", key)
    assert cost.item == item_size(response["Item"])
    assert (cost.dimension, cost.fitting, cost.fits) == (3, 3, True)
    # A list has 3 bytes, each number in it 1, and by its digits 2, 3 and 2.
    assert cost.vector == 3 + (1 + 2) + (1 + 3) + (1 + 2)


async def test_a_vector_that_is_too_long_is_refused_with_what_would_fit(
    database: Database,
) -> None:
    embeddings = EmbeddingRepository(database)
    long = [1 / (number + 3) for number in range(45_000)]
    cost = Embedding.of("p", "v1", long).cost
    assert cost.item > ITEM_BYTES
    with pytest.raises(InvalidItem, match=rf"409,600: .* {cost.fitting:,} would fit.*S3"):
        await embeddings.store_embedding(Embedding.of("p", "v1", long))
    assert await embeddings.get_embedding("p") is None

    fitting = Embedding.of("p", "v1", long[: cost.fitting])
    # The dimension itself is a number of the item, which does not grow by being smaller.
    assert fitting.cost.fits
    await embeddings.store_embedding(fitting)
    with pytest.raises(InvalidItem):
        await embeddings.store_embedding(Embedding.of("p", "v1", long[: cost.fitting + 3]))
