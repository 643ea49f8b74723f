"""Coroutines that are begun without a task."""

from __future__ import annotations

import asyncio

import pytest

from anydynamo.server.begun import Begun


async def test_what_does_not_wait_has_ended_at_once() -> None:
    async def seven() -> int:
        return 7

    begun = Begun(seven())
    assert begun.ended
    assert begun.result == 7


async def test_what_waits_goes_on_when_it_is_awaited() -> None:
    loop = asyncio.get_running_loop()
    first: asyncio.Future[int] = loop.create_future()
    second: asyncio.Future[int] = loop.create_future()

    async def add() -> int:
        return await first + await second

    begun = Begun(add())
    assert not begun.ended
    task = asyncio.ensure_future(begun)
    first.set_result(3)
    await asyncio.sleep(0)
    second.set_result(4)
    assert await task == 7


async def test_errors_and_cancellation_reach_it_where_it_waits() -> None:
    met: list[str] = []

    async def wait(until: asyncio.Future[None]) -> str:
        try:
            await until
        except (ValueError, asyncio.CancelledError) as error:
            met.append(type(error).__name__)
            raise
        return "unreachable"

    failing = asyncio.get_running_loop().create_future()
    begun = Begun(wait(failing))
    failing.set_exception(ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        await begun
    task = asyncio.ensure_future(Begun(wait(asyncio.get_running_loop().create_future())))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert met == ["ValueError", "CancelledError"]
