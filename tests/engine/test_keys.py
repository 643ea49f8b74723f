"""Key bytes: partitions that cannot be confused, sort keys in order, ranges and segments."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from anydynamo.engine.values.keys import (
    HASH_BYTES,
    after,
    beyond,
    escaped,
    partition,
    segment,
    terminated,
)

octets = st.binary(max_size=6) | st.lists(st.sampled_from([0, 1, 254, 255]), max_size=4).map(bytes)


@given(st.lists(octets, min_size=1, max_size=3), st.lists(octets, min_size=1, max_size=3))
def test_a_partition_is_no_prefix_of_another(one: list[bytes], other: list[bytes]) -> None:
    if len(one) == len(other) and one != other:
        assert not partition(one).startswith(partition(other))


@given(octets, octets, octets, octets)
def test_terminated_pieces_order_like_their_values(
    one: bytes, other: bytes, tail: bytes, rest: bytes
) -> None:
    left, right = terminated(one) + tail, terminated(other) + rest
    if one == other:
        assert (left < right) == (tail < rest)
    else:
        assert (left < right) == (one < other)


@given(octets, octets, octets)
def test_an_escaped_prefix_begins_exactly_what_its_value_begins(
    value: bytes, prefix: bytes, tail: bytes
) -> None:
    stored = terminated(value) + tail
    start, end = escaped(prefix), beyond(escaped(prefix))
    inside = start <= stored and (end is None or stored < end)
    assert inside == value.startswith(prefix)


@given(octets, octets)
def test_beyond_a_prefix_is_the_first_key_without_it(prefix: bytes, tail: bytes) -> None:
    end = beyond(prefix)
    if end is None:
        assert set(prefix) <= {255}
    else:
        assert prefix + tail < end
        assert not end.startswith(prefix)


@given(octets, octets)
def test_nothing_lies_between_a_key_and_the_one_after(key: bytes, other: bytes) -> None:
    assert key < after(key)
    assert not key < other < after(key)


@given(st.integers(1, 1_000_000), st.binary(min_size=HASH_BYTES, max_size=HASH_BYTES))
def test_each_hash_lies_in_one_segment(total: int, place: bytes) -> None:
    number = int.from_bytes(place) * total >> (8 * HASH_BYTES)
    for each in {max(0, number - 1), number, min(total - 1, number + 1)}:
        start, end = segment(each, total)
        assert (start <= place and (end is None or place < end)) == (each == number)
