"""Lists that lie as the items of one partition and are replaced as a whole.

A list's items have the ranks 1, 2, 3 ... as their sort keys. Each also carries the list's
generation, an id that no other list has, and its size. A list is replaced by one transaction, which
stores the new items and deletes what the old list has beyond them, on the condition that the item
of rank 1 is still of the generation that was read.

A transaction happens at once, but a query may see it half done: it reads item after item, and each
of them as it is then ("read-committed": *Amazon DynamoDB Transactions: How it works*, Isolation
levels). So what a query found counts only if the ranks from 1 on have no gap, are all of one
generation and are as many as the list's size, or as were asked for. That is a list as somebody
stored it; where it is not, the list is read again, in the end by a transaction, whose items are
those of one moment.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pynamodb.models import Model

from anydynamo.engine.values.values import item_size
from anydynamo.errors import (
    ConditionFailed,
    InvalidItem,
    InvalidRequest,
    TransactionCancelled,
    TransactionConflict,
)
from anydynamo.models.codec import codec_of
from anydynamo.models.introspection import attributes_of, ttl_of
from anydynamo.models.schema import AttributeName
from anydynamo.repositories.batches import MOST_BYTES
from anydynamo.repositories.rules import Expiry
from anydynamo.repositories.transactions import MOST_ACTIONS, transact, transact_get
from anydynamo.repositories.views import rules_in, session_of, under
from anydynamo.repositories.walks import positive

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from anydynamo.models.paths import Path
    from anydynamo.models.schema import TableSchema
    from anydynamo.repositories.capacity import Capacity
    from anydynamo.repositories.options import KeyPart
    from anydynamo.repositories.repository import Repository
    from anydynamo.repositories.transactions import TransactWrite

__all__ = ["WholeList"]

M = TypeVar("M", bound=Model)


class WholeList(Generic[M]):
    """The lists in a table, one in each partition, each of which is read and replaced as a whole.

        lists = WholeList(db.repository(Chart), generation=Chart.generation, size=Chart.size)
        await lists.replace("pop", [Chart(genre="pop", rank=1, title="..."), ...], ttl=600)
        await lists.read("pop", limit=10)

    A list has up to 100 items and 4 MB, what a transaction can replace. An empty list is no items,
    so it is read as no list. Items without a generation were stored by other means: they are no
    list, and the first `replace` puts one in their place.

    Lists of a model with time to live expire as a whole. An expired list is not read, whether or
    not DynamoDB has deleted it or a part of it.

    Args:
        repository: The items. The sort key is a number, the rank.
        generation: The attribute that keeps a list's generation.
        size: The attribute that keeps its size.

    Raises:
        InvalidRequest: The model cannot hold lists: its sort key is no number, or it declares what
            is about single items, such as a version.
    """

    def __init__(
        self,
        repository: Repository[M],
        *,
        generation: Path[str | None, M],
        size: Path[int | None, M],
    ) -> None:
        model, schema = repository.model, repository.schema
        rank = schema.range_key
        if rank is None or rank.type != "N":
            raise InvalidRequest(
                f"{model.__name__} holds no lists: they are in order of a sort key that is a "
                "number, the rank"
            )
        for trait, declared in _foreign(schema).items():
            if declared:
                raise InvalidRequest(
                    f"{model.__name__} holds no lists: it declares {trait}, which is about single "
                    "items, and a list is written and removed as a whole"
                )
        ttl = ttl_of(model)
        # A list is hidden as a whole, and what is left of an expired one has to be seen to go.
        self._repository = under(
            repository, [rule for rule in rules_in(repository) if not isinstance(rule, Expiry)]
        )
        self._session = session_of(repository)
        self._codec = codec_of(model)
        self._partition = schema.hash_key
        self._rank = AttributeName(rank.name, rank.wire)
        self._generation = _declared(model, generation, "S")
        self._size = _declared(model, size, "N")
        self._ttl = None if ttl is None else _declared(model, ttl, "N")

    def __repr__(self) -> str:
        return f"WholeList({self._repository!r})"

    async def read(
        self,
        partition: KeyPart,
        *,
        limit: int | None = None,
        consistent: bool = False,
        capacity: Capacity | None = None,
    ) -> list[M] | None:
        """Read a list, or None if there is none.

        It costs one query, unless the list is being replaced at this moment.

        Args:
            partition: The value of its partition key.
            limit: Read only so many items, from rank 1 on.
            consistent: See every replacement that was acknowledged before, for twice the price.
            capacity: Collects what it costs.

        Raises:
            InvalidRequest: The partition or the limit cannot be.
            TransactionConflict: The list was being replaced each time that it was read.
            InvalidItem: Items of the list are missing, or do not fit the model: something else than
                `replace` and `clear` has written there.
        """
        wanted = min(positive("limit", limit) or MOST_ACTIONS, MOST_ACTIONS)
        for strictly in (consistent, True):
            found = await self._repository.query(
                partition,
                self._path(self._rank) >= 1,
                limit=wanted,
                consistent=strictly,
                capacity=capacity,
            )
            settled, items = self._judge(found, wanted)
            if settled:
                return items
        seen = max((self._place(item)[2] or 1 for item in found), default=1)
        return await self._read_at_once(partition, wanted, seen, capacity)

    async def replace(
        self,
        partition: KeyPart,
        items: Iterable[M],
        *,
        ttl: float | None = None,
        capacity: Capacity | None = None,
    ) -> list[M]:
        """Store a list in place of the one that is there.

        Of several that replace a list at once each takes effect as a whole, and the last one stays.

        Args:
            partition: The value of its partition key.
            items: All items, with the ranks from 1 on, in any order. They stay as they are.
            ttl: In how many seconds the list expires; without it, when its items say so.
            capacity: Collects what it costs.

        Returns:
            The items as they are stored, by rank.

        Raises:
            InvalidRequest: There are more than 100 items, or more than 4 MB; a rank is missing or
                there twice; an item is of another partition; the items expire at different times,
                or the time to live is not above 0. Nothing was written.
            InvalidItem: An item cannot be stored. Nothing was written.
            TransactionConflict: Others came first, as often as it was tried. Nothing was written.
        """
        generation = self._session.new_id()
        fresh = self._prepare(partition, items, generation, ttl)
        await self._swap(partition, fresh, generation, capacity)
        return fresh

    async def clear(self, partition: KeyPart, *, capacity: Capacity | None = None) -> None:
        """Remove a list as a whole; where there is none, that is no error.

        Args:
            partition: The value of its partition key.
            capacity: Collects what it costs.

        Raises:
            InvalidRequest: The partition cannot be.
            TransactionConflict: Others came first, as often as it was tried.
        """
        await self._swap(partition, [], None, capacity)

    # Reading

    async def _read_at_once(
        self, partition: KeyPart, wanted: int, seen: int, capacity: Capacity | None
    ) -> list[M] | None:
        """Read as many ranks as there seem to be, and once more if there are more."""
        tries, number = 1, 0
        found: list[M] = []
        while number < min(wanted, seen):
            number = min(wanted, seen)
            reads = [self._repository.to_get((partition, rank + 1)) for rank in range(number)]
            try:
                answer = await transact_get(self._session, reads, capacity=capacity)
            except TransactionCancelled as error:
                await self._wait(partition, error, tries)
                tries, number = tries + 1, 0
                continue
            found = [item for item in answer if item is not None]
            seen = (self._place(found[0])[2] or 1) if found else 1
        settled, items = self._judge(found, wanted)
        if settled:
            return items
        if self._ttl is not None:
            # DynamoDB deletes expired items one by one, and its clock may be before ours.
            return None
        raise InvalidItem(
            f"The list {partition!r} in {self._repository.table} is not whole: something else than "
            "replace and clear has written or deleted some of its items; store it again"
        )

    def _judge(self, found: Sequence[M], wanted: int) -> tuple[bool, list[M] | None]:
        """Tell whether items are what was there at some moment, and which list that is."""
        if not found or self._expired(found[0]):
            return True, None
        rank, generation, size = self._place(found[0])
        if rank == 1 and (generation is None or size is None):
            return True, None
        count = min(size or 0, wanted)
        places = [(place + 1, generation, size) for place in range(count)]
        if rank != 1 or [self._place(item) for item in found[:count]] != places:
            return False, None
        return True, list(found[:count])

    def _place(self, item: M) -> tuple[Any, str | None, int | None]:
        return (
            getattr(item, self._rank.name),
            getattr(item, self._generation.name),
            getattr(item, self._size.name),
        )

    def _expired(self, item: M) -> bool:
        if self._ttl is None:
            return False
        return Expiry(self._ttl.wire).hides(self._codec.encode(item), self._session.clock())

    # Writing

    def _prepare(
        self, partition: KeyPart, items: Iterable[M], generation: str, ttl: float | None
    ) -> list[M]:
        """Return what is to be stored, as instances of our own."""
        given = list(items)
        self._check_number(partition, len(given))
        added = {
            self._generation.wire: {"S": generation},
            self._size.wire: {"N": str(len(given))},
            **self._expiry(ttl),
        }
        stored = [{**self._codec.encode(item), **added} for item in given]
        self._check(partition, stored)
        fresh = [self._codec.decode(item) for item in stored]
        fresh.sort(key=lambda item: self._place(item)[0])
        ranks = [self._place(item)[0] for item in fresh]
        if ranks != list(range(1, len(ranks) + 1)):
            raise InvalidRequest(
                f"The ranks of the list {partition!r} are {', '.join(map(str, ranks))}; a list of "
                f"{len(ranks)} has each rank from 1 to {len(ranks)} once"
            )
        return fresh

    def _check(self, partition: KeyPart, stored: Sequence[dict[str, Any]]) -> None:
        wire = self._partition.wire
        key = self._codec.key((partition, 1))[wire]
        for item in stored:
            if item[wire] != key:
                raise InvalidRequest(
                    f"An item of the list {partition!r} has another partition key, "
                    f"{next(iter(item[wire].values()))!r}"
                )
        if self._ttl is not None and len({str(item.get(self._ttl.wire)) for item in stored}) > 1:
            raise InvalidRequest(
                f"The items of the list {partition!r} expire at different times, and a list "
                "expires as a whole; give replace its ttl"
            )
        size = sum(map(item_size, stored))
        if size > MOST_BYTES:
            raise InvalidRequest(
                f"The list {partition!r} has {size:,} bytes, and the one transaction that replaces "
                f"a list takes {MOST_BYTES:,}; store fewer items, or keep what is large in them "
                "somewhere else, such as S3"
            )

    def _check_number(self, partition: KeyPart, number: int, old: int = 0) -> None:
        if number + old > MOST_ACTIONS:
            counted = f"{number} items" + (f" and {old} old ones to delete" if old else "")
            advice = (
                "delete old ones with delete_many first"
                if number <= MOST_ACTIONS
                else f"store the first {MOST_ACTIONS}, or several lists"
            )
            raise InvalidRequest(
                f"The list {partition!r} has {counted}, and the one transaction that replaces a "
                f"list has at most {MOST_ACTIONS} actions; {advice}"
            )

    def _expiry(self, ttl: float | None) -> dict[str, Any]:
        if ttl is None:
            return {}
        if self._ttl is None:
            raise InvalidRequest(
                f"{self._repository.model.__name__} has no time to live; declare an attribute with "
                "ttl=True"
            )
        if type(ttl) not in (int, float) or not 0 < ttl < math.inf:
            raise InvalidRequest(f"A list's ttl is a number of seconds above 0, not {ttl!r}")
        # Whole seconds, and not less than was asked for.
        return {self._ttl.wire: {"N": str(math.ceil(self._session.clock() + ttl))}}

    async def _swap(
        self,
        partition: KeyPart,
        fresh: Sequence[M],
        generation: str | None,
        capacity: Capacity | None,
    ) -> None:
        """Put a list in place of what is there, whatever that is."""
        repository = self._repository
        rest = [repository.to_put(item) for item in fresh[1:]]
        tries = 1
        while True:
            there = await self._there(partition, capacity)
            done = there.get(1) == generation if fresh else not there
            if done:
                # Perhaps by an attempt whose answer was lost.
                return
            stay = range(1, max(1, len(fresh)) + 1)
            old = [repository.to_delete((partition, rank)) for rank in there if rank not in stay]
            self._check_number(partition, len(stay), len(old))
            first = self._first(partition, fresh, there)
            try:
                await transact(self._session, [first, *rest, *old], capacity=capacity)
                return
            except TransactionCancelled as error:
                await self._wait(partition, error, tries)
                tries += 1

    async def _there(self, partition: KeyPart, capacity: Capacity | None) -> dict[Any, str | None]:
        """Return the generation of each item of a partition, by rank."""
        rows = self._repository.query(
            partition,
            only=[self._rank.name, self._generation.name],
            consistent=True,
            # One more than can be replaced is enough to know.
            limit=MOST_ACTIONS + 1,
            capacity=capacity,
        )
        return {row[self._rank.name]: row[self._generation.name] async for row in rows}

    def _first(
        self, partition: KeyPart, fresh: Sequence[M], there: Mapping[Any, str | None]
    ) -> TransactWrite:
        """Return the action on rank 1, which looks whether it is still what was read."""
        rank, generation = self._path(self._rank), self._path(self._generation)
        if 1 not in there:
            unchanged = rank.does_not_exist()
        elif there[1] is None:
            unchanged = rank.exists() & generation.does_not_exist()
        else:
            unchanged = generation == there[1]
        if fresh:
            return self._repository.to_put(fresh[0], condition=unchanged)
        # Also where there is none: a delete with a condition looks, and needs no permission more.
        return self._repository.to_delete((partition, 1), condition=unchanged)

    def _path(self, attribute: AttributeName) -> Any:
        return getattr(self._repository.model, attribute.name)

    async def _wait(self, partition: KeyPart, error: TransactionCancelled, tries: int) -> None:
        """Wait before the next attempt, if somebody else was first and another one is left."""
        faults = [one for one in error.errors if one is not None]
        if not faults or not all(isinstance(one, _RACES) for one in faults):
            raise error
        if tries >= self._session.patience.attempts:
            raise TransactionConflict(
                f"The list {partition!r} in {self._repository.table} was being replaced by others "
                f"at each of {tries} attempts; try again later",
                operation=error.operation,
                table=self._repository.table,
            ) from error
        await self._session.pause(tries)


_RACES = (ConditionFailed, TransactionConflict)


def _foreign(schema: TableSchema) -> dict[str, bool]:
    """Return what would act on a list's items one by one, and whether a model declares it."""
    return {
        "a version": schema.version is not None,
        "soft delete": schema.deleted is not None,
        "unique attributes": bool(schema.unique),
        "an audit trail": schema.audit is not None,
        "shards": schema.shards > 1,
    }


def _declared(model: type[Model], path: object, kind: str) -> AttributeName:
    """Return the names of a model's attribute.

    Raises:
        InvalidRequest: It is none of the model's, or of another type.
    """
    for name, attribute in attributes_of(model).items():
        if attribute.attr_name == getattr(path, "attr_name", None):
            if attribute.attr_type == kind:
                return AttributeName(name, attribute.attr_name)
            raise InvalidRequest(
                f"'{name}' of {model.__name__} is stored as {attribute.attr_type}, and a list "
                f"keeps {kind} there"
            )
    raise InvalidRequest(f"{path!r} is no attribute of {model.__name__}")
