"""Rules: what happens, to which requests, when and how often."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, get_args

from anydynamo.errors import ConfigurationError
from anydynamo.testing.faults import effects
from anydynamo.testing.faults.asked import OPERATIONS, has_attributes
from anydynamo.testing.faults.texts import LIMITS, Limit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from typing_extensions import Unpack

    from anydynamo.testing.faults.asked import Asked
    from anydynamo.testing.faults.effects import Effect, How

__all__ = [
    "Rule",
    "ThrottleCode",
    "When",
    "conflict",
    "expire_token",
    "fail",
    "in_progress",
    "leave_unprocessed",
    "lose_reply",
    "lose_request",
    "slow",
    "stale",
    "throttle",
]

ThrottleCode: TypeAlias = Literal[
    "ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"
]

_NAMES = tuple(LIMITS)


class When(TypedDict, total=False):
    """Which of the requests a rule is for; what is left out does not matter.

    Attributes:
        table: The table's name, as DynamoDB knows it.
        index: The name of the index that is read.
        key: Attributes in DynamoDB's JSON that an item which is named by its key has: in gets,
            puts, updates, deletes, batches and transactions.
        matching: A function of the operation and the request that says whether the rule is for it.
        nth: The number of the request, from 1, or several, among those that the rule is for.
        skip: How many of them to let pass first.
        times: How often it happens at most.
        probability: How likely it happens to each.
        between: From and to how many seconds after the beginning it happens, on the clock of
            `Faults`; None as the end is for ever.
    """

    table: str
    index: str
    key: Mapping[str, Any]
    matching: Callable[[str, Mapping[str, Any]], bool]
    nth: int | Iterable[int]
    skip: int
    times: int
    probability: float
    between: tuple[float, float | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault, and when it happens; made by `throttle`, `lose_reply` and their like.

    Attributes:
        effect: What happens.
        operations: The operations to which it does; all that are possible if there are none.
        possible: The operations to which it can happen.
        table: See `When`, as for the others.
    """

    effect: Effect
    operations: tuple[str, ...]
    # Not shown, as `matching` is not: what is shown tells rules apart, and seeds their streams.
    possible: frozenset[str] = field(repr=False)
    table: str | None = None
    index: str | None = None
    key: Mapping[str, Any] | None = None
    nth: tuple[int, ...] = ()
    skip: int = 0
    times: int | None = None
    probability: float = 1.0
    between: tuple[float, float] = (0.0, math.inf)
    matching: Callable[[str, Mapping[str, Any]], bool] | None = field(default=None, repr=False)

    def matches(self, asked: Asked) -> bool:
        """Tell whether the rule is for a request, however often and whenever it acts."""
        if asked.operation not in (self.operations or self.possible):
            return False
        if not self.effect.fits(asked):
            return False
        if self.table is not None and self.table not in asked.tables:
            return False
        if self.index is not None and self.index != asked.index:
            return False
        divides = isinstance(self.effect, effects.Leave | effects.Clash)
        if (divides or self.key is not None) and not self.concerned(asked):
            return False
        return self.matching is None or self.matching(asked.operation, asked.request)

    def concerned(self, asked: Asked) -> list[int]:
        """Return the places of the items that the rule is for, among those that are named."""
        return [
            place
            for place, named in enumerate(asked.named)
            if (self.table is None or named.table == self.table)
            and (self.key is None or has_attributes(named.attributes, self.key))
        ]

    def acts(self, seen: int, fired: int, drawn: float, elapsed: float) -> bool:
        """Tell whether it acts on one of its requests.

        Args:
            seen: Which of them it is, from 1.
            fired: How often it acted before.
            drawn: A random number in [0, 1).
            elapsed: The seconds since the beginning.
        """
        start, end = self.between
        return (
            seen > self.skip
            and (not self.nth or seen in self.nth)
            and (self.times is None or fired < self.times)
            and drawn < self.probability
            and start <= elapsed < end
        )


def throttle(
    *operations: str,
    code: ThrottleCode = "ProvisionedThroughputExceededException",
    limit: Limit | None = None,
    **when: Unpack[When],
) -> Rule:
    """Refuse requests because there are too many; nothing is applied.

    A transaction is cancelled, with a throttle as the reason; only `RequestLimitExceeded`, which
    is about the account, is an error of its own there too. The error says in `reasons` what was
    exceeded, as the service does.

    Args:
        operations: The operations; all that have this error if none is given.
        code: The error.
        limit: What was exceeded; what goes with the error if it is not given.
        when: See `When`.

    Raises:
        ConfigurationError: The rule makes no sense.
    """
    if code not in LIMITS:
        raise ConfigurationError(f"A throttle is one of {', '.join(_NAMES)}, and not {code!r}")
    if limit is not None and limit not in get_args(Limit):
        raise ConfigurationError(
            f"A limit is one of {', '.join(get_args(Limit))}, and not {limit!r}"
        )
    effect = effects.Refuse("throttle", code, limit or LIMITS[code])
    return _rule(effect, operations, effects.THROTTLED[code], when)


def fail(
    *operations: str,
    code: Literal["InternalServerError", "ServiceUnavailableException"] = "InternalServerError",
    applied: bool = False,
    **when: Unpack[When],
) -> Rule:
    """Answer with an error of the service's own, a 500 or a 503.

    Args:
        operations: The operations; all if none is given.
        code: The error.
        applied: Whether the request is carried out all the same, which nobody can tell from the
            error.
        when: See `When`.

    Raises:
        ConfigurationError: The rule makes no sense.
    """
    if code not in ("InternalServerError", "ServiceUnavailableException"):
        raise ConfigurationError(
            f"A failure is InternalServerError or ServiceUnavailableException, and not {code!r}"
        )
    effect = effects.Refuse("fail", code, applied=applied)
    return _rule(effect, operations, OPERATIONS, when)


def lose_request(
    *operations: str, how: Literal["timeout", "cut"] = "timeout", **when: Unpack[When]
) -> Rule:
    """Lose requests on their way, so that they are never applied.

    Args:
        operations: The operations; all if none is given.
        how: Whether the caller waits in vain (`RequestTimeout`) or sees its connection closed
            (`Unavailable`).
        when: See `When`.

    Raises:
        ConfigurationError: The rule makes no sense.
    """
    if how not in ("timeout", "cut"):
        raise ConfigurationError(f"A request is lost by timeout or cut, and not by {how!r}")
    return _rule(effects.Lose("lose_request", False, how), operations, OPERATIONS, when)


def lose_reply(*operations: str, how: How = "timeout", **when: Unpack[When]) -> Rule:
    """Carry requests out and lose the replies: the write happened, and its caller cannot know.

    Args:
        operations: The operations; all if none is given.
        how: How it gets lost: the caller waits in vain (`RequestTimeout`), sees its connection
            closed (`Unavailable`), gets half of the reply, or gets one whose checksum is wrong
            (`ServiceFault`, both).
        when: See `When`.

    Raises:
        ConfigurationError: The rule makes no sense.
    """
    if how not in ("timeout", "cut", "truncate", "checksum"):
        raise ConfigurationError(
            f"A reply is lost by timeout, cut, truncate or checksum, and not by {how!r}"
        )
    return _rule(effects.Lose("lose_reply", True, how), operations, OPERATIONS, when)


def leave_unprocessed(*operations: str, share: float = 1.0, **when: Unpack[When]) -> Rule:
    """Leave some of a batch in `UnprocessedItems` or `UnprocessedKeys`, and do the rest.

    Args:
        operations: `BatchGetItem`, `BatchWriteItem`; both if none is given.
        share: How likely each key or write is left; at least one is. With `table` or `key`, only
            those may be.
        when: See `When`.

    Raises:
        ConfigurationError: The rule makes no sense.
    """
    _check_between("share", share, 0.0, 1.0)
    return _rule(effects.Leave(share), operations, effects.UNPROCESSED, when)


def conflict(*operations: str, **when: Unpack[When]) -> Rule:
    """Refuse writes and transactions as if another transaction had an item in work.

    A single write gets `TransactionConflictException`, a transaction `TransactionCanceledException`
    with `TransactionConflict` as the reason of one of its items: of those with the `table` and the
    `key`, if they are given. A batch of statements gets it for one of them.

    Args:
        operations: The operations; all that can meet a transaction if none is given.
        when: See `When`.

    Raises:
        ConfigurationError: The rule makes no sense.
    """
    return _rule(effects.Clash(), operations, effects.CONFLICTING, when)


def in_progress(*operations: str, **when: Unpack[When]) -> Rule:
    """Refuse transactions because one with the same client token is still being worked on.

    Args:
        operations: `TransactWriteItems`, `ExecuteTransaction`; both if none is given.
        when: See `When`.

    Raises:
        ConfigurationError: The rule makes no sense.
    """
    effect = effects.Refuse("in_progress", "TransactionInProgressException")
    return _rule(effect, operations, effects.TRANSACTIONS, when)


def stale(*operations: str, lag: float = 1.0, **when: Unpack[When]) -> Rule:
    """Answer reads that did not ask for consistency with what was stored some time ago.

    Consistent reads and transactions are never stale. Where several rules are, the longest lag of
    all is that of each.

    Args:
        operations: The operations; all that can read so if none is given.
        lag: For how many seconds on the clock of `Faults` such a read does not see a write.
        when: See `When`.

    Raises:
        ConfigurationError: The rule makes no sense.
    """
    _check_between("lag", lag, 0.0, math.inf)
    return _rule(effects.Lag(lag), operations, effects.STALE, when)


def slow(*operations: str, seconds: float, **when: Unpack[When]) -> Rule:
    """Let requests wait before they are carried out; others go on meanwhile.

    Args:
        operations: The operations; all if none is given.
        seconds: How long each waits. Rules add up.
        when: See `When`.

    Raises:
        ConfigurationError: The rule makes no sense.
    """
    _check_between("seconds", seconds, 0.0, math.inf)
    return _rule(effects.Delay(seconds), operations, OPERATIONS, when)


def expire_token(*operations: str, **when: Unpack[When]) -> Rule:
    """Refuse requests because the caller's temporary credentials have expired.

    Args:
        operations: The operations; all if none is given.
        when: See `When`.

    Raises:
        ConfigurationError: The rule makes no sense.
    """
    effect = effects.Refuse("expire_token", "ExpiredTokenException")
    return _rule(effect, operations, OPERATIONS, when)


def _rule(
    effect: Effect, operations: tuple[str, ...], possible: frozenset[str], when: When
) -> Rule:
    for operation in operations:
        if operation not in possible:
            known = ", ".join(sorted(possible))
            raise ConfigurationError(
                f"{effect.name} cannot happen to {operation!r}; it can to {known}"
            )
    nth = when.get("nth", ())
    places = (nth,) if isinstance(nth, int) else tuple(nth)
    if any(place < 1 for place in places):
        raise ConfigurationError(f"nth counts from 1 up, and was given as {nth!r}")
    skip, times = when.get("skip", 0), when.get("times")
    _check_between("skip", skip, 0, math.inf)
    if times is not None:
        _check_between("times", times, 0, math.inf)
    probability = when.get("probability", 1.0)
    _check_between("probability", probability, 0.0, 1.0)
    start, end = when.get("between", (0.0, None))
    end = math.inf if end is None else end
    if not 0 <= start < end:
        raise ConfigurationError(f"between is a beginning and a later end, and not {start, end}")
    return Rule(
        effect,
        tuple(sorted(operations)),
        possible,
        when.get("table"),
        when.get("index"),
        when.get("key"),
        places,
        skip,
        times,
        probability,
        (start, end),
        when.get("matching"),
    )


def _check_between(name: str, value: float, low: float, high: float) -> None:
    # Not the other way round: what is no number is in no range.
    if not low <= value <= high:
        bounds = f"from {low:g} to {high:g}" if high < math.inf else f"of at least {low:g}"
        raise ConfigurationError(f"{name} is a number {bounds}, and not {value!r}")
