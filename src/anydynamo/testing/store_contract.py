"""What every store must do, as a test class to be subclassed once per store.

```python
class TestMyStore(StoreContract):
    def open(self, place):
        return MyStore(place / "data")

    def peek(self, place, store):
        return read_without_my_store(place / "data")

    def poke(self, place, store, space, key, value):
        write_without_my_store(place / "data", space, key, value)
```

`peek` and `poke` reach the data without the store under test, so that no write is checked by the
read that it broke. The tests are coroutines; they need pytest-asyncio with `asyncio_mode = "auto"`.
"""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from functools import partial
from itertools import islice, product
from typing import TYPE_CHECKING, ClassVar

import pytest

from anydynamo.errors import DatabaseClosed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from anydynamo.engine.store import Reader, Store, Writer

__all__ = ["Pairs", "Refusal", "StoreContract"]

Pairs = dict[str, dict[bytes, bytes]]
"""Spaces by name; empty ones may be left out."""

_KEYS = tuple(bytes((first, second)) for first in (0, 7, 255) for second in (0, 128, 255))


class Refusal(Exception):
    """What the contract's pieces of work raise, so that nothing else is taken for it."""


class StoreContract(ABC):
    """The tests of one store.

    Attributes:
        durable: Whether opening a place again finds what was written there.
    """

    durable: ClassVar[bool] = True

    @abstractmethod
    def open(self, place: Path) -> Store:
        """Open the store that keeps its data in a folder; opened again, it finds the same data."""

    @abstractmethod
    def peek(self, place: Path, store: Store) -> Pairs:
        """Return all that is stored, without going through the store."""

    @abstractmethod
    def poke(self, place: Path, store: Store, space: str, key: bytes, value: bytes) -> None:
        """Store a pair without going through the store, as another process would."""

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        """An empty store."""
        store = self.open(tmp_path)
        yield store
        await store.close()

    async def test_an_empty_store_holds_nothing(self, store: Store) -> None:
        assert await store.read(lambda reader: reader.get("a", b"k")) is None
        assert await store.read(lambda reader: list(reader.scan("a"))) == []

    async def test_a_write_lies_where_the_store_keeps_its_data(
        self, store: Store, tmp_path: Path
    ) -> None:
        await store.write(lambda writer: writer.put("a", b"k", b"v"))
        assert self.peek(tmp_path, store) == {"a": {b"k": b"v"}}

    async def test_what_another_process_wrote_is_read(self, store: Store, tmp_path: Path) -> None:
        await store.write(lambda writer: writer.put("a", b"k", b"v"))
        self.poke(tmp_path, store, "a", b"k", b"other")
        assert await store.read(lambda reader: reader.get("a", b"k")) == b"other"

    async def test_a_write_sees_what_another_process_wrote(
        self, store: Store, tmp_path: Path
    ) -> None:
        await store.write(lambda writer: writer.put("a", b"k", b"v"))
        self.poke(tmp_path, store, "a", b"k", b"other")
        assert await store.write(lambda writer: writer.get("a", b"k")) == b"other"

    async def test_work_returns_its_result(self, store: Store) -> None:
        assert await store.read(lambda _: ["read"]) == ["read"]
        assert await store.write(lambda _: ["write"]) == ["write"]

    async def test_a_put_overwrites(self, store: Store, tmp_path: Path) -> None:
        await store.write(lambda writer: writer.put("a", b"k", b"first"))
        await store.write(lambda writer: writer.put("a", b"k", b"second"))
        assert self.peek(tmp_path, store) == {"a": {b"k": b"second"}}

    @pytest.mark.parametrize("value", [b"", b"\x00", bytes(range(256)), b"x" * 409_600])
    async def test_values_of_any_content_and_size_come_back(
        self, store: Store, value: bytes
    ) -> None:
        await store.write(lambda writer: writer.put("a", b"k", value))
        assert await store.read(lambda reader: reader.get("a", b"k")) == value

    async def test_spaces_do_not_see_each_other(self, store: Store) -> None:
        def work(writer: Writer) -> None:
            for space in ("a", "a/b", "aa", "ä", "A"):
                writer.put(space, b"k", space.encode())

        await store.write(work)
        for space in ("a", "a/b", "aa", "ä", "A"):
            found = await store.read(partial(_walk, space=space))
            assert found == [(b"k", space.encode())]

    async def test_a_delete_removes_one_key(self, store: Store, tmp_path: Path) -> None:
        await _fill(store)
        await store.write(lambda writer: writer.delete("a", _KEYS[0]))
        assert self.peek(tmp_path, store)["a"] == {key: key for key in _KEYS[1:]}

    async def test_deleting_what_is_not_there_is_no_error(self, store: Store) -> None:
        await store.write(lambda writer: writer.delete("a", b"k"))
        await _fill(store)
        await store.write(lambda writer: writer.delete("a", b"nothing"))
        assert len(await store.read(lambda reader: list(reader.scan("a")))) == len(_KEYS)

    async def test_clear_removes_one_space(self, store: Store, tmp_path: Path) -> None:
        await _fill(store)
        await store.write(lambda writer: writer.put("ab", b"k", b"v"))
        await store.write(lambda writer: writer.clear("a"))
        await store.write(lambda writer: writer.clear("nothing"))
        assert {space: pairs for space, pairs in self.peek(tmp_path, store).items() if pairs} == {
            "ab": {b"k": b"v"}
        }

    @pytest.mark.parametrize("reverse", [False, True])
    async def test_a_walk_yields_the_range_in_the_order_of_bytes(
        self, store: Store, *, reverse: bool
    ) -> None:
        await _fill(store)
        edges = (b"", *_KEYS, b"\x07", b"\x07\x80\x00", b"\xff\xff\xff")
        for start, end in product(edges, (None, *edges)):
            expected = [
                (key, key)
                for key in sorted(_KEYS, reverse=reverse)
                if start <= key and (end is None or key < end)
            ]
            found = await store.read(
                partial(_walk, space="a", start=start, end=end, reverse=reverse)
            )
            assert found == expected, (start, end)

    async def test_walks_may_run_side_by_side(self, store: Store) -> None:
        await _fill(store)

        def work(reader: Reader) -> list[tuple[bytes, bytes]]:
            forwards = reader.scan("a")
            backwards = reader.scan("a", reverse=True)
            return [(next(forwards)[0], next(backwards)[0]) for _ in _KEYS]

        expected = list(zip(sorted(_KEYS), sorted(_KEYS, reverse=True), strict=True))
        assert await store.read(work) == expected

    async def test_a_walk_left_unfinished_does_no_harm(self, store: Store, tmp_path: Path) -> None:
        await _fill(store)
        await store.read(lambda reader: next(reader.scan("a")))
        await store.write(lambda writer: list(islice(writer.scan("a"), 2)))
        await store.write(lambda writer: writer.clear("a"))
        assert not self.peek(tmp_path, store).get("a")

    async def test_a_write_sees_its_own_writes(self, store: Store) -> None:
        def work(writer: Writer) -> list[object]:
            seen: list[object] = [writer.get("a", b"k")]
            writer.put("a", b"k", b"v")
            seen.append(writer.get("a", b"k"))
            seen.append(list(writer.scan("a")))
            writer.delete("a", b"k")
            seen.append(writer.get("a", b"k"))
            writer.put("a", b"k", b"again")
            writer.clear("a")
            seen.append(list(writer.scan("a")))
            return seen

        assert await store.write(work) == [None, b"v", [(b"k", b"v")], None, []]

    async def test_a_write_that_raises_leaves_no_trace(self, store: Store, tmp_path: Path) -> None:
        await _fill(store)
        await store.write(lambda writer: writer.put("b", b"k", b"v"))
        before = self.peek(tmp_path, store)
        refusal = Refusal()

        def work(writer: Writer) -> None:
            writer.put("a", _KEYS[0], b"changed")
            writer.put("a", b"new", b"v")
            writer.delete("a", _KEYS[1])
            writer.put("a", _KEYS[1], b"back")
            writer.clear("b")
            writer.put("b", b"other", b"v")
            writer.put("new space", b"k", b"v")
            raise refusal

        with pytest.raises(Refusal) as caught:
            await store.write(work)
        assert caught.value is refusal
        assert self.peek(tmp_path, store) == before
        await store.write(lambda writer: writer.put("new space", b"k", b"v"))
        assert await store.read(lambda reader: reader.get("new space", b"k")) == b"v"
        assert await store.read(lambda reader: list(reader.scan("b"))) == [(b"k", b"v")]

    async def test_a_read_that_raises_leaves_the_store_usable(self, store: Store) -> None:
        await _fill(store)

        def work(reader: Reader) -> None:
            next(reader.scan("a"))
            raise Refusal

        with pytest.raises(Refusal):
            await store.read(work)
        assert len(await store.read(lambda reader: list(reader.scan("a")))) == len(_KEYS)

    async def test_one_write_that_raises_does_not_harm_those_beside_it(
        self, store: Store, tmp_path: Path
    ) -> None:
        def work(writer: Writer, number: int) -> int:
            # Each touches a space of its own and a common one, so that undoing must be exact.
            writer.put(f"own {number}", b"k", b"v")
            writer.put("common", b"%d" % number, b"v")
            if number % 3 == 0:
                raise Refusal
            return number

        results = await asyncio.gather(
            *(store.write(partial(work, number=n)) for n in range(30)),
            return_exceptions=True,
        )
        kept = [number for number in range(30) if number % 3]
        assert [result for result in results if not isinstance(result, Refusal)] == kept
        stored = {space: pairs for space, pairs in self.peek(tmp_path, store).items() if pairs}
        assert stored.pop("common") == {b"%d" % number: b"v" for number in kept}
        assert stored == {f"own {number}": {b"k": b"v"} for number in kept}

    async def test_writes_at_once_lose_no_update(self, store: Store, tmp_path: Path) -> None:
        await asyncio.gather(*(store.write(_increment) for _ in range(100)))
        assert self.peek(tmp_path, store) == {"a": {b"counter": b"100"}}

    async def test_threads_with_loops_of_their_own_lose_no_update(
        self, store: Store, tmp_path: Path
    ) -> None:
        async def several() -> None:
            await asyncio.gather(*(store.write(_increment) for _ in range(10)))

        threads = [threading.Thread(target=lambda: asyncio.run(several())) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            await asyncio.to_thread(thread.join)
        assert self.peek(tmp_path, store) == {"a": {b"counter": b"40"}}

    async def test_a_read_sees_a_write_whole_or_not_at_all(self, store: Store) -> None:
        def put_all(writer: Writer, value: bytes) -> None:
            for key in _KEYS:
                writer.put("a", key, value)

        def seen(reader: Reader) -> int:
            by_get = {reader.get("a", key) for key in _KEYS}
            return len(by_get | {value for _, value in reader.scan("a")})

        async def write_on() -> None:
            for number in range(50):
                await store.write(partial(put_all, value=b"%d" % number))

        await store.write(lambda writer: put_all(writer, b"first"))
        writing = asyncio.create_task(write_on())
        while not writing.done():
            assert await store.read(seen) == 1
            await asyncio.sleep(0)
        await writing

    async def test_a_cancelled_write_is_whole_or_absent_and_the_store_goes_on(
        self, store: Store, tmp_path: Path
    ) -> None:
        def work(writer: Writer, number: int) -> None:
            writer.put("a", b"%d" % number, b"v")
            writer.put("b", b"%d" % number, b"v")

        tasks = [asyncio.ensure_future(store.write(partial(work, number=n))) for n in range(40)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        await store.write(lambda writer: work(writer, 1000))
        stored = self.peek(tmp_path, store)
        assert stored["a"] == stored["b"]
        acknowledged = {b"%d" % n for n, result in enumerate(results) if result is None}
        assert acknowledged | {b"1000"} <= set(stored["a"])
        assert set(range(1, 40, 2)) <= {int(key) for key in acknowledged}

    async def test_what_was_acknowledged_is_there_after_opening_again(self, tmp_path: Path) -> None:
        store = self.open(tmp_path)
        await _fill(store)
        await store.write(lambda writer: writer.clear("b"))
        await store.close()
        again = self.open(tmp_path)
        try:
            expected = {key: key for key in _KEYS} if self.durable else {}
            assert await again.read(lambda reader: dict(reader.scan("a"))) == expected
        finally:
            await again.close()

    async def test_a_closed_store_says_so(self, tmp_path: Path) -> None:
        store = self.open(tmp_path)
        await store.write(lambda writer: writer.put("a", b"k", b"v"))
        await store.close()
        await store.close()
        with pytest.raises(DatabaseClosed, match="closed"):
            await store.read(lambda reader: reader.get("a", b"k"))
        with pytest.raises(DatabaseClosed, match="closed"):
            await store.write(lambda writer: writer.put("a", b"k", b"v"))

    async def test_closing_waits_for_what_was_accepted(self, tmp_path: Path) -> None:
        store = self.open(tmp_path)
        tasks = [asyncio.ensure_future(store.write(_increment)) for _ in range(20)]
        await asyncio.sleep(0)
        await store.close()
        await asyncio.gather(*tasks)
        if self.durable:
            assert self.peek(tmp_path, store) == {"a": {b"counter": b"20"}}

    async def test_it_can_be_closed_unused(self, tmp_path: Path) -> None:
        store = self.open(tmp_path)
        await store.close()

    async def test_it_says_where_the_data_lies(self, store: Store) -> None:
        assert store.location

    async def test_it_holds_no_items_of_tables_to_come(self, store: Store) -> None:
        assert await store.write(lambda writer: writer.adopt("users")) == []


async def _fill(store: Store) -> None:
    def work(writer: Writer) -> None:
        for key in _KEYS:
            writer.put("a", key, key)

    await store.write(work)


def _walk(
    reader: Reader,
    space: str,
    start: bytes = b"",
    end: bytes | None = None,
    *,
    reverse: bool = False,
) -> list[tuple[bytes, bytes]]:
    return list(reader.scan(space, start=start, end=end, reverse=reverse))


def _increment(writer: Writer) -> None:
    count = int(writer.get("a", b"counter") or b"0")
    writer.put("a", b"counter", b"%d" % (count + 1))
