"""DynamoDB for code under test that makes its own clients: boto3, aiobotocore, PynamoDB.

    from anydynamo.testing import mock_dynamodb

    @mock_dynamodb
    def test_orders_are_stored():
        client = boto3.client("dynamodb")
        client.create_table(...)

While a mock is active, each call of DynamoDB and DynamoDB Streams in this process is answered by an
adapter, in this process and without a socket, whenever and wherever its client was made.
"""

from __future__ import annotations

import inspect
import threading
import time
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast, overload

from anydynamo.adapters.registry import Location, open_adapter
from anydynamo.errors import ConfigurationError
from anydynamo.testing.routing.data import Data, active, push, withdraw
from anydynamo.testing.routing.decorating import decorated_class, decorated_function
from anydynamo.testing.routing.environment import Environment
from anydynamo.testing.routing.seams import Seams

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Mapping
    from types import TracebackType
    from typing import Self

    from anydynamo.adapters.protocol import DatabaseAdapter

__all__ = ["MockDynamoDB", "mock_dynamodb"]

F = TypeVar("F", bound="Callable[..., Any]")  # functions and classes of any kind
T = TypeVar("T")

_seams: Final = Seams()
_environment: Final = Environment()
_switching: Final = threading.RLock()


class MockDynamoDB:
    """DynamoDB in this process, for as long as it is active; `mock_dynamodb` makes it.

    A context manager for `with` and for `async with`, a decorator, and `start` and `stop` for
    set-ups that have both in different places. It can be used again, with fresh data.
    """

    def __init__(
        self,
        target: DatabaseAdapter | str | None = None,
        *,
        clock: Callable[[], float] | None = None,
        alone: bool = False,
    ) -> None:
        """See `mock_dynamodb`."""
        if clock is not None and target is not None:
            raise ConfigurationError(
                "mock_dynamodb takes a clock for data in memory; give an adapter its own"
            )
        self._target = target
        self._clock = clock
        self._alone = alone
        self._data: Data | None = None
        self._closing = False
        self._depth = 0

    @property
    def adapter(self) -> DatabaseAdapter:
        """What answers: to seed data, to sweep, to inject faults.

        Raises:
            ConfigurationError: The mock is not active.
        """
        return self._running().adapter

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine that uses the adapter, in a test that is none itself.

            dynamodb.run(dynamodb.adapter.sweep())

        Raises:
            ConfigurationError: The mock is not active.
        """
        try:
            data = self._running()
        except ConfigurationError:
            coroutine.close()
            raise
        return data.run(coroutine)

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out one operation, see `DatabaseAdapter.call`, in a test that cannot await it.

        Raises:
            AnyDynamoError: What DynamoDB would answer.
            ConfigurationError: The mock is not active.
        """
        return self._running().call(operation, request)

    def start(self) -> None:
        """Answer from now on. Each `start` needs a `stop`."""
        self._start(None)

    def stop(self) -> None:
        """Answer no longer, and close what was opened for the mock.

        Raises:
            ConfigurationError: It was not started.
        """
        with _switching:
            data = self._running()
            self._depth -= 1
            if self._depth:
                return
            self._data = None
            if withdraw(data):
                _seams.close()
                _environment.restore()
            if self._closing:
                data.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __call__(self, target: F, /) -> F:
        """Decorate a function or a class; the data is fresh for each call, or each test."""
        if inspect.isclass(target):
            return cast("F", decorated_class(target, lambda: self, self._for_instance))
        return cast("F", decorated_function(target, lambda *_: self))

    def _running(self) -> Data:
        if self._data is None:
            raise ConfigurationError(
                "This mock_dynamodb is not active; use it in `with`, as a decorator, or start it"
            )
        return self._data

    def _start(self, data: Data | None) -> None:
        with _switching:
            if not self._depth:
                self._closing = data is None
                self._data = data or self._opened()
                if push(self._data):
                    _environment.supply()
                    _seams.open()
            self._depth += 1

    def _opened(self) -> Data:
        """Open what was asked for; without a wish, what an enclosing mock has is shared."""
        target = self._target
        if target is None:
            enclosing = active()
            if enclosing is not None and self._clock is None:
                return Data(enclosing.adapter, owned=False, alone=self._alone or enclosing.alone)
            return Data(self._memory(), owned=True, alone=self._alone)
        if isinstance(target, str):
            opened = open_adapter(Location.parse(target), blocking=True)
            return Data(opened, owned=True, alone=self._alone)
        return Data(target, owned=False, alone=self._alone)

    def _memory(self) -> DatabaseAdapter:
        from anydynamo.adapters.embedded import EmbeddedAdapter
        from anydynamo.stores.memory import MemoryStore

        clock = self._clock or _now
        return EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True, clock=clock)

    @contextmanager
    def _for_instance(self, instance: Any) -> Generator[None]:
        """Be active with the data of an instance of a test's class, which outlasts its methods."""
        data: Data | None = getattr(instance, _KEPT, None)
        if data is None:
            data = self._opened()
            setattr(instance, _KEPT, data)
            weakref.finalize(instance, data.close)
        self._start(data)
        try:
            yield
        finally:
            self.stop()


_KEPT: Final = "_anydynamo_data"


@overload
def mock_dynamodb(target: F, /) -> F: ...
@overload
def mock_dynamodb(
    target: DatabaseAdapter | str | None = None,
    /,
    *,
    clock: Callable[[], float] | None = None,
    alone: bool = False,
) -> MockDynamoDB: ...
def mock_dynamodb(
    target: Any = None,
    /,
    *,
    clock: Callable[[], float] | None = None,
    alone: bool = False,
) -> Any:
    """Answer the calls of AWS's clients in this process, in place of DynamoDB.

        with mock_dynamodb() as dynamodb:            # or `async with`
            boto3.client("dynamodb").list_tables()

        @mock_dynamodb                               # on functions, coroutines, classes
        def test_something(): ...

    Calls of DynamoDB and DynamoDB Streams are answered, whatever their client's endpoint. Clients
    made inside do not reach the network afterwards, either. Credentials and a region are supplied
    where the environment has none.

    Args:
        target: What answers: an adapter, which stays open; or a provider's URL, such as
            `sqlite:///x.db`. If not given, data in memory that is fresh, or that of the mock around
            this one. A function or class is decorated.
        clock: What data in memory takes for the time, in seconds since the epoch.
        alone: Refuse the calls of every other service, which else go where they always go.

    Raises:
        ConfigurationError: The URL is wrong, or there is a clock and something that has its own.
    """
    if inspect.isroutine(target) or inspect.isclass(target):
        return MockDynamoDB(clock=clock, alone=alone)(target)
    return MockDynamoDB(target, clock=clock, alone=alone)


def _now() -> float:
    # Looked up each time: libraries that stop the time replace it.
    return time.time()
