"""Two owners and an intruder: no sequence of calls on a scoped repository leaks or alters.

Ann, Bob and Eve share one table, and each also has a database of their own, in which there is
nobody else. Every call on a scoped repository of the shared table is made on the owner's own
database, too. Both must answer alike, down to the texts of errors: then nothing in an answer can
depend on what others have. The one thing that has to depend on it is that a key is taken.

The calls are all public methods of `Repository`; `test_every_method_is_called` finds those that
nobody has added here.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from copy import copy
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the tables look it up
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from anydynamo import (
    AnyDynamoError,
    Attr,
    Capacity,
    GlobalIndex,
    InvalidCursor,
    InvalidRequest,
    Repository,
    Table,
    attribute,
    sync,
)
from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.targets import Target

OWNERS = ("ann", "bob", "eve")
NUMBERS = [f"n{number}" for number in range(4)]
NOW = 1_750_000_000.0
EXAMPLES = settings().max_examples


class Note(Table, name="notes"):
    """The owner is an attribute, and in the keys of indexes."""

    note_id: Attr[str] = attribute(hash_key=True)
    owner: Attr[str] = attribute()
    text: Attr[str] = attribute(default="")
    kind: Attr[str] = attribute(default="a")
    rank: Attr[int] = attribute(default=0)

    by_owner = GlobalIndex("OwnerIndex", hash_key=owner, range_key=rank)
    by_kind = GlobalIndex("KindIndex", hash_key=kind, range_key=rank)
    by_kind_and_owner = GlobalIndex("KindOwnerIndex", hash_key=kind, range_key=owner)
    bare = GlobalIndex("BareIndex", hash_key=kind, range_key=rank, projection="KEYS_ONLY")


class Draft(Table, name="drafts"):
    """The same with versions, timestamps and soft delete."""

    note_id: Attr[str] = attribute(hash_key=True)
    owner: Attr[str] = attribute()
    text: Attr[str] = attribute(default="")
    kind: Attr[str] = attribute(default="a")
    rank: Attr[int] = attribute(default=0)
    version: Attr[int] = attribute(version=True, default=0)
    created_at: Attr[datetime | None] = attribute(default=None, created=True)
    updated_at: Attr[datetime | None] = attribute(default=None, updated=True)
    deleted_at: Attr[datetime | None] = attribute(default=None, deleted=True)

    by_owner = GlobalIndex("OwnerIndex", hash_key=owner, range_key=rank)
    by_kind = GlobalIndex("KindIndex", hash_key=kind, range_key=rank)


class Leaf(Table, name="leaves"):
    """The owner is the sort key."""

    note_id: Attr[str] = attribute(hash_key=True)
    owner: Attr[str] = attribute(range_key=True)
    text: Attr[str] = attribute(default="")
    kind: Attr[str] = attribute(default="a")
    rank: Attr[int] = attribute(default=0)

    by_owner = GlobalIndex("OwnerIndex", hash_key=owner, range_key=rank)
    by_kind = GlobalIndex("KindIndex", hash_key=kind, range_key=owner)


class Sheet(Table, name="sheets"):
    """The owner is the partition key."""

    owner: Attr[str] = attribute(hash_key=True)
    note_id: Attr[str] = attribute(range_key=True)
    text: Attr[str] = attribute(default="")
    kind: Attr[str] = attribute(default="a")
    rank: Attr[int] = attribute(default=0)

    by_kind = GlobalIndex("KindIndex", hash_key=kind, range_key=rank)


MODELS: tuple[Any, ...] = (Note, Draft, Leaf, Sheet)

# What tells what a repository is for, and gives nothing of what is in it.
DESCRIPTIONS = {"model", "schema", "table"}
# Of the blocking one: the same, awaited.
TWIN = {"asynchronous"}
ONE = {"find", "get", "exists", "create", "put", "update", "delete", "restore", "purge"}
MANY = {"get_many", "put_many", "delete_many", "create_many", "ingest", "batch"}
WALKS = {"query", "page", "scan", "scan_page", "count"}
ACTIONS = {
    "to_create",
    "to_put",
    "to_update",
    "to_delete",
    "to_check",
    "to_get",
    "to_restore",
    "to_purge",
}
VIEWS = {"scoped", "with_deleted", "acting_as"}
WHOLE = {"check_unique", "rebuild_unique"}
WRITES = {"create", "put", "update", "delete"} | (MANY - {"get_many"})
CALLED = ONE | MANY | WALKS | ACTIONS | VIEWS | WHOLE


def test_every_method_is_called() -> None:
    for kind, more in ((Repository, set[str]()), (sync.Repository, TWIN)):
        public = {name for name in dir(kind) if not name.startswith("_")}
        assert public == CALLED | DESCRIPTIONS | more


def plain(value: Any, seen: tuple[int, ...] = ()) -> Any:
    """Return a result, or an error with all that it came from, in a form that can be compared."""
    if isinstance(value, BaseException):
        if id(value) in seen:
            return "..."
        seen = (*seen, id(value))
        attributes = {name: plain(one, seen) for name, one in vars(value).items()}
        cause = plain(value.__cause__, seen)
        context = value.__context__
        came = [cause] if context is value.__cause__ else [cause, plain(context, seen)]
        return type(value).__name__, str(value), attributes, came
    if isinstance(value, list | tuple):
        return [plain(one, seen) for one in value]
    if isinstance(value, dict):
        return {name: plain(one, seen) for name, one in value.items()}
    return repr(value)


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return plain(call())
    except AnyDynamoError as error:
        return plain(error)


@dataclass(frozen=True)
class Call:
    """A call on somebody's scoped repository.

    Attributes:
        make: Makes it, given the repository, its database and the keys that are to be left out.
        stores: The keys under which it would store something, or which it demands something of.
    """

    make: Callable[[Any, sync.Database, set[str]], Any]
    stores: tuple[str, ...] = ()


@dataclass(frozen=True)
class Token:
    """A page's token, and what it is for."""

    owner: str | None
    name: str
    arguments: list[Any]
    options: dict[str, Any]
    text: str


def position(token: str) -> dict[str, Any]:
    """Return the key that a token holds, which anybody can decode."""
    body = urlsafe_b64decode(token + "=" * (-len(token) % 4))[32:]
    found: dict[str, Any] = json.loads(body)["k"]
    return found


def in_memory() -> sync.Database:
    adapter = EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)
    return sync.Database(adapter, clock=lambda: NOW, owns_adapter=True)


class Scopes(RuleBasedStateMachine):
    """The shared table and the three that are not."""

    model: Any = Note
    open_shared: Callable[[], sync.Database]
    # A server gives scans in an order of its own, and errors in its own words.
    ordered = True

    def __init__(self) -> None:
        super().__init__()
        self.shared = type(self).open_shared()
        self.own = {owner: in_memory() for owner in OWNERS}
        for database in (self.shared, *self.own.values()):
            database.delete_tables([self.model])
            database.create_tables([self.model])
        self.numbers = 0
        self.tokens: list[Token] = []
        self.actor = ""

    def teardown(self) -> None:
        self.shared.close()
        for database in self.own.values():
            database.close()

    # What there is

    def scoped(self, database: sync.Database, owner: str) -> Any:
        return database.repository(self.model).scoped(self.model.owner, owner)

    def stored(self, database: sync.Database) -> dict[tuple[str, str], Any]:
        """Return what lies in the table, by owner and number."""
        request = {"TableName": self.model.Meta.table_name, "ConsistentRead": True}
        items = database.run(lambda db: db.session.call("Scan", request))["Items"]
        return {(item["owner"]["S"], item["note_id"]["S"]): item for item in items}

    def key(self, owner: str, number: str) -> Any:
        if self.model is Leaf:
            return number, owner
        return (owner, number) if self.model is Sheet else number

    def taken(self, actor: str) -> set[str]:
        """Return the numbers under which others have something, where theirs may be one's own."""
        if self.model in (Leaf, Sheet):
            return set()
        return {number for owner, number in self.stored(self.shared) if owner != actor}

    # Arguments

    def instance(self, data: st.DataObject, actor: str) -> Any:
        owner = data.draw(st.sampled_from([actor, actor, actor, *OWNERS]))
        self.numbers += 1
        version = {"version": data.draw(st.integers(0, 3))} if self.model is Draft else {}
        return self.model(
            owner=owner,
            note_id=data.draw(st.sampled_from(NUMBERS)),
            text=f"<{owner} {self.numbers}>",
            kind=data.draw(st.sampled_from("ab")),
            rank=data.draw(st.integers(0, 3)),
            **version,
        )

    def key_or_instance(self, data: st.DataObject, actor: str) -> tuple[Any, str]:
        if data.draw(st.booleans()):
            instance = self.instance(data, actor)
            return instance, instance.note_id
        number = data.draw(st.sampled_from(NUMBERS))
        return self.key(data.draw(st.sampled_from([actor, *OWNERS])), number), number

    def condition(self, data: st.DataObject) -> Any:
        model = self.model
        texts = [item["text"]["S"] for item in self.stored(self.shared).values() if "text" in item]
        simple = [
            lambda: model.text == data.draw(st.sampled_from([*texts, "x"])),
            lambda: model.text.startswith(f"<{data.draw(st.sampled_from(OWNERS))}"),
            lambda: model.owner == data.draw(st.sampled_from(OWNERS)),
            lambda: model.owner.exists(),
            lambda: model.note_id.does_not_exist(),
            lambda: model.text.does_not_exist(),
            lambda: model.rank >= data.draw(st.integers(0, 3)),
        ]
        made = data.draw(st.sampled_from(simple))()
        other = data.draw(st.sampled_from(simple))()
        shape = data.draw(st.sampled_from("=~&|"))
        return {"=": made, "~": ~made, "&": made & other, "|": made | ~other}[shape]

    def maybe(self, data: st.DataObject, **options: Any) -> dict[str, Any]:
        return {name: make() for name, make in options.items() if data.draw(st.booleans())}

    def actions(self, data: st.DataObject) -> list[Any]:
        model = self.model
        self.numbers += 1
        choice = data.draw(
            st.lists(
                st.sampled_from(
                    [
                        ("text", model.text.set(f"<{self.numbers}>")),
                        ("rank", model.rank.set(data.draw(st.integers(0, 3)))),
                        ("rank", model.rank.add(1)),
                        ("kind", model.kind.set(data.draw(st.sampled_from("ab")))),
                        ("kind", model.kind.set(model.text)),
                        ("kind", model.kind.set(model.owner)),
                        ("owner", model.owner.set(data.draw(st.sampled_from(OWNERS)))),
                        ("owner", model.owner.remove()),
                    ]
                ),
                min_size=1,
                max_size=3,
                unique_by=lambda one: one[0],
            )
        )
        return [action for _, action in choice]

    def only(self, data: st.DataObject) -> list[str]:
        names = ["note_id", "owner", "text", "kind", "rank"]
        wanted: list[str] = data.draw(
            st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)
        )
        return wanted

    # Calls

    def call(self, data: st.DataObject, actor: str, called: set[str] = CALLED) -> Call:
        name = data.draw(st.sampled_from(sorted(called)))
        for names, make in (
            (ONE, self.one),
            (MANY, self.many),
            (WALKS, self.walk),
            (VIEWS, self.view),
            (ACTIONS, self.transaction),
            (WHOLE, self.whole),
        ):
            if name in names:
                return make(data, actor, name)
        raise AssertionError(name)

    def one(self, data: st.DataObject, actor: str, name: str) -> Call:
        options: dict[str, Any] = {}
        if name in ("create", "put"):
            item = self.instance(data, actor)
            if name == "put":
                options = self.maybe(
                    data, condition=partial(self.condition, data), return_old=lambda: True
                )
            return Call(
                # A copy each, because a version rises in the instance.
                lambda repository, _, __: getattr(repository, name)(copy(item), **options),
                (item.note_id,),
            )
        key, number = self.key_or_instance(data, actor)
        arguments: list[Any] = []
        if name in ("find", "get"):
            options = self.maybe(
                data, only=partial(self.only, data), consistent=lambda: True, capacity=Capacity
            )
        elif name == "update":
            arguments = self.actions(data)
            options = self.maybe(data, condition=partial(self.condition, data), upsert=lambda: True)
        elif name == "delete":
            options = self.maybe(
                data, condition=partial(self.condition, data), return_old=lambda: True
            )
        return Call(
            lambda repository, _, __: getattr(repository, name)(copy(key), *arguments, **options),
            (number,) if "upsert" in options else (),
        )

    def many(self, data: st.DataObject, actor: str, name: str) -> Call:
        if name == "ingest":
            item = self.instance(data, actor)

            def ingest(repository: Any, _: sync.Database, __: set[str]) -> object:
                # Of one alone: it goes on with the others where `put_many` raises.
                report = repository.ingest([copy(item)])
                for letter in report.dead_letters:
                    raise letter.error
                return report.stored, report.position

            return Call(ingest, (item.note_id,))
        if name in ("put_many", "create_many"):
            items = [self.instance(data, actor) for _ in range(data.draw(st.integers(0, 3)))]
            return Call(
                lambda repository, _, without: getattr(repository, name)(
                    # What is another's is refused, and a key that is taken is left out.
                    [
                        copy(item)
                        for item in items
                        if item.owner != actor or item.note_id not in without
                    ]
                ),
                # What is there already is left out, whoever has it.
                () if name == "create_many" else tuple(item.note_id for item in items),
            )
        keys = [self.key_or_instance(data, actor)[0] for _ in range(data.draw(st.integers(0, 3)))]
        if name == "batch":
            puts = [self.instance(data, actor) for _ in range(data.draw(st.integers(0, 2)))]

            def work(repository: Any, _: sync.Database, __: set[str]) -> None:
                with repository.batch() as batch:
                    for key in keys:
                        batch.delete(copy(key))
                    for item in puts:
                        batch.put(copy(item))

            return Call(work, tuple(item.note_id for item in puts))
        options = self.maybe(data, only=partial(self.only, data)) if name == "get_many" else {}
        return Call(
            lambda repository, _, __: everything(
                getattr(repository, name)([copy(key) for key in keys], **options)
            )
        )

    def walk(self, data: st.DataObject, _actor: str, name: str) -> Call:
        model = self.model
        options = self.maybe(data, filter=partial(self.condition, data))
        if name != "count":
            options |= self.maybe(
                data,
                only=partial(self.only, data),
                limit=lambda: data.draw(st.integers(1, 3)),
                page_size=lambda: data.draw(st.integers(1, 3)),
                capacity=Capacity,
            )
        names = ("by_owner", "by_kind", "by_kind_and_owner", "bare")
        indexes = [getattr(model, one) for one in names if hasattr(model, one)]
        index = data.draw(st.none() | st.sampled_from(indexes))
        arguments: list[Any] = [] if index is None else [index]
        if name in ("query", "page") or (name == "count" and data.draw(st.booleans())):
            arguments.append(data.draw(st.sampled_from(["a", "b", "n1", *OWNERS])))
            if name != "count":
                options |= self.maybe(data, reverse=lambda: True)
            conditions = [
                model.rank >= 1,
                model.rank == 2,
                model.owner == data.draw(st.sampled_from(OWNERS)),
                model.owner >= "a",
                model.note_id > "n1",
            ]
            arguments += data.draw(st.lists(st.sampled_from(conditions), max_size=1))
        if name == "scan" and "limit" not in options:
            options |= self.maybe(data, segments=lambda: 2)
        if name in ("page", "scan_page"):
            return Call(
                lambda repository, _, __: self.drained(repository, name, arguments, options)
            )
        in_order = self.ordered or name == "query"
        return Call(
            lambda repository, _, __: everything(
                getattr(repository, name)(*arguments, **options), in_order=in_order
            )
        )

    def drained(
        self, repository: Any, name: str, arguments: list[Any], options: dict[str, Any]
    ) -> Any:
        """Go through all pages. Without a limit they end where requests do, which is open."""
        pages: list[list[Any]] = []
        token = None
        while True:
            page = getattr(repository, name)(*arguments, **options, after=token)
            assert page.scanned == page.count
            pages.append(list(page))
            token = page.next
            if token is None:
                break
            self.check_position(token)
            self.tokens.append(Token(self.actor, name, arguments, options, token))
        if not pages[-1]:
            # One's own items that the filter leaves out may follow, or those of others.
            pages.pop()
        if "limit" in options and (self.ordered or name == "page"):
            return pages
        return everything([one for page in pages for one in page], in_order=self.ordered)

    def check_position(self, token: str) -> None:
        """A token can be decoded by anybody, so it must not hold the key of another's item."""
        body = urlsafe_b64decode(token + "=" * (-len(token) % 4))[32:]
        key = json.loads(body)["k"]
        assert key.get("owner", {"S": self.actor}) == {"S": self.actor}
        number = key["note_id"]["S"]
        owners = {owner for owner, one in self.stored(self.shared) if one == number}
        assert self.actor in owners

    def view(self, data: st.DataObject, actor: str, name: str) -> Call:
        model = self.model
        owner = data.draw(st.sampled_from([*OWNERS, "", None]))
        kind = data.draw(st.sampled_from("ab"))
        views: dict[str, Callable[[Any], Any]] = {
            "with_deleted": lambda repository: repository.with_deleted(),
            "acting_as": lambda repository: repository.acting_as("somebody"),
            "scoped": lambda repository: repository.scoped(model.owner, owner).scoped(
                model.kind, kind
            ),
        }
        inner = self.call(data, actor, CALLED - VIEWS)
        return Call(
            lambda repository, database, without: inner.make(
                views[name](repository), database, without
            ),
            inner.stores,
        )

    def whole(self, _data: st.DataObject, _actor: str, name: str) -> Call:
        return Call(lambda repository, _, __: getattr(repository, name)())

    def transaction(self, data: st.DataObject, actor: str, name: str) -> Call:
        if name == "to_get":
            wanted = [self.key_or_instance(data, actor)[0] for _ in range(3)]
            options = self.maybe(data, only=partial(self.only, data))
            return Call(
                lambda repository, database, _: database.transact_get(
                    *[repository.to_get(copy(key), **options) for key in wanted]
                )
            )
        names = st.sampled_from(sorted(ACTIONS - {"to_get"}))
        made = [
            self.action(data, actor, one) for one in [name, *data.draw(st.lists(names, max_size=2))]
        ]
        return Call(
            lambda repository, database, _: database.transact(
                *[make(repository) for make, _ in made]
            ),
            tuple(number for _, numbers in made for number in numbers),
        )

    def action(
        self, data: st.DataObject, actor: str, name: str
    ) -> tuple[Callable[[Any], Any], tuple[str, ...]]:
        conditional = name in ("to_put", "to_update", "to_delete")
        options = self.maybe(data, condition=partial(self.condition, data)) if conditional else {}
        if name in ("to_create", "to_put"):
            item = self.instance(data, actor)
            return (lambda repository: getattr(repository, name)(copy(item), **options)), (
                item.note_id,
            )
        key, number = self.key_or_instance(data, actor)
        arguments: list[Any] = []
        if name == "to_update":
            arguments = self.actions(data)
            options |= self.maybe(data, upsert=lambda: True)
        elif name == "to_check":
            arguments = [self.condition(data)]
        return (lambda repository: getattr(repository, name)(copy(key), *arguments, **options)), (
            (number,) if "upsert" in options else ()
        )

    # Steps

    @initialize()
    def begin(self) -> None:
        """Give Ann and Bob two notes each, and Eve none."""
        for number, owner in enumerate(OWNERS[:2] * 2):
            item = self.model(
                owner=owner, note_id=f"n{number}", text=f"<{owner} begins>", rank=number
            )
            for database in (self.shared, self.own[owner]):
                database.repository(self.model).put(copy(item))

    @rule(data=st.data(), actor=st.sampled_from(OWNERS))
    def somebody_writes(self, data: st.DataObject, actor: str) -> None:
        self.compare(data, actor, WRITES)

    @rule(data=st.data(), actor=st.sampled_from(OWNERS))
    def somebody_transacts(self, data: st.DataObject, actor: str) -> None:
        self.compare(data, actor, ACTIONS)

    @rule(data=st.data(), actor=st.sampled_from(OWNERS))
    def somebody_calls(self, data: st.DataObject, actor: str) -> None:
        self.compare(data, actor, CALLED)

    def compare(self, data: st.DataObject, actor: str, called: set[str]) -> None:
        """Make a call on the shared table and alone, and look at what is there afterwards."""
        self.actor = actor
        call = self.call(data, actor, called)
        before, taken = self.stored(self.shared), self.taken(actor)
        found = outcome(lambda: call.make(self.scoped(self.shared, actor), self.shared, set()))
        after = self.stored(self.shared)
        assert others(after, actor) == others(before, actor)
        if taken.intersection(call.stores):
            # Whatever it was, it cannot be done, and tells no more than that.
            assert after == before
            for item in others(before, actor).values():
                assert "text" not in item or item["text"]["S"] not in str(found)
            assert found[0] in (
                "AlreadyExists",
                "TransactionCancelled",
                "InvalidRequest",
                "InvalidItem",
                "NotFound",
                "VersionConflict",
            )
            return
        own = self.own[actor]
        alone = outcome(lambda: call.make(self.scoped(own, actor), own, taken))
        if not self.ordered and isinstance(found, tuple):
            # A server has words of its own for what it refuses.
            found, alone = found[0], alone[0]
        assert found == alone
        assert others(after, actor, but=True) == self.stored(own)

    @rule(data=st.data(), actor=st.sampled_from(OWNERS))
    def somebody_finds_a_token(self, data: st.DataObject, actor: str) -> None:
        tokens = [one for one in self.tokens if one.owner != actor]
        page = self.shared.repository(self.model).scan_page(limit=1)
        if page.next is not None:
            tokens.append(Token(None, "scan_page", [], {"limit": 1}, page.next))
        if tokens:
            token = data.draw(st.sampled_from(tokens))
            ask = getattr(self.scoped(self.shared, actor), token.name)
            with pytest.raises((InvalidCursor, InvalidRequest)):
                ask(*token.arguments, **token.options, after=token.text)


def others(items: dict[Any, Any], actor: str, *, but: bool = False) -> dict[Any, Any]:
    """Return the items of others, or all but these."""
    return {place: item for place, item in items.items() if (place[0] == actor) is but}


def everything(results: Any, *, in_order: bool = True) -> Any:
    if not isinstance(results, sync.Results | list):
        return results
    return list(results) if in_order else sorted(results, key=repr)


def run(model: Any, target: Target, examples: int, *, ordered: bool) -> None:
    def opened() -> sync.Database:
        return sync.Database(target.adapter(blocking=True), clock=lambda: NOW, owns_adapter=True)

    machine = type(
        f"Scoped{model.__name__}",
        (Scopes,),
        {"model": model, "open_shared": staticmethod(opened), "ordered": ordered},
    )
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # Shrinking on a server would take longer than finding the cause in memory does.
            phases=[
                Phase.explicit,
                Phase.generate,
                *([Phase.shrink] if target.name == "memory" else []),
            ],
        ),
    )


@pytest.mark.parametrize("target", ["memory"], indirect=True)
@pytest.mark.parametrize("model", MODELS)
def test_no_sequence_of_calls_leaks_or_alters(model: Any, target: Target) -> None:
    run(model, target, EXAMPLES, ordered=True)


@pytest.mark.parametrize("target", ["sqlite", "dynoxide"], indirect=True)
@pytest.mark.parametrize("model", MODELS)
def test_no_sequence_of_calls_leaks_or_alters_elsewhere(model: Any, target: Target) -> None:
    run(model, target, 3, ordered=target.name == "sqlite")
