"""A second region asked while the first one is slow."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from anydynamo.adapters.regions.requests import OUTAGES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

__all__ = ["hedge"]

T = TypeVar("T")


async def hedge(
    attempts: Sequence[Callable[[], Coroutine[Any, Any, T]]],
    delay: float,
    sleep: Callable[[float], Awaitable[None]],
) -> T:
    """Return the first answer of several attempts, and cancel those that still run.

    The second attempt begins after a delay, and each further one when another has failed as a
    region fails. What the first refuses is refused; what a later one refuses does not count while
    another may still answer.

    Args:
        attempts: What to try, in order; the first begins at once.
        delay: After how many seconds the second begins.
        sleep: Waits so many seconds.

    Raises:
        AnyDynamoError: No attempt gave an answer: the first one's error.
    """
    waiting = iter(attempts)
    first = asyncio.ensure_future(next(waiting)())
    # In the order in which they began, which decides between answers that come at once.
    running = [first]
    timer: asyncio.Future[None] | None = asyncio.ensure_future(sleep(delay))
    failures: list[BaseException] = []
    try:
        while True:
            await asyncio.wait(
                [*running, *([timer] if timer else ())], return_when=asyncio.FIRST_COMPLETED
            )
            more = 0
            if timer is not None and timer.done():
                timer.result()
                timer, more = None, 1
            for task in [one for one in running if one.done()]:
                error = task.exception()
                if error is None or (task is first and not isinstance(error, OUTAGES)):
                    return task.result()
                running.remove(task)
                failures.insert(0 if task is first else len(failures), error)
                more += 1
            for _ in range(more):
                following = next(waiting, None)
                if following is not None:
                    running.append(asyncio.ensure_future(following()))
            if not running:
                raise failures[0]
    finally:
        rest: list[asyncio.Future[Any]] = [*running, *([timer] if timer else ())]
        for one in rest:
            one.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
