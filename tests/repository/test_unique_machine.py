"""Unique values under two clients at once and lost requests, compared with a dictionary.

What two interleaved writes come to must be what one of the two orders comes to, each write as a
whole or, if its request or answer was lost, perhaps not at all. Whatever happens, the markers in
the table are exactly the values of the items in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.repository.interleaving import Client, interleaved

from anydynamo import (
    AlreadyExists,
    Attr,
    ConditionFailed,
    Database,
    NotFound,
    Table,
    TransactionCancelled,
    Unavailable,
    UniqueViolation,
    attribute,
)
from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Sequence


class Person(Table, name="people"):
    person_id: Attr[str] = attribute(hash_key=True)
    email: Attr[str | None] = attribute(default=None, unique=str.casefold)
    nick: Attr[str | None] = attribute(default=None, unique=True)
    name: Attr[str | None] = attribute(default=None)
    visits: Attr[int] = attribute(default=0)


class Known(NamedTuple):
    """What the oracle knows of a person; an upsert may leave out the visits."""

    email: str | None = None
    nick: str | None = None
    name: str | None = None
    visits: int | None = None


State = dict[str, Known]


@dataclass(frozen=True)
class Write:
    """One write of one person.

    Attributes:
        verb: `create`, `put`, `update` or `delete`.
        change: For updates, what is changed: see `actions`.
        counted: A condition: the number of visits that there must be; None for no condition.
    """

    verb: str
    key: str
    email: str | None = None
    nick: str | None = None
    change: str = "email"
    counted: int | None = None
    upsert: bool = False

    def person(self) -> Person:
        return Person(person_id=self.key, email=self.email, nick=self.nick)

    def actions(self) -> tuple[Any, ...]:
        if self.change == "visits":
            return (Person.visits.add(1),)
        if self.change == "name":
            return (Person.name.set(self.nick),)
        if self.change == "from name":
            return (Person.email.set(Person.name | "e"),)
        if self.change == "swap":
            return (Person.email.set(Person.nick | "e"), Person.nick.set(Person.email | "n"))
        email = Person.email.remove() if self.email is None else Person.email.set(self.email)
        return (email, Person.visits.add(1))

    def after(self, known: Known | None) -> Known | None:
        """Return what the person is afterwards, if nothing stands in the way."""
        if self.verb == "delete":
            return None
        if self.verb in ("create", "put"):
            return Known(self.email, self.nick, None, 0)
        known = known or Known()
        if self.change == "visits":
            return known._replace(visits=(known.visits or 0) + 1)
        if self.change == "name":
            return known._replace(name=self.nick)
        if self.change == "from name":
            return known._replace(email=known.name or "e")
        if self.change == "swap":
            return known._replace(email=known.nick or "e", nick=known.email or "n")
        return known._replace(email=self.email, visits=(known.visits or 0) + 1)

    def refusal(self, known: Known | None) -> str | None:
        """Return why the write alone would be refused, other people aside."""
        if self.verb == "create":
            return None if known is None else "exists"
        if self.verb == "update" and known is None and not self.upsert:
            return "absent"
        if self.counted is not None and (known is None or known.visits != self.counted):
            return "refused"
        return None


@dataclass(frozen=True)
class Call:
    """What a client does: one write, or several as a batch or a transaction."""

    how: str
    writes: tuple[Write, ...]

    async def made(self, database: Database) -> None:
        people = database.repository(Person)
        if self.how == "transaction":
            await database.transact(*(self._action(people, write) for write in self.writes))
        elif self.how == "batch":
            async with people.batch() as batch:
                for write in self.writes:
                    if write.verb == "delete":
                        await batch.delete(write.key)
                    else:
                        await batch.put(write.person())
        else:
            await self._single(people, self.writes[0])

    def _action(self, people: Any, write: Write) -> Any:
        condition = None if write.counted is None else Person.visits == write.counted
        if write.verb == "create":
            return people.to_create(write.person())
        if write.verb == "put":
            return people.to_put(write.person(), condition=condition)
        if write.verb == "delete":
            return people.to_delete(write.key, condition=condition)
        return people.to_update(
            write.key, *write.actions(), condition=condition, upsert=write.upsert
        )

    async def _single(self, people: Any, write: Write) -> None:
        condition = None if write.counted is None else Person.visits == write.counted
        if write.verb == "create":
            await people.create(write.person())
        elif write.verb == "put":
            await people.put(write.person(), condition=condition, return_old=True)
        elif write.verb == "delete":
            await people.delete(write.key, condition=condition)
        else:
            await people.update(
                write.key, *write.actions(), condition=condition, upsert=write.upsert
            )

    def applied(self, state: State) -> tuple[str, State]:
        """Return how the call ends by itself, and the state that it leaves."""
        final = {write.key: write for write in self.writes}
        if self.how == "batch":
            final = {
                key: Write("delete", key)
                if one.verb == "delete"
                else Write("put", key, one.email, one.nick)
                for key, one in final.items()
            }
        refused = [write.refusal(state.get(key)) for key, write in final.items()]
        after = dict(state)
        for key, write in final.items():
            known = write.after(state.get(key))
            after.pop(key, None)
            if known is not None:
                after[key] = known
        bad = [one for one in refused if one is not None]
        if not bad and _doubled(after):
            bad = ["taken"]
        if not bad:
            return "done", after
        return ("cancelled" if self.how == "transaction" else bad[0]), state


def _held(known: Known) -> set[str]:
    email = set() if known.email is None else {f"unique#email#{known.email.casefold()}"}
    return email if known.nick is None else email | {f"unique#nick#{known.nick}"}


def _doubled(state: State) -> bool:
    held = [value for known in state.values() for value in _held(known)]
    return len(held) > len(set(held))


def _outcome(result: object) -> str:
    kinds = (
        (UniqueViolation, "taken"),
        (AlreadyExists, "exists"),
        (NotFound, "absent"),
        (ConditionFailed, "refused"),
        (TransactionCancelled, "cancelled"),
        (Unavailable, "lost"),
    )
    for kind, name in kinds:
        if isinstance(result, kind):
            return name
    if isinstance(result, Exception):
        raise result
    return "done"


KEYS = st.sampled_from("123")
EMAILS = st.sampled_from([None, "a", "A", "b", "x"])
NICKS = st.sampled_from([None, "a", "b", "x"])
WRITES = st.builds(
    Write,
    st.sampled_from(["create", "put", "update", "update", "delete"]),
    KEYS,
    EMAILS,
    NICKS,
    st.sampled_from(["email", "email", "swap", "visits", "name", "from name"]),
    st.sampled_from([None, None, None, 0, 1]),
    st.booleans(),
)
SEVERAL = st.lists(WRITES, min_size=1, max_size=3, unique_by=lambda write: write.key)
CALLS = st.one_of(
    st.builds(Call, st.just("single"), st.tuples(WRITES)),
    st.builds(Call, st.sampled_from(["transaction", "batch"]), SEVERAL.map(tuple)),
)
FAULTS = st.dictionaries(st.integers(0, 3), st.sampled_from(["before", "after"]), max_size=1)
SCHEDULES = st.lists(st.integers(0, 1), max_size=16)


class UniqueMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.inner = EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)
        self.clients = [Client(self.inner), Client(self.inner)]
        self.databases = [Database(client, sleep=_no_time) for client in self.clients]
        self.state: State = {}
        self._run([self.databases[0].create_tables([Person])])

    @rule(call=CALLS)
    def one_after_the_other(self, call: Call) -> None:
        (result,) = self._run([call.made(self.databases[0])])
        outcome, self.state = call.applied(self.state)
        assert _outcome(result) == outcome

    @rule(
        calls=st.tuples(CALLS, CALLS),
        schedule=SCHEDULES,
        faults=st.tuples(st.just({}) | FAULTS, st.just({}) | FAULTS),
    )
    def at_once(
        self, calls: tuple[Call, Call], schedule: list[int], faults: tuple[Any, Any]
    ) -> None:
        for client, planned in zip(self.clients, faults, strict=True):
            client.expect(planned)
        works = [call.made(db) for call, db in zip(calls, self.databases, strict=True)]
        outcomes = [_outcome(result) for result in self._run(works, schedule)]
        for client in self.clients:
            client.expect({})
        stored = self._stored()
        assert (outcomes, stored) in [
            (ended, after) for ended, after in _possible(self.state, calls, outcomes)
        ]
        self.state = stored

    @invariant()
    def markers_are_the_values_of_the_items(self) -> None:
        held = {value: key for key, known in self.state.items() for value in _held(known)}
        assert self._markers() == held
        assert self._stored() == self.state

    def _run(self, works: Sequence[Coroutine[Any, Any, Any]], schedule: Any = ()) -> list[object]:
        return interleaved(works, schedule)

    def _items(self) -> list[dict[str, Any]]:
        (response,) = self._run([self.inner.call("Scan", {"TableName": "people"})])
        assert isinstance(response, dict)
        items: list[dict[str, Any]] = response["Items"]
        return items

    def _stored(self) -> State:
        return {
            item["person_id"]["S"]: Known(
                item.get("email", {}).get("S"),
                item.get("nick", {}).get("S"),
                item.get("name", {}).get("S"),
                int(item["visits"]["N"]) if "visits" in item else None,
            )
            for item in self._items()
            if "_unique" not in item
        }

    def _markers(self) -> dict[str, str]:
        return {
            item["person_id"]["S"]: item["_unique"]["M"]["person_id"]["S"]
            for item in self._items()
            if "_unique" in item
        }


def _possible(
    state: State, calls: tuple[Call, Call], outcomes: list[str]
) -> Iterator[tuple[list[str], State]]:
    """Yield what the calls may come to: in either order, and with or without what was lost."""
    for order, applied in product(((0, 1), (1, 0)), product((True, False), repeat=2)):
        ended, after = ["", ""], state
        for place in order:
            if outcomes[place] == "lost":
                ended[place] = "lost"
                after = calls[place].applied(after)[1] if applied[place] else after
            else:
                ended[place], after = calls[place].applied(after)
        yield ended, after


async def _no_time(_seconds: float) -> None:
    """Do not wait."""


TestUniqueValues = UniqueMachine.TestCase
TestUniqueValues.settings = settings(max_examples=150, stateful_step_count=20)
