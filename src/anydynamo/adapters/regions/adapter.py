"""`Regions`: an adapter over one adapter for each region of a global table."""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from anydynamo.adapters.protocol import ProviderInfo, RegionState
from anydynamo.adapters.regions.board import Board
from anydynamo.adapters.regions.health import Failover
from anydynamo.adapters.regions.hedging import hedge
from anydynamo.adapters.regions.requests import (
    OUTAGES,
    Kind,
    kind_of,
    may_be_repeated,
    speaks_against_region,
)
from anydynamo.errors import AnyDynamoError, ConfigurationError, DatabaseClosed, Unreachable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from anydynamo.adapters.protocol import DatabaseAdapter
    from anydynamo.adapters.regions.board import RegionEvent

__all__ = ["Regions"]

_log = logging.getLogger("anydynamo")


async def _list_tables(adapter: DatabaseAdapter) -> None:
    await adapter.call("ListTables", {"Limit": 1})


class Regions:
    """The regions of a global table as one adapter.

    Calls go to the first region that is trusted. Reads that need not be consistent are repeated in
    another as soon as theirs fails. Writes, consistent reads and transactions go where calls go and
    nowhere else: they are repeated when their region has failed for all calls, and then a write
    only if it was never sent or leaves the same items when it is applied twice. Otherwise the error
    goes to the caller, and what happened is not known. What is not about items, streams included,
    is asked of the preferred region alone.

    A region that failed is probed when calls are made: in the background, or on the way if the
    adapters are blocking. Closing this closes the adapters inside.

    Args:
        adapters: The adapters, by the names of their regions; the preferred one first.
        failover: When calls go to another region, and when they come back.
        hedge_after: After how many seconds a read that need not be consistent is sent to a second
            region too; None never does. The first answer wins, and the other call is cancelled.
        on_event: Is told what happens to the regions, in the middle of a call: it must not wait.
            What it raises is logged.
        probe: Asks a region whether it works; by default for its tables. An error that DynamoDB
            itself answered with shows that it does.
        clock: Seconds that only grow.
        sleep: Waits so many seconds, for `hedge_after`; a test puts its own here.

    Raises:
        ConfigurationError: There are fewer than two regions, one adapter serves two, or hedging is
            asked of adapters that are blocking and cannot be asked at once.
    """

    def __init__(
        self,
        adapters: Mapping[str, DatabaseAdapter],
        *,
        failover: Failover | None = None,
        hedge_after: float | None = None,
        on_event: Callable[[RegionEvent], None] | None = None,
        probe: Callable[[DatabaseAdapter], Awaitable[None]] = _list_tables,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._adapters = dict(adapters)
        different = {id(adapter) for adapter in self._adapters.values()}
        if len(different) < max(2, len(self._adapters)):
            raise ConfigurationError(
                f"Failing over takes two regions or more, each with an adapter of its own; given "
                f"were {', '.join(self._adapters) or 'none'}"
            )
        self._blocking = any(adapter.info.blocking for adapter in self._adapters.values())
        if hedge_after is not None:
            if not hedge_after >= 0:
                raise ConfigurationError(
                    f"hedge_after must be a number of seconds, and is {hedge_after!r}"
                )
            if self._blocking:
                raise ConfigurationError(
                    "hedge_after asks for two calls at once, and a blocking adapter answers one "
                    "after the other; leave it out"
                )
        self._failover = failover or Failover()
        self._hedge_after = hedge_after
        self._probe = probe
        self._sleep = sleep
        self._board = Board(list(self._adapters), self._failover, clock, on_event)
        self._probes: set[asyncio.Task[None]] = set()
        self._closed = False

    def __repr__(self) -> str:
        return f"Regions({', '.join(self._adapters)}: {self.active})"

    @property
    def info(self) -> ProviderInfo:
        """What the active region's adapter is, and the state of each region."""
        board = self._board
        active = board.active
        info = self._adapters[active].info
        others = ", ".join(region for region in self._adapters if region != active)
        return ProviderInfo(
            info.provider,
            f"{info.location} (active of {active}, {others})",
            self._blocking,
            active,
            tuple(
                RegionState(
                    region,
                    "up" if board.health(region).up else "down",
                    active=region == active,
                    preferred=region == board.preferred,
                    reason=board.health(region).reason,
                )
                for region in self._adapters
            ),
        )

    @property
    def active(self) -> str:
        """The region that calls go to."""
        return self._board.active

    @property
    def preferred(self) -> str:
        """The region that calls go to when all is well."""
        return self._board.preferred

    def prefer(self, region: str) -> None:
        """Prefer a region, and let calls go there at once, whatever is known of it.

        Calls that are under way end where they are.

        Raises:
            ConfigurationError: There is no such region.
        """
        if region not in self._adapters:
            raise ConfigurationError(
                f"There is no region {region!r} here; there are {', '.join(self._adapters)}"
            )
        self._board.prefer(region)

    async def check(self) -> dict[str, str | None]:
        """Probe each region now, one after the other, and change nothing.

        Returns:
            For each region why it does not answer, or None if it does.
        """
        self._check_open("A check")
        return {region: await self._ask_whether_up(region) for region in self._adapters}

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out one operation in the region that it belongs to; see `DatabaseAdapter.call`.

        Raises:
            AnyDynamoError: What the region says, or DatabaseClosed.
        """
        self._check_open(operation)
        kind = kind_of(operation, request)
        board = self._board
        if kind is Kind.HOME:
            return await self._adapters[board.preferred].call(operation, request)
        if board.ailing:
            await self._probe_those_due()
        if kind is Kind.READ and self._hedge_after is not None:
            regions = [board.active]
            while (region := board.next(regions, anywhere=True)) is not None:
                regions.append(region)
            attempts = [partial(self._ask, region, operation, request) for region in regions]
            return await hedge(attempts, self._hedge_after, self._sleep)
        return await self._follow(kind, operation, request)

    async def close(self) -> None:
        """Close the adapters inside. Closing twice is no error."""
        self._closed = True
        probes = list(self._probes)
        for probe in probes:
            probe.cancel()
        if probes:
            await asyncio.gather(*probes, return_exceptions=True)
        failures: list[AnyDynamoError] = []
        for adapter in self._adapters.values():
            try:
                await adapter.close()
            except AnyDynamoError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    async def _follow(
        self, kind: Kind, operation: str, request: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Ask the active region, and others while they fail and the request allows for it."""
        tried: list[str] = []
        region = self._board.active
        doubt: AnyDynamoError | None = None
        while True:
            tried.append(region)
            try:
                return await self._ask(region, operation, request)
            except AnyDynamoError as error:
                following: str | None = None
                if isinstance(error, OUTAGES) and may_be_repeated(kind, error):
                    following = self._board.next(tried, anywhere=kind is Kind.READ)
                if following is None:
                    if doubt is not None:
                        # It speaks of this region. In an earlier one the write may have happened.
                        raise doubt from error
                    raise
                if kind is Kind.SAME and not isinstance(error, Unreachable):
                    doubt = error
                region = following

    async def _ask(self, region: str, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        epoch = self._board.health(region).epoch
        try:
            answer = await self._adapters[region].call(operation, request)
        except AnyDynamoError as error:
            if speaks_against_region(error):
                self._board.failed(region, epoch, str(error))
            elif error.code is not None:
                # What has DynamoDB's code is its answer.
                self._board.succeeded(region, epoch)
            raise
        self._board.succeeded(region, epoch)
        return answer

    async def _probe_those_due(self) -> None:
        for region, epoch in self._board.begin_probes():
            if self._blocking:
                await self._probe_one(region, epoch)
            else:
                task = asyncio.ensure_future(self._probe_one(region, epoch))
                self._probes.add(task)
                task.add_done_callback(self._probes.discard)

    async def _probe_one(self, region: str, epoch: int) -> None:
        reason: str | None = "The probe was cancelled"
        try:
            reason = await self._ask_whether_up(region)
        finally:
            self._board.end_probe(region, epoch, reason)

    async def _ask_whether_up(self, region: str) -> str | None:
        """Return why a region does not answer, or None if it does."""
        probe = self._probe(self._adapters[region])
        try:
            if self._blocking:
                await probe
            else:
                async with asyncio.timeout(self._failover.probe_timeout):
                    await probe
        except AnyDynamoError as error:
            answered = error.code is not None and not isinstance(error, OUTAGES)
            return None if answered else str(error)
        except TimeoutError:
            return f"No answer within {self._failover.probe_timeout:g} seconds"
        except Exception as error:
            # It may be the user's own; where it runs in the background nobody else would see it.
            _log.exception("The probe of the region %s failed", region)
            return repr(error)
        return None

    def _check_open(self, operation: str) -> None:
        if self._closed:
            raise DatabaseClosed(
                f"{operation} on closed regions ({', '.join(self._adapters)}); open them again",
                operation=operation,
            )
