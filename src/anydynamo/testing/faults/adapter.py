"""`Faults`: an adapter around another, whose calls go wrong as a script says."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from anydynamo.errors import AnyDynamoError, DatabaseClosed, InvalidRequest, TableNotFound
from anydynamo.testing.faults.asked import Asked, Schemas
from anydynamo.testing.faults.batches import without
from anydynamo.testing.faults.effects import Clash, Delay, Lag, Leave, Lose, Refuse
from anydynamo.testing.faults.lagging import LaggingCopy
from anydynamo.testing.faults.refusals import conflicted, lost, refused
from anydynamo.testing.faults.script import Script

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from anydynamo.adapters.protocol import DatabaseAdapter, ProviderInfo
    from anydynamo.testing.faults.rules import Rule
    from anydynamo.testing.faults.script import Hit

__all__ = ["Faults", "Injected", "pause"]

MOST_INJECTED: Final = 10_000
"""Faults that are remembered; older ones are forgotten."""


async def pause(seconds: float) -> None:
    """Wait: on the event loop if one runs in this thread, and otherwise without any."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        time.sleep(seconds)  # noqa: ASYNC251 - there is no loop that this could hold up
    else:
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Injected:
    """A fault that took place.

    Attributes:
        call: Which of the adapter's calls it was, from 1.
        fault: The fault's name, such as `throttle`.
        operation: The operation.
        tables: The names of the tables that the request was about, sorted.
        rule: The rule that acted.
    """

    call: int
    fault: str
    operation: str
    tables: tuple[str, ...]
    rule: Rule


class Faults:
    """An adapter that lets the calls to another fail, wait or lie as the service does at times.

        faults = Faults(adapter, [throttle("PutItem", times=3)], seed=7)

    The same rules, seed and order of calls give the same faults. Awaited or blocking, it works as
    the adapter inside does; it waits with `sleep` alone. Closing it closes the adapter inside.

    Args:
        adapter: What answers; any adapter.
        rules: What goes wrong; see `throttle`, `fail`, `lose_request`, `lose_reply`,
            `leave_unprocessed`, `conflict`, `in_progress`, `stale`, `slow`, `expire_token`. Of
            those that would act on a call the first one does; delays all do, before.
        seed: What all that is random follows from.
        clock: Seconds that only grow, for `between` and `stale`.
        sleep: Waits so many seconds. If it is not given, the event loop waits if one runs in this
            thread, and otherwise the thread: with the blocking facade inside a running loop, give
            one that does not await.
    """

    def __init__(
        self,
        adapter: DatabaseAdapter,
        rules: Iterable[Rule] = (),
        *,
        seed: int | str = 0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = pause,
    ) -> None:
        self._adapter = adapter
        self._sleep = sleep
        self._script = Script(rules, seed=seed, clock=clock)
        self._schemas = Schemas(adapter)
        self._copy = LaggingCopy(adapter, self._schemas, clock)
        self._injected: deque[Injected] = deque(maxlen=MOST_INJECTED)
        self._calls = 0

    @property
    def info(self) -> ProviderInfo:
        """What the adapter inside is."""
        return self._adapter.info

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, in order."""
        return self._script.rules

    @property
    def injected(self) -> tuple[Injected, ...]:
        """The faults that took place, in order: the last ten thousand."""
        return tuple(self._injected)

    def add(self, *rules: Rule) -> None:
        """Add rules after those that are there."""
        self._script.add(rules)

    def clear(self) -> None:
        """Drop all rules, so that calls go through; what was injected stays written down."""
        self._script.clear()

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out one operation, or let it go wrong; see `DatabaseAdapter.call`.

        Raises:
            AnyDynamoError: What the adapter inside, or a fault, says.
        """
        self._calls += 1
        number = self._calls
        asked = Asked.of(operation, request)
        hits = self._script.hits(asked)
        for hit in hits:
            if isinstance(hit.rule.effect, Delay):
                self._note(number, asked, hit.rule)
                await self._sleep(hit.rule.effect.seconds)
        for hit in hits:
            if not isinstance(hit.rule.effect, Delay):
                return await self._act(number, asked, hit.rule.effect, hit)
        return await self._through(asked)

    async def close(self) -> None:
        """Close the adapter inside."""
        await self._copy.close()
        await self._adapter.close()

    async def _act(
        self, number: int, asked: Asked, effect: Refuse | Lose | Leave | Clash | Lag, hit: Hit
    ) -> dict[str, Any]:
        if isinstance(effect, Lag):
            answer = await self._copy.read(asked, self._lag)
            if answer is None:
                return await self._through(asked)
            self._note(number, asked, hit.rule)
            return answer
        self._note(number, asked, hit.rule)
        match effect:
            case Refuse():
                if effect.applied:
                    await self._outcome(asked)
                raise refused(asked, effect, hit.rule.index, hit.rule.concerned(asked))
            case Lose():
                reply = await self._outcome(asked) if effect.applied else {}
                raise lost(asked, effect.how, reply)
            case Leave():
                places = hit.rule.concerned(asked)
                left = {place for place in places if hit.random.random() < effect.share}
                return await without(asked, left or {hit.random.choice(places)}, self._through)
            case Clash():
                places = hit.rule.concerned(asked)
                place = hit.random.choice(places)
                if asked.operation == "BatchExecuteStatement":
                    return await without(asked, {place}, self._through)
                raise conflicted(asked, {place})

    async def _outcome(self, asked: Asked) -> dict[str, Any] | AnyDynamoError:
        """Carry a request out, and return what nobody will be told."""
        try:
            return await self._through(asked)
        except DatabaseClosed:
            raise
        except AnyDynamoError as error:
            return error

    async def _through(self, asked: Asked) -> dict[str, Any]:
        """Let a request pass, and keep the copy of what it writes, if there is to be one."""
        lags = any(isinstance(rule.effect, Lag) for rule in self._script.rules)
        noted = lags and asked.writes
        if noted:
            try:
                await self._schemas.learn(asked.tables)
                await self._copy.prepare(asked.tables)
            except (InvalidRequest, TableNotFound):
                # The request will be refused for it, in its own words.
                noted = False
        try:
            answer = await self._adapter.call(asked.operation, asked.request)
        except AnyDynamoError as error:
            if noted and error.retryable:
                # It may have been applied.
                await self._copy.note(asked)
            raise
        if noted:
            await self._copy.note(asked)
        if asked.alters:
            self._schemas.forget(asked.tables)
            await self._copy.forget(asked.tables)
        return answer

    def _note(self, number: int, asked: Asked, rule: Rule) -> None:
        tables = tuple(sorted(asked.tables))
        self._injected.append(Injected(number, rule.effect.name, asked.operation, tables, rule))

    @property
    def _lag(self) -> float:
        """For how long a write is not seen: the copy goes forward only, so it is one for all."""
        effects = (rule.effect for rule in self._script.rules)
        return max((effect.seconds for effect in effects if isinstance(effect, Lag)), default=0.0)
