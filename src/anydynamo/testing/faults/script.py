"""A script: rules that count and draw, each by itself, so that a run can be repeated."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from anydynamo.testing.faults.effects import Delay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from anydynamo.testing.faults.asked import Asked
    from anydynamo.testing.faults.rules import Rule

__all__ = ["Hit", "Script"]


class Hit(NamedTuple):
    """A rule that acts on a request.

    Attributes:
        rule: The rule.
        random: For what it has to choose.
    """

    rule: Rule
    random: random.Random


@dataclass(slots=True)
class _Armed:
    rule: Rule
    seed: str
    random: random.Random
    seen: int = 0
    fired: int = 0


class Script:
    """Rules at work.

    Each rule has a stream of random numbers of its own, which follows from the seed and from what
    the rule says, and it draws one for each request that it is for, whatever becomes of it. So a
    rule that is added or taken away does not change when the others would act.

    Args:
        rules: The rules, in order: of those that would act, the first one does; delays all do.
        seed: What the streams follow from.
        clock: Seconds that only grow.
    """

    def __init__(
        self, rules: Iterable[Rule], *, seed: int | str, clock: Callable[[], float]
    ) -> None:
        self._seed = seed
        self._clock = clock
        self._start = clock()
        self._armed: list[_Armed] = []
        self._twins: dict[str, int] = {}
        # The blocking facade may be called from several threads.
        self._lock = threading.Lock()
        self.add(rules)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, in order."""
        return tuple(armed.rule for armed in self._armed)

    def add(self, rules: Iterable[Rule]) -> None:
        """Add rules after those that are there."""
        with self._lock:
            for rule in rules:
                said = repr(rule)
                number = self._twins[said] = self._twins.get(said, 0) + 1
                seed = f"{self._seed}/{said}/{number}"
                self._armed.append(_Armed(rule, seed, _stream(seed)))

    def clear(self) -> None:
        """Drop all rules."""
        with self._lock:
            self._armed.clear()
            self._twins.clear()

    def hits(self, asked: Asked) -> list[Hit]:
        """Count a request, and return the rules that act on it: delays, then one other at most."""
        with self._lock:
            elapsed = self._clock() - self._start
            acting: list[_Armed] = []
            for armed in self._armed:
                if armed.rule.matches(asked):
                    armed.seen += 1
                    drawn = armed.random.random()
                    if armed.rule.acts(armed.seen, armed.fired, drawn, elapsed):
                        acting.append(armed)
            delays = [armed for armed in acting if isinstance(armed.rule.effect, Delay)]
            others = [armed for armed in acting if not isinstance(armed.rule.effect, Delay)]
            chosen = delays + others[:1]
            for armed in chosen:
                armed.fired += 1
            # What a rule chooses must not shift what it draws later on.
            return [Hit(one.rule, _stream(f"{one.seed}/{one.seen}")) for one in chosen]


def _stream(seed: str) -> random.Random:
    return random.Random(seed)  # noqa: S311 - to be repeated, not to be unpredictable
