"""Reading streams of many shards, with everything that can happen to them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import pytest
from hypothesis import given
from tests.changes.streaming import ARN, HOUR, FakeStream, Note, keys

from anydynamo.errors import (
    ChangesLost,
    DatabaseClosed,
    InvalidCursor,
    InvalidRequest,
    LimitExceeded,
    TableNotFound,
)

if TYPE_CHECKING:
    from anydynamo.changes import Change


@pytest.fixture
def stream() -> FakeStream:
    return FakeStream()


async def rest(stream: FakeStream, **options: Any) -> list[Change[Note]]:
    """Return all that there is, by a database of its own."""
    options = {"start": "oldest", "follow": False, **options}
    return [change async for change in stream.database().changes(Note, **options)]


# Order and completeness


async def test_a_child_is_read_after_all_of_its_parent(stream: FakeStream) -> None:
    stream.page = 2
    stream.shard("a")
    stream.write("a", *"12345")
    stream.split("a", "b", "c")
    stream.write("b", "6")
    stream.write("c", "7")
    stream.split("b", "d")
    stream.write("d", "8")
    assert keys(await rest(stream))[:5] == list("12345")
    assert sorted(keys(await rest(stream))) == list("12345678")
    found = keys(await rest(stream))
    assert found.index("6") < found.index("8")


async def test_a_shard_whose_parent_is_not_listed_any_more_is_read(stream: FakeStream) -> None:
    stream.shard("b", parent="long gone")
    stream.write("b", "1")
    assert keys(await rest(stream)) == ["1"]


async def test_the_shards_are_listed_page_by_page(stream: FakeStream) -> None:
    stream.listed = 2
    for name in "abcde":
        stream.shard(name)
        stream.write(name, name)
    assert sorted(keys(await rest(stream))) == list("abcde")
    assert stream.calls.count("DescribeStream") == 3


async def test_open_shards_take_turns(stream: FakeStream) -> None:
    stream.page = 10
    for name in "ab":
        stream.shard(name)
        stream.write(name, *[f"{name}{number}" for number in range(30)])
    batches = stream.database().changes(Note, start="oldest", follow=False).batches()
    assert [batch[0].shard for batch in await batches] == list("ababab")


async def test_shards_that_appear_while_following_are_read(stream: FakeStream) -> None:
    stream.shard("a")
    changes = stream.database().changes(Note)
    await changes.begin()
    stream.write("a", "1")
    stream.split("a", "b", "c")
    stream.write("b", "2")
    stream.write("c", "3")
    assert (await anext(changes)).key == "1"
    assert {(await anext(changes)).key, (await anext(changes)).key} == {"2", "3"}


async def test_children_that_are_listed_late_are_waited_for(stream: FakeStream) -> None:
    waits: list[float] = []
    stream.shard("a")
    stream.write("a", "1")
    stream.split("a", "b")
    stream.shards["b"].listed = False
    stream.write("b", "2")
    changes = stream.database(waits).changes(Note, start="oldest")
    assert (await anext(changes)).key == "1"

    def look(operation: str, _: object) -> None:
        stream.shards["b"].listed = operation == "DescribeStream" and len(waits) >= 3

    stream.before = look
    assert (await anext(changes)).key == "2"
    assert len(waits) >= 3


async def test_a_second_child_that_is_listed_later_is_read_too(stream: FakeStream) -> None:
    stream.shard("a")
    stream.write("a", "1")
    stream.split("a", "b", "c")
    stream.shards["c"].listed = False
    stream.write("b", "2")
    changes = stream.database().changes(Note, start="oldest")
    assert [(await anext(changes)).key, (await anext(changes)).key] == ["1", "2"]
    stream.shards["c"].listed = True
    stream.write("c", "3")
    assert (await anext(changes)).key == "3"


async def test_what_follows_a_closed_shard_is_looked_for_once_more_at_the_end(
    stream: FakeStream,
) -> None:
    stream.shard("a")
    stream.write("a", "1")
    stream.split("a", "b")
    stream.write("b", "2")
    stream.shards["b"].listed = False

    def look(operation: str, _: object) -> None:
        if operation == "GetRecords":
            stream.shards["b"].listed = True

    stream.before = look
    assert keys(await rest(stream)) == ["1", "2"]


async def test_a_stream_without_shards_yet_is_read_from_its_first(stream: FakeStream) -> None:
    changes = stream.database().changes(Note)
    await changes.begin()
    stream.shard("a")
    stream.write("a", "1")
    assert (await anext(changes)).key == "1"


async def test_empty_answers_in_between_do_not_end_a_shard(stream: FakeStream) -> None:
    stream.shard("a")
    stream.write("a", "1")
    stream.shards["a"].records[:0] = [{"hollow": True}] * 3
    real = stream._GetRecords

    def hollow(request: Any) -> Any:
        answer = real({**request, "Limit": 1})
        answer["Records"] = [one for one in answer["Records"] if "hollow" not in one]
        return answer

    stream._GetRecords = hollow  # type: ignore[method-assign]
    assert keys(await rest(stream)) == ["1"]


async def test_a_closed_shard_is_read_to_its_end_however_long_it_is_empty(
    stream: FakeStream,
) -> None:
    stream.shard("a")
    stream.write("a", "1")
    stream.shards["a"].records[:0] = [{"hollow": True}] * 40
    stream.split("a", "b")
    stream.write("b", "2")
    real = stream._GetRecords

    def hollow(request: Any) -> Any:
        answer = real({**request, "Limit": 1})
        answer["Records"] = [one for one in answer["Records"] if "hollow" not in one]
        return answer

    stream._GetRecords = hollow  # type: ignore[method-assign]
    assert keys(await rest(stream)) == ["1", "2"]


async def test_what_is_written_after_the_beginning_is_left_for_later(stream: FakeStream) -> None:
    stream.page = 2
    for name in "ab":
        stream.shard(name)
        stream.write(name, f"{name}1", f"{name}2", f"{name}3")
    changes = stream.database().changes(Note, start="oldest", follow=False)
    found = [(await anext(changes)).key]
    stream.write("a", "late 1")
    stream.split("b", "c")
    stream.write("c", "late 2")
    found += [change.key async for change in changes]
    assert sorted(found) == ["a1", "a2", "a3", "b1", "b2", "b3"]
    later = await rest(stream, start=changes.position)
    assert sorted(keys(later)) == ["late 1", "late 2"]


async def test_what_comes_while_the_end_is_looked_for_is_left_for_later(
    stream: FakeStream,
) -> None:
    stream.shard("a")
    changes = stream.database().changes(Note, follow=False)
    await changes.begin()

    def second(operation: str, _: object) -> None:
        if operation == "GetRecords" and stream.calls.count("GetRecords") == 2:
            stream.write("a", "late")

    stream.before = second
    assert [change async for change in changes] == []
    assert keys(await rest(stream, start=changes.position)) == ["late"]


@given(data=st.data())
async def test_any_tree_of_shards_is_told_once_in_order_and_from_every_position(data: Any) -> None:
    stream = FakeStream()
    stream.page = data.draw(st.integers(1, 4), "page")
    stream.shard("s0")
    written: dict[str, list[str]] = defaultdict(list)
    path: dict[str, tuple[str, ...]] = {"s0": ("s0",)}
    for number in range(data.draw(st.integers(0, 12), "steps")):
        shard = data.draw(
            st.sampled_from([name for name, one in stream.shards.items() if not one.closed]), "in"
        )
        if data.draw(st.integers(0, 3), "what") == 0:
            children = [f"s{len(stream.shards) + extra}" for extra in range(2)]
            stream.split(shard, *children[: data.draw(st.integers(1, 2), "children")])
            for child in children:
                path[child] = (*path[shard], child)
        else:
            stream.write(shard, str(number))
            written[shard].append(str(number))
    everything = [key for shard in written.values() for key in shard]
    found = await rest(stream)
    assert sorted(keys(found)) == sorted(everything)
    place = {key: index for index, key in enumerate(keys(found))}
    for leaf in path.values():
        line = [place[key] for shard in leaf for key in written[shard]]
        assert line == sorted(line)
    if found:
        cut = data.draw(st.integers(0, len(found) - 1), "cut")
        again = await rest(stream, start=found[cut].position)
        assert sorted(keys(found[: cut + 1]) + keys(again)) == sorted(everything)


# Iterators, throttles, trimming


async def test_expired_iterators_are_renewed_after_the_last_change(stream: FakeStream) -> None:
    stream.page = 1
    stream.shard("a")
    stream.write("a", *"123")
    changes = stream.database().changes(Note, start="oldest")
    found: list[str] = []
    for _ in range(3):
        found.append((await anext(changes)).key)
        stream.now += 16 * 60
    assert found == ["1", "2", "3"]
    assert ("a", "AFTER_SEQUENCE_NUMBER") in stream.iterators


async def test_an_end_that_was_kept_too_long_is_found_again_without_missing_anything(
    stream: FakeStream,
) -> None:
    stream.shard("a")
    stream.write("a", "old")
    stream.now += 2 * HOUR
    changes = stream.database().changes(Note)
    await changes.begin()
    position = changes.position
    stream.now += 1 * HOUR
    stream.write("a", "new")
    assert (await anext(changes)).key == "new"
    assert keys(await rest(stream, start=position)) == ["new"]


async def test_a_lost_end_with_nothing_new_stays_at_its_place(stream: FakeStream) -> None:
    stream.page = 1
    stream.shard("a")
    stream.write("a", "1", "2")
    stream.now += 2 * HOUR
    changes = stream.database().changes(Note, follow=False)
    await changes.begin()
    position = changes.position
    stream.now += HOUR
    again = stream.database().changes(Note, start=position, follow=False)
    assert [change async for change in again] == []
    stream.write("a", "3")
    assert keys(await rest(stream, start=again.position)) == ["3"]


async def test_a_lost_end_that_is_not_reached_yet_is_still_lost_for_the_next(
    stream: FakeStream,
) -> None:
    stream.page = 1
    stream.shard("a")
    stream.write("a", "old")
    stream.shards["a"].records.insert(0, {"hollow": True})
    real = stream._GetRecords

    def hollow(request: Any) -> Any:
        answer = real(request)
        answer["Records"] = [one for one in answer["Records"] if "hollow" not in one]
        return answer

    stream._GetRecords = hollow  # type: ignore[method-assign]
    stream.now += HOUR
    database = stream.database()
    changes = database.changes(Note)
    await changes.begin()
    stream.now += HOUR

    async def sleep(_: float) -> None:
        raise InterruptedError

    database.session.sleep = sleep
    with pytest.raises(InterruptedError):
        await anext(changes)
    stream.write("a", "new")
    assert keys(await rest(stream, start=changes.position)) == ["new"]


async def test_a_child_is_as_old_as_what_was_read_before_it(stream: FakeStream) -> None:
    stream.shard("a")
    stream.write("a", "1")
    stream.split("a", "b", "c")
    stream.write("c", "3")
    stream.now += 23 * HOUR
    stream.write("b", "2")
    changes = stream.database().changes(Note, start="oldest", follow=False)
    assert [(await anext(changes)).key, (await anext(changes)).key] == ["1", "2"]
    position = changes.position
    stream.now += 2 * HOUR
    stream.trim()
    with pytest.raises(ChangesLost, match="the shard c cannot be read on from its beginning"):
        await rest(stream, start=position)


async def test_throttles_are_waited_out_with_the_databases_patience(stream: FakeStream) -> None:
    waits: list[float] = []
    stream.shard("a")
    stream.write("a", "1")
    for operation in ("DescribeTable", "DescribeStream", "GetShardIterator", "GetRecords"):
        stream.fail(operation, "LimitExceededException", 2)
    changes = stream.database(waits).changes(Note, start="oldest")
    assert (await anext(changes)).key == "1"
    assert waits == [0.025, 0.05] * 4


async def test_patience_ends_and_the_changes_can_be_gone_on_with(stream: FakeStream) -> None:
    stream.shard("a")
    stream.write("a", "1")
    stream.fail("GetRecords", "LimitExceededException", 3)
    changes = stream.database().changes(Note, start="oldest")
    with pytest.raises(LimitExceeded):
        await anext(changes)
    assert (await anext(changes)).key == "1"


async def test_one_shards_trouble_does_not_repeat_what_others_brought(stream: FakeStream) -> None:
    blocking = FakeStream(blocking=True)
    for name in "ab":
        blocking.shard(name)
        blocking.write(name, name)
    changes = blocking.database().changes(Note, start="oldest", follow=False)
    await changes.begin()

    def second(operation: str, request: Any) -> None:
        if operation == "GetRecords" and '"b"' in request["ShardIterator"]:
            blocking.before = lambda _operation, _request: None
            blocking.fail("GetRecords", "AccessDeniedException")

    blocking.before = second
    found: list[str] = []
    while True:
        try:
            change = await anext(changes)
        except PermissionError:
            continue
        except StopAsyncIteration:
            break
        found.append(change.key)
    assert found == ["a", "b"]
    del stream


async def test_changes_that_were_trimmed_before_they_were_read_are_an_error(
    stream: FakeStream,
) -> None:
    stream.shard("a")
    stream.write("a", "1", "2")
    (first, _) = await rest(stream)
    stream.now += 25 * HOUR
    stream.trim()
    with pytest.raises(ChangesLost, match=r"notes may be lost.*start='oldest'") as caught:
        await rest(stream, start=first.position)
    assert caught.value.code == "TrimmedDataAccessException"


async def test_a_consumer_that_was_up_to_date_loses_nothing_when_its_last_change_is_trimmed(
    stream: FakeStream,
) -> None:
    stream.shard("a")
    stream.write("a", "1")
    stream.now += 20 * HOUR
    changes = stream.database().changes(Note, start="oldest", follow=False)
    assert len([change async for change in changes]) == 1
    stream.now += 10 * HOUR
    stream.trim()
    stream.write("a", "2")
    assert keys(await rest(stream, start=changes.position)) == ["2"]


@pytest.mark.parametrize("start", ["latest", "oldest"])
async def test_a_beginning_that_is_older_than_a_day_is_an_error(
    stream: FakeStream, start: str
) -> None:
    stream.shard("a")
    changes = stream.database().changes(Note, start=start)
    await changes.begin()
    stream.now += 25 * HOUR
    with pytest.raises(ChangesLost, match="shard a cannot be read on from its beginning"):
        await rest(stream, start=changes.position)


async def test_a_shard_that_is_gone_was_read_if_it_was_read_within_a_day(
    stream: FakeStream,
) -> None:
    stream.shard("a")
    stream.write("a", "1")
    changes = stream.database().changes(Note, start="oldest", follow=False)
    assert len([change async for change in changes]) == 1
    stream.split("a", "b")
    del stream.shards["a"]
    stream.write("b", "2")
    assert keys(await rest(stream, start=changes.position)) == ["2"]
    stream.now += 25 * HOUR
    with pytest.raises(ChangesLost):
        await rest(stream, start=changes.position)


async def test_what_came_after_a_shard_that_was_read_to_its_end_may_be_lost_too(
    stream: FakeStream,
) -> None:
    stream.shard("a")
    stream.write("a", "1")
    database = stream.database()
    changes = database.changes(Note, start="oldest")
    assert (await anext(changes)).key == "1"
    stream.split("a", "b")
    stream.write("b", "2")

    async def sleep(_: float) -> None:
        raise InterruptedError

    database.session.sleep = sleep
    with pytest.raises(InterruptedError):
        await anext(changes)
    # The end of a is behind this position, and nothing of b before it.
    position = changes.position
    assert keys(await rest(stream, start=position)) == ["2"]
    stream.now += 25 * HOUR
    stream.trim()
    stream.write("b", "3")
    with pytest.raises(ChangesLost):
        await rest(stream, start=position)
    del stream.shards["a"]
    with pytest.raises(ChangesLost):
        await rest(stream, start=position)


@pytest.mark.parametrize("start", ["latest", "oldest"])
async def test_a_reader_that_stood_still_for_a_day_before_its_first_change_is_told(
    stream: FakeStream, start: str
) -> None:
    stream.shard("a")
    changes = stream.database().changes(Note, start=start)
    await changes.begin()
    stream.write("a", "1")
    stream.now += 25 * HOUR
    stream.trim()
    stream.write("a", "2")
    with pytest.raises(ChangesLost):
        await anext(changes)


@pytest.mark.parametrize(("later", "lost"), [(24 * HOUR - 1, False), (24 * HOUR + 0.9, True)])
async def test_a_day_is_no_second_longer_than_the_streams(
    stream: FakeStream, later: float, lost: bool
) -> None:
    stream.shard("a")
    changes = stream.database().changes(Note)
    await changes.begin()
    stream.now += later
    again = stream.database().changes(Note, start=changes.position)
    if lost:
        with pytest.raises(ChangesLost):
            await again.begin()
    else:
        await again.begin()


async def test_one_empty_answer_does_not_say_that_all_was_read(stream: FakeStream) -> None:
    stream.shard("a")
    stream.write("a", "1")
    stream.write("a", "2")
    stream.shards["a"].records.insert(1, {"hollow": True})
    real = stream._GetRecords

    def hollow(request: Any) -> Any:
        answer = real({**request, "Limit": 1})
        answer["Records"] = [one for one in answer["Records"] if "hollow" not in one]
        return answer

    stream._GetRecords = hollow  # type: ignore[method-assign]
    stream.now += 20 * HOUR
    database = stream.database()
    changes = database.changes(Note, start="oldest")
    assert (await anext(changes)).key == "1"

    async def sleep(_: float) -> None:
        raise InterruptedError

    database.session.sleep = sleep
    with pytest.raises(InterruptedError):
        await anext(changes)
    stream._GetRecords = real  # type: ignore[method-assign]
    del stream.shards["a"].records[1]
    stream.now += 5 * HOUR
    stream.trim()
    with pytest.raises(ChangesLost):
        await rest(stream, start=changes.position)


async def test_a_shard_that_goes_while_it_is_read_gives_way_to_its_child(
    stream: FakeStream,
) -> None:
    stream.shard("a")
    changes = stream.database().changes(Note)
    await changes.begin()
    stream.split("a", "b")
    del stream.shards["a"]
    stream.write("b", "1")
    assert (await anext(changes)).key == "1"


async def test_a_stream_that_is_gone_is_not_found(stream: FakeStream) -> None:
    stream.shard("a")
    changes = stream.database().changes(Note)
    await changes.begin()
    stream.fail("GetRecords", "ResourceNotFoundException")
    with pytest.raises(TableNotFound):
        await anext(changes)


async def test_data_that_is_trimmed_under_an_iterator_is_read_from_what_is_left(
    stream: FakeStream,
) -> None:
    stream.shard("a")
    stream.write("a", "1")
    changes = stream.database().changes(Note, start="oldest")
    stream.before = lambda operation, _: (
        setattr(stream.shards["a"], "trimmed", 1) if operation == "GetRecords" else None
    )
    await changes.begin()
    stream.write("a", "2")
    assert (await anext(changes)).key == "2"


async def test_an_iterator_that_is_refused_again_and_again_is_an_error(
    stream: FakeStream,
) -> None:
    stream.shard("a")
    stream.fail("GetRecords", "ValidationException", 4)
    with pytest.raises(InvalidRequest, match="ValidationException it is"):
        await rest(stream)


async def test_a_fence_that_expired_is_put_up_again(stream: FakeStream) -> None:
    stream.page = 1
    stream.shard("a")
    stream.write("a", *"123")
    changes = stream.database().changes(Note, start="oldest", follow=False)
    found: list[str] = []
    async for change in changes:
        found.append(change.key)
        stream.now += 16 * 60
    assert found == ["1", "2", "3"]


# The end


async def test_a_stream_that_was_switched_off_is_read_to_its_end_and_then_an_error(
    stream: FakeStream,
) -> None:
    stream.shard("a")
    stream.write("a", "1")
    stream.split("a")
    stream.status = "DISABLED"
    changes = stream.database().changes(Note, start="oldest")
    assert (await anext(changes)).key == "1"
    with pytest.raises(InvalidRequest, match="switched off"):
        await anext(changes)
    assert keys(await rest(stream)) == ["1"]


async def test_closing_the_database_ends_a_wait(stream: FakeStream) -> None:
    stream.shard("a")
    database = stream.database()

    async def sleep(_: float) -> None:
        await database.close()

    database.session.sleep = sleep
    with pytest.raises(DatabaseClosed):
        await anext(database.changes(Note))


async def test_a_cancelled_wait_loses_nothing_and_leaves_no_task_behind(
    stream: FakeStream,
) -> None:
    stream.shard("a")
    stream.shard("b")
    database = stream.database()
    asleep = asyncio.Event()

    async def sleep(_: float) -> None:
        asleep.set()
        await asyncio.Event().wait()

    database.session.sleep = sleep
    changes = database.changes(Note)
    waiting = asyncio.ensure_future(anext(changes))
    await asleep.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert asyncio.all_tasks() == {asyncio.current_task()}
    stream.write("a", "1")
    assert (await anext(changes)).key == "1"


# Positions of other streams


async def test_a_position_in_a_stream_that_was_switched_off_and_on_says_what_is_lost(
    stream: FakeStream,
) -> None:
    stream.shard("a")
    stream.write("a", "1")
    (change,) = await rest(stream)
    stream.arn = ARN[:-1] + "9"
    with pytest.raises(ChangesLost, match="switched off and on again"):
        await rest(stream, start=change.position)
    stream.arn = ARN.replace("notes", "others")
    with pytest.raises(InvalidCursor, match="belongs to the stream"):
        await rest(stream, start=change.position)
