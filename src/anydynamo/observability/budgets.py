"""Budgets: what a block of code may consume, counted by what the provider says."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from anydynamo.errors import BudgetExceeded, InvalidRequest
from anydynamo.observability import reading

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    from anydynamo.adapters.protocol import DatabaseAdapter, ProviderInfo

__all__ = ["Budgeted", "Spending"]


class Spending:
    """What a `with` block has consumed, and may consume.

    It counts what the calls inside of it consume, those of tasks that were started inside included.
    What DynamoDB charges for a call that failed is not counted, since it does not say it.

    Attributes:
        read: The read capacity units that were consumed.
        write: The write capacity units that were consumed.
        calls: How many calls said what they consumed.
    """

    def __init__(self, adapter: Budgeted, read: float | None, write: float | None) -> None:
        for name, limit in (("read", read), ("write", write)):
            # Not `< 0`, which lets what is no number pass.
            if limit is not None and not limit >= 0:
                raise InvalidRequest(
                    f"A budget's {name} is a number of capacity units from 0 up, not {limit!r}"
                )
        self._adapter = adapter
        self._read_limit = read
        self._write_limit = write
        self._around: tuple[Spending, ...] = ()
        self.read = 0.0
        self.write = 0.0
        self.calls = 0

    def __repr__(self) -> str:
        return (
            f"<Spending: {_of(self.read, self._read_limit)} to read, "
            f"{_of(self.write, self._write_limit)} to write, in {self.calls} calls>"
        )

    @property
    def read_left(self) -> float | None:
        """How many read capacity units are left; None without a limit."""
        return _left(self.read, self._read_limit)

    @property
    def write_left(self) -> float | None:
        """How many write capacity units are left; None without a limit."""
        return _left(self.write, self._write_limit)

    def __enter__(self) -> Self:
        self._around = _SPENDING.get()
        _SPENDING.set((*self._around, self))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _SPENDING.set(self._around)

    def is_about(self, adapter: Budgeted) -> bool:
        """Tell whether an adapter's calls are counted here."""
        return self._adapter is adapter

    def check(self, operation: str, request: Mapping[str, Any]) -> None:
        """Refuse a call for which nothing is left.

        Raises:
            BudgetExceeded: The block has consumed what it may.
        """
        writes = reading.writes(operation, request)
        left = self.write_left if writes else self.read_left
        if left == 0:
            spent = (
                f"{_of(self.write, self._write_limit)} write"
                if writes
                else f"{_of(self.read, self._read_limit)} read"
            )
            tables = reading.tables_of(request)
            raise BudgetExceeded(
                f"{operation} on {' and '.join(tables)} was not sent: this block has consumed "
                f"{spent} capacity units; give it more, or ask for less",
                operation=operation,
                table=tables[0] if len(tables) == 1 else None,
            )

    def add(self, units: float, *, writes: bool) -> None:
        """Count what one call consumed."""
        self.calls += 1
        if writes:
            self.write += units
        else:
            self.read += units


_SPENDING: ContextVar[tuple[Spending, ...]] = ContextVar("anydynamo_spending", default=())
"""The budgets of the blocks that run, from the outermost to the innermost."""


class Budgeted:
    """An adapter that lets calls pass to another as far as the budgets around them go.

    Args:
        adapter: What answers; closing this closes it.
    """

    def __init__(self, adapter: DatabaseAdapter) -> None:
        self._adapter = adapter

    @property
    def info(self) -> ProviderInfo:
        """What the adapter inside is."""
        return self._adapter.info

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out one operation, unless a budget is spent; see `DatabaseAdapter.call`.

        Raises:
            BudgetExceeded: A block around the call has consumed what it may.
            AnyDynamoError: What the adapter inside says.
        """
        blocks = [spending for spending in _SPENDING.get() if spending.is_about(self)]
        if not blocks or operation not in reading.CAPACITY:
            return await self._adapter.call(operation, request)
        for spending in blocks:
            spending.check(operation, request)
        silent = request.get("ReturnConsumedCapacity", "NONE") == "NONE"
        asked = {**request, "ReturnConsumedCapacity": "TOTAL"} if silent else request
        response = await self._adapter.call(operation, asked)
        units = sum(part.units for part in reading.consumed(response))
        writes = reading.writes(operation, request)
        for spending in blocks:
            spending.add(units, writes=writes)
        if silent:
            response.pop("ConsumedCapacity", None)
        return response

    async def close(self) -> None:
        """Close the adapter inside."""
        await self._adapter.close()


def _left(spent: float, limit: float | None) -> float | None:
    return None if limit is None else max(0.0, limit - spent)


def _of(spent: float, limit: float | None) -> str:
    return f"{spent:g}" if limit is None else f"{spent:g} of {limit:g}"
