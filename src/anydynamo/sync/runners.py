"""Two ways to run a coroutine for somebody who cannot await."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from anydynamo.errors import DatabaseClosed, NotSupported

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine

__all__ = ["DirectRunner", "LoopRunner", "Runner"]

T = TypeVar("T")


class Runner(Protocol):
    """Runs coroutines to their end, from any thread."""

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine and return its result, or raise its error."""
        ...

    def close(self) -> None:
        """Release what `run` needed; closing twice is no error."""
        ...


class DirectRunner:
    """Runs coroutines that never wait, on the caller's own thread.

    No event loop is needed, and one that is running is not disturbed.
    """

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine.

        Raises:
            NotSupported: It waited for something, though its adapter says that it never does.
        """
        try:
            coroutine.send(None)
        except StopIteration as stop:
            result: T = stop.value
            return result
        coroutine.close()
        raise NotSupported(
            "This waited for an event loop, and over an embedded provider there is none: what "
            "`run` is given may await the database, and not, say, asyncio.sleep. If it was an "
            "adapter of your own that waited, let its info say blocking=False"
        )

    def close(self) -> None:
        """Do nothing: there is nothing to release."""


class LoopRunner:
    """Runs coroutines on an event loop in a thread of its own, which the first one starts.

    The thread does not keep the process alive.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stop: asyncio.Event | None = None
        self._process = os.getpid()
        self._closed = False

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine; interrupting the wait cancels it.

        Raises:
            DatabaseClosed: The runner was closed.
            NotSupported: The process was forked since the runner was made.
        """
        import asyncio

        try:
            loop = self._running()
        except BaseException:
            coroutine.close()
            raise
        future = asyncio.run_coroutine_threadsafe(coroutine, loop)
        try:
            return future.result()
        except BaseException:
            # KeyboardInterrupt in the waiting thread; after an error of its own it does nothing.
            future.cancel()
            raise

    def close(self) -> None:
        """Stop the loop and wait for its thread."""
        with self._lock:
            self._closed = True
            loop, thread, stop = self._loop, self._thread, self._stop
            self._loop = self._thread = self._stop = None
        if loop is not None and thread is not None and stop is not None:
            loop.call_soon_threadsafe(stop.set)
            thread.join()

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._closed:
                raise DatabaseClosed("This database is closed; open another")
            if self._process != os.getpid():
                raise NotSupported(
                    "This database was opened before the process was forked, and its event loop "
                    "stayed behind; open it in the new process"
                )
            if self._loop is None:
                self._start()
            assert self._loop is not None  # noqa: S101 - `_start` waits for it
            return self._loop

    def _start(self) -> None:
        import asyncio

        ready = threading.Event()

        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            self._stop = stop = asyncio.Event()
            ready.set()
            await stop.wait()

        self._thread = threading.Thread(
            target=lambda: asyncio.run(serve()), name="anydynamo", daemon=True
        )
        self._thread.start()
        ready.wait()
