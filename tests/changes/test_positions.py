"""Positions as text, and the order in which shards may be read."""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64encode
from hashlib import sha512

import hypothesis.strategies as st
import pytest
from hypothesis import given
from tests.changes.streaming import ARN, FakeStream, Note

from anydynamo.changes.lineage import Lineage, Shard
from anydynamo.changes.positions import Mark, Position, ShardPlace
from anydynamo.errors import InvalidCursor, InvalidRequest

moments = st.integers(0, 2**40)
marks = st.builds(
    Mark,
    after=st.just("") | st.integers(0, 10**40).map(str),
    iterator=st.text(max_size=20),
    since=moments,
    seen=moments,
    done=st.booleans(),
)


@given(stream=st.text(), shards=st.dictionaries(st.text(), marks, max_size=5))
def test_a_position_is_read_as_it_was_written(stream: str, shards: dict[str, Mark]) -> None:
    text = Position(stream, shards).text()
    assert text.isascii()
    assert Position.parse(text) == Position(stream, shards)


def test_a_place_goes_on_after_its_change_and_where_the_other_shards_are() -> None:
    before = Position(ARN, {"a": Mark(after="1"), "b": Mark(after="2", seen=5)})
    place = Position.parse(ShardPlace(before, "a", "7").text())
    assert place.marks == {"a": Mark(after="7"), "b": Mark(after="2", seen=5)}


def test_a_position_of_a_thousand_shards_fits_into_an_item() -> None:
    shards = {
        f"shardId-0000000179532969{number:04d}-{number * 7919 % 2**32:08x}": Mark(
            after=f"{17953296900000000000000 + number * 104729}", seen=1_795_329_691
        )
        for number in range(1000)
    }
    assert len(Position(ARN, shards).text()) < 40_000


def test_a_position_at_the_end_of_a_thousand_shards_fits_into_an_item_without_iterators() -> None:
    shards = {
        f"shardId-0000000179532969{number:04d}-{number * 7919 % 2**32:08x}": Mark(
            iterator=sha512(str(number).encode()).hexdigest() * 2, since=1_795_329_691, seen=5
        )
        for number in range(1000)
    }
    text = Position(ARN, shards).text()
    assert len(text) < 40_000
    assert set(Position.parse(text).marks.values()) == {Mark(since=1_795_329_691, seen=5)}
    few = dict(list(shards.items())[:100])
    assert Position.parse(Position(ARN, few).text()).marks == few


@given(st.text(max_size=60))
def test_any_other_text_is_refused(text: str) -> None:
    for given_text in (text, f"c1.{text}"):
        with pytest.raises(InvalidCursor, match="no position"):
            Position.parse(given_text)


@given(data=st.data())
def test_a_position_that_was_cut_or_altered_is_no_other_position(data: st.DataObject) -> None:
    text = Position(ARN, {"a": Mark(after="12345", seen=1_700_000_000)}).text()
    place = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(InvalidCursor):
        Position.parse(text[:place])
    altered = text[:place] + data.draw(st.sampled_from("abcXYZ019-_")) + text[place + 1 :]
    try:
        # A few characters carry bits that mean nothing.
        assert Position.parse(altered) == Position.parse(text)
    except InvalidCursor:
        assert altered != text


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "{}",
        "null",
        "[1,{}]",
        '["x",[]]',
        '["x",{"a":{}}]',
        '["x",{"a":[1]}]',
        '["x",{"a":["x"]}]',
        '["x",{"a":["1","soon"]}]',
        '["x",{"a":["1",0,0,true]}]',
        '["x",{"a":["1",0,0,0,7]}]',
        '["x",{"a":["1",0,0,0,"",0]}]',
        "[" * 100_000,
    ],
)
def test_what_is_packed_like_a_position_and_is_none_is_refused(body: str) -> None:
    packed = urlsafe_b64encode(zlib.compress(body.encode())).decode().rstrip("=")
    with pytest.raises(InvalidCursor):
        Position.parse(f"c1.{packed}")


def test_a_text_that_unpacks_to_something_enormous_is_refused() -> None:
    packed = urlsafe_b64encode(zlib.compress(b" " * (1 << 25))).decode().rstrip("=")
    with pytest.raises(InvalidCursor):
        Position.parse(f"c1.{packed}")


def test_a_wrong_start_is_refused_at_once() -> None:
    database = FakeStream().database()
    with pytest.raises(InvalidCursor, match="give 'latest', 'oldest', or what `position`"):
        database.changes(Note, start="newest")


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"poll": -1}, "poll is a number of seconds from 0 up, and not -1"),
        ({"poll": float("nan")}, "poll"),
        ({"poll": float("inf")}, "poll"),
        ({"every": 0}, "every is a whole number of changes from 1 up"),
        ({"every": True}, "every"),
        ({"consumer": "sums"}, "give both or neither"),
        ({"checkpoint": Note}, "give both or neither"),
        ({"checkpoint": Note, "consumer": ""}, "give both or neither"),
        ({"checkpoint": 7, "consumer": "sums"}, "load and save"),
    ],
)
def test_a_wrong_argument_is_refused_at_once(options: dict[str, object], match: str) -> None:
    with pytest.raises(InvalidRequest, match=match):
        FakeStream().database().changes(Note, **options)  # type: ignore[arg-type]


# Lineage


def shard(name: str, parent: str | None = None, *, closed: bool = False) -> Shard:
    return Shard(name, parent, closed)


def test_roots_are_ready_and_children_wait() -> None:
    lineage = Lineage()
    lineage.describe([shard("a"), shard("b", "a"), shard("c", "gone")])
    assert lineage.ready() == ["a", "c"]


def test_a_finished_parent_makes_its_children_ready_and_is_forgotten_once_they_are_begun() -> None:
    lineage = Lineage({"a": Mark(after="1")})
    lineage.describe([shard("a"), shard("b", "a"), shard("c", "a")])
    lineage.finish("a", 7)
    assert lineage.ready() == ["b", "c"]
    assert lineage.seen_before("b") == 7
    lineage.marks["b"] = Mark()
    lineage.prune()
    assert list(lineage.marks) == ["b"]
    assert lineage.ready() == ["c"]


def test_ancestors_of_what_is_read_were_read() -> None:
    lineage = Lineage({"c": Mark(after="1")})
    lineage.describe([shard("a"), shard("b", "a"), shard("c", "b"), shard("d", "b")])
    assert lineage.ready() == ["d"]
    assert not lineage.childless()


def test_a_finished_shard_is_remembered_until_somebody_comes_after_it() -> None:
    lineage = Lineage({"a": Mark(after="1")})
    lineage.describe([shard("a", closed=True)])
    lineage.finish("a", 0)
    lineage.prune()
    assert lineage.marks["a"].done
    assert lineage.childless()
    lineage.describe([])
    lineage.prune()
    assert lineage.marks == {}
